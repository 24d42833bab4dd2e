package attempt

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// The retry delays of an activity that does not set its own. The server's own delay depends on
// the number of the attempt, which is large for an activity that has polled for days before it
// began to fail.
const (
	firstDelay   = time.Second
	patientDelay = 2 * time.Second
	longestDelay = 30 * time.Second
)

// try is one attempt of an activity whose workflow asks for stalls.
type try struct {
	id    id
	shown release.Stall
	begun time.Time
}

// attemptError returns the error with which an attempt ends: the one that it failed with, or a
// copy that ends the activity, so that the workflow sees it, or that sets the retry delay.
func (i *Interceptor) attemptError(ctx context.Context, t try, err error) error {
	app, known := errors.AsType[*temporal.ApplicationError](err)
	if !known || app.NonRetryable() || ctx.Err() != nil {
		i.failing.forget(t.id)
		return err
	}
	fault := release.Fault(app.Type())
	if fault == release.FaultUnchanged {
		i.failing.forget(t.id)
		if t.shown.Fault != "" {
			return nonRetryable(app) // what is shown is over
		}
		return err
	}
	now := i.now()
	since, first := i.failing.record(t.id, t.begun, now)
	if t.shown.Worth(fault, app.Message(), since, now) {
		i.failing.forget(t.id)
		return nonRetryable(app)
	}
	if app.NextRetryDelay() > 0 {
		return err
	}
	return retryAfter(app, delay(first, now.Sub(since)))
}

// nonRetryable is a failure that ends the activity, so that its workflow sees it. The original
// is its cause.
func nonRetryable(app *temporal.ApplicationError) error {
	return temporal.NewApplicationErrorWithOptions(app.Message(), app.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: true, Cause: app, Category: app.Category(),
	})
}

// retryAfter is a failure that is retried after a delay. It takes the place of the original,
// whose message would stand twice in logs otherwise, unless that has details: they cannot be
// copied.
func retryAfter(app *temporal.ApplicationError, delay time.Duration) error {
	cause := app.Unwrap()
	if app.HasDetails() {
		cause = app
	}
	return temporal.NewApplicationErrorWithOptions(app.Message(), app.Type(), temporal.ApplicationErrorOptions{
		NextRetryDelay: delay, Cause: cause, Category: app.Category(),
	})
}

// delay grows with the time for which an activity has failed: so an outage costs few calls,
// and its end is noticed after half of its length at most.
func delay(first bool, failed time.Duration) time.Duration {
	switch {
	case failed >= release.Patience:
		return min(failed/2, longestDelay)
	case first:
		return firstDelay
	default:
		return patientDelay
	}
}
