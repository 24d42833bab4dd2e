package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// settleLimit bounds what a release may still do after it was aborted or failed:
// every release ends.
const settleLimit = 24 * time.Hour

// run is one release under way: the shared body of Deploy, GrayRelease, Rollback,
// Restart and Rescale.
type run struct {
	p        release.Progress
	spec     release.Spec
	request  release.Request
	platform platform
	inbox    *inbox
	commands commands[release.Progress]
	news     *announcer
	snap     release.Snapshot
	// judged are the versions that are known to be good or bad, for a rollback that names none.
	judged release.Judged

	// details shows in Temporal's UI where the release stands; nil where nobody looks.
	details func(string)

	// turn is set when the release may begin.
	turn bool
	// abort is the word that stops the release, once it was said.
	abort *release.Decision
	// later is a word that stops the release at the next safe point.
	later *release.Decision
	// atSafePoint tells that no batch is in progress.
	atSafePoint bool
	// override passes over freezes.
	override bool
	// confirmed is the latest batch that was confirmed and is not carried past yet.
	confirmed int
	// still tells that the world was told that the release stands still.
	still bool

	// scalingTouched and trafficTouched tell that the release has, or may have, changed the
	// scaling rules and the traffic rule: what was recorded of them before stays.
	scalingTouched, trafficTouched bool
	// kept is the application's own traffic rule.
	kept *release.KeptTraffic
	// late is when a change of rules was sent last whose effect is not known.
	late time.Time

	// total ends the whole release; deadline ends what it waits for just now.
	total, deadline *limit
	// until is when total passes, and homeBy when putting back is given up.
	until, homeBy time.Time
}

// ending is the outcome of a release and the reason for it. A step that returns nil
// lets the release go on.
type ending struct {
	outcome release.Phase
	reason  string
}

func end(outcome release.Phase, format string, args ...any) *ending {
	return &ending{outcome, fmt.Sprintf(format, args...)}
}

// and adds what else is to be said.
func (e *ending) and(words string) *ending {
	switch {
	case words == "":
		return e
	case e.reason == "":
		return &ending{e.outcome, words}
	default:
		return &ending{e.outcome, e.reason + "; " + words}
	}
}

// newRun begins the bookkeeping of a release.
func newRun(ctx workflow.Context, in *release.Request) *run {
	spec := in.Spec
	return &run{
		p: release.Progress{
			ReleaseID: in.ID, App: spec.App, Operation: spec.Operation, Artifact: spec.Artifact, Phase: release.PhaseQueued,
			Strategy: spec.Strategy, RequestedBy: spec.RequestedBy, Note: spec.Note, Set: in.Set, Digest: spec.Digest(), StartedAt: workflow.Now(ctx),
		},
		spec: spec, request: *in, platform: platform{spec.App}, turn: !in.Queued, atSafePoint: true,
	}
}

// carryOut runs the release to its end in a context that outlives a cancellation, and
// returns the progress with its outcome.
//
// The release lives in the first coroutine, before that of its inbox, so that the answer of
// an activity is taken in before the commands that followed it. A step that it leads to is
// ended in the same workflow task when a command that came with it says so. Each coroutine
// has a stack for as long as the release is parked.
func (r *run) carryOut(cancelled workflow.Context) (*release.Progress, error) {
	// Nothing cancels this context: at the end Temporal drops what is left of its timers,
	// which costs no history.
	ctx, _ := workflow.NewDisconnectedContext(cancelled)
	r.details = func(d string) { workflow.SetCurrentDetails(ctx, d) }
	r.news = startAnnouncer(ctx, release.WorkflowID(r.p.ReleaseID))
	r.takeCommands()
	r.inbox = newInbox(ctx, cancelled, r.commands.handle, r.commands.refuse)
	r.inbox.proceed, r.inbox.begin = workflow.GetSignalChannel(ctx, release.SignalProceed), r.takeTurn
	if err := r.listen(ctx); err != nil {
		return &r.p, err
	}
	r.inbox.open(ctx)
	r.finish(ctx, r.live(ctx))
	r.news.flush(ctx)
	return r.result(), workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// result is the progress as it is returned. It is not inlined, because a stack stays as large as
// the frames on it for as long as the release is parked.
//
//go:noinline
func (r *run) result() *release.Progress { return new(r.p.Fit(release.MaxTold)) }

// live is the life of a release from its acceptance to its end.
func (r *run) live(ctx workflow.Context) *ending {
	if e := r.accept(); e != nil {
		return e
	}
	if past := r.before(ctx); past != nil {
		return r.resume(ctx, past).and(r.stillOwed())
	}
	if e := r.awaitTurn(ctx); e != nil {
		return e
	}
	r.setOut(ctx)
	return r.work(ctx).and(r.stillOwed())
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
	r.tell(release.EventStarted)
}

// accept tells that the release was accepted, or ends it where its lane has refused it.
func (r *run) accept() *ending {
	if why := r.request.Refused; why != "" {
		return end(release.PhaseFailed, "refused: %s; nothing was changed", why)
	}
	r.tell(release.EventAccepted)
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
		Confirmed: r.p.Awaiting == nil || r.confirmed == r.p.Awaiting.Batch, Begun: r.turn,
	}, r.spec.Limits.OnConfirmTimeout)
}

// limitPassed acts when a limit has passed. A release that ends as it stands is ended by
// whoever follows its change.
func (r *run) limitPassed(ctx workflow.Context, l release.Limit) {
	why := r.spec.Limits.Passed(l)
	switch r.after(l, false) {
	case release.LimitAbort:
		if r.abort == nil {
			r.abort = r.commands.record(byLimit(ctx, release.CommandAbort, why))
		}
	case release.LimitContinue:
		d := byLimit(ctx, release.CommandConfirm, why)
		d.Batch = r.p.Awaiting.Batch
		r.apply(ctx, r.commands.record(d))
	case release.LimitHold:
		r.p.Awaiting.Until = time.Time{}
		r.p.Reason = why + "; held until the total limit"
		r.show()
	case release.LimitIgnore, release.LimitEnd:
	}
}

// finish records the outcome and tells it.
func (r *run) finish(ctx workflow.Context, e *ending) {
	r.leave()
	r.p.Stalled = nil
	r.refuseUnheeded(e)
	r.p.Outcome = e.outcome
	r.p.Paused = false
	r.p.EndedAt = workflow.Now(ctx)
	r.p.CloseBatches()
	r.enter(ctx, e.outcome, e.reason)
	if kind, ok := e.outcome.Outcome(); ok {
		r.news.tell(&r.p, kind)
	}
}

// refuseUnheeded refuses a word that has counted, but which the end of the release says
// nothing of: it came when nothing could be stopped any more. A word is carried out or
// refused, never neither.
func (r *run) refuseUnheeded(e *ending) {
	if e.outcome == release.PhaseAborted || e.outcome == release.PhaseRolledBack {
		return
	}
	for _, word := range []*release.Decision{r.abort, r.later} {
		if word == nil || strings.Contains(e.reason, because(word)) {
			continue
		}
		for i, d := range r.p.Decisions {
			if d == *word {
				r.p.Decisions[i].Refused = "it came too late: nothing could be stopped any more"
			}
		}
	}
}

// enter moves the release to a phase and makes it searchable.
func (r *run) enter(ctx workflow.Context, next release.Phase, reason string) {
	r.p.Reason = reason
	defer r.show()
	if r.p.Phase == next {
		return
	}
	if !r.p.Phase.CanBecome(next) {
		workflow.GetLogger(ctx).Error("phase out of order", "from", r.p.Phase, "to", next)
	}
	r.p.Phase = next
	showPhase(ctx, next)
}

// show tells Temporal's UI where the release stands, which writes no history.
func (r *run) show() {
	if r.details != nil {
		r.details(r.p.Details())
	}
}

// showPhase makes the phase of a release or set searchable, and its outcome with it.
func showPhase(ctx workflow.Context, next release.Phase) {
	key := temporal.NewSearchAttributeKeyKeyword(release.SearchPhase)
	if shown, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(key); ok && shown == string(next) {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, searchable(next.SearchAttributes())...); err != nil {
		workflow.GetLogger(ctx).Error("phase is not searchable", "error", err)
	}
}

// searchable are search attributes as Temporal takes them.
func searchable(all []release.SearchAttribute) []temporal.SearchAttributeUpdate {
	updates := make([]temporal.SearchAttributeUpdate, len(all))
	for i, a := range all {
		updates[i] = temporal.NewSearchAttributeKeyKeyword(a.Name).ValueSet(a.Value)
	}
	return updates
}

// wait shows what the release waits for and arms its limit.
func (r *run) wait(ctx workflow.Context, kind release.AwaitKind, batch int, d time.Duration) {
	r.await(ctx, kind, batch, workflow.Now(ctx).Add(d))
	r.deadline = r.inbox.arm(ctx, "limit of waiting for "+r.p.Awaiting.Words(), d, func(ctx workflow.Context) {
		if l, bounded := kind.Limit(); bounded {
			r.limitPassed(ctx, l)
		}
	})
}

// await shows what the release waits for, and until when; something else ends the wait.
func (r *run) await(ctx workflow.Context, kind release.AwaitKind, batch int, until time.Time) {
	r.leave()
	r.p.Awaiting = &release.Awaiting{Kind: kind, Batch: batch, Since: workflow.Now(ctx), Until: until}
	r.show()
}

// leave ends a wait.
func (r *run) leave() {
	r.deadline.cancel()
	r.p.Awaiting, r.deadline = nil, nil
	r.show()
}

// awaits is what the release waits for just now; empty when for nothing.
func (r *run) awaits() release.AwaitKind {
	if r.p.Awaiting == nil {
		return ""
	}
	return r.p.Awaiting.Kind
}

// reachSafePoint tells whether a batch is in progress; one that is not lets a word count
// that waited for it.
func (r *run) reachSafePoint(safe bool) {
	r.atSafePoint = safe
	if safe && r.later != nil && r.abort == nil {
		r.abort = r.later
	}
}

// takeCommands prepares the release for commands.
func (r *run) takeCommands() {
	r.commands = commands[release.Progress]{
		of: "release", decisions: &r.p.Decisions, recorded: r.p.Prune, apply: r.apply, moved: r.moved,
		admit:    func(c release.Command) (repeated bool, err error) { return release.Admit(r.p, c) },
		progress: func() release.Progress { return r.p },
		answer:   func() release.Progress { return r.p.Fit(release.MaxAnswer) },
	}
}

// moved tells an update what to wait for: a parked release moves at once, and the answer shows
// where to, or what it waits for now, or why it does not get there.
func (r *run) moved(kind release.CommandKind) func() bool {
	before, awaited := r.p.Phase, r.p.Awaiting
	if !moves(before, kind) {
		return nil
	}
	stops := kind == release.CommandAbort || kind == release.CommandRollback
	return func() bool {
		return r.p.Phase != before || r.p.Stalled != nil || !stops && (r.p.Awaiting != awaited || r.awaits() == release.AwaitThaw)
	}
}

// apply gives a decision that counts its effect; whoever waits for it looks again.
func (r *run) apply(_ workflow.Context, d *release.Decision) {
	switch d.Kind {
	case release.CommandConfirm:
		r.confirmed = d.Batch
	case release.CommandAbort, release.CommandRollback:
		if d.AtSafePoint && !r.atSafePoint {
			r.later = d
			return
		}
		r.abort = d
	case release.CommandPause:
		r.p.Paused = true
	case release.CommandResume:
		r.p.Paused = false
	case release.CommandOverride:
		r.override = true
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
