package systemtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saesim"
)

// TestStall_AReleaseThatCannotAskSaysSoAndCanBeAborted is R17 and R11 on a running stack: no
// worker serves the region, or the platform does not answer.
func TestStall_AReleaseThatCannotAskSaysSoAndCanBeAborted(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	tests := []struct {
		name  string
		fault release.Fault
		with  func(app *release.App)
	}{
		{"no worker", release.FaultNoWorker, func(app *release.App) { app.Region = "cn-nowhere" }},
		{"platform away", release.FaultUnavailable, func(app *release.App) {
			_, err := h.Sim().AddFault(saesim.Fault{
				Kind: saesim.FaultError, AppID: app.ID, Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Count: -1,
			})
			require.NoError(t, err)
		}},
	}
	for _, tt := range tests {
		app := h.app()
		tt.with(&app)
		id, events := h.request(app, t.Name()+tt.name, all())
		h.until(events, release.EventStarted, 0)
		began := time.Now()
		p := h.until(events, release.EventStalled, 0)
		require.Equal(t, tt.fault, p.Stalled.Fault, "%s: %s", tt.name, p.Stalled.Failure)
		require.Equal(t, string(release.VerbSnapshot), p.Stalled.Doing, tt.name)
		t.Logf("%s: told after %s: %s", tt.name, time.Since(began).Round(time.Millisecond), p.Stalled.Failure)
		require.Equal(t, tt.fault, h.progress(id).Stalled.Fault)
		asked := time.Now()
		require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-abort", Kind: release.CommandAbort, By: "ann"}))
		h.until(events, release.EventAborted, 0)
		t.Logf("%s: aborted after %s", tt.name, time.Since(asked).Round(time.Millisecond))
		require.Contains(t, h.result(id).Reason, "nothing was changed")
	}
}

// TestStall_AnAbortEndsADeploymentThatIsRefusedForNow is R11 on a running stack: the platform is
// being upgraded, and nothing is sent after the abort.
func TestStall_AnAbortEndsADeploymentThatIsRefusedForNow(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.app()
	_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultError, AppID: app.ID, Operation: "DeployApplication", Code: "System.Upgrading", Count: -1})
	require.NoError(t, err)
	id, events := h.request(app, t.Name(), all())
	p := h.until(events, release.EventStalled, 0)
	require.Equal(t, string(release.VerbBeginRollout), p.Stalled.Doing)
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-abort", Kind: release.CommandAbort, By: "ann"}))
	h.until(events, release.EventAborted, 0)
	require.NoError(t, h.Sim().ClearFaults())
	require.Contains(t, h.result(id).Reason, "nothing was deployed")
	require.Empty(t, h.orders(app))
	h.requireRulesAsBefore(app)
}

// TestStall_RecoveryAfterAWorkerDied measures how long it takes until releases move again that
// were in the middle of a call when their worker was killed: until the batch that each had
// in the call is done, and until all have succeeded. On an idle machine they move in less
// than 15 s; without heartbeats it takes a minute. It runs alone.
//
//nolint:paralleltest // it measures time
func TestStall_RecoveryAfterAWorkerDied(t *testing.T) {
	const releases, most = 40, 45 * time.Second // a busy machine has taken 32
	h := start(t, stack.Config{WithoutWorker: true})
	env := h.Env()
	env["SLIPWAY_SAE_CALLS_PER_SECOND"] = "200"
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: env, Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	ids := make([]string, releases)
	for i := range ids {
		ids[i], err = scenario.Request(h.ctx, h.JetStream, fmt.Sprintf("%s-%d", t.Name(), i), spec(h.app(), batches()))
		require.NoError(t, err)
	}
	for _, id := range ids {
		h.until(h.follow(id), release.EventBatchWaiting, 1)
	}
	// Every confirmation is in the middle of its call when the worker is killed.
	_, err = h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultDelay, Operation: "ConfirmPipelineBatch", Delay: time.Minute, Count: -1})
	require.NoError(t, err)
	for _, id := range ids {
		h.confirm(id, 1)
	}
	confirmed := func() int { return h.Sim().Calls().Operations["ConfirmPipelineBatch"] }
	require.Eventually(t, func() bool { return confirmed() >= releases }, patience, 10*time.Millisecond)
	require.NoError(t, worker.Kill())
	require.NoError(t, h.Sim().ClearFaults())
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	began := time.Now()
	for _, id := range ids {
		h.untilBatchDone(h.follow(id), 2)
	}
	moving := time.Since(began)
	for _, id := range ids {
		h.until(h.follow(id), release.EventSucceeded, 0)
	}
	t.Logf("recovery releases=%d moving=%s succeeded=%s", releases, moving.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	require.Less(t, moving, most)
	require.NoError(t, worker.Stop())
}

// untilBatchDone reads events of a release up to the one that tells that a batch, counted
// from 1, is done.
func (h *house) untilBatchDone(events *scenario.Events, batch int) {
	h.t.Helper()
	for {
		e, err := events.Next(h.ctx)
		require.NoError(h.t, err)
		if b := e.Progress.Batches; e.Kind == release.EventBatchDone && len(b) >= batch && b[batch-1].State == release.BatchDone {
			return
		}
	}
}
