package systemtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestLost_NothingIsKnownInOnePlaceOnly loses lanes and resets lanes and releases: who runs, who
// waits, and what is held is found again (R15).
func TestLost_NothingIsKnownInOnePlaceOnly(t *testing.T) {
	t.Parallel()
	shared := bring(t, stack.Config{})
	t.Cleanup(func() { end(t, shared) })
	for name, test := range map[string]func(*house){
		"a terminated lane":                        terminatedLane,
		"a terminated lane that nobody asks":       terminatedLaneThatNobodyAsks,
		"a lane that is reset to its beginning":    resetLane,
		"a release that is reset while parked":     resetRelease,
		"a release that is reset before its order": resetBeforeItsOrder,
		"a release that is reset after an abort":   resetAfterAnAbort,
		"a release that is reset after its end":    resetAfterItsEnd,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(enter(t, shared))
		})
	}
}

// parkedAndQueued begins a release that parks, and one that waits behind it.
func (h *house) parkedAndQueued(app release.App) (parked, queued string) {
	h.t.Helper()
	parked, events := h.request(app, h.t.Name()+"-1", gray())
	h.until(events, release.EventBatchWaiting, 1)
	queued, events = h.request(app, h.t.Name()+"-2", all())
	h.until(events, release.EventAccepted, 0)
	require.Eventually(h.t, func() bool { // its lane has answered
		r, err := ledger.New(h.JetStream).GetOf(h.ctx, app, queued)
		return err == nil && r.Accepted
	}, patience, 10*time.Millisecond)
	return parked, queued
}

// promote confirms the batches of a gray release up to its end.
func (h *house) promote(id string) {
	h.t.Helper()
	events := h.follow(id)
	for batch := 1; batch <= 2; batch++ {
		h.until(events, release.EventBatchWaiting, batch)
		h.confirm(id, batch)
	}
	h.until(events, release.EventSucceeded, 0)
}

// requireOneAfterAnother checks that the releases have succeeded, each after the one before.
func (h *house) requireOneAfterAnother(ids ...string) {
	h.t.Helper()
	var last time.Time
	for _, id := range ids {
		p := h.result(id)
		require.Equal(h.t, release.PhaseSucceeded, p.Outcome, "%s: %s", id, p.Reason)
		require.False(h.t, p.StartedAt.Before(last), "%s began before the one before it had ended", id)
		last = p.EndedAt
	}
}

func terminatedLane(h *house) {
	app := h.app()
	parked, queued := h.parkedAndQueued(app)
	require.NoError(h.t, h.Client.TerminateWorkflow(h.ctx, release.LaneID(app), "", "by mistake"))
	third, events := h.request(app, h.t.Name()+"-3", all())
	require.Equal(h.t, release.PhaseQueued, h.until(events, release.EventAccepted, 0).Phase)
	require.Len(h.t, h.orders(app), 1, "nothing begins beside what runs")
	h.promote(parked)
	h.requireOneAfterAnother(parked, queued, third)
	h.requireRulesAsBefore(app)
}

func terminatedLaneThatNobodyAsks(h *house) {
	app := h.app()
	parked, queued := h.parkedAndQueued(app)
	require.NoError(h.t, h.Client.TerminateWorkflow(h.ctx, release.LaneID(app), "", "by mistake"))
	h.promote(parked)
	h.requireOneAfterAnother(parked, queued)
}

func resetLane(h *house) {
	app := h.app()
	parked, queued := h.parkedAndQueued(app)
	h.reset(release.LaneID(app))
	third, events := h.request(app, h.t.Name()+"-3", all())
	require.Equal(h.t, release.PhaseQueued, h.until(events, release.EventAccepted, 0).Phase)
	h.promote(parked)
	h.requireOneAfterAnother(parked, queued, third)
}

func resetRelease(h *house) {
	app := h.app()
	id, events := h.request(app, h.t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	h.reset(release.WorkflowID(id))
	require.Eventually(h.t, func() bool { return h.progress(id).Phase == release.PhaseAwaitingConfirm }, patience, 50*time.Millisecond)
	h.confirm(id, 1)
	require.Eventually(h.t, func() bool {
		p := h.progress(id)
		return p.Awaiting != nil && p.Awaiting.Kind == release.AwaitConfirm && p.Awaiting.Batch == 2
	}, patience, 50*time.Millisecond)
	h.confirm(id, 2)
	p := h.result(id)
	require.Equal(h.t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Contains(h.t, p.Reason, "it was reset")
	require.Equal(h.t, []string{saeclient.CoTypeDeploy}, h.orders(app), "its own order, once")
	h.requireRulesAsBefore(app)
}

// reset resets a workflow to its first workflow task, as `temporal workflow reset` does.
func (h *house) reset(workflowID string) {
	h.t.Helper()
	events := h.Client.GetWorkflowHistory(h.ctx, workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(h.t, err)
		if e.GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			continue
		}
		_, err = h.Client.ResetWorkflowExecution(h.ctx, &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: stack.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
			Reason: "by mistake", WorkflowTaskFinishEventId: e.GetEventId(), RequestId: h.t.Name(),
		})
		require.NoError(h.t, err)
		return
	}
	require.Fail(h.t, "nothing to reset "+workflowID+" to")
}

// resetAfterItsEnd resets a release that has succeeded long ago: another version runs since, and
// the platform shows its change order no more.
func resetAfterItsEnd(h *house) {
	app := h.app()
	deployed := func(event, image string) string {
		s := spec(app, all())
		s.Artifact.Image = image
		id, events := h.ask(h.t.Name()+event, s)
		h.until(events, release.EventSucceeded, 0)
		h.result(id)
		return id
	}
	first := deployed("a", "registry.example/shop:2.0")
	deployed("b", "registry.example/shop:3.0")
	for _, o := range h.Sim().Orders(app.ID) {
		require.NoError(h.t, h.Sim().ExpireOrder(o.ID))
	}
	h.reset(release.WorkflowID(first))
	p := h.result(first)
	require.Equal(h.t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Contains(h.t, p.Reason, "it was reset after it had ended, and has changed nothing")
	require.Len(h.t, h.orders(app), 2)
	h.requireRulesAsBefore(app)
}

// resetBeforeItsOrder resets a release that has switched scaling rules off, and stands still since.
func resetBeforeItsOrder(h *house) {
	app := h.app()
	fault, err := h.Sim().AddFault(saesim.Fault{AppID: app.ID, Operation: "DeployApplication", Kind: saesim.FaultError, Code: "Throttling.User", Status: 400, Count: -1})
	require.NoError(h.t, err)
	id, events := h.request(app, h.t.Name(), all())
	h.until(events, release.EventStalled, 0)
	h.reset(release.WorkflowID(id))
	require.NoError(h.t, h.Sim().RemoveFault(fault.ID))
	p := h.result(id)
	require.Equal(h.t, release.PhaseSucceeded, p.Outcome, p.Reason)
	h.requireRulesAsBefore(app)
}

// resetAfterAnAbort resets a release that somebody has aborted: the word counts again from the
// first moment.
func resetAfterAnAbort(h *house) {
	app := h.app()
	id, events := h.request(app, h.t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	require.NoError(h.t, h.Client.SignalWorkflow(h.ctx, release.WorkflowID(id), "", string(release.CommandAbort), release.Command{By: "ann"}))
	h.until(events, release.EventRollingBack, 0)
	h.reset(release.WorkflowID(id))
	p := h.result(id)
	require.Equal(h.t, release.PhaseAborted, p.Outcome, p.Reason)
	require.NotContains(h.t, p.Reason, "nothing was changed")
	h.requireRulesAsBefore(app)
}
