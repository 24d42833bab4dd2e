package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"slipway/notify"
	"slipway/release"
	"slipway/wire"
)

const (
	// natsTimeout bounds each call to NATS about a message.
	natsTimeout = 5 * time.Second
	// readWaiting is how often it is read how much waits.
	readWaiting = 15 * time.Second
	// mostLogged is how many names of channels are logged that there are not.
	mostLogged = 100
	// unused is after how long the server forgets the consumer of a channel that no notifier has any more. What waits for the
	// channel stays for as long as the stream keeps it.
	unused = 7 * 24 * time.Hour
)

// Notifier tells channels of events.
type Notifier struct {
	cfg        Config
	js         jetstream.JetStream
	channels   map[string]Channel
	deliveries func(context.Context, wire.LifecycleEvent) ([]notify.Delivery, error)
	ledger     Ledger
	metrics    *metrics
	log        zerolog.Logger
	now        func() time.Time

	consumers []*consumer
	// unknown are the names of channels that were logged.
	mu      sync.Mutex
	unknown map[string]bool
}

// New returns a notifier; nothing runs yet. It applies the defaults to cfg.
func New(cfg Config, d Dependencies) (*Notifier, error) {
	cfg = cfg.WithDefaults()
	if err := errors.Join(cfg.Validate(), d.validate()); err != nil {
		return nil, err
	}
	m, err := newMetrics(d.Metrics, d.Channels)
	if err != nil {
		return nil, fmt.Errorf("notifier: metrics: %w", err)
	}
	n := &Notifier{
		cfg: cfg, js: d.JetStream, channels: map[string]Channel{}, deliveries: d.Deliveries, ledger: d.Ledger, metrics: m, log: d.Logger, now: d.Now,
		unknown: map[string]bool{},
	}
	if n.now == nil {
		n.now = time.Now
	}
	n.consumers = []*consumer{
		n.consumer(wire.StreamEvents, jetstream.ConsumerConfig{
			Durable: wire.ConsumerNotifier, Description: "Slipway's notifiers: events", FilterSubject: wire.AllEvents,
			DeliverPolicy: jetstream.DeliverNewPolicy, // what happened before there were notifiers is no news
		}, n.read),
		n.consumer(wire.StreamNotify, jetstream.ConsumerConfig{
			Durable: wire.ConsumerLater, Description: "Slipway's notifiers: what is due later", FilterSubject: wire.AllNotificationsLater,
		}, n.lookLater),
	}
	for _, c := range d.Channels {
		n.channels[c.Name] = c
		s := &sending{Notifier: n, Channel: c, taken: map[string]bool{}, log: n.log.With().Str("channel", c.Name).Logger()}
		n.consumers = append(n.consumers, n.consumer(wire.StreamNotify, jetstream.ConsumerConfig{
			Durable: wire.ConsumerOf(c.Name), Description: "Slipway's notifiers: one channel", FilterSubject: wire.NotificationSubject(c.Name),
			InactiveThreshold: unused,
		}, s.send))
	}
	return n, nil
}

// Run takes events to the channels until ctx is done, then lets the attempts under way end and returns nil. What
// fails meanwhile, a missing stream or a channel that does not answer included, is tried again; only a connection that was
// closed for good is an error. A notifier can run once.
func (n *Notifier) Run(ctx context.Context) error {
	// Attempts under way outlive ctx by Drain.
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(n.cfg.Drain, abandon) })()
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range n.consumers {
		group.Go(func() error { return c.serve(ctx, work) })
	}
	group.Go(func() error {
		n.readWaiting(ctx)
		return nil
	})
	return group.Wait()
}

// Ready reports whether events can be taken to the channels: NATS is connected, and the consumers exist. Whether the
// channels answer is not part of it.
func (n *Notifier) Ready(ctx context.Context) error {
	if !n.js.Conn().IsConnected() {
		return errors.New("nats: not connected")
	}
	var problems []error
	for _, c := range n.consumers {
		if _, err := n.js.Consumer(ctx, c.stream, c.config.Durable); err != nil {
			problems = append(problems, c.explained(err))
		}
	}
	return errors.Join(problems...)
}

// readWaiting reads again and again how much waits for each channel.
func (n *Notifier) readWaiting(ctx context.Context) {
	ticker := time.NewTicker(readWaiting)
	defer ticker.Stop()
	for {
		for name := range n.channels {
			n.readWaitingOf(ctx, name)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (n *Notifier) readWaitingOf(ctx context.Context, channel string) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	found, err := n.js.Consumer(ctx, wire.StreamNotify, wire.ConsumerOf(channel))
	if err != nil {
		n.log.Debug().Err(err).Str("channel", channel).Msg("cannot read how much waits for it")
		return
	}
	info := found.CachedInfo()
	n.metrics.waiting.WithLabelValues(channel).Set(float64(info.NumPending) + float64(info.NumAckPending))
}

// known reports whether there is a channel; that there is not is counted, and logged once for each name.
func (n *Notifier) known(name string) bool {
	if _, is := n.channels[name]; is {
		return true
	}
	n.metrics.notifications.WithLabelValues(noChannel, resultUnknown).Inc()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.unknown[name] && len(n.unknown) < mostLogged {
		n.unknown[name] = true
		n.log.Warn().Str("channel", release.ShortenLine(name, mostLogged)).Msg("a rule names a channel that there is not; add it to the file of --notifications, or take it out of the rule")
	}
	return false
}

// enqueue stores a notification, once however often it is told.
func (n *Notifier) enqueue(ctx context.Context, what wire.Notification, later bool) error {
	msg, err := what.Encode(later)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	_, err = n.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamNotify))
	return err
}
