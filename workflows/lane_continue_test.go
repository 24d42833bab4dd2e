package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
	"slipway/saesim"
)

// TestLaneContinuesAsNewWithAllItKnows lets every update begin a new run, so that no
// release of the line is a child of the run that deals with it.
func TestLaneContinuesAsNewWithAllItKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.send(time.Second, "r-1", w.spec(gray()))
	w.send(time.Minute, "r-2", w.with(release.LaneQueue, false))
	w.send(2*time.Minute, "r-3", w.with(release.LaneQueue, false))
	w.send(3*time.Minute, "r-4", w.with(release.LaneQueue, false))
	w.command(4*time.Minute, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	again := w.send(5*time.Minute, "r-1", w.spec(gray()))
	w.abortRelease(6*time.Minute, "r-3")
	drop := w.command(7*time.Minute, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-2"})
	w.at(8*time.Minute, func() {
		require.Greater(t, w.laneRuns, 6)
		state := w.lane()
		require.Equal(t, "r-1", state.Running.ReleaseID)
		require.Equal(t, []string{"r-3", "r-4"}, ids(state.Waiting), "that one has ended is found out when its turn comes")
		require.Equal(t, "ann", state.Held.By)
		require.Len(t, state.Denied, 1)
		w.requireEnded("r-2", release.PhaseAborted, "dropped from the lane")
	})
	w.abortRelease(time.Hour, "r-1")
	w.at(2*time.Hour, func() { require.Nil(t, w.lane().Running, "held") })
	w.command(3*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	known := w.send(4*time.Hour, "r-2", w.with(release.LaneQueue, false))
	w.forget(5 * time.Hour)
	w.runContinuing(in)

	require.Equal(t, release.StandingDuplicate, again.receipt.Standing)
	require.Equal(t, []string{"r-3", "r-4"}, ids(drop.state.Waiting))
	require.Equal(t, release.StandingDuplicate, known.receipt.Standing, "it left the line long ago")
	w.requireEnded("r-1", release.PhaseAborted, "")
	w.requireEnded("r-3", release.PhaseAborted, "")
	w.requireEnded("r-4", release.PhaseSucceeded, "")
	require.Equal(t, []string{"r-1", "r-4"}, w.order())
	w.requireOneAtATime()
	w.requireRulesAsBefore()
}

// TestLaneContinue_LaneThatContinuedKnowsEndsAndWords: how releases of runs before end counts as
// before, and they can still be told to give way.
func TestLaneContinue_LaneThatContinuedKnowsEndsAndWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.send(time.Second, "r-1", w.spec(gray()))
	w.send(time.Minute, "r-2", w.with(release.LaneQueue, true))
	w.at(30*time.Minute, func() { w.fault(saesim.Fault{Kind: saesim.FaultBatchFails}) })
	bad := w.spec(gray())
	bad.Artifact.Image = "registry.example/shop:3"
	w.send(time.Hour, "r-3", bad)
	w.command(2*time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	refused := w.send(3*time.Hour, "r-4", bad)
	w.command(4*time.Hour, release.UpdateAllow, release.LaneCommand{By: "ann"})
	w.command(5*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runContinuing(in)
	w.requireEnded("r-1", release.PhaseAborted, "preempted by release r-2")
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	w.requireEnded("r-3", release.PhaseRolledBack, "")
	require.Equal(t, release.StandingRefused, refused.receipt.Standing)
	w.requireEnded("r-4", release.PhaseFailed, bad.Artifact.Image+" was rolled back")
	require.True(t, w.progressOf("r-4").Denied)
}

func TestLaneContinue_LaneThatContinuedFindsALostRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.lose[release.WorkflowID("r-1")] = time.Hour
	w.send(time.Second, "r-1", w.spec(gray()))
	w.send(time.Minute, "r-2", w.with(release.LaneQueue, false))
	w.at(2*time.Hour, func() {
		require.Equal(t, "r-1", w.lane().Held.ReleaseID)
		require.Contains(t, w.lane().Held.Reason, "nobody follows it")
	})
	w.command(3*time.Hour, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-2"})
	w.command(4*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.forget(5 * time.Hour)
	w.runContinuing(in)
	w.requireEnded("r-2", release.PhaseAborted, "")
}

// TestLaneContinue_LaneThatContinuedWaitsForTheWatchdogOfTheRunBefore: the watchdog takes a minute, in
// which the lane continues as new.
func TestLaneContinue_LaneThatContinuedWaitsForTheWatchdogOfTheRunBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.lose[release.WorkflowID("r-1")] = 10 * time.Second
	w.send(time.Second, "r-1", w.spec(gray()))
	w.send(30*time.Second, "r-2", w.with(release.LaneQueue, false))
	w.at(50*time.Second, func() { require.Equal(t, "r-1", w.lane().Running.ReleaseID) })
	w.at(2*time.Hour, func() {
		require.Contains(t, w.lane().Held.Reason, "nobody follows it")
		require.Len(t, w.told("r-1", release.EventAttention), 1)
	})
	w.command(3*time.Hour, release.UpdateDrop, release.LaneCommand{By: "ann", ReleaseID: "r-2"})
	w.command(4*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.forget(5 * time.Hour)
	w.runContinuing(in)
}

// TestLaneContinue_LaneAboutToContinueIsBusy: what comes at that moment comes again.
func TestLaneContinue_LaneAboutToContinueIsBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.send(time.Second, "r-1", w.with(release.LaneQueue, false))
	early := w.send(time.Second, "r-2", w.with(release.LaneQueue, false))
	w.send(2*time.Second, "r-2", w.with(release.LaneQueue, false))
	w.forget(time.Hour)
	w.runContinuing(in)
	early.requireRejected(t, release.ErrorBusy, "the lane continues as new")
	require.Equal(t, []string{"r-1", "r-2"}, w.order())
}

// TestLaneContinuesWhenTemporalSuggestsIt looks at the input of the next run.
func TestLaneContinuesWhenTemporalSuggestsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.SetDetachedChildWait(false)
	w.send(0, "r-1", w.spec(gray()))
	hold := w.command(time.Minute, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	w.send(2*time.Minute, "r-2", w.with(release.LaneQueue, true))
	w.at(3*time.Minute, func() { w.env.SetContinueAsNewSuggested(true) })
	w.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{App: w.app})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.env.GetWorkflowError(), &next)
	var in release.LaneInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, release.LaneInput{
		App: w.app, Held: hold.state.Held, Recent: in.Recent,
		Line: []release.LaneEntry{
			{ReleaseID: "r-1", Operation: release.OperationRelease, Artifact: release.Artifact{Image: newImage}, RequestedBy: "test", Since: in.Line[0].Since, Proceeded: true},
			{ReleaseID: "r-2", Operation: release.OperationRelease, Artifact: release.Artifact{Image: newImage}, RequestedBy: "test", Since: in.Line[1].Since, Preempt: true},
		},
	}, in)
	require.Len(t, in.Recent, 2)
	require.Equal(t, release.Submitted{ReleaseID: "r-1", Digest: w.spec(gray()).WithDefaults().Digest()}, in.Recent[0])
	require.Equal(t, release.WorkflowLane, next.WorkflowType.Name)
}

// TestLaneContinue_WhatWaitedAndWasLostIsTold terminates a waiting release after the lane has continued
// as new, and then drops it: nothing but a look can tell that it will never end itself.
func TestLaneContinue_WhatWaitedAndWasLostIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.remembering(1)
	w.send(time.Second, "r-1", w.spec(gray()))
	w.lose[release.WorkflowID("r-2")] = time.Minute
	w.send(time.Minute, "r-2", w.with(release.LaneQueue, false))
	w.send(time.Hour, "r-3", w.with(release.LaneSupersede, false))
	w.abortRelease(2*time.Hour, "r-1")
	w.forget(3 * time.Hour)
	w.runContinuing(in)
	require.Len(t, w.told("r-2", release.EventAttention), 1)
	w.requireEnded("r-3", release.PhaseSucceeded, "")
}

// TestLaneContinue_LaneDoesNotContinueBeforeItsWordsHaveArrived: a signal of a run that has ended is
// dropped by the server.
func TestLaneContinue_LaneDoesNotContinueBeforeItsWordsHaveArrived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env.OnSignalExternalWorkflow(mock.Anything, release.WorkflowID("r-1"), "", release.SignalProceed, mock.Anything).
		After(10 * time.Minute).Return(nil).Once()
	w.command(time.Minute, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	w.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{
		App: w.app, MaxUpdates: 1, Line: []release.LaneEntry{{ReleaseID: "r-1", Operation: release.OperationRelease}},
	})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, w.env.GetWorkflowError(), &next)
	require.GreaterOrEqual(t, w.env.Now().Sub(w.started()), 10*time.Minute)
}
