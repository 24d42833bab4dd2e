package platformtest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// atOnce is a release with strategy all.
func atOnce(s *scene) {
	before := s.snapshot(release.SnapshotInput{})
	require.Equal(s, instances, before.Instances)
	require.True(s, before.Version.Is(release.Version{ID: before.Version.ID, Artifact: s.world.Artifact(1)}))
	require.Nil(s, before.Busy)
	change := s.begin(s.rollout(2, all(), before.Mark))
	s.succeeds(change)
	s.runs(map[int]int{2: s.total()})
	s.one(change)
	v := s.verified(s.brought(change, 2), nil)
	require.Equal(s, instances, s.world.Truth().Instances)
	require.False(s, v.OnlyRuns(before.Version), "the version before runs no more")

	after := s.snapshot(release.SnapshotInput{Token: token(2)})
	require.NotEqual(s, before.Mark, after.Mark, "the mark is that of another change")
	require.NotNil(s, after.Own, "the change is known by its token")
	require.Equal(s, change.ID, after.Own.ID)
	require.False(s, after.Own.Unfinished)
	require.True(s, after.Version.Is(s.brought(change, 2)))
}

// stepByStep releases in each way that has several batches, and goes on after each when it is told to.
func stepByStep(s *scene) {
	n, running := 1, 1
	for _, kind := range s.traits.Rollouts {
		st, several := s.stepwise()[kind]
		if !several {
			continue
		}
		n++
		s.before = s.world.Truth().Changes
		snap := s.snapshot(release.SnapshotInput{})
		change := s.begin(s.rollout(n, st.strategy, snap.Mark))
		seen := release.Observation{}
		for i, share := range st.shares {
			seen = s.follow(change, seen)
			s.runs(s.mixed(running, n, share))
			if i == len(st.shares)-1 {
				break
			}
			require.Equal(s, release.ChangeAwaitingConfirm, seen.State, seen.Message)
			require.Equal(s, i+1, seen.Batch)
			s.notYet(n, st.strategy, change)
			s.confirm(change, i+1)
		}
		require.Equal(s, release.ChangeSucceeded, seen.State, seen.Message)
		s.one(change)
		s.verified(s.brought(change, n), nil)
		running = n
	}
}

// notYet requires that an application in the middle of a release is not taken for one that is
// through, and that the release is not busy with itself.
func (s *scene) notYet(n int, st release.Strategy, change release.Change) {
	s.Helper()
	in := release.VerifyInput{App: s.world.App(), Want: s.brought(change, n)}
	require.False(s, must[release.Verification](s, release.VerbVerify, in).OnlyRuns(in.Want), "%s: versions are mixed", st.Type)
	snap := s.snapshot(release.SnapshotInput{Token: token(n)})
	require.Nil(s, snap.Busy)
	require.Equal(s, change.ID, snap.Own.Identity())
	require.True(s, snap.Own.Unfinished)
	require.NotNil(s, s.snapshot(release.SnapshotInput{}).Busy, "for another release it is")
}

// abortedInEachBatch aborts a release with several batches after each but the last.
func abortedInEachBatch(s *scene) {
	n := 1
	for _, kind := range s.traits.Rollouts {
		st := s.stepwise()[kind]
		for at := 1; at < len(st.shares); at++ {
			n++
			s.before = s.world.Truth().Changes
			snap := s.snapshot(release.SnapshotInput{})
			change := s.begin(s.rollout(n, st.strategy, snap.Mark))
			seen := release.Observation{}
			for batch := 1; batch <= at; batch++ {
				seen = s.follow(change, seen)
				require.Equal(s, release.ChangeAwaitingConfirm, seen.State, seen.Message)
				if batch < at {
					s.confirm(change, batch)
				}
			}
			require.False(s, s.abort(change).Ended)
			require.Equal(s, release.ChangeAborted, s.follow(change, seen).State)
			s.runs(map[int]int{1: s.total()})
			s.one(change)
			s.verified(snap.Version, nil)
		}
	}
}

// first brings the first version of an application.
func first(s *scene) {
	snap := s.snapshot(release.SnapshotInput{})
	require.Zero(s, snap.Version, "nothing runs yet")
	change := s.begin(s.rollout(1, all(), snap.Mark))
	s.succeeds(change)
	s.runs(map[int]int{1: s.total()})
	s.one(change)
	s.verified(s.brought(change, 1), nil)
}

// saidTwice says each step of a release twice.
func saidTwice(s *scene) {
	for _, kind := range s.traits.Rollouts {
		st, several := s.stepwise()[kind]
		if !several {
			continue
		}
		snap := s.snapshot(release.SnapshotInput{})
		s.before = s.world.Truth().Changes
		change := s.begin(s.rollout(2, st.strategy, snap.Mark))
		sent := s.h.Changes
		s.h.FreezeFrom = 1
		for _, mark := range []release.Mark{snap.Mark, s.snapshot(release.SnapshotInput{}).Mark} {
			again := s.begin(s.rollout(2, st.strategy, mark))
			require.Equal(s, release.Change{ID: change.ID, Version: change.Version, Adopted: true}, again, "it is found by its token, whatever is frozen since")
		}
		require.Equal(s, sent, s.h.Changes)
		s.h.FreezeFrom = 0
		seen := s.follow(change, release.Observation{})
		for batch := 1; batch < len(st.shares); batch++ {
			s.confirm(change, batch)
			s.confirm(change, batch)
			seen = s.follow(change, seen)
			s.runs(s.mixed(1, 2, st.shares[batch]))
			s.confirm(change, batch)
			s.runs(s.mixed(1, 2, st.shares[batch]))
		}
		s.one(change)
		return
	}
}

// abortedTooLate aborts releases that have ended.
func abortedTooLate(s *scene) {
	change := s.released(2)
	sent := s.h.Changes
	require.True(s, s.abort(change).Ended)
	require.Equal(s, sent, s.h.Changes)
	s.runs(map[int]int{2: s.total()})
}

// spoiled releases a version that does not become ready, and goes back.
func spoiled(s *scene) {
	for _, kind := range s.traits.Rollouts {
		st, several := s.stepwise()[kind]
		if !several {
			continue
		}
		s.world.Spoil()
		snap := s.snapshot(release.SnapshotInput{})
		change := s.begin(s.rollout(2, st.strategy, snap.Mark))
		seen := release.Observation{}
		for range most {
			var err error
			seen, err = Try[release.Observation](s.h, release.VerbObserve, release.ObserveInput{App: s.world.App(), ChangeID: change.ID, Seen: seen},
				release.FaultUnchanged)
			if FaultOf(err) != release.FaultUnchanged {
				require.NoError(s, err)
			}
		}
		require.NotEqual(s, release.ChangeAwaitingConfirm, seen.State, "a batch is not done")
		require.NotEqual(s, release.ChangeSucceeded, seen.State)
		if !seen.State.Ended() {
			s.abort(change)
			s.follow(change, seen)
		}
		if v := must[release.Verification](s, release.VerbVerify, release.VerifyInput{App: s.world.App(), Want: snap.Version}); !v.OnlyRuns(snap.Version) {
			back := s.begin(s.wayTo(snap.Version, s.snapshot(release.SnapshotInput{}).Mark))
			s.succeeds(back)
		}
		s.runs(map[int]int{1: s.total()})
		s.verified(snap.Version, nil)
		return
	}
}

// foundByToken finds a change by its token, and none by another.
func foundByToken(s *scene) {
	snap := s.snapshot(release.SnapshotInput{Token: token(2)})
	require.Nil(s, snap.Own)
	change := s.released(2)
	find := release.FindChangeInput{App: s.world.App(), Verb: release.VerbBeginRollout, Token: token(2), Mark: snap.Mark, Since: s.world.Now()}
	found := must[release.FoundChange](s, release.VerbFindChange, find)
	require.NotNil(s, found.Change)
	require.Equal(s, change.ID, found.Change.ID)
	require.Equal(s, change.Version, found.Change.Version)
	require.True(s, found.Change.Adopted)

	find.Token, find.Since = token(3), s.world.Now()
	began := s.world.Now()
	none, err := Try[release.FoundChange](s.h, release.VerbFindChange, find)
	require.NoError(s, err)
	require.Nil(s, none.Change)
	require.GreaterOrEqual(s, s.world.Now().Sub(began), s.settle, "until then the call may have been at work")
	find.Verb = release.VerbConfirmBatch
	refused(s, release.VerbFindChange, find, release.FaultInvalid)
}

// restarted restarts all instances.
func restarted(s *scene) {
	snap := s.snapshot(release.SnapshotInput{})
	change := s.begin(beginning{verb: release.VerbBeginRestart, mark: snap.Mark, in: release.BeginRestartInput{App: s.world.App(), Mark: snap.Mark}})
	s.succeeds(change)
	s.one(change)
	s.runs(map[int]int{1: s.total()})
}

// rescaled changes the number of instances.
func rescaled(s *scene) {
	snap := s.snapshot(release.SnapshotInput{Rescale: &release.RescaleQuestion{}})
	change := s.begin(beginning{verb: release.VerbBeginRescale, mark: snap.Mark, in: release.BeginRescaleInput{
		App: s.world.App(), Instances: instances + 2, Mark: snap.Mark,
	}})
	s.succeeds(change)
	require.Equal(s, instances+2, s.world.Truth().Instances)
	require.Equal(s, instances+2, s.snapshot(release.SnapshotInput{}).Instances)
	s.oneAtMost(change)
}

// rescaledToWhatThereIs asks for the number of instances that there is, before it is changed and after: there is nothing to
// begin, and nothing to follow.
func rescaledToWhatThereIs(s *scene) {
	requireNone := func(want int) {
		s.Helper()
		snap := s.snapshot(release.SnapshotInput{Rescale: &release.RescaleQuestion{}})
		require.Equal(s, want, snap.Instances)
		before, sent := s.world.Truth(), s.h.Changes
		change := must[release.Change](s, release.VerbBeginRescale, release.BeginRescaleInput{App: s.world.App(), Instances: want, Mark: snap.Mark})
		require.Equal(s, release.Change{Nothing: true}, change)
		require.Equal(s, sent, s.h.Changes, "something was sent")
		require.Equal(s, before, s.world.Truth())
	}
	requireNone(instances)
	rescaled(s)
	requireNone(instances + 2)
}

// jobRun runs a job once, whatever is lost, and a second time under another key.
func jobRun(s *scene) {
	w, has := s.world.(JobWorld)
	require.True(s, has, "a platform with jobs has a JobWorld")
	app := w.Job()
	snap := must[release.Snapshot](s, release.VerbSnapshot, release.SnapshotInput{App: app, Job: &release.JobQuestion{}})
	require.NotNil(s, snap.Job)
	require.True(s, snap.Version.Artifact.Same(w.Artifact(1)))
	run := func(key string) release.JobRun {
		return must[release.JobRun](s, release.VerbRunJob, release.RunJobInput{App: app, Key: key, Job: release.Job{Run: true}})
	}
	one := run("r-1")
	require.Equal(s, one.ID, run("r-1").ID)
	require.Equal(s, 1, w.Runs())
	seen := one
	for !seen.State.Ended() {
		seen = must[release.JobRun](s, release.VerbObserveRun, release.ObserveRunInput{App: app, Seen: seen})
	}
	require.Equal(s, release.RunSucceeded, seen.State)
	require.NotEqual(s, one.ID, run("r-2").ID)
	require.Equal(s, 2, w.Runs())
}

// planned asks what releases would change.
func planned(s *scene) {
	before := s.world.Truth()
	q := &release.ReleaseQuestion{Artifact: s.world.Artifact(2), Strategy: all()}
	plan := s.snapshot(release.SnapshotInput{Release: q}).Planned
	require.NotNil(s, plan)
	require.Empty(s, plan.Refused)
	require.Empty(s, plan.Settings)
	require.True(s, plan.Artifact.Same(s.world.Artifact(2)))
	require.Equal(s, instances, plan.Instances)

	q.Config = s.world.Config(Secret)
	plan = s.snapshot(release.SnapshotInput{Release: q}).Planned
	require.Empty(s, plan.Refused)
	require.Len(s, plan.Settings, 1)
	for _, st := range s.stepwise() {
		q = &release.ReleaseQuestion{Artifact: s.world.Artifact(2), Strategy: st.strategy}
		require.Empty(s, s.snapshot(release.SnapshotInput{Release: q}).Planned.Refused)
	}
	require.Equal(s, before, s.world.Truth())
	require.Zero(s, s.h.Changes)
}

// configured brings a configuration, reads it back, and brings the one before back.
func configured(s *scene) {
	config := s.world.Config(Secret)
	snap := s.snapshot(release.SnapshotInput{Release: &release.ReleaseQuestion{Artifact: s.world.Artifact(2), Strategy: all(), Config: config}})
	require.Len(s, snap.Planned.Settings, 1)
	b := s.rollout(2, all(), snap.Mark)
	in, _ := b.in.(release.BeginRolloutInput)
	in.Config = config
	b.in = in
	change := s.begin(b)
	s.succeeds(change)
	s.verified(s.brought(change, 2), config)
	s.has(snap.Planned.Settings[0], true)
	other := release.VerifyInput{App: s.world.App(), Want: s.brought(change, 2), Config: s.world.Config("another")}
	differs := must[release.Verification](s, release.VerbVerify, other).Differs
	require.Equal(s, []string{snap.Planned.Settings[0].Name}, differs)
	again := s.snapshot(release.SnapshotInput{Release: &release.ReleaseQuestion{Artifact: s.world.Artifact(3), Strategy: all(), Config: config}})
	require.Empty(s, again.Planned.Settings, "it is so already")

	now, before := s.rollback(release.RollbackQuestion{VersionID: snap.Version.ID})
	back := s.begin(s.wayTo(before, now.Mark))
	s.succeeds(back)
	s.runs(map[int]int{1: s.total()})
	s.verified(snap.Version, nil)
	s.has(snap.Planned.Settings[0], false)
	again = s.snapshot(release.SnapshotInput{Release: &release.ReleaseQuestion{Artifact: s.world.Artifact(3), Strategy: all(), Config: config}})
	require.Len(s, again.Planned.Settings, 1, "it is as it was before")
	_, err := json.Marshal(again)
	require.NoError(s, err)
}
