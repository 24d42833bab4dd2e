package saeclient

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Limiter paces calls. Wait returns when the next call may go out, or with an error when it may not before ctx ends.
// *rate.Limiter of golang.org/x/time/rate is one. Share one between all clients of an account: Alibaba Cloud counts by account.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Backoff of repeated reads when Config.ReadDelay is nil.
const (
	firstReadDelay = 200 * time.Millisecond
	maxReadDelay   = 10 * time.Second
)

// DefaultReadDelay is the pause before a read is repeated for the nth time, counted from 1: about 0.2 s, doubled each time up to 10 s,
// with a random part so that many callers do not come back together.
func DefaultReadDelay(n int) time.Duration {
	delay := maxReadDelay
	if n < 7 { // 0.2 s doubled six times is above the maximum
		delay = min(firstReadDelay<<max(n-1, 0), maxReadDelay)
	}
	return delay/2 + rand.N(delay/2)
}

// pace waits for the limiter. Nothing has been sent when it fails.
func (c *Client) pace(ctx context.Context, op Operation) error {
	if c.config.Limiter == nil {
		return nil
	}
	err := c.config.Limiter.Wait(ctx)
	if err == nil {
		return nil
	}
	class := ErrThrottled
	if ctx.Err() != nil {
		class = ErrUnavailable
	}
	return &Error{Operation: op.Name, Class: class, Message: "held back by the client's own limiter", Err: err}
}

// do sends a request and judges its answer, and repeats it where that is asked for and harmless. Every error is an *Error.
func (c *Client) do(ctx context.Context, op Operation, r *request) (*answer, error) {
	for n := 1; ; n++ {
		answer, err := c.once(ctx, op, r)
		if err == nil || op.Mutates || n > c.config.ReadRetries || !passes(err) {
			return answer, err
		}
		delay := DefaultReadDelay(n)
		if c.config.ReadDelay != nil {
			delay = c.config.ReadDelay(n)
		}
		if sleep(ctx, max(delay, retryAfterOf(err))) != nil {
			return nil, err
		}
	}
}

// passes tells whether a failed read may succeed when it is repeated. What the client's own limiter refuses, it refuses again.
func passes(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Class == ErrUnavailable || e.Class == ErrThrottled && e.HTTPStatus != 0)
}

// retryAfterOf is how long the server asked to wait.
func retryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
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
