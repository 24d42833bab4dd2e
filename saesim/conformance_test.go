package saesim

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// shape is a field of an answer as the facts describe it.
type shape struct {
	Type     string           `json:"type"`
	Enum     []any            `json:"enum"`
	Presence string           `json:"presence"`
	Fields   map[string]shape `json:"fields"`
	Items    *shape           `json:"items"`
}

// documentedAnswers are those of the reference, with what today's service has beyond them,
// and those of the operations that only today's service has.
func documentedAnswers(t tester) map[string]map[string]shape {
	t.Helper()
	type answer struct {
		Name     string           `json:"name"`
		Response map[string]shape `json:"response"`
	}
	read := func(file string, into any) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	var reference []answer
	var newer struct {
		Operations []answer `json:"operations"`
	}
	read("../saeclient/saetest/facts.json", &reference)
	read("../api/sae/newer.json", &newer)
	answers := map[string]map[string]shape{}
	for _, op := range slices.Concat(reference, newer.Operations) {
		answers[op.Name] = op.Response
	}
	return answers
}

func (s shape) check(t *testing.T, path string, value any) {
	t.Helper()
	switch s.Type {
	case "object":
		object, ok := value.(map[string]any)
		require.True(t, ok, "%s is no object", path)
		checkFields(t, path, s.Fields, object)
	case "array":
		list, ok := value.([]any)
		require.True(t, ok, "%s is no array", path)
		for _, entry := range list {
			s.Items.check(t, path+"[]", entry)
		}
	case "map":
		require.IsType(t, map[string]any{}, value, path)
	case "string":
		require.IsType(t, "", value, path)
	case "boolean":
		require.IsType(t, true, value, path)
	case "integer", "long", "number":
		require.IsType(t, 0.0, value, path)
	default:
		require.Fail(t, "unknown type", "%s: %q", path, s.Type)
	}
	if len(s.Enum) > 0 {
		require.Contains(t, s.Enum, value, path)
	}
}

func checkFields(t *testing.T, path string, documented map[string]shape, object map[string]any) {
	t.Helper()
	for name, value := range object {
		field, known := documented[name]
		require.True(t, known, "%s.%s is not documented", path, name)
		field.check(t, path+"."+name, value)
	}
}

// TestConformance_AnswersHaveTheDocumentedShape calls every operation that is served and
// compares what comes back, field by field, with the facts.
func TestConformance_AnswersHaveTheDocumentedShape(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"", "application/xml"} {
		t.Run(accept, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			h.accept = accept
			h.callEverything(t)
		})
	}
}

func (h *harness) callEverything(t *testing.T) {
	t.Helper()
	documented := documentedAnswers(t)
	seen := map[string]bool{}
	call := func(op string, parameters ...string) map[string]any {
		g := h.call(t, op, parameters...)
		require.Equal(t, 200, g.status, "%s: %v", op, g.body)
		checkFields(t, op, documented[op], g.body)
		for name, field := range documented[op] {
			if field.Presence != "failure-only" {
				require.Contains(t, g.body, name, op)
			}
		}
		seen[op] = true
		return g.data()
	}
	created := call(opCreate, "AppName", "jar", "PackageType", "FatJar", "PackageUrl", "https://oss.test/a.jar", "PackageVersion", "1",
		"Jdk", "Open JDK 8", "Replicas", "2", "MountDesc", `[{"mountPath":"/tmp","nasPath":"/"}]`, "Readiness", `{"tcpSocket":{"port":80}}`,
		"OssMountDescs", `[{"bucketName":"b","bucketPath":"p","mountPath":"/m","readOnly":true}]`, "Envs", `[{"name":"a","value":"b"}]`)
	h.settle(t)
	call("ListAppVersions", "AppId", created["AppId"].(string))
	call("DescribeApplicationConfig", "AppId", created["AppId"].(string))
	call("CreateApplicationScalingRule", "ScalingRuleName", "timer", "ScalingRuleType", "timing", "ScalingRuleEnable", "false",
		"ScalingRuleTimer", `{"beginDate":"2026-11-01","endDate":"2026-12-01","period":"1,31 * *","schedules":[{"atTime":"08:00","targetReplicas":3}]}`)
	call("CreateApplicationScalingRule", "ScalingRuleName", "load", "ScalingRuleType", "metric", "ScalingRuleMetric", allMetrics)
	for _, rule := range []string{"timer", "load"} {
		call("DescribeApplicationScalingRule", "ScalingRuleName", rule)
		call("EnableApplicationScalingRule", "ScalingRuleName", rule)
	}
	call("DisableApplicationScalingRule", "ScalingRuleName", "timer")
	call("DescribeApplicationScalingRules")
	call("UpdateApplicationScalingRule", "ScalingRuleName", "load", "ScalingRuleMetric", allMetrics)
	call("DeleteApplicationScalingRule", "ScalingRuleName", "load")
	h.callGreyRoutes(t, call)
	h.callResources(t, call)

	id := call(opDeploy, "ImageUrl", "registry.test/shop:2", paramUpdateStrategy, gray1and2, "ChangeOrderDesc", "d")["ChangeOrderId"].(string)
	h.settle(t)
	for _, op := range []string{"DescribeApplicationStatus", "DescribeApplicationConfig", "DescribeApplicationGroups", "ListAppVersions", "ListChangeOrders"} {
		call(op)
	}
	call("ListApplications", "CurrentPage", "1", "PageSize", "1")
	call("DescribeApplicationInstances", "GroupId", h.group())
	order := h.order(t, id)
	call("DescribeChangeOrder", "ChangeOrderId", id)
	for _, p := range order.Pipelines {
		call("DescribePipeline", "PipelineId", p.PipelineID)
	}
	call("ConfirmPipelineBatch", "PipelineId", order.Pipelines[1].PipelineID, "Confirm", "true")
	call("AbortAndRollbackChangeOrder", "ChangeOrderId", id)
	h.settle(t)
	call(opRollback, "VersionId", h.versions(t)[0])
	h.settle(t)
	call(opRestart)
	h.settle(t)
	call("AbortChangeOrder", "ChangeOrderId", call(opRescale, "Replicas", "5")["ChangeOrderId"].(string))
	h.callLifecycle(t, call)
	h.callInfo(t, call)
	h.callNewer(t, call)
	for name := range handlers() {
		require.True(t, seen[name], "%s is served and not checked here", name)
	}
}

const allMetrics = `{"maxReplicas":3,"minReplicas":1,"metrics":[
	{"metricType":"CPU","metricTargetAverageUtilization":20},{"metricType":"MEMORY","metricTargetAverageUtilization":30},
	{"metricType":"tcpActiveConn","metricTargetAverageUtilization":20},
	{"metricType":"SLB_QPS","MetricTargetAverageUtilization":25,"SlbProject":"p","SlbLogstore":"l","Vport":"80"},
	{"metricType":"SLB_RT","MetricTargetAverageUtilization":35,"SlbProject":"p","SlbLogstore":"l","Vport":"80"}],
	"scaleUpRules":{"step":"100","disabled":false,"stabilizationWindowSeconds":0},"scaleDownRules":{"step":50,"disabled":true,"stabilizationWindowSeconds":300}}`

const (
	scRules    = `[{"condition":"OR","path":"/a","items":[{"cond":"==","name":"grey","operator":"rawvalue","type":"cookie","value":"true"}]}]`
	dubboRules = `[{"condition":"AND","group":"DUBBO","serviceName":"s","methodName":"m","version":"1","items":[{"cond":"!=","expr":".a","index":0,"operator":"mod","value":"1"}]}]`
	albRules   = `[{"condition":"AND","ingressId":"23","serviceName":"s","items":[{"type":"sourceIp","cond":"==","operator":"rawvalue","value":"10.0.0.1"}]}]`
)

func (h *harness) callGreyRoutes(t *testing.T, call func(op string, parameters ...string) map[string]any) {
	t.Helper()
	for _, rules := range []string{"ScRules=" + scRules, "DubboRules=" + dubboRules} {
		name, text, _ := strings.Cut(rules, "=")
		id := number(call("CreateGreyTagRoute", "Name", "rule-a", "Description", "d", name, text)["GreyTagRouteId"])
		call("DescribeGreyTagRoute", "GreyTagRouteId", id)
		call("ListGreyTagRoute")
		call("UpdateGreyTagRoute", "GreyTagRouteId", id, name, text, "Description", "new")
		require.Equal(t, "new", call("DescribeGreyTagRoute", "GreyTagRouteId", id)["Description"])
		call("DeleteGreyTagRoute", "GreyTagRouteId", id)
	}
}

func number(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (h *harness) group() string {
	h.sim.mu.Lock()
	defer h.sim.mu.Unlock()
	return h.sim.st.Apps[h.app].GroupID
}

// TestConformance_EveryOperationIsServed compares the handlers with the operations of the reference.
// Of those that only today's service has, TestConformance_WhatIsNotServedIsRefusedByName counts the rest.
func TestConformance_EveryOperationIsServed(t *testing.T) {
	t.Parallel()
	var known []string
	for _, op := range saeclient.Operations() {
		if op.Since == "" {
			known = append(known, op.Name)
		}
	}
	require.Len(t, known, 79)
	require.Subset(t, sortedKeys(handlers()), known)
}

// TestConformance_WhatIsNotServedIsRefusedByName calls every operation that the simulator has not got.
func TestConformance_WhatIsNotServedIsRefusedByName(t *testing.T) {
	t.Parallel()
	h, served := newHarness(t), handlers()
	missing := 0
	for _, op := range saeclient.Operations() {
		if served[op.Name] == nil {
			missing++
			require.Equal(t, codeOperationUnserved, h.refused(t, op.Name), op.Name)
			require.NotEmpty(t, op.Since, "only what today's service has beyond the reference is missing")
		}
	}
	require.Len(t, h.sim.Calls().Unserved, missing)
}
