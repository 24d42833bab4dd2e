package saesim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// TestInfoClient_InfoThroughTheClient calls the operations that tell about an application over
// HTTP and decodes their answers.
func TestInfoClient_InfoThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c, app := t.Context(), l.c, l.app
	log, err := c.DescribeInstanceLog(ctx, &saeclient.DescribeInstanceLogInput{InstanceID: l.instances()[0]})
	require.NoError(t, err)
	require.Contains(t, log.Data, "Started container")
	components, err := c.DescribeComponents(ctx, &saeclient.DescribeComponentsInput{Type: "JDK"})
	require.NoError(t, err)
	require.Equal(t, "Open JDK 8", components.Data[0].ComponentKey)
	containers, err := c.DescribeEdasContainers(ctx, &saeclient.DescribeEdasContainersInput{})
	require.NoError(t, err)
	require.Equal(t, "3.5.3", containers.Data[0].EdasContainerVersion)
	image, err := c.DescribeApplicationImage(ctx, &saeclient.DescribeApplicationImageInput{AppID: app, ImageURL: "registry.example/team/shop:7"})
	require.NoError(t, err)
	require.Equal(t, "team", image.Data.RepoNamespace)
	logs, err := c.ListLogConfigs(ctx, &saeclient.ListLogConfigsInput{AppID: app, CurrentPage: 1, PageSize: 10})
	require.NoError(t, err)
	require.Empty(t, logs.Data.LogConfigs)
	events, err := c.ListAppEvents(ctx, &saeclient.ListAppEventsInput{Namespace: "cn-hangzhou", AppID: &app, PageSize: new(4)})
	require.NoError(t, err)
	require.Len(t, events.Data.AppEventEntity, 4)
	require.Equal(t, 6, events.Data.TotalSize)
	use, err := c.QueryResourceStatics(ctx, &saeclient.QueryResourceStaticsInput{AppID: app})
	require.NoError(t, err)
	require.InDelta(t, 1.5, use.Data.RealTimeRes.CPU, 0)
	require.InDelta(t, 90, use.Data.Summary.CPU, 0.1, "three instances of half a core since an hour ago")
}

func TestInfoClient_JobsThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c := t.Context(), l.c
	begun, err := c.ExecJob(ctx, &saeclient.ExecJobInput{AppID: l.app, EventID: new("nightly-1"), Command: new("sleep")})
	require.NoError(t, err)
	_, err = l.sim.Advance(time.Minute)
	require.NoError(t, err)
	status, err := c.DescribeJobStatus(ctx, &saeclient.DescribeJobStatusInput{AppID: l.app, JobID: &begun.Data.Data})
	require.NoError(t, err)
	require.Equal(t, "1", status.Data.State)
	require.Equal(t, begun.Data.Data, status.Data.JobID)
}

func TestInfoClient_ScalingRuleChangesThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c, app := t.Context(), l.c, l.sim.Apps()[0].ID
	changed, err := c.UpdateApplicationScalingRule(ctx, &saeclient.UpdateApplicationScalingRuleInput{
		AppID: app, ScalingRuleName: "office-hours",
		ScalingRuleTimer: &saeclient.ScalingRuleTimer{Period: "* * *", Schedules: []saeclient.ScalingSchedule{{AtTime: "16:30", TargetReplicas: 7}}},
	})
	require.NoError(t, err)
	require.Equal(t, 7, changed.Data.Timer.Schedules[0].TargetReplicas)
	_, err = l.sim.Advance(30 * time.Minute)
	require.NoError(t, err)
	config, err := c.DescribeApplicationConfig(ctx, &saeclient.DescribeApplicationConfigInput{AppID: app})
	require.NoError(t, err)
	require.Equal(t, 7, config.Data.Replicas, "it is 16:30 in GMT+8")
	_, err = c.DeleteApplicationScalingRule(ctx, &saeclient.DeleteApplicationScalingRuleInput{AppID: app, ScalingRuleName: "office-hours"})
	require.NoError(t, err)
	_, err = c.DeleteApplicationScalingRule(ctx, &saeclient.DeleteApplicationScalingRuleInput{AppID: app, ScalingRuleName: "office-hours"})
	var refused *cloudapi.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "InvalidScalingRuleName.NotFound", refused.Code)
}
