package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// advance carries out a verb that takes the application towards the new version, for as
// long as the will of the release stays what it was when it began. A change of the will
// ends its attempts: what was not sent is not sent any more ([release.FaultStopped]), and
// what may have been sent is told by a fault of which actedMaybe is true.
func advance[Out any](ctx workflow.Context, r *run, t call[Out]) (Out, *fault) {
	t.began = workflow.Now(ctx)
	return attempt(ctx, &r.caller, t, r.changed(&r.p))
}

// step advances, not while the release is paused and not while a freeze or a foreign change
// holds it; after each such wait the application is read again. It ends with
// [release.FaultStopped] only when the release was stopped.
func step[Out any](ctx workflow.Context, r *run, next func(override bool) call[Out]) (Out, *fault) {
	var none Out
	h := holding{r}
	for tries := 0; ; tries++ {
		if f := h.awaitResume(ctx); f != nil {
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
			f = h.awaitFreezeEnd(ctx, f.freeze)
		case release.FaultConflict:
			r.backOff(ctx, tries-1, f, r.changed(&r.p))
			f = h.refresh(ctx)
		}
		if f != nil {
			return none, f
		}
	}
}

// holding is what a release waits for before it takes a step: that nobody pauses it, that no
// freeze holds it, that the time of day has come. The application is read again after each wait.
type holding struct{ *run }

// awaitResume waits until the release is not paused.
func (h holding) awaitResume(ctx workflow.Context) *fault {
	if !h.p.Paused || h.abort != nil {
		return h.stopped()
	}
	back := h.pause(ctx, release.Awaiting{Kind: release.AwaitResume}, "")
	_ = workflow.Await(ctx, func() bool { return !h.p.Paused || h.abort != nil })
	back()
	return h.refresh(ctx)
}

// awaitFreezeEnd waits until no freeze holds or somebody has passed over it.
func (h holding) awaitFreezeEnd(ctx workflow.Context, by release.Freeze) *fault {
	back := h.pause(ctx, frozen(by, 0), frozenBy(by))
	_, f := attempt(ctx, &h.caller, h.openTask(by), func() bool { return h.override || h.abort != nil })
	for f != nil && f.class == release.FaultFrozen { // by another freeze
		h.showFreeze(f.freeze)
		_, f = attempt(ctx, &h.caller, h.openTask(f.freeze), func() bool { return h.override || h.abort != nil })
	}
	back()
	if f != nil && f.class != release.FaultStopped {
		return f
	}
	return h.refresh(ctx)
}

// frozen is the wait for the end of a freeze.
func frozen(by release.Freeze, batch int) release.Awaiting {
	return release.Awaiting{Kind: release.AwaitFreeze, Batch: batch, Until: by.Until, Freeze: by.Name, Stop: by.Stop}
}

// showFreeze shows that another freeze has come to hold the release that a freeze holds already.
func (r *run) showFreeze(by release.Freeze) {
	since := r.p.Awaiting.Since
	*r.p.Awaiting = frozen(by, r.p.Awaiting.Batch)
	r.p.Awaiting.Since = since
	r.p.Reason = frozenBy(by)
	r.show()
}

// awaitStart waits for what comes before the first change of a release that is read and checked.
func (h holding) awaitStart(ctx workflow.Context) *fault {
	if f := h.stillPromoted(ctx); f != nil {
		return f
	}
	if f := h.awaitApproval(ctx); f != nil {
		return f
	}
	return h.awaitSchedule(ctx)
}

// awaitSchedule waits for the time of day at which the first batch may begin.
func (h holding) awaitSchedule(ctx workflow.Context) *fault {
	first, scheduled := h.p.Strategy.WaitsFor(1)
	if !scheduled {
		return nil
	}
	at, err := first.Next(workflow.Now(ctx))
	if err != nil {
		return &fault{class: release.FaultInvalid, text: "strategy.schedule: " + err.Error()}
	}
	if d := at.Sub(workflow.Now(ctx)); d > 0 {
		h.wait(ctx, release.AwaitSchedule, 1, d)
		_ = workflow.Await(ctx, func() bool { return passed(h.deadline) || h.abort != nil })
		h.endWait(ctx)
		return h.refresh(ctx)
	}
	return nil
}

// refresh reads the application again after a wait in which anybody may have changed
// it: what is returned to, and what counts as begun before.
func (h holding) refresh(ctx workflow.Context) *fault {
	if f := h.stopped(); f != nil || h.brought {
		return f
	}
	if f := (preparation{run: h.run}).read(ctx); f != nil {
		return f
	}
	if f := h.stillPromoted(ctx); f != nil {
		return f
	}
	return h.stillApproved()
}

// pause shows the release as paused and returns the way back to where it was.
func (h holding) pause(ctx workflow.Context, a release.Awaiting, reason string) (back func()) {
	before, safe := h.p.Phase, h.atSafePoint
	h.startAwaiting(ctx, a)
	h.enterPaused(ctx, reason)
	h.reachSafePoint(true)
	return func() {
		h.endWait(ctx)
		h.atSafePoint = safe
		if h.abort == nil {
			h.enter(ctx, before, "")
			h.events.emit(&h.p, release.EventResumed)
		}
	}
}

// enterPaused enters the phase Paused and tells it.
func (r *run) enterPaused(ctx workflow.Context, reason string) {
	r.enter(ctx, release.PhasePaused, reason)
	r.events.emit(&r.p, release.EventPaused)
}

// frozenBy says in words what holds the release.
func frozenBy(by release.Freeze) string { return "held by freeze " + by.Name + ": " + by.Reason }

// openTask waits for the end of all freezes, or for another than the given one. The server retries
// the look, so that waiting costs no history.
func (h holding) openTask(by release.Freeze) call[struct{}] {
	return read[struct{}](h.p.App, release.AwaitOpenActivity, release.AwaitOpenInput{App: h.p.App, Known: by})
}
