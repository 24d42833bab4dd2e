package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
)

// submission is one answer of a lane.
type submission struct {
	receipt  release.Receipt
	rejected error
	err      error
}

func (s *stage) submit(d time.Duration, id string, spec release.Spec) *submission {
	return s.raw(d, release.Submission{ReleaseID: id, Spec: spec.WithDefaults()})
}

func (s *stage) laneState() release.LaneState {
	s.t.Helper()
	value, err := s.env.QueryWorkflow(release.QueryLane)
	require.NoError(s.t, err)
	var state release.LaneState
	require.NoError(s.t, value.Get(&state))
	return state
}

func TestLaneLetsOneReleaseRunAtATime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.submit(0, "r-1", s.spec(gray()))
	again := s.submit(time.Minute, "r-1", s.spec(gray()))
	second := s.submit(2*time.Minute, "r-2", s.spec(release.Strategy{}))
	third := s.submit(3*time.Minute, "r-3", s.spec(release.Strategy{}))
	s.at(time.Hour, func() {
		state := s.laneState()
		require.Equal(t, "r-1", state.Running.ReleaseID)
		require.Len(t, state.Waiting, 2)
		require.Len(t, s.orders(), 1, "the others have touched nothing")
		require.NoError(t, s.env.SignalWorkflowByID(release.WorkflowID("r-2"), string(release.CommandAbort), release.Command{By: "ann"}))
	})
	s.at(2*time.Hour, func() {
		require.Len(t, s.laneState().Waiting, 1, "an aborted release leaves the line")
		require.NoError(t, s.env.SignalWorkflowByID(release.WorkflowID("r-1"), string(release.CommandAbort), release.Command{By: "ann"}))
	})
	s.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{App: s.app})
	require.True(t, s.env.IsWorkflowCompleted(), "an idle lane ends")
	require.NoError(t, s.env.GetWorkflowError())

	require.Equal(t, release.Receipt{ReleaseID: "r-1", Standing: release.StandingStarted}, first.receipt)
	require.Equal(t, release.Receipt{ReleaseID: "r-1", Standing: release.StandingDuplicate}, again.receipt)
	require.Equal(t, release.Receipt{ReleaseID: "r-2", Standing: release.StandingQueued, Ahead: 1}, second.receipt)
	require.Equal(t, release.Receipt{ReleaseID: "r-3", Standing: release.StandingQueued, Ahead: 2}, third.receipt)
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy}, s.orders(), "r-1 and, once it had ended, r-3")
	s.requireRulesAsBefore()
}

func TestLaneRefusesWhatItCannotTake(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.submit(0, "r-0", s.spec(gray()))
	other := s.spec(gray())
	other.App.ID = "another"
	foreign := s.submit(time.Second, "r-x", other)
	broken := s.spec(gray())
	broken.Artifact.Image = ""
	invalid := s.submit(time.Second, "r-y", broken)
	for i := range 100 {
		s.submit(time.Minute, fmt.Sprintf("r-%d", i+1), s.spec(release.Strategy{}))
	}
	full := s.submit(2*time.Minute, "r-101", s.spec(gray()))
	known := s.submit(2*time.Minute, "r-50", s.spec(release.Strategy{}))
	s.at(time.Hour, func() {
		for i := range 101 {
			require.NoError(t, s.env.SignalWorkflowByID(release.WorkflowID(fmt.Sprintf("r-%d", 100-i)), string(release.CommandAbort), release.Command{By: "ann"}))
		}
	})
	s.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{App: s.app})
	require.NoError(t, s.env.GetWorkflowError())

	for sub, want := range map[*submission]string{foreign: release.ErrorRefused, invalid: release.ErrorRefused, full: release.ErrorBusy} {
		var app *temporal.ApplicationError
		require.ErrorAs(t, sub.rejected, &app)
		require.Equal(t, want, app.Type(), app.Message())
	}
	require.Equal(t, release.StandingDuplicate, known.receipt.Standing, "a full lane still recognises its own")
	require.Len(t, s.orders(), 1)
}
