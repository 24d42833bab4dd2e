package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// closed is a calendar with one window.
func (s *stage) closed(from, to time.Duration) release.Calendar {
	start := s.env.Now()
	return release.Calendar{Windows: []release.FreezeWindow{
		{Name: "sale", Reason: "busy days", From: start.Add(from), To: start.Add(to)},
	}}
}

func stopped() release.Calendar {
	return release.Calendar{Stops: []release.Stop{{Name: "line", Reason: "incident 7", By: "ops"}}}
}

func TestFreeze_AFreezeHoldsAReleaseBeforeItBegins(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(s.closed(-time.Hour, 5*time.Hour))
	s.at(time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.PhasePaused, p.Phase)
		require.Equal(t, release.AwaitFreeze, p.Awaiting.Kind)
		require.Equal(t, 5*time.Hour, p.Awaiting.Until.Sub(p.StartedAt).Round(time.Minute))
		require.Equal(t, "held by freeze sale: busy days", p.Reason)
		require.Empty(t, s.orders())
		s.requireRulesAsBefore()
	})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	took := p.EndedAt.Sub(p.StartedAt)
	require.Greater(t, took, 5*time.Hour)
	require.Less(t, took, 5*time.Hour+time.Minute, "it goes on by itself")
	s.requireRulesAsBefore()
}

// TestFreeze_AReleaseReadsItsApplicationAgainAfterAWait lets somebody release by hand while a
// freeze holds: what is returned to is what ran when the release began, and the order
// begun by hand is none of its own.
func TestFreeze_AReleaseReadsItsApplicationAgainAfterAWait(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(stopped())
	s.at(time.Hour, func() {
		_, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{Image: "registry.example/shop:by-hand"})
		require.NoError(t, err)
		_, err = s.sim.Advance(time.Minute)
		require.NoError(t, err)
		_, err = s.client.EnableApplicationScalingRule(t.Context(), &saeclient.EnableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: "night"})
		require.NoError(t, err)
		s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
		s.freeze(release.Calendar{})
	})
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, "registry.example/shop:by-hand", p.RollbackTo.Artifact.Image)
	require.Equal(t, "registry.example/shop:by-hand", s.configured())
	require.Equal(t, map[string]bool{"daily": true, "night": true}, s.rules(), "the rules as they were when the release began")
}

// TestFreeze_AReleaseIsPlannedAgainAfterAWait takes instances away while a freeze holds.
func TestFreeze_AReleaseIsPlannedAgainAfterAWait(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(stopped())
	s.at(time.Hour, func() {
		_, err := s.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: s.app.ID, Replicas: 3, AutoEnableApplicationScalingRule: new(true)})
		require.NoError(t, err)
		_, err = s.sim.Advance(time.Minute)
		require.NoError(t, err)
		s.freeze(release.Calendar{})
	})
	p := s.run(s.spec(release.Strategy{Type: release.StrategyGray, Gray: 2, Batches: 1, Confirm: release.ConfirmAuto}))
	require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "2 gray instances are more than 50 % of the application's 3")
	require.Equal(t, []string{saeclient.CoTypeScaleIn}, s.orders(), "nothing was deployed")
	s.requireRulesAsBefore()
}

func TestFreeze_AFreezeThatBeginsMidFlightParksTheReleaseBetweenBatches(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() { s.freeze(stopped()) })
	s.confirm(time.Hour, 1)
	s.awaiting(20*time.Hour, release.PhasePaused, release.AwaitFreeze)
	s.at(30*time.Hour, func() { s.freeze(release.Calendar{}) })
	s.confirm(40*time.Hour, 2)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, 1, s.sim.Calls().Operations["ConfirmPipelineBatch"]-1, "each batch is confirmed once")
	require.Len(t, p.Decisions, 2)
	require.Subset(t, s.kinds(), []release.EventKind{release.EventPaused, release.EventResumed})
	s.requireRulesAsBefore()
}

func TestFreeze_AFreezeNeverHoldsTheWayBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultBatchFails})
	s.at(1200*time.Millisecond, func() { s.freeze(stopped()) })
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Less(t, p.EndedAt.Sub(p.StartedAt), time.Minute)
	s.requireRulesAsBefore()
}

func TestFreeze_AnAbortEndsAFrozenRelease(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() { s.freeze(stopped()) })
	s.confirm(time.Hour, 1)
	s.abort(2 * time.Hour)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	s.requireRulesAsBefore()
}

func TestFreeze_AFreezeThatIsNeverLiftedEndsTheReleaseAtItsTotalLimit(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() { s.freeze(stopped()) })
	s.confirm(time.Hour, 1)
	p := s.run(s.spec(gray()))
	require.Equal(t, release.PhaseAborted, p.Outcome)
	require.Contains(t, p.Reason, "not done within 168h")
	s.requireRulesAsBefore()
}

func TestFreeze_OverrideOfAFreezeNeedsAReasonAndIsRecorded(t *testing.T) {
	t.Parallel()
	t.Run("in the request", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.freeze(stopped())
		spec := s.spec(release.Strategy{})
		spec.Freeze.Override = "fixes incident 7"
		p := s.run(spec)
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Len(t, p.Decisions, 1)
		require.Equal(t, release.CommandOverride, p.Decisions[0].Kind)
		require.Equal(t, "fixes incident 7", p.Decisions[0].Note)
		require.Equal(t, "test", p.Decisions[0].By)
	})
	t.Run("of a release that is held", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.freeze(stopped())
		s.say(time.Hour, release.Command{Kind: release.CommandOverride})
		s.awaiting(2*time.Hour, release.PhasePaused, release.AwaitFreeze)
		s.say(3*time.Hour, release.Command{Kind: release.CommandOverride, Reason: "fixes incident 7"})
		p := s.run(s.spec(release.Strategy{}))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Contains(t, p.Decisions[0].Refused, "reason: must say why")
		require.Equal(t, "fixes incident 7", p.Decisions[1].Note)
	})
	t.Run("between batches", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		s.at(30*time.Minute, func() { s.freeze(stopped()) })
		s.confirm(time.Hour, 1)
		s.say(2*time.Hour, release.Command{Kind: release.CommandOverride, Reason: "fixes incident 7"})
		s.confirm(3*time.Hour, 2)
		p := s.run(s.spec(gray()))
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Less(t, p.EndedAt.Sub(p.StartedAt), 4*time.Hour)
	})
}

func TestFreeze_ABatchWaitsForItsTimeOfDay(t *testing.T) {
	t.Parallel()
	s := newStage(t) // it is 16:00 in Shanghai
	st := gray()
	st.Confirm = release.ConfirmAuto
	st.Schedule = []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "Asia/Shanghai"}, {Batch: 3, At: "01:00", Zone: "Asia/Shanghai"}}
	s.awaiting(5*time.Hour, release.PhaseRollingOut, release.AwaitSchedule)
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, "18:00", p.Batches[1].StartedAt.UTC().Format("15:04"))
	require.Equal(t, "17:00", p.Batches[2].StartedAt.UTC().Format("15:04"))
	require.Equal(t, 23*time.Hour, p.Batches[2].StartedAt.Sub(p.Batches[1].StartedAt).Round(time.Minute))
}

func TestFreeze_TheFirstBatchWaitsForItsTimeOfDay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	st := gray()
	st.Schedule = []release.BatchSchedule{{Batch: 1, At: "02:00", Zone: "Asia/Shanghai"}}
	s.at(5*time.Hour, func() {
		p := s.progress()
		require.Equal(t, release.PhasePreparing, p.Phase)
		require.Equal(t, release.AwaitSchedule, p.Awaiting.Kind)
		require.Empty(t, s.orders())
		s.requireRulesAsBefore()
	})
	s.confirm(11*time.Hour, 1)
	s.confirm(12*time.Hour, 2)
	p := s.run(s.spec(st))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, "18:00", p.Batches[0].StartedAt.UTC().Format("15:04"))
}

func TestFreeze_ResumeUnderAFreezeBeforeTheChangeBegins(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.freeze(stopped())
	s.say(time.Hour, release.Command{Kind: release.CommandPause, By: "ann"})
	answered := s.update(2*time.Hour, release.CommandResume, release.Command{By: "ann"})
	s.at(2*time.Hour+time.Minute, func() {
		require.NoError(t, answered.rejected)
		require.NotEmpty(t, answered.progress.ReleaseID, "it is answered at once")
	})
	s.at(10*time.Hour, func() { s.freeze(release.Calendar{}) })
	p := s.run(s.spec(release.Strategy{}))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
}
