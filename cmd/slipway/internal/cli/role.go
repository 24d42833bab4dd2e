package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/converter"
	"golang.org/x/sync/errgroup"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/health"
	"slipway/internal/buildinfo"
	"slipway/internal/failtext"
	"slipway/internal/redact"
	"slipway/internal/tracing"
	"slipway/setup"
)

// The default addresses of health and metrics: the roles can share a machine.
const (
	addrWorker   = "127.0.0.1:8080"
	addrStarter  = "127.0.0.1:8081"
	addrConsole  = "127.0.0.1:8082"
	addrNotifier = "127.0.0.1:8083"
)

// role is a process that stays: its log, metrics and connections.
type role struct {
	name     string
	log      zerolog.Logger
	tracing  *tracing.Tracing
	metrics  *prometheus.Registry
	temporal client.Client
	data     converter.DataConverter
	js       jetstream.JetStream

	// conn and connected hold the connections once they are there, for the checks of
	// readiness that run beside.
	conn      atomic.Pointer[nats.Conn]
	connected atomic.Pointer[client.Client]
	// needs is what the role needs of NATS.
	needs atomic.Pointer[setup.Needs]
	// ready is the role's own check once it does its work.
	ready atomic.Pointer[health.Check]
}

// roleSettings are the settings that all roles have.
func roleSettings(addr string) [][]config.Setting {
	return [][]config.Setting{config.Temporal(), config.NATS(), config.HTTP(addr)}
}

// duty is what a role does.
type duty struct {
	// onNATS tells that the role needs no Temporal.
	onNATS bool
	// later tells that it goes on while Temporal is away: it is connected to once something is asked.
	later bool
	// traced tells that its work is told of by spans, where the environment asks for them.
	traced bool
	// checks are those of the role besides what all have.
	checks map[string]health.Check
	// metrics are what the role serves, those of the process among them.
	metrics *prometheus.Registry
	needs   func(jetstream.JetStream) *setup.Needs
	// listen opens what is served from the start, whatever servers are away, and returns what serves it; nil opens nothing.
	listen func(context.Context, *role) (serve func(context.Context) error, err error)
	serve  func(context.Context, *role) error
}

// runRole serves health and metrics, connects, and serves until it is told to stop. What
// is wrong with the settings ends it at once; servers that do not answer are waited for.
func (a *app) runRole(ctx context.Context, name string, v *config.Values, d duty) error {
	log, err := v.Logger(a.Stderr, config.ForRole())
	if err != nil {
		return err
	}
	r := &role{name: name, log: log.With().Str("role", name).Logger(), metrics: d.metrics}
	natsOptions, err := connect.NATSSettings(v, a.Getenv)
	if err != nil {
		return err
	}
	if d.traced {
		if err := r.trace(ctx, a.Getenv); err != nil {
			return err
		}
		defer r.closeTracing(ctx)
	}
	checks := map[string]health.Check{"nats": r.checkNATS, r.name: r.checkServing}
	maps.Copy(checks, d.checks)
	var temporal client.Options
	if !d.onNATS {
		if temporal, err = connect.TemporalOptions(v, a.Getenv); err != nil {
			return err
		}
		if err := r.measureTemporal(&temporal); err != nil {
			return err
		}
		temporal.Interceptors = r.tracing.Interceptors()
		checks["temporal"] = r.checkTemporal
	}
	if err := r.metrics.Register(health.NewReadiness(checks)); err != nil {
		return fmt.Errorf("metrics of readiness: %w", err)
	}
	server, err := health.Listen(ctx, health.Config{Addr: v.String(config.HTTPAddr), Metrics: r.metrics, Logger: r.log, Checks: checks})
	if err != nil {
		return v.Bad(config.HTTPAddr, err.Error(), "name a free address of this machine, for example "+addrWorker)
	}
	beside := func(context.Context) error { return nil }
	if d.listen != nil {
		if beside, err = d.listen(ctx, r); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	// The role drains while its health is still served.
	healthy, drained := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return server.Run(healthy) })
	group.Go(func() error {
		health.Follow(ctx, checks, r.log, health.FollowEvery)
		return nil
	})
	group.Go(func() error { return beside(ctx) })
	group.Go(func() error {
		defer drained()
		return r.work(ctx, temporal, natsOptions, d)
	})
	err = group.Wait()
	r.log.Info().Msg("stopped")
	return err
}

// work connects, serves, and closes the connections.
func (r *role) work(ctx context.Context, temporal client.Options, o connect.NATSOptions, d duty) error {
	conn, err := connect.NATS(ctx, o, "slipway "+r.name, connect.ForRole(r.log)...)
	if err != nil {
		return err
	}
	defer conn.Close()
	r.conn.Store(conn)
	if r.js, err = o.JetStream(conn); err != nil {
		return err
	}
	r.needs.Store(d.needs(r.js))
	log := r.log
	if !d.onNATS {
		if r.temporal, err = r.engine(ctx, temporal, d.later); err != nil || r.temporal == nil {
			return err
		}
		defer r.temporal.Close()
		r.data = temporal.DataConverter
		r.connected.Store(&r.temporal)
		log = r.log.With().Str("temporal", temporal.HostPort).Str("namespace", temporal.Namespace).Logger()
	}
	b := buildinfo.Read()
	log.Info().Str("version", b.Version).Str("revision", b.Revision).Msg("serving")
	return d.serve(ctx, r)
}

// engine returns a client of Temporal; nil when the process is told to stop before there is one.
func (r *role) engine(ctx context.Context, o client.Options, later bool) (client.Client, error) {
	if later {
		return connect.TemporalLater(o, r.log)
	}
	return r.dial(ctx, o), nil
}

// The pace at which Temporal is tried again.
const (
	dialFirst = time.Second
	dialMost  = 5 * time.Second
)

// dial waits for Temporal; it returns nil when the process is told to stop meanwhile.
func (r *role) dial(ctx context.Context, o client.Options) client.Client {
	for pause := dialFirst; ctx.Err() == nil; pause = min(2*pause, dialMost) {
		c, err := connect.Temporal(ctx, o, r.log)
		if err == nil {
			return c
		}
		r.log.Warn().Err(err).Dur("again", pause).Msg("Temporal does not answer yet")
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// measureTemporal puts the metrics of Temporal's SDK beside the others. They are only
// ever read, so that nothing is to be shut down.
func (r *role) measureTemporal(o *client.Options) error {
	exporter, err := otelprometheus.New(otelprometheus.WithRegisterer(r.metrics), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return fmt.Errorf("metrics of Temporal: %w", err)
	}
	provider := metric.NewMeterProvider(metric.WithReader(exporter))
	o.MetricsHandler = opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{
		Meter: provider.Meter("temporal-sdk-go"), UseMonotonicCounters: true,
	})
	return nil
}

// trace tells of the role's work by spans where the environment asks for them. That nobody takes them is logged, once for
// each failure that is another one.
func (r *role) trace(ctx context.Context, getenv func(string) string) (err error) {
	if r.tracing, err = tracing.FromEnvironment(ctx, getenv, "slipway-"+r.name, buildinfo.Read().Version); err != nil || r.tracing == nil {
		return err
	}
	var last atomic.Pointer[string]
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		text, _ := redact.New().Text(err.Error())
		if before := last.Swap(&text); before == nil || failtext.Fixed(*before) != failtext.Fixed(text) {
			r.log.Warn().Str("error", text).Msg("traces are not taken; what is lost is told by nobody")
		}
	}))
	r.log.Info().Msg("releases are told of by traces")
	return nil
}

// closeTimeout bounds telling the last spans.
const closeTimeout = 5 * time.Second

func (r *role) closeTracing(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if err := r.tracing.Close(ctx); err != nil {
		text, _ := redact.New().Text(err.Error())
		r.log.Warn().Str("error", text).Msg("the last traces were not taken")
	}
}

func (r *role) checkTemporal(ctx context.Context) error {
	c := r.connected.Load()
	if c == nil {
		return errors.New("not connected yet")
	}
	_, err := (*c).CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

func (r *role) checkNATS(ctx context.Context) error {
	conn, needs := r.conn.Load(), r.needs.Load()
	if conn == nil || needs == nil || !conn.IsConnected() {
		return errors.New("not connected")
	}
	return needs.Missing(ctx)
}

// able tells that the role does its work from now on, and how to check that.
func (r *role) able(check health.Check) { r.ready.Store(&check) }

func (r *role) checkServing(ctx context.Context) error {
	check := r.ready.Load()
	if check == nil {
		return errors.New("not serving yet")
	}
	return (*check)(ctx)
}
