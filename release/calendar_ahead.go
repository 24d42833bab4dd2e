package release

import (
	"slices"
	"time"
)

// Ahead returns what freezes an application at a moment, or begins to until another: the freeze that
// [Calendar.Frozen] names first, then each window with the first time that it begins, in that order.
func (c Calendar) Ahead(app App, now, until time.Time) []PlannedFreeze {
	var found []PlannedFreeze
	for _, w := range c.Windows {
		if !w.Scope.Covers(app) {
			continue
		}
		from, begins := w.begins(now)
		if !begins || from.After(until) {
			continue
		}
		end, _ := w.Active(from)
		found = append(found, PlannedFreeze{Freeze: Freeze{Name: w.Name, Reason: w.Reason, Until: end}, From: from})
	}
	slices.SortStableFunc(found, func(a, b PlannedFreeze) int { return a.From.Compare(b.From) })
	if held, frozen := c.Frozen(app, now); frozen {
		found = append([]PlannedFreeze{{Freeze: held}}, found...)
	}
	return found
}

// Within reports whether the window freezes at any moment from one time on and before another.
func (w FreezeWindow) Within(from, to time.Time) bool {
	if _, active := w.Active(from); active {
		return true
	}
	at, begins := w.begins(from)
	return begins && at.Before(to)
}

// begins is when the window begins next after a moment; false where it does not, or cannot be read.
func (w FreezeWindow) begins(after time.Time) (time.Time, bool) {
	if !w.Recurring() {
		return w.From, w.From.After(after)
	}
	in, err := w.recurring()
	if err != nil {
		return time.Time{}, false
	}
	const week = 7
	for day := range week + 2 { // it comes again every week, and days differ between zones
		on := dayOf(after.In(in.zone)).AddDate(0, 0, day)
		if !slices.Contains(in.days, on.Weekday()) {
			continue
		}
		if from, _ := in.start.on(on, in.zone); from.After(after) {
			return from, true
		}
	}
	return time.Time{}, false
}
