package cloudapi

import (
	"context"
	"errors"
	"time"
)

// Waiter looks at something on a platform until it has come to an end.
type Waiter[T any] struct {
	// Look reads the present state.
	Look func(ctx context.Context) (T, error)
	// Done reports whether the wait is over.
	Done func(T) bool
	// Delay is the time before the next look, given what the last one showed.
	Delay func(T) time.Duration
	// FailureDelay is the time before the next look after one that failed; the server's
	// Retry-After is waited for in any case.
	FailureDelay time.Duration
	// Failures is how many looks in a row may fail with a Repeatable error before the wait gives up.
	Failures int
	// Sleep waits between looks; it returns early with an error when ctx ends. Nil means the function Sleep.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Wait looks until Done, and returns what was seen last, also together with an error: that of a
// look, which is an [*Error], or what Sleep returned joined with the cause of ctx.
func (w Waiter[T]) Wait(ctx context.Context) (T, error) {
	var last T
	sleep := w.Sleep
	if sleep == nil {
		sleep = Sleep
	}
	for failures := 0; ; {
		delay := w.FailureDelay
		seen, err := w.Look(ctx)
		switch {
		case err == nil:
			failures = 0
			last = seen
			if w.Done(last) {
				return last, nil
			}
			delay = w.Delay(last)
		case failures >= w.Failures || !Repeatable(err) || ctx.Err() != nil:
			return last, err
		default:
			failures++
			delay = max(delay, RetryAfter(err))
		}
		if err := sleep(ctx, delay); err != nil {
			return last, errors.Join(err, context.Cause(ctx))
		}
	}
}

// Repeatable reports whether a failed read may succeed when it is repeated. What the client's
// own limiter refuses, it refuses again.
func Repeatable(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Class == ErrUnavailable || e.Class == ErrThrottled && e.HTTPStatus != 0)
}

// RetryAfter is how long the server asked to wait, zero when it did not.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// Sleep waits, unless ctx ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
