package sae

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/platform/platformtest"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// addRules gives the application three scaling rules, of which the second is disabled.
// None of them fires within the time of a test.
func (h *host) addRules(t tester) {
	t.Helper()
	timer := func(at string) *saeclient.ScalingRuleTimer {
		return &saeclient.ScalingRuleTimer{Period: "* * *", Schedules: []saeclient.ScalingSchedule{{AtTime: at, TargetReplicas: 4}}}
	}
	for _, in := range []saeclient.CreateApplicationScalingRuleInput{
		{ScalingRuleName: "daily", ScalingRuleType: saeclient.ScalingRuleTiming, ScalingRuleTimer: timer("14:00")},
		{ScalingRuleName: "night", ScalingRuleType: saeclient.ScalingRuleTiming, ScalingRuleTimer: timer("15:00"), ScalingRuleEnable: new(false)},
		{ScalingRuleName: "load", ScalingRuleType: saeclient.ScalingRuleOnMetric, ScalingRuleMetric: onLoad(70)},
	} {
		in.AppID = h.app.ID
		_, err := h.client.CreateApplicationScalingRule(t.Context(), &in)
		require.NoError(t, err)
	}
}

func onLoad(percent int) *saeclient.ScalingRuleMetric {
	return &saeclient.ScalingRuleMetric{
		MinReplicas: 2, MaxReplicas: 8,
		Metrics: []saeclient.ScalingMetric{{MetricType: saeclient.MetricCPU, MetricTargetAverageUtilization: percent}},
	}
}

// states writes rules as a sign and a name.
func states(rules []release.ScalingRule) []string {
	var all []string
	for _, r := range rules {
		sign := "-"
		if r.Enabled {
			sign = "+"
		}
		all = append(all, sign+r.Name)
	}
	return all
}

// rules are scaling rules by their names.
func rules(names ...string) (named []release.ScalingRule) {
	for _, name := range names {
		named = append(named, release.ScalingRule{Name: name})
	}
	return named
}

func (h *host) setScaling(in release.SetScalingInput) (release.SetScalingResult, error) {
	in.App = h.app
	return do[release.SetScalingResult](h, release.VerbSetScaling, in)
}

// TestScaling_RulesComeBackAfterAChange: SAE's order switches rules off, and on again when
// it is told to.
func TestScaling_RulesComeBackAfterAChange(t *testing.T) {
	t.Parallel()
	changes := map[string]func(h *host, s release.Snapshot, restore bool) (release.Change, error){
		"restart": func(h *host, s release.Snapshot, restore bool) (release.Change, error) {
			return do[release.Change](h, release.VerbBeginRestart, release.BeginRestartInput{App: h.app, Mark: s.Mark, RestoreScaling: restore})
		},
		"rescale": func(h *host, s release.Snapshot, restore bool) (release.Change, error) {
			return do[release.Change](h, release.VerbBeginRescale, release.BeginRescaleInput{
				App: h.app, Instances: 6, Mark: s.Mark, RestoreScaling: restore,
			})
		},
	}
	for name, change := range changes {
		for restore, want := range map[bool][]string{true: {"+daily", "-night", "+load"}, false: {"-daily", "-night", "-load"}} {
			t.Run(fmt.Sprint(name, " ", restore), func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				h.addRules(t)
				_, err := change(h, h.snapshot(t, nil), restore)
				require.NoError(t, err)
				h.pass(t, time.Minute)
				require.Equal(t, want, states(h.snapshot(t, nil).ScalingRules))
			})
		}
	}
}

func TestScaling_SetScaling(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in     release.SetScalingInput
		result []string
		after  []string
	}{
		"suspend":           {release.SetScalingInput{Rules: rules("daily", "load")}, []string{"-daily", "-load"}, []string{"-daily", "-night", "-load"}},
		"all off":           {release.SetScalingInput{}, []string{"-daily", "-night", "-load"}, []string{"-daily", "-night", "-load"}},
		"one on":            {release.SetScalingInput{Rules: rules("night"), Enable: true}, []string{"+night"}, []string{"+daily", "+night", "+load"}},
		"so already":        {release.SetScalingInput{Rules: rules("daily"), Enable: true}, []string{"+daily"}, []string{"+daily", "-night", "+load"}},
		"one that is gone":  {release.SetScalingInput{Rules: rules("daily", "old")}, []string{"-daily"}, []string{"-daily", "-night", "+load"}},
		"none of the names": {release.SetScalingInput{Rules: rules("old")}, nil, []string{"+daily", "-night", "+load"}},
	}
	for name, tt := range tests {
		for _, kind := range []saesim.FaultKind{"", saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultErrorAfter} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				h.addRules(t)
				if kind != "" {
					h.fault(t, saesim.Fault{Kind: kind, Operation: "DisableApplicationScalingRule"})
					h.fault(t, saesim.Fault{Kind: kind, Operation: "EnableApplicationScalingRule"})
				}
				out, err := h.setScaling(tt.in)
				require.NoError(t, err)
				require.Equal(t, tt.result, states(out.Rules))
				require.Equal(t, tt.after, states(h.snapshot(t, nil).ScalingRules))
			})
		}
	}
}

func TestScaling_ARuleThatIsDeletedMeanwhileHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultError, Operation: "DisableApplicationScalingRule", Code: saeclient.CodeScalingRuleNotFound})
	_, err := h.setScaling(release.SetScalingInput{Rules: rules("daily", "load")})
	require.NoError(t, err)
	require.Equal(t, []string{"-daily", "-night", "-load"}, states(h.snapshot(t, nil).ScalingRules), "the other one is done, too")
}

// TestScaling_RulesAreNotSwitchedWhileAnOrderRuns: the release waits for it by looking.
func TestScaling_RulesAreNotSwitchedWhileAnOrderRuns(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	_, err := h.setScaling(release.SetScalingInput{})
	require.NoError(t, err)
	h.deploy(t, image2, inOneBatch, 0)
	on := release.SetScalingInput{Rules: rules("daily", "load"), Enable: true}
	h.sim.ResetCalls()
	_, err = h.setScaling(on)
	require.Equal(t, release.FaultConflict, platformtest.FaultOf(err))
	require.Equal(t, 1, h.sim.Calls().Operations["EnableApplicationScalingRule"])
	out, err := h.setScaling(on)
	require.NoError(t, err)
	require.Equal(t, []string{"+daily", "+load"}, states(out.Rules))
}

// TestScaling_ACallThatComesLateIsWaitedFor before anything is read: it would undo what is set now.
func TestScaling_ACallThatComesLateIsWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	// The call that switches the first rule off is lost, and comes late; the worker is gone.
	h.Calls, h.Late[1] = 0, DefaultSettle-time.Second
	_, err := try[release.SetScalingResult](h, release.VerbSetScaling, release.SetScalingInput{App: h.app, Rules: rules("daily")}, release.FaultAmbiguous)
	require.Equal(t, release.FaultAmbiguous, platformtest.FaultOf(err))
	lost := h.sim.Now()
	h.sim.ResetCalls()
	out, err := try[release.SetScalingResult](h, release.VerbSetScaling, release.SetScalingInput{
		App: h.app, Rules: rules("daily"), Enable: true, Late: lost,
	})
	require.NoError(t, err)
	require.Equal(t, []string{"+daily"}, states(out.Rules))
	require.Equal(t, DefaultSettle, h.sim.Now().Sub(lost))
	require.Equal(t, map[string]int{
		"DescribeApplicationScalingRules": 2, "DisableApplicationScalingRule": 1, "EnableApplicationScalingRule": 1,
	}, h.sim.Calls().Operations, "nothing was read before")
	h.pass(t, time.Hour)
	require.Equal(t, []string{"+daily", "-night", "+load"}, states(h.snapshot(t, nil).ScalingRules))
}

// TestScaling_ACancelledAttemptSwitchesNoFurtherRule, and reads back what it has switched.
// errHalf stands for the error of an attempt that has done a part.
var errHalf = errors.New("a part was done")

func TestScaling_ACancelledAttemptSwitchesNoFurtherRule(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		on    string
		names []string
		err   error
		after []string
	}{
		"while the guard is asked": {atGuard, nil, context.Canceled, []string{"+daily", "-night", "+load"}},
		"on the wire":              {"DisableApplicationScalingRule", []string{"daily"}, nil, []string{"-daily", "-night", "+load"}},
		"on the wire, before more": {"DisableApplicationScalingRule", nil, errHalf, []string{"-daily", "-night", "+load"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.addRules(t)
			h.cancelOn = tt.on
			out, err := h.setScaling(release.SetScalingInput{Rules: rules(tt.names...)})
			if errors.Is(tt.err, errHalf) {
				require.Equal(t, release.FaultDeclined, platformtest.FaultOf(h.Cancelled), "one rule is off")
			} else {
				require.Equal(t, tt.err, h.Cancelled)
			}
			if tt.err == nil {
				require.NoError(t, err)
				require.Equal(t, []string{"-daily"}, states(out.Rules))
			}
			h.cancelOn = ""
			require.Equal(t, tt.after, states(h.snapshot(t, nil).ScalingRules))
		})
	}
}

// TestScaling_AFailureAfterARuleWasSwitchedSaysSo, whatever fails then.
func TestScaling_AFailureAfterARuleWasSwitchedSaysSo(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	h.fault(t, saesim.Fault{Kind: saesim.FaultErrorAfter, Operation: "DisableApplicationScalingRule", Code: saeclient.CodeSystemUpgrading})
	_, err := try[release.SetScalingResult](h, release.VerbSetScaling, release.SetScalingInput{App: h.app}, release.FaultDeclined)
	require.Equal(t, release.FaultDeclined, platformtest.FaultOf(err))
}

func TestScaling_AFreezeHoldsScaling(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	h.FreezeFrom = 1
	before := h.snapshot(t, nil).ScalingRules
	_, err := h.setScaling(release.SetScalingInput{})
	require.Equal(t, release.FaultFrozen, platformtest.FaultOf(err))
	require.Equal(t, before, h.snapshot(t, nil).ScalingRules)
	require.Equal(t, 1, h.Asked)
	_, err = h.setScaling(release.SetScalingInput{Rules: rules("daily"), Enable: true})
	require.NoError(t, err, "nothing has to change")
	require.Equal(t, 1, h.Asked)
	_, err = h.setScaling(release.SetScalingInput{Override: true})
	require.NoError(t, err)
}

// TestScaling_TheRevisionOfARuleIsWhatItSays and neither its state nor its times.
func TestScaling_TheRevisionOfARuleIsWhatItSays(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addRules(t)
	revisions := func() map[string]string {
		all := map[string]string{}
		for _, r := range h.snapshot(t, nil).ScalingRules {
			require.Len(t, r.Revision, 12)
			all[r.Name] = r.Revision
		}
		return all
	}
	before := revisions()
	require.NotEqual(t, before["daily"], before["night"])
	off, err := h.setScaling(release.SetScalingInput{})
	require.NoError(t, err)
	require.Equal(t, before["daily"], off.Rules[0].Revision)
	h.pass(t, time.Minute)
	require.Equal(t, before, revisions())

	_, err = h.client.UpdateApplicationScalingRule(t.Context(), &saeclient.UpdateApplicationScalingRuleInput{
		AppID: h.app.ID, ScalingRuleName: "load", ScalingRuleMetric: onLoad(71),
	})
	require.NoError(t, err)
	after := revisions()
	require.NotEqual(t, before["load"], after["load"])
	require.Equal(t, before["daily"], after["daily"])
}

// TestScaling_RevisionsStayAsTheyAre: histories hold them.
func TestScaling_RevisionsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	type metric = saeclient.DescribeApplicationScalingRulesDataApplicationScalingRulesMetric
	type goal = saeclient.DescribeApplicationScalingRulesDataApplicationScalingRulesMetricMetrics
	rule := func(change func(*metric)) scalingRule {
		m := &metric{
			MinReplicas: 2, MaxReplicas: 8, Metrics: []goal{{MetricType: "CPU", MetricTargetAverageUtilization: 70}, {MetricType: "MEMORY", MetricTargetAverageUtilization: 80}},
			ScaleUpRules:   &saeclient.DescribeApplicationScalingRulesDataApplicationScalingRulesMetricScaleUpRules{Step: 100},
			ScaleDownRules: &saeclient.DescribeApplicationScalingRulesDataApplicationScalingRulesMetricScaleDownRules{Step: 100, StabilizationWindowSeconds: 300},
		}
		change(m)
		return scalingRule{ScaleRuleType: "metric", Metric: m}
	}
	same := revision(rule(func(*metric) {}))
	require.Equal(t, "be0028dd8a6a", same)
	require.Equal(t, same, revision(rule(func(m *metric) { m.Metrics[0], m.Metrics[1] = m.Metrics[1], m.Metrics[0] })), "lists come in any order")
	require.Equal(t, same, revision(rule(func(m *metric) {
		m.MetricsStatus = &saeclient.DescribeApplicationScalingRulesDataApplicationScalingRulesMetricMetricsStatus{CurrentReplicas: 9}
	})), "what is measured is not what the rule says")
	for name, change := range map[string]func(*metric){
		"min": func(m *metric) { m.MinReplicas = 1 }, "max": func(m *metric) { m.MaxReplicas = 9 },
		"goal": func(m *metric) { m.Metrics[0].MetricTargetAverageUtilization = 71 },
		"up":   func(m *metric) { m.ScaleUpRules.Disabled = true }, "down": func(m *metric) { m.ScaleDownRules.StabilizationWindowSeconds = 0 },
	} {
		require.NotEqual(t, same, revision(rule(change)), name)
	}
}
