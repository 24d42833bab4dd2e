package tracing

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"go.opentelemetry.io/otel/trace"
)

// identifiers gives spans their IDs: those that the context asks for, else random ones.
type identifiers struct{}

// wanted are the IDs that a span is to have; a zero one is random.
type wanted struct {
	trace trace.TraceID
	span  trace.SpanID
}

type wantedKey struct{}

// NewIDs are the IDs of a span that begins a trace.
func (identifiers) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	w := wantedBy(ctx)
	if !w.trace.IsValid() {
		_, _ = rand.Read(w.trace[:]) // it does not fail
	}
	return w.trace, w.spanID()
}

// NewSpanID is the ID of a span of a trace.
func (identifiers) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	return wantedBy(ctx).spanID()
}

func (w wanted) spanID() trace.SpanID {
	if !w.span.IsValid() {
		_, _ = rand.Read(w.span[:])
	}
	return w.span
}

func wantedBy(ctx context.Context) wanted {
	w, _ := ctx.Value(wantedKey{}).(wanted)
	return w
}

// withTrace lets a span that begins a trace begin that of a release.
func withTrace(ctx context.Context, releaseID string) context.Context {
	return context.WithValue(ctx, wantedKey{}, wanted{trace: traceOf(releaseID)})
}

// withReleaseSpan lets a span be that of a release.
func withReleaseSpan(ctx context.Context, releaseID string) context.Context {
	return context.WithValue(ctx, wantedKey{}, wanted{trace: traceOf(releaseID), span: spanOf(releaseID)})
}

// withoutIDs lets further spans have random IDs.
func withoutIDs(ctx context.Context) context.Context {
	if ctx.Value(wantedKey{}) == nil {
		return ctx
	}
	return context.WithValue(ctx, wantedKey{}, wanted{})
}

// traceOf is the ID of the trace of a release that no trace asked for.
func traceOf(releaseID string) trace.TraceID {
	sum := sha256.Sum256([]byte("slipway trace of " + releaseID))
	return trace.TraceID(sum[:16])
}

// spanOf is the ID of the span of a release.
func spanOf(releaseID string) trace.SpanID {
	sum := sha256.Sum256([]byte("slipway span of " + releaseID))
	return trace.SpanID(sum[:8])
}
