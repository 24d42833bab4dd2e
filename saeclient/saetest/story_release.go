package saetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

const (
	grayThenOne = `{"type":"GrayBatchUpdate","batchUpdate":{"batch":1,"releaseType":"manual"},"grayUpdate":{"gray":1}}`
	twoBatches  = `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`

	timer  = `{"beginDate":"2040-01-01","endDate":"2040-02-01","period":"* * *","schedules":[{"atTime":"08:00","targetReplicas":3}]}`
	metric = `{"maxReplicas":4,"minReplicas":3,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":90},` +
		`{"metricType":"MEMORY","metricTargetAverageUtilization":90}],` +
		`"scaleUpRules":{"step":"1","disabled":false,"stabilizationWindowSeconds":0},` +
		`"scaleDownRules":{"step":"1","disabled":false,"stabilizationWindowSeconds":300}}`
)

// begin deploys the next image and gives the ID of the change order.
func (s *suite) begin(t *testing.T, image, strategy string) string {
	t.Helper()
	return s.call(t, "DeployApplication", "AppId", s.world.app, "ImageUrl", image, "UpdateStrategy", strategy, "MinReadyInstances", "1",
		"ChangeOrderDesc", s.world.name).data().text("ChangeOrderId")
}

// release carries a gray release through, confirmation by confirmation. One enabled scaling
// rule is off meanwhile.
func (s *suite) release(t *testing.T) {
	t.Helper()
	route := s.call(t, "CreateGreyTagRoute", "AppId", s.world.app, "Name", "canary", "ScRules", springRules).data().text("GreyTagRouteId")
	id := s.begin(t, s.Have.NextImage, grayThenOne)
	o := s.await(t, id, saeclient.ChangeOrderWaitBatchConfirm)
	require.Equal(t, "CoDeploy", o.CoTypeCode)
	require.Len(t, o.Pipelines, 2)
	s.lookAtBatch(t, o.CurrentPipelineID)
	require.False(t, s.ruleEnabled(t), "a change order switches scaling rules off")
	status := s.status(t)
	require.Equal(t, id, status.text("LastChangeOrderId"))
	require.Equal(t, "true", status.text("LastChangeOrderRunning"))
	require.Equal(t, "WAIT_BATCH_CONFIRM", status.text("LastChangeOrderStatus"))
	s.lookAtOrders(t, s.world.app)
	s.refuseWhileRunning(t, o)
	s.refused(t, "UpdateGreyTagRoute", "Application.ChangerOrderRunning", "GreyTagRouteId", route, "Description", "late")
	s.call(t, "DeleteGreyTagRoute", "GreyTagRouteId", route)

	s.call(t, "ConfirmPipelineBatch", "PipelineId", o.after(), "Confirm", "true")
	s.await(t, id, saeclient.ChangeOrderSuccess)
	require.True(t, s.ruleEnabled(t), "a change order that succeeds switches scaling rules on again")
	require.Equal(t, s.Have.NextImage, s.configuration(t).text("ImageUrl"))
	require.Len(t, s.call(t, "ListAppVersions", "AppId", s.world.app).list("Data"), 2)
	s.call(t, "DescribeApplicationConfig", "AppId", s.world.app, "VersionId", s.world.first)
	found := s.call(t, "ListChangeOrders", "AppId", s.world.app, "Key", s.world.name, "CoType", "CoDeploy", "CoStatus", "2",
		"CurrentPage", "1", "PageSize", "10").data().list("ChangeOrderList")
	require.Len(t, found, 1)
	require.Equal(t, id, found[0].text("ChangeOrderId"))
	for _, operation := range []string{"AbortChangeOrder", "AbortAndRollbackChangeOrder"} {
		s.refused(t, operation, "Application.ChangerOrder.Not.Running", "ChangeOrderId", id)
	}
}

// lookAtBatch finds the one instance of a gray batch, and that instance by its ID.
func (s *suite) lookAtBatch(t *testing.T, pipeline string) {
	t.Helper()
	gray := s.instances(t, s.world.app, "PipelineId", pipeline)
	require.Len(t, gray, 1)
	require.Equal(t, s.Have.NextImage, gray[0].text("ImageUrl"))
	require.Equal(t, gray, s.instances(t, s.world.app, "InstanceId", gray[0].text("InstanceId")))
}

// refuseWhileRunning asks for a second change while one is unfinished.
func (s *suite) refuseWhileRunning(t *testing.T, o order) {
	t.Helper()
	const running = "Application.ChangerOrderRunning"
	id := []string{"AppId", s.world.app}
	for _, operation := range []string{"DeleteApplication", "StopApplication", "RestartApplication"} {
		s.refused(t, operation, running, id...)
	}
	s.refused(t, "DeployApplication", running, append(id, "ImageUrl", s.Have.Image)...)
	s.refused(t, "RollbackApplication", running, append(id, "VersionId", s.world.first)...)
	s.refused(t, "RescaleApplication", running, append(id, "Replicas", "4")...)
	s.refused(t, "RescaleApplicationVertically", running, append(id, "Cpu", "1000", "Memory", "2048")...)
	instance := s.instances(t, s.world.app)[0].text("InstanceId")
	s.refused(t, "RestartInstances", running, append(id, "InstanceIds", instance)...)
	s.refused(t, "ReduceApplicationCapacityByInstanceIds", running, append(id, "InstanceIds", instance)...)
	s.refused(t, "EnableApplicationScalingRule", running, append(id, "ScalingRuleName", ruleName)...)
	s.refused(t, "DisableApplicationScalingRule", running, append(id, "ScalingRuleName", ruleName)...)
	s.refused(t, "CreateGreyTagRoute", running, append(id, "Name", "late", "ScRules", springRules)...)
	s.refused(t, "UpdateApplicationDescription", running, append(id, "AppDescription", "late")...)
	s.refused(t, "DeleteInstances", running, append(id, "InstanceIds", instance)...)
	s.refused(t, "UnbindSlb", running, append(id, "Internet", "true")...)
	s.refused(t, "BindSlb", running, append(id, "Internet", listener)...)
	s.refused(t, "ConfirmPipelineBatch", "Pipeline.Can.Not.Start.Next.Batch", "PipelineId", o.CurrentPipelineID, "Confirm", "true")
}

// takeBack rolls a release back that waits for a confirmation.
func (s *suite) takeBack(t *testing.T) {
	t.Helper()
	id := s.begin(t, s.Have.Image, twoBatches)
	s.await(t, id, saeclient.ChangeOrderWaitBatchConfirm)
	taken := s.call(t, "AbortAndRollbackChangeOrder", "ChangeOrderId", id).data()
	require.Equal(t, id, taken.text("ChangeOrderId"))
	s.await(t, id, saeclient.ChangeOrderAbort)
	require.Equal(t, s.Have.NextImage, s.configuration(t).text("ImageUrl"))
}

// abort stops a release half way, and then brings all instances to one version again; another one
// goes back while it is stopped.
func (s *suite) abort(t *testing.T) {
	t.Helper()
	id := s.begin(t, s.Have.Image, twoBatches)
	s.await(t, id, saeclient.ChangeOrderWaitBatchConfirm)
	require.Equal(t, id, s.call(t, "AbortChangeOrder", "ChangeOrderId", id).data().text("ChangeOrderId"))
	s.await(t, id, saeclient.ChangeOrderAbort)
	s.done(t, "DeployApplication", "AppId", s.world.app, "ImageUrl", s.Have.NextImage)
	s.requireImage(t, s.Have.NextImage)
	id = s.begin(t, s.Have.Image, twoBatches)
	s.await(t, id, saeclient.ChangeOrderWaitBatchConfirm)
	s.call(t, "AbortChangeOrder", "ChangeOrderId", id, "Rollback", "true")
	s.await(t, id, saeclient.ChangeOrderAbort)
	s.requireImage(t, s.Have.NextImage)
}

// requireImage wants one image on all instances.
func (s *suite) requireImage(t *testing.T, image string) {
	t.Helper()
	for _, instance := range s.instances(t, s.world.app) {
		require.Equal(t, image, instance.text("ImageUrl"))
	}
}

func (s *suite) rollBack(t *testing.T) {
	t.Helper()
	id := []string{"AppId", s.world.app}
	s.refused(t, "RollbackApplication", "InvalidParameter.Obviously", append(id, "VersionId", "none")...)
	s.refused(t, "RollbackApplication", "MinReadyInstances.Not.Smaller.Replicas", append(id, "VersionId", s.world.first, "MinReadyInstances", "3")...)
	o := s.done(t, "RollbackApplication", append(id, "VersionId", s.world.first)...)
	require.Equal(t, "CoDeployHistroy", o.CoTypeCode)
	require.Equal(t, s.Have.Image, s.configuration(t).text("ImageUrl"))
}

// ruleName is the timing rule of the application; its times have not come.
const ruleName = "timing-rule"

// ruleEnabled reports whether the rule is on.
func (s *suite) ruleEnabled(t *testing.T) bool {
	t.Helper()
	rule := s.call(t, "DescribeApplicationScalingRule", "AppId", s.world.app, "ScalingRuleName", ruleName).data()
	return rule["ScaleRuleEnabled"] == true
}

func (s *suite) scale(t *testing.T) {
	t.Helper()
	rule := func(name string, more ...string) []string {
		return append([]string{"AppId", s.world.app, "ScalingRuleName", name}, more...)
	}
	made := s.call(t, "CreateApplicationScalingRule", rule(ruleName, "ScalingRuleType", "timing", "ScalingRuleTimer", timer, "ScalingRuleEnable", "false")...)
	require.Equal(t, ruleName, made.data().text("ScaleRuleName"))
	require.False(t, s.ruleEnabled(t))
	s.call(t, "EnableApplicationScalingRule", rule(ruleName)...)
	require.True(t, s.ruleEnabled(t))
	s.call(t, "CreateApplicationScalingRule", rule("load", "ScalingRuleType", "metric", "ScalingRuleMetric", metric, "ScalingRuleEnable", "false")...)
	s.call(t, "UpdateApplicationScalingRule", rule("load", "ScalingRuleMetric", metric)...)
	s.call(t, "UpdateApplicationScalingRule", rule(ruleName, "ScalingRuleTimer", timer)...)
	all := s.call(t, "DescribeApplicationScalingRules", "AppId", s.world.app).data().list("ApplicationScalingRules")
	require.Len(t, all, 2)
	s.lookAtRouting(t, s.world.app)
	s.refuseScaling(t, rule)
	s.call(t, "DisableApplicationScalingRule", rule(ruleName)...)
	require.False(t, s.ruleEnabled(t))
	s.call(t, "EnableApplicationScalingRule", rule(ruleName)...)
	s.call(t, "DeleteApplicationScalingRule", rule("load")...)
}

// refuseScaling asks for rules that break the rules.
func (s *suite) refuseScaling(t *testing.T, rule func(name string, more ...string) []string) {
	t.Helper()
	const at9 = `{"period":"* * *","schedules":[{"atTime":"09:00","targetReplicas":3}]}`
	for _, r := range []struct {
		code, timer string
		more        []string
	}{
		{"InvalidScalingRuleDate.BeginAfterEnd", `{"beginDate":"2040-02-01","endDate":"2040-01-01","period":"* * *","schedules":[{"atTime":"09:00","targetReplicas":3}]}`, nil},
		{"InvalidScalingRuleDate.Format", `{"period":"daily","schedules":[{"atTime":"09:00","targetReplicas":3}]}`, nil},
		{"InvalidScalingRuleTime.Format", `{"period":"* * *","schedules":[{"atTime":"25:00","targetReplicas":3}]}`, nil},
		{"InvalidScalingRuleTime.Conflict", `{"period":"* * *","schedules":[{"atTime":"09:00","targetReplicas":3},{"atTime":"09:00","targetReplicas":4}]}`, nil},
		{"QuotaExceeded.ScalingRuleTime", `{"period":"* * *","schedules":[` + minutes(21) + `]}`, nil},
		{"MinReadyInstances.Not.Smaller.Replicas", at9, []string{"MinReadyInstances", "3"}},
		{"MinReadyInstanceRatio.Invalid", at9, []string{"MinReadyInstanceRatio", "101"}},
	} {
		params := append([]string{"ScalingRuleTimer", r.timer}, r.more...)
		s.refused(t, "CreateApplicationScalingRule", r.code, append(rule("new", "ScalingRuleType", "timing"), params...)...)
		s.refused(t, "UpdateApplicationScalingRule", r.code, rule(ruleName, params...)...)
	}
	const tooMany = `{"maxReplicas":51,"minReplicas":1,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":90}]}`
	s.refused(t, "CreateApplicationScalingRule", "NoComputeResourceQuota.App.Exceed", rule("new", "ScalingRuleType", "metric", "ScalingRuleMetric", tooMany)...)
	s.refused(t, "UpdateApplicationScalingRule", "NoComputeResourceQuota.App.Exceed", rule("load", "ScalingRuleMetric", tooMany)...)
	s.refused(t, "CreateApplicationScalingRule", "InstanceExist.ScalingRuleName", rule(ruleName, "ScalingRuleType", "timing", "ScalingRuleTimer", timer)...)
	s.refused(t, "UpdateApplicationScalingRule", "InvalidScalingRuleName.NotFound", rule("none", "ScalingRuleTimer", timer)...)
	s.fillUpRules(t, rule)
}

// minutes are times of a scaling rule, one a minute.
func minutes(n int) string {
	times := make([]string, n)
	for i := range n {
		times[i] = fmt.Sprintf(`{"atTime":"10:%02d","targetReplicas":3}`, i)
	}
	return strings.Join(times, ",")
}

// fillUpRules makes as many rules as an application may have, five, and asks for one more. There are two.
func (s *suite) fillUpRules(t *testing.T, rule func(name string, more ...string) []string) {
	t.Helper()
	more := func(name string) []string {
		return rule(name, "ScalingRuleType", "metric", "ScalingRuleMetric", metric, "ScalingRuleEnable", "false")
	}
	names := []string{"more-a", "more-b", "more-c"}
	for _, name := range names {
		s.call(t, "CreateApplicationScalingRule", more(name)...)
	}
	s.refused(t, "CreateApplicationScalingRule", "QuotaExceeded.ScalingRule", more("more-d")...)
	for _, name := range names {
		s.call(t, "DeleteApplicationScalingRule", rule(name)...)
	}
}
