package attempt

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// How soon an activity is tried again that does not say so itself. The server's own delay
// depends on the number of the attempt, which is large for an activity that has looked for
// days before it began to fail.
const (
	firstDelay   = time.Second
	patientDelay = 2 * time.Second
	longestDelay = 30 * time.Second
)

// try is one attempt of an activity whose workflow wants to be told of stalls.
type try struct {
	id    id
	shown release.Stall
	begun time.Time
}

// judge returns the error with which an attempt ends: the one that it failed with, or a copy
// that ends the activity, to tell the workflow, or has it tried again soon enough.
func (i *Interceptor) judge(ctx context.Context, t try, err error) error {
	app, known := errors.AsType[*temporal.ApplicationError](err)
	if !known || app.NonRetryable() || ctx.Err() != nil {
		i.failing.forget(t.id)
		return err
	}
	fault := release.Fault(app.Type())
	if fault == release.FaultUnchanged {
		i.failing.forget(t.id)
		if t.shown.Fault != "" {
			return told(app) // what is shown is over
		}
		return err
	}
	now := i.now()
	since, first := i.failing.remember(t.id, t.begun, now)
	if t.shown.Worth(fault, app.Message(), since, now) {
		i.failing.forget(t.id)
		return told(app)
	}
	if app.NextRetryDelay() > 0 {
		return err
	}
	return later(app, delay(first, now.Sub(since)))
}

// told is a failure that ends the activity, so that its workflow sees it. The original is
// its cause.
func told(app *temporal.ApplicationError) error {
	return temporal.NewApplicationErrorWithOptions(app.Message(), app.Type(), temporal.ApplicationErrorOptions{
		NonRetryable: true, Cause: app, Category: app.Category(),
	})
}

// later is a failure that is tried again after a delay. It takes the place of the original,
// whose words would stand twice in logs otherwise, unless that has details: they cannot be
// copied.
func later(app *temporal.ApplicationError, delay time.Duration) error {
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
