package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// quickLimit is how long the bus may take to store events on the quick way.
const quickLimit = 3 * time.Second

const (
	// maxLot is how many events are handed over at a time: with [release.MaxEventSize] they
	// have a mebibyte, half of what Temporal takes.
	maxLot = 16
	// maxWhole is how many events may wait as they are. Those behind them are cut harder, so
	// that neither the memory of a worker nor a history grows much while the bus is away.
	maxWhole = 64
)

// publisher tells lifecycle events in their order without holding the release up: a
// coroutine hands over what has gathered, one lot at a time.
//
// The quick way is a local activity, which writes a single event into the history and
// none of the payload. Only a lot that the bus does not take at once is left to an activity,
// which the server retries for as long as the bus is away; what gathers meanwhile waits here.
// A release that ends does not wait for it, see [handOver].
type publisher struct {
	// queue are the events that were emitted and not delivered, the oldest first.
	queue []release.Event
	// away tells that the bus has not taken the first of them at once.
	away bool
	// unsure tells that the last of them is an end that was decided in the workflow task which tells it, see ended.
	unsure bool
	// source is the workflow ID of what tells.
	source string
	now    func() time.Time
	stop   workflow.CancelFunc
}

func startPublisher(ctx workflow.Context, workflowID string) *publisher {
	b := &publisher{source: workflowID, now: func() time.Time { return workflow.Now(ctx) }}
	ctx, b.stop = workflow.WithCancel(withBus(ctx))
	workflow.Go(ctx, b.run)
	return b
}

// emit gives the transition its number and queues its event, with the progress as it is now.
func (b *publisher) emit(p *release.Progress, kind release.EventKind) {
	p.Transition++
	b.queue = append(b.queue, eventOf(p.Fit(b.room()), kind, b.now()))
}

// ended is told that the last event in the queue is the end, and whether a command or a limit has decided it just now, in this very workflow task.
//
// What a local activity tells it tells before Temporal has what led to it. A workflow task that ends the workflow is tried again where a signal
// came meanwhile, and then takes that signal in beside the command or the limit that decided the end: it would tell another story.
// So such an end is told once Temporal has it.
func (b *publisher) ended(now bool) { b.unsure = now }

// emitSet does so for a set.
func (b *publisher) emitSet(p *release.SetProgress, kind release.EventKind) {
	p.Transition++
	b.queue = append(b.queue, release.Event{
		ID: release.EventID(p.SetID, p.Transition, kind), Kind: kind, At: b.now(), Set: new(p.Fit(release.MaxTold)),
	})
}

// note lets the ledger know how far the release has come, though that is no transition: what is
// recorded before the first change stands there, too (R13, R15).
func (b *publisher) note(p *release.Progress) {
	b.queue = append(b.queue, release.Event{At: b.now(), Progress: p.Fit(b.room())})
}

// noteSet does so for a set.
func (b *publisher) noteSet(p *release.SetProgress) {
	b.queue = append(b.queue, release.Event{At: b.now(), Set: new(p.Fit(release.MaxTold))})
}

// eventOf is the event of the transition that the progress shows.
func eventOf(p release.Progress, kind release.EventKind, at time.Time) release.Event {
	return release.Event{ID: release.EventID(p.ReleaseID, p.Transition, kind), Kind: kind, At: at, Progress: p}
}

// room is how large the progress of the next event may be.
func (b *publisher) room() int {
	if len(b.queue) < maxWhole {
		return release.MaxTold
	}
	return release.MaxAnswer
}

func (b *publisher) run(ctx workflow.Context) {
	for {
		if workflow.Await(ctx, func() bool { return len(b.queue) > 0 }) != nil {
			return
		}
		lot := b.queue[:min(len(b.queue), maxLot)]
		told := quickly
		if b.unsure {
			told = once
		}
		if !told(ctx, lot) {
			b.away = true
			patiently(ctx, lot)
			b.away = false
		}
		if ctx.Err() != nil {
			return // somebody else delivers them
		}
		b.queue = slices.Clone(b.queue[len(lot):]) // what was delivered does not stay in memory
	}
}

// withBus lets a context call the bus, on the quick way and on the patient one.
func withBus(ctx workflow.Context) workflow.Context {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: quickLimit,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
	})
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: attemptLimit,
		HeartbeatTimeout:    heartbeatLimit,
		RetryPolicy:         retries(),
		Summary:             "publish what has happened, once the bus takes it",
	})
}

// quickly reports whether the bus took a lot at once.
func quickly(ctx workflow.Context, lot []release.Event) bool {
	return workflow.ExecuteLocalActivity(ctx, release.PublishActivity, release.PublishInput{Events: lot}).Get(ctx, nil) == nil
}

// onceLimit is how long a worker and the bus may take together to store an end that Temporal has already.
const onceLimit = 3 * quickLimit

// once reports whether the bus took a lot at once, and asks it when Temporal has all that led to it.
func once(ctx workflow.Context, lot []release.Event) bool {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		ScheduleToCloseTimeout: onceLimit, StartToCloseTimeout: quickLimit, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary: "publish the end, which was decided just now",
	})
	return workflow.ExecuteActivity(ctx, release.PublishActivity, release.PublishInput{Events: lot}).Get(ctx, nil) == nil
}

// patiently returns when the bus has taken a lot, however long that takes, or when the
// context was cancelled.
func patiently(ctx workflow.Context, lot []release.Event) {
	err := workflow.ExecuteActivity(ctx, release.PublishActivity, release.PublishInput{Events: lot}).Get(ctx, nil)
	if err != nil && ctx.Err() == nil {
		workflow.GetLogger(ctx).Error("lifecycle events left out", "error", err)
	}
}

// flush returns when everything told so far was delivered, or is left to somebody who will:
// at the end of a release only the quick way is waited for.
func (b *publisher) flush(ctx workflow.Context) {
	// The context is disconnected: the only error of Await, cancellation, cannot come.
	_ = workflow.Await(ctx, func() bool { return len(b.queue) == 0 || b.away })
	b.stop()
	handOver(ctx, b.source, b.queue)
}
