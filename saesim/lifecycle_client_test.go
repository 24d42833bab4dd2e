package saesim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cloudapi"
	"slipway/saeclient"
	"slipway/saesim"
)

// lifecycle drives one application through the typed client.
type lifecycle struct {
	t   *testing.T
	sim *saesim.Simulator
	c   *saeclient.Client
	app string
}

func newLifecycle(t *testing.T) *lifecycle {
	t.Helper()
	sim, server := serve(t, saesim.Config{Clock: stepped()})
	return &lifecycle{t: t, sim: sim, c: client(t, server), app: sim.Apps()[1].ID}
}

// done lets an order end and tells its type.
func (l *lifecycle) done(order string) string {
	l.t.Helper()
	_, err := l.sim.Advance(time.Minute)
	require.NoError(l.t, err)
	out, err := l.c.DescribeChangeOrder(l.t.Context(), &saeclient.DescribeChangeOrderInput{ChangeOrderID: order})
	require.NoError(l.t, err)
	require.Equal(l.t, saeclient.ChangeOrderSuccess, out.Data.Status)
	return out.Data.CoTypeCode
}

func (l *lifecycle) instances() []string {
	l.t.Helper()
	groups, err := l.c.DescribeApplicationGroups(l.t.Context(), &saeclient.DescribeApplicationGroupsInput{AppID: l.app})
	require.NoError(l.t, err)
	out, err := l.c.DescribeApplicationInstances(l.t.Context(), &saeclient.DescribeApplicationInstancesInput{AppID: l.app, GroupID: groups.Data[0].GroupID})
	require.NoError(l.t, err)
	var ids []string
	for _, i := range out.Data.Instances {
		ids = append(ids, i.InstanceID)
	}
	return ids
}

// TestLifecycleClient_LifecycleThroughTheClient calls every lifecycle operation over HTTP.
func TestLifecycleClient_LifecycleThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c, app := t.Context(), l.c, l.app
	stopped, err := c.StopApplication(ctx, &saeclient.StopApplicationInput{AppID: app})
	require.NoError(t, err)
	require.Equal(t, "CoStop", l.done(stopped.Data.ChangeOrderID))
	status, err := c.DescribeApplicationStatus(ctx, &saeclient.DescribeApplicationStatusInput{AppID: app})
	require.NoError(t, err)
	require.Equal(t, "STOPPED", status.Data.CurrentStatus)
	_, err = c.StopApplication(ctx, &saeclient.StopApplicationInput{AppID: app})
	var refused *cloudapi.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "Application.InvalidStatus", refused.Code)
	started, err := c.StartApplication(ctx, &saeclient.StartApplicationInput{AppID: app})
	require.NoError(t, err)
	require.Equal(t, "CoStart", l.done(started.Data.ChangeOrderID))
	restarted, err := c.RestartInstances(ctx, &saeclient.RestartInstancesInput{AppID: app, InstanceIDs: l.instances()[0]})
	require.NoError(t, err)
	require.Equal(t, "CoRestartInstances", l.done(restarted.Data.ChangeOrderID))
	resized, err := c.RescaleApplicationVertically(ctx, &saeclient.RescaleApplicationVerticallyInput{AppID: app, CPU: "2000", Memory: "4096"})
	require.NoError(t, err)
	require.Equal(t, "CoRescaleApplicationVertically", l.done(resized.Data.ChangeOrderID))
	reduced, err := c.ReduceApplicationCapacityByInstanceIds(ctx, &saeclient.ReduceApplicationCapacityByInstanceIdsInput{AppID: app, InstanceIDs: l.instances()[0]})
	require.NoError(t, err)
	require.Equal(t, "CoScaleInAppWithInstances", l.done(reduced.Data.ChangeOrderID))
	require.Len(t, l.instances(), 2)
	_, err = c.UpdateAppSecurityGroup(ctx, &saeclient.UpdateAppSecurityGroupInput{AppID: app, SecurityGroupID: "sg-1"})
	require.NoError(t, err)
	config, err := c.DescribeApplicationConfig(ctx, &saeclient.DescribeApplicationConfigInput{AppID: app})
	require.NoError(t, err)
	require.Equal(t, "sg-1", config.Data.SecurityGroupID)
	require.Equal(t, 2000, config.Data.CPU)
	specs, err := c.DescribeInstanceSpecifications(ctx, &saeclient.DescribeInstanceSpecificationsInput{})
	require.NoError(t, err)
	require.Len(t, specs.Data, len(saeclient.InstanceSpecs()))
	deleted, err := c.DeleteApplication(ctx, &saeclient.DeleteApplicationInput{AppID: app})
	require.NoError(t, err)
	require.Equal(t, "CoDeleteApp", l.done(deleted.Data.ChangeOrderID))
	_, err = c.DescribeApplicationStatus(ctx, &saeclient.DescribeApplicationStatusInput{AppID: app})
	require.ErrorIs(t, err, cloudapi.ErrNotFound)
}

func TestLifecycleClient_BatchOrdersThroughTheClient(t *testing.T) {
	t.Parallel()
	l := newLifecycle(t)
	ctx, c := t.Context(), l.c
	stopped, err := c.BatchStopApplications(ctx, &saeclient.BatchStopApplicationsInput{NamespaceID: saesim.DefaultRegion})
	require.NoError(t, err)
	require.Equal(t, "CoBatchStopApplication", l.done(stopped.Data.ChangeOrderID))
	started, err := c.BatchStartApplications(ctx, &saeclient.BatchStartApplicationsInput{NamespaceID: saesim.DefaultRegion, AppIDs: new(l.app)})
	require.NoError(t, err)
	require.Equal(t, "CoBatchStartApplication", l.done(started.Data.ChangeOrderID))
	list, err := c.ListNamespaceChangeOrders(ctx, &saeclient.ListNamespaceChangeOrdersInput{NamespaceID: saesim.DefaultRegion})
	require.NoError(t, err)
	require.Equal(t, 2, list.Data.TotalSize)
	require.Equal(t, started.Data.ChangeOrderID, list.Data.ChangeOrderList[0].ChangeOrderID)
	require.Equal(t, "自动", list.Data.ChangeOrderList[0].BatchType)
	require.Equal(t, 3, list.Data.ChangeOrderList[1].BatchCount)
	_, err = c.BatchStartApplications(ctx, &saeclient.BatchStartApplicationsInput{NamespaceID: "cn-hangzhou:empty"})
	var refused *cloudapi.Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "Mamespace.Have.No.Applications", refused.Code)
}
