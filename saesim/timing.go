package saesim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"slipway/internal/simframe"
)

// horizon is how many days ahead a trigger can be: day 31 of the month is never
// further away than from the end of January to the end of March, with a day to spare.
const horizon = 63

// next is the first time after the given one at which the timer wants something, and
// what. Its times are GMT+8 (SAE API reference ch. 11.1).
func (t *ruleTimer) next(after time.Time) (at time.Time, wants ruleSchedule, found bool) {
	p, valid := parsePeriod(t.Period)
	if !valid {
		return time.Time{}, ruleSchedule{}, false
	}
	from := after.In(gmt8())
	if t.BeginDate != nil {
		if begin, err := time.ParseInLocation(time.DateOnly, *t.BeginDate, gmt8()); err == nil && begin.After(from) {
			from = begin
		}
	}
	for day := range horizon {
		date := time.Date(from.Year(), from.Month(), from.Day()+day, 0, 0, 0, 0, gmt8())
		if t.EndDate != nil && date.Format(time.DateOnly) > *t.EndDate {
			break
		}
		if !p.includes(date) {
			continue
		}
		for _, s := range t.Schedules {
			clock, err := time.Parse("15:04", s.AtTime)
			trigger := date.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute)
			if err == nil && trigger.After(after) && (!found || trigger.Before(at)) {
				at, wants, found = trigger, s, true
			}
		}
		if found {
			break
		}
	}
	return at, wants, found
}

// includes reports whether a timing rule works on a day.
func (p period) includes(date time.Time) bool {
	if len(p.weekdays) > 0 {
		return slices.Contains(p.weekdays, date.Weekday().String()[:3])
	}
	return len(p.monthdays) == 0 || slices.ContainsFunc(p.monthdays, func(text string) bool {
		day, err := strconv.Atoi(text)
		return err == nil && day == date.Day()
	})
}

// trigger is a time at which a timing rule fires.
type trigger struct {
	at    time.Time
	rule  *scalingRule
	wants ruleSchedule
}

// target is how many instances an application that has some number is to have: the
// count of the schedule, or the number within its bounds.
func (s ruleSchedule) target(replicas int) int {
	if s.bounded() {
		return min(max(replicas, s.MinReplicas), s.MaxReplicas)
	}
	return s.TargetReplicas
}

// patience is how far back triggers are carried out. Whoever looks more seldom than
// that gets what the rules wanted in the last year alone.
const patience = 366 * 24 * time.Hour

// nextTrigger is the earliest trigger of the enabled timing rules that has not been
// carried out. What a rule wanted before it was enabled or changed is over.
func (a *application) nextTrigger(now time.Time) (next trigger, found bool) {
	for _, rule := range a.Rules {
		if !rule.Enabled || rule.Timer == nil {
			continue
		}
		after := rule.UpdatedAt
		for _, t := range []time.Time{rule.FiredAt, now.Add(-patience)} {
			if t.After(after) {
				after = t
			}
		}
		at, wants, works := rule.Timer.next(after)
		if works && (!found || at.Before(next.at)) {
			next, found = trigger{at: at, rule: rule, wants: wants}, true
		}
	}
	return next, found
}

// fire carries a trigger out: the instance count changes at once and without a
// change order, whose types have none for it (reading). A trigger that comes while
// an order is unfinished, or while the application is stopped, is missed.
func (s *state) fire(app *application, t trigger) {
	t.rule.FiredAt = t.at
	target := t.wants.target(app.Replicas)
	if s.active(app) != nil || app.Stopped || app.CurrentVersion == "" || target == app.Replicas {
		return
	}
	app.charge(t.at)
	for _, i := range app.Instances {
		if i.Slot >= target {
			app.noteInstance(i, t.at, "Killing", "Stopping container")
		}
	}
	app.Instances = slices.DeleteFunc(app.Instances, func(i *instance) bool { return i.Slot >= target })
	for slot := app.Replicas; slot < target; slot++ {
		name := fmt.Sprintf("instance/%s/%s/%d/%d", app.ID, t.rule.Name, t.at.Unix(), slot)
		i := &instance{ID: simframe.UUID(s.Seed, name), Slot: slot, VersionID: app.CurrentVersion, CreatedAt: t.at}
		app.place(i)
		app.comeUp(i, t.at)
	}
	app.Replicas = target
	app.noteScaled(t.at, t.rule.Name)
}
