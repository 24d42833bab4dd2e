package starter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"

	"slipway/apps"
	"slipway/authority/people"
	"slipway/internal/documents"
	"slipway/internal/registry"
	"slipway/internal/tracing"
	"slipway/policy"
	"slipway/wire"
)

// Starter hands messages from NATS to Temporal.
type Starter struct {
	cfg       Config
	js        jetstream.JetStream
	temporal  Temporal
	ledger    Ledger
	authority Authority
	// people are of which groups who asks is at a sign-in service.
	people People
	// documents say what requests by name mean.
	documents *apps.Store
	// current are all of them, for pushes.
	current *documents.Current[apps.Application]
	// policies are what releases are held against, and names what applications are called in them.
	policies Policies
	names    Names
	// registry says what a push does not.
	registry Registry
	tracing  *tracing.Tracing
	metrics  *metrics
	log      zerolog.Logger

	// Commands do not queue behind requests: each kind has a consumer and slots of its own.
	requests, commands, pushes *intake
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
	s := &Starter{
		cfg: cfg, js: d.JetStream, temporal: d.Temporal, ledger: d.Ledger, authority: d.Authority, people: people.NewStore(d.JetStream),
		documents: apps.NewStore(d.JetStream), policies: documents.NewCurrent(policy.NewStore(d.JetStream)), tracing: d.Tracing, metrics: m, log: d.Logger,
	}
	s.names, s.current = s.documents, documents.NewCurrent(s.documents.Store)
	if s.registry = d.Registry; s.registry == nil {
		s.registry = registry.New("")
	}
	s.requests = newIntake(s, kindRequest, wire.ConsumerRequests, wire.Requests())
	s.commands = newIntake(s, kindCommand, wire.ConsumerCommands, wire.Commands())
	s.pushes = newIntake(s, kindArtifact, wire.ConsumerPushes, wire.Artifacts())
	return s, nil
}

// Run handles messages until ctx is done, then lets those in flight finish and returns
// nil. What fails meanwhile, a missing stream or consumer included, is retried and shows in
// [Starter.Ready]; only a connection that was closed for good is an error. A starter can run
// once.
func (s *Starter) Run(ctx context.Context) error {
	// Messages in flight outlive ctx by DrainTimeout.
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	s.tellAuthority(ctx)
	var group errgroup.Group
	for _, in := range s.intakes() {
		group.Go(func() error { return in.serve(ctx, work) })
	}
	err := group.Wait()

	s.log.Info().Msg("stopping: no further messages; draining those in flight")
	limit := time.AfterFunc(s.cfg.DrainTimeout, abandon)
	defer limit.Stop()
	for _, in := range s.intakes() {
		in.inFlight.Wait()
	}
	return err
}

func (s *Starter) intakes() []*intake { return []*intake{s.requests, s.commands, s.pushes} }

// Ready reports whether messages can be handled: NATS is connected, the consumers exist, and
// Temporal answers. Its error names all that fails.
func (s *Starter) Ready(ctx context.Context) error {
	var problems []error
	if !s.js.Conn().IsConnected() {
		problems = append(problems, errors.New("nats: not connected"))
	} else {
		for _, in := range s.intakes() {
			if _, err := s.js.Consumer(ctx, wire.StreamIn, in.consumer); err != nil {
				problems = append(problems, in.consumerError(err))
			}
		}
	}
	if _, err := s.temporal.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		problems = append(problems, fmt.Errorf("temporal: %w", err))
	}
	return errors.Join(problems...)
}
