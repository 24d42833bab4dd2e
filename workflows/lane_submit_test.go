package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
)

// Not everybody who submits has the defaults or checks what a starter does.
func TestLaneSubmit_ALaneAppliesDefaultsAndNamesAllProblems(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	plain := release.Spec{App: s.app, Artifact: s.spec(gray()).Artifact}
	long := plain
	long.Artifact = release.Artifact{Image: "registry.example/shop:" + strings.Repeat("x", 100<<10)}
	long.Strategy.Batches = -1
	accepted := s.raw(0, release.Submission{ReleaseID: "r-1", Spec: plain})
	refusals := map[*submission][]string{}
	for id, in := range map[string]struct {
		spec release.Spec
		want []string
	}{
		"":                              {plain, []string{"releaseId: must be r- and letters"}},
		"Weird/ID ü":                    {long, []string{"releaseId: must be r- and letters", "artifact.image", "strategy.batches"}},
		"r-" + strings.Repeat("a", 127): {release.Spec{}, []string{"releaseId: must be r- and letters", "app: is not the application of this lane", "artifact"}},
	} {
		refusals[s.raw(time.Second, release.Submission{ReleaseID: id, Spec: in.spec})] = in.want
	}
	s.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{App: s.app})
	require.NoError(t, s.env.GetWorkflowError())

	require.Equal(t, release.StandingStarted, accepted.receipt.Standing)
	require.Len(t, s.orders(), 1)
	for sub, want := range refusals {
		var app *temporal.ApplicationError
		require.ErrorAs(t, sub.rejected, &app)
		require.Equal(t, release.ErrorRefused, app.Type())
		for _, each := range want {
			require.ErrorContains(t, app, each)
		}
	}
}

// raw submits what is given as it is.
func (s *stage) raw(d time.Duration, what release.Submission) *submission {
	sub := &submission{}
	s.at(d, func() {
		s.env.UpdateWorkflow(release.UpdateSubmit, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { sub.rejected = err },
			OnComplete: func(result any, err error) {
				sub.err = err
				if r, ok := result.(release.Receipt); ok {
					sub.receipt = r
				}
			},
		}, what)
	})
	return sub
}

// TestLaneSubmit_WhatIsValidIsDecidedAtTheDoor: a release whose lane has taken it is not refused by a
// check that has become stricter since (R10).
func TestLaneSubmit_WhatIsValidIsDecidedAtTheDoor(t *testing.T) {
	t.Parallel()
	for checked, outcome := range map[bool]string{true: "", false: "limits.total"} {
		s := newStage(t)
		spec := s.spec(release.Strategy{}).WithDefaults()
		spec.Limits.Total = release.Duration(100 * 24 * time.Hour)
		s.env.ExecuteWorkflow(spec.Workflow(), release.Request{ID: "r-1", Spec: spec, Checked: checked})
		if outcome == "" {
			require.Equal(t, release.PhaseSucceeded, s.result().Outcome)
			continue
		}
		require.ErrorContains(t, s.env.GetWorkflowError(), outcome)
		require.Empty(t, s.orders())
	}
}

// TestLaneSubmit_ALaneRefusesAnotherContentUnderAUsedID: a client that is answered "duplicate" believes that
// what it has submitted is released.
func TestLaneSubmit_ALaneRefusesAnotherContentUnderAUsedID(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := release.Submission{ReleaseID: "r-1", Spec: s.spec(release.Strategy{})}
	other := first
	other.Spec.Artifact = release.Artifact{Image: "registry.example/shop:9"}
	s.raw(0, first)
	again, conflict := s.raw(time.Second, first), s.raw(2*time.Second, other)
	s.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{App: s.app})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, release.StandingDuplicate, again.receipt.Standing)
	require.ErrorContains(t, conflict.rejected, "release r-1 was submitted before with another content")
	require.Len(t, s.orders(), 1)
}
