package workflows_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// foreignOrder lets somebody begin a change by hand that parks until abortForeign.
func (s *stage) foreignOrder() { s.deployByHand(saeclient.ReleaseManual) }

// abortForeign ends the newest order by hand.
func (s *stage) abortForeign() {
	s.t.Helper()
	orders := s.sim.Orders(s.app.ID)
	_, err := s.client.AbortAndRollbackChangeOrder(s.t.Context(), &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: orders[len(orders)-1].ID})
	require.NoError(s.t, err)
}

// deployed counts the DeployApplication calls of the release itself.
func (s *stage) deployed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, d := range s.deploys {
		if d.Get("ChangeOrderDesc") != handDescription {
			n++
		}
	}
	return n
}

// TestWill_LimitWhileAForeignChangeRuns is R11 and R13: the total limit passes while somebody
// else's change is in the way.
func TestWill_LimitWhileAForeignChangeRuns(t *testing.T) {
	t.Parallel()
	specs := map[string]func(*stage) release.Spec{
		"all":      func(s *stage) release.Spec { return s.spec(release.Strategy{}) },
		"gray":     func(s *stage) release.Spec { return s.spec(gray()) },
		"rollback": func(s *stage) release.Spec { return s.rollback("") },
	}
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if name == "rollback" {
				s.released()
				s.requireRulesAsBefore()
			}
			own := len(s.orders())
			s.foreignOrder()
			s.at(10*time.Minute, func() {
				p := s.progress()
				require.Equal(t, release.AwaitOtherChange, p.Awaiting.Kind)
				require.Equal(t, time.Hour, p.Awaiting.Until.Sub(p.StartedAt).Round(time.Second))
				require.Contains(t, p.Reason, "begun elsewhere")
			})
			in := spec(s)
			in.Limits.Total = release.Duration(time.Hour)
			p := s.run(in)
			require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, "the release was not done within 1h")
			require.Contains(t, p.Reason, "nothing was changed")
			require.Equal(t, time.Hour, p.EndedAt.Sub(p.StartedAt).Round(time.Second))
			require.Len(t, s.orders(), own+1, "only the one begun elsewhere")
			require.Contains(t, s.kinds(), release.EventStalled)
		})
	}
}

// TestWill_AbortWhileAStepIsTried is R11: once an abort counts, a step towards the new version
// that is being tried is not sent any more.
func TestWill_AbortWhileAStepIsTried(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		strategy release.Strategy
		with     func(*stage)
		reason   string
		deploys  int
		batches  int
	}{
		{"begin, calendar unreadable", release.Strategy{}, func(s *stage) {
			start := s.env.Now()
			s.calendarDown = func() bool {
				return s.sim.Calls().Operations["DisableApplicationScalingRule"] > 0 && s.since(start) < 30*time.Minute
			}
			s.abort(10 * time.Minute)
		}, "nothing was deployed", 0, 1},
		{"begin, platform away", release.Strategy{}, func(s *stage) {
			s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Count: -1})
			s.abort(10 * time.Minute)
		}, "nothing was deployed", -1, 1},
		{"confirm, calendar unreadable", gray(), func(s *stage) {
			start := s.env.Now()
			s.calendarDown = func() bool { d := s.since(start); return d > 30*time.Minute && d < 100*time.Minute }
			s.confirm(time.Hour, 1)
			s.abort(70 * time.Minute)
		}, "aborted by ann", 1, 1},
		{"confirm, the platform is being upgraded", gray(), func(s *stage) {
			s.at(59*time.Minute, func() {
				s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "ConfirmPipelineBatch", Code: "System.Upgrading", Count: -1})
			})
			s.confirm(time.Hour, 1)
			s.abort(62 * time.Minute)
		}, "aborted by ann", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			tt.with(s)
			p := s.run(s.spec(tt.strategy))
			require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, tt.reason)
			if tt.deploys >= 0 {
				require.Equal(t, tt.deploys, s.deployed())
			}
			aborted := p.Decisions[len(p.Decisions)-1].At
			require.Less(t, p.EndedAt.Sub(aborted), time.Minute, "the abort ends it at once")
			for _, b := range p.Batches[tt.batches:] {
				require.Zero(t, b.StartedAt, "no further batch has begun")
			}
			for _, o := range s.sim.Orders(s.app.ID) {
				require.False(t, o.CreatedAt.After(aborted), "no order begins after the abort")
			}
			s.requireRulesAsBefore()
			require.Equal(t, oldImage, s.configured())
		})
	}
}

// TestWill_AbortWhileASentStepIsInDoubt is R17: what an abort has ended on the way is no stall and no
// lost answer, but what the release makes sure of before it ends.
func TestWill_AbortWhileASentStepIsInDoubt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Code: "System.Upgrading", Count: -1})
	s.stalled(9*time.Minute, string(release.VerbBeginRollout), release.FaultDeclined)
	s.abort(10 * time.Minute)
	seen := 0
	for after := time.Second; after <= 20*time.Second; after += time.Second {
		s.at(10*time.Minute+after, func() {
			p := s.progress()
			if p.Phase != release.PhaseRollingOut {
				return
			}
			seen++
			require.Nil(t, p.Stalled, "after %s", after)
			require.Equal(t, "being aborted", p.Stopping())
			require.Equal(t, "makes sure that no change has begun: the call that begins one was under way", p.Reason)
			require.Equal(t, "slipway release watch "+p.ReleaseID, release.Next(p)[0].Command)
		})
	}
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Greater(t, seen, 1, "it was looked at while it makes sure")
}

// TestWill_AbortBeforeAnythingWasSent is R11 and R17: an abort takes effect also while nothing
// can be asked.
func TestWill_AbortBeforeAnythingWasSent(t *testing.T) {
	t.Parallel()
	away := map[string]func(*stage){
		"no worker in the region": func(s *stage) { s.server.noWorker = func() bool { return true } },
		"platform unreachable":    func(s *stage) { s.fault(saesim.Fault{Kind: saesim.FaultDropBefore, Count: -1}) },
	}
	for name, with := range away {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			with(s)
			s.at(11*time.Second, func() {
				p := s.progress()
				require.NotNil(t, p.Stalled, "R17: shown within ten seconds")
				require.Equal(t, string(release.VerbSnapshot), p.Stalled.Doing)
				require.NotEmpty(t, p.Stalled.Failure)
				require.Equal(t, 168*time.Hour, p.Stalled.Until.Sub(p.StartedAt).Round(time.Minute))
			})
			s.abort(time.Hour)
			p := s.run(s.spec(release.Strategy{}))
			require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, "nothing was changed")
			require.Equal(t, time.Hour, p.EndedAt.Sub(p.StartedAt).Round(10*time.Second))
			require.Contains(t, s.kinds(), release.EventStalled)
		})
	}
}

// TestWill_AbortWhenTheChangeHasJustEnded is R16: a word that has counted is kept, or it is
// refused; never both.
func TestWill_AbortWhenTheChangeHasJustEnded(t *testing.T) {
	t.Parallel()
	for ms := 1000; ms <= 33000; ms += 1600 {
		s := newStage(t)
		s.abort(time.Duration(ms) * time.Millisecond)
		p := s.run(s.spec(release.Strategy{}))
		counted := len(p.Decisions) == 1 && p.Decisions[0].Refused == ""
		if !counted {
			require.Equal(t, release.PhaseSucceeded, p.Outcome, "at %d ms: %s", ms, p.Reason)
			require.NotContains(t, s.kinds(), release.EventRollingBack, "at %d ms", ms)
			require.Equal(t, newImage, s.configured(), "at %d ms", ms)
			continue
		}
		require.Equal(t, release.PhaseAborted, p.Outcome, "at %d ms: %s", ms, p.Reason)
		require.Equal(t, oldImage, s.configured(), "at %d ms", ms)
		s.requireRulesAsBefore()
	}
}

// TestWill_AbortOfARestartThatHasJustEnded has nothing to go back to. A rescale is over soon: the steps
// are short enough to meet the time between its end and the look that sees it.
func TestWill_AbortOfARestartThatHasJustEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec           release.Spec
		from, to, step time.Duration
	}{
		{release.Spec{Operation: release.OperationRestart}, time.Second, 33 * time.Second, 4 * time.Second},
		{release.Spec{Operation: release.OperationRescale, Instances: 7}, 500 * time.Millisecond, 3500 * time.Millisecond, 60 * time.Millisecond},
	} {
		for at := c.from; at <= c.to; at += c.step {
			s := newStage(t)
			s.abort(at)
			c.spec.App = s.app
			p := s.run(c.spec)
			switch {
			case len(p.Decisions) == 1 && p.Decisions[0].Refused == "":
				require.Equal(t, release.PhaseAborted, p.Outcome, "%s after %s: %s", c.spec.Operation, at, p.Reason)
			default:
				require.Equal(t, release.PhaseSucceeded, p.Outcome, "%s after %s: %s", c.spec.Operation, at, p.Reason)
				require.NotContains(t, s.kinds(), release.EventRollingBack, "%s after %s", c.spec.Operation, at)
			}
			s.requireRulesAsBefore()
		}
	}
}

// TestWill_ResumeUnderAFreeze is R17: a command is answered at once, in words that make sense.
func TestWill_ResumeUnderAFreeze(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() { s.freeze(stopped()) })
	s.confirm(time.Hour, 1)
	refused := s.update(66*time.Minute, release.CommandResume, release.Command{By: "ann"})
	s.say(70*time.Minute, release.Command{Kind: release.CommandPause})
	answered := s.update(80*time.Minute, release.CommandResume, release.Command{By: "ann"})
	s.at(81*time.Minute, func() {
		require.NoError(t, answered.err)
		require.NotEmpty(t, answered.progress.ReleaseID, "it is answered at once")
		require.Equal(t, release.AwaitFreeze, answered.progress.Awaiting.Kind)
	})
	s.at(10*time.Hour, func() { s.freeze(release.Calendar{}) })
	s.confirm(11*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.ErrorContains(t, refused.rejected, "nobody has paused the release: it is held by freeze line: incident 7")
}

// TestWill_TheTotalLimitWhenTheChangeHasJustEnded is R6 and R16: the end that is there is read,
// and the release goes back or the limit came too late.
func TestWill_TheTotalLimitWhenTheChangeHasJustEnded(t *testing.T) {
	t.Parallel()
	for ms := 1000; ms <= 6000; ms += 500 {
		s := newStage(t)
		spec := s.spec(release.Strategy{})
		spec.Limits.Total = release.Duration(time.Duration(ms) * time.Millisecond)
		p := s.run(spec)
		require.Contains(t, []release.Phase{release.PhaseAborted, release.PhaseSucceeded}, p.Outcome, "at %d ms: %s", ms, p.Reason)
		s.requireRulesAsBefore()
	}
}

// TestWill_AWordIsCarriedOutOrRefused is R7: never neither.
func TestWill_AWordIsCarriedOutOrRefused(t *testing.T) {
	t.Parallel()
	t.Run("a safe point that never comes", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.confirm(time.Hour, 1)
		s.confirm(2*time.Hour, 2)
		s.say(2*time.Hour+time.Second, release.Command{Kind: release.CommandAbort, AtSafePoint: true, Reason: "late"})
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Contains(t, p.Decisions[2].Refused, "too late")
	})
	t.Run("while rules are put back", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Code: "InvalidParameter", Count: -1})
		s.fault(saesim.Fault{Kind: saesim.FaultError, Operation: "EnableApplicationScalingRule", Code: saeclient.CodeSystemUpgrading, Count: -1})
		s.at(2*time.Hour, func() { require.NoError(t, s.sim.ClearFaults()) })
		s.abort(time.Hour)
		p := s.run(s.spec(release.Strategy{}))
		require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
		require.Contains(t, p.Decisions[0].Refused, "too late")
		s.requireRulesAsBefore()
	})
}

// TestWill_AWordWhenTheRecordHasExpired is R4: what runs decides, as when a look finds it gone.
func TestWill_AWordWhenTheRecordHasExpired(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"confirm", "abort"} {
		s := newStage(t)
		s.at(time.Hour, func() {
			orders := s.sim.Orders(s.app.ID)
			require.NoError(t, s.sim.ExpireOrder(orders[len(orders)-1].ID))
		})
		if word == "confirm" {
			s.confirm(time.Hour, 1)
		} else {
			s.abort(time.Hour)
		}
		p := s.run(s.spec(gray()))
		require.Contains(t, p.Reason, "the platform no longer knows the change; ", word)
		require.NotContains(t, p.Reason, "may be unfinished", word)
	}
}

// TestWill_AConfirmationThatIsRefusedForNow is R18.
func TestWill_AConfirmationThatIsRefusedForNow(t *testing.T) {
	t.Parallel()
	for _, code := range []string{saeclient.CodeChangeOrderRunning, saeclient.CodeSystemUpgrading, "Throttling.User"} {
		s := newStage(t)
		s.fault(saesim.Fault{Kind: saesim.FaultErrorAfter, Operation: "ConfirmPipelineBatch", Code: code})
		s.confirm(time.Hour, 1)
		s.confirm(2*time.Hour, 2)
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, "%s: %s", code, p.Reason)
	}
}
