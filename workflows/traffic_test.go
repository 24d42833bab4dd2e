package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// canary sends requests with the header x-canary to the gray instances.
func canary() *release.Traffic {
	return &release.Traffic{SpringCloud: []release.TrafficRule{{
		Path: "/orders", Condition: "OR",
		Items: []release.TrafficItem{{Type: "header", Name: "x-canary", Operator: "rawvalue", Cond: "==", Value: "1"}},
	}}}
}

// ownRule gives the application a traffic rule of its own.
func (s *stage) ownRule() {
	s.t.Helper()
	_, err := s.client.CreateGreyTagRoute(s.t.Context(), &saeclient.CreateGreyTagRouteInput{
		AppID: s.app.ID, Name: "own", Description: new("by hand"),
		ScRules: []saeclient.SpringCloudRule{{
			Path: "/own", Condition: "AND",
			Items: []saeclient.SpringCloudItem{{Type: "cookie", Name: "tester", Operator: "rawvalue", Cond: "==", Value: "yes"}},
		}},
	})
	require.NoError(s.t, err)
}

// routes are the names and paths of the application's traffic rules.
func (s *stage) routes() map[string]string {
	s.t.Helper()
	out, err := s.client.ListGreyTagRoute(s.t.Context(), &saeclient.ListGreyTagRouteInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	routes := map[string]string{}
	for _, r := range out.Data.Result {
		routes[r.Name] = r.ScRules[0].Path
	}
	return routes
}

// TestTrafficRules is what becomes of the traffic rule at each end of a release.
func TestTrafficRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		with    func(*stage)
		outcome release.Phase
	}{
		{"success", func(s *stage) {
			s.confirm(time.Hour, 1)
			s.confirm(2*time.Hour, 2)
		}, release.PhaseSucceeded},
		{"failure", func(s *stage) { s.fault(saesim.Fault{Kind: saesim.FaultBatchFails}) }, release.PhaseRolledBack},
		{"abort", func(s *stage) { s.abort(time.Hour) }, release.PhaseAborted},
		{"limit", func(*stage) {}, release.PhaseAborted},
		{"the deployment is refused", func(s *stage) {
			s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Code: "InvalidParameter.WithMessage", Status: 400})
		}, release.PhaseFailed},
		{"the answer of setting it is lost", func(s *stage) {
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "CreateGreyTagRoute"})
			s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "UpdateGreyTagRoute"})
			s.abort(time.Hour)
		}, release.PhaseAborted},
		{"the answer of removing it is lost", func(s *stage) {
			s.at(time.Hour, func() {
				s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "DeleteGreyTagRoute"})
				s.fault(saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "UpdateGreyTagRoute"})
			})
			s.abort(2 * time.Hour)
		}, release.PhaseAborted},
	}
	for _, own := range []bool{false, true} {
		for _, tt := range tests {
			name := tt.name
			if own {
				name += ", with a rule of its own"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				before := map[string]string{}
				if own {
					s.ownRule()
					before = map[string]string{"own": "/own"}
				}
				s.at(30*time.Minute, func() {
					if s.progress().Phase == release.PhaseAwaitingConfirm {
						require.Len(t, s.routes(), 1)
						require.Contains(t, s.routes(), map[bool]string{true: "own", false: "slipway-r-test"}[own])
						for _, path := range s.routes() {
							require.Equal(t, "/orders", path)
						}
					}
				})
				tt.with(s)
				spec := s.spec(gray())
				spec.Traffic = canary()
				p := s.run(spec)
				require.Equal(t, tt.outcome, p.Outcome, p.Reason)
				require.True(t, p.Traffic.Applied)
				require.True(t, p.Traffic.Cleared, p.Reason)
				require.Equal(t, before, s.routes(), "as it was before")
				s.requireRulesAsBefore()
				for _, d := range s.deploys {
					require.Equal(t, "true", d.Get("EnableGreyTagRoute"))
				}
			})
		}
	}
}

func TestTraffic_ATrafficRuleThatSomebodyChangesIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	// A rule cannot be changed while a change runs, but it can be deleted and, once
	// the order has ended, created anew: here before the answer of the last look.
	s.at(time.Hour, func() {
		out, err := s.client.ListGreyTagRoute(t.Context(), &saeclient.ListGreyTagRouteInput{AppID: s.app.ID})
		require.NoError(t, err)
		_, err = s.client.DeleteGreyTagRoute(t.Context(), &saeclient.DeleteGreyTagRouteInput{GreyTagRouteID: out.Data.Result[0].GreyTagRouteID})
		require.NoError(t, err)
		_, err = s.client.AbortAndRollbackChangeOrder(t.Context(), &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: s.progress().ChangeID})
		require.NoError(t, err)
		_, err = s.sim.Advance(time.Minute)
		require.NoError(t, err)
		s.ownRule()
	})
	spec := s.spec(gray())
	spec.Traffic = canary()
	p := s.run(spec)
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.False(t, p.Traffic.Cleared)
	require.Contains(t, p.Reason, "somebody has changed the traffic rule meanwhile")
	require.Equal(t, map[string]string{"own": "/own"}, s.routes())
}

func TestTraffic_ATrafficRuleThatCannotBeRemovedIsNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "DeleteGreyTagRoute", Code: "InvalidParameter.WithMessage", Status: 400, Count: -1})
	s.abort(time.Hour)
	spec := s.spec(gray())
	spec.Traffic = canary()
	p := s.run(spec)
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Contains(t, p.Reason, "the traffic rule of the release could not be removed")
	s.requireRulesAsBefore()
}
