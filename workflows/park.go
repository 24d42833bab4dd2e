package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// shownSamples bounds the samples of a gate in the progress; the history has them all.
const shownSamples = 10

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
	// gates are the measurements under way, and results their verdicts so far; freezeEnd is the
	// look at the calendar.
	gates     []workflow.Future
	results   []*release.GateResult
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
	case h.answered(ctx):
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
		Doubt: h.doubt != "", Confirmed: f.confirmed == h.batch, Standing: f.allConfirmed(f.changeID), Due: h.due, Frozen: h.frozen != nil && !f.override,
	}.Awaits()
}

// beginWait begins what the finished batch waits for.
func (f *follower) beginWait(ctx workflow.Context, kind release.AwaitKind) {
	h := f.held
	if h.cancel != nil {
		h.cancel()
		h.cancel, h.gates, h.results, h.freezeEnd = nil, nil, nil, nil
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
	case release.AwaitSchedule:
		f.schedule(ctx)
	case release.AwaitQueue, release.AwaitOtherChange, release.AwaitPlatformApproval:
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
	look := f.cancellable(ctx)
	longest := time.Duration(0)
	for _, g := range f.p.Strategy.Gates {
		f.held.gates = append(f.held.gates, measure(look, release.MeasureInput{
			Gate: g, App: f.p.App, Batch: f.held.batch, ReleaseID: f.p.ReleaseID, ChangeID: f.changeID,
		}))
		longest = max(longest, g.Limit())
	}
	f.held.results = make([]*release.GateResult, len(f.held.gates))
	f.startWait(ctx, release.AwaitGates, f.held.batch, workflow.Now(ctx).Add(longest))
	f.enter(ctx, release.PhaseRollingOut, "")
}

// measure begins to measure a gate. The server retries it for every further sample, so
// that waiting costs no history. A gate that asks instances is measured where their platform is
// called: only its workers can list them, and their calls count for the platform's rate.
func measure(ctx workflow.Context, in release.MeasureInput) workflow.Future {
	options := activityOptions(in.App, priorityLook)
	options.StartToCloseTimeout, options.ScheduleToCloseTimeout = release.SampleLimit, in.Gate.Limit()
	options.Summary = release.Summary(in)
	if in.Gate.AsksInstances() {
		options.TaskQueue = release.PlatformTaskQueue(in.App.Platform, in.App.Region)
	}
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), release.MeasureActivity, in)
}

// checkGates finds out before anything is changed that a gate can never be measured.
func (p preparation) checkGates(ctx workflow.Context) *fault {
	if len(p.p.Strategy.Gates) == 0 {
		return nil
	}
	_, f := question(ctx, p, read[struct{}](p.p.App, release.CheckGatesActivity, release.CheckGatesInput{Gates: p.p.Strategy.Gates}))
	if f != nil {
		f.verb = "" // its text says which gate
	}
	return f
}

// answered reports whether all gates have their verdicts, or one that counts has failed:
// a failure acts at once.
func (h *heldBatch) answered(ctx workflow.Context) bool {
	all := len(h.gates) > 0
	for i, g := range h.gates {
		if h.results[i] == nil && g.IsReady() {
			h.results[i] = gateResult(ctx, g)
		}
		if h.results[i] == nil {
			all = false
		} else if h.results[i].Verdict == release.VerdictFail && !h.results[i].DryRun {
			return true
		}
	}
	return all
}

// gateResult is the answer of a gate, or why it has none.
func gateResult(ctx workflow.Context, g workflow.Future) *release.GateResult {
	result := &release.GateResult{}
	if err := g.Get(ctx, result); err != nil {
		return &release.GateResult{Verdict: release.VerdictInconclusive, Reason: newFault("gates", err).text}
	}
	result.Samples = result.Samples[max(0, len(result.Samples)-shownSamples):]
	return result
}

// measured goes on where the gates have passed, asks a person where one was not
// conclusive, and breaks the release off where one has failed.
func (f *follower) measured(ctx workflow.Context) (act release.Action, done bool) {
	h := f.held
	var bad, doubt []string
	for i, g := range f.p.Strategy.Gates {
		result := h.results[i]
		if result == nil {
			result = &release.GateResult{Verdict: release.VerdictInconclusive, Reason: "cut short, because another gate has failed"}
		}
		result.Name, result.Batch, result.DryRun = g.Name, h.batch, g.DryRun
		f.p.Gates = append(f.p.Gates, *result)
		if g.DryRun {
			continue
		}
		words := "gate " + g.Name + ": " + result.Reason
		switch result.Verdict {
		case release.VerdictFail:
			bad = append(bad, words)
		case release.VerdictInconclusive:
			doubt = append(doubt, words)
		case release.VerdictPass:
		}
	}
	f.p.Prune()
	if len(bad) > 0 {
		return f.breakOff(ctx, cause{text: strings.Join(bad, "; ")})
	}
	h.measured, h.gates = true, nil
	if len(doubt) > 0 {
		h.ask, h.doubt = true, "not conclusive, a person must decide: "+strings.Join(doubt, "; ")
	}
	return release.ActWatch, false
}
