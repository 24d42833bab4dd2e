package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
)

func (w *world) with(policy release.LanePolicy, preempt bool) release.Spec {
	spec := w.spec(release.Strategy{})
	spec.Lane = release.Lane{Policy: policy, Preempt: preempt}
	return spec
}

func TestLanePolicy_SupersedeTakesThePlaceOfAllThatWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	w.send(time.Minute, "r-2", w.with(release.LaneQueue, false))
	w.send(2*time.Minute, "r-3", w.with(release.LaneQueue, false))
	newest := w.send(time.Hour, "r-4", w.with(release.LaneSupersede, false))
	w.at(2*time.Hour, func() {
		state := w.lane()
		require.Equal(t, []string{"r-4"}, ids(state.Waiting))
		w.requireEnded("r-2", release.PhaseAborted, "superseded by release r-4")
		w.requireEnded("r-3", release.PhaseAborted, "aborted by slipway: superseded by release r-4")
		require.Equal(t, "lane", w.progressOf("r-2").Decisions[0].Via)
	})
	w.abortRelease(3*time.Hour, "r-1")
	w.runLane()

	require.NoError(t, newest.rejected)
	require.NoError(t, newest.err)
	require.Equal(t, release.Receipt{ReleaseID: "r-4", Standing: release.StandingQueued, Ahead: 1}, newest.receipt)
	w.requireEnded("r-1", release.PhaseAborted, "")
	w.requireEnded("r-4", release.PhaseSucceeded, "")
	require.Equal(t, []string{"r-1", "r-4"}, w.order())
	w.requireRulesAsBefore()
}

func TestLanePolicy_SupersedeDoesNotInterruptWhatRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	w.send(time.Hour, "r-2", w.with(release.LaneSupersede, false))
	w.tell(2*time.Hour, "r-1", release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"})
	w.tell(3*time.Hour, "r-1", release.Command{Kind: release.CommandConfirm, Batch: 2, By: "ann"})
	w.runLane()
	w.requireEnded("r-1", release.PhaseSucceeded, "")
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	w.requireOneAtATime()
}

func TestLanePolicy_RejectWaitsForNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.send(0, "r-1", func() release.Spec { s := w.spec(gray()); s.Lane.Policy = release.LaneReject; return s }())
	second := w.send(time.Hour, "r-2", w.with(release.LaneReject, false))
	again := w.send(2*time.Hour, "r-2", w.with(release.LaneReject, false))
	w.command(150*time.Minute, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	w.abortRelease(3*time.Hour, "r-1")
	third := w.send(4*time.Hour, "r-3", w.with(release.LaneReject, false))
	w.send(5*time.Hour, "r-4", w.with(release.LaneQueue, false))
	fourth := w.send(6*time.Hour, "r-5", w.with(release.LaneReject, false))
	w.command(7*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()

	require.Equal(t, release.StandingStarted, first.receipt.Standing, "an empty lane rejects nobody")
	require.Equal(t, release.Receipt{
		ReleaseID: "r-2", Standing: release.StandingRefused, Reason: "release r-1 runs, and the lane policy is reject",
	}, second.receipt)
	require.Equal(t, release.StandingDuplicate, again.receipt.Standing, "a refused release has used its ID up")
	require.Contains(t, third.receipt.Reason, "the lane is held since 2026-11-02T10:30:00Z by ann: audit, and the lane policy is reject")
	require.Equal(t, release.StandingRefused, third.receipt.Standing)
	require.Equal(t, release.StandingRefused, fourth.receipt.Standing)
	w.requireEnded("r-2", release.PhaseFailed, "refused: release r-1 runs, and the lane policy is reject; nothing was changed")
	w.requireEnded("r-3", release.PhaseFailed, "refused: ")
	w.requireEnded("r-4", release.PhaseSucceeded, "")
	require.Equal(t, []string{"r-1", "r-4"}, w.order())
}

func TestLanePolicy_PreemptionOfAParkedRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	w.send(time.Minute, "r-2", w.with(release.LaneQueue, false))
	hotfix := w.send(time.Hour, "r-3", w.with(release.LaneQueue, true))
	w.runLane()

	require.Equal(t, release.Receipt{ReleaseID: "r-3", Standing: release.StandingQueued, Ahead: 1}, hotfix.receipt)
	w.requireEnded("r-1", release.PhaseAborted, "aborted by slipway: preempted by release r-3 of test")
	require.Equal(t, []release.Decision{{
		Kind: release.CommandAbort, AtSafePoint: true, By: "slipway", Via: "lane", Note: "preempted by release r-3 of test",
		At: w.progressOf("r-1").Decisions[0].At,
	}}, w.progressOf("r-1").Decisions)
	require.Equal(t, []string{"r-1", "r-3", "r-2"}, w.order())
	w.requireOneAtATime()
	w.requireRulesAsBefore()
}

func TestLanePolicy_PreemptionWaitsForTheSafePoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	w.send(1100*time.Millisecond, "r-2", w.with(release.LaneQueue, true))
	w.at(1200*time.Millisecond, func() {
		p := w.progressOf("r-1")
		require.Equal(t, release.PhaseRollingOut, p.Phase, "the batch in progress goes on")
		require.Len(t, p.Decisions, 1, "but the word has come")
	})
	w.runLane()
	w.requireEnded("r-1", release.PhaseAborted, "preempted by release r-2")
	require.Equal(t, release.BatchDone, w.progressOf("r-1").Batches[0].State, "the first batch was not cut off")
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, w.orders())
}

// TestLanePolicy_LongWordsAreObeyed: a text that quotes another one stays within its bounds.
func TestLanePolicy_LongWordsAreObeyed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hotfix := w.with(release.LaneQueue, true)
	hotfix.RequestedBy = strings.Repeat("é", release.MaxWords/2)
	w.send(0, "r-1", w.spec(gray()))
	w.send(time.Hour, "r-2", hotfix)
	w.runLane()
	w.requireEnded("r-1", release.PhaseAborted, "preempted by release r-2 of éé")
}

func TestLanePolicy_PreemptedReleaseMayJustEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(release.Strategy{}))
	w.send(1100*time.Millisecond, "r-2", w.with(release.LaneQueue, true))
	w.runLane()
	w.requireEnded("r-1", release.PhaseSucceeded, "")
	w.requireEnded("r-2", release.PhaseSucceeded, "")
}

func TestLanePolicy_PreemptingReleasesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.command(0, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	for i, preempt := range []bool{false, true, false, true} {
		w.send(time.Duration(i+1)*time.Minute, fmt.Sprintf("r-%d", i+1), w.with(release.LaneQueue, preempt))
	}
	w.at(time.Hour, func() { require.Equal(t, []string{"r-2", "r-4", "r-1", "r-3"}, ids(w.lane().Waiting)) })
	w.command(2*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
	require.Equal(t, "r-2", w.order()[0])
	require.Len(t, w.order(), 4)
	w.requireOneAtATime()
}

// TestLanePolicy_HeldLaneAsksNobodyToGiveWay: what would come after could not begin anyway.
func TestLanePolicy_HeldLaneAsksNobodyToGiveWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-1", w.spec(gray()))
	w.command(time.Hour, release.UpdateHold, release.LaneCommand{By: "ann", Reason: "audit"})
	w.send(2*time.Hour, "r-2", w.with(release.LaneQueue, true))
	w.at(3*time.Hour, func() { require.Empty(t, w.progressOf("r-1").Decisions) })
	w.command(4*time.Hour, release.UpdateResume, release.LaneCommand{By: "ann"})
	w.runLane()
	w.requireEnded("r-1", release.PhaseAborted, "preempted by release r-2")
	require.Equal(t, []string{"r-1", "r-2"}, w.order())
}

func TestLanePolicy_SupersedeFindsAPlaceInAFullLane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.send(0, "r-0", w.spec(gray()))
	for i := range release.MaxWaiting {
		w.send(time.Minute, fmt.Sprintf("r-%d", i+1), w.with(release.LaneQueue, false))
	}
	full := w.send(2*time.Minute, "r-x", w.with(release.LaneQueue, true))
	rejected := w.send(2*time.Minute, "r-y", w.with(release.LaneReject, false))
	newest := w.send(3*time.Minute, "r-z", w.with(release.LaneSupersede, false))
	w.at(4*time.Minute, func() { require.Equal(t, []string{"r-z"}, ids(w.lane().Waiting)) })
	w.abortRelease(time.Hour, "r-0")
	w.runLane()
	full.requireRejected(t, release.ErrorBusy, "100 releases wait in it")
	require.Equal(t, release.StandingRefused, rejected.receipt.Standing, "to come again would be no use")
	require.Equal(t, 1, newest.receipt.Ahead)
	for i := range release.MaxWaiting {
		w.requireEnded(fmt.Sprintf("r-%d", i+1), release.PhaseAborted, "superseded by release r-z")
	}
	require.Equal(t, []string{"r-0", "r-z"}, w.order())
}
