package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// follow looks at a change until it is time to settle. It returns what is to be
// settled and why: how the change ended, or why it is followed no more. It shows
// the batches, asks for confirmations, and obeys an abort at once.
func (r *run) follow(ctx workflow.Context, step release.Step, changeID string) followResult {
	f := &follower{
		run: r, changeID: changeID,
		seen: release.Observation{State: release.ChangePreparing, Batch: 1},
		situation: release.Situation{
			Step: step, Strategy: r.p.Strategy.Type, RollbackWanted: r.spec.Rollback.Wanted(), TargetKnown: r.returnable(),
		},
	}
	r.runs = running{}
	if step == release.StepRollout && r.rulesWithin() != nil {
		r.p.Traffic = &release.TrafficState{Applied: true}
	}
	f.begin(ctx, 1)
	for {
		if act, done := f.react(ctx); done {
			f.cancelObserve()
			f.unpark()
			f.endWait(ctx)
			return f.followed(act)
		}
	}
}

// rollbackTo is the version to return to; its ID is empty when there is none.
func (r *run) rollbackTo() release.Version {
	if r.p.RollbackTo == nil {
		return release.Version{}
	}
	return *r.p.RollbackTo
}

// returnable reports whether the version to return to can be brought back: the platform keeps it,
// or it is the artifact of a job, which is brought like any other.
func (r *run) returnable() bool {
	to := r.rollbackTo()
	return to.ID != "" || r.spec.Operation == release.OperationJob && to.Artifact != (release.Artifact{})
}

// follower is a release that follows one change.
type follower struct {
	*run

	changeID  string
	seen      release.Observation
	situation release.Situation
	// look is the observation under way, and abandon ends it.
	look    workflow.Future
	abandon workflow.CancelFunc
	// held is the finished batch that holds the next one back; nil while batches run.
	held *heldBatch
	// past is the last batch after which the next one has begun: the platform is not to be
	// back in the pause after it.
	past int
	// why is why the change was broken off, and lost why it cannot be followed any more.
	why, lost cause
}

// observeCall is the next observation. It waits for news itself, so its age says nothing. While
// a finished batch is parked nothing has to move, so that a look may wait for its worker.
func (f *follower) observeCall() call[release.Observation] {
	seen := f.seen
	seen.Stages = nil // they are no news
	t := f.platform.observe(release.ObserveInput{App: f.p.App, ChangeID: f.changeID, Seen: seen, Traffic: f.rulesWithin()})
	if f.held != nil {
		t.options.ScheduleToStartTimeout = 0
	}
	return t
}

// startObserve begins the next observation, unless one is under way.
func (f *follower) startObserve(ctx workflow.Context) {
	if f.look != nil {
		return
	}
	ctx, f.abandon = workflow.WithCancel(ctx)
	f.look = f.start(ctx, f.observeCall().task)
}

// cancelObserve abandons the observation under way: what it would compare with has changed,
// and a parked one may be minutes away.
func (f *follower) cancelObserve() {
	if f.abandon != nil {
		f.abandon()
	}
	f.look, f.abandon = nil, nil
	f.clearStall(string(release.VerbObserve))
}

// reaction is what a follower does about something that has happened; done tells that the
// change is followed no more.
type reaction func(workflow.Context) (act release.Action, done bool)

// react waits for the next news, command or limit and acts on it.
func (f *follower) react(ctx workflow.Context) (act release.Action, done bool) {
	f.startObserve(ctx)
	var next reaction
	_ = workflow.Await(ctx, func() bool {
		next = f.next(ctx)
		return next != nil
	})
	return next(ctx)
}

// next is what there is to react to; nil when there is nothing. News that are there go
// first, so that a command is judged by the newest picture.
func (f *follower) next(ctx workflow.Context) reaction {
	switch {
	case f.look.IsReady():
		return f.observed
	case passed(f.total) && f.after(release.LimitTotal, !f.stoppable()) == release.LimitEnd:
		return f.tooLate
	case f.stoppedNow():
		return func(ctx workflow.Context) (release.Action, bool) { return f.breakOff(ctx, decided(f.abort)) }
	case f.held != nil:
		return f.nextOfHeld(ctx)
	default:
		return nil
	}
}

func (f *follower) tooLate(workflow.Context) (act release.Action, done bool) {
	f.lost = cause{text: "the change did not end in time"}
	return release.ActSettleAny, true
}

// stoppable reports whether an abort can still change anything: not while the old
// version is already on its way back.
func (f *follower) stoppable() bool {
	return !f.situation.Aborting && f.situation.Step == release.StepRollout
}

// stoppedNow reports whether a command or limit stops the release, and can.
func (f *follower) stoppedNow() bool { return f.abort != nil && f.stoppable() }

// observed shows the news and decides what they mean.
func (f *follower) observed(ctx workflow.Context) (act release.Action, done bool) {
	var seen release.Observation
	err := f.look.Get(ctx, &seen)
	f.abandon() // it has ended; this lets its context go
	f.look, f.abandon = nil, nil
	if err != nil {
		return f.unobserved(ctx, newFault(string(release.VerbObserve), err))
	}
	f.clearStall(string(release.VerbObserve))
	f.seen = seen
	if seen.State.Broken() {
		f.p.Stages = seen.Stages
	}
	if seen.State == release.ChangeAwaitingConfirm && f.rulesWithin() != nil {
		f.p.Traffic.Note = seen.Traffic
	}
	f.showBatches(seen)
	if len(seen.Batches) > 1 && f.situation.Strategy == release.StrategyAll {
		f.situation.Strategy = release.StrategyBatch // an adopted change has batches of its own
	}
	situation := f.situation
	situation.Aborting = situation.Aborting || f.stoppedNow()
	switch act := release.Decide(situation, seen); act {
	case release.ActWatch:
		f.moving(ctx)
		return act, false
	case release.ActAskPerson:
		return f.park(ctx)
	case release.ActAwaitPlatformApproval:
		f.awaitApproval(ctx)
		return act, false
	case release.ActBreakOff:
		return f.breakOff(ctx, cause{text: failure("the change is stuck", seen)})
	case release.ActRollBack, release.ActSettleNew, release.ActSettleOld, release.ActSettleAny:
		return act, true
	}
	return release.ActSettleAny, true
}

// unobserved goes on looking after a look that has failed, unless no look can succeed.
func (f *follower) unobserved(ctx workflow.Context, fault *fault) (act release.Action, done bool) {
	t := f.observeCall()
	switch {
	case !t.goesOn(ctx, fault):
		f.lost = cause{text: fault.String()}
		return release.ActSettleAny, true
	case fault.class == release.FaultUnchanged:
		f.clearStall(t.doing)
	default:
		f.showStalled(ctx, t.task, fault)
	}
	return release.ActWatch, false
}

// followResult is how following a change ended.
type followResult struct {
	act release.Action
	// why is how the change ended.
	why cause
	// gone tells that the change ended without a trace, or that somebody has begun
	// another: what runs says how it ended.
	gone bool
	// lost tells that it could not be followed: it may be unfinished.
	lost bool
}

func (f *follower) followed(act release.Action) followResult {
	replaced := f.seen.ReplacedBy != ""
	switch {
	case f.lost.text != "":
		return followResult{act: act, why: f.lost, lost: true}
	case f.seen.State == release.ChangeGone && !replaced:
		return followResult{act: act, why: cause{text: "the platform no longer knows the change"}, gone: true}
	case replaced:
		elsewhere := "change " + f.seen.ReplacedBy + " was begun elsewhere after the one of this release"
		return followResult{act: act, why: cause{text: cmp.Or(f.seen.Elsewhere, elsewhere)}, gone: true}
	case f.why.text != "":
		return followResult{act: act, why: f.why}
	case f.stoppedNow():
		return followResult{act: act, why: decided(f.abort)}
	case f.seen.State == release.ChangeAborted:
		elsewhere := "the change ended aborted, but not by Slipway: it was aborted elsewhere, such as in the platform's console"
		if f.platform.traits().Approval {
			elsewhere += ", or its approval was refused"
		}
		return followResult{act: act, why: cause{text: failure(elsewhere, f.seen)}}
	default:
		return followResult{act: act, why: cause{text: failure("the change ended "+string(f.seen.State), f.seen)}}
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
	f.unpark()
	f.endWait(ctx)
	f.past = max(f.past, f.seen.Batch-1)
	if f.stoppable() {
		f.enter(ctx, release.PhaseRollingOut, "")
	}
}

func (f *follower) awaitApproval(ctx workflow.Context) {
	if f.stoppable() {
		f.wait(ctx, release.AwaitPlatformApproval, 0, f.spec.Limits.PlatformApproval.Std())
		f.enter(ctx, release.PhaseAwaitingPlatformApproval, "")
	} else {
		f.startWait(ctx, release.AwaitPlatformApproval, 0, f.until)
	}
	f.reachSafePoint(true)
	f.events.emit(&f.p, release.EventPlatformApprovalWaiting)
}

// confirm lets the next batch begin: the confirmation is used once (R9). A freeze that has
// begun meanwhile, a pause and an abort keep it back.
func (f *follower) confirm(ctx workflow.Context) (act release.Action, done bool) {
	batch := f.held.batch
	f.endWait(ctx)
	f.resume(ctx)
	f.recordStanding(ctx)
	if b := f.batch(batch); b != nil && b.State != release.BatchConfirmed {
		b.State = release.BatchConfirmed
		f.events.emit(&f.p, release.EventBatchConfirmed)
	}
	_, fault := advance(ctx, f.run, f.platform.confirmBatch(release.ConfirmBatchInput{
		App: f.p.App, ChangeID: f.changeID, Batch: batch, Override: f.override,
	}))
	f.cancelObserve()
	switch {
	case fault == nil:
	case fault.class == release.FaultFrozen:
		f.held.frozen = &fault.freeze
		return release.ActWatch, false
	case fault.class == release.FaultStopped:
		return release.ActWatch, false
	case fault.class == release.FaultNotFound:
		return f.goneMeanwhile()
	default:
		f.lost = cause{text: fault.String()}
		return release.ActSettleAny, true
	}
	f.unpark()
	f.past = batch
	f.begin(ctx, batch+1)
	f.seen.State, f.seen.Batch = release.ChangeRunning, batch+1
	return release.ActWatch, false
}

// recordStanding records, once, that a standing confirmation has let the finished batch pass.
func (f *follower) recordStanding(ctx workflow.Context) {
	if !f.held.ask || !f.allConfirmed(f.changeID) || release.Confirmed(f.p.Decisions, f.held.batch) {
		return
	}
	d := *f.standing
	d.Batch, d.At = f.held.batch, workflow.Now(ctx)
	f.commands.record(d)
}

// resume leaves the phase in which a finished batch was parked.
func (f *follower) resume(ctx workflow.Context) {
	paused := f.p.Phase == release.PhasePaused
	f.enter(ctx, release.PhaseRollingOut, "")
	if paused {
		f.events.emit(&f.p, release.EventResumed)
	}
}

// breakOff tells the platform to abort the change and roll it back, and goes on following it to
// its end. That the release goes back is told only once it does: a change that had ended by
// then is judged by its end.
func (f *follower) breakOff(ctx workflow.Context, why cause) (act release.Action, done bool) {
	f.endWait(ctx)
	f.unpark()
	f.cancelObserve()
	f.why, f.situation.Aborting = why, true
	f.seen.State = release.ChangeRunning
	result, fault := conclude(ctx, &f.caller, f.platform.abortRollout(release.AbortRolloutInput{
		App: f.p.App, ChangeID: f.changeID,
	}))
	switch {
	case fault != nil && fault.class == release.FaultNotFound:
		return f.goneMeanwhile()
	case fault != nil:
		f.lost = cause{why.text + "; " + fault.String(), why.decision}
		return release.ActSettleAny, true
	case result.Ended:
		f.ownTime(ctx) // to see how
	default:
		f.enterRollingBack(ctx, why.text)
	}
	return release.ActWatch, false
}

// goneMeanwhile ends the following of a change whose record has expired when it was
// to be told something: what runs decides, as when a look finds it gone.
func (f *follower) goneMeanwhile() (act release.Action, done bool) {
	f.seen.State = release.ChangeGone
	return release.ActSettleAny, true
}

// enterRollingBack enters the way back to the old version, which has a limit of its own.
func (r *run) enterRollingBack(ctx workflow.Context, why string) {
	r.ownTime(ctx)
	if r.p.Phase == release.PhaseRollingBack {
		r.p.Reason = why
		r.show()
		return
	}
	r.enter(ctx, release.PhaseRollingBack, why)
	r.events.emit(&r.p, release.EventRollingBack)
}

// ownTime gives what is done now a limit of its own, whatever is left of the release's.
func (r *run) ownTime(ctx workflow.Context) {
	r.total = r.inbox.arm(ctx, "limit of the way back", settleLimit, nil)
	r.giveTime(ctx)
	r.until = r.homeBy
}

// batch is the batch of the number; nil when there is none.
func (f *follower) batch(number int) *release.Batch {
	if number < 1 || number > len(f.p.Batches) {
		return nil
	}
	return &f.p.Batches[number-1]
}

// begin shows that a batch has begun.
func (f *follower) begin(ctx workflow.Context, number int) {
	if b := f.batch(number); b != nil && f.stoppable() {
		b.State, b.StartedAt = release.BatchRunning, workflow.Now(ctx)
		f.show()
	}
}

// showBatches brings the batches of the progress up to what the platform shows.
func (f *follower) showBatches(seen release.Observation) {
	if !f.stoppable() {
		return
	}
	defer f.show()
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
			f.events.emit(&f.p, release.EventBatchDone)
		}
	}
}
