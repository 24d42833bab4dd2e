package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Task priorities within a platform's task queue: what changes something goes before
// what only looks.
const (
	priorityChange = 2
	priorityLook   = 4
)

// How long a verb is tried before the release gives up on it. Looks that wait
// have none: their waits are bounded by the limits of the release.
const (
	readLimit   = 30 * time.Minute
	changeLimit = time.Hour
)

// attemptLimit bounds one attempt of an activity; the driver's own timeouts are
// shorter, so it only passes when a worker died.
const attemptLimit = time.Minute

// platform calls the verbs of one application's platform. It is the seam where other
// platforms plug in: a verb is an activity named <platform>.<Verb> on the platform's
// own task queue.
type platform struct{ app release.App }

// limit returns how long a verb is tried; 0 is forever.
func limit(v release.Verb) time.Duration {
	switch v {
	case release.VerbSnapshot, release.VerbVerify:
		return readLimit
	case release.VerbObserve, release.VerbAwaitIdle:
		return 0
	case release.VerbBeginRollout, release.VerbConfirmBatch, release.VerbAbortRollout, release.VerbBeginRollback,
		release.VerbBeginRestart, release.VerbBeginRescale, release.VerbSetScaling, release.VerbApplyTraffic, release.VerbClearTraffic:
		return changeLimit
	}
	return changeLimit
}

// retries is how activities are tried again: soon at first, and for as long as their
// limits allow.
func retries() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute}
}

func (p platform) options(v release.Verb) workflow.ActivityOptions {
	priority := priorityChange
	if limit(v) == 0 {
		priority = priorityLook
	}
	return workflow.ActivityOptions{
		TaskQueue:              release.PlatformTaskQueue(p.app.Platform, p.app.Region),
		StartToCloseTimeout:    attemptLimit,
		ScheduleToCloseTimeout: limit(v),
		RetryPolicy:            retries(),
		Priority:               temporal.Priority{PriorityKey: priority, FairnessKey: p.app.ID},
	}
}

// begin schedules a verb and returns at once.
func (p platform) begin(ctx workflow.Context, v release.Verb, in any) workflow.Future {
	ctx = workflow.WithActivityOptions(ctx, p.options(v))
	return workflow.ExecuteActivity(ctx, release.ActivityName(p.app.Platform, v), in)
}

// call carries a verb out and decodes its result.
func call[Out any](ctx workflow.Context, p platform, v release.Verb, in any) (Out, *fault) {
	var out Out
	if err := p.begin(ctx, v, in).Get(ctx, &out); err != nil {
		return out, newFault(v, err)
	}
	return out, nil
}

// fault is an activity's error as a workflow handles it.
type fault struct {
	verb  release.Verb
	class release.Fault
	text  string
	// freeze is what holds the change back, for class FaultFrozen.
	freeze release.Freeze
}

// String says which verb failed and why, in words fit for a reason. What no verb has
// found has none.
func (f *fault) String() string {
	if f.verb == "" {
		return f.text
	}
	return fmt.Sprintf("%s: %s", f.verb, f.text)
}

// err is the fault as the failure of a workflow.
func (f *fault) err() error {
	return temporal.NewNonRetryableApplicationError(f.String(), string(f.class), nil)
}

// newFault finds the class of an activity's error. A verb that ran out of time has an
// unknown effect.
func newFault(v release.Verb, err error) *fault {
	app, known := errors.AsType[*temporal.ApplicationError](err)
	_, late := errors.AsType[*temporal.TimeoutError](err)
	switch {
	case late && known:
		return &fault{verb: v, class: release.FaultAmbiguous, text: "no success within the limit; last: " + app.Message()}
	case late:
		return &fault{verb: v, class: release.FaultAmbiguous, text: "no success within the limit"}
	case known:
		f := &fault{verb: v, class: release.Fault(app.Type()), text: app.Message()}
		if f.class == release.FaultFrozen && app.HasDetails() {
			_ = app.Details(&f.freeze) // without it the freeze has no name and no end
		}
		return f
	default:
		return &fault{verb: v, class: release.FaultAmbiguous, text: err.Error()}
	}
}
