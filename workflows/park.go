package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// shownSamples bounds the samples of a gate in the progress; the history has them all.
const shownSamples = 10

// parked is a finished batch that holds the next one back: what it has passed, and what
// it waits for.
type parked struct {
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
	// gates are the measurements under way; thaw is the look at the calendar.
	gates []workflow.Future
	thaw  workflow.Future
	// cancel ends them.
	cancel workflow.CancelFunc
}

// park holds the next batch back until the finished one has baked, was measured, and
// was confirmed.
func (f *follower) park(ctx workflow.Context) {
	batch := f.seen.Batch
	if f.held != nil && f.held.batch == batch {
		return
	}
	f.unpark()
	_, scheduled := f.p.Strategy.WaitsFor(batch + 1)
	f.held = &parked{
		batch:    batch,
		bakedAt:  workflow.Now(ctx).Add(f.p.Strategy.Bake.Std()),
		measured: len(f.p.Strategy.Gates) == 0,
		ask:      f.p.Strategy.Confirm != release.ConfirmAuto,
		due:      !scheduled,
	}
	f.reachSafePoint(true)
}

// unpark forgets the finished batch: the next one has begun, or the way goes back.
func (f *follower) unpark() {
	if f.held != nil && f.held.cancel != nil {
		f.held.cancel()
	}
	f.held = nil
	f.reachSafePoint(false)
}

// holds answers what the finished batch waits for now.
func (f *follower) holds(ctx workflow.Context) release.AwaitKind {
	h := f.held
	return release.HeldBatch{
		Paused: f.p.Paused, Baked: !workflow.Now(ctx).Before(h.bakedAt), Measured: h.measured, Ask: h.ask,
		Confirmed: f.confirmed == h.batch, Due: h.due, Frozen: h.frozen != nil && !f.override,
	}.Awaits()
}

// arm begins what the finished batch waits for, unless that is under way.
func (f *follower) arm(ctx workflow.Context, kind release.AwaitKind) {
	h := f.held
	if f.awaits() == kind && f.p.Awaiting.Batch == h.batch {
		return
	}
	if h.cancel != nil {
		h.cancel()
		h.cancel, h.gates, h.thaw = nil, nil, nil
	}
	resumed := f.p.Phase == release.PhasePaused
	switch kind {
	case release.AwaitResume:
		f.wait(ctx, kind, h.batch, 0)
		f.rest(ctx, "")
		return
	case release.AwaitThaw:
		f.wait(ctx, kind, h.batch, until(ctx, *h.frozen))
		look := f.cancellable(ctx)
		h.thaw = awaitOpen(look, f.p.App)
		f.rest(ctx, frozenBy(*h.frozen))
		return
	case release.AwaitBake:
		f.moveOn(ctx, kind, h.bakedAt.Sub(workflow.Now(ctx)))
	case release.AwaitGates:
		f.measure(ctx)
	case release.AwaitConfirm:
		f.ask(ctx)
	case release.AwaitSchedule:
		f.schedule(ctx)
	case release.AwaitTurn, release.AwaitOtherChange, release.AwaitApproval:
	}
	if resumed {
		f.news.tell(f.p, release.EventResumed, f.pauses)
	}
}

// moveOn shows what is waited for while no person is asked.
func (f *follower) moveOn(ctx workflow.Context, kind release.AwaitKind, d time.Duration) {
	f.wait(ctx, kind, f.held.batch, d)
	f.enter(ctx, release.PhaseRollingOut, "")
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
		f.news.tell(f.p, release.EventBatchWaiting, h.batch)
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
		f.moveOn(ctx, release.AwaitSchedule, d)
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
			Gate: g, App: f.p.App, Batch: f.held.batch, ReleaseID: f.p.ReleaseID,
		}))
		longest = max(longest, g.Limit())
	}
	f.moveOn(ctx, release.AwaitGates, longest)
}

// measure begins to measure a gate. The server retries it for every further sample, so
// that waiting costs no history.
func measure(ctx workflow.Context, in release.MeasureInput) workflow.Future {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout:    release.SampleLimit,
		ScheduleToCloseTimeout: in.Gate.Limit(),
		RetryPolicy:            retries(),
		Priority:               temporal.Priority{PriorityKey: priorityLook, FairnessKey: in.App.ID},
	})
	return workflow.ExecuteActivity(ctx, release.MeasureActivity, in)
}

// checkGates finds out before anything is changed that a gate can never be measured.
func (r *run) checkGates(ctx workflow.Context) *ending {
	if len(r.p.Strategy.Gates) == 0 {
		return nil
	}
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: attemptLimit, ScheduleToCloseTimeout: readLimit,
	})
	err := workflow.ExecuteActivity(ctx, release.CheckGatesActivity, release.CheckGatesInput{Gates: r.p.Strategy.Gates}).Get(ctx, nil)
	if err != nil {
		return end(release.PhaseFailed, "%s; nothing was changed", newFault("gates", err).text)
	}
	return nil
}

// answered tells whether all gates have.
func (h *parked) answered() bool {
	for _, g := range h.gates {
		if !g.IsReady() {
			return false
		}
	}
	return len(h.gates) > 0
}

// judge records the verdicts of the gates. It returns why the release must go back;
// empty when it need not.
func (f *follower) judge(ctx workflow.Context) (failed string) {
	h := f.held
	var bad, doubt []string
	for i, future := range h.gates {
		g := f.p.Strategy.Gates[i]
		var result release.GateResult
		if err := future.Get(ctx, &result); err != nil {
			result = release.GateResult{
				Name: g.Name, Batch: h.batch, Verdict: release.VerdictInconclusive, DryRun: g.DryRun,
				Reason: newFault("gates", err).text,
			}
		}
		result.Samples = result.Samples[max(0, len(result.Samples)-shownSamples):]
		f.p.Gates = append(f.p.Gates, result)
		if result.DryRun {
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
	h.measured, h.gates = true, nil
	if len(doubt) > 0 {
		h.ask, h.doubt = true, "not conclusive, a person must decide: "+strings.Join(doubt, "; ")
	}
	return strings.Join(bad, "; ")
}
