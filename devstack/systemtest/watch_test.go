package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
)

// TestWatch_AVersionThatTurnsBadWhileNoWorkerLooks kills the worker in the middle of a watch, over its end: the
// next worker measures once more, and goes back.
func TestWatch_AVersionThatTurnsBadWhileNoWorkerLooks(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	var asked, bad atomic.Int32
	probe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if bad.Load() > 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(probe.Close)
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)

	app := h.app()
	const watch = 8 * time.Second
	id, events := h.request(app, t.Name(), release.Strategy{Watch: &release.Watch{For: release.Duration(watch), Gates: []release.Gate{
		{Name: "health", HTTP: &release.HTTPGate{URL: probe.URL}, Samples: 2, Interval: release.Duration(time.Second)},
	}}})
	p := h.until(events, release.EventWatching, 0)
	require.Equal(t, release.PhaseWatching, p.Phase)
	h.requireRulesAsBefore(app)
	require.Eventually(t, func() bool { return asked.Load() >= 3 }, watch, 20*time.Millisecond, "the second measurement is under way")
	before := h.history(id)
	require.NoError(t, worker.Kill())
	bad.Store(1)

	require.Eventually(t, func() bool { return time.Now().After(p.Awaiting.Until) }, 2*watch, 100*time.Millisecond)
	require.LessOrEqual(t, h.history(id), before+2, "a watch costs no history: its end is all that has happened")
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.until(events, release.EventRollingBack, 0)
	p = h.until(events, release.EventRolledBack, 0)
	require.Contains(t, p.Reason, "gate health: measured ")
	require.Contains(t, p.Reason, "1 failed")
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, h.orders(app))
	h.requireRulesAsBefore(app)
	require.NoError(t, worker.Stop(), "a worker that is asked to end does so, with no data race on its way")
}
