package release

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // an image with nothing but the binary has no time zones of its own
)

// clock is a time of day.
type clock struct{ hour, minute int }

// parseClock reads HH:MM, from 00:00 to 23:59.
func parseClock(s string) (clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return clock{}, fmt.Errorf("%q is not a time of day such as 09:30 or 22:00", s)
	}
	return clock{t.Hour(), t.Minute()}, nil
}

func (c clock) minutes() int { return 60*c.hour + c.minute }

// LoadZone returns the time zone of an IANA name; the error says what it must be.
func LoadZone(name string) (*time.Location, error) {
	// Both mean something to the library that depends on the machine or was not said.
	if name == "" || name == "Local" {
		return nil, errors.New("must be the IANA name of a time zone, such as Asia/Shanghai or UTC")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not the IANA name of a time zone, such as Asia/Shanghai or UTC", name)
	}
	return zone, nil
}

// weekdays are the names of the days in a calendar, in the order of the week.
func weekdays() []string { return []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} }

// parseDays reads names of days; none means all.
func parseDays(names []string) ([]time.Weekday, error) {
	all := weekdays()
	if len(names) == 0 {
		names = all
	}
	days := make([]time.Weekday, len(names))
	for i, name := range names {
		at := slices.Index(all, name)
		if at < 0 {
			return nil, fmt.Errorf("%q is not a day; use %s", name, strings.Join(all, ", "))
		}
		days[i] = time.Weekday((at + 1) % len(all))
	}
	return days, nil
}

// dayOf returns the date of a moment as midnight in UTC, where days can be counted.
func dayOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// on returns when the clocks of a zone show the time of day on a date. Usually it is one
// moment. Where clocks are set back and show it twice, first and last are the two. Where
// they are set forward and never show it, both are the moment at which they jump over it.
//
// [time.Date] promises neither of the two for such times.
func (c clock) on(day time.Time, zone *time.Location) (first, last time.Time) {
	wanted := day.Add(time.Duration(c.minutes()) * time.Minute)
	guess := time.Date(day.Year(), day.Month(), day.Day(), c.hour, c.minute, 0, 0, zone)
	since, until := guess.ZoneBounds()
	switch shown := wall(guess); {
	case shown.After(wanted):
		return since.UTC(), since.UTC()
	case shown.Before(wanted):
		return until.UTC(), until.UTC()
	}
	first, last = guess, guess
	if !since.IsZero() {
		// The same time by the offset that held before.
		if before := wanted.Add(-offset(since.Add(-1))); before.Before(since) {
			first = before
		}
	}
	if !until.IsZero() {
		if after := wanted.Add(-offset(until)); !after.Before(until) {
			last = after
		}
	}
	return first.UTC(), last.UTC()
}

// LocalTime reads a date and a time of day, such as 2026-11-11 00:00 or 2026-11-11T00:00,
// as the clocks of a zone show it. Where they show it twice, first and last are the two
// moments; where they jump over it, both are the moment of the jump.
func LocalTime(text, zone string) (first, last time.Time, err error) {
	in, err := LoadZone(zone)
	if err != nil {
		return first, last, err
	}
	shown, err := time.Parse("2006-01-02 15:04", strings.Replace(text, "T", " ", 1))
	if err != nil {
		return first, last, fmt.Errorf("%q is not a date and time such as 2026-11-11 00:00", text)
	}
	first, last = clock{shown.Hour(), shown.Minute()}.on(dayOf(shown), in)
	return first, last, nil
}

// wall returns what the clocks show, as if it were UTC.
func wall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// offset returns how much the clocks are ahead of UTC.
func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}
