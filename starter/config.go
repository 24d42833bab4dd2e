package starter

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/internal/tracing"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases/lane"
)

// Config tunes a starter. The zero value is a good one.
type Config struct {
	// Concurrency is for how many applications requests are handled concurrently, and,
	// apart from that, for how many releases commands are. Default 16.
	Concurrency int
	// AckWait is the consumer's ack wait: how long the server waits for an acknowledgement
	// before it redelivers a message. A starter at work extends it three times as often.
	// Default 30s.
	AckWait time.Duration
	// CallTimeout bounds one call to Temporal. A submission needs a worker to answer it.
	// A call to the ledger has five seconds of its own.
	// Default 10s.
	CallTimeout time.Duration
	// RetryDelay is the first delay of a message that has to be retried, and of all behind it
	// with the same subject; it doubles with each failure, up to MaxRetryDelay. Defaults 1s
	// and 1m.
	RetryDelay    time.Duration
	MaxRetryDelay time.Duration
	// RequestsPerMinute is how many requests for one application this starter hands over within
	// a minute; further ones are delayed, and delay those of no other. Default 60.
	RequestsPerMinute int
	// DrainTimeout is how long messages in flight may still take once the starter is asked to
	// stop; those that take longer are redelivered. Default 15s.
	DrainTimeout time.Duration
}

// WithDefaults returns the configuration with every unset field at its default.
func (c Config) WithDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	c.AckWait = cmp.Or(c.AckWait, 30*time.Second)
	c.CallTimeout = cmp.Or(c.CallTimeout, 10*time.Second)
	c.RetryDelay = cmp.Or(c.RetryDelay, time.Second)
	c.MaxRetryDelay = cmp.Or(c.MaxRetryDelay, max(time.Minute, c.RetryDelay))
	c.RequestsPerMinute = cmp.Or(c.RequestsPerMinute, 60)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 15*time.Second)
	return c
}

// Validate returns all problems at once. It wants a configuration with its defaults.
func (c Config) Validate() error {
	var problems []error
	check := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, errors.New("starter: Config."+problem))
		}
	}
	check(c.Concurrency > 0, "Concurrency must be positive")
	check(c.AckWait >= time.Second, "AckWait must be at least 1s")
	check(c.CallTimeout > 0, "CallTimeout must be positive")
	check(c.RetryDelay > 0, "RetryDelay must be positive")
	check(c.MaxRetryDelay >= c.RetryDelay, "MaxRetryDelay must be at least RetryDelay")
	check(c.RequestsPerMinute > 0, "RequestsPerMinute must be positive")
	check(c.DrainTimeout > 0, "DrainTimeout must be positive")
	return errors.Join(problems...)
}

// Temporal is the part of Temporal's client that a starter needs; [client.Client] is one.
type Temporal interface {
	lane.Temporal
	ExecuteWorkflow(ctx context.Context, o client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	SignalWorkflow(ctx context.Context, workflowID, runID, name string, arg any) error
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	CheckHealth(ctx context.Context, r *client.CheckHealthRequest) (*client.CheckHealthResponse, error)
}

// Ledger is the part of the ledger that a starter needs; [ledger.Ledger] is one.
type Ledger interface {
	Create(ctx context.Context, r ledger.Record) (createRecord ledger.Record, created bool, err error)
	Accept(ctx context.Context, app release.App, releaseID string) error
	Get(ctx context.Context, releaseID string) (ledger.Record, error)
	All(ctx context.Context, f ledger.Filter) ([]ledger.Record, error)
	GetOf(ctx context.Context, app release.App, releaseID string) (ledger.Record, error)
	CreateSet(ctx context.Context, s ledger.Set) (set ledger.Set, created bool, err error)
	AcceptSet(ctx context.Context, setID string) error
	GetSet(ctx context.Context, setID string) (ledger.Set, error)
}

// Dependencies are what a starter works with.
type Dependencies struct {
	JetStream jetstream.JetStream
	// Temporal is connected to the namespace of the releases.
	Temporal Temporal
	// Ledger records which event was accepted, and with which content.
	Ledger Ledger
	// Authority is who may ask for and command what.
	Authority Authority
	// Registry says which digest a tag has that was pushed; nil asks registries with the credentials of this machine.
	Registry Registry
	// Tracing tells of what asks for releases; nil tells nothing.
	Tracing *tracing.Tracing
	// Metrics is where the starter registers its metrics.
	Metrics prometheus.Registerer
	Logger  zerolog.Logger
}

func (d Dependencies) validate() error {
	var problems []error
	if d.JetStream == nil {
		problems = append(problems, errors.New("starter: Dependencies.JetStream is missing"))
	}
	if d.Temporal == nil {
		problems = append(problems, errors.New("starter: Dependencies.Temporal is missing"))
	}
	if d.Ledger == nil {
		problems = append(problems, errors.New("starter: Dependencies.Ledger is missing"))
	}
	if d.Authority == nil {
		problems = append(problems, errors.New("starter: Dependencies.Authority is missing"))
	}
	if d.Metrics == nil {
		problems = append(problems, errors.New("starter: Dependencies.Metrics is missing"))
	}
	return errors.Join(problems...)
}
