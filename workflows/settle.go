package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// settle ends a rollout that is followed no more: it reads back which version runs,
// rolls back where that is due, and puts the scaling rules back once the application
// runs one version.
func (r *run) settle(ctx workflow.Context, v verdict) *ending {
	r.homeBy = workflow.Now(ctx).Add(settleLimit) // the change order may have taken long to end
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

// readBack reads which version runs, once no change order of the application is
// unfinished any more: somebody may have begun another one meanwhile.
func (r *run) readBack(ctx workflow.Context, want release.Artifact) (release.Verification, *fault) {
	for {
		runs, f := conclude(ctx, r, r.platform.verify(release.VerifyInput{App: r.p.App, Want: want}))
		if f != nil || runs.Other == nil {
			return runs, f
		}
		if _, f := r.awaitIdle(ctx, r.onTheWayBack(runs.Other)); f != nil {
			return runs, f
		}
	}
}

// settleNew ends a rollout that succeeded.
func (r *run) settleNew(ctx workflow.Context, v verdict) *ending {
	r.enter(ctx, release.PhaseFinalizing, "")
	runs, f := r.readBack(ctx, r.p.Artifact)
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
	old := r.rollbackTo().Artifact
	runs, f := r.readBack(ctx, old)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; what runs could not be read back: %v%s", v.why, f, r.heldRules())
	case runs.OnlyRuns(old):
		return r.wentBack(ctx, v.why).and(r.resized())
	case r.rollbackTo().ID != "" && (r.spec.Rollback.Wanted() || r.abort != nil):
		return r.rollBack(ctx, v.why)
	default:
		return end(release.PhaseNeedsAttention, "%s; the application runs %s%s", v.why, describeRunning(runs), r.heldRules())
	}
}

// resized says what is not put back of a rescale that was broken off.
func (r *run) resized() string {
	if r.spec.Operation != release.OperationRescale {
		return ""
	}
	return fmt.Sprintf("the application may be configured for %d instances, because a rescale is not put back", r.spec.Instances)
}

// wentBack ends a release that has returned to the version that ran before: Aborted
// where a person or a limit wanted that, else RolledBack. A person who named another
// version gets that one.
func (r *run) wentBack(ctx workflow.Context, why string) *ending {
	switch {
	case r.abort == nil:
		return r.restored(ctx, end(release.PhaseRolledBack, "%s", why))
	case r.abort.Kind == release.CommandAbort:
		return r.restored(ctx, end(release.PhaseAborted, "%s", why))
	case r.abort.Version == "" || r.abort.Version == r.rollbackTo().ID:
		return r.restored(ctx, end(release.PhaseRolledBack, "%s", why))
	}
	snap, f := conclude(ctx, r, r.platform.snapshot(release.SnapshotInput{
		App: r.p.App, Rollback: &release.RollbackQuestion{VersionID: r.abort.Version},
	}))
	if f != nil {
		return r.restored(ctx, end(release.PhaseRolledBack, "%s; the application runs the version before, not %s: %v", why, r.abort.Version, f))
	}
	r.p.RollbackTo = snap.Wanted
	return r.rollBack(ctx, why)
}

// rollBack brings the recorded version back with a change order of its own.
func (r *run) rollBack(ctx workflow.Context, why string) *ending {
	r.returning(ctx, why)
	v, f := r.bringBack(ctx)
	if f != nil {
		return end(release.PhaseNeedsAttention, "%s; not rolled back: %v%s", why, f, r.heldRules())
	}
	old := r.rollbackTo().Artifact
	runs, f := r.readBack(ctx, old)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; rolled back, but what runs could not be read back: %v%s", why, f, r.heldRules())
	case !runs.OnlyRuns(old):
		return end(release.PhaseNeedsAttention, "%s; the rollback did not bring the old version back (%s): the application runs %s%s",
			why, v.why, describeRunning(runs), r.heldRules())
	default:
		return r.wentBack(ctx, why)
	}
}

// bringBack begins the change order of the way back, exactly once, and follows it to its
// end. It waits for a change order that somebody else has begun meanwhile: at no time
// are more than two versions alive (R2).
func (r *run) bringBack(ctx workflow.Context) (verdict, *fault) {
	for tries := 0; ; tries++ {
		snap, f := r.readIdle(ctx)
		if f != nil {
			return verdict{}, f
		}
		change, f := r.beginRollback(ctx, snap.Watermark)
		passes := f != nil && (f.class == release.FaultConflict || f.class == release.FaultNotNow)
		switch {
		case f == nil:
			r.p.ChangeOrderID = change.ID
			v := r.follow(ctx, release.StepRollback, change.ID)
			r.homeBy = workflow.Now(ctx).Add(settleLimit)
			return v, nil
		case !passes || r.homeBy.Sub(workflow.Now(ctx)) <= lastTry:
			return verdict{}, f
		}
		r.backOff(ctx, tries, f, never)
	}
}

// readIdle reads the application once no change order of it is unfinished.
func (r *run) readIdle(ctx workflow.Context) (release.Snapshot, *fault) {
	snap, f := conclude(ctx, r, r.platform.snapshot(release.SnapshotInput{App: r.p.App}))
	if f == nil && snap.Busy != nil {
		return r.awaitIdle(ctx, r.onTheWayBack(snap.Busy))
	}
	return snap, f
}

// onTheWayBack is the wait for a foreign change order that no word ends.
func (r *run) onTheWayBack(other *release.ForeignChange) foreignWait {
	return foreignWait{words: other.Words(), question: release.SnapshotInput{App: r.p.App}, unwanted: never, until: r.homeBy}
}

// beginRollback begins the change order of the way back. One that may have been begun is
// looked for; where there is certainly none the call may be tried again, and the fault is
// [release.FaultNotNow].
func (r *run) beginRollback(ctx workflow.Context, mark release.Watermark) (release.Change, *fault) {
	change, f := insist(ctx, r, r.platform.beginRollback(release.BeginRollbackInput{
		App: r.p.App, Version: r.rollbackTo(), Watermark: mark, RestoreScaling: !r.suspends(),
		Override: true, // the way back is never held by a freeze
	}), r.homeBy)
	if f == nil || !f.actedMaybe() {
		return change, f
	}
	found, g := r.find(ctx, release.VerbBeginRollback, "", mark)
	if g != nil || found != nil {
		return deref(found), g
	}
	f.class = release.FaultNotNow
	return release.Change{}, f
}

// settleAny ends a rollout of which nobody can say beforehand what runs. A change order
// that was lost sight of may still be at work, so nothing is put back then.
func (r *run) settleAny(ctx workflow.Context, v verdict) *ending {
	if v.lost {
		return end(release.PhaseNeedsAttention, "%s; the change order may be unfinished%s", v.why, r.heldRules())
	}
	runs, f := r.readBack(ctx, r.p.Artifact)
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
