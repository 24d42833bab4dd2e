package platformtest

import (
	"github.com/stretchr/testify/require"

	"slipway/release"
)

// beginnings are the verbs of the platform that begin a change, each with its input after a snapshot.
func (s *scene) beginnings(snap release.Snapshot) []beginning {
	app := s.world.App()
	out := []beginning{s.rollout(3, all(), snap.Mark)}
	if snap.Wanted != nil {
		out = append(out, s.wayTo(*snap.Wanted, snap.Mark))
	}
	if s.traits.Restart {
		out = append(out, beginning{verb: release.VerbBeginRestart, in: release.BeginRestartInput{App: app, Mark: snap.Mark}})
	}
	if s.traits.Rescale {
		out = append(out, beginning{verb: release.VerbBeginRescale, in: release.BeginRescaleInput{App: app, Instances: instances + 1, Mark: snap.Mark}})
	}
	return out
}

// elsewhereBefore finds another change unfinished: nothing is begun beside it.
func elsewhereBefore(s *scene) {
	s.released(2)
	snap, _ := s.rollback(release.RollbackQuestion{})
	id := s.world.Elsewhere(4, false)
	busy := s.snapshot(release.SnapshotInput{}).Busy
	require.NotNil(s, busy)
	require.Equal(s, id, busy.ID)
	for _, b := range s.beginnings(snap) {
		require.Contains(s, refused(s, b.verb, b.in, release.FaultConflict), id)
	}
	_, err := Try[release.Snapshot](s.h, release.VerbAwaitIdle, release.SnapshotInput{App: s.world.App(), Known: busy}, release.FaultUnchanged)
	require.Equal(s, release.FaultUnchanged, FaultOf(err), "it is still there")
	found := must[release.Snapshot](s, release.VerbAwaitIdle, release.SnapshotInput{App: s.world.App(), Known: &release.ForeignChange{ID: "another"}})
	require.Equal(s, id, found.Busy.ID, "another one than the one that is known")
}

// elsewhereBetween finds that another change has come and gone since the application was read.
func elsewhereBetween(s *scene) {
	s.released(2)
	snap, _ := s.rollback(release.RollbackQuestion{})
	id := s.world.Elsewhere(4, true)
	for _, b := range s.beginnings(snap) {
		require.Contains(s, refused(s, b.verb, b.in, release.FaultConflict), id)
	}
	idle := must[release.Snapshot](s, release.VerbAwaitIdle, release.SnapshotInput{App: s.world.App()})
	require.Nil(s, idle.Busy)
	require.True(s, idle.Version.Is(release.Version{ID: idle.Version.ID, Artifact: s.world.Artifact(4)}))
	change := s.begin(s.rollout(3, all(), idle.Mark))
	s.succeeds(change)
	s.runs(map[int]int{3: s.total()})
}

// elsewhereAfter finds that another change has come after one that had ended: it is left alone.
func elsewhereAfter(s *scene) {
	change := s.released(2)
	id := s.world.Elsewhere(3, true)
	seen := s.follow(change, release.Observation{})
	require.True(s, seen.State.Ended())
	require.Equal(s, id, seen.ReplacedBy)
	sent := s.h.Changes
	require.True(s, s.abort(change).Ended)
	require.Equal(s, sent, s.h.Changes)
	s.runs(map[int]int{3: s.total()})
	v := must[release.Verification](s, release.VerbVerify, release.VerifyInput{App: s.world.App(), Want: s.brought(change, 2)})
	require.False(s, v.OnlyRuns(s.brought(change, 2)))
	require.Nil(s, v.Other)
}

// takenOver follows a change that was begun elsewhere.
func takenOver(s *scene) {
	before := s.snapshot(release.SnapshotInput{})
	id := s.world.Elsewhere(2, false)
	snap := s.snapshot(release.SnapshotInput{Adopt: id})
	require.Nil(s, snap.Busy)
	require.NotNil(s, snap.Adopted)
	require.True(s, snap.Version.Same(before.Version), "what ran before it")
	change := release.Change{ID: id}
	seen := s.follow(change, release.Observation{})
	for seen.State == release.ChangeAwaitingConfirm {
		s.confirm(change, seen.Batch)
		seen = s.follow(change, seen)
	}
	require.Equal(s, release.ChangeSucceeded, seen.State)
	s.runs(map[int]int{2: s.total()})
	refused(s, release.VerbSnapshot, release.SnapshotInput{App: s.world.App(), Adopt: id}, release.FaultInvalid)
}

// rolledBack returns to the version before.
func rolledBack(s *scene) {
	change := s.released(2)
	s.before = s.world.Truth().Changes
	snap, back := s.rollback(release.RollbackQuestion{})
	require.True(s, snap.Version.Is(s.brought(change, 2)))
	begun := s.begin(s.wayTo(back, snap.Mark))
	s.succeeds(begun)
	s.runs(map[int]int{1: s.total()})
	s.oneAtMost(begun)
	s.verified(back, nil)
}

// versionsToReturnTo asks for versions: the last good one, a named one, and none that is to be avoided.
func versionsToReturnTo(s *scene) {
	one := s.snapshot(release.SnapshotInput{}).Version
	s.released(2)
	two := s.snapshot(release.SnapshotInput{}).Version
	s.released(3)
	three := s.snapshot(release.SnapshotInput{}).Version
	without := func(v release.Version) release.Version { v.ID = ""; return v }
	for name, c := range map[string]struct {
		q    release.RollbackQuestion
		want release.Version
	}{
		"the newest that does not run": {release.RollbackQuestion{}, two},
		"one by its ID":                {release.RollbackQuestion{VersionID: one.ID}, one},
		"one that was good":            {release.RollbackQuestion{Good: []release.Version{without(three), without(one)}}, one},
		"none that is avoided":         {release.RollbackQuestion{Avoid: []release.Version{two}}, one},
		"avoided, whatever its ID":     {release.RollbackQuestion{Avoid: []release.Version{without(two)}}, one},
	} {
		_, got := s.rollback(c.q)
		require.True(s, got.Is(c.want), "%s: %s instead of %s", name, got.Public(), c.want.Public())
		require.NotEmpty(s, got.ID, name)
	}
	refused(s, release.VerbSnapshot, release.SnapshotInput{App: s.world.App(), Rollback: &release.RollbackQuestion{Avoid: []release.Version{one, two}}}, release.FaultNotFound)
	snap, back := s.rollback(release.RollbackQuestion{VersionID: one.ID})
	s.succeeds(s.begin(s.wayTo(back, snap.Mark)))
	s.runs(map[int]int{1: s.total()})
	require.True(s, s.snapshot(release.SnapshotInput{}).Version.Is(one))
}

// versionGone returns to a version that the platform keeps no longer.
func versionGone(s *scene) {
	one := s.snapshot(release.SnapshotInput{}).Version
	s.released(2)
	s.released(3)
	snap, back := s.rollback(release.RollbackQuestion{VersionID: one.ID})
	s.world.DeleteVersion(one.ID)
	question := &release.RollbackQuestion{VersionID: one.ID}
	require.Contains(s, refused(s, release.VerbSnapshot, release.SnapshotInput{App: s.world.App(), Rollback: question}, release.FaultNotFound), one.ID)
	before := s.world.Truth()
	_, err := s.tryBegin(s.wayTo(back, snap.Mark))
	require.Error(s, err)
	require.False(s, FaultOf(err).Retryable(), "%v", err)
	require.Equal(s, before, s.world.Truth())
	v := must[release.Verification](s, release.VerbVerify, release.VerifyInput{App: s.world.App(), Want: one})
	require.False(s, v.Holds(one))
}

// watched asks for the instances of a change, and what they have logged.
func watched(s *scene) {
	for _, kind := range s.traits.Rollouts {
		st, several := s.stepwise()[kind]
		if !several {
			continue
		}
		change := s.begin(s.rollout(2, st.strategy, s.snapshot(release.SnapshotInput{}).Mark))
		seen := s.follow(change, release.Observation{})
		some := s.instances(change)
		for batch := 1; batch < len(st.shares); batch++ {
			s.confirm(change, batch)
			seen = s.follow(change, seen)
		}
		require.Equal(s, release.ChangeSucceeded, seen.State)
		require.GreaterOrEqual(s, len(s.instances(change)), len(some))
		return
	}
}

// instances are those of a change: some, each once, and each with a log in one line.
func (s *scene) instances(change release.Change) []release.Instance {
	s.Helper()
	var found []release.Instance
	ids := map[string]bool{}
	s.h.Ask(func() {
		var err error
		found, err = s.h.Driver.Instances(s.Context(), release.InstancesInput{App: s.world.App(), ChangeID: change.ID})
		s.h.hears(found, err)
		require.NoError(s, err)
		require.NotEmpty(s, found)
		for _, i := range found {
			require.False(s, ids[i.ID], "%s is there twice", i.ID)
			ids[i.ID] = true
			log, err := s.h.Driver.InstanceLog(s.Context(), release.InstanceLogInput{App: s.world.App(), InstanceID: i.ID})
			s.h.hears(log, err)
			require.NoError(s, err)
			require.NotContains(s, log, "\n")
			require.NotContains(s, i.Trouble, "\n")
		}
	})
	return found
}
