package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// step carries out a verb that changes something on the way to the new version: not
// while the release is paused, and not while a freeze holds. A fault of class
// FaultFrozen means that the release was stopped before that; nothing was changed.
func step[Out any](ctx workflow.Context, r *run, order func(override bool) (release.Verb, any)) (Out, *fault) {
	var none Out
	for {
		if f := r.awaitResume(ctx); f != nil {
			return none, f
		}
		v, in := order(r.override)
		out, f := call[Out](ctx, r.platform, v, in)
		if f == nil || f.class != release.FaultFrozen {
			return out, f
		}
		if f := r.awaitThaw(ctx, f.freeze); f != nil {
			return none, f
		}
	}
}

// stopped is the fault of a step that was not carried out because the release was
// stopped; nil when it was not.
func (r *run) stopped() *fault {
	if r.abort == nil {
		return nil
	}
	return &fault{class: release.FaultFrozen, text: because(r.abort)}
}

// awaitResume waits until the release is not paused.
func (r *run) awaitResume(ctx workflow.Context) *fault {
	if !r.p.Paused || r.abort != nil {
		return r.stopped()
	}
	back := r.halt(ctx, release.AwaitResume, "", 0)
	_ = workflow.Await(ctx, func() bool { return !r.p.Paused || r.abort != nil })
	back()
	return r.refresh(ctx)
}

// awaitThaw waits until no freeze holds or somebody has passed over it.
func (r *run) awaitThaw(ctx workflow.Context, by release.Freeze) *fault {
	back := r.halt(ctx, release.AwaitThaw, frozenBy(by), until(ctx, by))
	look, abandon := workflow.WithCancel(ctx)
	open := awaitOpen(look, r.p.App)
	_ = workflow.Await(ctx, func() bool { return open.IsReady() || r.override || r.abort != nil })
	abandon()
	back()
	return r.refresh(ctx)
}

// awaitSchedule waits for the time of day at which the first batch may begin.
func (r *run) awaitSchedule(ctx workflow.Context) *fault {
	first, scheduled := r.p.Strategy.WaitsFor(1)
	if !scheduled {
		return nil
	}
	at, err := first.Next(workflow.Now(ctx))
	if err != nil {
		return &fault{class: release.FaultInvalid, text: "strategy.schedule: " + err.Error()}
	}
	if d := at.Sub(workflow.Now(ctx)); d > 0 {
		r.wait(ctx, release.AwaitSchedule, 1, d)
		_ = workflow.Await(ctx, func() bool { return passed(r.deadline) || r.abort != nil })
		r.leave()
		return r.refresh(ctx)
	}
	return nil
}

// refresh reads the application again after a wait in which anybody may have changed
// it: what is returned to, and what counts as begun before.
func (r *run) refresh(ctx workflow.Context) *fault {
	if f := r.stopped(); f != nil {
		return f
	}
	if f := r.read(ctx); f != nil {
		return f
	}
	return r.stopped()
}

// halt shows the release as paused and returns the way back to where it was.
func (r *run) halt(ctx workflow.Context, kind release.AwaitKind, reason string, d time.Duration) (back func()) {
	before, safe := r.p.Phase, r.atSafePoint
	r.wait(ctx, kind, 0, d)
	r.rest(ctx, reason)
	r.reachSafePoint(true)
	return func() {
		r.leave()
		r.atSafePoint = safe
		if r.abort == nil {
			r.enter(ctx, before, "")
			r.news.tell(r.p, release.EventResumed, r.pauses)
		}
	}
}

// rest enters the phase Paused and tells it.
func (r *run) rest(ctx workflow.Context, reason string) {
	r.enter(ctx, release.PhasePaused, reason)
	r.pauses++
	r.news.tell(r.p, release.EventPaused, r.pauses)
}

// frozenBy says in words what holds the release.
func frozenBy(by release.Freeze) string { return "held by freeze " + by.Name + ": " + by.Reason }

// until is how long a freeze lasts yet; 0 when nobody knows.
func until(ctx workflow.Context, by release.Freeze) time.Duration {
	if by.Until.IsZero() {
		return 0
	}
	return max(by.Until.Sub(workflow.Now(ctx)), time.Second)
}

// awaitOpen begins to wait for the end of all freezes. The server retries the look, so
// that waiting costs no history.
func awaitOpen(ctx workflow.Context, app release.App) workflow.Future {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: attemptLimit,
		RetryPolicy:         retries(),
		Priority:            temporal.Priority{PriorityKey: priorityLook, FairnessKey: app.ID},
	})
	return workflow.ExecuteActivity(ctx, release.AwaitOpenActivity, release.AwaitOpenInput{App: app})
}
