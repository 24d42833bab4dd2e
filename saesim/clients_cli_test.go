package saesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// cliApplication is what the vendor's command line gives for an application with nothing but
// what is required.
func cliApplication() []string {
	return []string{"AppName", "cli", "PackageType", packageImage, "Replicas", "2", "ImageUrl", "registry.test/shop:1"}
}

// TestCLI_NothingButWhatIsRequired goes through the life of an application by query
// parameters alone.
func TestCLI_NothingButWhatIsRequired(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	order := func(op string, parameters ...string) {
		t.Helper()
		id := h.begin(t, op, parameters...)
		h.settle(t)
		require.Equal(t, statusSuccess, h.order(t, id).Status, op)
	}
	h.app = h.must(t, opCreate, cliApplication()...)["AppId"].(string)
	h.settle(t)
	version := h.versions(t)[0]
	order(opDeploy)
	require.Len(t, h.versions(t), 2, "a deployment of what is there")
	order(opRollback, "VersionId", version)
	order(opRestart)
	order(opRescale, "Replicas", "3")
	order("RescaleApplicationVertically", "Cpu", "2000", "Memory", "4096")
	order("StopApplication")
	order("StartApplication")
	for _, op := range []string{
		"ListApplications", "ListChangeOrders", "ListAppVersions", "DescribeApplicationStatus", opConfig, "DescribeApplicationGroups",
		"DescribeApplicationScalingRules", "ListGreyTagRoute", "DescribeNamespaceList", "DescribeRegions", "DescribeApplicationSlbs",
		"DescribeInstanceSpecifications", "QueryResourceStatics", "GetApplication",
	} {
		require.Equal(t, http.StatusOK, h.call(t, op).status, op)
	}
	order("DeleteApplication")
}

// TestCLI_EmptyTexts: a parameter that is given as an empty text says nothing.
func TestCLI_EmptyTexts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.app = h.must(t, opCreate, cliApplication()...)["AppId"].(string)
	h.settle(t)
	for op, required := range map[string][]string{
		"ListApplications": nil, "ListChangeOrders": nil, "ListAppVersions": nil, "DescribeApplicationStatus": nil, opConfig: nil,
		"DescribeApplicationGroups": nil, "DescribeNamespaceList": nil, "DescribeApplicationScalingRules": nil, "ListLogConfigs": {"CurrentPage", "1", "PageSize", "10"},
		"ListAppEvents": {"Namespace", DefaultRegion}, "ListIngresses": {paramNamespace, DefaultRegion},
		"ListNamespaceChangeOrders": {paramNamespace, DefaultRegion}, "DescribeNamespaces": {"CurrentPage", "1", "PageSize", "10"},
		"DescribeComponents": {"Type", "JDK"},
	} {
		spec, _ := saeclient.LookupOperation(op)
		empty := slices.Clone(required)
		for _, p := range append(spec.Params, spec.Extra...) {
			if !slices.Contains(required, p.Name) && p.Name != "AppId" {
				empty = append(empty, p.Name, "")
			}
		}
		want, read := h.call(t, op, required...), h.call(t, op, empty...)
		require.Equal(t, http.StatusOK, read.status, "%s: %v", op, read.body)
		require.Equal(t, want.body["Data"], read.body["Data"], op)
	}

	config := h.must(t, opConfig)
	spec, _ := saeclient.LookupOperation(opCreate)
	parameters := append(cliApplication(), "AppName", "empty")
	for _, p := range append(spec.Params, spec.Extra...) {
		if !slices.Contains(cliApplication(), p.Name) {
			parameters = append(parameters, p.Name, "")
		}
	}
	h.app = h.must(t, opCreate, parameters...)["AppId"].(string)
	h.settle(t)
	made := h.must(t, opConfig)
	for _, name := range []string{"AppId", "AppName", "PackageVersion"} {
		made[name] = config[name]
	}
	require.Equal(t, config, made)
}

// TestCLI_JSONAsText: JSON comes as a text in the query, and as JSON in a body.
func TestCLI_JSONAsText(t *testing.T) {
	t.Parallel()
	const envs = `[{"name":"a","value":"中文 & =?"}]`
	h := deployed(t, 1)
	h.applied(t, h.begin(t, opDeploy, "Envs", envs))
	require.Equal(t, envs, h.must(t, opConfig)["Envs"])

	body, err := json.Marshal(map[string]any{"Envs": json.RawMessage(`[{"name":"b"}]`), "CommandArgs": `["x"]`, "Replicas": 2})
	require.NoError(t, err)
	g := h.withBody(t, string(body), opDeploy)
	require.Equal(t, http.StatusOK, g.status, "%v", g.body)
	h.applied(t, g.data()["ChangeOrderId"].(string))
	config := h.must(t, opConfig)
	require.Equal(t, []any{`[{"name":"b"}]`, `["x"]`, 2.0}, []any{config["Envs"], config["CommandArgs"], config["Replicas"]})
}

// TestCLI_Pages: the command line goes through a list by the size that it asks for, until
// it has as many entries as the answer counts; the whole is what one large page has.
func TestCLI_Pages(t *testing.T) {
	t.Parallel()
	h := deployed(t, 3)
	for i := range 3 {
		h.must(t, opCreate, "AppName", fmt.Sprintf("other%d", i), "PackageType", packageImage, "Replicas", "1", "ImageUrl", "registry.test/shop:1", "Deploy", "false")
		h.must(t, opCreateNamespace, paramShortID, fmt.Sprintf("n%d", i), "NamespaceName", "n")
		h.must(t, "CreateIngress", "NamespaceId", DefaultRegion, "SlbId", "lb-9", "ListenerPort", fmt.Sprint(80+i),
			"DefaultRule", `{"appId":"`+h.app+`","containerPort":8080}`, "Rules", `[{"appId":"`+h.app+`","containerPort":8080,"domain":"a.test"}]`)
		h.applied(t, h.begin(t, opDeploy, "SlsConfigs", `[{"logDir":"/a"},{"logDir":"/b"},{"logDir":"/c"}]`))
	}
	h.addRules(t)
	group := list(h.call(t, "DescribeApplicationGroups").body["Data"])[0].(map[string]any)["GroupId"].(string)
	for op, tt := range map[string]struct {
		list       string
		largest    string
		parameters []string
	}{
		"ListApplications":                {"Applications", "10000", nil},
		"ListChangeOrders":                {"ChangeOrderList", "10000", nil},
		"ListLogConfigs":                  {"LogConfigs", "10000", nil},
		"ListIngresses":                   {"IngressList", "10000", []string{paramNamespace, DefaultRegion}},
		"ListAppEvents":                   {"AppEventEntity", "10000", []string{"Namespace", DefaultRegion}},
		"DescribeNamespaces":              {"Namespaces", "100000", nil},
		"DescribeApplicationInstances":    {"Instances", "1000", []string{"GroupId", group}},
		"DescribeApplicationScalingRules": {"ApplicationScalingRules", "50", nil},
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			page := func(number int, size string) map[string]any {
				return h.must(t, op, append([]string{"CurrentPage", fmt.Sprint(number), "PageSize", size}, tt.parameters...)...)
			}
			whole := page(1, tt.largest)
			require.GreaterOrEqual(t, len(list(whole[tt.list])), 3)
			require.InDelta(t, len(list(whole[tt.list])), whole["TotalSize"], 0)
			var all []any
			for number := 1; len(all) < int(whole["TotalSize"].(float64)); number++ {
				part := page(number, "2")
				require.InDelta(t, number, part["CurrentPage"], 0)
				require.InDelta(t, 2, part["PageSize"], 0)
				require.NotEmpty(t, list(part[tt.list]), "page %d", number)
				all = append(all, list(part[tt.list])...)
			}
			require.Equal(t, whole[tt.list], all)
			require.Empty(t, list(page(1000, "2")[tt.list]))
		})
	}
}
