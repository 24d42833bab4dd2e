package notifytest_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
	"slipway/internal/metrictest"
	"slipway/ledger"
	"slipway/notify"
	"slipway/notify/queue"
	"slipway/release"
	"slipway/wire"
)

// patience bounds every wait of a test; none takes it when all is well.
const patience = 2 * time.Minute

// house is a NATS server with the streams and an empty ledger, a clock, and the channels of one test.
type house struct {
	t    *testing.T
	ctx  context.Context
	nats *embedded.NATS
	cfg  embedded.NATSConfig
	js   jetstream.JetStream

	ledger *ledger.Ledger
	// ahead is how much the clock of the notifiers is ahead of that of the server.
	ahead atomic.Int64
	// deliveries say whom an event is for.
	deliveries func(wire.LifecycleEvent) []notify.Delivery
	channels   []*listener
}

func newHouse(t *testing.T, channels ...*listener) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	h := &house{t: t, ctx: ctx, channels: channels, cfg: embedded.NATSConfig{DataDir: t.TempDir()}}
	h.deliveries = func(wire.LifecycleEvent) (all []notify.Delivery) {
		for _, c := range channels {
			all = append(all, notify.Delivery{Channel: c.name})
		}
		return all
	}
	h.start()
	h.cfg.Addr = h.nats.URL()[len("nats://"):]
	t.Cleanup(func() {
		cancel()
		require.NoError(t, h.nats.Close())
	})
	h.js = h.connect()
	require.NoError(t, wire.EnsureStreams(ctx, h.js, wire.Storage{}))
	require.NoError(t, ledger.EnsureLedger(ctx, h.js, ledger.Config{}))
	h.ledger = ledger.New(h.js)
	return h
}

func (h *house) start() {
	h.t.Helper()
	var err error
	h.nats, err = embedded.StartNATS(h.ctx, h.cfg)
	require.NoError(h.t, err)
}

// restart starts the server again, on the same address and store.
func (h *house) restart() {
	h.t.Helper()
	require.NoError(h.t, h.nats.Close())
	h.start()
}

func (h *house) connect() jetstream.JetStream {
	h.t.Helper()
	conn, err := nats.Connect(h.nats.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	require.NoError(h.t, err)
	h.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(h.t, err)
	return js
}

// later lets time pass for the notifiers.
func (h *house) later(d time.Duration) { h.ahead.Add(int64(d)) }

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// running is a notifier at work.
type running struct {
	*queue.Notifier

	h       *house
	js      jetstream.JetStream
	metrics *prometheus.Registry
	stop    func() error
}

// notifier runs a notifier until the test ends or it is stopped.
func (h *house) notifier() *running {
	h.t.Helper()
	r := &running{h: h, js: h.connect(), metrics: prometheus.NewRegistry()}
	d := queue.Dependencies{
		JetStream: r.js, Ledger: ledger.New(r.js), Metrics: r.metrics, Now: h.now, Logger: zerolog.New(zerolog.NewTestWriter(h.t)),
		Deliveries: func(_ context.Context, e wire.LifecycleEvent) ([]notify.Delivery, error) { return h.deliveries(e), nil },
	}
	for _, c := range h.channels {
		d.Channels = append(d.Channels, queue.Channel{Name: c.name, Sender: c, Compose: compose})
	}
	var err error
	r.Notifier, err = queue.New(queue.Config{Retry: 5 * time.Millisecond, MostRetry: 50 * time.Millisecond, Send: time.Second, AckWait: 2 * time.Second}, d)
	require.NoError(h.t, err)
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	h.t.Cleanup(func() { _ = r.stop() }) // a test that ends its connection looks at the error itself
	h.until("the notifier is ready", func() bool { return r.Ready(h.ctx) == nil })
	return r
}

// compose writes what the tests read.
func compose(n wire.Notification, e wire.LifecycleEvent) (notify.Message, error) {
	title := string(e.Kind) + " " + e.Progress.ReleaseID
	if n.After > 0 {
		title += " after " + n.After.String()
	}
	return notify.Message{Title: title, Page: n.Page, At: e.Time}, nil
}

// counted is how many notifications of a channel have come to a result.
func (r *running) counted(channel, result string) float64 {
	return metrictest.Values(r.h.t, r.metrics)["slipway_notifications_total "+channel+" "+result]
}

func (h *house) until(what string, holds func() bool) {
	h.t.Helper()
	require.Eventually(h.t, holds, patience, 5*time.Millisecond, what)
}

// untilEmpty waits until nothing is left to be sent, now or later.
func (h *house) untilEmpty() {
	h.t.Helper()
	h.until("nothing is left to be sent", func() bool { return h.kept() == 0 })
}

// kept is how many notifications the stream has.
func (h *house) kept() uint64 {
	s, err := h.js.Stream(h.ctx, wire.StreamNotify)
	if err != nil {
		return 1 // it does not answer yet
	}
	return s.CachedInfo().State.Msgs
}

// untilRead waits until all events were read. It goes by the last one that is stored: a consumer counts what is pending for it a moment
// after that.
func (h *house) untilRead() {
	h.t.Helper()
	s, err := h.js.Stream(h.ctx, wire.StreamEvents)
	require.NoError(h.t, err)
	last, err := s.GetLastMsgForSubject(h.ctx, wire.AllEvents)
	require.NoError(h.t, err)
	h.until("all events are read", func() bool {
		c, err := h.js.Consumer(h.ctx, wire.StreamEvents, wire.ConsumerNotifier)
		return err == nil && c.CachedInfo().AckFloor.Stream >= last.Sequence
	})
}

// publish publishes an event as it happens.
func (h *house) publish(e release.Event) {
	h.t.Helper()
	msg, err := wire.EncodeEvent(e, h.now())
	require.NoError(h.t, err)
	_, err = h.js.PublishMsg(h.ctx, msg)
	require.NoError(h.t, err)
}

// app is the application of the tests.
func app() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// event is a transition of a release, which is told of the ledger, too.
func (h *house) event(id string, transition uint64, kind release.EventKind, change func(*release.Progress)) {
	h.t.Helper()
	p := release.Progress{
		ReleaseID: id, Transition: transition, App: app(), Operation: release.OperationRelease, Phase: release.PhaseRollingOut,
		Artifact: release.Artifact{Image: "registry.example/shop:1.4.2"}, StartedAt: h.now(),
	}
	if change != nil {
		change(&p)
	}
	h.publish(release.Event{ID: release.EventID(id, transition, kind), Kind: kind, Progress: p})
	require.NoError(h.t, h.ledger.Update(h.ctx, ledger.Report{Progress: p, Transition: transition}))
}

// waits is a release that waits for the confirmation of a batch.
func waits(batch int, since time.Time) func(*release.Progress) {
	return func(p *release.Progress) {
		p.Phase, p.Awaiting = release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: batch, Since: since.UTC().Round(0)}
	}
}

// ends is a release that has ended.
func ends(p *release.Progress) {
	p.Phase, p.Outcome, p.EndedAt = release.PhaseSucceeded, release.PhaseSucceeded, p.StartedAt
}

// letters are the dead letters.
func (h *house) letters() []wire.Letter {
	h.t.Helper()
	found, _, err := wire.NewDeadLetters(h.js).List(h.ctx, wire.LetterFilter{})
	require.NoError(h.t, err)
	return found
}

// listener is a channel where messages are taken, or are not.
type listener struct {
	name string

	mu  sync.Mutex
	got []notify.Message
	// fails is why a message is not taken; nil takes it.
	fails func(notify.Message) error
	// tried counts the attempts; after is called once a message was taken, before the notifier knows.
	tried int
	after func(notify.Message)
}

func (c *listener) Send(_ context.Context, m notify.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tried++
	if c.fails != nil {
		if err := c.fails(m); err != nil {
			return err
		}
	}
	c.got = append(c.got, m)
	if c.after != nil {
		c.after(m)
	}
	return nil
}

// down lets every message fail; with nil the channel is up again.
func (c *listener) down(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fails = nil
	if err != nil {
		c.fails = func(notify.Message) error { return err }
	}
}

// upAndAfterOne lets the channel take messages again, and something happen right after the first one.
func (c *listener) upAndAfterOne(does func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fails = nil
	once := sync.OnceFunc(does)
	c.after = func(notify.Message) { once() }
}

// titles are those of what was taken, in order.
func (c *listener) titles() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []string{}
	for _, m := range c.got {
		out = append(out, m.Title)
	}
	return out
}

// ids are those of what was taken, in order, each as often as it was.
func (c *listener) ids() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, m := range c.got {
		out = append(out, m.ID)
	}
	return out
}

// twice is how many of the IDs came more than once.
func twice(ids []string) int {
	return len(ids) - len(slices.Compact(slices.Sorted(slices.Values(ids))))
}

func (c *listener) attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tried
}
