package saeclient

import (
	"context"
	"errors"
	"time"

	"slipway/cloudapi"
)

// SubStatus of a change order (SAE API reference ch. 14.3).
const (
	// ChangeOrderNormal: nothing is wrong.
	ChangeOrderNormal = 0
	// ChangeOrderBroken: a batch has failed; the order stays at ChangeOrderRunning until
	// AbortAndRollbackChangeOrder.
	ChangeOrderBroken = 1
)

// Finished reports whether the order is over, for better or worse: only ChangeOrderSuccess is success.
func (o DescribeChangeOrderData) Finished() bool { return ChangeOrderFinished(o.Status) }

// NeedsSomebody reports whether the order goes on only when somebody acts: it waits for
// ConfirmPipelineBatch or for an approval, or a batch has failed and the order waits for
// AbortAndRollbackChangeOrder.
func (o DescribeChangeOrderData) NeedsSomebody() bool {
	switch o.Status {
	case ChangeOrderWaitBatchConfirm, ChangeOrderWaitApproval:
		return true
	case ChangeOrderRunning:
		return o.SubStatus == ChangeOrderBroken
	}
	return false
}

// NextPipelineID is the ID to confirm with ConfirmPipelineBatch: that of the batch after the
// current one (SAE API reference ch. 5). It is false when there is no such batch.
func (o DescribeChangeOrderData) NextPipelineID() (string, bool) {
	for i, p := range o.Pipelines[:max(len(o.Pipelines)-1, 0)] {
		if p.PipelineID == o.CurrentPipelineID {
			return o.Pipelines[i+1].PipelineID, true
		}
	}
	return "", false
}

// Pace of Client.WaitForChangeOrder.
const (
	// DefaultWaitDelay is the time between two looks at a change order that is at work.
	DefaultWaitDelay = 2 * time.Second
	// DefaultParkedDelay is the time between two looks at a change order that waits for somebody.
	DefaultParkedDelay = 30 * time.Second
)

// WaitOptions adjust Client.WaitForChangeOrder. The zero value waits until the order is finished.
type WaitOptions struct {
	// Until ends the wait early, for example DescribeChangeOrderData.NeedsSomebody. Nil waits for the end.
	Until func(DescribeChangeOrderData) bool
	// Seen is called with what each look shows, if it is not nil.
	Seen func(DescribeChangeOrderData)
	// Delay is the time before the next look, given what the last one showed. Nil means DefaultWaitDelay, and
	// DefaultParkedDelay while the order needs somebody.
	Delay func(DescribeChangeOrderData) time.Duration
	// Failures is how many looks in a row may fail with ErrUnavailable or ErrThrottled before
	// the wait gives up.
	Failures int
	// Sleep waits between looks; it returns early with an error when ctx ends. Nil sleeps by the clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// WaitForChangeOrder looks at a change order until it is finished, or until options.Until says
// so, and returns what it saw last. How a finished order ended is in its Status: an order that
// failed is no error.
//
// The wait ends with an error when a look fails, or when ctx ends, which then is what errors.Is
// finds; what was seen last comes with it. Give ctx a deadline: an order that waits for a
// person may wait for ever.
func (c *Client) WaitForChangeOrder(ctx context.Context, id string, options WaitOptions) (DescribeChangeOrderData, error) {
	options = options.withDefaults()
	last, err := cloudapi.Waiter[DescribeChangeOrderData]{
		Look: func(ctx context.Context) (DescribeChangeOrderData, error) {
			out, err := c.DescribeChangeOrder(ctx, &DescribeChangeOrderInput{ChangeOrderID: id})
			if err != nil {
				return DescribeChangeOrderData{}, err
			}
			options.Seen(out.Data)
			return out.Data, nil
		},
		Done:  func(seen DescribeChangeOrderData) bool { return seen.Finished() || options.Until(seen) },
		Delay: options.Delay, FailureDelay: DefaultWaitDelay, Failures: options.Failures, Sleep: options.Sleep,
	}.Wait(ctx)
	if _, ofLook := errors.AsType[*cloudapi.Error](err); err != nil && !ofLook {
		err = &cloudapi.Error{
			Client: api().Client, Operation: "DescribeChangeOrder", Class: cloudapi.ErrUnavailable,
			Message: "change order " + id + " was not awaited to its end", Err: err,
		}
	}
	return last, err
}

// withDefaults fills in what is not set.
func (o WaitOptions) withDefaults() WaitOptions {
	if o.Until == nil {
		o.Until = func(DescribeChangeOrderData) bool { return false }
	}
	if o.Seen == nil {
		o.Seen = func(DescribeChangeOrderData) {}
	}
	if o.Delay == nil {
		o.Delay = func(seen DescribeChangeOrderData) time.Duration {
			if seen.NeedsSomebody() {
				return DefaultParkedDelay
			}
			return DefaultWaitDelay
		}
	}
	return o
}
