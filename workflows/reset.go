package workflows

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// wasReset reports whether the workflow begins anew because somebody has reset it. A run whose
// history goes past here goes on by that history, which has all that it knew there.
func wasReset(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	if info.OriginalRunID == "" || info.OriginalRunID == info.WorkflowExecution.RunID {
		return false
	}
	return workflow.GetVersion(ctx, "begins anew", workflow.DefaultVersion, 1) > workflow.DefaultVersion
}

// resumption is a release that goes on after it was reset, or finds that it was.
type resumption struct{ *run }

// before is how far the release had come before it was reset, as the ledger knows; nil where it
// has changed nothing. No command stops the question: each that was sent before counts again at
// once, and does not know of what was begun.
func (s resumption) before(ctx workflow.Context) *release.Progress {
	if !wasReset(ctx) {
		return nil
	}
	past, f := s.recall(ctx)
	if f != nil {
		return nil
	}
	return &past
}

// recall reads from the ledger what the release has told of itself before its first change.
func (s resumption) recall(ctx workflow.Context) (past release.Progress, f *fault) {
	question := read[release.Progress](s.p.App, release.RecallActivity, release.Ref{App: s.p.App, ReleaseID: s.p.ReleaseID})
	past, f = insist(ctx, &s.caller, question, workflow.Now(ctx).Add(recallLimit))
	first := s.platform.traits().FirstRelease && len(past.Batches) > 0 // the application had no version
	if f == nil && past.RollbackTo == nil && !first {
		f = &fault{text: "the ledger was not told before the first change"}
	}
	return past, f
}

// resume goes on with a release that was reset after it may have changed something (R1, R15).
func (s resumption) resume(ctx workflow.Context, past *release.Progress) *ending {
	s.turn = true
	if past.Outcome != "" && past.Outcome != release.PhaseNeedsAttention {
		// Others may have released since: what has ended well or badly is over.
		transition := max(s.p.Transition, past.Transition)
		s.p, s.p.Transition = *past, transition
		return end(past.Outcome, "%s", past.Reason).and("it was reset after it had ended, and has changed nothing")
	}
	s.inherit(*past) // before anything is told: the ledger is not to forget what is held
	s.setOut(ctx)
	if s.token() == "" {
		return end(release.PhaseNeedsAttention, "it was reset after it may have begun a change, which cannot be told from others%s", s.scaling.left())
	}
	own, f := s.ownChange(ctx)
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "it was reset, and whether it had begun a change is unknown: %v%s", f, s.scaling.left())
	case own != nil:
		return s.goOnWith(ctx, *own)
	}
	if t := past.Traffic; t != nil && !t.Cleared && s.rulesWithin() == nil {
		return s.restored(ctx, end(release.PhaseNeedsAttention, "it was reset; its traffic rule, and what was there before, are left to a person"))
	}
	s.p.ScalingRules = slices.DeleteFunc(s.p.ScalingRules, func(rule release.HeldRule) bool { return rule.Restored || rule.Gone })
	e := s.work(ctx)
	if e.outcome != release.PhaseNeedsAttention { // it may have ended before it switched anything itself
		e = s.restored(ctx, e)
	}
	return e
}

// ownChange finds the change that the release had begun before it was reset; nil once it is
// certain that there is none and none will come.
func (s resumption) ownChange(ctx workflow.Context) (*release.OwnChange, *fault) {
	snap, f := conclude(ctx, &s.caller, s.platform.snapshot(release.SnapshotInput{App: s.p.App, Token: s.token()}))
	if f != nil || snap.Own != nil {
		return snap.Own, f
	}
	found, f := s.find(ctx, release.VerbBeginRollout, s.token(), nil)
	if f != nil || found == nil {
		return nil, f
	}
	return &release.OwnChange{ID: found.ID, Version: found.Version}, nil
}

// takeUp goes on with a change of its own that the release finds although it does not know
// that it was reset. What it held stands in the ledger, or is not known any more.
func (s resumption) takeUp(ctx workflow.Context, own release.OwnChange) *ending {
	past, f := s.recall(ctx)
	if f != nil {
		s.p.RollbackTo = nil // what is configured by now may be the new version
		return end(release.PhaseNeedsAttention, "%s; what it held before is not known: %v", s.goOnWith(ctx, own).describe(), f)
	}
	s.inherit(past)
	return s.goOnWith(ctx, own)
}

// goOnWith follows the change that the release has begun before it was reset (R3, R15).
func (s resumption) goOnWith(ctx workflow.Context, own release.OwnChange) *ending {
	s.enter(ctx, release.PhaseRollingOut, "")
	s.reachSafePoint(false)
	s.p.ChangeID, s.p.Version = own.ID, cmp.Or(own.Version, s.p.Version)
	e := settlement(s).settle(ctx, s.follow(ctx, release.StepRollout, own.ID))
	e = s.clearedWithin(e.and("it was reset, and has gone on with the change that it had begun"))
	if t := s.p.Traffic; t != nil && !t.Cleared && s.rulesWithin() == nil {
		return end(release.PhaseNeedsAttention, "%s; its traffic rule, and what was there before, are left to a person", e.describe())
	}
	return watching{run: s.run}.watched(ctx, e)
}

// inherit takes over what the release had recorded before it was reset.
func (s resumption) inherit(past release.Progress) {
	s.p.Transition = max(s.p.Transition, past.Transition)
	s.p.RollbackTo, s.p.Settings, s.p.Version = past.RollbackTo, past.Settings, past.Version
	if past.Artifact != (release.Artifact{}) {
		s.p.Artifact = past.Artifact // of configuration alone, it is known once the application was read
	}
	s.p.Traffic = past.Traffic
	if a := past.Approval; a.Granted() && a.Batch == 0 && a.About(past) {
		s.p.Approval = a // nobody is asked twice
	}
	s.instances = release.InstancesBefore(past.Settings)
	for _, held := range past.ScalingRules {
		if i := slices.IndexFunc(s.p.ScalingRules, func(rule release.HeldRule) bool { return rule.Name == held.Name }); i >= 0 {
			s.p.ScalingRules[i] = held
			continue
		}
		s.p.ScalingRules = append(s.p.ScalingRules, held)
	}
	if len(past.Batches) > 0 {
		s.p.Batches = slices.Clone(past.Batches)
	}
	s.scaling.touched = true
}
