package fcsim

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"slipway/internal/simframe"
)

// maxActions bounds the scheduled actions of a provision config.
const maxActions = 100

// scheduledAction sets the target at one time or by a schedule, between two times.
type scheduledAction struct {
	Name      string  `json:"name"`
	StartTime string  `json:"startTime,omitempty"`
	EndTime   string  `json:"endTime,omitempty"`
	Target    integer `json:"target"`
	// ScheduleExpression is at(2020-10-10T10:10:10Z), or cron(second minute hour day month weekday)
	// in UTC.
	ScheduleExpression string `json:"scheduleExpression"`

	// known is the answer to when it fires next, which is asked for at each event of any provision config.
	known *firing
}

// firing is when an action fires next, for all times from after to before until; at is zero where it does not.
type firing struct{ after, until, at time.Time }

// trackingPolicy changes the target by the load, once a minute, between two times.
type trackingPolicy struct {
	Name         string  `json:"name"`
	StartTime    string  `json:"startTime,omitempty"`
	EndTime      string  `json:"endTime,omitempty"`
	MetricType   string  `json:"metricType"`
	MetricTarget float64 `json:"metricTarget"`
	MinCapacity  integer `json:"minCapacity"`
	MaxCapacity  integer `json:"maxCapacity"`
}

const metricUtilization = "ProvisionedConcurrencyUtilization"

// window is the time in which a rule acts; a bound that was not given is zero.
type window struct{ from, to time.Time }

// readWindow reads the two times of a rule, in UTC with a trailing Z.
func readWindow(start, end string) (window, error) {
	from, fromErr := readMoment("startTime", start)
	to, toErr := readMoment("endTime", end)
	err := errors.Join(fromErr, toErr)
	if err == nil && !from.IsZero() && !to.IsZero() && !to.After(from) {
		err = errors.New("endTime must be after startTime")
	}
	return window{from, to}, err
}

func readMoment(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !strings.HasSuffix(text, "Z") {
		return time.Time{}, fmt.Errorf("%s must be a time in UTC such as 2020-10-10T10:10:10Z, is %q", field, simframe.Shorten(text))
	}
	return t, nil
}

// holds reports whether a time is in the window.
func (w window) holds(t time.Time) bool {
	return (w.from.IsZero() || !t.Before(w.from)) && (w.to.IsZero() || t.Before(w.to))
}

// schedule reads an action's expression: the one time of at(), or the schedule of cron().
func (a *scheduledAction) schedule() (time.Time, cron.Schedule, error) {
	expression := a.ScheduleExpression
	if inner, ok := inside(expression, "at("); ok {
		t, err := readMoment("at()", inner)
		return t, nil, err
	}
	inner, ok := inside(expression, "cron(")
	if !ok || len(strings.Fields(inner)) != 6 || strings.Contains(inner, "=") {
		return time.Time{}, nil, fmt.Errorf("scheduleExpression must be at(2020-10-10T10:10:10Z) or cron(0 30 8 * * *) with six fields, is %q", simframe.Shorten(expression))
	}
	fields := cron.Second | cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow
	schedule, err := cron.NewParser(fields).Parse(inner)
	if err != nil {
		return time.Time{}, nil, fmt.Errorf("scheduleExpression %q: %w", simframe.Shorten(expression), err)
	}
	return time.Time{}, schedule, nil
}

func inside(expression, opening string) (string, bool) {
	inner, ok := strings.CutPrefix(expression, opening)
	if !ok || !strings.HasSuffix(inner, ")") {
		return "", false
	}
	inner = strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	return inner, inner != ""
}

// next is when the action fires after a time; zero when it does not any more.
func (a *scheduledAction) next(after time.Time) time.Time {
	if a.known == nil || after.Before(a.known.after) || !after.Before(a.known.until) {
		at := a.firesAfter(after)
		a.known = &firing{after: after, until: at, at: at}
		if at.IsZero() {
			a.known.until = after.AddDate(1, 0, 0) // a schedule looks some years ahead, not to the end of time
		}
	}
	return a.known.at
}

// firesAfter works out what next answers.
func (a *scheduledAction) firesAfter(after time.Time) time.Time {
	w, err := readWindow(a.StartTime, a.EndTime)
	if err != nil {
		return time.Time{} // it was checked when it came
	}
	t, schedule, err := a.schedule()
	if err != nil {
		return time.Time{}
	}
	if schedule != nil {
		if from := w.from.Add(-time.Second); !w.from.IsZero() && from.After(after) {
			after = from
		}
		t = schedule.Next(after.UTC())
	}
	if t.IsZero() || !t.After(after) || !w.holds(t) {
		return time.Time{}
	}
	return t
}

func checkActions(k *checker, actions []scheduledAction) {
	k.check(len(actions) <= maxActions, "ScheduledActions contains too many values (max: %d, actual: %d)", maxActions, len(actions))
	if len(actions) > maxActions {
		return
	}
	names := map[string]bool{}
	for i, a := range actions {
		at := fmt.Sprintf("scheduledActions[%d]", i)
		k.check(a.Name != "", "%s.name must not be empty", at)
		k.check(!names[a.Name], "Duplicate action name '%s' in ScheduledActions is not allowed", simframe.Shorten(a.Name))
		names[a.Name] = true
		target := a.Target
		k.within(at+".target", &target, 0, maxInstances)
		_, err := readWindow(a.StartTime, a.EndTime)
		k.check(err == nil, "%s: %v", at, err)
		_, _, err = a.schedule()
		k.check(err == nil, "%s: %v", at, err)
	}
}

func checkPolicies(k *checker, policies []trackingPolicy) {
	const most = 100
	k.check(len(policies) <= most, "TargetTrackingPolicies contains too many values (max: %d, actual: %d)", most, len(policies))
	if len(policies) > most {
		return
	}
	names := map[string]bool{}
	for i, p := range policies {
		at := fmt.Sprintf("targetTrackingPolicies[%d]", i)
		k.check(p.Name != "", "%s.name must not be empty", at)
		k.check(!names[p.Name], "Duplicate policy name '%s' in TargetTrackingPolicies is not allowed", simframe.Shorten(p.Name))
		names[p.Name] = true
		k.check(p.MetricType == metricUtilization, "%s.metricType must be %s, is %q", at, metricUtilization, simframe.Shorten(p.MetricType))
		k.check(p.MetricTarget > 0 && p.MetricTarget <= 1, "%s.metricTarget must be above 0 and at most 1, is %v", at, p.MetricTarget)
		least, most := p.MinCapacity, p.MaxCapacity
		k.within(at+".minCapacity", &least, 0, maxInstances)
		k.within(at+".maxCapacity", &most, 0, maxInstances)
		k.check(least <= most, "%s.minCapacity must not be above maxCapacity", at)
		_, err := readWindow(p.StartTime, p.EndTime)
		k.check(err == nil, "%s: %v", at, err)
	}
}

// nextRule is when a schedule fires or a policy changes the target after a time; zero when none does.
func (p *provision) nextRule(after time.Time) time.Time {
	next := p.nextTracking(after)
	for i := range p.Actions {
		next = earlier(next, p.Actions[i].next(after))
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// retarget sets the target as the actions that fire and the policies that act at a time want it.
func (p *provision) retarget(at time.Time) {
	for i := range p.Actions {
		a := &p.Actions[i]
		if a.next(at.Add(-time.Nanosecond)).Equal(at) {
			p.Target = int(a.Target)
		}
	}
	if at.Equal(at.Truncate(time.Minute)) {
		p.Target = p.tracked(at)
	}
}

// nextTracking is the next full minute at which a policy changes the target. Between the times at
// which policies begin and end, nothing but the target itself changes what they want.
func (p *provision) nextTracking(after time.Time) time.Time {
	if len(p.Policies) == 0 {
		return time.Time{}
	}
	minute := after.Truncate(time.Minute).Add(time.Minute)
	if p.tracked(minute) != p.Target {
		return minute
	}
	var next time.Time
	for _, policy := range p.Policies {
		w, err := readWindow(policy.StartTime, policy.EndTime)
		if err != nil {
			continue // it was checked when it came
		}
		for _, edge := range []time.Time{w.from, w.to} {
			at := edge.Truncate(time.Minute)
			if at.Before(edge) {
				at = at.Add(time.Minute)
			}
			if at.After(after) && p.tracked(at) != p.Target {
				next = earlier(next, at)
			}
		}
	}
	return next
}

// tracked is the target that the policies want at a time: the greatest that one of them wants.
// Without any that acts it stays.
func (p *provision) tracked(at time.Time) int {
	wanted, acts := 0, false
	for _, policy := range p.Policies {
		if w, err := readWindow(policy.StartTime, policy.EndTime); err != nil || !w.holds(at) {
			continue
		}
		wanted, acts = max(wanted, policy.wants(p.Target, p.Load)), true
	}
	if !acts {
		return p.Target
	}
	return wanted
}

// wants is the target that the policy makes of one, by how many instances are kept busy: upwards
// at once to where the utilization is the wanted one, downwards by a tenth and at least one, and
// always between its limits. Where the load is unknown, only the limits count.
func (t trackingPolicy) wants(target int, load *float64) int {
	if load != nil {
		wanted := int(min(math.Ceil(*load/t.MetricTarget), maxInstances))
		if wanted < target {
			wanted = max(wanted, target-max(1, target/10))
		}
		target = wanted
	}
	return min(max(target, int(t.MinCapacity)), int(t.MaxCapacity))
}
