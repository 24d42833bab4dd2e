package tracing

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/cloudapi"
	"slipway/release"
)

// finish ends a span. Of an error it says the type: its text may be what is encrypted elsewhere.
func finish(s trace.Span, err error) {
	if err != nil {
		s.SetAttributes(attribute.String(attributeErrorType, typeOf(err)))
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

func typeOf(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok && app.Type() != "" {
		return app.Type()
	}
	switch {
	case errors.Is(err, context.Canceled), temporal.IsCanceledError(err):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), temporal.IsTimeoutError(err):
		return "timeout"
	}
	return "_OTHER"
}

// submission is the span of handing a release to its lane.
type submission struct{ trace.Span }

// Finish ends it.
func (s *submission) Finish(o *interceptor.TracerFinishSpanOptions) { finish(s.Span, o.Error) }

// whole is the span of a release. It is told once the release has ended, by whoever ends it: a workflow that leaves the
// memory of a worker finishes its span, too.
type whole struct {
	trace.Span

	ended bool
	at    time.Time
}

// Finish tells the span of a release that has ended.
func (w *whole) Finish(*interceptor.TracerFinishSpanOptions) {
	if w.ended {
		w.End(trace.WithTimestamp(w.at))
	}
}

// conclude notes how the release has ended.
func (w *whole) conclude(p *release.Progress, err error, at time.Time) {
	w.ended, w.at = true, at
	if p != nil {
		w.SetAttributes(
			attribute.String(attributeApp, p.App.SearchValue()), attribute.String(attributeOperation, string(p.Operation)),
			attribute.String(attributeOutcome, string(p.Outcome)),
		)
		if p.Outcome == release.PhaseFailed || p.Outcome == release.PhaseNeedsAttention {
			w.SetStatus(codes.Error, "")
		}
	}
	if err != nil {
		w.SetAttributes(attribute.String(attributeErrorType, typeOf(err)))
		w.SetStatus(codes.Error, "")
	}
}

// clientAndWorker is the tracing interceptor of Temporal's SDK, with what tells it how releases end.
type clientAndWorker struct{ interceptor.Interceptor }

// InterceptWorkflow stands inside of the tracing interceptor.
func (i *clientAndWorker) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	w := &ending{}
	w.Next = next
	return i.Interceptor.InterceptWorkflow(ctx, w)
}

// ending tells the span of a release how it has ended.
type ending struct {
	interceptor.WorkflowInboundInterceptorBase
}

// ExecuteWorkflow does not return where the workflow only leaves the memory of the worker.
func (e *ending) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	out, err := e.Next.ExecuteWorkflow(ctx, in)
	if s, ok := ctx.Value(spanKey{}).(*whole); ok && !workflow.IsReplaying(ctx) {
		p, _ := out.(*release.Progress)
		s.conclude(p, err, workflow.Now(ctx))
	}
	return out, err
}

// maxCalls bounds the calls of one attempt that are told.
const maxCalls = 128

// attempt is the span of an attempt of an activity, and the calls that it made. They are told when it ends, unless it
// found nothing new: a release that waits for days would be nothing else.
type attempt struct {
	trace.Span

	tracer  trace.Tracer
	mu      sync.Mutex
	calls   []call
	leftOut int
}

// call is one request to a platform that has been answered, or not.
type call struct {
	platform release.Platform
	region   string
	seen     cloudapi.Observed
	answered time.Time
}

// Finish tells the attempt and its calls.
func (a *attempt) Finish(o *interceptor.TracerFinishSpanOptions) {
	if app, ok := errors.AsType[*temporal.ApplicationError](o.Error); ok && app.Category() == temporal.ApplicationErrorCategoryBenign {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	ctx := trace.ContextWithSpan(nowhere(), a.Span)
	for _, c := range a.calls {
		c.tell(ctx, a.tracer)
	}
	if a.leftOut > 0 {
		a.SetAttributes(attribute.Int(attributeLeftOut, a.leftOut))
	}
	finish(a.Span, o.Error)
}

func (a *attempt) observe(c call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.calls) == maxCalls {
		a.leftOut++
		return
	}
	a.calls = append(a.calls, c)
}

// Calls has the requests to a platform told as part of the attempt of an activity that made them; others are not told.
func Calls(p release.Platform, region string) cloudapi.Observer {
	return func(ctx context.Context, o cloudapi.Observed) {
		if a, ok := trace.SpanFromContext(ctx).(*attempt); ok && a.IsRecording() {
			a.observe(call{p, region, o, time.Now()})
		}
	}
}

func (c call) tell(ctx context.Context, by trace.Tracer) {
	of := []attribute.KeyValue{attribute.String(attributePlatform, string(c.platform)), attribute.String(attributeRegion, c.region)}
	if c.seen.Status != 0 {
		of = append(of, attribute.Int(attributeStatus, c.seen.Status))
	}
	if c.seen.RequestID != "" {
		of = append(of, attribute.String(attributeRequestID, c.seen.RequestID))
	}
	_, s := by.Start(ctx, c.seen.Operation, trace.WithTimestamp(c.answered.Add(-c.seen.Took)), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(of...))
	if c.seen.Class != "" {
		s.SetAttributes(attribute.String(attributeErrorType, string(c.seen.Class)))
		s.SetStatus(codes.Error, "")
	}
	s.End(trace.WithTimestamp(c.answered))
}
