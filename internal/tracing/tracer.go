package tracing

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"

	"slipway/release"
)

// tracer tells the tracing interceptor of Temporal's SDK which spans there are. The one of the SDK's module for
// OpenTelemetry begins the span of a workflow with a random ID each time that a worker reads its history, and ends it
// each time that the workflow leaves its memory; and it tells of each attempt that found nothing new.
type tracer struct {
	interceptor.BaseTracer

	tracer trace.Tracer
}

// spanKey is where a workflow context has its span.
type spanKey struct{}

// headerKey is the field of headers that all SDKs of Temporal use.
const headerKey = "_tracer-data"

// The operations of the interceptor that have spans; those in between pass the context on.
const (
	runWorkflow     = "RunWorkflow"
	runActivity     = "RunActivity"
	updateWithStart = "UpdateWithStartWorkflow"
)

// The tags that the interceptor gives.
const (
	tagWorkflowID = "temporalWorkflowID"
	tagRunID      = "temporalRunID"
	tagActivityID = "temporalActivityID"
	tagUpdateID   = "temporalUpdateID"
)

// span is one of the spans of Temporal's interceptor, which is found in a context as a span of OpenTelemetry, too.
type span interface {
	trace.Span
	interceptor.TracerSpan
}

// passing is a span of somebody else, or none: its context is passed on.
type passing struct{ trace.Span }

// Finish does nothing.
func (passing) Finish(*interceptor.TracerFinishSpanOptions) {}

// nowhere is the context of what Temporal's interceptor asks for: it passes spans by themselves.
func nowhere() context.Context { return context.Background() } //nolint:forbidigo // there is no other

func pass(c trace.SpanContext) span {
	return passing{trace.SpanFromContext(trace.ContextWithSpanContext(nowhere(), c))}
}

// Options leave signals and queries out: those that matter are commands, which the release tells of itself.
func (t *tracer) Options() interceptor.TracerOptions {
	return interceptor.TracerOptions{
		SpanContextKey: spanKey{}, HeaderKey: headerKey, DisableSignalTracing: true, DisableQueryTracing: true, AllowInvalidParentSpans: true,
	}
}

// UnmarshalSpan reads the context in a header; nil where there is none.
func (t *tracer) UnmarshalSpan(m map[string]string) (interceptor.TracerSpanRef, error) {
	c := contextOfMap(m)
	if !c.IsValid() {
		return nil, nil //nolint:nilnil // that there is none is no error
	}
	return c, nil
}

// MarshalSpan writes the context of a span for a header; nothing where it belongs to no trace.
func (t *tracer) MarshalSpan(s interceptor.TracerSpan) (map[string]string, error) {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpanContext(nowhere(), contextOf(s)), carrier)
	return carrier, nil
}

// SpanFromContext returns the span of a context; nil where there is none.
func (t *tracer) SpanFromContext(ctx context.Context) interceptor.TracerSpan {
	switch s := trace.SpanFromContext(ctx).(type) {
	case span:
		return s
	default:
		if !s.SpanContext().IsValid() {
			return nil
		}
		return passing{s}
	}
}

// ContextWithSpan puts a span into a context.
func (t *tracer) ContextWithSpan(ctx context.Context, s interceptor.TracerSpan) context.Context {
	if of, ok := s.(span); ok {
		return trace.ContextWithSpan(ctx, of)
	}
	return ctx
}

// StartSpan begins the spans of releases, of their submission to a lane, and of attempts of activities. All else
// passes the context on that it was given.
func (t *tracer) StartSpan(o *interceptor.TracerStartSpanOptions) (interceptor.TracerSpan, error) {
	parent := contextOf(o.Parent)
	ctx := trace.ContextWithSpanContext(nowhere(), parent)
	releaseID, ofRelease := strings.CutPrefix(o.Tags[tagWorkflowID], release.WorkflowID(""))
	switch {
	case o.Operation == runWorkflow && ofRelease:
		return &whole{Span: t.whole(ctx, releaseID, o)}, nil
	case o.Operation == runActivity && (parent.IsValid() || ofRelease):
		if !parent.IsValid() { // it was scheduled by a worker that tells nothing
			ctx = trace.ContextWithSpan(ctx, t.whole(ctx, releaseID, o))
		}
		_, s := t.tracer.Start(ctx, o.Name, trace.WithTimestamp(o.Time), trace.WithAttributes(append(attributesOf(o), ofReleaseID(releaseID, ofRelease)...)...))
		return &attempt{Span: s, tracer: t.tracer}, nil
	case o.Operation == updateWithStart && o.Name == release.UpdateSubmit:
		if !parent.IsValid() {
			ctx = withTrace(ctx, o.Tags[tagUpdateID])
		}
		_, s := t.tracer.Start(ctx, "submit", trace.WithTimestamp(o.Time), trace.WithSpanKind(trace.SpanKindClient),
			trace.WithAttributes(attribute.String(attributeRelease, o.Tags[tagUpdateID]), attribute.String(attributeWorkflow, o.Tags[tagWorkflowID])))
		return &submission{s}, nil
	}
	return pass(parent), nil
}

// whole begins the span of a release anew: the same one each time that a worker reads its history.
func (t *tracer) whole(ctx context.Context, releaseID string, o *interceptor.TracerStartSpanOptions) trace.Span {
	_, s := t.tracer.Start(withReleaseSpan(ctx, releaseID), "release", trace.WithTimestamp(o.Time),
		trace.WithAttributes(append(attributesOf(o), attribute.String(attributeRelease, releaseID))...))
	return s
}

// GetLogger has the trace in each entry.
func (t *tracer) GetLogger(to log.Logger, ref interceptor.TracerSpanRef) log.Logger {
	if c := contextOf(ref); c.IsValid() {
		return log.With(to, "trace", c.TraceID().String())
	}
	return to
}

func contextOf(ref interceptor.TracerSpanRef) trace.SpanContext {
	switch r := ref.(type) {
	case trace.SpanContext:
		return r
	case trace.Span:
		return r.SpanContext()
	}
	return trace.SpanContext{}
}

func ofReleaseID(id string, known bool) []attribute.KeyValue {
	if !known {
		return nil
	}
	return []attribute.KeyValue{attribute.String(attributeRelease, id)}
}

// attributesOf are those of Temporal.
func attributesOf(o *interceptor.TracerStartSpanOptions) []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, each := range []struct{ tag, name string }{{tagWorkflowID, attributeWorkflow}, {tagRunID, attributeRun}, {tagActivityID, attributeActivity}} {
		if v := o.Tags[each.tag]; v != "" {
			out = append(out, attribute.String(each.name, v))
		}
	}
	return out
}
