package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// settleLimit bounds what a release may still do after it was aborted or failed:
// every release ends.
const settleLimit = 24 * time.Hour

// run is one release under way: the shared body of Deploy, GrayRelease and Rollback.
type run struct {
	p        release.Progress
	limits   release.Limits
	suspend  bool
	rollback bool
	platform platform
	news     *announcer
	snap     release.Snapshot

	// turn is set when the release may begin.
	turn bool
	// abort is the word that stops the release, once it was said.
	abort *release.Decision
	// confirmed is the latest batch that was confirmed.
	confirmed int
	refusals  int

	// total ends the whole release; deadline ends what it waits for just now.
	total    workflow.Future
	deadline workflow.Future
	// disarm stops the timer behind deadline.
	disarm workflow.CancelFunc
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

// newRun begins the bookkeeping of a release and answers queries from here on.
func newRun(ctx workflow.Context, id string, spec release.Spec) *run {
	r := &run{
		p: release.Progress{
			ReleaseID: id, App: spec.App, Artifact: spec.Artifact, Phase: release.PhaseQueued, Strategy: spec.Strategy,
			RequestedBy: spec.RequestedBy, Note: spec.Note, StartedAt: workflow.Now(ctx),
		},
		limits:   spec.Limits,
		suspend:  spec.Scaling.Suspended(),
		rollback: spec.Rollback.Wanted(),
		platform: platform{spec.App},
	}
	return r
}

// carryOut runs the body to its end in a context that outlives a cancellation, and
// returns the progress with its outcome.
func (r *run) carryOut(cancelled workflow.Context, body func(workflow.Context) *ending) (release.Progress, error) {
	// Nothing cancels this context: at the end Temporal drops what is left of its timers,
	// which costs no history.
	ctx, _ := workflow.NewDisconnectedContext(cancelled)
	r.news = startAnnouncer(ctx)
	if err := r.listen(ctx, cancelled); err != nil {
		return r.p, err
	}
	r.news.tell(r.p, release.EventAccepted, 0)
	e := r.awaitTurn(ctx)
	if e == nil {
		r.total = workflow.NewTimer(ctx, r.limits.Total.Std())
		r.enter(ctx, release.PhasePreparing, "")
		r.news.tell(r.p, release.EventStarted, 0)
		e = body(ctx)
	}
	r.finish(ctx, e)
	r.news.flush(ctx)
	return r.p, workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// awaitTurn waits in the lane until the releases before this one have ended.
func (r *run) awaitTurn(ctx workflow.Context) *ending {
	if r.turn {
		return nil
	}
	r.p.Awaiting = &release.Awaiting{Kind: release.AwaitTurn, Since: workflow.Now(ctx)}
	proceed := workflow.GetSignalChannel(ctx, release.SignalProceed)
	workflow.Go(ctx, func(ctx workflow.Context) {
		proceed.Receive(ctx, nil)
		r.turn = true
	})
	_ = workflow.Await(ctx, func() bool { return r.turn || r.abort != nil })
	r.p.Awaiting = nil
	if r.abort != nil {
		return end(release.PhaseAborted, "aborted by %s before its turn came; nothing was changed", r.abort.By)
	}
	r.p.StartedAt = workflow.Now(ctx)
	return nil
}

// finish records the outcome and tells it.
func (r *run) finish(ctx workflow.Context, e *ending) {
	r.leave()
	r.p.Outcome = e.outcome
	r.p.EndedAt = workflow.Now(ctx)
	r.enter(ctx, e.outcome, e.reason)
	if kind, ok := e.outcome.Outcome(); ok {
		r.news.tell(r.p, kind, 0)
	}
}

// enter moves the release to a phase and makes it searchable.
func (r *run) enter(ctx workflow.Context, next release.Phase, reason string) {
	r.p.Reason = reason
	if r.p.Phase == next {
		return
	}
	if !r.p.Phase.CanBecome(next) {
		workflow.GetLogger(ctx).Error("phase out of order", "from", r.p.Phase, "to", next)
	}
	r.p.Phase = next
	key := temporal.NewSearchAttributeKeyKeyword(release.SearchPhase)
	if shown, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(key); ok && shown == string(next) {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, key.ValueSet(string(next))); err != nil {
		workflow.GetLogger(ctx).Error("phase is not searchable", "error", err)
	}
}

// wait shows what the release waits for and arms its limit; no limit when d is 0.
func (r *run) wait(ctx workflow.Context, kind release.AwaitKind, batch int, d time.Duration) {
	r.leave()
	now := workflow.Now(ctx)
	r.p.Awaiting = &release.Awaiting{Kind: kind, Batch: batch, Since: now}
	if d > 0 {
		r.p.Awaiting.Until = now.Add(d)
		var timer workflow.Context
		timer, r.disarm = workflow.WithCancel(ctx)
		r.deadline = workflow.NewTimer(timer, d)
	}
}

// leave ends a wait.
func (r *run) leave() {
	if r.disarm != nil {
		r.disarm()
	}
	r.p.Awaiting, r.deadline, r.disarm = nil, nil, nil
}

// passed tells whether a limit has passed.
func passed(f workflow.Future) bool { return f != nil && f.IsReady() }

// stopped returns the word or limit that stops the release, if there is one.
func (r *run) stopped(ctx workflow.Context) *release.Decision {
	if r.abort == nil && passed(r.total) {
		r.stop(ctx, fmt.Sprintf("the release was not done within %s", r.limits.Total))
	}
	return r.abort
}

// stop aborts the release in the name of a limit.
func (r *run) stop(ctx workflow.Context, why string) {
	d := release.Decision{Kind: release.CommandAbort, By: "slipway", At: workflow.Now(ctx), Via: "limit", Note: why}
	r.p.Decisions = append(r.p.Decisions, d)
	r.abort = &d
}

// because says who stopped the release and why.
func because(d *release.Decision) string {
	if d.Note == "" {
		return "aborted by " + d.By
	}
	return "aborted by " + d.By + ": " + d.Note
}
