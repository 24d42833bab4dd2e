package saesim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/saeclient"
)

// TestNewerClient_JobTemplatesThroughTheClient makes a template, runs it and deletes both.
func TestNewerClient_JobTemplatesThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c := t.Context(), l.c
	made, err := c.CreateJob(ctx, &saeclient.CreateJobInput{
		AppName: "nightly", PackageType: "Image", ImageURL: new("registry.example/team/nightly:1"), Replicas: 2, Workload: "job",
		ConcurrencyPolicy: new("Forbid"), Timeout: new(int64(60)), AppDescription: new("at night"),
	})
	require.NoError(t, err)
	require.Equal(t, "CoCreateApp", l.done(made.Data.ChangeOrderID))
	job := made.Data.AppID
	changed, err := c.UpdateJob(ctx, &saeclient.UpdateJobInput{AppID: job, ImageURL: new("registry.example/team/nightly:2")})
	require.NoError(t, err)
	l.done(changed.Data.ChangeOrderID)
	run, err := c.ExecJob(ctx, &saeclient.ExecJobInput{AppID: job, Replicas: new("3")})
	require.NoError(t, err)
	_, err = l.sim.Advance(time.Minute)
	require.NoError(t, err)
	described, err := c.DescribeJob(ctx, &saeclient.DescribeJobInput{AppID: job})
	require.NoError(t, err)
	require.Equal(t, "registry.example/team/nightly:2", described.Data.ImageURL)
	history, err := c.DescribeJobHistory(ctx, &saeclient.DescribeJobHistoryInput{AppID: job})
	require.NoError(t, err)
	require.Equal(t, run.Data.Data, history.Data.Jobs[0].JobID)
	require.EqualValues(t, 3, history.Data.Jobs[0].Succeeded)
	_, err = c.SuspendJob(ctx, &saeclient.SuspendJobInput{AppID: job, Suspend: false})
	require.NoError(t, err)
	listed, err := c.ListJobs(ctx, &saeclient.ListJobsInput{AppName: new("nightly")})
	require.NoError(t, err)
	require.Len(t, listed.Data.Applications, 1)
	require.True(t, listed.Data.Applications[0].Suspend)
	_, err = c.DeleteHistoryJob(ctx, &saeclient.DeleteHistoryJobInput{AppID: job, JobID: run.Data.Data})
	require.NoError(t, err)
	_, err = c.DeleteJob(ctx, &saeclient.DeleteJobInput{AppID: job})
	require.NoError(t, err)
	_, err = c.DescribeJob(ctx, &saeclient.DescribeJobInput{AppID: job})
	require.ErrorContains(t, err, "InvalidAppId.NotFound")
}

// TestNewerClient_LanesThroughTheClient reads a lane behind each kind of entry and writes back
// what it read.
func TestNewerClient_LanesThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c := t.Context(), l.c
	condition := []saeclient.AppEntryRuleConditions{{Type: "header", Name: "gray", Condition: "==", Value: "true"}}
	for entry, lane := range map[string]saeclient.CreateOrUpdateSwimmingLaneInput{
		"mse":  {AppEntryRule: &saeclient.AppEntryRule{ConditionJoiner: "AND", Conditions: condition, PercentageByPath: map[string]int{"/": 10}}},
		"apig": {MseGatewayEntryRule: &saeclient.MseGatewayEntryRule{Conditions: condition, RouteIDs: []int64{7}}},
	} {
		group, err := c.CreateOrUpdateSwimmingLaneGroup(ctx, &saeclient.CreateOrUpdateSwimmingLaneGroupInput{
			GroupName: &entry, EntryAppType: &entry, EntryAppID: &l.app, AppIDs: []string{l.app},
		})
		require.NoError(t, err)
		id := &group.Data.GroupID
		lane.GroupID, lane.LaneName, lane.LaneTag, lane.Enable = id, new("gray"), new("g1"), new(true)
		made, err := c.CreateOrUpdateSwimmingLane(ctx, &lane)
		require.NoError(t, err)
		of := &saeclient.DescribeSwimmingLaneInput{GroupID: id, LaneID: &made.Data.LaneID}
		before, err := c.DescribeSwimmingLane(ctx, of)
		require.NoError(t, err)
		require.True(t, before.Data.Enable)
		lane.LaneID, lane.LaneTag = of.LaneID, &before.Data.LaneTag
		_, err = c.CreateOrUpdateSwimmingLane(ctx, &lane)
		require.NoError(t, err)
		after, err := c.DescribeSwimmingLane(ctx, of)
		require.NoError(t, err)
		require.Equal(t, before.Data, after.Data)
		lanes, err := c.ListAllSwimmingLanes(ctx, &saeclient.ListAllSwimmingLanesInput{GroupID: id})
		require.NoError(t, err)
		require.Equal(t, "g1", lanes.Data[0].LaneTag)
		groups, err := c.ListAllSwimmingLaneGroups(ctx, &saeclient.ListAllSwimmingLaneGroupsInput{})
		require.NoError(t, err)
		require.Equal(t, []string{l.app}, groups.Data[0].AppIDs)
		_, err = c.DeleteSwimmingLaneGroup(ctx, &saeclient.DeleteSwimmingLaneGroupInput{GroupID: id})
		require.NoError(t, err)
	}
	routes, err := c.ListSwimmingLaneGatewayRoutes(ctx, &saeclient.ListSwimmingLaneGatewayRoutesInput{GatewayUniqueID: new("gw-1")})
	require.NoError(t, err)
	require.Equal(t, "/", routes.Data[0].RoutePredicate.PathPredicate.Path)
	services, err := c.ListAppServices(ctx, &saeclient.ListAppServicesInput{AppID: &l.app})
	require.NoError(t, err)
	require.Equal(t, "inventory", services.Data[0].ServiceName)
}
