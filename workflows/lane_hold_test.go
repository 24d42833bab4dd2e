package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

func TestLaneHold_HeldLaneLetsNothingBegin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	hold := w.command(time.Minute, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "incident 7"})
	again := w.command(2*time.Minute, release.UpdateHold, release.LaneCommand{By: "bob", Reason: "me too"})
	queued := w.send(3*time.Minute, "r-2", w.spec(release.Strategy{}))
	w.abortRelease(time.Hour, "r-1")
	w.at(2*time.Hour, func() {
		state := w.lane()
		require.Nil(t, state.Running)
		require.Equal(t, []string{"r-2"}, ids(state.Waiting))
		require.Equal(t, release.PhaseQueued, w.progressOf("r-2").Phase)
		require.Len(t, w.orders(), 1)
	})
	first := w.send(3*time.Hour, "r-3", w.spec(release.Strategy{}))
	drop := w.command(4*time.Hour, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-3", Reason: "not today"})
	resume := w.command(5*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()

	held := release.Hold{By: "ann", Reason: "incident 7", Since: hold.state.Held.Since}
	require.Equal(t, &held, hold.state.Held)
	require.Equal(t, &held, again.state.Held, "a held lane stays held by whoever did it first")
	require.Equal(t, release.Receipt{
		ReleaseID: "r-2", Standing: release.StandingQueued, Ahead: 1, Reason: "the lane is held since 2026-11-02T08:01:00Z by ann: incident 7",
	}, queued.receipt)
	require.Equal(t, 1, first.receipt.Ahead)
	require.Equal(t, []string{"r-2"}, ids(drop.state.Waiting))
	w.requireEnded("r-3", release.PhaseAborted, "aborted by ann: not today")
	require.Equal(t, "r-2", resume.state.Running.ReleaseID)
	require.Nil(t, resume.state.Held)
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	require.Equal(t, []string{"r-1", "r-2"}, w.order())

	needs := slices.Index(w.cost.searchable, release.LaneNeedsPerson+" ")
	require.Positive(t, needs, w.cost.searchable)
	require.Contains(t, w.cost.searchable[needs+1:], " ", "once it is resumed it needs nobody")
	require.NotContains(t, w.cost.searchable[needs+1:], release.LaneNeedsPerson+" ", "the second word of the kind changes nothing")
}

func TestLaneHold_CommandsThatDoNotApplyAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	for _, c := range []struct {
		update string
		say    release.LaneCommand
		want   string
	}{
		{release.UpdateResume, release.LaneCommand{By: "ann"}, "the lane is not held"},
		{release.UpdateHold, release.LaneCommand{Reason: "why"}, "by: is required: who gives the command"},
		{release.UpdateHold, release.LaneCommand{By: "ann"}, "reason: must say why"},
		{release.UpdateDrop, release.LaneCommand{By: "ann"}, "releaseId: must name"},
		{release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-9"}, "no release r-9 waits in this lane"},
		{release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-1"}, "release r-1 does not wait any more, it runs; abort it instead"},
		{release.UpdateAllow, release.LaneCommand{By: "ann"}, "nothing is denied"},
		{release.UpdateAllow, release.LaneCommand{By: "ann", Artifact: newImage}, newImage + " is not denied"},
	} {
		a := w.command(time.Hour, c.update, c.say)
		w.at(2*time.Hour, func() { a.requireRejected(t, release.ErrorRefused, c.want) })
	}
	w.abortRelease(3*time.Hour, "r-1")
	w.runLane()
}

// TestLaneHold_ReleaseThatNeedsAttentionHoldsTheLane leaves the scaling rules off.
func TestLaneHold_ReleaseThatNeedsAttentionHoldsTheLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "EnableApplicationScalingRule", Code: "InvalidParameter.WithMessage", Status: 400, Count: -1})
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.send(time.Second, "r-2", w.spec(release.Strategy{}))
	w.at(time.Hour, func() {
		state := w.lane()
		require.Nil(t, state.Running)
		require.Equal(t, "slipway", state.Held.By)
		require.Equal(t, "r-1", state.Held.ReleaseID)
		require.Contains(t, state.Held.Reason, "scaling rules left off: daily")
		require.Equal(t, []string{"r-2"}, ids(state.Waiting))
	})
	w.at(2*time.Hour-time.Minute, func() {
		require.Equal(t, []release.Debt{{ReleaseID: "r-1", ScalingRules: []string{"daily"}}}, w.lane().Debts)
		require.NoError(t, w.sim.ClearFaults())
	})
	w.command(2*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
	w.requireEnded("r-1", release.PhaseNeedsAttention, "scaling rules left off: daily")
	require.Equal(t, []string{"r-1", "r-2"}, w.order())
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	require.Equal(t, []release.Debt{{ReleaseID: "r-1", ScalingRules: []string{"daily"}}}, w.progressOf("r-2").Paid())
	w.requireRulesAsBefore()
}

// TestLaneHold_ADebtThatCannotBePaidIsNamed: whoever comes next says so again.
func TestLaneHold_ADebtThatCannotBePaidIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		debt    release.Debt
		outcome release.Phase
		reason  string
	}{
		"a rule that is gone":      {release.Debt{ReleaseID: "r-0", ScalingRules: []string{"gone"}}, release.PhaseSucceeded, ""},
		"a traffic rule":           {release.Debt{ReleaseID: "r-0", Traffic: true}, release.PhaseSucceeded, "release r-0 has left its traffic rule, which may be in force"},
		"a rule that was on again": {release.Debt{ReleaseID: "r-0", ScalingRules: []string{"daily"}}, release.PhaseSucceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.living = release.Living{Debts: []release.Debt{c.debt}}
			w.send(0, "r-1", w.spec(release.Strategy{}))
			w.runLane()
			w.requireEnded("r-1", c.outcome, c.reason)
			require.Equal(t, []release.Debt{c.debt}, w.progressOf("r-1").Paid(), "it is said once")
			w.requireRulesAsBefore()
		})
	}
}

// TestLaneHold_AttentionIsNotForgottenInAHeldLane: both reasons are seen.
func TestLaneHold_AttentionIsNotForgottenInAHeldLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "EnableApplicationScalingRule", Code: "InvalidParameter.WithMessage", Status: 400, Count: -1})
	w.send(0, "r-1", w.spec(gray()))
	w.command(time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "incident 7"})
	w.abortRelease(2*time.Hour, "r-1")
	w.at(3*time.Hour, func() {
		held := w.lane().Held
		require.Equal(t, "ann", held.By)
		require.Equal(t, "r-1", held.ReleaseID)
		require.Contains(t, held.Reason, "incident 7; release r-1: ")
	})
	w.command(4*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
}

func TestLaneHold_RolledBackArtifactIsRefusedUntilAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.send(time.Second, "r-2", w.spec(release.Strategy{}))
	other := w.spec(release.Strategy{})
	other.Artifact.Image = "registry.example/shop:3"
	w.send(2*time.Second, "r-3", other)
	refused := w.send(time.Hour, "r-4", w.spec(gray()))
	w.at(2*time.Hour, func() {
		denied := w.lane().Denied
		require.Len(t, denied, 1)
		require.Equal(t, newImage, denied[0].Artifact.Image)
		require.Equal(t, "r-1", denied[0].ReleaseID)
		require.Contains(t, denied[0].Reason, "the change ended failed")
	})
	allow := w.command(3*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann", Artifact: newImage})
	// With nothing left to remember the lane ends; the next submission would start another.
	w.runLane()

	w.requireEnded("r-1", release.PhaseRolledBack, "")
	w.requireEnded("r-2", release.PhaseAborted, newImage+" was rolled back on 2026-11-02T08:0")
	require.True(t, w.progressOf("r-2").Denied, "it is dropped for its artifact")
	w.requireEnded("r-2", release.PhaseAborted, "by release r-1 (")
	w.requireEnded("r-3", release.PhaseSucceeded, "")
	require.Equal(t, release.StandingRefused, refused.receipt.Standing)
	require.Contains(t, refused.receipt.Reason, "allow it with: slipway lane allow")
	w.requireEnded("r-4", release.PhaseFailed, "refused: "+newImage+" was rolled back on")
	require.Empty(t, allow.state.Denied)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy, saeclient.CoTypeDeploy}, w.orders(),
		"the denied artifact was deployed once")
}

// TestLaneHold_DeniedIsNotReadFromTheText: the text of a denial may be cut, and that of a drop may
// say what it likes.
func TestLaneHold_DeniedIsNotReadFromTheText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := w.spec(gray())
	long.Artifact.Image = "registry.example/" + strings.Repeat("shop/", 40) + "shop:2"
	w.send(0, "r-1", long)
	w.send(time.Second, "r-2", long)
	w.tell(time.Hour, "r-1", release.Command{Kind: release.CommandRollback, By: "ann", Reason: strings.Repeat("订", 340)})
	w.send(2*time.Second, "r-3", w.with(release.LaneQueue, false))
	w.command(3*time.Second, release.UpdateDrop, release.LaneCommand{
		By: "ann", ReleaseID: "r-3", Reason: "not now; allow it with: slipway lane allow sae/cn-hangzhou/app-1",
	})
	w.command(2*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann"})
	w.runLane()

	w.requireEnded("r-1", release.PhaseRolledBack, "")
	w.requireEnded("r-2", release.PhaseAborted, "")
	require.NotContains(t, w.progressOf("r-2").Reason, "allow it with", "it is cut")
	require.True(t, w.progressOf("r-2").Denied)
	require.True(t, w.progressOf("r-2").Decisions[0].Denied)
	w.requireEnded("r-3", release.PhaseAborted, "slipway lane allow")
	require.False(t, w.progressOf("r-3").Denied)
}

// What runs is not denied: a release of it over itself that was rolled back has left it running.
func TestLaneHold_WhatRunsIsNotDenied(t *testing.T) {
	t.Parallel()
	for name, strategy := range map[string]release.Strategy{"at once": {}, "gray": gray()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
			same := w.spec(strategy)
			same.Artifact.Image = oldImage
			w.send(0, "r-1", same)
			w.command(time.Second, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "look"})
			w.at(time.Hour, func() {
				w.requireEnded("r-1", release.PhaseRolledBack, "")
				require.Equal(t, oldImage, w.progressOf("r-1").Runs.Artifact.Image)
				require.Empty(t, w.lane().Denied)
			})
			w.command(3*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
			w.runLane()
		})
	}
}

// Who returns to a version by its name wants it: it runs from then on, and is not denied.
func TestLaneHold_WhatARollbackBroughtBackIsNotDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.at(time.Hour, func() {
		require.Len(t, w.lane().Denied, 1)
		versions, err := w.client.ListAppVersions(t.Context(), &saeclient.ListAppVersionsInput{AppID: &w.app.ID})
		require.NoError(t, err)
		bad := slices.IndexFunc(versions.Data, func(v saeclient.ListAppVersionsData) bool { return v.WarURL == newImage })
		require.GreaterOrEqual(t, bad, 0, "%+v", versions.Data)
		w.update(&answered{}, release.UpdateSubmit, release.Submission{ReleaseID: "r-2", Spec: release.Spec{
			App: w.app, Operation: release.OperationRollback, Version: versions.Data[bad].ID,
		}.WithDefaults()})
	})
	w.command(time.Hour+time.Second, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "look"})
	w.at(3*time.Hour, func() {
		w.requireEnded("r-2", release.PhaseSucceeded, "")
		require.Equal(t, newImage, w.configured())
		require.Empty(t, w.lane().Denied)
	})
	w.command(4*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
}

func TestLaneHold_AllowedArtifactIsReleasedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.command(time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "look"})
	w.command(time.Hour+time.Minute, release.UpdateAllow, release.LaneCommand{By: "ann"})
	w.send(2*time.Hour, "r-2", w.spec(release.Strategy{}))
	w.command(3*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
	w.requireEnded("r-2", release.PhaseSucceeded, "")
}

// TestLaneHold_RollbackAvoidsWhatWasRolledBackWhileItWaited asks for the last good version behind
// a release that fails.
func TestLaneHold_RollbackAvoidsWhatWasRolledBackWhileItWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.send(time.Second, "r-2", release.Spec{App: w.app, Operation: release.OperationRollback})
	w.send(time.Hour, "r-3", release.Spec{App: w.app, Operation: release.OperationRollback})
	w.command(2*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann"})
	w.runLane()
	for _, id := range []string{"r-2", "r-3"} {
		require.Equal(t, []release.Version{{Artifact: release.Artifact{Image: newImage}}}, w.asked[id][0].Rollback.Avoid, id)
	}
}
