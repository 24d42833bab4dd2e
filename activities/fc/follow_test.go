package fc_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/fc/fcworld"
	"slipway/activities/platform/platformtest"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/release"
)

// TestObserve_WhatTheAliasShows: each state of an alias, whoever has left it so, seen by the release that
// moves it from version 1 to version 2 by steps of 5 and 30 percent.
func TestObserve_WhatTheAliasShows(t *testing.T) {
	t.Parallel()
	type weights = map[string]float64
	moved := map[string]string{
		"a step that is none of ours": "somebody else has moved the alias live meanwhile: version 2 has 40 % of the traffic, and version 1 the rest",
		"a step of another version":   "somebody else has moved the alias live meanwhile: version 3 has 5 % of the traffic, and version 1 the rest",
		"another step from the end":   "somebody else has moved the alias live meanwhile: version 3 has 5 % of the traffic, and version 2 the rest",
		"another main version":        "somebody else has moved the alias live meanwhile: version 2 has 5 % of the traffic, and version 3 the rest",
		"another version":             "somebody else has moved the alias live meanwhile: version 3 has all of the traffic",
	}
	for name, c := range map[string]struct {
		main    string
		weights weights
		want    release.ChangeState
		batch   int
		by      string
	}{
		"the first step":              {"1", weights{"2": 0.05}, release.ChangeAwaitingConfirm, 1, ""},
		"the second step":             {"1", weights{"2": 0.3}, release.ChangeAwaitingConfirm, 2, ""},
		"the end":                     {"2", weights{}, release.ChangeSucceeded, 3, ""},
		"the end, as others write it": {"1", weights{"2": 1}, release.ChangeSucceeded, 3, ""},
		"back":                        {"1", weights{}, release.ChangeAborted, 0, ""},
		"a step that is none of ours": {"1", weights{"2": 0.4}, release.ChangeAborted, 0, "2"},
		"a step of another version":   {"1", weights{"3": 0.05}, release.ChangeAborted, 0, "3"},
		"another step from the end":   {"2", weights{"3": 0.05}, release.ChangeAborted, 0, "3"},
		"another main version":        {"3", weights{"2": 0.05}, release.ChangeAborted, 0, "2"},
		"another version":             {"3", weights{}, release.ChangeAborted, 0, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t, 0)
			change := h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5, 30)})
			h.Update(fcclient.UpdateFunctionInput{Timeout: new(5)})
			require.Equal(t, "3", h.Publish())
			h.Move(c.main, c.weights)
			seen := h.observe(change, release.Observation{})
			require.Equal(t, []any{c.want, c.batch, c.by}, []any{seen.State, seen.Batch, seen.ReplacedBy})
			require.Equal(t, moved[name], seen.Elsewhere)
			for i, b := range seen.Batches {
				require.Equal(t, i < c.batch, b.State == release.BatchDone, "batch %d", i+1)
			}
			if c.want == release.ChangeAwaitingConfirm {
				return
			}
			before, changes := h.Truth(), h.Changes
			h.confirm(change, 1)
			h.confirm(change, 2)
			require.Equal(t, before, h.Truth(), "a release that has ended is confirmed no more")
			require.Equal(t, changes, h.Changes)
		})
	}
	h := newHost(t, 0)
	change := h.release("r-1", h.image(2))
	_, err := h.Client.DeleteAlias(t.Context(), &fcclient.DeleteAliasInput{ServiceName: fcworld.Service, AliasName: fcworld.Alias})
	require.NoError(t, err)
	require.Equal(t, release.ChangeGone, h.observe(change, release.Observation{}).State)
	f, _ := refused(h, release.VerbAbortRollout, release.AbortRolloutInput{App: h.App(), ChangeID: change.ID})
	require.Equal(t, release.FaultNotFound, f)
	f, _ = refused(h, release.VerbConfirmBatch, release.ConfirmBatchInput{App: h.App(), ChangeID: change.ID, Batch: 1})
	require.Equal(t, release.FaultNotFound, f)
}

// TestObserve_WaitsForProvisionedInstances in a step, and says how many are there; where none are to be
// provisioned, instances come with the calls.
func TestObserve_WaitsForProvisionedInstances(t *testing.T) {
	t.Parallel()
	h := newHost(t, 4)
	_, err := h.AddFault(fcsim.Fault{Kind: fcsim.FaultNoInstance, Count: -1})
	require.NoError(t, err)
	change := h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(50), Config: &release.Config{Instances: new(6)}})
	seen := h.observe(change, release.Observation{})
	require.Equal(t, release.ChangeRunning, seen.State)
	require.Equal(t, "provisioned instances: 4 of 6", seen.Message)
	require.Equal(t, release.BatchRunning, seen.Batches[0].State)
	require.Equal(t, []release.Stage{{Batch: 1, Name: "provisioned instances", State: release.BatchRunning, Message: seen.Message}}, seen.Stages)
	_, err = platformtest.Try[release.Observation](h.Harness, release.VerbObserve, release.ObserveInput{App: h.App(), ChangeID: change.ID, Seen: seen}, release.FaultUnchanged)
	require.Equal(t, release.FaultUnchanged, platformtest.FaultOf(err))
	require.NoError(t, h.ClearFaults())
	_, err = h.Advance(time.Minute)
	require.NoError(t, err)
	require.Equal(t, release.ChangeAwaitingConfirm, h.observe(change, seen).State)
}

// TestRecord_ThatSomebodyHasTakenOff: what the version remembers of its release has to do.
func TestRecord_ThatSomebodyHasTakenOff(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	change := h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5, 30)})
	require.Equal(t, "what callers call [slipway:r-1:rollout version=2 from=1 weights=5,30 part=web]", h.alias().Description)
	_, err := h.Client.UpdateAlias(t.Context(), &fcclient.UpdateAliasInput{
		ServiceName: fcworld.Service, AliasName: fcworld.Alias, Description: new("made by others"),
	})
	require.NoError(t, err)
	seen := h.observe(change, release.Observation{})
	require.Equal(t, release.ChangeAwaitingConfirm, seen.State)
	require.Equal(t, change.ID, h.snapshot(release.SnapshotInput{}).Busy.ID)
	h.confirm(change, 1)
	require.Equal(t, 30, h.Truth().Shares[2])
	require.Equal(t, "made by others [slipway:r-1:rollout version=2 from=1 weights=5,30 part=web]", h.alias().Description)
	h.abort(change)
	require.Equal(t, release.ChangeAborted, h.observe(change, seen).State)
	require.Equal(t, "1", h.alias().VersionID)
}

// TestBusy_IsToldWithItsRelease, so that the one who looks after a lost release knows it.
func TestBusy_IsToldWithItsRelease(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	change := h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(2), Strategy: gray(5)})
	busy := h.snapshot(release.SnapshotInput{}).Busy
	require.Equal(t, change.ID, busy.ID)
	require.True(t, busy.Stuck, "it ends only when somebody says so")
	require.Contains(t, busy.Description, "slipway:r-1:rollout ")
	v := must[release.Verification](h, release.VerbVerify, release.VerifyInput{App: h.App(), Want: release.Version{ID: "2"}})
	require.Equal(t, busy.ID, v.Other.ID)
	require.Len(t, v.Running, 2)
}

// TestRollout_WhereOneHasAllOfTheWeight: that version serves, and stays the old one of the next release.
func TestRollout_WhereOneHasAllOfTheWeight(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	two := h.Elsewhere(2, true)
	h.Move("1", map[string]float64{two: 1})
	snap := h.snapshot(release.SnapshotInput{})
	require.Nil(t, snap.Busy)
	require.Equal(t, two, snap.Version.ID)
	change := h.release("r-1", release.ReleaseQuestion{Artifact: h.Artifact(3), Strategy: gray(5)})
	require.Equal(t, map[int]int{2: 95, 3: 5}, h.Truth().Shares)
	h.abort(change)
	require.Equal(t, map[int]int{2: 100}, h.Truth().Shares)
}

// TestRollback_GoesToTheVersionThatServedBefore, and not to a newer one that was rejected.
func TestRollback_GoesToTheVersionThatServedBefore(t *testing.T) {
	t.Parallel()
	h := newHost(t, 0)
	two := h.release("r-2", h.image(2))
	rejected := h.release("r-3", release.ReleaseQuestion{Artifact: h.Artifact(3), Strategy: gray(5)})
	h.abort(rejected)
	question := &release.RollbackQuestion{}
	snap := h.snapshot(release.SnapshotInput{Rollback: question})
	require.Equal(t, []string{two.ID, "1"}, []string{snap.Version.ID, snap.Wanted.ID})
	back := must[release.Change](h, release.VerbBeginRollback, release.BeginRollbackInput{App: h.App(), Version: *snap.Wanted, Mark: snap.Mark})
	require.Equal(t, release.ChangeSucceeded, h.observe(back, release.Observation{}).State)
	require.Equal(t, "what callers call [slipway:rollback version=1 from=2]", h.alias().Description)
	forth := h.snapshot(release.SnapshotInput{Rollback: question})
	require.Equal(t, two.ID, forth.Wanted.ID, "what served before the rollback")

	// A rollback to a version that somebody else is about to bring is not that release.
	h.Move("1", map[string]float64{two.ID: 0.05})
	seen := h.observe(release.Change{ID: two.ID}, release.Observation{})
	require.Equal(t, []any{release.ChangeAborted, two.ID}, []any{seen.State, seen.ReplacedBy})
}
