package saesim

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// ruleTF finds the scaling rule tf as the Terraform provider does: in pages of 50, though
// the operation's table has no pages. The state of its metrics is no setting.
func (h *harness) ruleTF(t *testing.T) map[string]any {
	t.Helper()
	for _, entry := range list(h.stable(t, "DescribeApplicationScalingRules", "PageSize", "50", "CurrentPage", "1")["ApplicationScalingRules"]) {
		if rule := entry.(map[string]any); rule["ScaleRuleName"] == "tf" {
			if metric, on := rule["Metric"].(map[string]any); on {
				delete(metric, "MetricsStatus")
			}
			return rule
		}
	}
	return nil
}

// TestTerraform_ScalingRules: each type is made, changed with both parameters, of which
// one may be an empty object, and switched.
func TestTerraform_ScalingRules(t *testing.T) {
	t.Parallel()
	const (
		timer   = `{"beginDate":"2026-12-25","endDate":"2027-03-25","period":"* * *","schedules":[{"atTime":"08:00","targetReplicas":10},{"atTime":"20:00","targetReplicas":3}]}`
		bounds  = `{"beginDate":"","endDate":"","period":"* * *","schedules":[{"atTime":"08:00","maxReplicas":20,"minReplicas":3},{"atTime":"20:00","maxReplicas":10,"minReplicas":3}]}`
		metrics = `{"maxReplicas":50,"minReplicas":3,"metrics":[
			{"metricType":"CPU","metricTargetAverageUtilization":20,"slbId":"","slbLogstore":"","slbProject":"","vport":""},
			{"metricType":"tcpActiveConn","metricTargetAverageUtilization":10,"slbId":"","slbLogstore":"","slbProject":"","vport":""},
			{"metricType":"SLB_QPS","metricTargetAverageUtilization":20,"slbId":"lb-1","slbProject":"p","slbLogstore":"l","vport":"80"}],
			"scaleUpRules":{"step":"100","disabled":false,"stabilizationWindowSeconds":0},
			"scaleDownRules":{"step":"100","disabled":false,"stabilizationWindowSeconds":300}}`
	)
	for kind, sent := range map[string][2]string{ruleTiming: {timer, "{}"}, ruleOnMetric: {"{}", metrics}, ruleMix: {bounds, metrics}} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 5)
			create := []string{
				"ScalingRuleName", "tf", "ScalingRuleType", kind, "MinReadyInstances", "3", "MinReadyInstanceRatio", "-1", "ScalingRuleEnable", "true",
			}
			for i, name := range []string{paramTimer, paramMetric} {
				if sent[i] != "{}" { // a creation sends none
					create = append(create, name, sent[i])
				}
			}
			made := h.must(t, "CreateApplicationScalingRule", create...)
			require.Equal(t, "tf", made["ScaleRuleName"])
			read := h.ruleTF(t)
			require.Equal(t, []any{kind, true, 3.0, -1.0}, []any{
				read["ScaleRuleType"], read["ScaleRuleEnabled"], read["MinReadyInstances"], read["MinReadyInstanceRatio"],
			})
			h.must(t, "UpdateApplicationScalingRule", "ScalingRuleName", "tf", paramTimer, sent[0], paramMetric, sent[1], "MinReadyInstances", "2")
			again := h.ruleTF(t)
			require.Equal(t, []any{read["Timer"], read["Metric"]}, []any{again["Timer"], again["Metric"]}, "what was sent again is as it was")
			require.InDelta(t, 2, again["MinReadyInstances"], 0)
			for _, enabled := range []bool{false, true} {
				h.must(t, map[bool]string{true: "EnableApplicationScalingRule", false: "DisableApplicationScalingRule"}[enabled], "ScalingRuleName", "tf")
				require.Equal(t, enabled, h.ruleTF(t)["ScaleRuleEnabled"])
			}
			h.must(t, "DeleteApplicationScalingRule", "ScalingRuleName", "tf")
			require.Nil(t, h.ruleTF(t), "gone is what the list does not have")
		})
	}
}

// TestTerraform_GreyRule: every update sends both kinds, also the one that stays.
func TestTerraform_GreyRule(t *testing.T) {
	t.Parallel()
	const sc2 = `[{"path":"/b","condition":"OR","items":[{"type":"param","name":"p","operator":"list","value":"1,2","cond":"=="}]}]`
	h := deployed(t, 1)
	id := fmt.Sprint(h.must(t, "CreateGreyTagRoute", "Name", "tf", "Description", "made", "ScRules", springRules, "DubboRules", dubboWithMod)["GreyTagRouteId"])
	route := func() map[string]any { return h.stable(t, "DescribeGreyTagRoute", "GreyTagRouteId", id) }
	made := route()
	require.Equal(t, []any{h.app, "tf", "made"}, []any{made["AppId"], made["Name"], made["Description"]})
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "Description", "changed", "ScRules", springRules, "DubboRules", dubboWithMod)
	changed := route()
	require.Equal(t, []any{made["ScRules"], made["DubboRules"], "changed"}, []any{changed["ScRules"], changed["DubboRules"], changed["Description"]})
	h.must(t, "UpdateGreyTagRoute", "GreyTagRouteId", id, "ScRules", sc2, "DubboRules", dubboWithMod)
	changed = route()
	require.Equal(t, "/b", list(changed["ScRules"])[0].(map[string]any)["path"])
	require.Equal(t, made["DubboRules"], changed["DubboRules"])
	require.Len(t, list(h.must(t, "ListGreyTagRoute", "PageSize", "50", "CurrentPage", "1")["Result"]), 1)
	require.Empty(t, list(h.must(t, "ListGreyTagRoute", "PageSize", "50", "CurrentPage", "2")["Result"]))
	require.Equal(t, codeWithMessage, h.refused(t, "ListGreyTagRoute", "PageSize", "all"), "numbers, as in lists that have pages")
	h.must(t, "DeleteGreyTagRoute", "GreyTagRouteId", id)
	h.requireGone(t, codeWithMessage, "DescribeGreyTagRoute", "GreyTagRouteId", id)
}

// TestTerraform_Ingress: an application load balancer gets another port, a certificate
// and HTTPS in one call.
func TestTerraform_Ingress(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	rule := func(port int, more string) string {
		return fmt.Sprintf(`{"appId":%q,"containerPort":%d%s}`, h.app, port, more)
	}
	rules := func(port int, path, protocol string) string {
		return "[" + rule(port, fmt.Sprintf(`,"appName":"shop","domain":"www.alicloud.test","path":"/","rewritePath":%q,"backendProtocol":%q`, path, protocol)) + "]"
	}
	id := fmt.Sprint(h.must(t, "CreateIngress", "SlbId", "alb-0123abc", "NamespaceId", DefaultRegion, "ListenerPort", "80", "LoadBalanceType", "alb",
		"ListenerProtocol", protocolHTTP, "Description", "tf", "DefaultRule", rule(8080, `,"appName":"shop"`), "Rules", rules(8080, "/${1}", "http"))["IngressId"])
	read := func(of string, want ...any) {
		t.Helper()
		ingress := h.stable(t, "DescribeIngress", paramIngress, id)
		first := list(ingress["Rules"])[0].(map[string]any)
		require.Equal(t, want, []any{ingress["ListenerPort"], ingress["ListenerProtocol"], ingress["CertIds"], first["ContainerPort"], first["RewritePath"], first["BackendProtocol"]}, of)
		require.Equal(t, []any{"alb", "alb-0123abc", "tf"}, []any{ingress["LoadBalanceType"], ingress["SlbId"], ingress["Description"]})
		require.Equal(t, h.app, ingress["DefaultRule"].(map[string]any)["AppId"])
	}
	read("creation", 80.0, protocolHTTP, nil, 8080.0, "/${1}", "http")
	h.must(t, "UpdateIngress", paramIngress, id, "ListenerPort", "443", "CertIds", "12****_160f8****_-43****_77****", "ListenerProtocol", protocolHTTPS)
	read("the listener", 443.0, protocolHTTPS, "12****_160f8****_-43****_77****", 8080.0, "/${1}", "http")
	h.must(t, "UpdateIngress", paramIngress, id, "ListenerPort", "443", "Rules", rules(443, "/${2}", "https"))
	read("the rules", 443.0, protocolHTTPS, "12****_160f8****_-43****_77****", 443.0, "/${2}", "https")
	require.Len(t, list(h.must(t, "ListIngresses", "NamespaceId", DefaultRegion)["IngressList"]), 1)
	h.must(t, "DeleteIngress", paramIngress, id)
	h.requireGone(t, codeWithMessage, "DescribeIngress", paramIngress, id)
}

// TestTerraform_LoadBalancers: one resource for each network, bound, changed, unbound.
func TestTerraform_LoadBalancers(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	for _, network := range networks() {
		listener := func(port int) string {
			return fmt.Sprintf(`[{"httpsCertId":"","protocol":"TCP","targetPort":8080,"port":%d}]`, port)
		}
		bound := func() []any {
			read := h.stable(t, "DescribeApplicationSlbs")
			if len(list(read[network])) == 0 {
				return []any{read[network+"SlbId"]}
			}
			first := list(read[network])[0].(map[string]any)
			return []any{read[network+"SlbId"], first["Port"], first["TargetPort"], first["Protocol"], first["HttpsCertId"]}
		}
		h.applied(t, h.begin(t, opBindSLB, network+"SlbId", "lb-1", network, listener(80)))
		require.Equal(t, []any{"lb-1", 80.0, 8080.0, "TCP", nil}, bound())
		h.applied(t, h.begin(t, opBindSLB, network+"SlbId", "lb-2", network, listener(81)))
		require.Equal(t, []any{"lb-2", 81.0, 8080.0, "TCP", nil}, bound())
		h.applied(t, h.begin(t, "UnbindSlb", network, "true"))
		require.Equal(t, []any{nil}, bound())
	}
}

// TestTerraform_NamespacesAndConfigMaps: a namespace is made by its short ID, and both are
// updated with all they have.
func TestTerraform_NamespacesAndConfigMaps(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	id := fmt.Sprint(h.must(t, opCreateNamespace, paramShortID, "tf", "NamespaceName", "tf", "NamespaceDescription", "made", "EnableMicroRegistration", "false")["NamespaceId"])
	namespace := func() []any {
		read := h.stable(t, "DescribeNamespace", paramNamespace, id)
		return []any{read["NamespaceId"], read[paramShortID], read["NamespaceName"], read["NamespaceDescription"], read["EnableMicroRegistration"]}
	}
	require.Equal(t, []any{"cn-hangzhou:tf", "tf", "tf", "made", false}, namespace())
	h.must(t, "UpdateNamespace", paramNamespace, id, "NamespaceName", "other", "NamespaceDescription", "changed", "EnableMicroRegistration", "true")
	require.Equal(t, []any{"cn-hangzhou:tf", "tf", "other", "changed", true}, namespace())
	require.Len(t, list(h.must(t, "DescribeNamespaces", "PageSize", "50", "CurrentPage", "1")["Namespaces"]), 2)

	configMap := fmt.Sprint(h.must(t, "CreateConfigMap", paramNamespace, id, "Name", "tf-example", "Data", `{"env.home":"/root","env.shell":"/bin/sh"}`, "Description", "made")[paramConfigMap])
	read := func() []any {
		read := h.stable(t, "DescribeConfigMap", paramConfigMap, configMap)
		return []any{read["Name"], read[paramNamespace], read["Description"], read["Data"]}
	}
	require.Equal(t, []any{"tf-example", id, "made", map[string]any{"env.home": "/root", "env.shell": "/bin/sh"}}, read())
	h.must(t, "UpdateConfigMap", paramConfigMap, configMap, "Data", `{"env.home":"/root"}`, "Description", "changed")
	require.Equal(t, []any{"tf-example", id, "changed", map[string]any{"env.home": "/root"}}, read())
	h.must(t, "DeleteConfigMap", paramConfigMap, configMap)
	h.requireGone(t, "NotFound.ConfigMap", "DescribeConfigMap", paramConfigMap, configMap)
	require.Equal(t, http.StatusOK, h.call(t, "DeleteNamespace", paramNamespace, id).status)
	h.requireGone(t, codeNamespaceNotFound, "DescribeNamespace", paramNamespace, id)
}

// TestTerraform_DeletedElsewhere: the deletion of an application takes along what belongs
// to it, and a refresh sees each of them gone by the code that its client looks for.
func TestTerraform_DeletedElsewhere(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	h.addRules(t)
	route := fmt.Sprint(h.must(t, "CreateGreyTagRoute", "Name", "tf", "ScRules", springRules)["GreyTagRouteId"])
	rule := `{"appId":"` + h.app + `","containerPort":8080}`
	ingress := fmt.Sprint(h.must(t, "CreateIngress", "NamespaceId", DefaultRegion, "SlbId", "lb-9", "ListenerPort", "80", "DefaultRule", rule,
		"Rules", `[{"appId":"`+h.app+`","containerPort":8080,"domain":"a.test"}]`)["IngressId"])
	h.applied(t, h.begin(t, opBindSLB, "InternetSlbId", "lb-1", "Internet", `[{"port":80,"targetPort":8080,"protocol":"TCP"}]`))
	h.begin(t, "DeleteApplication")
	h.settle(t)
	h.requireGone(t, codeAppIDNotFound, opConfig)
	h.requireGone(t, codeAppIDNotFound, "DescribeApplicationScalingRules", "PageSize", "50", "CurrentPage", "1")
	h.requireGone(t, codeWithMessage, "DescribeGreyTagRoute", "GreyTagRouteId", route)
	h.requireGone(t, codeWithMessage, "DescribeIngress", paramIngress, ingress)
	require.Equal(t, codeAppNotFound, h.refused(t, "DescribeApplicationStatus"), "no client takes this one for gone, and none needs to")
	require.Empty(t, list(h.must(t, "ListApplications", "PageSize", "50", "CurrentPage", "1")["Applications"]))
}
