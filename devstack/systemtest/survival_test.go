package systemtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
)

func TestSurvival_WorkerKilledWhileParked(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	app := h.app()
	id, events := h.request(app, t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	require.NoError(t, worker.Kill())

	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.confirm(id, 1)
	h.until(events, release.EventBatchWaiting, 2)
	h.confirm(id, 2)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
	require.NoError(t, worker.Stop(), "a worker that is asked to end does so, with no data race on its way")
}

func TestSurvival_StarterKilledWhileMessagesWait(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutStarter: true})
	app := h.app()
	id, events := h.request(app, t.Name(), gray())
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "starter", Env: h.Env(), Log: t.Output()}
	starter, err := launch.Start(h.ctx)
	require.NoError(t, err)
	h.until(events, release.EventBatchWaiting, 1)
	require.NoError(t, starter.Kill())
	h.confirm(id, 1)
	starter, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.until(events, release.EventBatchWaiting, 2)
	h.confirm(id, 2)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	require.NoError(t, starter.Stop())
}

// TestSurvival_EverythingRestarted parks a release, ends every server and role, and goes on from
// the data directory.
func TestSurvival_EverythingRestarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := bring(t, stack.Config{DataDir: dir})
	h := enter(t, before)
	app := h.app()
	id, events := h.request(app, t.Name(), gray())
	h.until(events, release.EventBatchWaiting, 1)
	end(t, before)

	h = start(t, stack.Config{DataDir: dir})
	events = h.follow(id)
	h.until(events, release.EventBatchWaiting, 1)
	h.confirm(id, 1)
	h.until(events, release.EventBatchWaiting, 2)
	h.confirm(id, 2)
	h.until(events, release.EventSucceeded, 0)
	require.Equal(t, []string{saeclient.CoTypeDeploy}, h.orders(app))
	h.requireRulesAsBefore(app)
}
