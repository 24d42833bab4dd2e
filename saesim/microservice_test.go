package saesim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func stockServices() []Service {
	return []Service{
		{Name: "stock", Methods: []ServiceMethod{{
			Name: "count", Controller: "test.StockController", ReturnType: "int", ParameterTypes: []string{"java.lang.String"}, Paths: []string{"/count"},
		}}},
		{Name: "test.Stock", Framework: FrameworkDubbo, Group: "HSF", Version: "2.0.0"},
	}
}

// callServices gives the application services and asks for them.
func (h *harness) callServices(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	require.NoError(t, h.sim.SetServices(h.app, append(stockServices(), Service{Name: "stock", Consumed: true})))
	call("ListPublishedServices")
	call("ListConsumedServices")
	call("ListAppServicesPage")
	call("DescribeAppServiceDetail", paramServiceName, "stock")
	call("DescribeAppServiceDetail", paramServiceName, "test.Stock")
}

func TestMicroservice_ServicesAreThoseThatWereArranged(t *testing.T) {
	t.Parallel()
	h := town(t)
	shop, other := h.app, h.sim.Apps()[1].ID
	require.NoError(t, h.sim.SetServices(shop, stockServices()))
	list := func(op string) []any { return h.call(t, op).body["Data"].([]any) }
	published := list("ListPublishedServices")
	require.Equal(t, "stock test.Stock", names(published, "Name"))
	require.Equal(t, "springCloud RPC", names(published, "Type"))
	require.Equal(t, "[springCloud] [HSF]", names(published, "Groups"))
	require.Len(t, published[0].(map[string]any)["Ips"], 4)
	require.Empty(t, list("ListConsumedServices"))

	consumer := h.must(t, opCreate, "AppName", "consumer", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1")["AppId"].(string)
	require.NoError(t, h.sim.SetServices(consumer, []Service{{Name: "stock", Consumed: true, Group: "another"}, {Name: "stock", Consumed: true, Version: "2"}}))
	h.app = consumer
	for _, service := range list("ListConsumedServices") {
		require.Empty(t, service.(map[string]any)["Ips"], "group and version belong to the name")
	}
	for _, app := range []string{consumer, other} {
		require.NoError(t, h.sim.SetServices(app, []Service{{Name: "stock", Consumed: true}}))
	}
	consumed := list("ListConsumedServices")
	require.Len(t, consumed[0].(map[string]any)["Ips"], 4, "the addresses of those who publish it")
	require.Empty(t, list("ListPublishedServices"))
	h.app = other
	require.Empty(t, list("ListConsumedServices")[0].(map[string]any)["Ips"], "another namespace")

	h.app = shop
	page := h.call(t, "ListAppServicesPage", "PageNumber", "2", "PageSize", "1").body["Data"].([]any)[0].(map[string]any)
	require.Equal(t, "2 2 2 1", fmt.Sprint(page["CurrentPage"], " ", page["PageNumber"], " ", page["TotalSize"], " ", page["PageSize"]))
	require.Equal(t, "test.Stock", names(page["Result"], "ServiceName"))
	page = h.call(t, "ListAppServicesPage", "ServiceType", FrameworkSpringCloud).body["Data"].([]any)[0].(map[string]any)
	require.Equal(t, "stock 4", names(page["Result"], "ServiceName")+" "+names(page["Result"], "InstanceNum"))

	detail := h.must(t, "DescribeAppServiceDetail", paramServiceName, "stock", "ServiceVersion", "1.0.0", "ServiceType", FrameworkSpringCloud)
	require.Equal(t, "shop", detail["SpringApplicationName"])
	require.NotContains(t, detail, "DubboApplicationName")
	method := detail["Methods"].([]any)[0].(map[string]any)
	require.Equal(t, []any{"java.lang.String"}, method["ParameterTypes"])
	require.Equal(t, []any{"ALL"}, method["RequestMethods"])

	for _, tt := range []struct {
		op         string
		parameters []string
		code       string
	}{
		{"ListPublishedServices", []string{"AppId", "x"}, codeAppIDNotFound},
		{"ListConsumedServices", []string{"AppId", "x"}, codeAppIDNotFound},
		{"ListAppServicesPage", []string{"AppId", ""}, codeObviously},
		{"ListAppServicesPage", []string{"AppId", consumer}, codeServiceNotFound},
		{"ListAppServicesPage", []string{"ServiceType", "grpc"}, codeObviously},
		{"ListAppServicesPage", []string{"PageSize", "10000"}, codeObviously},
		{"DescribeAppServiceDetail", nil, codeObviously},
		{"DescribeAppServiceDetail", []string{"AppId", "", paramServiceName, "stock"}, codeObviously},
		{"DescribeAppServiceDetail", []string{paramServiceName, "none"}, codeMetadataNotFound},
		{"DescribeAppServiceDetail", []string{paramServiceName, "stock", "ServiceGroup", "HSF"}, codeMetadataNotFound},
	} {
		require.Equal(t, tt.code, h.refused(t, tt.op, tt.parameters...), "%s %v", tt.op, tt.parameters)
		requireDocumented(t, tt.op, tt.code)
	}
}

func TestMicroservice_ServicesThatCannotBe(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	err := h.sim.SetServices(h.app, []Service{{}, {Name: "a", Framework: "grpc"}})
	require.ErrorContains(t, err, "services[0]: name")
	require.ErrorContains(t, err, "services[1]: framework")
	require.ErrorIs(t, h.sim.SetServices("x", nil), ErrNoSuchApp)
	_, err = h.sim.Services("x")
	require.ErrorIs(t, err, ErrNoSuchApp)
}
