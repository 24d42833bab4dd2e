package cloud

import (
	"context"
	"errors"

	"go.temporal.io/sdk/temporal"

	"slipway/cloudapi"
	"slipway/release"
)

// Sent is what an attempt of a changing verb has sent. It is kept in the attempt's context.
type Sent struct {
	errors Errors
	// acted tells that a call has changed something, or may have: it succeeded, its answer
	// was lost, or the platform answered that it refuses for now, which is no proof.
	acted bool
}

type sentKey struct{}

// Recording returns a context in which [Send] records what is sent.
func (e Errors) Recording(ctx context.Context) (context.Context, *Sent) {
	s := &Sent{errors: e}
	return context.WithValue(ctx, sentKey{}, s), s
}

// Harmless returns a context for calls that change nothing of what a verb is to change, so that they
// are no reason for a doubt.
func Harmless(ctx context.Context) context.Context {
	return context.WithValue(ctx, sentKey{}, (*Sent)(nil))
}

// Send makes a call that changes something: never once ctx has ended, and without regard
// to ctx from then on. Who cancels an attempt while its call is on the wire waits for the
// answer, which takes as long as the client's own timeouts at most, and so learns whether
// the attempt has acted.
func Send[In, Out any](ctx context.Context, call func(context.Context, In) (Out, error), in In) (Out, error) {
	if err := ctx.Err(); err != nil {
		var none Out
		return none, err
	}
	out, err := call(context.WithoutCancel(ctx), in)
	if s, _ := ctx.Value(sentKey{}).(*Sent); s != nil && s.errors.mayHaveActed(err) {
		s.acted = true
	}
	return out, err
}

// mayHaveActed reports whether a call that ended so may have changed something. A foreign
// change in the way, and what is refused for good, are believed; see [Errors.Begun].
func (e Errors) mayHaveActed(err error) bool {
	if err == nil || errors.Is(err, cloudapi.ErrAmbiguous) {
		return true
	}
	answer, answered := errors.AsType[*cloudapi.Error](err)
	if !answered || answer.HTTPStatus == 0 {
		return false
	}
	f := e.FaultOf(err)
	return f.Retryable() && f != release.FaultConflict
}

// Begun is the error of a call that was to begin a change and has answered so; nil where it has begun the change with
// this ID. That a change is in the way is no proof of another one: something on the way to the platform may have sent
// the call twice, and the second has met the first.
func (e Errors) Begun(id string, err error) error {
	switch {
	case err == nil && id == "":
		return Lost("the platform accepted the change but named none")
	case errors.Is(err, cloudapi.ErrAmbiguous):
		return Lost(err.Error())
	case err != nil && e.FaultOf(err) == release.FaultConflict:
		return NotYet(release.FaultDeclined, "%v", err)
	}
	return err
}

// Doubt is the error of an attempt that may have changed something although it failed: it
// says [release.FaultDeclined], so that nobody takes it for one that has sent nothing.
func (s *Sent) Doubt(err error) error {
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
		return NotYet(release.FaultDeclined, "%v", err)
	}
}
