package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// follow looks at a change order until it is time to settle. It returns what is to be
// settled and why: how the change order ended, or why it is followed no more. It shows
// the batches, asks for confirmations, and obeys an abort at once.
func (r *run) follow(ctx workflow.Context, step release.Step, changeID string) verdict {
	f := &follower{
		run: r, changeID: changeID,
		seen: release.Observation{State: release.ChangePreparing, Batch: 1},
		situation: release.Situation{
			Step: step, Strategy: r.p.Strategy.Type, RollbackWanted: r.rollback, TargetKnown: r.target().ID != "",
		},
	}
	f.begin(ctx, 1)
	defer r.leave()
	for {
		if act, done := f.turn(ctx); done {
			return f.verdict(act)
		}
	}
}

// target is the version to return to; its ID is empty when there is none.
func (r *run) target() release.Version {
	if r.p.RollbackTo == nil {
		return release.Version{}
	}
	return *r.p.RollbackTo
}

// follower is a release that follows one change order.
type follower struct {
	*run
	changeID  string
	seen      release.Observation
	situation release.Situation
	// lost explains why the change order cannot be followed any more.
	lost string
}

// turn waits for the next news, word or limit and acts on it.
func (f *follower) turn(ctx workflow.Context) (act release.Action, done bool) {
	look, abandon := workflow.WithCancel(ctx)
	defer abandon()
	news := f.platform.begin(look, release.VerbObserve, release.ObserveInput{App: f.p.App, ChangeID: f.changeID, Seen: f.seen})
	f.await(ctx, news)
	switch {
	case news.IsReady():
		return f.observed(ctx, news)
	case passed(f.total) && f.endsAtTotal():
		f.lost = "the change order did not end in time"
		return release.ActSettleAny, true
	case f.stoppable() && f.stopped(ctx) != nil:
		return f.breakOff(ctx, because(f.abort))
	case passed(f.deadline):
		return f.limitPassed(ctx)
	default:
		return f.confirm(ctx, f.p.Awaiting.Batch)
	}
}

// await returns when there is something to act on. News that are there already go
// first, so that a word is judged by the newest picture.
func (f *follower) await(ctx workflow.Context, news workflow.Future) {
	_ = workflow.Await(ctx, func() bool {
		return news.IsReady() || passed(f.deadline) || f.confirmable() ||
			passed(f.total) || f.stoppable() && f.abort != nil
	})
}

// stoppable tells whether an abort can still change anything: not while the old
// version is already on its way back.
func (f *follower) stoppable() bool {
	return !f.situation.Aborting && f.situation.Step == release.StepRollout
}

// endsAtTotal tells whether the total limit ends the release as it stands instead of
// aborting it: when it is aborting already, or when policy holds a parked batch.
func (f *follower) endsAtTotal() bool {
	held := f.p.Phase == release.PhaseAwaitingConfirm && f.limits.OnConfirmTimeout == release.TimeoutHold
	return !f.stoppable() || held && f.abort == nil
}

// confirmable tells whether the batch that waits was confirmed.
func (f *follower) confirmable() bool {
	a := f.p.Awaiting
	return a != nil && a.Kind == release.AwaitConfirm && f.confirmed == a.Batch
}

// observed shows the news and decides what they mean.
func (f *follower) observed(ctx workflow.Context, news workflow.Future) (act release.Action, done bool) {
	var seen release.Observation
	if err := news.Get(ctx, &seen); err != nil {
		f.lost = newFault(release.VerbObserve, err).String()
		return release.ActSettleAny, true
	}
	f.seen = seen
	f.show(seen)
	switch act := release.Decide(f.situation, seen); act {
	case release.ActWatch:
		f.moving(ctx)
		return act, false
	case release.ActAskPerson:
		return f.parked(ctx)
	case release.ActAwaitApproval:
		f.awaitApproval(ctx)
		return act, false
	case release.ActBreakOff:
		return f.breakOff(ctx, failure("the change order is stuck", seen))
	case release.ActRollBack, release.ActSettleNew, release.ActSettleOld, release.ActSettleAny:
		return act, true
	}
	return release.ActSettleAny, true
}

// verdict is how following a change order ended.
type verdict struct {
	act release.Action
	// why says in words how the change order ended.
	why string
	// gone tells that the change order ended without a trace.
	gone bool
	// lost tells that it could not be followed: it may be unfinished.
	lost bool
}

func (f *follower) verdict(act release.Action) verdict {
	switch {
	case f.lost != "":
		return verdict{act: act, why: f.lost, lost: true}
	case f.seen.State == release.ChangeGone:
		return verdict{act: act, why: "the platform no longer knows the change order", gone: true}
	case f.abort != nil:
		return verdict{act: act, why: because(f.abort)}
	default:
		return verdict{act: act, why: failure("the change order ended "+string(f.seen.State), f.seen)}
	}
}

// failure adds the platform's own explanation.
func failure(what string, seen release.Observation) string {
	if seen.Message == "" {
		return what
	}
	return what + ": " + seen.Message
}

// moving leaves a wait that somebody else has ended: a confirmation in the platform's
// console, an approval.
func (f *follower) moving(ctx workflow.Context) {
	f.leave()
	if f.stoppable() {
		f.enter(ctx, release.PhaseRollingOut, "")
	}
}

// parked asks for the confirmation of the finished batch, after its bake time.
func (f *follower) parked(ctx workflow.Context) (act release.Action, done bool) {
	batch := f.seen.Batch
	if f.confirmed == batch {
		return f.confirm(ctx, batch)
	}
	if bake := f.p.Strategy.Bake.Std(); bake > 0 {
		f.wait(ctx, release.AwaitBake, batch, bake)
		return release.ActAskPerson, false
	}
	f.ask(ctx, batch)
	return release.ActAskPerson, false
}

func (f *follower) ask(ctx workflow.Context, batch int) {
	f.wait(ctx, release.AwaitConfirm, batch, f.limits.Confirm.Std())
	f.enter(ctx, release.PhaseAwaitingConfirm, "")
	f.news.tell(f.p, release.EventBatchWaiting, batch)
}

func (f *follower) awaitApproval(ctx workflow.Context) {
	f.wait(ctx, release.AwaitApproval, 0, f.limits.Approval.Std())
	if f.stoppable() {
		f.enter(ctx, release.PhaseAwaitingApproval, "")
	}
	f.news.tell(f.p, release.EventApprovalWaiting, 0)
}

// limitPassed acts when nobody spoke in time.
func (f *follower) limitPassed(ctx workflow.Context) (act release.Action, done bool) {
	a := *f.p.Awaiting
	switch a.Kind {
	case release.AwaitBake:
		f.ask(ctx, a.Batch)
		return release.ActAskPerson, false
	case release.AwaitConfirm:
		return f.confirmLimitPassed(ctx, a.Batch)
	case release.AwaitApproval:
		f.leave()
		if !f.stoppable() {
			return release.ActWatch, false
		}
		f.stop(ctx, "the approval was not given within "+f.limits.Approval.String())
		return f.breakOff(ctx, because(f.abort))
	case release.AwaitTurn, release.AwaitOtherChange:
	}
	f.leave()
	return release.ActWatch, false
}

func (f *follower) confirmLimitPassed(ctx workflow.Context, batch int) (act release.Action, done bool) {
	late := "nobody confirmed the batch within " + f.limits.Confirm.String()
	switch f.limits.OnConfirmTimeout {
	case release.TimeoutPromote:
		f.p.Decisions = append(f.p.Decisions, release.Decision{
			Kind: release.CommandConfirm, Batch: batch, By: "slipway", At: workflow.Now(ctx), Via: "limit", Note: late,
		})
		f.confirmed = batch
		return f.confirm(ctx, batch)
	case release.TimeoutHold:
		f.p.Reason = late + "; held until the total limit"
		f.wait(ctx, release.AwaitConfirm, batch, 0)
		return release.ActAskPerson, false
	case release.TimeoutAbort:
		f.stop(ctx, late)
		return f.breakOff(ctx, because(f.abort))
	}
	f.stop(ctx, late)
	return f.breakOff(ctx, because(f.abort))
}

// confirm lets the next batch begin.
func (f *follower) confirm(ctx workflow.Context, batch int) (act release.Action, done bool) {
	f.leave()
	if batch <= len(f.p.Batches) {
		f.p.Batches[batch-1].State = release.BatchConfirmed
	}
	f.enter(ctx, release.PhaseRollingOut, "")
	f.begin(ctx, batch+1)
	f.seen.State, f.seen.Batch = release.ChangeRunning, batch+1
	f.news.tell(f.p, release.EventBatchConfirmed, batch)
	_, fault := call[struct{}](ctx, f.platform, release.VerbConfirmBatch, release.ConfirmBatchInput{
		App: f.p.App, ChangeID: f.changeID, Batch: batch,
	})
	if fault != nil {
		f.lost = fault.String()
		return release.ActSettleAny, true
	}
	return release.ActWatch, false
}

// breakOff tells the platform to abort the change order and roll it back, and goes on
// following it to its end.
func (f *follower) breakOff(ctx workflow.Context, why string) (act release.Action, done bool) {
	f.leave()
	f.situation.Aborting = true
	f.returning(ctx, why)
	f.seen.State = release.ChangeRunning
	_, fault := call[struct{}](ctx, f.platform, release.VerbAbortRollout, release.AbortRolloutInput{
		App: f.p.App, ChangeID: f.changeID,
	})
	if fault != nil {
		f.lost = why + "; " + fault.String()
		return release.ActSettleAny, true
	}
	return release.ActWatch, false
}

// returning enters the way back to the old version, which has a limit of its own.
func (r *run) returning(ctx workflow.Context, why string) {
	r.total = workflow.NewTimer(ctx, settleLimit)
	if r.p.Phase == release.PhaseRollingBack {
		r.p.Reason = why
		return
	}
	r.enter(ctx, release.PhaseRollingBack, why)
	r.news.tell(r.p, release.EventRollingBack, 0)
}

// begin shows that a batch has begun.
func (f *follower) begin(ctx workflow.Context, batch int) {
	if f.stoppable() && batch <= len(f.p.Batches) {
		b := &f.p.Batches[batch-1]
		b.State, b.StartedAt = release.BatchRunning, workflow.Now(ctx)
	}
}

// show brings the batches of the progress up to what the platform shows.
func (f *follower) show(seen release.Observation) {
	if !f.stoppable() {
		return
	}
	for i, b := range seen.Batches {
		if i == len(f.p.Batches) {
			f.p.Batches = append(f.p.Batches, release.Batch{Number: i + 1, State: release.BatchPending})
		}
		shown := &f.p.Batches[i]
		if shown.State == release.BatchConfirmed || b.State == shown.State {
			continue
		}
		shown.State, shown.StartedAt, shown.EndedAt = b.State, b.StartedAt, b.EndedAt
		if b.State == release.BatchDone {
			f.news.tell(f.p, release.EventBatchDone, i+1)
		}
	}
}
