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

// quickLimit is how long the bus may take to store events on the quick way.
const quickLimit = 3 * time.Second

// announcer tells lifecycle events in their order without holding the release up: a
// coroutine hands over everything that has gathered, one lot at a time.
//
// The quick way is a local activity, which writes a single event into the history and
// none of the payload. Only a bus that does not answer at once is left to an activity,
// which the server retries.
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

// tellSet queues an event of a set with its progress as it is now.
func (a *announcer) tellSet(p release.SetProgress, kind release.EventKind, wave int) {
	a.queue = append(a.queue, release.Event{ID: release.EventID(p.SetID, kind, wave), Kind: kind, Set: new(p.Clone())})
}

func (a *announcer) run(ctx workflow.Context) {
	ctx = withBus(ctx)
	for {
		if workflow.Await(ctx, func() bool { return len(a.queue) > 0 }) != nil {
			return
		}
		in := release.PublishInput{Events: a.queue}
		a.queue, a.busy = nil, true
		if err := deliver(ctx, in); err != nil {
			workflow.GetLogger(ctx).Error("lifecycle events dropped", "count", len(in.Events), "error", err)
		}
		a.busy = false
	}
}

// withBus lets a context call the bus, on the quick way and on the patient one.
func withBus(ctx workflow.Context) workflow.Context {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: quickLimit,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    attemptLimit,
		HeartbeatTimeout:       heartbeatLimit,
		ScheduleToCloseTimeout: announceLimit,
		RetryPolicy:            retries(),
	})
}

func deliver(ctx workflow.Context, in release.PublishInput) error {
	if workflow.ExecuteLocalActivity(ctx, release.PublishActivity, in).Get(ctx, nil) == nil {
		return nil
	}
	return workflow.ExecuteActivity(ctx, release.PublishActivity, in).Get(ctx, nil)
}

// flush returns when everything told so far was delivered or dropped.
func (a *announcer) flush(ctx workflow.Context) {
	// The context is disconnected: the only error of Await, cancellation, cannot come.
	_ = workflow.Await(ctx, func() bool { return len(a.queue) == 0 && !a.busy })
}
