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
		v, in := order(r.override)
		if !r.awaitResume(ctx) {
			return none, &fault{verb: v, class: release.FaultFrozen, text: "stopped"}
		}
		out, f := call[Out](ctx, r.platform, v, in)
		if f == nil || f.class != release.FaultFrozen {
			return out, f
		}
		if !r.awaitThaw(ctx, f.freeze) {
			return none, f
		}
	}
}

// awaitResume waits until the release is not paused; false when it was stopped.
func (r *run) awaitResume(ctx workflow.Context) bool {
	if r.p.Paused && r.abort == nil {
		back := r.halt(ctx, release.AwaitResume, "", 0)
		_ = workflow.Await(ctx, func() bool { return !r.p.Paused || r.abort != nil })
		back()
	}
	return r.abort == nil
}

// awaitThaw waits until no freeze holds or somebody has passed over it; false when the
// release was stopped.
func (r *run) awaitThaw(ctx workflow.Context, by release.Freeze) bool {
	back := r.halt(ctx, release.AwaitThaw, frozenBy(by), until(ctx, by))
	look, abandon := workflow.WithCancel(ctx)
	open := awaitOpen(look, r.p.App)
	_ = workflow.Await(ctx, func() bool { return open.IsReady() || r.override || r.abort != nil })
	abandon()
	back()
	return r.abort == nil
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
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute,
		},
		Priority: temporal.Priority{PriorityKey: priorityLook, FairnessKey: app.ID},
	})
	return workflow.ExecuteActivity(ctx, release.AwaitOpenActivity, release.AwaitOpenInput{App: app})
}
