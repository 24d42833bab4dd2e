package clientrt

import (
	"context"

	"slipway/cloudapi"
)

// pace waits for the limiter. Nothing has been sent when it fails.
func (c *Caller) pace(ctx context.Context, op cloudapi.Operation) error {
	if c.Limiter == nil {
		return nil
	}
	err := c.Limiter.Wait(ctx)
	if err == nil {
		return nil
	}
	class := cloudapi.ErrThrottled
	if ctx.Err() != nil {
		class = cloudapi.ErrUnavailable
	}
	return &cloudapi.Error{Client: c.API.Client, Operation: op.Name, Class: class, Message: "held back by the client's own limiter", Err: err}
}

// do sends a request and judges its answer, and repeats it where that is asked for and
// harmless. Every error is an *cloudapi.Error.
func (c *Caller) do(ctx context.Context, op cloudapi.Operation, r *Request) (*answer, error) {
	for n := 1; ; n++ {
		answer, err := c.once(ctx, op, r)
		if err == nil || op.Mutates || n > c.ReadRetries || !cloudapi.Repeatable(err) {
			return answer, err
		}
		delay := cloudapi.DefaultReadDelay(n)
		if c.ReadDelay != nil {
			delay = c.ReadDelay(n)
		}
		if cloudapi.Sleep(ctx, max(delay, cloudapi.RetryAfter(err))) != nil {
			return nil, err
		}
	}
}
