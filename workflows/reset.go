package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// wasReset tells whether the workflow begins anew because somebody has reset it. A run whose
// history goes past here goes on by that history, which has all that it knew there.
func wasReset(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	if info.OriginalRunID == "" || info.OriginalRunID == info.WorkflowExecution.RunID {
		return false
	}
	return workflow.GetVersion(ctx, "begins anew", workflow.DefaultVersion, 1) > workflow.DefaultVersion
}

// before is how far the release had come before it was reset, as the ledger knows; nil where it
// has changed nothing. No word stops the question: each that was said before counts again at
// once, and does not know of what was begun.
func (r *run) before(ctx workflow.Context) *release.Progress {
	if !wasReset(ctx) {
		return nil
	}
	past, f := r.recall(ctx)
	if f != nil {
		return nil
	}
	return &past
}

// recall reads from the ledger what the release has told of itself before its first change.
func (r *run) recall(ctx workflow.Context) (past release.Progress, f *fault) {
	past, f = insist(ctx, r, call[release.Progress]{task{
		doing: release.RecallActivity, name: release.RecallActivity, in: release.Ref{App: r.p.App, ReleaseID: r.p.ReleaseID},
		options: readOptions(r.p.App),
	}}, workflow.Now(ctx).Add(recallLimit))
	if f == nil && past.RollbackTo == nil {
		f = &fault{text: "the ledger was not told before the first change"}
	}
	return past, f
}

// resume goes on with a release that was reset after it may have changed something (R1, R15).
func (r *run) resume(ctx workflow.Context, past *release.Progress) *ending {
	r.turn = true
	if past.Outcome != "" && past.Outcome != release.PhaseNeedsAttention {
		// Others may have released since: what has ended well or badly is over.
		transition := max(r.p.Transition, past.Transition)
		r.p, r.p.Transition = *past, transition
		return (&ending{past.Outcome, past.Reason}).and("it was reset after it had ended, and has changed nothing")
	}
	r.inherit(*past) // before anything is told: the ledger is not to forget what is held
	r.setOut(ctx)
	if r.token() == "" {
		return end(release.PhaseNeedsAttention, "it was reset after it may have begun a change order, which cannot be told from others%s", r.heldRules())
	}
	own, f := r.ownOrder(ctx)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "it was reset, and whether it had begun a change order is unknown: %v%s", f, r.heldRules())
	case own != nil:
		return r.goOnWith(ctx, *own)
	}
	if t := past.Traffic; t != nil && !t.Cleared {
		return r.restored(ctx, end(release.PhaseNeedsAttention, "it was reset; its traffic rule, and what was there before, are left to a person"))
	}
	r.p.ScalingRules = slices.DeleteFunc(r.p.ScalingRules, func(rule release.HeldRule) bool { return rule.Restored || rule.Gone })
	e := r.work(ctx)
	if e.outcome != release.PhaseNeedsAttention { // it may have ended before it switched anything itself
		e = r.restored(ctx, e)
	}
	return e
}

// ownOrder finds the change order that the release had begun before it was reset; nil once it is
// certain that there is none and none will come.
func (r *run) ownOrder(ctx workflow.Context) (*release.OwnChange, *fault) {
	snap, f := conclude(ctx, r, r.platform.snapshot(release.SnapshotInput{App: r.p.App, Token: r.token()}))
	if f != nil || snap.Own != nil {
		return snap.Own, f
	}
	found, f := r.find(ctx, release.VerbBeginRollout, r.token(), release.Watermark{})
	if f != nil || found == nil {
		return nil, f
	}
	return &release.OwnChange{ID: found.ID}, nil
}

// takeUp goes on with a change order of its own that the release finds although it does not know
// that it was reset. What it held stands in the ledger, or is not known any more.
func (r *run) takeUp(ctx workflow.Context, own release.OwnChange) *ending {
	past, f := r.recall(ctx)
	if f != nil {
		r.p.RollbackTo = nil // what is configured by now may be the new version
		return end(release.PhaseNeedsAttention, "%s; what it held before is not known: %v", r.goOnWith(ctx, own).describe(), f)
	}
	r.inherit(past)
	return r.goOnWith(ctx, own)
}

// goOnWith follows the change order that the release has begun before it was reset (R3, R15).
func (r *run) goOnWith(ctx workflow.Context, own release.OwnChange) *ending {
	r.enter(ctx, release.PhaseRollingOut, "")
	r.reachSafePoint(false)
	r.p.ChangeOrderID = own.ID
	e := r.settle(ctx, r.follow(ctx, release.StepRollout, own.ID))
	e = e.and("it was reset, and has gone on with the change order that it had begun")
	if t := r.p.Traffic; t != nil && !t.Cleared {
		return end(release.PhaseNeedsAttention, "%s; its traffic rule, and what was there before, are left to a person", e.describe())
	}
	return e
}

// inherit takes over what the release had recorded before it was reset.
func (r *run) inherit(past release.Progress) {
	r.p.Transition = max(r.p.Transition, past.Transition)
	r.p.RollbackTo = past.RollbackTo
	r.p.Traffic = past.Traffic
	for _, held := range past.ScalingRules {
		if i := slices.IndexFunc(r.p.ScalingRules, func(rule release.HeldRule) bool { return rule.Name == held.Name }); i >= 0 {
			r.p.ScalingRules[i] = held
			continue
		}
		r.p.ScalingRules = append(r.p.ScalingRules, held)
	}
	if len(past.Batches) > 0 {
		r.p.Batches = slices.Clone(past.Batches)
	}
	r.scalingTouched = true
}
