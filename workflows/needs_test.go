package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestNeeds_AStopThatTakesThePlaceOfAWindow is shown, before the change begins and between batches:
// a window ends by itself, a stop needs somebody.
func TestNeeds_AStopThatTakesThePlaceOfAWindow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy release.Strategy
		frozen   time.Duration
	}{
		"before the change": {release.Strategy{}, 0},
		"between batches":   {release.Strategy{Type: release.StrategyBatch, Batches: 2}, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if c.frozen == 0 {
				s.freeze(s.closed(0, 5*time.Hour))
			}
			s.at(30*time.Minute, func() { s.freeze(s.closed(-time.Hour, 5*time.Hour)) })
			s.confirm(time.Hour, 1)
			var since time.Time
			s.at(2*time.Hour, func() {
				p := s.progress()
				require.Equal(t, release.AwaitFreeze, p.Awaiting.Kind)
				require.Equal(t, "sale", p.Awaiting.Freeze)
				_, needed := p.Need(s.env.Now())
				require.False(t, needed, "it ends by itself")
				since = p.Awaiting.Since
				s.freeze(stopped())
			})
			s.at(3*time.Hour, func() {
				p := s.progress()
				need, _ := p.Need(s.env.Now())
				require.Equal(t, release.NeedFreeze, need.Kind, p.Reason)
				require.Equal(t, "somebody to lift stop line: held by freeze line: incident 7", need.Text)
				require.Equal(t, since, need.Since)
				require.Equal(t, "slipway freeze lift line", release.Next(p)[0].Command)
				s.freeze(release.Calendar{})
			})
			p := s.run(s.spec(c.strategy))
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			s.requireRulesAsBefore()
		})
	}
}

// TestNeeds_AChangeOfSomebodyElse needs nobody while it moves, and somebody once it waits.
func TestNeeds_AChangeOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{
		Image: oldImage, Strategy: `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual","batchWaitTime":0}}`,
	})
	require.NoError(t, err)
	s.at(20*time.Minute, func() {
		p := s.progress()
		require.Equal(t, other, p.Awaiting.ChangeID)
		need, _ := p.Need(p.Awaiting.Since)
		require.Equal(t, release.NeedOtherChange, need.Kind, "at once: its first batch waits for somebody")
		require.Contains(t, release.Next(p)[1].Command, "slipway api sae AbortChangeOrder ChangeOrderId="+other)
	})
	s.abort(time.Hour)
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Empty(t, p.UnfinishedChange, "it is nothing that this release has left")
	require.Nil(t, p.Runs, "while the other change is at work nobody knows")
	require.NotEmpty(t, p.AppName)
}

// TestNeeds_AnotherChangeOfSomebodyElse: one that takes the place of another has not lasted yet.
func TestNeeds_AnotherChangeOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	start := s.env.Now()
	slow := saesim.ConsoleRelease{Image: oldImage, Strategy: `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":30}}`}
	s.fault(saesim.Fault{Kind: saesim.FaultApproval}) // of the first
	first, err := s.sim.BeginConsoleOrder(s.app.ID, slow)
	require.NoError(t, err)
	var second string
	s.at(20*time.Minute, func() {
		p := s.progress()
		require.Equal(t, first, p.Awaiting.ChangeID)
		_, needed := p.Need(s.env.Now())
		require.True(t, needed, "it waits for an approval")
		second, err = s.sim.ReplaceOrder(first, slow)
		require.NoError(t, err)
	})
	s.at(25*time.Minute, func() {
		p := s.progress()
		require.Equal(t, second, p.Awaiting.ChangeID)
		require.False(t, p.Awaiting.Stuck)
		require.WithinRange(t, p.Awaiting.Since, start.Add(20*time.Minute), s.env.Now())
		_, needed := p.Need(s.env.Now())
		require.False(t, needed, "it has only begun")
	})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Greater(t, p.Waited, release.Duration(50*time.Minute), "both waits count")
}

// leaveForeign ends the newest order by hand, and leaves what it has changed.
func (s *stage) leaveForeign() {
	s.t.Helper()
	orders := s.sim.Orders(s.app.ID)
	_, err := s.client.AbortChangeOrder(s.t.Context(), &saeclient.AbortChangeOrderInput{ChangeOrderID: orders[len(orders)-1].ID})
	require.NoError(s.t, err)
}

// TestNeeds_WhatRunsAtTheEnd is known of each release that has ended. Where versions are mixed it is
// told how many instances run each, and not what is configured.
func TestNeeds_WhatRunsAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		strategy release.Strategy
		with     func(*stage, *release.Spec)
		outcome  release.Phase
		runs     string
		mixed    string
	}{
		"succeeded":   {release.Strategy{}, nil, release.PhaseSucceeded, newImage, ""},
		"rolled back": {release.Strategy{}, func(s *stage, _ *release.Spec) { s.fault(saesim.Fault{Kind: saesim.FaultBatchFails}) }, release.PhaseRolledBack, oldImage, ""},
		"aborted":     {gray(), func(s *stage, _ *release.Spec) { s.abort(time.Hour) }, release.PhaseAborted, oldImage, ""},
		"refused by a check": {
			release.Strategy{Type: release.StrategyGray, Gray: 4, Batches: 1}, nil, release.PhaseFailed, oldImage, "",
		},
		"refused by a check, after a change that was left half done": {
			release.Strategy{Type: release.StrategyGray, Gray: 4, Batches: 1}, func(s *stage, _ *release.Spec) {
				s.foreignOrder()
				s.at(30*time.Minute, s.leaveForeign)
			}, release.PhaseFailed, "", "mixed versions " + oldImage + " (3 of 5 instances), " + newImage + " (2 of 5 instances), configured " + newImage,
		},
		"failed, and left so": {gray(), func(s *stage, spec *release.Spec) {
			spec.Rollback.OnFailure = new(false)
			s.at(time.Hour, func() {
				s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
				_, err := s.sim.ReplaceOrder(s.progress().ChangeID, saesim.ConsoleRelease{Image: newImage})
				require.NoError(s.t, err)
			})
		}, release.PhaseNeedsAttention, "", "mixed versions " + newImage + " (1 of 5 instances), " + oldImage + " (4 of 5 instances), configured " + newImage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			spec := s.spec(c.strategy)
			if c.with != nil {
				c.with(s, &spec)
			}
			p := s.run(spec)
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, c.mixed, p.RunsMixed)
			if c.runs == "" {
				require.Nil(t, p.Runs, p.Reason)
				return
			}
			require.NotNil(t, p.Runs, p.Reason)
			require.Equal(t, c.runs, p.Runs.Artifact.Image)
			if c.runs == oldImage {
				require.Equal(t, p.RollbackTo.ID, p.Runs.ID)
			}
		})
	}
}

// TestNeeds_AChangeThatIsLeftUnfinished is looked at before the lane is resumed.
func TestNeeds_AChangeThatIsLeftUnfinished(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	left := ""
	s.at(time.Hour, func() {
		s.fault(saesim.Fault{Kind: saesim.FaultApproval})
		var err error
		left, err = s.sim.ReplaceOrder(s.progress().ChangeID, saesim.ConsoleRelease{Image: newImage})
		require.NoError(t, err)
	})
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Equal(t, left, p.UnfinishedChange)
	steps := release.Next(p)
	look := slices.IndexFunc(steps, func(n release.NextStep) bool {
		return strings.Contains(n.Command, "DescribeChangeOrder ChangeOrderId="+left)
	})
	resume := slices.IndexFunc(steps, func(n release.NextStep) bool { return n.Verb == release.NextResumeLane })
	require.GreaterOrEqual(t, look, 0, "%v", steps)
	require.Less(t, look, resume, "%v", steps)
	require.Nil(t, p.Runs)
}
