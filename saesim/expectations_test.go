package saesim

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The tests of this file hold the simulator to what real clients of SAE (the vendor's
// CLI, its SDKs, its Terraform provider, other deployment tools) send and expect, where
// that goes beyond the API reference or corrects it.

const (
	springRules  = `[{"path":"/a","condition":"AND","items":[{"type":"cookie","name":"c","operator":"rawvalue","value":"1","cond":"=="}]}]`
	dubboWithMod = `[{"serviceName":"s","methodName":"m","group":"","version":"","condition":"OR","items":[{"index":0,"expr":".x","operator":"mod","value":"test2","cond":"=="}]}]`
)

// TestClients_GrayRulesOfTwoKinds: both kinds are sent together, read back, and sent
// with each update.
func TestClients_GrayRulesOfTwoKinds(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	id := fmt.Sprint(h.must(t, "CreateGreyTagRoute", "Name", "r", "ScRules", springRules, "DubboRules", dubboWithMod)["GreyTagRouteId"])
	kinds := func() (int, int) {
		route := h.must(t, "DescribeGreyTagRoute", "GreyTagRouteId", id)
		return len(list(route["ScRules"])), len(list(route["DubboRules"]))
	}
	sc, dubbo := kinds()
	require.Equal(t, []int{1, 1}, []int{sc, dubbo})
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "ScRules", springRules, "DubboRules", dubboWithMod)
	sc, dubbo = kinds()
	require.Equal(t, []int{1, 1}, []int{sc, dubbo})
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "DubboRules", dubboWithMod)
	sc, dubbo = kinds()
	require.Equal(t, []int{0, 1}, []int{sc, dubbo}, "what is sent takes the place of all")
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "Description", "d")
	sc, dubbo = kinds()
	require.Equal(t, []int{0, 1}, []int{sc, dubbo})
}

// TestClients_PackageVersionOfAnImage: it is kept as sent, as often as it is sent.
func TestClients_PackageVersionOfAnImage(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	made := h.must(t, opConfig)["PackageVersion"]
	require.NotEmpty(t, made, "a time stamp where none was sent")
	for range 2 {
		h.deploy(t, "2", single, "PackageVersion", "v7")
		h.settle(t)
		require.Equal(t, "v7", h.must(t, opConfig)["PackageVersion"])
	}
	h.deploy(t, "3", single)
	h.settle(t)
	require.NotEqual(t, "v7", h.must(t, opConfig)["PackageVersion"])
}

// TestClients_ImageWithJDK: the reference has an image bring its own; clients send one.
func TestClients_ImageWithJDK(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.deploy(t, "2", single, "Jdk", "Open JDK 8")
	h.settle(t)
	require.Equal(t, "Open JDK 8", h.must(t, opConfig)["Jdk"])
}

// TestClients_CodesThatMeanGone: a client takes a resource for deleted by these alone.
func TestClients_CodesThatMeanGone(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	tests := map[string]struct {
		call   []string
		status int
		code   string
	}{
		"application":   {[]string{opConfig, "AppId", "x"}, http.StatusNotFound, codeAppIDNotFound},
		"scaling rules": {[]string{"DescribeApplicationScalingRules", "AppId", "x"}, http.StatusNotFound, codeAppIDNotFound},
		"namespace":     {[]string{"DescribeNamespace", "NamespaceId", "cn-beijing:x"}, http.StatusNotFound, codeNamespaceNotFound},
		"gray rule":     {[]string{"DescribeGreyTagRoute", "GreyTagRouteId", "99"}, http.StatusBadRequest, codeWithMessage},
		"ingress":       {[]string{"DescribeIngress", "IngressId", "99"}, http.StatusBadRequest, codeWithMessage},
		"config map":    {[]string{"DescribeConfigMap", "ConfigMapId", "99"}, http.StatusBadRequest, "NotFound.ConfigMap"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := h.call(t, tt.call[0], tt.call[1:]...)
			require.Equal(t, tt.code, g.code())
			require.Equal(t, tt.status, g.status)
		})
	}
}

// TestClients_RescaleToThePresentCount: there is nothing to do, and no order.
func TestClients_RescaleToThePresentCount(t *testing.T) {
	t.Parallel()
	h := deployed(t, 2)
	require.Empty(t, h.must(t, opRescale, "Replicas", "2")["ChangeOrderId"])
	require.Len(t, h.sim.Orders(h.app), 1)
	require.NotEmpty(t, h.must(t, opRescale, "Replicas", "3")["ChangeOrderId"])
}

// TestClients_NewestOrderFirst: a client takes the first of the list for the present one.
func TestClients_NewestOrderFirst(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.step(t, time.Minute)
	id := h.deploy(t, "2", single)
	require.Equal(t, id, list(h.must(t, "ListChangeOrders")["ChangeOrderList"])[0].(map[string]any)["ChangeOrderId"])
}

// TestClients_EmptyKeys: members of JSON parameters that are empty count as not sent.
func TestClients_EmptyKeys(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.must(t, "CreateApplicationScalingRule", "ScalingRuleName", "cpu", "ScalingRuleType", "metric", "ScalingRuleTimer", "{}",
		"ScalingRuleMetric", `{"maxReplicas":3,"minReplicas":1,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":20,
			"slbId":"","slbProject":"","slbLogstore":"","vport":""}],"scaleUpRules":{"step":10},"scaleDownRules":{"step":10}}`)
}

// TestClients_ApplicationLoadBalancer: an ingress of kind alb names one.
func TestClients_ApplicationLoadBalancer(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	rule := `{"appId":"` + h.app + `","containerPort":8080}`
	create := func(kind, id string) got {
		return h.call(t, "CreateIngress", "NamespaceId", DefaultRegion, "SlbId", id, "LoadBalanceType", kind, "ListenerPort", "80",
			"DefaultRule", rule, "Rules", `[{"appId":"`+h.app+`","containerPort":8080,"domain":"a.test","path":"/x"}]`)
	}
	require.Equal(t, http.StatusOK, create("alb", "alb-0123abc").status)
	require.Equal(t, http.StatusOK, create("clb", "lb-0123abc").status)
	require.Equal(t, codeSLBNotFound, create("clb", "alb-0123abc").code())
}

func list(v any) []any {
	entries, _ := v.([]any)
	return entries
}
