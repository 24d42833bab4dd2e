package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// will is what governs every attempt of a step towards the new version (R11).
type will struct{ stopped, paused, override bool }

func (r *run) will() will { return will{r.abort != nil, r.p.Paused, r.override} }

// advance carries out a verb that takes the application towards the new version, for as
// long as the will of the release stays what it was when it began. A change of the will
// ends its attempts: what was not sent is not sent any more ([release.FaultStopped]), and
// what may have been sent is told by a fault of which actedMaybe is true.
func advance[Out any](ctx workflow.Context, r *run, t call[Out]) (Out, *fault) {
	t.began = workflow.Now(ctx)
	return attempt(ctx, r, t, r.willChange())
}

// willChange tells whether the will has become another one since now.
func (r *run) willChange() func() bool {
	was := r.will()
	return func() bool { return r.will() != was }
}

// step advances, not while the release is paused and not while a freeze or a foreign change
// order holds it; after each such wait the application is read again. It ends with
// [release.FaultStopped] only when the release was stopped.
func step[Out any](ctx workflow.Context, r *run, next func(override bool) call[Out]) (Out, *fault) {
	var none Out
	for tries := 0; ; tries++ {
		if f := r.awaitResume(ctx); f != nil {
			return none, f
		}
		out, f := advance(ctx, r, next(r.override))
		if f == nil {
			return out, nil
		}
		switch f.class { //nolint:exhaustive // each other fault ends the step
		case release.FaultStopped:
			f = r.stopped() // nil where the release was paused, or may pass over freezes now
		case release.FaultFrozen:
			f = r.awaitThaw(ctx, f.freeze)
		case release.FaultConflict:
			r.backOff(ctx, tries-1, f, r.willChange())
			f = r.refresh(ctx)
		}
		if f != nil {
			return none, f
		}
	}
}

// conclude carries out a verb of the way back or of the end: no word stops it, and no
// freeze; it has a day. A foreign change order is waited for by looking.
func conclude[Out any](ctx workflow.Context, r *run, t call[Out]) (Out, *fault) {
	if r.homeBy.IsZero() {
		r.homeBy = workflow.Now(ctx).Add(settleLimit)
	}
	for tries := 0; ; tries++ {
		out, f := insist(ctx, r, t, r.homeBy)
		if f == nil || f.class != release.FaultConflict {
			return out, f
		}
		if g := r.outwait(ctx, f, tries); g != nil {
			return out, g
		}
	}
}

// insist carries a task out that no word stops, until a time.
func insist[Out any](ctx workflow.Context, r *run, t call[Out], until time.Time) (Out, *fault) {
	t.began, t.until = workflow.Now(ctx), until
	return attempt(ctx, r, t, never)
}

func never() bool { return false }

// outwait waits on the way back until a foreign change order has ended; it returns why it
// waits no more.
func (r *run) outwait(ctx workflow.Context, conflict *fault, tries int) *fault {
	if _, f := r.readIdle(ctx); f != nil {
		return f
	}
	r.backOff(ctx, tries, conflict, never)
	if !workflow.Now(ctx).Before(r.homeBy) {
		return conflict
	}
	return nil
}

// The longest and shortest time between two tries of what the platform refuses although
// nothing can be seen that is in the way.
const (
	firstBackOff   = time.Second
	longestBackOff = time.Hour
)

// backOff waits, ever longer, before a verb that failed so is tried for the given number of
// times again; not at all before the first. The wait is shown.
func (r *run) backOff(ctx workflow.Context, tries int, why *fault, unwanted func() bool) {
	if tries < 1 {
		return
	}
	d := longestBackOff
	if shift := tries - 1; shift < 12 {
		d = min(d, firstBackOff<<shift)
	}
	r.stalls(ctx, task{doing: string(why.verb)}, why)
	_, _ = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: d, TimerOptions: workflow.TimerOptions{Summary: "before " + string(why.verb) + " is tried again"},
	}, unwanted)
}

// stopped is the fault of a step that was not carried out because the release was
// stopped; nil when it was not.
func (r *run) stopped() *fault {
	if r.abort == nil {
		return nil
	}
	return &fault{class: release.FaultStopped, text: because(r.abort)}
}

// awaitResume waits until the release is not paused.
func (r *run) awaitResume(ctx workflow.Context) *fault {
	if !r.p.Paused || r.abort != nil {
		return r.stopped()
	}
	back := r.halt(ctx, release.AwaitResume, "", time.Time{})
	_ = workflow.Await(ctx, func() bool { return !r.p.Paused || r.abort != nil })
	back()
	return r.refresh(ctx)
}

// awaitThaw waits until no freeze holds or somebody has passed over it.
func (r *run) awaitThaw(ctx workflow.Context, by release.Freeze) *fault {
	back := r.halt(ctx, release.AwaitThaw, frozenBy(by), by.Until)
	_, f := attempt(ctx, r, r.openTask(), func() bool { return r.override || r.abort != nil })
	back()
	if f != nil && f.class != release.FaultStopped {
		return f
	}
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
	return r.read(ctx)
}

// halt shows the release as paused and returns the way back to where it was.
func (r *run) halt(ctx workflow.Context, kind release.AwaitKind, reason string, until time.Time) (back func()) {
	before, safe := r.p.Phase, r.atSafePoint
	r.await(ctx, kind, 0, until)
	r.rest(ctx, reason)
	r.reachSafePoint(true)
	return func() {
		r.leave()
		r.atSafePoint = safe
		if r.abort == nil {
			r.enter(ctx, before, "")
			r.news.tell(&r.p, release.EventResumed)
		}
	}
}

// rest enters the phase Paused and tells it.
func (r *run) rest(ctx workflow.Context, reason string) {
	r.enter(ctx, release.PhasePaused, reason)
	r.news.tell(&r.p, release.EventPaused)
}

// frozenBy says in words what holds the release.
func frozenBy(by release.Freeze) string { return "held by freeze " + by.Name + ": " + by.Reason }

// openTask waits for the end of all freezes. The server retries the look, so that waiting
// costs no history.
func (r *run) openTask() call[struct{}] {
	return call[struct{}]{task{
		doing: release.AwaitOpenActivity, name: release.AwaitOpenActivity, in: release.AwaitOpenInput{App: r.p.App},
		options: activityOptions(r.p.App, priorityLook),
	}}
}
