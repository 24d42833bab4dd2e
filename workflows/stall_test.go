package workflows_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saesim"
)

// stalled checks what is shown to be tried in vain at a time.
func (s *stage) stalled(d time.Duration, doing string, fault release.Fault) {
	s.at(d, func() {
		p := s.progress()
		require.NotNil(s.t, p.Stalled, "after %s: %s %s", d, p.Phase, p.Reason)
		require.Equal(s.t, doing, p.Stalled.Doing, "after %s: %s", d, p.Stalled.Failure)
		require.Equal(s.t, fault, p.Stalled.Fault, "after %s: %s", d, p.Stalled.Failure)
		require.NotEmpty(s.t, p.Stalled.Failure)
		require.False(s.t, p.Stalled.Until.IsZero(), "until when")
		require.LessOrEqual(s.t, p.Stalled.Since.Sub(p.StartedAt), d)
	})
}

// told counts the events of a kind.
func (s *stage) told(kind release.EventKind) int {
	n := 0
	for _, k := range s.kinds() {
		if k == kind {
			n++
		}
	}
	return n
}

// TestStall_ACollaboratorThatIsAwayIsWaitedFor is R17 and R18: what could not be asked is tried
// again for hours, visibly, and nothing is lost by it.
func TestStall_ACollaboratorThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	suspended := func(s *stage) bool { return s.sim.Calls().Operations["DisableApplicationScalingRule"] > 0 }
	tests := []struct {
		name     string
		strategy release.Strategy
		doing    release.Verb
		fault    release.Fault
		with     func(s *stage, start time.Time)
	}{
		{"calendar, before scaling rules are suspended", release.Strategy{}, release.VerbSetScaling, release.FaultUnguarded, func(s *stage, start time.Time) {
			s.calendarDown = func() bool { return s.since(start) < 2*time.Hour }
		}},
		{"calendar, before the change begins", release.Strategy{}, release.VerbBeginRollout, release.FaultUnguarded, func(s *stage, start time.Time) {
			s.calendarDown = func() bool { return suspended(s) && s.since(start) < 2*time.Hour }
		}},
		{"calendar, before a batch is confirmed", gray(), release.VerbConfirmBatch, release.FaultUnguarded, func(s *stage, start time.Time) {
			s.calendarDown = func() bool { return s.since(start) > 30*time.Minute && s.since(start) < 3*time.Hour }
			s.confirm(time.Hour, 1)
			s.confirm(4*time.Hour, 2)
		}},
		{"platform, before anything is read", release.Strategy{}, release.VerbSnapshot, release.FaultUnavailable, func(s *stage, _ time.Time) {
			s.platformAway(2 * time.Hour)
		}},
		{"no worker in the region", release.Strategy{}, release.VerbSnapshot, release.FaultNoWorker, func(s *stage, start time.Time) {
			s.server.noWorker = func() bool { return s.since(start) < 2*time.Hour }
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			tt.with(s, s.env.Now())
			at := 12 * time.Second
			if tt.strategy.Type == release.StrategyGray {
				at += time.Hour
			}
			s.stalled(at, string(tt.doing), tt.fault)
			s.stalled(at+30*time.Minute, string(tt.doing), tt.fault)
			p := s.run(s.spec(tt.strategy))
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Greater(t, p.EndedAt.Sub(p.StartedAt), 2*time.Hour)
			require.Less(t, p.EndedAt.Sub(p.StartedAt), 5*time.Hour)
			require.Nil(t, p.Stalled)
			require.Equal(t, 1, s.deployed())
			require.Equal(t, 1, s.told(release.EventStalled), "told once: %v", s.kinds())
			require.Equal(t, 1, s.told(release.EventMoving))
			require.Less(t, slices.Index(s.kinds(), release.EventStalled), slices.Index(s.kinds(), release.EventMoving))
			s.requireRulesAsBefore()
		})
	}
}

// platformAway lets every call fail before it arrives until a time.
func (s *stage) platformAway(until time.Duration) {
	s.t.Helper()
	f, err := s.sim.AddFault(saesim.Fault{Kind: saesim.FaultError, Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Count: -1})
	require.NoError(s.t, err)
	s.at(until, func() { require.NoError(s.t, s.sim.RemoveFault(f.ID)) })
}

// TestStall_AnObservationThatFailsIsShown is R17 for a release that is parked.
func TestStall_AnObservationThatFailsIsShown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(time.Hour, func() { s.platformAway(2 * time.Hour) })
	s.stalled(time.Hour+10*time.Minute, string(release.VerbObserve), release.FaultUnavailable)
	s.awaiting(2*time.Hour, release.PhaseAwaitingConfirm, release.AwaitConfirm)
	s.at(4*time.Hour, func() { require.Nil(t, s.progress().Stalled, "it looks on") })
	s.confirm(5*time.Hour, 1)
	s.confirm(6*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, 1, s.told(release.EventStalled))
	require.Equal(t, 1, s.told(release.EventMoving))
}

// TestStall_StandingStillCostsABoundedNumberOfEvents is R5.
func TestStall_StandingStillCostsABoundedNumberOfEvents(t *testing.T) {
	t.Parallel()
	cost := func(d time.Duration) int {
		s := newStage(t)
		s.platformAway(d)
		p := s.run(s.spec(release.Strategy{}))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		return s.cost.total()
	}
	short, long := cost(5*time.Minute), cost(12*time.Hour)
	require.LessOrEqual(t, long, short+10)
}

// TestStall_AForeignChangeIsWaitedForByLooking is R17 and R18: an order begun elsewhere is in
// the way right before the release's own, or before rules are put back.
func TestStall_AForeignChangeIsWaitedForByLooking(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"DeployApplication", "EnableApplicationScalingRule"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			start := s.env.Now()
			s.before(call, s.foreignOrder)
			s.awaiting(30*time.Minute, map[string]release.Phase{
				"DeployApplication": release.PhaseRollingOut, "EnableApplicationScalingRule": release.PhaseFinalizing,
			}[call], release.AwaitOtherChange)
			var looked int
			s.at(time.Hour, func() { looked = s.sim.Calls().Total })
			s.at(3*time.Hour, func() {
				require.Less(t, s.sim.Calls().Total-looked, 60, "looked at, not tried")
				s.abortForeign()
			})
			p := s.run(s.spec(release.Strategy{}))
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Greater(t, p.EndedAt.Sub(start), 3*time.Hour)
			require.Less(t, p.EndedAt.Sub(start), 4*time.Hour)
			require.Equal(t, 1, s.told(release.EventStalled))
			require.Equal(t, 1, s.told(release.EventMoving))
			s.requireRulesAsBefore()
		})
	}
}

// requireToldInPairs checks that standing still is told once, and going on once after it,
// unless the release has ended meanwhile.
func (s *stage) requireToldInPairs() {
	s.t.Helper()
	still := false
	for _, kind := range s.kinds() { // no event twice
		switch kind { //nolint:exhaustive // only these two are pairs
		case release.EventStalled:
			require.False(s.t, still, "%v", s.kinds())
			still = true
		case release.EventMoving:
			require.True(s.t, still, "%v", s.kinds())
			still = false
		}
	}
}

// TestStall_StandingStillIsToldInPairs is R16: a wait for a foreign change in which the platform
// is away, and one stall that takes the place of another.
func TestStall_StandingStillIsToldInPairs(t *testing.T) {
	t.Parallel()
	away := func(s *stage, from, to time.Duration) {
		s.at(from, func() { s.fault(saesim.Fault{Kind: saesim.FaultDropBefore, Count: -1}) })
		s.at(to, func() { require.NoError(s.t, s.sim.ClearFaults()) })
	}
	s := newStage(t)
	s.foreignOrder()
	away(s, 10*time.Minute, 40*time.Minute)
	s.at(2*time.Hour, s.abortForeign)
	require.Equal(t, release.PhaseSucceeded, s.run(s.spec(release.Strategy{})).Outcome)
	s.requireToldInPairs()
	require.Equal(t, 1, s.told(release.EventMoving))

	s = newStage(t)
	away(s, 20*time.Minute, 3*time.Hour)
	s.abort(40 * time.Minute)
	require.Equal(t, release.PhaseAborted, s.run(s.spec(gray())).Outcome)
	s.requireToldInPairs()
}

// TestStall_NothingIsShownToStandStillAfterTheEnd is R17.
func TestStall_NothingIsShownToStandStillAfterTheEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.spec(gray())
	spec.Limits.Total, spec.Limits.Confirm = release.Duration(5*time.Hour), release.Duration(time.Hour)
	spec.Limits.OnConfirmTimeout = release.TimeoutHold
	s.at(2*time.Hour, func() { s.fault(saesim.Fault{Kind: saesim.FaultDropBefore, Count: -1}) })
	p := s.run(spec)
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome)
	require.Nil(t, p.Stalled)
}

// TestStall_NoSilenceBetweenTries is R17: what is refused for hours is shown all the time.
func TestStall_NoSilenceBetweenTries(t *testing.T) {
	t.Parallel()
	refusals := []saesim.Fault{
		{Kind: saesim.FaultError, Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable, Count: -1},
		{Kind: saesim.FaultError, Code: "Application.ChangerOrderRunning", Count: -1},
		{Kind: saesim.FaultError, Code: "System.Upgrading", Count: -1},
	}
	for _, operation := range []string{"DeployApplication", "RollbackApplication", "EnableApplicationScalingRule"} {
		for _, f := range refusals {
			s := newStage(t)
			f.Operation = operation
			s.fault(f)
			if operation != "DeployApplication" {
				s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
			}
			silent := 0
			for m := 2; m < 300; m += 7 {
				s.at(time.Duration(m)*time.Minute, func() {
					if p := s.progress(); p.Stalled == nil && p.Awaiting == nil {
						silent++
					}
				})
			}
			s.at(5*time.Hour, func() { require.NoError(t, s.sim.ClearFaults()) })
			p := s.run(s.spec(release.Strategy{}))
			require.LessOrEqual(t, silent, 1, "%s %s: %s", operation, f.Code, p.Reason)
			require.NotEqual(t, release.PhaseNeedsAttention, p.Outcome, "%s %s: %s", operation, f.Code, p.Reason)
			s.requireToldInPairs()
			s.requireRulesAsBefore()
		}
	}
}
