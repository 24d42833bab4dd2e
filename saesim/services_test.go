package saesim

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// callListServices lists the services of an application that has some.
func (h *harness) callListServices(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	require.NoError(t, h.sim.SetServices(h.app, stockServices()))
	call("ListAppServices", "RegistryType", "0", "PageNumber", "1", "PageSize", "10")
	call("ListAppServices", "AppId", "", paramNamespace, DefaultRegion)
}

// TestServices_AreListed of an application, of a namespace and of a VPC.
func TestServices_AreListed(t *testing.T) {
	t.Parallel()
	h := town(t)
	shop, other := h.app, h.sim.Apps()[1].ID
	require.NoError(t, h.sim.SetServices(shop, append(stockServices(), Service{Name: "called", Consumed: true})))
	require.NoError(t, h.sim.SetServices(other, []Service{{Name: "mail"}}))
	h.app = ""
	listed := func(parameters ...string) []any {
		g := h.call(t, "ListAppServices", parameters...)
		require.Equal(t, 200, g.status, g.body)
		return list(g.body["Data"])
	}
	found := listed("AppId", shop)
	require.Equal(t, "stock test.Stock", names(found, "ServiceName"), "what it publishes")
	require.Equal(t, "springCloud dubbo", names(found, "ServiceType"))
	require.Equal(t, "4 4", names(found, "InstanceCount"))
	for _, parameters := range [][]string{
		{paramNamespace, "cn-hangzhou:full"}, {"VpcId", "vpc-1"}, {"AppId", other, "RegistryType", "0"},
	} {
		require.Equal(t, "mail", names(listed(parameters...), "ServiceName"), "%v", parameters)
	}
	require.Equal(t, "test.Stock", names(listed("AppId", shop, "PageNumber", "2", "PageSize", "1"), "ServiceName"))
	require.Equal(t, "test.Stock", names(listed("AppId", shop, "ServiceType", FrameworkDubbo), "ServiceName"))
	for _, nothing := range [][]string{{"RegistryType", "9"}, {"RegistryType", "1"}, {"ServiceType", "hsf"}} {
		require.Empty(t, listed(append(nothing, "AppId", shop)...), "%v", nothing)
	}
	require.Empty(t, listed("VpcId", "vpc-2"))
	for code, parameters := range map[string][]string{
		codeWithMessage: nil, codeAppIDNotFound: {"AppId", "x"}, codeNamespaceNotFound: {paramNamespace, "cn-hangzhou:none"},
		codeVPCNotFound: {"VpcId", "x"}, codeObviously: {"AppId", shop, "RegistryType", "3"}, codeNotEmpty: {"AppId", shop, "RegistryType", "2"},
		codeUnserved: {"AppId", shop, "RegistryType", "2", "NacosInstanceId", "x"},
	} {
		require.Equal(t, code, h.refused(t, "ListAppServices", parameters...), "%v", parameters)
	}
	require.Equal(t, codeWithMessage, h.refused(t, "ListAppServices", "AppId", shop, "VpcId", "vpc-1"))
}
