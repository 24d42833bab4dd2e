package queue

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"slipway/ledger"
	"slipway/notify"
	"slipway/release"
	"slipway/wire"
)

// The defaults of [Config].
const (
	// DefaultGiveUp is how long a channel is tried.
	DefaultGiveUp = 72 * time.Hour

	defaultRetry     = time.Second
	defaultMostRetry = 10 * time.Minute
	defaultSend      = 15 * time.Second
	defaultAckWait   = 30 * time.Second
	defaultStale     = 10 * time.Minute
	defaultDrain     = 15 * time.Second
)

// Config tunes a notifier. The zero value is a good one.
type Config struct {
	// GiveUp is for how long a message that a channel does not take is tried; it then becomes a dead letter. An event that
	// is older when it is first read is told nobody. Default [DefaultGiveUp].
	GiveUp time.Duration
	// Retry is the first delay of a message that has to be sent again; it doubles with each failure, up to MostRetry, which is
	// also how often at most it is looked at what is due later. Defaults 1s and 10m.
	Retry, MostRetry time.Duration
	// Send bounds one attempt to send. Default 15s.
	Send time.Duration
	// AckWait is how long the server waits for an acknowledgement before it delivers a message again: to another notifier,
	// when the one that had it was killed. It is longer than an attempt. Default 30s.
	AckWait time.Duration
	// Stale is the age from which it is looked at again whether a person is still waited for, before they are told. Default 10m.
	Stale time.Duration
	// Drain is how long an attempt may still take once the notifier is asked to stop. Default 15s.
	Drain time.Duration
}

// WithDefaults returns the configuration with every unset field at its default.
func (c Config) WithDefaults() Config {
	c.GiveUp = cmp.Or(c.GiveUp, DefaultGiveUp)
	c.Retry = cmp.Or(c.Retry, defaultRetry)
	c.MostRetry = cmp.Or(c.MostRetry, max(defaultMostRetry, c.Retry))
	c.Send = cmp.Or(c.Send, defaultSend)
	c.AckWait = cmp.Or(c.AckWait, max(defaultAckWait, 2*c.Send))
	c.Stale = cmp.Or(c.Stale, defaultStale)
	c.Drain = cmp.Or(c.Drain, defaultDrain)
	return c
}

// Validate returns all problems at once. It wants a configuration with its defaults.
func (c Config) Validate() error {
	var problems []error
	check := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, errors.New("notifier: Config."+problem))
		}
	}
	check(c.GiveUp > 0, "GiveUp must be positive")
	check(c.Retry > 0, "Retry must be positive")
	check(c.MostRetry >= c.Retry, "MostRetry must be at least Retry")
	check(c.Send > 0, "Send must be positive")
	check(c.AckWait > c.Send, "AckWait must be longer than Send")
	check(c.Stale > 0, "Stale must be positive")
	check(c.Drain > 0, "Drain must be positive")
	return errors.Join(problems...)
}

// Sender sends messages to one channel.
type Sender interface {
	Send(ctx context.Context, m notify.Message) error
}

// Ledger is the part of the ledger that a notifier needs; [ledger.Ledger] is one.
type Ledger interface {
	GetOf(ctx context.Context, app release.App, releaseID string) (ledger.Record, error)
	GetSet(ctx context.Context, setID string) (ledger.Set, error)
}

// Channel is one place where messages are sent.
type Channel struct {
	Name   string
	Sender Sender
	// Compose writes the message of an event; its ID is set by the notifier. What cannot be written becomes a dead letter.
	Compose func(wire.Notification, wire.LifecycleEvent) (notify.Message, error)
}

// Dependencies are what a notifier works with.
type Dependencies struct {
	JetStream jetstream.JetStream
	Channels  []Channel
	// Deliveries say which channels are told of an event, and when. An error is tried again.
	Deliveries func(context.Context, wire.LifecycleEvent) ([]notify.Delivery, error)
	// Ledger says whether a person is still waited for.
	Ledger Ledger
	// Metrics is where the notifier registers its metrics.
	Metrics prometheus.Registerer
	Logger  zerolog.Logger
	// Now is the clock; nil is that of the machine.
	Now func() time.Time
}

func (d Dependencies) validate() error {
	var problems []error
	missing := func(is bool, field string) {
		if is {
			problems = append(problems, errors.New("notifier: Dependencies."+field+" is missing"))
		}
	}
	missing(d.JetStream == nil, "JetStream")
	missing(d.Deliveries == nil, "Deliveries")
	missing(d.Ledger == nil, "Ledger")
	missing(d.Metrics == nil, "Metrics")
	for _, c := range d.Channels {
		missing(c.Name == "" || c.Sender == nil || c.Compose == nil, "Channels: a name, a sender or what composes messages")
	}
	return errors.Join(problems...)
}
