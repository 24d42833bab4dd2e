package release

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Calendar is when changes are not wanted: recurring or single freeze windows, and stops
// of the line.
type Calendar struct {
	Windows []FreezeWindow `json:"windows,omitempty"`
	Stops   []Stop         `json:"stops,omitempty"`
}

// FreezeWindow is a time in which nothing is changed: either one span from From to To,
// or one that comes again at the same time of day.
type FreezeWindow struct {
	// Name tells the window apart from all others and from the stops of the calendar.
	Name   string `json:"name"`
	Scope  Scope  `json:"scope,omitzero"`
	Reason string `json:"reason"`

	// From and To bound a single window; From belongs to it, To does not.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`

	// Days are the days on which a recurring window starts, Mon to Sun; none means every
	// day.
	Days []string `json:"days,omitempty"`
	// Start and End are times of day, HH:MM. An End that is not after Start is on the next
	// day.
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
	// Zone is the time zone of Days, Start and End by its IANA name, for example
	// Asia/Shanghai.
	Zone string `json:"zone,omitempty"`

	// By and At say who put the window into the calendar, and when.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// Stop holds every change until somebody lifts it.
type Stop struct {
	// Name tells the stop apart from all others and from the windows of the calendar.
	Name   string `json:"name"`
	Scope  Scope  `json:"scope,omitzero"`
	Reason string `json:"reason"`
	// By and At say who stopped the line, and when.
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// Freeze is why nothing may be changed just now.
type Freeze struct {
	// Name is the window or the stop that holds.
	Name   string `json:"name"`
	Reason string `json:"reason"`
	// Until is when the last of the windows that follow each other without a gap ends; zero
	// means until somebody lifts the freeze.
	Until time.Time `json:"until,omitzero"`
	// Stop tells that a [Stop] holds.
	Stop bool `json:"stop,omitempty"`
}

// Same reports whether two freezes hold alike: until the same time, and by the same name.
func (f Freeze) Same(other Freeze) bool {
	return f.Name == other.Name && f.Stop == other.Stop && f.Until.Equal(other.Until)
}

// Scope says which applications something is about: those of a platform, where an empty field means any, or
// those of an application document.
type Scope struct {
	Platform Platform `json:"platform,omitempty"`
	Region   string   `json:"region,omitempty"`
	// App is the platform's own application ID.
	App string `json:"app,omitempty"`

	// Application is the name of a document, and Environment that of one of its environments; empty
	// means all of them.
	Application string `json:"application,omitempty"`
	Environment string `json:"environment,omitempty"`
	// Apps are the applications that the names stood for when the scope was written. Who reads a calendar
	// replaces them by those that they stand for now, where the document is still there.
	Apps []App `json:"apps,omitempty"`
}

// ByName reports whether the scope is one of names.
func (s Scope) ByName() bool { return s.Application != "" }

// Covers reports whether the application is in the scope.
func (s Scope) Covers(a App) bool {
	if s.ByName() {
		return slices.ContainsFunc(s.Apps, func(each App) bool { return each.Unqualified() == a.Unqualified() })
	}
	return (s.Platform == "" || s.Platform == a.Platform) &&
		(s.Region == "" || s.Region == a.Region) &&
		(s.App == "" || s.App == a.ID)
}

// anything stands for an empty field in the text of a scope.
const anything = "*"

// String returns the scope as platform/region/app with * for any, shortened at the end:
// "sae/cn-hangzhou" rather than "sae/cn-hangzhou/*"; one of names as application/environment or
// application. [ParseScope] reads it.
func (s Scope) String() string {
	if s.ByName() {
		return strings.TrimSuffix(s.Application+"/"+s.Environment, "/")
	}
	parts := []string{cmp.Or(string(s.Platform), anything), cmp.Or(s.Region, anything), cmp.Or(s.App, anything)}
	for len(parts) > 1 && parts[len(parts)-1] == anything {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, "/")
}

// ParseScope reads what [Scope.String] writes; the empty string means any application. What names stand for
// is not known yet.
func ParseScope(text string) (Scope, error) {
	if ref, err := ParseApp(text); err == nil && ref.ByName() {
		return Scope{Application: ref.Application, Environment: ref.Environment}, nil
	}
	parts := strings.Split(text, "/")
	if len(parts) > 3 {
		return Scope{}, fmt.Errorf("%q is not of the form platform/region/app, with * for any, and no name such as shop or shop/production", text)
	}
	for i, p := range parts {
		if p == "" && text != "" {
			return Scope{}, fmt.Errorf("%q has an empty part; write * for any", text)
		}
		if p == anything {
			parts[i] = ""
		}
	}
	parts = append(parts, "", "")
	return Scope{Platform: Platform(parts[0]), Region: parts[1], App: parts[2]}, nil
}

// Scopes are those of all windows and stops, in a copy of the calendar, to be filled in.
func (c Calendar) Scopes() (filled Calendar, scopes []*Scope) {
	c.Stops, c.Windows = slices.Clone(c.Stops), slices.Clone(c.Windows)
	for i := range c.Stops {
		scopes = append(scopes, &c.Stops[i].Scope)
	}
	for i := range c.Windows {
		scopes = append(scopes, &c.Windows[i].Scope)
	}
	return c, scopes
}

// Frozen reports whether changes of the application are frozen at a moment, and until when.
// Of several freezes it names the one that lasts longest; Until is when the application
// is no longer frozen by any of the windows of today's calendar, so that windows that
// overlap or follow each other without a gap count as one. Windows that leave no gap at
// all have no end.
//
// A window that cannot be read, such as one with a time zone that is not known here,
// freezes until somebody mends it.
func (c Calendar) Frozen(app App, at time.Time) (Freeze, bool) {
	for _, s := range c.Stops {
		if s.Scope.Covers(app) {
			return Freeze{Name: s.Name, Reason: s.Reason, Stop: true}, true
		}
	}
	var found Freeze
	var spans []span
	for _, w := range c.Windows {
		if !w.Scope.Covers(app) {
			continue
		}
		in, err := w.span()
		if err != nil {
			return Freeze{Name: w.Name, Reason: unreadable(err)}, true
		}
		spans = append(spans, in)
		if until, frozen := in(at); frozen && until.After(found.Until) {
			found = Freeze{Name: w.Name, Reason: w.Reason, Until: until}
		}
	}
	if found.Until.IsZero() {
		return Freeze{}, false
	}
	found.Until = c.merge(spans, found.Until)
	return found, true
}

func unreadable(err error) string {
	return "the window cannot be read (" + err.Error() + "); add it anew or remove it"
}

// endless is how long recurring windows without a gap between them are followed: they
// come again every week, so that what has no gap in a month has none.
const endless = 31 * 24 * time.Hour

// merge follows the windows from one end to the next until there is a gap.
func (c Calendar) merge(spans []span, until time.Time) time.Time {
	last := until
	for _, w := range c.Windows {
		if w.To.After(last) {
			last = w.To
		}
	}
	for grown := true; grown; {
		grown = false
		for _, in := range spans {
			if next, frozen := in(until); frozen {
				until, grown = next, true
			}
		}
		if until.After(last.Add(endless)) {
			return time.Time{}
		}
	}
	return until.UTC()
}

// Active reports whether the window alone freezes at a moment, and until when; days that follow
// each other without a gap count as one. Zero means that the window cannot be read, see
// [Calendar.Frozen], or leaves no gap at all.
func (w FreezeWindow) Active(at time.Time) (until time.Time, active bool) {
	in, err := w.span()
	if err != nil {
		return time.Time{}, true
	}
	until, active = in(at)
	if !active {
		return time.Time{}, false
	}
	return Calendar{Windows: []FreezeWindow{w}}.merge([]span{in}, until), true
}

// Recurring reports whether the window comes again.
func (w FreezeWindow) Recurring() bool { return w.From.IsZero() && w.To.IsZero() }

// span reports whether a moment is in a window, and when the window ends then.
type span func(at time.Time) (until time.Time, in bool)

func (w FreezeWindow) span() (span, error) {
	if !w.Recurring() {
		return func(at time.Time) (time.Time, bool) {
			if at.Before(w.From) || !at.Before(w.To) {
				return time.Time{}, false
			}
			return w.To.UTC(), true
		}, nil
	}
	in, err := w.recurring()
	if err != nil {
		return nil, err
	}
	return in.at, nil
}

// recurring reads a window that comes again.
func (w FreezeWindow) recurring() (recurring, error) {
	zone, err := LoadZone(w.Zone)
	if err != nil {
		return recurring{}, err
	}
	start, startErr := parseClock(w.Start)
	end, endErr := parseClock(w.End)
	days, daysErr := parseDays(w.Days)
	if err := errors.Join(startErr, endErr, daysErr); err != nil {
		return recurring{}, err
	}
	return recurring{zone: zone, days: days, start: start, end: end}, nil
}

// recurring is a recurring window that has been read.
type recurring struct {
	zone       *time.Location
	days       []time.Weekday
	start, end clock
}

// at looks at the spans that start on the days around the moment: one that started the
// day before may still last, and one of the next day may have begun where clocks are set
// back over midnight.
func (r recurring) at(moment time.Time) (time.Time, bool) {
	today := dayOf(moment.In(r.zone))
	for _, days := range []int{-1, 0, 1} {
		day := today.AddDate(0, 0, days)
		if !slices.Contains(r.days, day.Weekday()) {
			continue
		}
		endDay := day
		if r.end.minutes() <= r.start.minutes() {
			endDay = day.AddDate(0, 0, 1)
		}
		from, _ := r.start.on(day, r.zone)
		_, until := r.end.on(endDay, r.zone)
		if !moment.Before(from) && moment.Before(until) {
			return until, true
		}
	}
	return time.Time{}, false
}
