package systemtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/wire"
)

// TestSeveralApplicationsAsOne asks by one event for two applications in two waves. One
// confirmation covers the second wave; it fails, and the first one goes back.
func TestSeveralApplicationsAsOne(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	first, second := h.app(), h.app()
	_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: second.ID})
	require.NoError(t, err)
	set := release.Set{Name: "shop", OnFailure: release.SetRollback, RequestedBy: "systemtest", Waves: []release.Wave{
		{Releases: []release.SetRelease{{Name: "stock", Spec: spec(first, all())}}},
		{Confirm: release.ConfirmManual, Releases: []release.SetRelease{{Name: "shop", Spec: spec(second, all())}}},
	}}
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: scenario.Source, ID: t.Name()}, set)
	require.NoError(t, err)
	for range 2 { // however often it comes, it is one set
		_, err = h.JetStream.PublishMsg(h.ctx, msg)
		require.NoError(t, err)
	}
	id := release.SetID(set.Name, scenario.Source, t.Name())
	events := h.follow(id)
	h.until(events, release.EventWaveWaiting, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(first))
	require.Empty(t, h.orders(second), "the second wave waits")
	require.Contains(t, h.details(release.SetWorkflowID(id)), "Waits for somebody to confirm wave 2 since ")
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-confirm", Kind: release.CommandConfirm, Batch: 2, By: "ann"}))
	h.until(events, release.EventRolledBack, 0)

	var p release.SetProgress
	require.NoError(t, h.Client.GetWorkflow(h.ctx, release.SetWorkflowID(id), "").Get(h.ctx, &p))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, h.orders(first), "released, and rolled back")
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, h.orders(second))
	h.found("SlipwaySet = '"+id+"' AND SlipwayOutcome IS NOT NULL AND SlipwayRequestedBy = 'systemtest'", 4) // the set, two releases, a rollback
	for _, app := range []release.App{first, second} {
		h.requireRulesAsBefore(app)
	}
}
