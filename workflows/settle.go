package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// settle ends a rollout that is followed no more: it reads back which version runs,
// rolls back where that is due, and puts the scaling rules back once the application
// runs one version.
func (r *run) settle(ctx workflow.Context, v verdict) *ending {
	switch v.act {
	case release.ActSettleNew:
		return r.settleNew(ctx, v)
	case release.ActSettleOld:
		return r.settleOld(ctx, v)
	case release.ActRollBack:
		return r.rollBack(ctx, v.why)
	case release.ActSettleAny, release.ActWatch, release.ActAskPerson, release.ActAwaitApproval, release.ActBreakOff:
		return r.settleAny(ctx, v)
	}
	return r.settleAny(ctx, v)
}

func (r *run) verify(ctx workflow.Context, want release.Artifact) (release.Verification, *fault) {
	return call[release.Verification](ctx, r.platform, release.VerbVerify, release.VerifyInput{App: r.p.App, Want: want})
}

// settleNew ends a rollout that succeeded.
func (r *run) settleNew(ctx workflow.Context, v verdict) *ending {
	r.enter(ctx, release.PhaseFinalizing, "")
	runs, f := r.verify(ctx, r.p.Artifact)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s, but what runs could not be read back: %v%s", v.why, f, r.heldRules())
	case !runs.OnlyRuns(r.p.Artifact):
		return end(release.PhaseNeedsAttention, "%s, but the application runs %s%s", v.why, describeRunning(runs), r.heldRules())
	default:
		return r.restored(ctx, end(release.PhaseSucceeded, ""))
	}
}

// settleOld ends a rollout whose change order was rolled back by the platform. Where
// the old version does not run everywhere after all, a rollback of our own follows.
func (r *run) settleOld(ctx workflow.Context, v verdict) *ending {
	r.returning(ctx, v.why)
	old := r.target().Artifact
	runs, f := r.verify(ctx, old)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; what runs could not be read back: %v%s", v.why, f, r.heldRules())
	case runs.OnlyRuns(old):
		return r.restored(ctx, end(r.wentBack(), "%s", v.why))
	case r.target().ID != "" && (r.rollback || r.abort != nil):
		return r.rollBack(ctx, v.why)
	default:
		return end(release.PhaseNeedsAttention, "%s; the application runs %s%s", v.why, describeRunning(runs), r.heldRules())
	}
}

// wentBack is the outcome of a release that returned to the old version.
func (r *run) wentBack() release.Phase {
	if r.abort != nil {
		return release.PhaseAborted
	}
	return release.PhaseRolledBack
}

// rollBack brings the recorded version back with a change order of its own.
func (r *run) rollBack(ctx workflow.Context, why string) *ending {
	r.returning(ctx, why)
	v, e := r.bringBack(ctx, r.target())
	if e != nil {
		return e
	}
	old := r.target().Artifact
	runs, f := r.verify(ctx, old)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; rolled back, but what runs could not be read back: %v%s", why, f, r.heldRules())
	case !runs.OnlyRuns(old):
		return end(release.PhaseNeedsAttention, "%s; the rollback did not bring the old version back (%s): the application runs %s%s",
			why, v.why, describeRunning(runs), r.heldRules())
	default:
		return r.restored(ctx, end(r.wentBack(), "%s", why))
	}
}

// bringBack begins the rollback's change order, exactly once, and follows it to its end.
func (r *run) bringBack(ctx workflow.Context, to release.Version) (verdict, *ending) {
	change, f := r.beginRollback(ctx, to)
	if f != nil {
		return verdict{}, end(release.PhaseNeedsAttention, "%s; not rolled back: %v%s", r.p.Reason, f, r.heldRules())
	}
	r.p.ChangeOrderID = change.ID
	return r.follow(ctx, release.StepRollback, change.ID), nil
}

// beginRollback takes a new watermark when this release has begun a change order
// since the last one.
func (r *run) beginRollback(ctx workflow.Context, to release.Version) (release.Change, *fault) {
	watermark := r.snap.Watermark
	if r.p.ChangeOrderID != "" {
		snap, f := call[release.Snapshot](ctx, r.platform, release.VerbSnapshot, release.SnapshotInput{App: r.p.App})
		if f != nil {
			return release.Change{}, f
		}
		watermark = snap.Watermark
	}
	return call[release.Change](ctx, r.platform, release.VerbBeginRollback, release.BeginRollbackInput{
		App: r.p.App, Version: to, Watermark: watermark, RestoreScaling: !r.suspend,
	})
}

// settleAny ends a rollout of which nobody can say beforehand what runs. A change order
// that was lost sight of may still be at work, so nothing is put back then.
func (r *run) settleAny(ctx workflow.Context, v verdict) *ending {
	if v.lost {
		return end(release.PhaseNeedsAttention, "%s; the change order may be unfinished%s", v.why, r.heldRules())
	}
	runs, f := r.verify(ctx, r.p.Artifact)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; what runs could not be read back: %v%s", v.why, f, r.heldRules())
	case !runs.Uniform():
		return end(release.PhaseNeedsAttention, "%s; the application runs %s%s", v.why, describeRunning(runs), r.heldRules())
	case v.gone && runs.OnlyRuns(r.p.Artifact):
		r.enter(ctx, release.PhaseFinalizing, v.why)
		return r.restored(ctx, end(release.PhaseSucceeded, "%s; every instance runs the new version", v.why))
	default:
		return r.restored(ctx, end(release.PhaseFailed, "%s; the application runs %s", v.why, describeRunning(runs)))
	}
}

// describeRunning names the versions that run, for a reason.
func describeRunning(v release.Verification) string {
	if v.Uniform() {
		return v.Configured.String()
	}
	running := make([]string, len(v.Running))
	for i, a := range v.Running {
		running[i] = a.String()
	}
	return "mixed versions " + strings.Join(running, ", ") + ", configured " + v.Configured.String()
}
