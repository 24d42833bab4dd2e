package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// settlement is the end of a release whose change is followed no more.
type settlement struct{ *run }

// settle ends a rollout that is followed no more: it reads back which version runs,
// rolls back where that is due, and puts the scaling rules back once the application
// runs one version.
func (s settlement) settle(ctx workflow.Context, v followResult) *ending {
	s.giveTime(ctx) // the change may have taken long to end
	switch v.act {
	case release.ActSettleNew:
		return s.settleNew(ctx, v)
	case release.ActSettleOld:
		return s.settleOld(ctx, v)
	case release.ActRollBack:
		return s.rollBack(ctx, v.why)
	case release.ActSettleAny, release.ActWatch, release.ActAskPerson, release.ActAwaitPlatformApproval, release.ActBreakOff:
		return s.settleAny(ctx, v)
	}
	return s.settleAny(ctx, v)
}

// readBack reads which version runs, once no change of the application is
// unfinished any more: somebody may have begun another one meanwhile.
func (s settlement) readBack(ctx workflow.Context, want release.VerifyInput) (release.Verification, *fault) {
	want.App = s.p.App
	for {
		runs, f := conclude(ctx, &s.caller, s.platform.verify(want))
		if f != nil || runs.Other == nil {
			s.recordRunning(runs, f)
			return runs, f
		}
		if _, f := s.awaitIdle(ctx, s.onTheWayBack(runs.Other)); f != nil {
			return runs, f
		}
	}
}

// wantNew is what should run once the release has succeeded.
func (s settlement) wantNew() release.VerifyInput {
	return release.VerifyInput{Want: s.p.Brings(), Config: s.spec.Config}
}

// stillNew is what should run as long as nobody else has changed the application since: the number of
// instances may be another one, because its scaling rules are back.
func (s settlement) stillNew() release.VerifyInput {
	want := s.wantNew()
	if want.Config != nil {
		config := *want.Config
		config.Instances = nil
		want.Config = &config
	}
	return want
}

// wantOld is what should run once the application is back.
func (s settlement) wantOld() release.VerifyInput {
	return release.VerifyInput{Want: s.rollbackTo()}
}

// isOld reports whether the application runs what it ran before, configured as it was then: as the
// platform keeps that version, or as it was read, which is another thing where somebody had changed it
// since.
func (s settlement) isOld(runs release.Verification) bool {
	old := s.rollbackTo()
	if s.p.RollbackTo == nil { // it had no version
		return runs.Nothing()
	}
	return runs.Holds(old) || runs.Has(old)
}

// hidden says that what each instance runs cannot be read back, because the old version and the new
// one differ in their configuration alone, which instances do not show; empty where it can, and where
// the platform tells versions by their IDs.
func (s settlement) hidden(runs release.Verification) string {
	changes := s.spec.Config != nil || s.spec.Operation == release.OperationRollback
	if !changes || runs.Identified() || !s.p.Artifact.Same(s.rollbackTo().Artifact) {
		return ""
	}
	return ", and which configuration each instance has cannot be read back"
}

// missing says how many instances the application lacks; empty where it lacks none, and where it has some only as there are requests.
func (s settlement) missing(runs release.Verification) string {
	if s.platform.traits().Step != release.StepInstances {
		return ""
	}
	return runs.Missing()
}

// recordRunning notes what the application was read to run, for the end of the release.
func (s settlement) recordRunning(runs release.Verification, f *fault) {
	s.runs = running{}
	switch {
	case f != nil:
		return
	case !runs.Uniform():
		s.runs.mixed = runs.Text()
		return
	}
	s.runs.wanted = runs.Wanted
	if runs.Nothing() {
		return
	}
	s.runs.version = new(runs.Configured)
	for _, known := range []*release.Version{s.p.RollbackTo, s.snap.Wanted, new(s.p.Brings())} {
		if known != nil {
			s.complete(s.runs.version, *known, s.hidden(runs) == "")
		}
	}
}

// complete adds to a version that was read back what is known of it: its ID where the platform has not
// told it, or its artifact where it tells nothing else.
func (s settlement) complete(runs *release.Version, known release.Version, certain bool) {
	switch {
	case runs.ID != "" && runs.ID == known.ID && !runs.Artifact.Known():
		runs.Artifact = known.Artifact
	case runs.ID == "" && (certain || known.Config != "" && runs.Config != "") && known.Same(*runs):
		runs.ID = known.ID
	}
}

// settleNew ends a rollout that succeeded.
func (s settlement) settleNew(ctx workflow.Context, v followResult) *ending {
	s.enter(ctx, release.PhaseFinalizing, "")
	runs, f := s.readBack(ctx, s.wantNew())
	switch {
	case f != nil:
		return v.why.end(release.PhaseNeedsAttention, ", but what runs could not be read back: %v%s", f, s.scaling.left())
	case !runs.Holds(s.p.Brings()) && (s.snap.Wanted == nil || !runs.Has(*s.snap.Wanted)):
		return v.why.end(release.PhaseNeedsAttention, ", but the application runs %s%s", runs.Words(), s.scaling.left())
	default:
		return s.restored(ctx, end(release.PhaseSucceeded, ""))
	}
}

// settleOld ends a rollout whose change was rolled back by the platform. Where
// the old version does not run everywhere after all, a rollback of our own follows.
func (s settlement) settleOld(ctx workflow.Context, v followResult) *ending {
	if s.platform.traits().ReturnsFailed {
		s.enterRollingBack(ctx, v.why.text)
	} else {
		s.ownTime(ctx) // whether anybody goes back is to be seen
	}
	runs, f := s.readBack(ctx, s.wantOld())
	switch {
	case f != nil:
		return v.why.end(release.PhaseNeedsAttention, "; what runs could not be read back: %v%s", f, s.scaling.left())
	case s.isOld(runs):
		if s.p.Phase != release.PhaseRollingBack {
			s.enterRollingBack(ctx, v.why.text)
		}
		return s.wentBack(ctx, v.why).and(s.resized())
	case s.returnable() && (s.spec.Rollback.Wanted() || s.abort != nil):
		return s.rollBack(ctx, v.why)
	default:
		return v.why.end(release.PhaseNeedsAttention, "%s; the application runs %s%s", s.noneBefore(), runs.Words(), s.scaling.left())
	}
}

// noneBefore says that there is no version to return to, because the application had none; empty where
// it had one.
func (s settlement) noneBefore() string {
	if s.p.RollbackTo != nil {
		return ""
	}
	return "; the application had no version before that could be returned to"
}

// resized says what is not put back of a rescale that was broken off.
func (s settlement) resized() string {
	if s.spec.Operation != release.OperationRescale {
		return ""
	}
	return fmt.Sprintf("the application may be configured for %d instances, because a rescale is not put back", s.spec.Instances)
}

// wentBack ends a release that has returned to the version that ran before: Aborted
// where a person or a limit wanted that, else RolledBack. A person who named another
// version gets that one.
func (s settlement) wentBack(ctx workflow.Context, why cause) *ending {
	switch {
	case s.abort == nil:
		return s.returned(ctx, why.end(release.PhaseRolledBack, ""))
	case s.abort.Kind != release.CommandRollback:
		return s.returned(ctx, why.end(release.PhaseAborted, ""))
	case s.abort.Version == "" || s.abort.Version == s.rollbackTo().ID:
		return s.returned(ctx, why.end(release.PhaseRolledBack, ""))
	}
	if f := s.resolveNamed(ctx); f != nil {
		return s.returned(ctx, why.end(release.PhaseRolledBack, "; the application runs the version before, not %s: %v", s.abort.Version, f))
	}
	return s.rollBack(ctx, why)
}

// resolveNamed makes the version that a person has named the one to return to.
func (s settlement) resolveNamed(ctx workflow.Context) *fault {
	snap, f := conclude(ctx, &s.caller, s.platform.snapshot(release.SnapshotInput{
		App: s.p.App, Rollback: &release.RollbackQuestion{VersionID: s.abort.Version},
	}))
	if f == nil {
		s.p.RollbackTo = snap.Wanted
	}
	return f
}

// returned ends a release whose application runs the version before again: the number of instances is
// put back, and then the scaling rules.
func (s settlement) returned(ctx workflow.Context, e *ending) *ending {
	switch {
	case s.spec.Config == nil || s.spec.Config.Instances == nil:
		return s.restored(ctx, e)
	case s.instances == nil:
		return s.restored(ctx, e).and("how many instances the application had before is not known")
	case s.runs.wanted == *s.instances:
		return s.restored(ctx, e)
	}
	return s.rescaleBack(ctx, e, *s.instances)
}

// rescaleBack puts back, with a change of its own, the number of instances that the release has
// changed: a rollback need not bring it back.
func (s settlement) rescaleBack(ctx workflow.Context, e *ending, before int) *ending {
	v, f := s.bringBack(ctx, func(mark release.Mark) call[release.Change] {
		return s.platform.beginRescale(release.BeginRescaleInput{
			App: s.p.App, Part: s.p.Artifact.Part, Instances: before, Mark: mark, RestoreScaling: !s.suspends(),
			Override: true, // the way back is never held by a freeze
		})
	})
	if f != nil {
		return e.needsAttention("; not rescaled to the %d instances that it had before: %v%s", before, f, s.scaling.left())
	}
	runs, f := s.readBack(ctx, s.wantOld())
	switch {
	case f != nil:
		return e.needsAttention("; rescaled to %d instances, but what runs could not be read back: %v%s", before, f, s.scaling.left())
	case !s.isOld(runs) || runs.Wanted != before:
		return e.needsAttention("; rescaling did not bring back the %d instances that it had before (%s): the application runs %s, with %d instances%s",
			before, v.why.text, runs.Words(), runs.Wanted, s.scaling.left())
	default:
		return s.restored(ctx, e)
	}
}

// rollBack brings the recorded version back with a change of its own.
func (s settlement) rollBack(ctx workflow.Context, why cause) *ending {
	s.enterRollingBack(ctx, why.text)
	v, f := s.bringBack(ctx, s.rollbackCall)
	if f != nil {
		return why.end(release.PhaseNeedsAttention, "; not rolled back: %v%s", f, s.scaling.left())
	}
	runs, f := s.readBack(ctx, s.wantOld())
	switch {
	case f != nil:
		return why.end(release.PhaseNeedsAttention, "; rolled back, but what runs could not be read back: %v%s", f, s.scaling.left())
	case !s.isOld(runs) || v.act != release.ActSettleOld && s.hidden(runs) != "":
		return why.end(release.PhaseNeedsAttention, "; the rollback did not bring the old version back (%s): the application runs %s%s%s",
			v.why.text, runs.Words(), s.hidden(runs), s.scaling.left())
	default:
		return s.wentBack(ctx, why)
	}
}

// bringBack begins a change of the way back, exactly once, and follows it to its
// end. It waits for a change that somebody else has begun meanwhile: at no time
// are more than two versions alive (R2).
func (s settlement) bringBack(ctx workflow.Context, begin func(release.Mark) call[release.Change]) (followResult, *fault) {
	for tries := 0; ; tries++ {
		snap, f := s.readIdle(ctx)
		if f != nil {
			return followResult{}, f
		}
		change, f := s.beginBack(ctx, begin(snap.Mark), snap.Mark)
		passes := f != nil && (f.class == release.FaultConflict || f.class == release.FaultNotNow)
		switch {
		case change.Nothing:
			return followResult{}, nil
		case f == nil:
			s.p.ChangeID = change.ID
			v := s.follow(ctx, release.StepRollback, change.ID)
			s.giveTime(ctx)
			return v, nil
		case !passes || s.homeBy.Sub(workflow.Now(ctx)) <= lastTry:
			return followResult{}, f
		}
		s.backOff(ctx, tries, f, never)
	}
}

// beginBack begins a change of the way back. One that may have been begun is
// looked for; where there is certainly none the call may be tried again, and the fault is
// [release.FaultNotNow].
func (s settlement) beginBack(ctx workflow.Context, begin call[release.Change], mark release.Mark) (release.Change, *fault) {
	change, f := insist(ctx, &s.caller, begin, s.homeBy)
	if f == nil || !f.actedMaybe() {
		return change, f
	}
	found, g := s.find(ctx, release.Verb(begin.doing), "", mark)
	if g != nil || found != nil {
		return deref(found), g
	}
	f.class = release.FaultNotNow
	return release.Change{}, f
}

// rollbackCall is the call that begins the change of the way back, which is never held by a freeze.
func (s settlement) rollbackCall(mark release.Mark) call[release.Change] {
	if s.spec.Operation == release.OperationJob {
		return s.platform.beginJobUpdate(release.BeginJobUpdateInput{
			App: s.p.App, Artifact: s.rollbackTo().Artifact, Mark: mark, Override: true,
		})
	}
	return s.platform.beginRollback(release.BeginRollbackInput{
		App: s.p.App, Version: s.rollbackTo(), Mark: mark, RestoreScaling: !s.suspends(), Override: true,
	})
}

// settleAny ends a rollout of which nobody can say beforehand what runs. A change
// that was lost sight of may still be at work, so nothing is put back then.
func (s settlement) settleAny(ctx workflow.Context, v followResult) *ending {
	if v.lost {
		s.unfinished = s.p.ChangeID
		return v.why.end(release.PhaseNeedsAttention, "; the change may be unfinished%s", s.scaling.left())
	}
	runs, f := s.readBack(ctx, s.wantNew())
	switch {
	case f != nil:
		return v.why.end(release.PhaseNeedsAttention, "; what runs could not be read back: %v%s", f, s.scaling.left())
	case !runs.Uniform() || s.hidden(runs) != "":
		return v.why.end(release.PhaseNeedsAttention, "; the application runs %s%s%s", runs.Words(), s.hidden(runs), s.scaling.left())
	case v.gone && runs.Holds(s.p.Brings()) && s.missing(runs) == "":
		s.enter(ctx, release.PhaseFinalizing, v.why.text)
		return s.restored(ctx, v.why.end(release.PhaseSucceeded, "; every instance runs the new version"))
	default:
		return s.restored(ctx, v.why.end(release.PhaseFailed, "%s; the application runs %s%s", s.noneBefore(), runs.Words(), s.missing(runs)))
	}
}
