package platformtest

import (
	"slices"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// notHad asks for all that the platform does not have by its traits: each is refused with the reason
// before anything is changed.
func notHad(s *scene) {
	s.released(2)
	snap, back := s.rollback(release.RollbackQuestion{})
	app := s.world.App()
	for field, st := range s.strategiesNotHad() {
		q := &release.ReleaseQuestion{Artifact: s.world.Artifact(3), Strategy: st}
		require.Contains(s, s.snapshot(release.SnapshotInput{Release: q}).Planned.Refused.OneLine(), field, "in a plan")
		require.Contains(s, refused(s, release.VerbBeginRollout, s.rollout(3, st, snap.Mark).in, release.FaultInvalid), field)
	}
	for _, kind := range kinds() {
		if !slices.Contains(s.traits.Rollbacks, kind) {
			in := release.BeginRollbackInput{App: app, Version: back, Mark: snap.Mark, Strategy: release.Strategy{Type: kind, Gray: 1, Batches: 2}}
			require.Contains(s, refused(s, release.VerbBeginRollback, in, release.FaultInvalid), "strategy")
		}
	}
	if !s.traits.Restart {
		refused(s, release.VerbBeginRestart, release.BeginRestartInput{App: app, Mark: snap.Mark}, release.FaultInvalid)
	}
	if s.traits.Rescale && s.traits.PartID == nil {
		in := release.BeginRescaleInput{App: app, Part: "web", Instances: 5, Mark: snap.Mark}
		require.Contains(s, refused(s, release.VerbBeginRescale, in, release.FaultInvalid), "artifact.part")
		question := release.SnapshotInput{App: app, Rescale: &release.RescaleQuestion{Part: in.Part}}
		require.Contains(s, refused(s, release.VerbSnapshot, question, release.FaultInvalid), "artifact.part")
	}
	if !s.traits.Rescale {
		refused(s, release.VerbBeginRescale, release.BeginRescaleInput{App: app, Instances: 5, Mark: snap.Mark}, release.FaultInvalid)
	}
	if !s.traits.Adopt {
		refused(s, release.VerbSnapshot, release.SnapshotInput{App: app, Adopt: "1"}, release.FaultInvalid)
	}
	if !s.traits.Job {
		s.jobsNotHad()
	}
	if !hasRules(s.traits) {
		refused(s, release.VerbSetScaling, release.SetScalingInput{App: app}, release.FaultInvalid)
	}
	if s.listsNone {
		s.h.Ask(func() {
			_, err := s.h.Driver.Instances(s.Context(), release.InstancesInput{App: app, ChangeID: "1"})
			s.h.hears(nil, err)
			require.Equal(s, release.FaultInvalid, FaultOf(err))
		})
	}
	s.runs(map[int]int{2: s.total()})
}

// jobsNotHad asks for all that there is of jobs.
func (s *scene) jobsNotHad() {
	s.Helper()
	app := s.world.App()
	refused(s, release.VerbSnapshot, release.SnapshotInput{App: app, Job: &release.JobQuestion{}}, release.FaultInvalid)
	refused(s, release.VerbBeginJobUpdate, release.BeginJobUpdateInput{App: app, Artifact: s.world.Artifact(2)}, release.FaultInvalid)
	refused(s, release.VerbRunJob, release.RunJobInput{App: app, Key: "r-1"}, release.FaultInvalid)
	refused(s, release.VerbObserveRun, release.ObserveRunInput{App: app, Seen: release.JobRun{ID: "1"}}, release.FaultInvalid)
	refused(s, release.VerbStopRun, release.StopRunInput{App: app, RunID: "1"}, release.FaultInvalid)
}

func kinds() []release.StrategyType {
	return []release.StrategyType{release.StrategyAll, release.StrategyBatch, release.StrategyGray}
}

// strategiesNotHad are strategies that the platform does not have, by the fields that say so.
func (s *scene) strategiesNotHad() map[string]release.Strategy {
	out := map[string]release.Strategy{}
	for _, kind := range kinds() {
		if !slices.Contains(s.traits.Rollouts, kind) {
			out["strategy.type"] = release.Strategy{Type: kind, Batches: 2}
		}
	}
	if !slices.Contains(s.traits.Rollouts, release.StrategyGray) {
		return out
	}
	switch {
	case s.traits.Step == release.StepWeight:
		out["strategy.gray"] = release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1}
	case s.traits.Weights > 0:
		out["strategy.weights"] = release.Strategy{Type: release.StrategyGray, Weights: make([]int, s.traits.Weights+1), Gray: 1, Batches: 1}
	default:
		out["strategy.weights"] = release.Strategy{Type: release.StrategyGray, Weights: []int{5}, Gray: 1, Batches: 1}
	}
	return out
}

// strange calls with credentials that the platform does not accept.
func strange(s *scene) {
	check := func() (err error) {
		s.h.Ask(func() { err = s.h.Driver.Check(s.Context()) })
		s.h.hears(nil, err)
		return err
	}
	require.NoError(s, check())
	require.Zero(s, s.h.Changes, "a check changes nothing")
	snap := s.snapshot(release.SnapshotInput{})
	s.h.Driver = s.world.Stranger()
	require.Equal(s, release.FaultAuth, FaultOf(check()))
	app := s.world.App()
	before := s.world.Truth()
	for v, in := range map[release.Verb]any{
		release.VerbSnapshot:     release.SnapshotInput{App: app},
		release.VerbAwaitIdle:    release.SnapshotInput{App: app},
		release.VerbBeginRollout: s.rollout(2, all(), snap.Mark).in,
		release.VerbVerify:       release.VerifyInput{App: app, Want: snap.Version},
		release.VerbFindChange:   release.FindChangeInput{App: app, Verb: release.VerbBeginRollout, Token: token(2), Mark: snap.Mark, Since: s.world.Now()},
		release.VerbSetScaling:   release.SetScalingInput{App: app},
	} {
		if v == release.VerbSetScaling && !hasRules(s.traits) {
			continue
		}
		_, err := Do[struct{}](s.h, v, in)
		require.Equal(s, release.FaultAuth, FaultOf(err), "%s: %v", v, err)
	}
	if !s.listsNone {
		s.h.Ask(func() {
			_, err := s.h.Driver.Instances(s.Context(), release.InstancesInput{App: app, ChangeID: "1"})
			s.h.hears(nil, err)
			require.Equal(s, release.FaultAuth, FaultOf(err))
		})
	}
	_, err := s.lookup("", s.world.Called().Name)
	require.Equal(s, release.FaultAuth, FaultOf(err))
	require.Equal(s, before, s.world.Truth())
}

// frozen is held back by a freeze at each step towards a new version: it is asked about right before
// each call, and not where nothing has to change.
func frozen(s *scene) {
	if hasRules(s.traits) {
		s.world.AddRules()
		held := enabled(s.snapshot(release.SnapshotInput{}))
		s.h.FreezeFrom = 1
		refused(s, release.VerbSetScaling, release.SetScalingInput{App: s.world.App(), Rules: held}, release.FaultFrozen)
	}
	s.h.FreezeFrom = 1
	st := s.anyStepwise()
	snap := s.snapshot(release.SnapshotInput{})
	for _, b := range s.beginnings(snap) {
		refused(s, b.verb, b.in, release.FaultFrozen)
	}
	require.NotContains(s, s.h.Trail, MarkChange)
	in := s.rollout(2, st.strategy, snap.Mark).in

	s.h.FreezeFrom, s.h.Trail = 0, nil
	change := must[release.Change](s, release.VerbBeginRollout, in)
	s.asked()
	seen := s.follow(change, release.Observation{})
	s.h.FreezeFrom = 1
	s.frozenAt(change, st.shares[0])
	for batch := 1; batch < len(st.shares); batch++ {
		s.h.FreezeFrom, s.h.Trail = 0, nil
		s.confirm(change, batch)
		s.asked()
		seen = s.follow(change, seen)
		s.h.FreezeFrom = 1
		s.confirm(change, batch) // was done before
	}
	require.Equal(s, release.ChangeSucceeded, seen.State)
}

// frozenAt requires that a confirmation is held back.
func (s *scene) frozenAt(change release.Change, share int) {
	s.Helper()
	refused(s, release.VerbConfirmBatch, release.ConfirmBatchInput{App: s.world.App(), ChangeID: change.ID, Batch: 1}, release.FaultFrozen)
	s.runs(s.mixed(1, 2, share))
}

// asked requires that the guard was asked right before each call that changes something.
func (s *scene) asked() {
	s.Helper()
	require.NotEmpty(s, s.h.Trail)
	for i, mark := range s.h.Trail {
		if mark == MarkChange {
			require.True(s, i > 0 && s.h.Trail[i-1] == MarkGuard, "a call was sent that the guard was not asked about: %v", s.h.Trail)
		}
	}
}

// anyStepwise is a way of the platform to release in several batches.
func (s *scene) anyStepwise() steps {
	all := s.stepwise()
	for _, kind := range s.traits.Rollouts {
		if st, several := all[kind]; several {
			return st
		}
	}
	require.Fail(s, "the platform releases nothing in several batches")
	return steps{}
}

// wayBackFree goes back while everything is frozen.
func wayBackFree(s *scene) {
	var before map[string]Rule
	var held []release.ScalingRule
	if hasRules(s.traits) {
		before, held = s.suspended()
	}
	st := s.anyStepwise()
	snap := s.snapshot(release.SnapshotInput{})
	change := s.begin(s.rollout(2, st.strategy, snap.Mark))
	seen := s.follow(change, release.Observation{})
	s.h.FreezeFrom, s.h.Trail = 1, nil
	s.abort(change)
	s.follow(change, seen)
	s.runs(map[int]int{1: s.total()})
	if hasRules(s.traits) {
		s.scale(held, true)
		require.Equal(s, before, s.world.Truth().Rules)
	}
	s.h.FreezeFrom = 0
	s.released(3)
	now, back := s.rollback(release.RollbackQuestion{VersionID: snap.Version.ID})
	s.h.FreezeFrom, s.h.Trail = 1, nil
	s.succeeds(s.begin(s.wayTo(back, now.Mark)))
	require.NotContains(s, s.h.Trail, MarkGuard)

	in := release.BeginRollbackInput{App: s.world.App(), Version: now.Version, Strategy: all(), Mark: s.snapshot(release.SnapshotInput{}).Mark}
	refused(s, release.VerbBeginRollback, in, release.FaultFrozen) // a rollback that somebody asks for is held back
}
