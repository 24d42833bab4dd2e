package saesim

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// timer writes a ScalingRuleTimer; schedules are times and instance counts in turn.
func timer(period string, schedules ...any) string {
	t := ruleTimer{Period: period}
	for i := 0; i < len(schedules); i += 2 {
		t.Schedules = append(t.Schedules, ruleSchedule{AtTime: schedules[i].(string), TargetReplicas: schedules[i+1].(int)})
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (h *harness) addTimer(t tester, name, text string, more ...string) {
	t.Helper()
	h.must(t, "CreateApplicationScalingRule", append([]string{
		"ScalingRuleName", name, "ScalingRuleType", ruleTiming, "ScalingRuleTimer", text,
	}, more...)...)
}

// local is an hour of November and December 2026 in GMT+8.
func local(month time.Month, day, hour int) time.Time {
	return time.Date(2026, month, day, hour, 0, 0, 0, gmt8())
}

func TestTiming_WhenATimerWorks(t *testing.T) {
	t.Parallel()
	const nov, dec = time.November, time.December
	begin := local(nov, 2, 16) // a Monday
	tests := map[string]struct {
		timer ruleTimer
		after time.Time
		want  time.Time // zero: never
	}{
		"today":                   {timer: ruleTimer{Period: "* * *"}, want: local(nov, 2, 20)},
		"tomorrow":                {timer: ruleTimer{Period: "* * *"}, after: local(nov, 2, 20), want: local(nov, 3, 8)},
		"a weekday":               {timer: ruleTimer{Period: "* * Fri,Mon"}, after: local(nov, 2, 20), want: local(nov, 6, 8)},
		"a day of the month":      {timer: ruleTimer{Period: "1,15 * *"}, want: local(nov, 15, 8)},
		"day 31 in a short month": {timer: ruleTimer{Period: "31 * *"}, want: local(dec, 31, 8)},
		"not begun":               {timer: ruleTimer{Period: "* * *", BeginDate: new("2026-12-24"), EndDate: new("2026-12-31")}, want: local(dec, 24, 8)},
		"over":                    {timer: ruleTimer{Period: "* * *", BeginDate: new("2026-10-01"), EndDate: new("2026-11-01")}},
		"last day":                {timer: ruleTimer{Period: "* * *", BeginDate: new("2026-10-01"), EndDate: new("2026-11-02")}, want: local(nov, 2, 20)},
		"never in its dates":      {timer: ruleTimer{Period: "* * Sun", BeginDate: new("2026-11-02"), EndDate: new("2026-11-07")}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.timer.Schedules = []ruleSchedule{{AtTime: "20:00", TargetReplicas: 3}, {AtTime: "08:00", TargetReplicas: 6}}
			after := tt.after
			if after.IsZero() {
				after = begin
			}
			at, wants, found := tt.timer.next(after)
			require.Equal(t, !tt.want.IsZero(), found)
			require.WithinDuration(t, tt.want, at, 0)
			if found {
				require.Equal(t, map[int]int{8: 6, 20: 3}[at.Hour()], wants.target(1))
			}
		})
	}
}

// TestTimingRuleFires goes through two days; the simulated time begins at 16:00.
func TestTimingRuleFires(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.step(t, local(time.December, 14, 16).Sub(h.sim.Now()))
	orders := len(h.sim.Orders(h.app))
	h.addTimer(t, "office", timer("* * *", "08:00", 6, "20:00", 2))
	before := h.instances(t)
	h.step(t, 4*time.Hour-time.Second)
	require.Equal(t, before, h.instances(t))
	h.step(t, time.Second)
	require.Equal(t, before[:2], h.instances(t))
	require.InDelta(t, 2, h.replicas(t), 0)
	h.step(t, 12*time.Hour)
	require.Equal(t, before[:2], h.instances(t)[:2])
	require.Equal(t, "1:6", h.images(t))
	require.Len(t, h.sim.Orders(h.app), orders, "no change order is made")
	require.Equal(t, "+office", h.rules(t))

	h.must(t, "DisableApplicationScalingRule", "ScalingRuleName", "office")
	h.step(t, 18*time.Hour)
	require.Equal(t, "1:6", h.images(t), "a rule that is off never fires")
	h.must(t, "EnableApplicationScalingRule", "ScalingRuleName", "office")
	require.Equal(t, "1:6", h.images(t), "what it missed is over")
	h.step(t, 6*time.Hour)
	require.Equal(t, "1:6", h.images(t))
	h.step(t, 12*time.Hour)
	require.Equal(t, "1:2", h.images(t))
	h.deploy(t, "2", batch2)
	h.step(t, time.Minute)
	require.Equal(t, "2:2", h.images(t))
}

func TestTimingRuleDoesNotDisturb(t *testing.T) {
	t.Parallel()
	at := local(time.December, 14, 16)
	tests := map[string]struct {
		prepare func(t *testing.T, h *harness)
		want    string // images after the trigger
	}{
		"nothing in its way": {prepare: func(*testing.T, *harness) {}, want: "1:6"},
		"a release parked": {prepare: func(t *testing.T, h *harness) {
			t.Helper()
			h.deploy(t, "2", gray1and2)
		}, want: "1:3 2:1"},
		"an order that has not switched it off yet": {prepare: func(t *testing.T, h *harness) {
			t.Helper()
			h.fault(t, Fault{Kind: FaultApproval})
			h.deploy(t, "2", single)
		}, want: "1:4"},
		"a failed release": {prepare: func(t *testing.T, h *harness) {
			t.Helper()
			h.fault(t, Fault{Kind: FaultBatchFails})
			h.deploy(t, "2", batch2)
		}, want: "1:4"},
		"a stopped application": {prepare: func(t *testing.T, h *harness) {
			t.Helper()
			h.begin(t, opStop)
		}, want: ""},
		"deleted rule": {prepare: func(t *testing.T, h *harness) {
			t.Helper()
			h.must(t, "DeleteApplicationScalingRule", "ScalingRuleName", "office")
		}, want: "1:4"},
		"changed rule": {prepare: func(t *testing.T, h *harness) {
			t.Helper()
			h.must(t, "UpdateApplicationScalingRule", "ScalingRuleName", "office", "ScalingRuleTimer", timer("* * *", "20:00", 3))
		}, want: "1:3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deployed(t, 4)
			h.step(t, at.Sub(h.sim.Now()))
			h.addTimer(t, "office", timer("* * *", "20:00", 6))
			tt.prepare(t, h)
			h.step(t, 4*time.Hour)
			require.Equal(t, tt.want, h.images(t))
		})
	}
}

// TestTiming_TriggersAndOrdersHappenInTheOrderOfTheirTimes starts an application a moment
// before its rule fires: orders of this type leave rules on.
func TestTiming_TriggersAndOrdersHappenInTheOrderOfTheirTimes(t *testing.T) {
	t.Parallel()
	for _, looks := range []int{1, 60} {
		h := deployed(t, 4)
		h.begin(t, opStop)
		h.step(t, local(time.December, 14, 20).Add(-time.Second).Sub(h.sim.Now()))
		h.addTimer(t, "office", timer("* * *", "20:00", 6))
		h.begin(t, opStart)
		for range looks {
			h.step(t, time.Minute/time.Duration(looks))
		}
		require.Equal(t, "1:4", h.images(t), "the trigger came while the order ran")
	}
}

// TestTiming_ItMakesNoDifferenceHowOftenOneLooks compares two simulators that are given the
// same calls, one of which is looked at all the time.
func TestTiming_ItMakesNoDifferenceHowOftenOneLooks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		often, seldom := deployed(t, 4), deployed(t, 4)
		for _, h := range []*harness{often, seldom} {
			h.addTimer(t, "office", timer("* * Mon,Wed,Sat", "08:00", 6, "20:00", 2))
			h.addTimer(t, "month", timer("3,17,31 * *", "09:30", 5), "ScalingRuleEnable", "true")
		}
		for i := range rapid.IntRange(1, 6).Draw(t, "calls") {
			strategy := rapid.SampledFrom([]string{single, batch2Wait, `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"auto","batchWaitTime":2000}}`}).Draw(t, "strategy")
			pause := time.Duration(rapid.Int64Range(0, int64(80*time.Hour)).Draw(t, "pause"))
			for _, h := range []*harness{often, seldom} {
				h.call(t, opDeploy, "ImageUrl", fmt.Sprintf("registry.test/shop:%d", i+2), paramUpdateStrategy, strategy)
			}
			seldom.step(t, pause)
			for left := pause; left > 0; left -= 7 * time.Hour {
				often.step(t, min(left, 7*time.Hour))
			}
		}
		one, err := often.sim.Snapshot()
		require.NoError(t, err)
		two, err := seldom.sim.Snapshot()
		require.NoError(t, err)
		require.JSONEq(t, string(two), string(one))
	})
}

func TestTiming_RuleChanges(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	h.addTimer(t, "office", timer("* * *", "20:00", 4), "ScalingRuleEnable", "false")
	h.addTimer(t, "night", timer("* * *", "02:00", 4))
	h.must(t, "CreateApplicationScalingRule", "ScalingRuleName", "load", "ScalingRuleType", ruleOnMetric, "ScalingRuleMetric", allMetrics)
	change := func(name string, parameters ...string) []string {
		return append([]string{"ScalingRuleName", name}, parameters...)
	}
	const update = "UpdateApplicationScalingRule"
	tests := map[string]struct {
		parameters []string
		code       string
	}{
		"unknown":            {change("nothing", "ScalingRuleTimer", timer("* * *", "20:00", 4)), codeRuleNotFound},
		"no timer":           {change("office"), codeNotEmpty},
		"the other type":     {change("office", "ScalingRuleMetric", allMetrics), codeNotEmpty},
		"conflict":           {change("office", "ScalingRuleTimer", timer("* * Mon", "02:00", 4)), codeRuleTimeConflict},
		"no time":            {change("office", "ScalingRuleTimer", timer("* * *", "25:00", 4)), codeRuleTimeFormat},
		"no period":          {change("office", "ScalingRuleTimer", timer("* *", "20:00", 4)), codeRuleDateFormat},
		"minimum above all":  {change("office", "ScalingRuleTimer", timer("* * *", "20:00", 4), "MinReadyInstances", "4"), codeMinReady},
		"ratio above all":    {change("office", "ScalingRuleTimer", timer("* * *", "20:00", 4), "MinReadyInstanceRatio", "101"), codeMinReadyRatio},
		"no metrics":         {change("load", "ScalingRuleMetric", `{"minReplicas":1,"maxReplicas":2}`), codeWithMessage},
		"a timer for a load": {change("load", "ScalingRuleTimer", timer("* * *", "20:00", 4)), codeNotEmpty},
	}
	for name, tt := range tests {
		require.Equal(t, tt.code, h.refused(t, update, tt.parameters...), name)
	}
	h.step(t, time.Second)
	changed := h.must(t, update, change("office", "ScalingRuleTimer", timer("* * Mon", "20:00", 7, "21:00", 8))...)
	require.Equal(t, false, changed["ScaleRuleEnabled"], "it stays as it was")
	require.Greater(t, changed["UpdateTime"], changed["CreateTime"])
	h.must(t, update, change("load", "ScalingRuleMetric", `{"minReplicas":2,"maxReplicas":9,"metrics":[{"metricType":"CPU","metricTargetAverageUtilization":60}]}`)...)
	metric := h.must(t, "DescribeApplicationScalingRule", "ScalingRuleName", "load")["Metric"].(map[string]any)
	require.InDelta(t, 9, metric["MaxReplicas"], 0)
	require.Len(t, metric["Metrics"], 1)

	h.deploy(t, "2", gray1and2)
	require.Equal(t, "-office -night -load", h.rules(t))
	h.must(t, "DeleteApplicationScalingRule", "ScalingRuleName", "night")
	require.Equal(t, codeRuleNotFound, h.refused(t, "DeleteApplicationScalingRule", "ScalingRuleName", "night"))
	id := h.listed(t)[0]
	for range 2 {
		h.step(t, time.Minute)
		h.next(t, id)
	}
	h.step(t, time.Minute)
	require.Equal(t, "-office +load", h.rules(t), "a deleted rule does not come back")
}
