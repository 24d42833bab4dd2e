package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"slipway/activities/servicestage/servicestageworld"
	"slipway/release"
	"slipway/servicestagesim"
)

// headed is a trial of a component, and the gray release of it by headers that waits for a person.
func headed(t *testing.T) (*trial, *servicestageworld.World, release.Spec) {
	t.Helper()
	s := newTrial(t, subjectServiceStage())
	w, _ := s.world.(*servicestageworld.World)
	spec := s.spec(release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2})
	spec.Artifact, spec.Traffic = w.Artifact(3), servicestageworld.Headers()
	return s, w, spec
}

// reaches are the artifacts that answer a tester and somebody else.
func (s *trial) reaches(w *servicestageworld.World) []int {
	s.reach()
	return []int{w.Answers("x-canary", "1"), w.Answers("x-canary", "0")}
}

// TestTraffic_HeadersOfAComponent is what becomes of rules that are a part of the change at each end of a release.
func TestTraffic_HeadersOfAComponent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		with    func(s *trial, w *servicestageworld.World)
		outcome release.Phase
		runs    int
	}{
		"confirmed": {func(s *trial, _ *servicestageworld.World) { s.confirm(time.Hour, 1) }, release.PhaseSucceeded, 3},
		"aborted":   {func(s *trial, _ *servicestageworld.World) { s.abort(time.Hour) }, release.PhaseAborted, 2},
		"nobody":    {func(*trial, *servicestageworld.World) {}, release.PhaseAborted, 2},
		"the answer of the beginning is lost": {func(s *trial, w *servicestageworld.World) {
			_, err := w.AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultDropAfter, Operation: "UpdateComponent", Count: 1})
			require.NoError(s.t, err)
			s.confirm(time.Hour, 1)
		}, release.PhaseSucceeded, 3},
		"the rest fails": {func(s *trial, w *servicestageworld.World) {
			_, err := w.AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, Operation: "ComponentAction", Count: 1})
			require.NoError(s.t, err)
			s.confirm(time.Hour, 1)
		}, release.PhaseRolledBack, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w, spec := headed(t)
			c.with(s, w)
			s.at(30*time.Minute, func() {
				p := s.progress()
				require.Equal(t, release.PhaseAwaitingConfirm, p.Phase, p.Reason)
				require.Equal(t, &release.TrafficState{Applied: true}, p.Traffic)
				require.True(t, p.Owes().Empty(), "it is no debt")
				require.Equal(t, []int{3, 2}, s.reaches(w))
			})
			p := s.run(spec)
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, &release.TrafficState{Applied: true, Cleared: true}, p.Traffic)
			require.Len(t, p.Batches, 3)
			require.Zero(t, p.Batches[0].Weight, "requests are led by rules, not by a share")
			require.Equal(t, []int{c.runs, c.runs}, s.reaches(w))
			require.Len(t, s.begun(), 1)
		})
	}
}

// TestTraffic_HeadersThatSomebodyChanges are told while the release waits, and forgotten when they are put back.
func TestTraffic_HeadersThatSomebodyChanges(t *testing.T) {
	t.Parallel()
	s, w, spec := headed(t)
	const before = `{"type":"content","first_batch_replica":1,"remaining_batch":2,"replica_surge_mode":"extra","rule_match_mode":"any","rules":[
		{"type":"header","key":"x-canary","condition":"equal","value":"1"},{"type":"header","key":"x-user","condition":"in","value":"ada, eva"}]}`
	s.at(10*time.Minute, func() {
		require.Empty(t, s.progress().Traffic.Note)
		s.reach()
		w.Lead(`{"type":"weight","first_batch_weight":30,"first_batch_replica":1,"remaining_batch":2}`)
	})
	s.at(30*time.Minute, func() {
		p := s.progress()
		require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
		require.Equal(t, "changed elsewhere: the gray batch gets 30 % of the traffic", p.Traffic.Note)
		w.Lead(before)
	})
	s.at(50*time.Minute, func() { require.Empty(t, s.progress().Traffic.Note) })
	s.confirm(time.Hour, 1)
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
}

// TestPlan_HeadersOfAComponent: a plan shows that the rules are a part of the change, and no share of the traffic.
func TestPlan_HeadersOfAComponent(t *testing.T) {
	t.Parallel()
	s, _, spec := headed(t)
	s.env.RegisterActivityWithOptions(func(context.Context, release.StateInput) (release.LaneState, error) { return release.LaneState{}, nil },
		activity.RegisterOptions{Name: release.StateActivity})
	s.env.ExecuteWorkflow(release.WorkflowPlan, release.Request{Spec: spec})
	require.NoError(t, s.env.GetWorkflowError())
	var plan release.Plan
	require.NoError(t, s.env.GetWorkflowResult(&plan))
	require.Empty(t, plan.Refusals)
	require.Equal(t, &release.PlannedTraffic{Within: true}, plan.Traffic)
	require.Zero(t, plan.Batches[0].Weight)
}
