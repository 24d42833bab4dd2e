package starter

import (
	"context"

	"github.com/rs/zerolog"

	"slipway/internal/tracing"
	"slipway/wire"
)

// trace begins the span of a delivery that asks for a release or a set; end is told what became of it.
func (s *Starter) trace(ctx context.Context, p plan, d *delivery) (_ context.Context, end func(error)) {
	if s.tracing == nil || p.request == nil && p.named == nil && p.set == nil {
		return ctx, func(error) {}
	}
	e := tracing.Event{Trace: wire.TraceOf(d.raw()), Stored: d.position.Stored}
	if p.set == nil {
		e.ReleaseID = p.id
	}
	return s.tracing.Accept(ctx, e)
}

// logOf is the log of a delivery: it names what the message is about, and its trace.
func (s *Starter) logOf(ctx context.Context, p plan, d *delivery) zerolog.Logger {
	of := s.log.With().Str("release", p.id).Uint64("sequence", d.position.Sequence)
	switch {
	case p.request != nil:
		of = of.Str("app", p.request.Spec.App.SearchValue())
	case p.named != nil:
		of = of.Str("application", p.named.String())
	}
	if id := tracing.TraceID(ctx); id != "" {
		of = of.Str("trace", id)
	}
	return of.Logger()
}
