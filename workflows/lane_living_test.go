package workflows_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
	"slipway/saeclient"
)

// place is a release as a lane finds it that does not know of it.
func place(id string, proceeded bool) release.LaneEntry {
	return release.LaneEntry{ReleaseID: id, Operation: release.OperationRelease, Artifact: release.Artifact{Image: newImage}, Proceeded: proceeded}
}

// TestLaneLiving_ANewLaneFollowsWhatLives: a lane that was lost comes back, and begins nothing beside
// the release that runs (R2, R15).
func TestLaneLiving_ANewLaneFollowsWhatLives(t *testing.T) {
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

// TestLaneLiving_ANewLaneLearnsWhatAReleaseHasLeft: a release that was lost while there was no lane is
// looked after by a watchdog before anything else begins.
func TestLaneLiving_ANewLaneLearnsWhatAReleaseHasLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.living = release.Living{Releases: []release.LaneEntry{place("r-1", true)}}
	w.end(release.WorkflowID("r-1"), release.Ending{Lost: "terminated"})
	w.recalled = map[string]release.Progress{"r-1": {
		ReleaseID: "r-1", App: w.app, Phase: release.PhasePreparing, Artifact: release.Artifact{Image: oldImage},
		ScalingRules: []release.HeldRule{{Name: "daily", Suspended: true}},
	}}
	w.switchOff()
	w.send(0, "r-2", w.spec(release.Strategy{}))
	w.runLane()
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	w.requireRulesAsBefore()
	require.Len(t, w.settled, 1, "the ledger is told")
	require.Equal(t, "terminated", w.settled[0].Lost)
	require.Empty(t, w.settled[0].Progress.Owes().ScalingRules)
}

// TestLaneLiving_ALaneLooksAgainOnceTheLedgerIsBack: only the ledger knows of a release that was lost before
// the lane. A ledger that is away holds nothing up (R18), and what it knows is not forgotten (R15).
func TestLaneLiving_ALaneLooksAgainOnceTheLedgerIsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.living = release.Living{LedgerAway: true}
	start := w.started()
	w.busDown = func() bool { return w.since(start) < 2*time.Hour }
	w.at(time.Hour, func() {
		w.living.Releases = []release.LaneEntry{place("r-1", true)}
		w.end(release.WorkflowID("r-1"), release.Ending{Lost: "terminated"})
		w.recalled = map[string]release.Progress{"r-1": {
			ReleaseID: "r-1", App: w.app, Phase: release.PhaseQueued, Artifact: release.Artifact{Image: oldImage},
		}}
	})
	w.send(0, "r-2", w.spec(release.Strategy{}))
	w.send(90*time.Minute, "r-3", w.spec(gray()))
	w.at(3*time.Hour, func() {
		require.Equal(t, "r-3", w.lane().Running.ReleaseID, "what is found is looked after while nothing else runs")
		require.Empty(t, w.settled)
	})
	w.send(3*time.Hour, "r-4", w.spec(release.Strategy{}))
	w.tell(4*time.Hour, "r-3", release.Command{Kind: release.CommandAbort, By: "ann"})
	w.runLane()
	w.requireEnded("r-2", release.PhaseSucceeded, "")
	w.requireEnded("r-4", release.PhaseSucceeded, "")
	require.Len(t, w.settled, 1)
	require.Equal(t, "terminated", w.settled[0].Lost)
}

// TestLaneLiving_WhatALaneTakesWhileItLooksIsNotPutOff: an answer that the lane is full would stand for as
// long as the lane runs, because the server keeps it under the ID of the release; nothing
// would let the release in when there is room (R6, R14).
func TestLaneLiving_WhatALaneTakesWhileItLooksIsNotPutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range release.MaxWaiting + 1 {
		id := fmt.Sprint("r-w", n)
		w.living.Releases = append(w.living.Releases, place(id, false))
		w.end(release.WorkflowID(id), release.Ending{Progress: release.Progress{ReleaseID: id, Outcome: release.PhaseSucceeded}})
	}
	w.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(errors.New("it has ended"))
	sent := w.send(0, "r-new", w.spec(release.Strategy{}))
	w.runLane()
	require.NoError(t, sent.err)
	require.Equal(t, release.StandingQueued, sent.receipt.Standing)
	w.requireEnded("r-new", release.PhaseSucceeded, "")
}

// switchOff disables a scaling rule past Slipway.
func (s *stage) switchOff() {
	s.t.Helper()
	_, err := s.client.DisableApplicationScalingRule(s.t.Context(), &saeclient.DisableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: "daily"})
	require.NoError(s.t, err)
}

// TestLaneLiving_RequestsAreReleasedInTheOrderOfPublishing: whichever comes first (R14).
func TestLaneLiving_RequestsAreReleasedInTheOrderOfPublishing(t *testing.T) {
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

// TestLaneLiving_TheNewestSurvives: an older one that comes late does not take the place of a newer one
// that supersedes.
func TestLaneLiving_TheNewestSurvives(t *testing.T) {
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

// TestLaneLiving_AReleaseDoesNotWaitForItsTurnForEver: it says what it has waited for (R6).
func TestLaneLiving_AReleaseDoesNotWaitForItsTurnForEver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.waiting = "release r-0, which runs"
	spec := s.spec(release.Strategy{}).WithDefaults()
	spec.Limits.Queue = release.Duration(2 * time.Hour)
	s.at(time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.AwaitQueue, p.Awaiting.Kind)
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

// TestLaneLiving_TheLedgerKnowsWhatIsHeldBeforeTheFirstChange: a release that is lost right after has
// told of no transition since (R13, R15).
func TestLaneLiving_TheLedgerKnowsWhatIsHeldBeforeTheFirstChange(t *testing.T) {
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

// TestLaneLiving_TheLedgerKnowsWhatIsReturnedToWhereNothingIsHeld: whoever goes on with a release needs the
// version, also where no scaling rule is switched (R13, R15).
func TestLaneLiving_TheLedgerKnowsWhatIsReturnedToWhereNothingIsHeld(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.switchOff()
	require.Equal(t, release.PhaseSucceeded, s.run(s.spec(release.Strategy{})).Outcome)
	require.Len(t, s.noted, 1)
	require.Empty(t, s.noted[0].ScalingRules)
	require.Equal(t, oldImage, s.noted[0].RollbackTo.Artifact.Image)
}

// TestLaneLiving_TheLedgerKnowsOfTheTrafficRule: a release that is reset while its first batch runs has told
// of no transition since (R15).
func TestLaneLiving_TheLedgerKnowsOfTheTrafficRule(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.spec(gray())
	spec.Traffic = canary()
	s.abort(time.Hour)
	require.Equal(t, release.PhaseAborted, s.run(spec).Outcome)
	require.Len(t, s.noted, 2)
	require.Equal(t, &release.TrafficState{Applied: true}, s.noted[1].Traffic)
}

// TestLaneLiving_AWaitingReleaseIsFoundThatTheLaneWouldTurnAway: it has been accepted before.
func TestLaneLiving_AWaitingReleaseIsFoundThatTheLaneWouldTurnAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := w.spec(release.Strategy{}).WithDefaults()
	begun := release.Published{Sequence: 9, At: w.started()}
	w.env.RegisterWorkflowWithOptions(func(ctx workflow.Context, in release.LaneInput) error {
		waiting := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: release.WorkflowID("r-2")}),
			spec.Workflow(), release.Request{ID: "r-2", Spec: spec, Queued: true})
		return errors.Join(waiting.GetChildWorkflowExecution().Get(ctx, nil), w.around(ctx, in))
	}, workflow.RegisterOptions{Name: "Beside"})
	w.unlisted = []release.LaneEntry{place("r-2", false)}
	in := w.remembering(0)
	in.Latest = &release.Begun{ReleaseID: "r-9", Published: begun}
	sent := &answered{}
	w.at(time.Minute, func() {
		w.update(sent, release.UpdateSubmit, release.Submission{ReleaseID: "r-2", Spec: spec, Published: release.Published{Sequence: 2, At: w.started()}})
	})
	w.forget(time.Hour)
	w.env.ExecuteWorkflow("Beside", in)
	w.requireOver()
	require.Equal(t, release.StandingDuplicate, sent.receipt.Standing)
	w.requireEnded("r-2", release.PhaseSucceeded, "")
}

// TestLaneLiving_AResetReleaseGoesOnWithItsOwnOrder: the order carries its token, and what it held stands
// in the ledger (R3, R15).
func TestLaneLiving_AResetReleaseGoesOnWithItsOwnOrder(t *testing.T) {
	t.Parallel()
	past := release.Progress{
		Phase: release.PhaseAwaitingConfirm, RollbackTo: &release.Version{Artifact: release.Artifact{Image: oldImage}},
		ScalingRules: []release.HeldRule{{Name: "daily", Suspended: true}},
	}
	behind := release.Progress{Phase: release.PhasePreparing}
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
		"the ledger was away before the first change": {
			&behind, release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"}, release.PhaseNeedsAttention, "what it held before is not known", newImage,
		},
		"aborted, and what ran before is not known": {
			nil, release.Command{Kind: release.CommandAbort, By: "ann"}, release.PhaseNeedsAttention, "what it held before is not known", oldImage,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.recalled = map[string]release.Progress{}
			if c.past != nil {
				s.recalled["r-test"] = *c.past
			}
			s.switchOff()
			s.deployWith(saeclient.ReleaseManual, release.Token("r-test", string(release.StepRollout))+" "+newImage)
			s.at(time.Hour, func() { require.Equal(t, release.PhaseAwaitingConfirm, s.progress().Phase) })
			s.say(2*time.Hour, c.word)
			// The order is at work by the time of the reset: the platform shows the new version.
			s.at(30*time.Minute, func() { s.env.SignalWorkflow(release.SignalProceed, release.Turn{}) })
			spec := s.spec(release.Strategy{Type: release.StrategyBatch, Batches: 2}).WithDefaults()
			s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-test", Spec: spec, Queued: true})
			p := s.result()
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			require.Equal(t, c.runs, s.configured())
			require.Len(t, s.orders(), 1, "no order but its own")
			if c.past == &past {
				s.requireRulesAsBefore()
			}
		})
	}
}
