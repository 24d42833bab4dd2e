// Package tracing tells of releases by spans of OpenTelemetry: one trace for each release, from the event that asked for
// it to each call of a platform.
//
// The trace is that of the event's traceparent, or where it has none, one whose ID follows from the ID of the release. Its
// context travels in the headers of Temporal, by the tracing interceptor of Temporal's SDK, so that it lasts as long as
// the release, whoever carries it out. The span of the release has an ID that follows from the release, too: what a worker
// told before it died belongs to the span that another one tells at the end.
//
// A span says what was done, by which release, and how it ended: never a payload, an address, or the text of an error.
package tracing

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"

	"slipway/wire"
)

// scope names what tells of spans.
const scope = "slipway"

// The attributes of spans that are Slipway's own.
const (
	attributeRelease   = "slipway.release"
	attributeApp       = "slipway.app"
	attributeOperation = "slipway.operation"
	attributeOutcome   = "slipway.outcome"
	attributePlatform  = "slipway.platform"
	attributeRequestID = "slipway.platform.request_id"
	attributeLeftOut   = "slipway.platform.calls_left_out"
	attributeErrorType = "error.type"
	attributeRegion    = "cloud.region"
	attributeStatus    = "http.response.status_code"
	attributeWorkflow  = "temporal.workflow_id"
	attributeRun       = "temporal.run_id"
	attributeActivity  = "temporal.activity_id"
)

// Tracing tells of releases. Nil tells nothing, and costs nothing.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// New tells spans to a processor, as those of a service. The sampler is that of OpenTelemetry's variables.
func New(to sdktrace.SpanProcessor, of *resource.Resource) *Tracing {
	p := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(to), sdktrace.WithIDGenerator(identifiers{}), sdktrace.WithResource(of))
	return &Tracing{provider: p, tracer: p.Tracer(scope)}
}

// Interceptors are those of a Temporal client, which its workers have, too; none where nothing is told.
func (t *Tracing) Interceptors() []interceptor.ClientInterceptor {
	if t == nil {
		return nil
	}
	return []interceptor.ClientInterceptor{&clientAndWorker{interceptor.NewTracingInterceptor(&tracer{tracer: t.tracer})}}
}

// Close tells what was not told yet, for as long as ctx allows.
func (t *Tracing) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("tracing: %w", err)
	}
	return nil
}

// Event is an event that asks for a release.
type Event struct {
	// Trace is that of the event; what is no context of a trace counts as none.
	Trace wire.Trace
	// ReleaseID is the release that is asked for; empty for a set, which has no trace but that of its event.
	ReleaseID string
	// Stored is when the event was stored.
	Stored time.Time
}

// Accept begins the span of one delivery of an event, from when it was stored. What is done with the context belongs to
// it, until end is called with what became of it: nil where it was accepted.
func (t *Tracing) Accept(ctx context.Context, e Event) (_ context.Context, end func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	parent := contextOfEvent(e.Trace)
	if !parent.IsValid() && e.ReleaseID == "" {
		return ctx, func(error) {}
	}
	ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	if !parent.IsValid() {
		ctx = withTrace(ctx, e.ReleaseID)
	}
	attributes := []attribute.KeyValue{attribute.String("messaging.system", "nats")}
	if e.ReleaseID != "" {
		attributes = append(attributes, attribute.String(attributeRelease, e.ReleaseID))
	}
	ctx, span := t.tracer.Start(ctx, "request", trace.WithTimestamp(e.Stored), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attributes...))
	return withoutIDs(ctx), func(err error) { finish(span, err) }
}

// TraceID is the trace that a context belongs to; empty where there is none.
func TraceID(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.IsValid() {
		return c.TraceID().String()
	}
	return ""
}

// Of is the trace that a context belongs to, for an event; the zero value where there is none.
func Of(ctx context.Context) wire.Trace {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return wire.Trace{Parent: carrier["traceparent"], State: carrier["tracestate"]}
}

func contextOfEvent(t wire.Trace) trace.SpanContext {
	return contextOfMap(map[string]string{"traceparent": t.Parent, "tracestate": t.State})
}

func contextOfMap(m map[string]string) trace.SpanContext {
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(nowhere(), propagation.MapCarrier(m)))
}
