package sae

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"slipway/cloudapi"
	"slipway/release"
)

// sent is what an attempt of a changing verb has sent. It is kept in the attempt's context.
type sent struct {
	// acted tells that a call has changed something, or may have: it succeeded, its answer
	// was lost, or SAE answered that it refuses for now, which is no proof.
	acted bool
}

type sentKey struct{}

// recording returns a context in which [send] records what is sent.
func recording(ctx context.Context) (context.Context, *sent) {
	s := &sent{}
	return context.WithValue(ctx, sentKey{}, s), s
}

// harmless returns a context for calls that change nothing by what they write, so that they
// are no reason for a doubt.
func harmless(ctx context.Context) context.Context {
	return context.WithValue(ctx, sentKey{}, (*sent)(nil))
}

// send makes a call that changes something: never once ctx has ended, and without regard
// to ctx from then on. Who cancels an attempt while its call is on the wire waits for the
// answer, which takes as long as the client's own timeouts at most, and so learns whether
// the attempt has acted.
func send[In, Out any](ctx context.Context, call func(context.Context, In) (Out, error), in In) (Out, error) {
	if err := ctx.Err(); err != nil {
		var none Out
		return none, err
	}
	out, err := call(context.WithoutCancel(ctx), in)
	if s, _ := ctx.Value(sentKey{}).(*sent); s != nil && mayHaveActed(err) {
		s.acted = true
	}
	return out, err
}

// mayHaveActed reports whether a call that ended so may have changed something. A foreign
// change order in the way, and what is refused for good, are believed.
func mayHaveActed(err error) bool {
	if err == nil || errors.Is(err, cloudapi.ErrAmbiguous) {
		return true
	}
	e, answered := errors.AsType[*cloudapi.Error](err)
	if !answered || e.HTTPStatus == 0 {
		return false
	}
	f := faultOf(err)
	return f.Retryable() && f != release.FaultConflict
}

// doubt is the error of an attempt that may have changed something although it failed: it
// says [release.FaultDeclined], so that nobody takes it for one that has sent nothing.
func (s *sent) doubt(err error) error {
	if err == nil || !s.acted {
		return err
	}
	app, mapped := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case mapped && release.Fault(app.Type()) == release.FaultAmbiguous:
		return err
	case mapped:
		return temporal.NewApplicationErrorWithOptions(app.Message(), string(release.FaultDeclined), temporal.ApplicationErrorOptions{
			NextRetryDelay: app.NextRetryDelay(), Category: app.Category(),
		})
	default:
		return notYet(release.FaultDeclined, "%v", err)
	}
}
