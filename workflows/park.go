package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// heldBatch is a finished batch that holds the next one back: what it has passed, and what
// it waits for.
type heldBatch struct {
	batch int
	// bakedAt is when the bake time has passed.
	bakedAt  time.Time
	measured bool
	// ask tells that a person must confirm, and doubt why where policy did not ask for it.
	ask   bool
	doubt string
	// asked tells that the world knows that a person is awaited.
	asked bool
	due   bool
	// frozen is what holds the confirmation back.
	frozen *release.Freeze
	// gates is the measuring under way; freezeEnd is the look at the calendar.
	gates     *measurement
	freezeEnd workflow.Future
	// cancel ends them.
	cancel workflow.CancelFunc
}

// park holds the next batch back until the finished one has baked, was measured, and
// was confirmed. A batch after which the next one had begun already does not park again:
// the next one has failed, and nobody is asked twice (R9).
func (f *follower) park(ctx workflow.Context) (act release.Action, done bool) {
	batch := f.seen.Batch
	if batch <= f.past {
		what := fmt.Sprintf("batch %d failed: the platform is back in the pause after batch %d", batch+1, batch)
		return f.breakOff(ctx, cause{text: failure(what, f.seen)})
	}
	if f.held != nil && f.held.batch == batch {
		return release.ActWatch, false
	}
	f.unpark()
	_, scheduled := f.p.Strategy.WaitsFor(batch + 1)
	f.held = &heldBatch{
		batch:    batch,
		bakedAt:  workflow.Now(ctx).Add(f.p.Strategy.Bake.Std()),
		measured: len(f.p.Strategy.Gates) == 0,
		ask:      f.p.Strategy.Confirm != release.ConfirmAuto,
		due:      !scheduled,
	}
	f.reachSafePoint(true)
	return release.ActWatch, false
}

// unpark forgets the finished batch: the next one has begun, or the way goes back.
func (f *follower) unpark() {
	if f.held != nil && f.held.cancel != nil {
		f.held.cancel()
	}
	f.held, f.confirmed = nil, 0
	f.reachSafePoint(false)
}

// nextOfHeld is what there is to react to while a finished batch is parked.
func (f *follower) nextOfHeld(ctx workflow.Context) reaction {
	h := f.held
	switch kind := f.waitReason(ctx); {
	case h.gates.answered(ctx):
		return f.measured
	case h.freezeEnd != nil && h.freezeEnd.IsReady():
		return f.freezeEnded
	case kind == release.AwaitSchedule && f.awaits() == kind && passed(f.deadline):
		return func(workflow.Context) (release.Action, bool) {
			h.due = true
			return release.ActWatch, false
		}
	case kind == "":
		return f.confirm
	case f.awaits() != kind || f.p.Awaiting.Batch != h.batch:
		return func(ctx workflow.Context) (release.Action, bool) {
			f.beginWait(ctx, kind)
			return release.ActWatch, false
		}
	default:
		return nil
	}
}

// freezeEnded tries the confirmation again, unless another freeze has come to hold it. A look at the
// calendar that has failed says nothing: the guard before the confirmation asks once more.
func (f *follower) freezeEnded(ctx workflow.Context) (act release.Action, done bool) {
	h := f.held
	err := h.freezeEnd.Get(ctx, nil)
	h.frozen, h.freezeEnd = nil, nil
	if err == nil {
		f.clearStall(release.AwaitOpenActivity)
		return release.ActWatch, false
	}
	if by := newFault(release.AwaitOpenActivity, err); by.class == release.FaultFrozen {
		f.clearStall(release.AwaitOpenActivity)
		h.frozen = &by.freeze
		f.showFreeze(by.freeze)
		h.cancel() // it has ended; this lets its context go
		h.freezeEnd = f.start(f.cancellable(ctx), holding{f.run}.openTask(by.freeze).task)
	}
	return release.ActWatch, false
}

// waitReason answers what the finished batch waits for now.
func (f *follower) waitReason(ctx workflow.Context) release.AwaitKind {
	h := f.held
	return release.HeldBatch{
		Paused: f.p.Paused, Baked: !workflow.Now(ctx).Before(h.bakedAt), Measured: h.measured, Ask: h.ask,
		Doubt: h.doubt != "", Confirmed: f.confirmed == h.batch, Standing: f.allConfirmed(f.changeID), Approve: f.p.Strategy.Approval != nil, Due: h.due, Frozen: h.frozen != nil && !f.override,
	}.Awaits()
}

// beginWait begins what the finished batch waits for.
func (f *follower) beginWait(ctx workflow.Context, kind release.AwaitKind) {
	h := f.held
	if h.cancel != nil {
		h.cancel()
		h.cancel, h.gates, h.freezeEnd = nil, nil, nil
	}
	resumed := f.p.Phase == release.PhasePaused
	switch kind {
	case release.AwaitResume:
		f.startWait(ctx, kind, h.batch, time.Time{})
		f.enterPaused(ctx, "")
		return
	case release.AwaitFreeze:
		f.startAwaiting(ctx, frozen(*h.frozen, h.batch))
		h.freezeEnd = f.start(f.cancellable(ctx), holding{f.run}.openTask(*h.frozen).task)
		f.enterPaused(ctx, frozenBy(*h.frozen))
		return
	case release.AwaitBake:
		f.wait(ctx, kind, h.batch, h.bakedAt.Sub(workflow.Now(ctx)))
		f.enter(ctx, release.PhaseRollingOut, "")
	case release.AwaitGates:
		f.measure(ctx)
	case release.AwaitConfirm:
		f.ask(ctx)
	case release.AwaitApproval:
		f.askPeople(ctx)
	case release.AwaitSchedule:
		f.schedule(ctx)
	case release.AwaitQueue, release.AwaitOtherChange, release.AwaitPlatformApproval, release.AwaitWatch:
	}
	if resumed {
		f.events.emit(&f.p, release.EventResumed)
	}
}

func (f *follower) cancellable(ctx workflow.Context) workflow.Context {
	ctx, f.held.cancel = workflow.WithCancel(ctx)
	return ctx
}

func (f *follower) ask(ctx workflow.Context) {
	h := f.held
	f.wait(ctx, release.AwaitConfirm, h.batch, f.spec.Limits.Confirm.Std())
	f.enter(ctx, release.PhaseAwaitingConfirm, h.doubt)
	if !h.asked {
		h.asked = true
		f.events.emit(&f.p, release.EventBatchWaiting)
	}
}

// askPeople asks for the approval of the finished batch. Who has given it before a pause need not do so again.
func (f *follower) askPeople(ctx workflow.Context) {
	h := f.held
	f.p.Approval = f.p.ApprovalOfBatch(h.batch, f.changeID)
	f.askApproval(ctx)
	f.enter(ctx, release.PhaseAwaitingConfirm, h.doubt)
	if !h.asked {
		h.asked = true
		f.events.emit(&f.p, release.EventApprovalWaiting)
	}
}

// schedule waits for the time of day at which the next batch may begin.
func (f *follower) schedule(ctx workflow.Context) {
	h := f.held
	next, _ := f.p.Strategy.WaitsFor(h.batch + 1)
	at, err := next.Next(workflow.Now(ctx))
	if err != nil { // validation has read it before
		h.due = true
		return
	}
	if d := at.Sub(workflow.Now(ctx)); d > 0 {
		f.wait(ctx, release.AwaitSchedule, h.batch, d)
		f.enter(ctx, release.PhaseRollingOut, "")
		return
	}
	h.due = true
}

// measure begins to measure all gates.
func (f *follower) measure(ctx workflow.Context) {
	f.held.gates = f.measureGates(f.cancellable(ctx), f.p.Strategy.Gates, f.held.batch, time.Time{})
	f.startWait(ctx, release.AwaitGates, f.held.batch, workflow.Now(ctx).Add(f.held.gates.longest))
	f.enter(ctx, release.PhaseRollingOut, "")
}

// measured goes on where the gates have passed, asks a person where one was not
// conclusive, and breaks the release off where one has failed.
func (f *follower) measured(ctx workflow.Context) (act release.Action, done bool) {
	h := f.held
	bad, doubt := h.gates.record(&f.p)
	if len(bad) > 0 {
		return f.breakOff(ctx, cause{text: strings.Join(bad, "; ")})
	}
	h.measured, h.gates = true, nil
	if len(doubt) > 0 {
		h.ask, h.doubt = true, notConclusive+strings.Join(doubt, "; ")
	}
	return release.ActWatch, false
}

// notConclusive says why a person is asked; which gates it is about follows.
const notConclusive = "not conclusive, a person must decide: "
