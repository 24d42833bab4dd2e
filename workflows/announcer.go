package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// announceLimit is how long the bus may be away before a release drops the events it
// could not deliver; it never waits for them before its end.
const announceLimit = time.Hour

// announcer tells lifecycle events in their order without holding the release up: a
// coroutine hands everything that has gathered to one activity at a time.
type announcer struct {
	queue []release.Event
	busy  bool
}

func startAnnouncer(ctx workflow.Context) *announcer {
	a := &announcer{}
	workflow.Go(ctx, a.run)
	return a
}

// tell queues an event with the progress as it is now.
func (a *announcer) tell(p release.Progress, kind release.EventKind, batch int) {
	a.queue = append(a.queue, release.Event{
		ID: release.EventID(p.ReleaseID, kind, batch), Kind: kind, Progress: p.Clone(),
	})
}

func (a *announcer) run(ctx workflow.Context) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attemptLimit,
		ScheduleToCloseTimeout: announceLimit,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
		},
	})
	for {
		if workflow.Await(ctx, func() bool { return len(a.queue) > 0 }) != nil {
			return
		}
		batch := a.queue
		a.queue, a.busy = nil, true
		err := workflow.ExecuteActivity(ctx, release.PublishActivity, release.PublishInput{Events: batch}).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Error("lifecycle events dropped", "count", len(batch), "error", err)
		}
		a.busy = false
	}
}

// flush returns when everything told so far was delivered or dropped.
func (a *announcer) flush(ctx workflow.Context) {
	// The context is disconnected: the only error of Await, cancellation, cannot come.
	_ = workflow.Await(ctx, func() bool { return len(a.queue) == 0 && !a.busy })
}
