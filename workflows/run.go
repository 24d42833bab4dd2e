package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// settleLimit bounds what a release may still do after it was aborted or failed:
// every release ends.
const settleLimit = 24 * time.Hour

// run is one release under way: the shared body of Deploy, GrayRelease, Rollback,
// Restart, Rescale and Job.
type run struct {
	caller
	will

	spec     release.Spec
	request  release.Request
	inbox    *inbox
	commands commands[release.Progress]
	snap     release.Snapshot
	// judged are the versions that are known to be good or bad, for a rollback that names none.
	judged release.Judged
	// scaling are the scaling rules that the release holds, and traffic is its traffic rule.
	scaling scaling
	traffic traffic
	// instances is how many instances the application had before; nil where that is not known.
	instances *int
	// runs is what the application runs, as it was read last.
	runs running
	// brought tells that a job has its artifact: what was read before stays what is returned to.
	brought bool
	// total ends the whole release.
	total *limit
}

// running is what an application runs: one version, or mixed ones, in words. It is the zero value
// where that is not known.
type running struct {
	version *release.Version
	mixed   string
	// wanted is how many instances it is to have.
	wanted int
}

// ending is the outcome of a release and the reason for it. A step that returns nil
// lets the release go on.
type ending struct {
	outcome release.Phase
	reason  string
	// decision is what led to the end and is named in its reason; nil where nothing was decided.
	decision *release.Decision
}

func end(outcome release.Phase, format string, args ...any) *ending {
	return cause{}.end(outcome, format, args...)
}

// and adds what else is to be said.
func (e *ending) and(words string) *ending {
	switch {
	case words == "":
		return e
	case e.reason == "":
		return &ending{e.outcome, words, e.decision}
	default:
		return &ending{e.outcome, e.reason + "; " + words, e.decision}
	}
}

// needsAttention is the end instead of one whose release could not put all back; its reason names both.
func (e *ending) needsAttention(format string, args ...any) *ending {
	return cause{e.describe(), e.decision}.end(release.PhaseNeedsAttention, format, args...)
}

// cause is why a release goes back, or why its change is followed no more.
type cause struct {
	text string
	// decision is what was decided; nil where it was no decision.
	decision *release.Decision
}

// decided is a decision as the cause.
func decided(d *release.Decision) cause { return cause{because(d), d} }

// end is an end that this has led to; what else is to be said of it follows.
func (c cause) end(outcome release.Phase, format string, args ...any) *ending {
	return &ending{outcome, c.text + fmt.Sprintf(format, args...), c.decision}
}

// newRun begins the bookkeeping of a release.
func newRun(ctx workflow.Context, in *release.Request) *run {
	spec := in.Spec
	r := &run{
		caller: caller{platform: platformOf(spec.App, spec.Operation)},
		will:   will{turn: !in.Queued, atSafePoint: true},
		spec:   spec, request: *in,
	}
	r.p = release.Progress{
		ReleaseID: in.ID, App: spec.App, ByName: in.ByName, Operation: spec.Operation, Artifact: spec.Artifact, Phase: release.PhaseQueued,
		Config: spec.Config.Digest(), OnlyConfig: spec.OnlyConfig(),
		Strategy: spec.Strategy, RequestedBy: spec.RequestedBy, Asked: spec.Asked(), Admission: in.Admission, Note: spec.Note, Set: in.Set, RetryOf: spec.RetryOf, Digest: spec.Digest(), AcceptedAt: workflow.Now(ctx),
	}
	if r.turn {
		r.p.StartedAt = r.p.AcceptedAt
	}
	r.p.Approval = release.NewApproval(spec.Approval)
	r.scaling = newScaling(r.platform, &r.p)
	r.scaling.debts, r.scaling.leased = in.Debts, r.suspends()
	return r
}

// execute runs the release to its end in a context that outlives a cancellation, and
// returns the progress with its outcome.
//
// The release lives in the first coroutine, before that of its inbox, so that the answer of
// an activity is taken in before the commands that followed it. A step that it leads to is
// ended in the same workflow task when a command that came with it says so. Each coroutine
// has a stack for as long as the release is parked.
func (r *run) execute(cancelled workflow.Context) (*release.Progress, error) {
	// Nothing cancels this context: at the end Temporal drops what is left of its timers,
	// which costs no history.
	ctx, _ := workflow.NewDisconnectedContext(cancelled)
	r.details = func(d string) { workflow.SetCurrentDetails(ctx, d) }
	r.events = startPublisher(ctx, release.WorkflowID(r.p.ReleaseID))
	r.takeCommands()
	r.inbox = newInbox(ctx, cancelled, r.commands.handle, r.commands.refuse)
	r.inbox.proceed, r.inbox.begin = workflow.GetSignalChannel(ctx, release.SignalProceed), r.takeTurn
	if r.spec.Strategy.Watch != nil {
		r.inbox.successor, r.inbox.follow = workflow.GetSignalChannel(ctx, release.SignalSuccessor), r.takeSuccessor
	}
	if err := r.listen(ctx); err != nil {
		return &r.p, err
	}
	r.inbox.open(ctx)
	r.finish(ctx, r.lifecycle(ctx))
	r.events.flush(ctx)
	r.promote(ctx)
	return r.result(), workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// result is the progress as it is returned. It is not inlined, because a stack stays as large as
// the frames on it for as long as the release is parked.
//
//go:noinline
func (r *run) result() *release.Progress { return new(r.p.Fit(release.MaxTold)) }

// lifecycle is the life of a release from its acceptance to its end.
func (r *run) lifecycle(ctx workflow.Context) *ending {
	if e := r.accept(); e != nil {
		return e
	}
	again := resumption{r}
	if past := again.before(ctx); past != nil {
		return again.resume(ctx, past).and(r.scaling.stillOwed())
	}
	if e := (queueing{r}).awaitTurn(ctx); e != nil {
		return e
	}
	r.setOut(ctx)
	return r.work(ctx).and(r.scaling.stillOwed())
}

// setOut begins a release whose turn has come.
func (r *run) setOut(ctx workflow.Context) {
	r.startClock(ctx)
	if why := r.spec.Freeze.Override; why != "" {
		r.override = true
		r.commands.record(release.Decision{
			Kind: release.CommandOverride, By: r.spec.RequestedBy, At: workflow.Now(ctx), Via: release.ViaRequest, Note: why,
		})
	}
	r.enter(ctx, release.PhasePreparing, "")
	r.emit(release.EventStarted)
}

// accept tells that the release was accepted, or ends it where its lane has refused it.
func (r *run) accept() *ending {
	if why := r.request.Refused; why != "" {
		r.p.Denied = r.request.Denied
		return end(release.PhaseFailed, "refused: %s; nothing was changed", why)
	}
	r.emit(release.EventAccepted)
	return nil
}

// startClock lets the total limit stop the release as a person would.
func (r *run) startClock(ctx workflow.Context) {
	limit := r.spec.Limits.Total.Std()
	r.until = workflow.Now(ctx).Add(limit)
	r.total = r.inbox.arm(ctx, "total limit", limit, func(ctx workflow.Context) { r.limitPassed(ctx, release.LimitTotal) })
}

// after answers what is to be done when a limit passes now.
func (r *run) after(l release.Limit, returning bool) release.LimitAction {
	return release.AfterLimit(l, release.LimitSituation{
		Phase: r.p.Phase, Stopping: r.abort != nil, Returning: returning || r.p.Phase == release.PhaseRollingBack, Paused: r.p.Paused,
		Confirmed: r.answered(), Begun: r.turn,
	}, r.onTimeout())
}

// answered reports whether people have said what the release waits for them to say, or it waits for
// nothing.
func (r *run) answered() bool {
	switch a := r.p.Awaiting; {
	case a == nil:
		return true
	case a.Kind == release.AwaitApproval:
		return r.p.Approval.Granted()
	default:
		return r.confirmed == a.Batch
	}
}

// onTimeout is the policy for when people do not say in time what the release waits for.
func (r *run) onTimeout() release.TimeoutPolicy {
	if r.awaits() == release.AwaitApproval {
		return r.p.Approval.OnTimeout
	}
	return r.spec.Limits.OnConfirmTimeout
}

// passed says in words that a limit has passed.
func (r *run) passed(l release.Limit) string {
	if l == release.LimitApproval {
		return r.p.Approval.Late()
	}
	return r.spec.Limits.Passed(l)
}

// limitPassed acts when a limit has passed. A release that ends as it stands is ended by
// whoever follows its change.
func (r *run) limitPassed(ctx workflow.Context, l release.Limit) {
	why := r.passed(l)
	switch r.after(l, false) {
	case release.LimitAbort:
		if r.abort == nil {
			r.abort = r.commands.record(byLimit(ctx, release.CommandAbort, why))
		}
	case release.LimitContinue:
		kind := release.CommandConfirm
		if l == release.LimitApproval {
			kind = release.CommandApprove
		}
		d := byLimit(ctx, kind, why)
		d.Batch = r.p.Awaiting.Batch
		r.take(r.commands.record(d))
	case release.LimitHold:
		r.p.Awaiting.Until, r.p.Awaiting.OnTimeout = time.Time{}, ""
		if l == release.LimitApproval {
			r.p.Approval.Until = time.Time{}
		}
		r.p.Reason = why + "; held until the total limit"
		r.show()
	case release.LimitIgnore, release.LimitEnd:
	}
}

// finish records the outcome and tells it.
func (r *run) finish(ctx workflow.Context, e *ending) {
	r.endWait(ctx)
	r.p.Stalled = nil
	r.refuseUnheeded(e)
	r.p.Outcome = e.outcome
	r.p.Paused = false
	r.p.EndedAt = workflow.Now(ctx)
	r.p.CloseBatches()
	r.p.Runs, r.p.RunsMixed = r.runs.version, r.runs.mixed
	if e.outcome == release.PhaseNeedsAttention {
		r.p.UnfinishedChange = r.unfinished
	}
	r.enter(ctx, e.outcome, e.reason)
	if kind, ok := e.outcome.Outcome(); ok {
		r.events.emit(&r.p, kind)
		r.events.ended(decidedNow(ctx, r.inbox, r.p.Decisions))
	}
}

// decidedNow reports whether a command or a limit was taken in at the time of this workflow task.
func decidedNow(ctx workflow.Context, in *inbox, decisions []release.Decision) bool {
	now := workflow.Now(ctx)
	return in.at.Equal(now) || len(decisions) > 0 && decisions[len(decisions)-1].At.Equal(now)
}

// refuseUnheeded refuses a decision that has counted, but has not led to the end of the
// release: it came when nothing could be stopped any more. A decision is carried out or
// refused, never neither.
func (r *run) refuseUnheeded(e *ending) {
	if e.outcome == release.PhaseAborted || e.outcome == release.PhaseRolledBack {
		return
	}
	for _, d := range []*release.Decision{r.abort, r.later} {
		if d == nil || d == e.decision {
			continue
		}
		for i, each := range r.p.Decisions {
			if each == *d {
				r.p.Decisions[i].Refused = "it came too late: nothing could be stopped any more"
			}
		}
	}
}

// wait shows what the release waits for and arms its limit.
func (r *run) wait(ctx workflow.Context, kind release.AwaitKind, batch int, d time.Duration) {
	r.startWait(ctx, kind, batch, workflow.Now(ctx).Add(d))
	if kind == release.AwaitConfirm || kind == release.AwaitApproval {
		r.p.Awaiting.OnTimeout = r.onTimeout()
	}
	r.deadline = r.inbox.arm(ctx, "limit of waiting for "+r.p.Awaiting.Subject(release.UnitBatch), d, func(ctx workflow.Context) {
		if l, bounded := kind.Limit(); bounded {
			r.limitPassed(ctx, l)
		}
	})
}

// takeCommands prepares the release for commands.
func (r *run) takeCommands() {
	r.commands = commands[release.Progress]{
		of: "release", decisions: &r.p.Decisions, recorded: r.p.Prune, tell: r.tellDecision, moved: r.moved,
		note:     func() { r.events.note(&r.p) },
		apply:    func(_ workflow.Context, d *release.Decision) { r.take(d) },
		admit:    func(c release.Command) (repeated bool, err error) { return release.Admit(r.p, c) },
		progress: func() release.Progress { return r.p },
		answer:   func() release.Progress { return r.p.Fit(release.MaxAnswer) },
	}
}

// tellDecision lets the world know of a decision that no transition tells of, unless the end was told.
func (r *run) tellDecision() {
	if r.p.Outcome == "" {
		r.emit(release.EventDecided)
	}
}

// take gives a decision that counts its effect, and tells of each approval and override: no transition does.
func (r *run) take(d *release.Decision) {
	r.apply(&r.p, d)
	if d.Kind == release.CommandOverride {
		r.tellDecision()
	}
	if d.Kind != release.CommandApprove {
		return
	}
	kind := release.EventApprovalGiven
	if r.p.Approval.Granted() {
		kind = release.EventApprovalGranted
	}
	r.emit(kind)
	r.show()
}

// moved tells an update what to wait for: a parked release moves at once, and the answer shows
// where to, or what it waits for now, or why it does not get there.
func (r *run) moved(kind release.CommandKind) func() bool {
	before, awaited := r.p.Phase, r.p.Awaiting
	if !moves(before, kind) {
		return nil
	}
	stops := kind.Stops()
	return func() bool {
		if kind == release.CommandApprove && !r.p.Approval.Granted() {
			return true // further people must approve
		}
		return r.p.Phase != before || r.p.Stalled != nil || !stops && (r.p.Awaiting != awaited || r.awaits() == release.AwaitFreeze)
	}
}

// listen registers the queries and the commands.
func (r *run) listen(ctx workflow.Context) error {
	err := workflow.SetQueryHandler(ctx, release.QueryPlace, func() (release.LaneEntry, error) { return r.place(ctx), nil })
	if err != nil {
		return err
	}
	return r.commands.listen(ctx)
}
