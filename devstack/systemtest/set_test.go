package systemtest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/wire"
)

// TestSet_SeveralApplicationsAsOne asks by one event for two applications in two waves. One
// confirmation covers the second wave; it fails, and the first one goes back.
func TestSet_SeveralApplicationsAsOne(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	first, second := h.app(), h.app()
	_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: second.ID})
	require.NoError(t, err)
	set := release.Set{Name: "shop", OnFailure: release.SetRollback, RequestedBy: "systemtest", Waves: []release.Wave{
		{Releases: []release.SetRelease{{Name: "stock", Spec: spec(first, all())}}},
		{Confirm: release.ConfirmManual, Releases: []release.SetRelease{{Name: "shop", Spec: spec(second, all())}}},
	}}
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: scenario.Source, ID: t.Name()}, wire.AskedSet{Set: set})
	require.NoError(t, err)
	for range 2 { // however often it comes, it is one set
		h.send(msg)
	}
	id := release.SetID(set.Name, scenario.Source, t.Name())
	events := h.follow(id)
	h.until(events, release.EventWaveWaiting, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(first))
	require.Empty(t, h.orders(second), "the second wave waits")
	require.Contains(t, h.details(release.SetWorkflowID(id)), " for confirmation of wave 2")
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
		require.NotContains(t, h.details(release.LaneID(app)), "**runs**")
	}
	h.remembersSet(id, set, msg)
}

// remembersSet checks what is known of a set once Temporal has forgotten it: its event starts
// nothing again, the same event with another content is refused, and the command line shows it.
func (h *house) remembersSet(id string, set release.Set, msg *nats.Msg) {
	h.t.Helper()
	h.forget(id)
	h.send(msg)
	set.Note = "another content"
	other, err := wire.EncodeSetRequest(wire.Origin{Source: scenario.Source, ID: h.t.Name()}, wire.AskedSet{Set: set})
	require.NoError(h.t, err)
	reason := h.deadLetter(h.send(other)).Headers().Get(wire.HeaderReason)
	require.Contains(h.t, reason, "set "+id+" was asked for before with another content")
	require.False(h.t, h.started(id), "the event before it has started nothing: both are of one subject")

	cli := &commandLine{house: h, binary: slipwayBinary(h.t)}
	picture, told := cli.run(0, "set", "get", id)
	require.Contains(h.t, told, "Temporal has forgotten the set")
	require.Contains(h.t, picture, "RolledBack")
	require.Contains(h.t, cli.errOut(1, "set", "get", "s-abcdefghijklmnop"), "there is no set")
	file := filepath.Join(h.t.TempDir(), "set.yaml")
	data, err := json.Marshal(map[string]any{"apiVersion": "slipway.dev/v1", "kind": release.KindReleaseSet, "spec": set})
	require.NoError(h.t, err)
	require.NoError(h.t, os.WriteFile(file, data, 0o600))
	require.Contains(h.t, cli.errOut(2, "set", "submit", "-f", file, "--source", scenario.Source, "--event-id", h.t.Name()), "with another content")
}
