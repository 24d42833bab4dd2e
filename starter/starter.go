package starter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"slipway/wire"
)

// Starter takes messages from NATS to Temporal.
type Starter struct {
	cfg      Config
	js       jetstream.JetStream
	temporal Temporal
	ledger   Ledger
	metrics  *metrics
	log      zerolog.Logger

	slots    chan struct{}
	inFlight sync.WaitGroup
	turns    turns
}

// New returns a starter; nothing runs yet. It applies the defaults to cfg.
func New(cfg Config, d Dependencies) (*Starter, error) {
	cfg = cfg.WithDefaults()
	if err := errors.Join(cfg.Validate(), d.validate()); err != nil {
		return nil, err
	}
	m, err := newMetrics(d.Metrics)
	if err != nil {
		return nil, fmt.Errorf("starter: metrics: %w", err)
	}
	return &Starter{
		cfg: cfg, js: d.JetStream, temporal: d.Temporal, ledger: d.Ledger, metrics: m, log: d.Logger,
		slots: make(chan struct{}, cfg.Concurrency),
	}, nil
}

// pullHeartbeat is how often the server speaks while there is nothing to deliver; when
// it misses two, the consumer is looked up again.
const pullHeartbeat = 5 * time.Second

// Run takes messages until ctx is done, then lets those in flight finish and returns
// nil. What fails meanwhile, a missing stream or consumer included, is tried again and
// shows in [Starter.Ready]; only a connection that was closed for good is an error. A
// starter can run once.
func (s *Starter) Run(ctx context.Context) error {
	// Messages in flight outlive ctx by the time to drain.
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	err := s.serve(ctx, work)

	s.log.Info().Msg("no more messages are taken; those in flight finish")
	limit := time.AfterFunc(s.cfg.DrainTimeout, abandon)
	defer limit.Stop()
	s.inFlight.Wait()
	return err
}

// serve opens the consumer and takes messages, again and again, until ctx is done.
func (s *Starter) serve(ctx, work context.Context) error {
	failures := uint64(0)
	for ctx.Err() == nil {
		err := s.consume(ctx, work, func() { failures = 0 })
		if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrConnectionClosed) {
			return fmt.Errorf("starter: %w", err)
		}
		failures++
		s.pause(ctx, err, failures)
	}
	return nil
}

// pause waits before the consumer is opened again, unless ctx is done.
func (s *Starter) pause(ctx context.Context, why error, failures uint64) {
	if ctx.Err() != nil {
		return
	}
	s.log.Warn().Err(why).Msg("the consumer broke off; it is opened again")
	timer := time.NewTimer(s.cfg.retryDelay(failures))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// consume takes messages until ctx is done or the consumer breaks off, and tells by
// healthy that it works.
func (s *Starter) consume(ctx, work context.Context, healthy func()) error {
	consumer, err := s.js.CreateOrUpdateConsumer(ctx, wire.StreamIn, jetstream.ConsumerConfig{
		Durable:       s.cfg.Consumer,
		Description:   "Slipway's starters",
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       s.cfg.AckWait,
		MaxAckPending: s.cfg.MaxAckPending,
		MaxDeliver:    -1,
	})
	if err != nil {
		return fmt.Errorf("consumer %s: %w", s.cfg.Consumer, err)
	}
	// One message at a time, and only when there is a hand free for it: what waits in the
	// buffer of a client that dies comes again only after AckWait.
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return fmt.Errorf("consumer %s: %w", s.cfg.Consumer, err)
	}
	defer messages.Stop()
	for {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			<-s.slots
			return fmt.Errorf("consumer %s: %w", s.cfg.Consumer, err)
		}
		healthy()
		ready, done := s.turns.take(msg.Subject())
		s.inFlight.Go(func() {
			defer func() { <-s.slots }()
			defer done()
			s.handle(work, &delivery{Msg: msg, consumer: consumer, ready: ready})
		})
	}
}

// Ready tells whether messages can be taken: NATS is connected, the consumer exists, and
// Temporal answers. Its error names all that fails.
func (s *Starter) Ready(ctx context.Context) error {
	var problems []error
	if !s.js.Conn().IsConnected() {
		problems = append(problems, errors.New("nats: not connected"))
	} else if _, err := s.js.Consumer(ctx, wire.StreamIn, s.cfg.Consumer); err != nil {
		problems = append(problems, fmt.Errorf("consumer %s: %w", s.cfg.Consumer, err))
	}
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		problems = append(problems, fmt.Errorf("temporal: %w", err))
	}
	return errors.Join(problems...)
}
