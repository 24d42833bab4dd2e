package saesim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	ruleTiming   = "timing"
	ruleOnMetric = "metric"
	ruleMix      = "mix" // a metric, with other bounds at given times

	paramTimer  = "ScalingRuleTimer"
	paramMetric = "ScalingRuleMetric"

	maxRules        = 5  // per application (SAE API reference ch. 11.1)
	maxTriggerTimes = 20 // per timing rule
)

// ruleTimer is the ScalingRuleTimer parameter (SAE API reference ch. 11.1).
type ruleTimer struct {
	BeginDate *string        `json:"beginDate"`
	EndDate   *string        `json:"endDate"`
	Period    string         `json:"period"`
	Schedules []ruleSchedule `json:"schedules"`
}

// ruleSchedule is one time of a day: a count to scale to, or, in a rule of type mix,
// the bounds that the metric has from then on.
type ruleSchedule struct {
	AtTime         string `json:"atTime"`
	TargetReplicas int    `json:"targetReplicas"`
	MinReplicas    int    `json:"minReplicas,omitempty"`
	MaxReplicas    int    `json:"maxReplicas,omitempty"`
}

// bounded reports whether a schedule has bounds in the place of a count.
func (s ruleSchedule) bounded() bool { return s.MinReplicas != 0 || s.MaxReplicas != 0 }

// ruleMetric is the ScalingRuleMetric parameter. Its keys are read without regard
// to case, as the reference itself writes one of them in two ways.
type ruleMetric struct {
	MaxReplicas    int          `json:"maxReplicas"`
	MinReplicas    int          `json:"minReplicas"`
	Metrics        []metricGoal `json:"metrics"`
	ScaleUpRules   rulePace     `json:"scaleUpRules"`
	ScaleDownRules rulePace     `json:"scaleDownRules"`
}

type metricGoal struct {
	MetricType                     string `json:"metricType"`
	MetricTargetAverageUtilization int    `json:"metricTargetAverageUtilization"`
	SLBID                          string `json:"SlbId,omitempty"`
	SLBProject                     string `json:"SlbProject,omitempty"`
	SLBLogstore                    string `json:"SlbLogstore,omitempty"`
	Vport                          string `json:"Vport,omitempty"`
}

type rulePace struct {
	Step                       looseInt `json:"step"`
	Disabled                   bool     `json:"disabled"`
	StabilizationWindowSeconds int      `json:"stabilizationWindowSeconds"`
}

// looseInt is a number that is sent as a number or as a text: the reference's
// request sample writes step as a text.
type looseInt int

func (n *looseInt) UnmarshalJSON(text []byte) error {
	value, err := strconv.Atoi(strings.Trim(string(text), `"`))
	*n = looseInt(value)
	return err
}

// parseTimer reads and checks a timing rule.
func parseTimer(text string) (*ruleTimer, *apiError) {
	if text == "" {
		return nil, missingParameter(paramTimer)
	}
	var t ruleTimer
	if json.Unmarshal([]byte(text), &t) != nil {
		return nil, invalidParameter(paramTimer, "it is not a timer in JSON")
	}
	t.dropEmpty()
	if refused := t.checkDates(); refused != nil {
		return nil, refused
	}
	switch {
	case len(t.Schedules) == 0:
		return nil, refuse(codeRuleTimeFormat)
	case len(t.Schedules) > maxTriggerTimes:
		return nil, refuse(codeRuleTimeQuota)
	}
	seen := map[string]bool{}
	for _, s := range t.Schedules {
		if _, err := time.Parse("15:04", s.AtTime); err != nil || len(s.AtTime) != len("15:04") {
			return nil, refuse(codeRuleTimeFormat)
		}
		if seen[s.AtTime] {
			return nil, refuse(codeRuleTimeConflict)
		}
		seen[s.AtTime] = true
		if refused := s.check(); refused != nil {
			return nil, refused
		}
	}
	return &t, nil
}

// dropEmpty takes dates that are empty texts as not sent, which real clients send.
func (t *ruleTimer) dropEmpty() {
	for _, date := range []**string{&t.BeginDate, &t.EndDate} {
		if *date != nil && **date == "" {
			*date = nil
		}
	}
}

func (s ruleSchedule) check() *apiError {
	switch {
	case s.bounded() && (s.MinReplicas < 1 || s.MaxReplicas < s.MinReplicas || s.MaxReplicas > maxReplicas):
		return invalidParameter(paramTimer, "it needs 1 <= minReplicas <= maxReplicas <= %d", maxReplicas)
	case !s.bounded() && (s.TargetReplicas < 1 || s.TargetReplicas > maxReplicas):
		return invalidParameter(paramTimer, "targetReplicas must be from 1 to %d", maxReplicas)
	}
	return nil
}

func (t *ruleTimer) checkDates() *apiError {
	if (t.BeginDate == nil) != (t.EndDate == nil) {
		return refuse(codeRuleDateFormat)
	}
	if t.BeginDate != nil {
		begin, err1 := time.Parse(time.DateOnly, *t.BeginDate)
		end, err2 := time.Parse(time.DateOnly, *t.EndDate)
		if err1 != nil || err2 != nil {
			return refuse(codeRuleDateFormat)
		}
		if begin.After(end) {
			return refuse(codeRuleDateOrder)
		}
	}
	if _, ok := parsePeriod(t.Period); !ok {
		return refuse(codeRuleDateFormat)
	}
	return nil
}

// period is the set of days a timing rule works on; both empty means every day.
type period struct {
	weekdays, monthdays []string
}

// parsePeriod reads "* * *", "* * Fri,Mon" or "1,2,31 * *".
func parsePeriod(text string) (period, bool) {
	fields := strings.Fields(text)
	if len(fields) != 3 || fields[1] != "*" || fields[0] != "*" && fields[2] != "*" {
		return period{}, false
	}
	var p period
	if fields[0] != "*" {
		p.monthdays = strings.Split(fields[0], ",")
	}
	if fields[2] != "*" {
		p.weekdays = strings.Split(fields[2], ",")
	}
	for _, day := range p.monthdays {
		if n, err := strconv.Atoi(day); err != nil || n < 1 || n > 31 {
			return period{}, false
		}
	}
	for _, day := range p.weekdays {
		if !slices.Contains([]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}, day) {
			return period{}, false
		}
	}
	return p, true
}

// overlaps reports whether two sets can share a day. A weekly and a monthly set always
// can.
func (p period) overlaps(q period) bool {
	share := func(a, b []string) bool {
		return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(day string) bool { return slices.Contains(b, day) })
	}
	return share(p.weekdays, q.weekdays) && share(p.monthdays, q.monthdays)
}

// conflicts reports whether two timers want the same minute of a day on which both
// may work (reading of InvalidScalingRuleTime.Conflict).
func (t *ruleTimer) conflicts(other *ruleTimer) bool {
	if t.BeginDate != nil && other.BeginDate != nil && (*t.BeginDate > *other.EndDate || *other.BeginDate > *t.EndDate) {
		return false
	}
	p, _ := parsePeriod(t.Period)
	q, _ := parsePeriod(other.Period)
	return p.overlaps(q) && slices.ContainsFunc(t.Schedules, func(a ruleSchedule) bool {
		return slices.ContainsFunc(other.Schedules, func(b ruleSchedule) bool { return a.AtTime == b.AtTime })
	})
}

// ruleConflicts reports whether a timing rule conflicts with another one of the
// application, enabled or not.
func (a *application) ruleConflicts(rule *scalingRule) bool {
	return rule.Timer != nil && slices.ContainsFunc(a.Rules, func(other *scalingRule) bool {
		return other.Name != rule.Name && other.Timer != nil && rule.Timer.conflicts(other.Timer)
	})
}

// parseMetric reads and checks a metric rule.
func parseMetric(text string) (*ruleMetric, *apiError) {
	const name = paramMetric
	if text == "" {
		return nil, missingParameter(name)
	}
	m := ruleMetric{ScaleUpRules: rulePace{Step: 100}, ScaleDownRules: rulePace{Step: 100}}
	if json.Unmarshal([]byte(text), &m) != nil {
		return nil, invalidParameter(name, "it is not a metric rule in JSON")
	}
	switch {
	case m.MinReplicas < 1 || m.MaxReplicas < m.MinReplicas:
		return nil, invalidParameter(name, "it needs 1 <= minReplicas <= maxReplicas")
	case m.MaxReplicas > maxReplicas:
		return nil, refuse(codeAppQuota, maxReplicas)
	case len(m.Metrics) == 0:
		return nil, invalidParameter(name, "metrics is empty")
	}
	for _, pace := range []rulePace{m.ScaleUpRules, m.ScaleDownRules} {
		if pace.Step < 1 || pace.StabilizationWindowSeconds < 0 || pace.StabilizationWindowSeconds > 3600 {
			return nil, invalidParameter(name, "step must be at least 1 and stabilizationWindowSeconds from 0 to 3600")
		}
	}
	for _, goal := range m.Metrics {
		statusName, _ := metricStatusName(goal.MetricType)
		switch {
		case statusName == "":
			return nil, invalidParameter(name, "metricType %q is unknown", goal.MetricType)
		case goal.MetricTargetAverageUtilization < 1:
			return nil, invalidParameter(name, "metricTargetAverageUtilization must be at least 1")
		case strings.Contains(goal.MetricType, "SLB_") && (goal.SLBProject == "" || goal.SLBLogstore == "" || goal.Vport == ""):
			return nil, invalidParameter(name, "%s needs SlbProject, SlbLogstore and Vport", goal.MetricType)
		}
	}
	return &m, nil
}

// metricStatusName is the name and type a metric has in status answers.
func metricStatusName(metricType string) (name, kind string) {
	switch metricType {
	case "CPU":
		return "cpu", "Resource"
	case "MEMORY":
		return "memory", "Resource"
	case "tcpActiveConn":
		return "tcpActiveConn", "Pods"
	case "SLB_QPS":
		return "slb_incall_qps", "External"
	case "SLB_RT":
		return "slb_incall_rt", "External"
	case "INTRANET_SLB_QPS":
		return "intranet_slb_incall_qps", "External"
	case "INTRANET_SLB_RT":
		return "intranet_slb_incall_rt", "External"
	case "QPS":
		return "arms_incall_qps", "External"
	case "RT":
		return "arms_incall_rt", "External"
	}
	return "", ""
}

// createRule serves CreateApplicationScalingRule (SAE API reference ch. 11.1). A
// rule starts enabled unless told otherwise (reading).
func createRule(c *call) (any, *apiError) {
	app, refused := c.idleApp()
	if refused != nil {
		return nil, refused
	}
	rule := &scalingRule{
		Name: c.arg("ScalingRuleName"), Type: c.arg("ScalingRuleType"),
		Enabled: c.boolean("ScalingRuleEnable", true), CreatedAt: c.now, UpdatedAt: c.now,
	}
	if refused := c.readRule(rule); refused != nil {
		return nil, refused
	}
	if refused := c.readMinReady(app, rule); refused != nil {
		return nil, refused
	}
	switch {
	case app.rule(rule.Name) != nil:
		return nil, refuse(codeRuleExists)
	case len(app.Rules) >= maxRules:
		return nil, refuse(codeRuleQuota)
	case app.ruleConflicts(rule):
		return nil, refuse(codeRuleTimeConflict)
	}
	if !rule.Enabled {
		rule.LastDisabledAt = c.now
	}
	app.Rules = append(app.Rules, rule)
	return showRule(app, rule, false), nil
}

// describeRule serves DescribeApplicationScalingRule (SAE API reference ch. 11.6).
func describeRule(c *call) (any, *apiError) {
	app, rule, refused := c.rule()
	if refused != nil {
		return nil, refused
	}
	return showRule(app, rule, true), nil
}

// rule returns the scaling rule a call names. No code for a missing one is listed
// with the operations that need it; this one is listed with the creation (reading).
func (c *call) rule() (*application, *scalingRule, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, nil, refused
	}
	rule := app.rule(c.arg("ScalingRuleName"))
	if rule == nil {
		return nil, nil, refuse(codeRuleNotFound)
	}
	return app, rule, nil
}

type rulesData struct {
	CurrentPage             int
	TotalSize               int
	PageSize                int
	ApplicationScalingRules []ruleData
}

// describeRules serves DescribeApplicationScalingRules (SAE API reference ch. 11.7). Its
// table has no paging parameters, which its answer has and real clients send.
func describeRules(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	p := c.page(10)
	data := rulesData{CurrentPage: p.Number, TotalSize: len(app.Rules), PageSize: p.Size, ApplicationScalingRules: []ruleData{}}
	for _, rule := range cut(app.Rules, p) {
		data.ApplicationScalingRules = append(data.ApplicationScalingRules, showRule(app, rule, true))
	}
	return data, nil
}

// enableRule serves EnableApplicationScalingRule (SAE API reference ch. 11.3).
func enableRule(c *call) (any, *apiError) { return c.switchRule(true) }

// disableRule serves DisableApplicationScalingRule (SAE API reference ch. 11.4).
func disableRule(c *call) (any, *apiError) { return c.switchRule(false) }

func (c *call) switchRule(on bool) (any, *apiError) {
	app, rule, refused := c.rule()
	if refused != nil {
		return nil, refused
	}
	if refused := c.st.requireIdle(app); refused != nil {
		return nil, refused
	}
	if rule.Enabled == on {
		return nil, nil //nolint:nilnil // an answer without data
	}
	rule.Enabled, rule.UpdatedAt = on, c.now
	if !on {
		rule.LastDisabledAt = c.now
	}
	return nil, nil //nolint:nilnil // an answer without data
}
