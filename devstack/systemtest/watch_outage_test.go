package systemtest_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/release"
)

// tcpProxy stands before a server, and can cut it off.
type tcpProxy struct {
	to    string
	addr  string
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// proxyTo starts a proxy before an address.
func proxyTo(t *testing.T, to string) *tcpProxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &tcpProxy{to: to, addr: listener.Addr().String()}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { c.forward(t.Context(), conn) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		c.setCut(true)
		running.Wait()
	})
	return c
}

func (c *tcpProxy) forward(ctx context.Context, from net.Conn) {
	to, err := new(net.Dialer).DialContext(ctx, "tcp", c.to)
	if err != nil || !c.keep(from, to) {
		_ = from.Close()
		return
	}
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			_ = pair[0].Close()
		})
	}
	both.Wait()
}

// keep takes connections over, unless the server is cut off.
func (c *tcpProxy) keep(from, to net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut {
		_ = to.Close()
		return false
	}
	c.conns = append(c.conns, from, to)
	return true
}

// setCut cuts the server off, or connects it again.
func (c *tcpProxy) setCut(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	if cut {
		for _, conn := range c.conns {
			_ = conn.Close()
		}
		c.conns = nil
	}
}

// outages are releases with configuration that are watched while something is taken from them.
type outages struct {
	*house

	worker *scenario.Process
	launch scenario.Launch
	// nats is the proxy by which the worker reaches NATS.
	nats *tcpProxy
	// probe is what gates ask, and bad tells it to refuse.
	probe string
	bad   atomic.Bool
}

// TestWatch_Outages takes from releases that are watched what they stand on: their history, their
// workers, and the bus with the ledger. Each ends as it would have, with its configuration right.
func TestWatch_Outages(t *testing.T) {
	t.Parallel()
	o := &outages{house: start(t, stack.Config{WithoutWorker: true})}
	o.nats = proxyTo(t, strings.TrimPrefix(o.NATS(), "nats://"))
	probe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if o.bad.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(probe.Close)
	o.probe = probe.URL
	env := o.Env()
	env["NATS_URL"] = "nats://" + o.nats.addr
	o.launch = scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: env, Log: t.Output()}
	var err error
	o.worker, err = o.launch.Start(o.ctx)
	require.NoError(t, err)

	o.resetWhileWatched()
	o.noWorkerOverTheEnd()
	o.noBusWhileItTurnsBad()
	require.NoError(t, o.worker.Stop())
}

// begun begins a release with configuration and a watch, and waits until it is watched.
func (o *outages) begun(name string, watch time.Duration) (app release.App, before map[string]any, id string, p release.Progress, events *scenario.Events) {
	o.t.Helper()
	app = o.configured(usual())
	before = o.configuration(app)
	id, events = o.ask(o.t.Name()+name, bringing(app, release.Strategy{Type: release.StrategyAll, Watch: &release.Watch{
		For: release.Duration(watch), Gates: []release.Gate{
			{Name: "health", HTTP: &release.HTTPGate{URL: o.probe}, Samples: 2, Interval: release.Duration(time.Second)},
		},
	}}))
	return app, before, id, o.until(events, release.EventWatching, 0), events
}

// resetWhileWatched resets a release that is watched: it goes on with its own change.
func (o *outages) resetWhileWatched() {
	app, before, id, _, _ := o.begun("reset", 5*time.Second)
	o.reset(release.WorkflowID(id))
	o.requireOutcome(id, release.PhaseSucceeded)
	require.Contains(o.t, o.result(id).Reason, "it was reset, and has gone on with the change that it had begun")
	require.Len(o.t, o.orders(app), 2, "the one that configured it, and its own")
	o.requireBrought(app, before, brought()...)
	o.requireRulesAsBefore(app)
}

// noWorkerOverTheEnd kills the worker over the end of a watch, while the next release waits.
func (o *outages) noWorkerOverTheEnd() {
	app, before, id, p, _ := o.begun("worker", 3*time.Second)
	require.NoError(o.t, o.worker.Kill())
	next := spec(app, all())
	next.Artifact.Image += "-next"
	nextID, _ := o.ask(o.t.Name()+"next", next)
	require.Eventually(o.t, func() bool { return time.Now().After(p.Awaiting.Until.Add(time.Second)) }, patience, 100*time.Millisecond)
	var err error
	o.worker, err = o.launch.Start(o.ctx)
	require.NoError(o.t, err)
	o.requireOutcome(nextID, release.PhaseSucceeded)
	o.requireOneAfterAnother(id, nextID)
	require.Len(o.t, o.orders(app), 3, "the one that configured it, and one of each")
	o.requireBrought(app, before, brought()...)
	o.requireRulesAsBefore(app)
}

// noBusWhileItTurnsBad takes the bus and the ledger away while a version turns bad: the release goes
// back all the same, and it is told and remembered once they are there again.
func (o *outages) noBusWhileItTurnsBad() {
	app, before, id, _, events := o.begun("bus", time.Minute)
	o.nats.setCut(true)
	o.bad.Store(true)
	require.Eventually(o.t, func() bool { return o.progress(id).Phase == release.PhaseRolledBack }, time.Minute, 100*time.Millisecond)
	o.requireBrought(app, before)
	o.requireRulesAsBefore(app)
	r, err := ledger.New(o.JetStream).GetOf(o.ctx, app, id)
	require.NoError(o.t, err)
	require.Empty(o.t, r.Outcome, "nobody could tell the ledger")
	o.nats.setCut(false)
	o.until(events, release.EventRollingBack, 0)
	o.until(events, release.EventRolledBack, 0)
	o.requireOutcome(id, release.PhaseRolledBack)
	require.Eventually(o.t, func() bool { // no release waits for the ledger, which is told until it has the outcome
		r, err := ledger.New(o.JetStream).GetOf(o.ctx, app, id)
		return err == nil && r.Outcome == release.PhaseRolledBack
	}, patience, 100*time.Millisecond)
}
