package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
)

// place is a release as a lane finds it that does not know of it.
func place(id string, proceeded bool) release.LaneEntry {
	return release.LaneEntry{ReleaseID: id, Operation: release.OperationRelease, Artifact: release.Artifact{Image: newImage}, Proceeded: proceeded}
}

// TestANewLaneFollowsWhatLives: a lane that was lost comes back, and begins nothing beside
// the release that runs (R2, R15).
func TestANewLaneFollowsWhatLives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.living = release.Living{Releases: []release.LaneEntry{place("r-1", true)}}
	second := w.send(0, "r-2", w.spec(release.Strategy{}))
	again := w.send(time.Minute, "r-1", w.spec(release.Strategy{}))
	w.at(time.Hour, func() {
		require.Equal(t, "r-1", w.lane().Running.ReleaseID)
		require.Equal(t, []string{"r-2"}, ids(w.lane().Waiting))
		require.Empty(t, w.orders())
		w.end(release.WorkflowID("r-1"), release.Ending{Progress: release.Progress{ReleaseID: "r-1", Outcome: release.PhaseSucceeded}})
	})
	w.runLane()
	require.Equal(t, release.StandingQueued, second.receipt.Standing)
	require.Equal(t, 1, second.receipt.Ahead)
	require.Equal(t, release.StandingDuplicate, again.receipt.Standing)
	w.requireEnded("r-2", release.PhaseSucceeded, "")
}

// TestANewLaneLearnsWhatAReleaseHasLeft: a release that was lost while there was no lane is
// looked after by a watchdog before anything else begins.
func TestANewLaneLearnsWhatAReleaseHasLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.living = release.Living{Releases: []release.LaneEntry{place("r-1", true)}}
	w.end(release.WorkflowID("r-1"), release.Ending{Lost: "terminated"})
	w.recalled = map[string]release.Progress{"r-1": {
		ReleaseID: "r-1", App: w.app, Phase: release.PhasePreparing, Artifact: release.Artifact{Image: oldImage},
		ScalingRules: []release.HeldRule{{Name: "daily", Suspended: true}},
	}}
	w.switchOff("daily")
	w.send(0, "r-2", w.spec(release.Strategy{}))
	w.runLane()
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	w.requireRulesAsBefore()
	require.Len(t, w.settled, 1, "the ledger is told")
	require.Equal(t, "terminated", w.settled[0].Lost)
	require.Empty(t, w.settled[0].Progress.Owes().ScalingRules)
}

// switchOff disables a scaling rule past Slipway.
func (s *stage) switchOff(rule string) {
	s.t.Helper()
	_, err := s.client.DisableApplicationScalingRule(s.t.Context(), &saeclient.DisableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: rule})
	require.NoError(s.t, err)
}

// TestRequestsAreReleasedInTheOrderOfPublishing: whichever comes first (R14).
func TestRequestsAreReleasedInTheOrderOfPublishing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.submitPublished(0, "r-1", 1, w.spec(gray()))
	w.submitPublished(time.Minute, "r-4", 4, w.spec(gray()))
	w.submitPublished(2*time.Minute, "r-3", 3, w.with(release.LaneQueue, false))
	w.tell(time.Hour, "r-1", release.Command{Kind: release.CommandAbort, By: "ann"})
	late := w.submitPublished(2*time.Hour, "r-2", 2, w.with(release.LaneQueue, false))
	w.tell(3*time.Hour, "r-4", release.Command{Kind: release.CommandAbort, By: "ann"})
	w.runLane()
	require.Equal(t, []string{"r-1", "r-3", "r-4"}, w.order())
	require.Equal(t, release.StandingRefused, late.receipt.Standing)
	w.requireEnded("r-2", release.PhaseFailed, "release r-4 was published after it and has begun already")
}

// submitPublished hands a release to the lane that stands at a place of the stream.
func (w *world) submitPublished(d time.Duration, id string, sequence uint64, spec release.Spec) *answered {
	a := &answered{}
	w.at(d, func() {
		w.update(a, release.UpdateSubmit, release.Submission{
			ReleaseID: id, Spec: spec.WithDefaults(), Published: release.Published{Sequence: sequence, At: w.started()},
		})
	})
	return a
}

// TestTheNewestSurvives: an older one that comes late does not take the place of a newer one
// that supersedes.
func TestTheNewestSurvives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.submitPublished(0, "r-1", 1, w.spec(gray()))
	w.submitPublished(time.Minute, "r-3", 3, w.with(release.LaneSupersede, false))
	w.submitPublished(2*time.Minute, "r-2", 2, w.with(release.LaneSupersede, false))
	w.tell(time.Hour, "r-1", release.Command{Kind: release.CommandAbort, By: "ann"})
	w.runLane()
	require.Equal(t, []string{"r-1", "r-3"}, w.order())
	w.requireEnded("r-2", release.PhaseFailed, "superseded by release r-3, which was published after it")
}

// TestAReleaseDoesNotWaitForItsTurnForEver: it says what it has waited for (R6).
func TestAReleaseDoesNotWaitForItsTurnForEver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.waiting = "release r-0, which runs"
	spec := s.spec(release.Strategy{}).WithDefaults()
	spec.Limits.Turn = release.Duration(2 * time.Hour)
	s.at(time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.AwaitTurn, p.Awaiting.Kind)
		require.Equal(t, 2*time.Hour, p.Awaiting.Until.Sub(p.Awaiting.Since))
	})
	s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-1", Spec: spec, Queued: true})
	p := s.result()
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "its turn did not come within 2h")
	require.Contains(t, p.Reason, "it waited for release r-0, which runs")
	require.Positive(t, s.attended, "it has looked whether its lane is there")
	require.Empty(t, s.orders())
}

// TestTheLedgerKnowsWhatIsHeldBeforeTheFirstChange: a release that is lost right after has
// told of no transition since (R13, R15).
func TestTheLedgerKnowsWhatIsHeldBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.before("DisableApplicationScalingRule", func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		require.Len(t, s.noted, 1)
		require.Equal(t, []release.HeldRule{{Name: "daily", Revision: s.noted[0].ScalingRules[0].Revision}}, s.noted[0].ScalingRules)
		require.Equal(t, oldImage, s.noted[0].RollbackTo.Artifact.Image)
	})
	require.Equal(t, release.PhaseSucceeded, s.run(s.spec(release.Strategy{})).Outcome)
	require.Len(t, s.noted, 1)
}

// TestAResetReleaseGoesOnWithItsOwnOrder: the order carries its token, and what it held stands
// in the ledger (R3, R15).
func TestAResetReleaseGoesOnWithItsOwnOrder(t *testing.T) {
	t.Parallel()
	past := release.Progress{
		Phase: release.PhaseAwaitingConfirm, RollbackTo: &release.Version{Artifact: release.Artifact{Image: oldImage}},
		ScalingRules: []release.HeldRule{{Name: "daily", Suspended: true}},
	}
	for name, c := range map[string]struct {
		past    *release.Progress
		word    release.Command
		outcome release.Phase
		reason  string
		runs    string
	}{
		"confirmed": {&past, release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"}, release.PhaseSucceeded, "it was reset, and has gone on", newImage},
		"aborted":   {&past, release.Command{Kind: release.CommandAbort, By: "ann"}, release.PhaseAborted, "aborted by ann", oldImage},
		"the ledger does not know it": {
			nil, release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"}, release.PhaseNeedsAttention, "what it held before is not known", newImage,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.recalled = map[string]release.Progress{}
			if c.past != nil {
				s.recalled["r-test"] = *c.past
			}
			s.switchOff("daily")
			s.deployWith(saeclient.ReleaseManual, release.Token("r-test", string(release.StepRollout))+" "+newImage)
			s.at(time.Hour, func() { require.Equal(t, release.PhaseAwaitingConfirm, s.progress().Phase) })
			s.say(2*time.Hour, c.word)
			p := s.run(s.spec(release.Strategy{Type: release.StrategyBatch, Batches: 2}))
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			require.Equal(t, c.runs, s.configured())
			if c.past != nil {
				s.requireRulesAsBefore()
			}
		})
	}
}
