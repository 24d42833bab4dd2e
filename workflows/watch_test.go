package workflows_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

const hour = release.Duration(time.Hour)

// watched is a release at once whose new version is watched.
func (s *stage) watched(d release.Duration, gates ...release.Gate) release.Spec {
	return s.spec(release.Strategy{Watch: &release.Watch{For: d, Gates: gates}})
}

// health is a gate that asks an address.
func health(address string, interval release.Duration) release.Gate {
	return release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: address}, Interval: interval}
}

// TestWatch_AWeekCostsWhatAMinuteDoes watches with gates that are measured over and over, and without.
func TestWatch_AWeekCostsWhatAMinuteDoes(t *testing.T) {
	t.Parallel()
	for name, gated := range map[string]bool{"with gates": true, "only time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cost := func(d release.Duration) (commands int, p release.Progress) {
				s := newStage(t)
				address, _ := probe(t)
				var gates []release.Gate
				if gated {
					gates = []release.Gate{health(address, d/60)}
					gates[0].Samples = 3
				}
				p = s.run(s.watched(d, gates...))
				require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
				require.Empty(t, p.Reason)
				require.GreaterOrEqual(t, p.EndedAt.Sub(p.StartedAt), d.Std())
				require.InDelta(t, d.Std().Seconds(), p.Waited.Std().Seconds(), 60, "the watch is a wait")
				require.Equal(t, []release.EventKind{
					release.EventAccepted, release.EventStarted, release.EventBatchDone, release.EventWatching, release.EventSucceeded,
				}, s.kinds())
				s.requireRulesAsBefore()
				return s.cost.total(), p
			}
			short, _ := cost(release.Duration(time.Minute))
			long, p := cost(168 * hour)
			require.Equal(t, short, long, "history grows with what happens, never with time")
			if gated {
				require.Len(t, p.Gates, 1)
				require.Equal(t, release.VerdictPass, p.Gates[0].Verdict)
				require.Contains(t, p.Gates[0].Reason, "measured 20 times; the last time 3 of 3 samples passed")
			}
		})
	}
}

func TestWatch_TheRulesAreBackMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() {
		p := s.progress()
		require.Equal(t, release.PhaseWatching, p.Phase)
		require.Equal(t, release.AwaitWatch, p.Awaiting.Kind)
		require.Equal(t, 3, p.Awaiting.Batch)
		require.WithinDuration(t, p.Awaiting.Since.Add(time.Hour), p.Awaiting.Until, 0)
		require.True(t, p.ScalingRules[0].Restored)
		s.requireRulesAsBefore()
	})
	spec := s.spec(gray())
	spec.Strategy.Confirm, spec.Strategy.Watch = release.ConfirmAuto, &release.Watch{For: hour}
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Contains(t, s.cost.searchable, "Watching shop")
}

// TestWatch_AFailingGateGoesBack lets the version turn bad after some hours.
func TestWatch_AFailingGateGoesBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	s.at(5*time.Hour+time.Minute, func() { status.Store(http.StatusInternalServerError) })
	suspended := false
	s.at(5*time.Hour, func() {
		s.before("RollbackApplication", func() { suspended = !s.rules()["daily"] })
	})
	p := s.run(s.watched(24*hour, health(address, hour)))
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "gate health: measured ")
	require.Contains(t, p.Reason, " times before; then 0 of 1 samples passed, 1 failed")
	require.Less(t, p.EndedAt.Sub(p.StartedAt), 7*time.Hour, "it acts at once")
	require.True(t, suspended, "the rules are suspended again before the way back")
	require.Equal(t, oldImage, s.configured())
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, s.orders())
	require.Equal(t, release.VerdictFail, p.Gates[0].Verdict)
	require.Equal(t, []release.EventKind{
		release.EventAccepted, release.EventStarted, release.EventBatchDone, release.EventWatching, release.EventRollingBack, release.EventRolledBack,
	}, s.kinds())
	s.requireRulesAsBefore()
	require.Empty(t, p.Owes().ScalingRules)
}

// TestWatch_GoingBackRestoresWhatWasThereThen changes the rules while the version is watched.
func TestWatch_GoingBackRestoresWhatWasThereThen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	set := func(d time.Duration, daily, night bool) {
		s.at(d, func() {
			for name, on := range map[string]bool{"daily": daily, "night": night} {
				var err error
				if on {
					_, err = s.client.EnableApplicationScalingRule(t.Context(), &saeclient.EnableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: name})
				} else {
					_, err = s.client.DisableApplicationScalingRule(t.Context(), &saeclient.DisableApplicationScalingRuleInput{AppID: s.app.ID, ScalingRuleName: name})
				}
				require.NoError(t, err)
			}
		})
	}
	set(30*time.Minute, false, true)
	s.abort(time.Hour)
	p := s.run(s.watched(24 * hour))
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, oldImage, s.configured())
	require.Equal(t, map[string]bool{"daily": false, "night": true}, s.rules(), "what somebody has set stays, and what was enabled by then is back")
	for _, rule := range p.ScalingRules {
		require.True(t, rule.Restored, rule.Name)
	}
	require.Contains(t, s.noted[len(s.noted)-1].ScalingRules, release.HeldRule{Name: "night", Revision: p.ScalingRules[1].Revision}, "the ledger knows before the rule is suspended")
}

func TestWatch_WhatPeopleMaySay(t *testing.T) {
	t.Parallel()
	at := 30 * time.Minute
	for name, c := range map[string]struct {
		say     release.Command
		outcome release.Phase
		reason  string
		runs    string
		early   bool
	}{
		"abort":               {release.Command{Kind: release.CommandAbort, Reason: "complaints"}, release.PhaseAborted, "aborted by ann: complaints", oldImage, true},
		"abort at safe point": {release.Command{Kind: release.CommandAbort, AtSafePoint: true}, release.PhaseAborted, "aborted by ann", oldImage, true},
		"rollback":            {release.Command{Kind: release.CommandRollback, Reason: "complaints"}, release.PhaseRolledBack, "rolled back by ann: complaints", oldImage, true},
		"the end":             {release.Command{Kind: release.CommandConfirm, Batch: 1, Note: "all green"}, release.PhaseSucceeded, "the watch was ended by ann: all green", newImage, true},
		"pause":               {release.Command{Kind: release.CommandPause}, release.PhaseSucceeded, "", newImage, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.say(at, c.say)
			p := s.run(s.watched(hour))
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Equal(t, c.reason, p.Reason)
			require.Equal(t, c.runs, s.configured())
			require.Equal(t, c.early, p.EndedAt.Sub(p.StartedAt) < time.Hour)
			require.Equal(t, !c.early, p.Decisions[0].Refused != "", p.Decisions[0].Refused)
			s.requireRulesAsBefore()
		})
	}
}

// TestWatch_ARollbackMayNameAVersion returns to it at once, not by way of the version before.
func TestWatch_ARollbackMayNameAVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	versions := s.released()
	s.say(10*time.Hour, release.Command{Kind: release.CommandRollback, Version: versions[0]})
	spec := s.watched(24 * hour)
	spec.Artifact.Image = "registry.example/shop:3"
	p := s.run(spec)
	require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
	require.Equal(t, oldImage, s.configured())
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, s.orders())
}

// TestWatch_AnInconclusiveGateAsksAPerson lets nobody answer at the end of the watch.
func TestWatch_AnInconclusiveGateAsksAPerson(t *testing.T) {
	t.Parallel()
	unreachable := release.Gate{Name: "errors", Prometheus: &release.PrometheusGate{Address: "http://127.0.0.1:9", Query: "up", Pass: "> 0"}}
	for name, c := range map[string]struct {
		say     release.Command
		policy  release.TimeoutPolicy
		outcome release.Phase
		reason  string
		after   time.Duration
	}{
		"confirmed":          {release.Command{Kind: release.CommandConfirm, Batch: 1}, "", release.PhaseSucceeded, "the version was confirmed by ann", 3 * time.Hour},
		"aborted":            {release.Command{Kind: release.CommandAbort}, "", release.PhaseAborted, "aborted by ann", 3 * time.Hour},
		"nobody, abort":      {release.Command{}, release.TimeoutAbort, release.PhaseAborted, "nobody confirmed the batch within 24h", 25 * time.Hour},
		"nobody, continue":   {release.Command{}, release.TimeoutContinue, release.PhaseSucceeded, "the version was confirmed by slipway", 25 * time.Hour},
		"nobody, hold, ends": {release.Command{}, release.TimeoutHold, release.PhaseNeedsAttention, "nobody has decided about it", 49 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if c.say.Kind != "" {
				s.say(3*time.Hour, c.say)
			}
			s.say(2*time.Hour, release.Command{Kind: release.CommandPause})
			s.at(2*time.Hour, func() {
				p := s.progress()
				require.Equal(t, release.PhaseAwaitingConfirm, p.Phase)
				require.Contains(t, p.Reason, "not conclusive, a person must decide: gate errors")
				need, needed := p.Need(s.env.Now())
				require.True(t, needed)
				require.Equal(t, release.NeedConfirm, need.Kind)
			})
			spec := s.watched(hour, unreachable)
			spec.Limits.Total, spec.Limits.OnConfirmTimeout = 48*hour, c.policy
			p := s.run(spec)
			require.Equal(t, c.outcome, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			require.InDelta(t, c.after.Hours(), p.EndedAt.Sub(p.StartedAt).Hours(), 0.2)
			require.Contains(t, s.kinds(), release.EventBatchWaiting)
			s.requireRulesAsBefore()
		})
	}
}

func TestWatch_ADryRunDecidesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	gate := health(address, release.Duration(time.Minute))
	gate.DryRun = true
	p := s.run(s.watched(hour, gate))
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, release.VerdictFail, p.Gates[0].Verdict)
	require.GreaterOrEqual(t, p.EndedAt.Sub(p.StartedAt), time.Hour)
}

func TestWatch_AGateThatMayNotBeAskedIsFoundBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.run(s.watched(hour, health("http://elsewhere.example/", release.Duration(time.Minute))))
	require.Equal(t, release.PhaseFailed, p.Outcome)
	require.Contains(t, p.Reason, "SLIPWAY_GATES_ALLOW")
	require.Empty(t, s.orders())
}

// TestWatch_TheTotalLimitIsOver lets it pass while the version is watched.
func TestWatch_TheTotalLimitIsOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.watched(100 * hour)
	spec.Limits.Total = 2 * hour
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Empty(t, p.Decisions)
}

// TestWatch_TheTotalLimitCountsAnewForWhoeverDecides: what is left of it from before does not.
func TestWatch_TheTotalLimitCountsAnewForWhoeverDecides(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	spec := s.watched(2*hour, release.Gate{Name: "errors", Prometheus: &release.PrometheusGate{Address: "http://127.0.0.1:9", Query: "up", Pass: "> 0"}})
	spec.Limits.Total = 3 * hour
	p := s.run(spec)
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "the release was not done within 3h")
	require.InDelta(t, 5, p.EndedAt.Sub(p.StartedAt).Hours(), 0.2)
	s.requireRulesAsBefore()
}

func TestWatch_WithoutRollbackOnFailureTheVersionRunsOn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	address, status := probe(t)
	status.Store(http.StatusInternalServerError)
	spec := s.watched(hour, health(address, release.Duration(time.Minute)))
	spec.Rollback.OnFailure = new(false)
	p := s.run(spec)
	require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "the new version runs on, because rollback.onFailure is false")
	require.Equal(t, newImage, s.configured())
	s.requireRulesAsBefore()
}

// TestWatch_WhatSomebodyHasDeployedMeanwhileIsNotRolledBack lets somebody deploy by hand.
func TestWatch_WhatSomebodyHasDeployedMeanwhileIsNotRolledBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(2*time.Hour, func() {
		_, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{Image: "registry.example/shop:9"})
		require.NoError(t, err)
	})
	s.abort(10 * time.Hour)
	p := s.run(s.watched(24 * hour))
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "not rolled back, because somebody has changed the application meanwhile: it runs registry.example/shop:9")
	require.Equal(t, "registry.example/shop:9", s.configured())
	s.requireRulesAsBefore()
}

// TestWatch_AnotherNumberOfInstancesIsNoChangeOfSomebodyElse: the scaling rules are back while the
// version is watched, and are there to change that number.
func TestWatch_AnotherNumberOfInstancesIsNoChangeOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(2*time.Hour, func() {
		_, err := s.client.RescaleApplication(t.Context(), &saeclient.RescaleApplicationInput{AppID: s.app.ID, Replicas: 9})
		require.NoError(t, err)
		_, err = s.sim.Advance(time.Minute)
		require.NoError(t, err)
	})
	s.abort(10 * time.Hour)
	spec := s.watched(24 * hour)
	spec.Config = brings(7)
	p := s.run(spec)
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Equal(t, oldImage, s.configured())
	require.Equal(t, 5, s.replicas(), "the number from before the release is back")
	s.requireRulesAsBefore()
}

// TestWatch_RulesThatCannotBeSuspendedAgainEndTheWayBack breaks the platform's call for a day.
func TestWatch_RulesThatCannotBeSuspendedAgainEndTheWayBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.at(30*time.Minute, func() {
		s.fault(saesim.Fault{Kind: saesim.FaultError, Code: "Throttling.User", Operation: "DisableApplicationScalingRule", Count: -1})
	})
	s.abort(time.Hour)
	p := s.run(s.watched(24 * hour))
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "not rolled back, because the scaling rules could not be suspended")
	require.Equal(t, newImage, s.configured())
	s.requireRulesAsBefore()
	require.Empty(t, p.Owes().ScalingRules)
}

// TestWatch_WorkersThatWereAway lets no worker measure for a day, over the end of the watch: what was
// measured before it does not count any more.
func TestWatch_WorkersThatWereAway(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"the version is good": http.StatusOK, "the version has become bad": http.StatusInternalServerError} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			address, answers := probe(t)
			start := s.env.Now()
			s.env.SetWorkerOptions(worker.Options{Interceptors: s.interceptors(&absence{away: func() bool { d := s.since(start); return d > 20*time.Minute && d < 24*time.Hour }})})
			s.at(20*time.Minute, func() { answers.Store(int32(status)) })
			p := s.run(s.watched(hour, health(address, release.Duration(time.Minute))))
			want := map[int]release.Phase{http.StatusOK: release.PhaseSucceeded, http.StatusInternalServerError: release.PhaseRolledBack}[status]
			require.Equal(t, want, p.Outcome, p.Reason)
			require.Len(t, p.Gates, 1)
			last := p.Gates[0].Samples[len(p.Gates[0].Samples)-1].At
			require.GreaterOrEqual(t, last.Sub(start), 24*time.Hour, "it is measured once more")
			s.requireRulesAsBefore()
		})
	}
}

// absence lets no worker take the measuring of gates while they are away.
type absence struct {
	interceptor.WorkerInterceptorBase

	away func() bool
}

func (a *absence) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &absent{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, away: a.away}
}

type absent struct {
	interceptor.ActivityInboundInterceptorBase

	away func() bool
}

func (a *absent) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if activity.GetInfo(ctx).ActivityType.Name == release.MeasureActivity && a.away() {
		return nil, temporal.NewApplicationErrorWithOptions("no worker", "TemporalTimeout:Heartbeat", temporal.ApplicationErrorOptions{NextRetryDelay: time.Minute})
	}
	return a.Next.ExecuteActivity(ctx, in)
}
