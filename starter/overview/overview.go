// Package overview measures what is so whoever looks: how many releases are in which phase, who
// waits for people, what is held, frozen or late, and how releases have gone. It reads Temporal, the calendar, the stream and the
// ledger when it is asked, so that the numbers are right with any number of workers and starters and
// after each restart, and keeps them for a while, so that scrapes cost little.
package overview

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/release"
	"slipway/releases/execution"
	"slipway/stats"
)

// Temporal is the part of Temporal's client that is asked; [client.Client] is one.
type Temporal interface {
	CountWorkflow(ctx context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
	ListWorkflow(ctx context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	execution.Querier
}

// Calendar is the calendar of freezes; [wire.Calendars] is one.
type Calendar interface {
	Load(ctx context.Context) (release.Calendar, uint64, error)
}

// Config is what is measured.
type Config struct {
	Temporal Temporal
	Calendar Calendar
	// JetStream has the stream of requests and commands.
	JetStream jetstream.JetStream
	// Figures reads the figures of DORA of all applications, for a while that has passed; nil serves none.
	Figures func(ctx context.Context, w stats.Window) (stats.Report, error)
	Logger  zerolog.Logger
}

// How long what was read is served, and how long one reading may take: less than Prometheus
// waits for a scrape. What asks workflows one by one is read less often.
const (
	countedFor  = 15 * time.Second
	askedFor    = time.Minute
	figuresFor  = 10 * time.Minute
	readingTime = 8 * time.Second
)

// Overview serves the numbers; it is a [prometheus.Collector].
type Overview struct {
	readings []*reading
	failures *prometheus.CounterVec
	log      zerolog.Logger
}

// reading is what is read together, and what was read last.
type reading struct {
	name string
	// descriptions are those of the metrics that read returns.
	descriptions []*prometheus.Desc
	// read returns besides an error what is right in spite of it.
	read func(ctx context.Context) ([]prometheus.Metric, error)
	keep time.Duration

	mu   sync.Mutex
	at   time.Time
	last []prometheus.Metric
	// failed tells that the latest read failed.
	failed bool
}

// New returns what measures; nothing is read until it is collected.
func New(c Config) (*Overview, error) {
	if c.Temporal == nil || c.Calendar == nil || c.JetStream == nil {
		return nil, errors.New("overview: Config needs Temporal, Calendar and JetStream")
	}
	o := &Overview{log: c.Logger, failures: prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: "overview_failures_total", Help: "Readings of the gauges about all releases that failed, which are left out meanwhile, or that left out what cannot be read.",
	}, []string{"reading"})}
	o.readings = []*reading{c.phases(), c.waiting(), c.lanes(), c.freezes(), c.events(), c.messages()}
	if c.Figures != nil {
		o.readings = append(o.readings, c.figures())
	}
	for _, r := range o.readings {
		o.failures.WithLabelValues(r.name) // an alert needs the zero before the first one
	}
	return o, nil
}

// Describe implements [prometheus.Collector].
func (o *Overview) Describe(out chan<- *prometheus.Desc) {
	o.failures.Describe(out)
	for _, r := range o.readings {
		for _, d := range r.descriptions {
			out <- d
		}
	}
}

// Collect implements [prometheus.Collector]. What cannot be read is left out.
func (o *Overview) Collect(out chan<- prometheus.Metric) {
	var wg sync.WaitGroup
	for _, r := range o.readings {
		wg.Go(func() {
			for _, m := range o.current(r) {
				out <- m
			}
		})
	}
	wg.Wait()
	o.failures.Collect(out)
}

// current returns what was read lately, or reads it. A failure counts for as long as a success:
// scrapes do not press what does not answer.
func (o *Overview) current(r *reading) []prometheus.Metric {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && time.Since(r.at) < r.keep {
		return r.last
	}
	//nolint:forbidigo // a collector has no context, and its readings have a bound of their own
	ctx, cancel := context.WithTimeout(context.Background(), readingTime)
	defer cancel()
	var err error
	if r.last, err = r.read(ctx); err != nil {
		o.failures.WithLabelValues(r.name).Inc()
		level := zerolog.DebugLevel
		if !r.failed { // once for each time that it begins to fail
			level = zerolog.WarnLevel
		}
		o.log.WithLevel(level).Err(err).Str("reading", r.name).Msg("gauges left out, or not whole")
	}
	r.failed = err != nil
	r.at = time.Now()
	return r.last
}
