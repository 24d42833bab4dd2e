package saesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/acs"
	"slipway/saeclient"
)

// readings are codes that an operation answers although its table does not list
// them: the reference describes the rule and gives no code. The README names them.
func readings() []string {
	return []string{
		"CreateApplicationScalingRule/" + codeOrderRunning,
		"DescribeApplicationScalingRule/" + codeRuleNotFound, "EnableApplicationScalingRule/" + codeRuleNotFound,
		"DisableApplicationScalingRule/" + codeRuleNotFound,
		opRestart + "/" + codeMinReady, opRestart + "/" + codeMinReadyRatio,
	}
}

// TestRefusals asks for what the reference forbids.
func TestRefusals(t *testing.T) {
	t.Parallel()
	timer := func(period, begin, times string) string {
		return fmt.Sprintf(`{"period":%q%s,"schedules":[%s]}`, period, begin, times)
	}
	const at8 = `{"atTime":"08:00","targetReplicas":3}`
	rule := func(more ...string) []string {
		return append([]string{"ScalingRuleName", "new", "ScalingRuleType", "timing", "ScalingRuleTimer", timer("* * *", "", at8)}, more...)
	}
	metric := func(text string) []string {
		return []string{"ScalingRuleName", "new", "ScalingRuleType", "metric", "ScalingRuleMetric", text}
	}
	create := func(more ...string) []string {
		return append([]string{"AppName", "new", "PackageType", "Image", "ImageUrl", "i:1", "Replicas", "1"}, more...)
	}
	route := func(more ...string) []string { return append([]string{"Name", "rule"}, more...) }
	strategy := func(text string) []string { return []string{"ImageUrl", "i:2", paramUpdateStrategy, text} }
	gray := func(gray, batches int) []string {
		return strategy(fmt.Sprintf(`{"type":"GrayBatchUpdate","batchUpdate":{"batch":%d,"releaseType":"manual"},"grayUpdate":{"gray":%d}}`, batches, gray))
	}
	tests := []struct {
		op         string
		parameters []string
		code       string
	}{
		{"DescribeApplicationStatus", []string{"AppId", ""}, codeNotEmpty},
		{"DescribeApplicationStatus", []string{"AppId", "x"}, codeAppNotFound},
		{"DescribeApplicationInstances", []string{"AppId", "x", "GroupId", "g"}, codeAppIDNotFound},
		{"DescribeApplicationInstances", []string{"GroupId", "g"}, codeObviously},
		{"DescribeApplicationInstances", []string{"GroupId", "g", "PageSize", "0"}, codeWithMessage},
		{"DescribeApplicationConfig", []string{"VersionId", "x"}, codeObviously},
		{"ListApplications", []string{"PageSize", "10001"}, codeWithMessage},
		{"ListApplications", []string{"OrderBy", "name"}, codeObviously},
		{"ListAppVersions", []string{"AppId", ""}, codeAppNotFound},
		{"ListChangeOrders", []string{"AppId", "x"}, codeAppIDNotFound},
		{"ListChangeOrders", []string{"CoStatus", "4"}, codeObviously},
		{"ListChangeOrders", []string{"CoType", "CoWhatever"}, codeObviously},
		{"DescribeChangeOrder", []string{"ChangeOrderId", "x"}, codeOrderNotFound},
		{"AbortChangeOrder", []string{"ChangeOrderId", "x"}, codeOrderNotFound},
		{"AbortAndRollbackChangeOrder", []string{"ChangeOrderId", "x"}, codeOrderNotFound},
		{"DescribePipeline", []string{"PipelineId", "x"}, codeWithMessage},
		{"ConfirmPipelineBatch", []string{"PipelineId", "x", "Confirm", "true"}, codeWithMessage},
		{"ConfirmPipelineBatch", []string{"PipelineId", "x"}, codeNotEmpty},
		{"ConfirmPipelineBatch", []string{"PipelineId", "x", "Confirm", "yes"}, codeWithMessage},

		{opCreate, []string{"AppName", "new"}, codeNotEmpty},
		{opCreate, create("AppName", "1new"), codeWithMessage},
		{opCreate, create("PackageType", "Tarball"), codePackageType},
		{opCreate, create("Replicas", "0"), codeWithMessage},
		{opCreate, create("Replicas", "51"), codeAppQuota},
		{opCreate, create("Replicas", "many"), codeWithMessage},
		{opCreate, create("NamespaceId", "cn-hangzhou:Test"), codeNamespaceUppercase},
		{opCreate, create("NamespaceId", "a:b:c"), codeWithMessage},
		{opCreate, create("Cpu", "500", "Memory", "4096"), codeInstanceSpec},
		{opCreate, create("ImageUrl", ""), codeNotEmpty},
		{opCreate, create("WebContainer", "apache-tomcat-7.0.91"), codeWithMessage},
		{opCreate, create("PackageType", "FatJar"), codeNotEmpty},
		{opCreate, create("PackageType", "FatJar", "PackageUrl", "u"), codeNotEmpty},
		{opCreate, create("PackageType", "FatJar", "PackageUrl", "u", "PackageVersion", "1"), codeWithMessage},
		{opCreate, create("PackageType", "FatJar", "PackageUrl", "u", "PackageVersion", "1", "ImageUrl", ""), codeJarMissingJDK},
		{opCreate, create("PackageType", "War", "PackageUrl", "u", "PackageVersion", "1", "ImageUrl", "", "Jdk", "Open JDK 8"), codeWarMissing},
		{opCreate, create("Envs", "[{"), codeWithMessage},

		{opDeploy, []string{"AppId", "x"}, codeAppNotFound},
		{opDeploy, []string{"ImageUrl", ""}, codeNotEmpty},
		{opDeploy, []string{"MinReadyInstances", "4"}, codeMinReady},
		{opDeploy, []string{"MinReadyInstances", "-2"}, codeWithMessage},
		{opDeploy, []string{"MinReadyInstanceRatio", "101"}, codeMinReadyRatio},
		{opDeploy, []string{"BatchWaitTime", "-1"}, codeBatchWait},
		{opDeploy, strategy(`{"type":"RollingUpdate"}`), codeWithMessage},
		{opDeploy, strategy(`[]`), codeWithMessage},
		{opDeploy, strategy(`not json`), codeWithMessage},
		{opDeploy, strategy(`{"type":"BatchUpdate"}`), codeWithMessage},
		{opDeploy, strategy(`{"type":"BatchUpdate","batchUpdate":{"batch":0,"releaseType":"auto"}}`), codeWithMessage},
		{opDeploy, strategy(`{"type":"BatchUpdate","batchUpdate":{"batch":5,"releaseType":"auto"}}`), codeWithMessage},
		{opDeploy, strategy(`{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"soon"}}`), codeWithMessage},
		{opDeploy, strategy(`{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":-1}}`), codeBatchWait},
		{opDeploy, strategy(`{"type":"GrayBatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto"}}`), codeWithMessage},
		{opDeploy, gray(0, 2), codeWithMessage},
		{opDeploy, gray(3, 1), codeWithMessage},
		{opDeploy, gray(2, 3), codeWithMessage},

		{opRollback, []string{"VersionId", "x"}, codeObviously},
		{opRollback, nil, codeNotEmpty},
		{opRestart, []string{"MinReadyInstances", "4"}, codeMinReady},
		{opRestart, []string{"MinReadyInstanceRatio", "-2"}, codeMinReadyRatio},
		{opRestart, []string{"AppId", "x"}, codeAppNotFound},
		{opRollback, []string{"VersionId", firstVersion, "BatchWaitTime", "-1"}, codeWithMessage},
		{opRollback, []string{"VersionId", firstVersion, "MinReadyInstances", "4"}, codeMinReady},
		{opRescale, []string{"Replicas", "0"}, codeWithMessage},
		{opRescale, []string{"Replicas", "51"}, codeAppQuota},
		{opRescale, []string{"Replicas", "5", "MinReadyInstances", "5"}, codeMinReady},

		{"CreateApplicationScalingRule", rule("ScalingRuleName", "New"), codeWithMessage},
		{"CreateApplicationScalingRule", rule("ScalingRuleName", strings.Repeat("a", 33)), codeWithMessage},
		{"CreateApplicationScalingRule", rule("ScalingRuleName", "r0"), codeRuleExists},
		{"CreateApplicationScalingRule", rule("ScalingRuleType", "mix"), codeNotEmpty},
		{"CreateApplicationScalingRule", rule("ScalingRuleType", "other"), codeObviously},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", ""), codeNotEmpty},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", "[]"), codeWithMessage},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", "", "")), codeRuleTimeFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", "", `{"atTime":"8:00","targetReplicas":3}`)), codeRuleTimeFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", "", `{"atTime":"24:00","targetReplicas":3}`)), codeRuleTimeFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", "", `{"atTime":"08:00","targetReplicas":51}`)), codeWithMessage},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", "", at8+","+at8)), codeRuleTimeConflict},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * Fri", "", `{"atTime":"00:00","targetReplicas":3}`)), codeRuleTimeConflict},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("daily", "", at8)), codeRuleDateFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * Friday", "", at8)), codeRuleDateFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("0 * *", "", at8)), codeRuleDateFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("1 * Fri", "", at8)), codeRuleDateFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", `,"beginDate":"2026-11-02"`, at8)), codeRuleDateFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", `,"beginDate":"2026-11-02","endDate":"soon"`, at8)), codeRuleDateFormat},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", `,"beginDate":"2026-11-02","endDate":"2026-11-01"`, at8)), codeRuleDateOrder},
		{"CreateApplicationScalingRule", rule("ScalingRuleTimer", timer("* * *", "", manyTimes(21))), codeRuleTimeQuota},
		{"CreateApplicationScalingRule", rule("MinReadyInstances", "4"), codeMinReady},
		{"CreateApplicationScalingRule", metric(""), codeNotEmpty},
		{"CreateApplicationScalingRule", metric("{}"), codeWithMessage},
		{"CreateApplicationScalingRule", metric(`{"minReplicas":1,"maxReplicas":3,"metrics":[]}`), codeWithMessage},
		{"CreateApplicationScalingRule", metric(`{"minReplicas":1,"maxReplicas":51,"metrics":[]}`), codeAppQuota},
		{"CreateApplicationScalingRule", metric(`{"minReplicas":1,"maxReplicas":3,"metrics":[{"metricType":"LUCK","metricTargetAverageUtilization":1}]}`), codeWithMessage},
		{"CreateApplicationScalingRule", metric(`{"minReplicas":1,"maxReplicas":3,"metrics":[{"metricType":"CPU"}]}`), codeWithMessage},
		{"CreateApplicationScalingRule", metric(`{"minReplicas":1,"maxReplicas":3,"metrics":[{"metricType":"SLB_RT","metricTargetAverageUtilization":1}]}`), codeWithMessage},
		{"CreateApplicationScalingRule", metric(`{"minReplicas":1,"maxReplicas":3,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":1}],"scaleUpRules":{"step":"0"}}`), codeWithMessage},
		{"DescribeApplicationScalingRule", []string{"ScalingRuleName", "x"}, codeRuleNotFound},
		{"EnableApplicationScalingRule", []string{"ScalingRuleName", "x"}, codeRuleNotFound},
		{"DisableApplicationScalingRule", []string{"ScalingRuleName", "x"}, codeRuleNotFound},

		{"CreateGreyTagRoute", route(), codeNotEmpty},
		{"CreateGreyTagRoute", route("Name", "Rule", "ScRules", scRules), codeWithMessage},
		{"CreateGreyTagRoute", route("Name", "rule-", "ScRules", scRules), codeWithMessage},
		{"CreateGreyTagRoute", route("Description", strings.Repeat("x", 65), "ScRules", scRules), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", "{}"), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", strings.Replace(scRules, "OR", "XOR", 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", strings.Replace(scRules, "cookie", "body", 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", strings.Replace(scRules, "==", "=", 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", strings.Replace(scRules, "rawvalue", "like", 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", strings.Replace(scRules, `"grey"`, `""`, 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("ScRules", `[{"condition":"OR","path":"/a","items":[]}]`), codeWithMessage},
		{"CreateGreyTagRoute", route("DubboRules", strings.Replace(dubboRules, `"s"`, `""`, 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("DubboRules", strings.Replace(dubboRules, `"index":0`, `"index":-1`, 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("AlbRules", strings.Replace(albRules, "AND", "OR", 1)), codeWithMessage},
		{"CreateGreyTagRoute", route("AlbRules", strings.Replace(albRules, "==", "!=", 1)), codeWithMessage},
		{"DescribeGreyTagRoute", []string{"GreyTagRouteId", "99"}, codeWithMessage},
		{"DescribeGreyTagRoute", []string{"GreyTagRouteId", "x"}, codeWithMessage},
		{"DeleteGreyTagRoute", []string{"GreyTagRouteId", "99"}, codeWithMessage},
		{"UpdateGreyTagRoute", []string{"GreyTagRouteId", "99"}, codeWithMessage},
		{"ListGreyTagRoute", []string{"AppId", "x"}, codeAppIDNotFound},
	}
	for i, tt := range tests {
		t.Run(fmt.Sprintf("%d %s %s", i, tt.op, tt.code), func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			h.addRules(t)
			before := h.snapshot(t)
			parameters := slices.Clone(tt.parameters)
			if at := slices.Index(parameters, firstVersion); at >= 0 {
				parameters[at] = h.versions(t)[0]
			}
			require.Equal(t, tt.code, h.refused(t, tt.op, parameters...))
			require.JSONEq(t, before, h.snapshot(t), "a refusal changes nothing")
			requireDocumented(t, tt.op, tt.code)
		})
	}
}

// firstVersion stands for the ID of the version that the application runs.
const firstVersion = "<first version>"

// requireDocumented fails when the reference lists a code neither with the
// operation nor as common, and the README does not declare it either.
func requireDocumented(t *testing.T, op, code string) {
	t.Helper()
	spec, _ := saeclient.LookupOperation(op)
	known, found := saeclient.LookupErrorCode(code)
	require.True(t, found, code)
	require.True(t, known.Common || slices.Contains(spec.Errors, code) || slices.Contains(readings(), op+"/"+code),
		"%s is not documented for %s", code, op)
}

func manyTimes(n int) string {
	var times []string
	for i := range n {
		times = append(times, fmt.Sprintf(`{"atTime":"09:%02d","targetReplicas":1}`, i))
	}
	return strings.Join(times, ",")
}

// snapshot is the state without what every request changes.
func (h *harness) snapshot(t tester) string {
	t.Helper()
	h.sim.mu.Lock()
	defer h.sim.mu.Unlock()
	h.sim.look()
	st := *h.sim.st
	st.Calls, st.Unserved, st.Requests = nil, nil, 0
	text, err := json.Marshal(&st)
	require.NoError(t, err)
	return string(text)
}

func TestRefusal_OneOrderAtATime(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.must(t, "CreateGreyTagRoute", "Name", "rule", "AlbRules", albRules)
	h.deploy(t, "2", gray1and2)
	for op, parameters := range map[string][]string{
		opDeploy: {"ImageUrl", "i:3"}, opRollback: {"VersionId", h.versions(t)[0]},
		opRestart: nil, opRescale: {"Replicas", "5"},
		"CreateApplicationScalingRule": {"ScalingRuleName", "a", "ScalingRuleType", "metric", "ScalingRuleMetric", allMetrics},
		"CreateGreyTagRoute":           {"Name", "rule", "ScRules", scRules},
		"UpdateGreyTagRoute":           {"GreyTagRouteId", "1", "Description", "d"},
	} {
		require.Equal(t, codeOrderRunning, h.refused(t, op, parameters...), op)
		requireDocumented(t, op, codeOrderRunning)
	}
	h.must(t, "DeleteGreyTagRoute", "GreyTagRouteId", "1")
}

func TestRefusal_NothingIsDeployedYet(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	data := h.must(t, opCreate, "AppName", "later", "PackageType", "FatJar", "PackageUrl", "u", "PackageVersion", "1", "Jdk", "Open JDK 8",
		"Replicas", "2", "Deploy", "false")
	require.NotContains(t, data, "ChangeOrderId", "without a deployment there is no order")
	h.app = data["AppId"].(string)
	require.Equal(t, "UNKNOWN", h.must(t, "DescribeApplicationStatus")["CurrentStatus"])
	for op, parameters := range map[string][]string{opRollback: {"VersionId", "v"}, opRestart: nil, opRescale: {"Replicas", "5"}} {
		require.Equal(t, codeNotDeployYet, h.refused(t, op, parameters...), op)
		requireDocumented(t, op, codeNotDeployYet)
	}
	h.begin(t, opDeploy)
	h.settle(t)
	require.Equal(t, "RUNNING", h.must(t, "DescribeApplicationStatus")["CurrentStatus"])
	require.Equal(t, codeVersionExists, h.refused(t, opDeploy, "PackageUrl", "u2"), "a package version is used once")
	requireDocumented(t, opDeploy, codeVersionExists)
	h.begin(t, opDeploy, "PackageUrl", "u2", "PackageVersion", "2")
}

func TestRefusal_AtMostFiveScalingRules(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	create := func(i int) []string {
		return []string{"ScalingRuleName", fmt.Sprintf("r%d", i), "ScalingRuleType", "metric", "ScalingRuleMetric", allMetrics}
	}
	for i := range 5 {
		h.must(t, "CreateApplicationScalingRule", create(i)...)
	}
	require.Equal(t, codeRuleQuota, h.refused(t, "CreateApplicationScalingRule", create(5)...))
}

func TestRefusal_OneGreyRouteForAnApplication(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.must(t, "CreateGreyTagRoute", "Name", "rule灰-1", "ScRules", scRules)
	require.Equal(t, codeWithMessage, h.refused(t, "CreateGreyTagRoute", "Name", "other", "ScRules", scRules))
}

func TestRefusal_UnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, target := range []string{"GET /", "GET /pop/v1/sam/app/nothing", "DELETE /pop/v1/sam/app/describeApplicationStatus", "GET /%2e%2e"} {
		method, path, _ := strings.Cut(target, " ")
		w := httptest.NewRecorder()
		h.sim.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
		g := read(t, w)
		require.Equal(t, []any{404, codeActionNotFound}, []any{g.status, g.code()}, target)
	}
	require.Empty(t, h.sim.Calls().Operations)
}

func TestRefusal_AWrongSignatureIsRefusedOverHTTP(t *testing.T) {
	t.Parallel()
	h := deployed(t, 1)
	r := h.request(t, "DescribeApplicationStatus")
	r.Header.Set("Authorization", "acs "+TestAccessKeyID+":wrong")
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, r)
	require.Equal(t, acs.CodeSignatureMismatch, read(t, w).code())
}

func TestRefusal_TooLargeABody(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/pop/v1/sam/app/deployApplication", strings.NewReader(strings.Repeat("x", maxBody+1)))
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, r)
	require.Equal(t, codeTooLarge, read(t, w).code())
}

// A body of some megabytes can have more parameters that there are not than anybody wants to read, or to keep.
func TestRefusals_AreBounded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.create(t, 2)
	for range 3 {
		parameters := []string{strings.Repeat("N", 1<<20), "1"}
		for i := range 1000 {
			parameters = append(parameters, fmt.Sprintf("Nonsense%d", i), "1")
		}
		require.Equal(t, codeUnserved, h.refused(t, opDeploy, parameters...))
	}
	counts := h.sim.Calls().Unserved
	require.Len(t, counts, maxUnserved)
	for what, n := range counts {
		require.Less(t, len(what), 150)
		require.Equal(t, 3, n, what)
	}
}
