package observabilitytest_test

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"github.com/stretchr/testify/require"
)

const (
	root      = "../.."
	rulesFile = root + "/deploy/prometheus/alerts.yaml"
)

// promQL is the parser as Prometheus has it by default.
func promQL() parser.Parser { return parser.NewParser(parser.Options{}) }

// evaluation evaluates the rules on series, minute by minute, as Prometheus does.
type evaluation struct {
	t      *testing.T
	suite  *promqltest.LazyLoader
	groups []*rules.Group
	next   time.Time
}

// evaluate loads the rules and series, each with its values of each minute in the notation of Prometheus' tests.
func evaluate(t *testing.T, series map[string]string) *evaluation {
	t.Helper()
	var load strings.Builder
	load.WriteString("load 1m\n")
	for _, name := range slices.Sorted(maps.Keys(series)) {
		load.WriteString("  " + name + " " + series[name] + "\n")
	}
	suite, err := promqltest.NewLazyLoader(load.String(), promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, suite.Close()) })
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(suite.QueryEngine(), suite.Storage()), Appendable: suite.Storage(), Queryable: suite.Storage(),
		Context: t.Context(), NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Logger: promslog.NewNopLogger(), Parser: promQL(),
	})
	groups, problems := manager.LoadGroups(time.Minute, labels.EmptyLabels(), "", nil, false, rulesFile)
	require.Empty(t, problems)
	e := &evaluation{t: t, suite: suite, groups: slices.Collect(maps.Values(groups)), next: time.Unix(0, 0).UTC()}
	for _, rule := range e.rules() {
		rule.SetRestored(true) // nothing was pending before
	}
	return e
}

func (e *evaluation) rules() []*rules.AlertingRule {
	var all []*rules.AlertingRule
	for _, group := range e.groups {
		for _, rule := range group.Rules() {
			alerting, ok := rule.(*rules.AlertingRule)
			require.True(e.t, ok, rule.Name())
			all = append(all, alerting)
		}
	}
	return all
}

// until evaluates up to a time after the beginning, and returns what fires then.
func (e *evaluation) until(d time.Duration) []*rules.Alert {
	e.t.Helper()
	for end := time.Unix(0, 0).UTC().Add(d); !e.next.After(end); e.next = e.next.Add(time.Minute) {
		e.suite.WithSamplesTill(e.next, func(err error) { require.NoError(e.t, err) })
		for _, group := range e.groups {
			group.Eval(e.suite.Context(), e.next)
		}
	}
	var firing []*rules.Alert
	for _, rule := range e.rules() {
		require.NoError(e.t, rule.LastError(), rule.Name())
		for _, alert := range rule.ActiveAlerts() {
			if alert.State == rules.StateFiring {
				firing = append(firing, alert)
			}
		}
	}
	return firing
}

// names are those of alerts, each once.
func names(alerts []*rules.Alert) []string {
	var all []string
	for _, alert := range alerts {
		all = append(all, alert.Labels.Get(labels.AlertName))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// healthy are the series of a system in which all is well, for 26 hours.
func healthy() map[string]string {
	series := map[string]string{}
	constant := func(value string, names ...string) {
		for _, name := range names {
			series[name] = value + "x1560"
		}
	}
	constant("1+0", `up{job="slipway-worker",instance="w"}`, `up{job="slipway-starter",instance="s"}`, `up{job="slipway-console",instance="c"}`,
		`slipway_check_ready{check="worker",instance="w"}`, `slipway_check_ready{check="nats",instance="w"}`, `slipway_check_ready{check="temporal",instance="w"}`,
		`slipway_check_ready{check="starter",instance="s"}`, `slipway_check_ready{check="nats",instance="s"}`, `slipway_check_ready{check="temporal",instance="s"}`,
		`slipway_check_ready{check="console",instance="c"}`, `slipway_check_ready{check="tokens",instance="c"}`, `slipway_freezes_active{kind="window"}`)
	constant("0+0", `slipway_overview_failures_total{reading="lanes"}`, `slipway_lanes_held{by="release"}`, `slipway_lanes_held{by="person"}`,
		`slipway_waiting_for_people{need="help"}`, `slipway_waiting_for_people{need="confirm"}`, `slipway_freezes_active{kind="stop"}`,
		`slipway_debts{kind="scaling-rules"}`, `slipway_debts{kind="traffic-rule"}`, `slipway_messages_oldest_seconds{kind="request"}`,
		`slipway_starter_dead_letters_total{kind="request"}`, `slipway_event_deliveries_late`,
		`slipway_notifications_waiting{channel="team",instance="n"}`, `slipway_notifications_total{channel="team",result="given_up",instance="n"}`)
	constant("2+0", `temporal_num_pollers{task_queue="slipway",poller_type="workflow_task",instance="w"}`, `temporal_num_pollers{task_queue="slipway-sae-cn-hangzhou",poller_type="activity_task",instance="w"}`)
	constant("0+60", `slipway_platform_calls_total{platform="sae",region="cn-hangzhou",operation="DescribeChangeOrder",result="ok"}`,
		`slipway_console_requests_total{route="GET /api/v1/releases",status="200"}`, `slipway_hooks_requests_total{sender="harbor",result="accepted"}`,
		`slipway_hooks_requests_total{sender="harbor",result="ignored"}`, `slipway_codec_requests_total{path="/decode",status="200"}`)
	constant("0+1", `slipway_platform_calls_total{platform="sae",region="cn-hangzhou",operation="DescribeChangeOrder",result="unavailable"}`,
		`slipway_platform_calls_total{platform="sae",region="cn-hangzhou",operation="DescribeChangeOrder",result="throttled"}`,
		`slipway_console_requests_total{route="/api/",status="401"}`)
	const waited = `temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="slipway-sae-cn-hangzhou",le=`
	constant("0+60", waited+`"5"}`, waited+`"10"}`, waited+`"25"}`, waited+`"+Inf"}`)
	return series
}

func TestRules_NothingFiresWhereAllIsWell(t *testing.T) {
	t.Parallel()
	e := evaluate(t, healthy())
	for _, after := range []time.Duration{time.Minute, time.Hour, 25 * time.Hour} {
		require.Empty(t, names(e.until(after)), after)
	}
}

// Each alert fires for its fault once it has lasted, no earlier, and nothing else does.
func TestRules_EachFiresForItsFaultAlone(t *testing.T) {
	t.Parallel()
	faults := map[string]struct {
		// series are what the fault makes of the series of a system that is well; those without a value are gone.
		series map[string]string
		// also fire, because the same fault has more than one side.
		also []string
	}{
		"SlipwayRoleDown": {series: map[string]string{`up{job="slipway-starter",instance="other"}`: "0x1560"}},
		"SlipwayNoWorker": {series: map[string]string{
			`up{job="slipway-worker",instance="w"}`: "", `slipway_check_ready{check="worker",instance="w"}`: "", `slipway_check_ready{check="nats",instance="w"}`: "",
			`slipway_check_ready{check="temporal",instance="w"}`: "",
		}},
		"SlipwayNoStarter": {series: map[string]string{`slipway_check_ready{check="starter",instance="s"}`: "0x1560"}, also: []string{"SlipwayNotReady"}},
		"SlipwayNotReady":  {series: map[string]string{`slipway_check_ready{check="tokens",instance="c"}`: "0x1560"}},
		"SlipwayNATSAway":  {series: map[string]string{`slipway_check_ready{check="nats",instance="s"}`: "0x1560"}},
		"SlipwayTemporalAway": {series: map[string]string{
			`slipway_check_ready{check="temporal",instance="s"}`: "0x1560", `slipway_check_ready{check="temporal",instance="w"}`: "0x1560",
		}},
		"SlipwayGaugesMissing":         {series: map[string]string{`slipway_overview_failures_total{reading="lanes"}`: "0+1x1560", `slipway_lanes_held{by="release"}`: ""}},
		"SlipwayChannelDown":           {series: map[string]string{`slipway_notifications_waiting{channel="team",instance="n"}`: "3x1560"}},
		"SlipwayNotificationsLost":     {series: map[string]string{`slipway_notifications_total{channel="team",result="given_up",instance="n"}`: "0x30 1x1530"}},
		"SlipwayReleaseNeedsAttention": {series: map[string]string{`slipway_lanes_held{by="release"}`: "1x1560"}},
		"SlipwayReleaseStalled":        {series: map[string]string{`slipway_waiting_for_people{need="help"}`: "2x1560"}},
		"SlipwayWaitingForPeople":      {series: map[string]string{`slipway_waiting_for_people{need="confirm"}`: "1x1560"}},
		"SlipwayLaneHeld":              {series: map[string]string{`slipway_lanes_held{by="person"}`: "1x1560"}},
		"SlipwayStopForgotten":         {series: map[string]string{`slipway_freezes_active{kind="stop"}`: "1x1560"}},
		"SlipwayDebts":                 {series: map[string]string{`slipway_debts{kind="scaling-rules"}`: "1x1560"}},
		"SlipwayMessagesWait":          {series: map[string]string{`slipway_messages_oldest_seconds{kind="request"}`: "0+60x1560"}},
		"SlipwayDeadLetters":           {series: map[string]string{`slipway_starter_dead_letters_total{kind="request"}`: "0x30 1x1530"}},
		"SlipwayEventsLate":            {series: map[string]string{`slipway_event_deliveries_late`: "3x1560"}},
		"SlipwayPlatformRefuses":       {series: map[string]string{`slipway_platform_calls_total{platform="sae",region="cn-hangzhou",operation="ListApplications",result="auth"}`: "0+1x1560"}},
		"SlipwayPlatformUnreliable":    {series: map[string]string{`slipway_platform_calls_total{platform="fc",region="cn-hangzhou",operation="GetTrigger",result="unavailable"}`: "0+1x1560"}},
		"SlipwayPlatformThrottles":     {series: map[string]string{`slipway_platform_calls_total{platform="sae",region="cn-hangzhou",operation="DescribeChangeOrder",result="throttled"}`: "0+6x1560"}},
		"SlipwayCallsPaced":            {series: map[string]string{`temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="slipway-sae-cn-hangzhou",le="5"}`: "0+10x1560", `temporal_activity_schedule_to_start_latency_seconds_bucket{task_queue="slipway-sae-cn-hangzhou",le="10"}`: "0+20x1560"}},
		"SlipwayWorkflowTasksFail":     {series: map[string]string{`temporal_workflow_task_execution_failed_total{task_queue="slipway",workflow_type="ReleaseWorkflow",failure_reason="NonDeterminismError"}`: "1+1x1560"}},
		"SlipwayActivitiesBroken":      {series: map[string]string{`temporal_activity_task_error_total{task_queue="slipway",activity_type="gates.Measure",instance="w"}`: "_x30 1x1530"}},
		"SlipwayTaskQueueUnserved":     {series: map[string]string{`temporal_num_pollers{task_queue="slipway-fc-cn-hangzhou",poller_type="activity_task",instance="other"}`: "2x5"}},
		"SlipwayConsoleFails":          {series: map[string]string{`slipway_console_requests_total{route="GET /api/v1/releases",status="503"}`: "0+1x1560"}},
		"SlipwayConsoleRefuses":        {series: map[string]string{`slipway_console_requests_total{route="/api/",status="401"}`: "0+60x1560"}},
		"SlipwayWebhooksRefused":       {series: map[string]string{`slipway_hooks_requests_total{sender="harbor",result="unauthorized"}`: "0+1x1560"}},
		"SlipwayCodecServerFails":      {series: map[string]string{`slipway_codec_requests_total{path="/decode",status="401"}`: "0+1x1560"}},
	}
	for _, rule := range evaluate(t, nil).rules() {
		fault, there := faults[rule.Name()]
		require.True(t, there, "%s has no fault here: nobody knows whether it fires", rule.Name())
		delete(faults, rule.Name())
		t.Run(rule.Name(), func(t *testing.T) {
			t.Parallel()
			series := healthy()
			for name, values := range fault.series {
				if series[name] = values; values == "" {
					delete(series, name)
				}
			}
			e := evaluate(t, series)
			if hold := rule.HoldDuration(); hold > 0 {
				require.NotContains(t, names(e.until(hold-time.Minute)), rule.Name(), "it has not lasted")
			}
			firing := e.until(rule.HoldDuration() + 40*time.Minute)
			require.ElementsMatch(t, append(fault.also, rule.Name()), names(firing))
			for _, alert := range firing {
				told := alert.Annotations.Get("summary") + alert.Annotations.Get("description")
				require.NotRegexp(t, `no value|error expanding|: $`, told)
			}
		})
	}
	require.Empty(t, slices.Collect(maps.Keys(faults)), "faults of alerts that are none")
}

// Every alert says how urgent it is, what it means, and where to read on: a section of docs/alerts.md that no other has.
func TestRules_EachSaysWhatToDo(t *testing.T) {
	t.Parallel()
	page := read(t, root+"/docs/alerts.md")
	var sections, alerts []string
	for _, match := range regexp.MustCompile(`(?m)^### (Slipway\w+)$`).FindAllStringSubmatch(page, -1) {
		sections = append(sections, match[1])
	}
	inText := regexp.MustCompile(`\$labels\.(\w+)`)
	for _, rule := range evaluate(t, nil).rules() {
		alerts = append(alerts, rule.Name())
		require.Contains(t, []string{"warning", "critical"}, rule.Labels().Get("severity"), rule.Name())
		require.NotEmpty(t, rule.Annotations().Get("summary"), rule.Name())
		require.NotEmpty(t, rule.Annotations().Get("description"), rule.Name())
		require.Equal(t, "docs/alerts.md#"+strings.ToLower(rule.Name()), rule.Annotations().Get("runbook_url"))
		kept := labelsKept(rule.Query())
		for _, match := range inText.FindAllStringSubmatch(rule.Annotations().String(), -1) {
			require.True(t, kept == nil || slices.Contains(kept, match[1]), "%s: $labels.%s is not left of its expression", rule.Name(), match[1])
		}
	}
	require.ElementsMatch(t, alerts, sections, "the sections of docs/alerts.md")
}

// labelsKept are the labels that an expression leaves; nil where those of its series stay.
func labelsKept(e parser.Expr) []string {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		return append([]string{}, e.Grouping...)
	case *parser.BinaryExpr:
		return labelsKept(e.LHS)
	case *parser.ParenExpr:
		return labelsKept(e.Expr)
	case *parser.Call:
		for _, argument := range e.Args {
			if kept := labelsKept(argument); kept != nil {
				return kept
			}
		}
	}
	return nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}
