package release

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxFreezes bounds a calendar, which is read before every step of every release.
const maxFreezes = 100

// maxScopeApps is how many applications a scope of names stands for at most: as many as a document has
// environments.
const maxScopeApps = 20

// freezePattern keeps the name of a window or a stop easy to say in a shell.
var freezePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// WithWindow returns the calendar with the window; one of the same name is replaced.
func (c Calendar) WithWindow(w FreezeWindow) Calendar {
	same := func(each FreezeWindow) bool { return each.Name == w.Name }
	c.Windows = put(c.Windows, w, same)
	return c
}

// WithoutWindow returns the calendar without the window of the name, and whether it had
// one.
func (c Calendar) WithoutWindow(name string) (Calendar, bool) {
	before := len(c.Windows)
	c.Windows = slices.DeleteFunc(slices.Clone(c.Windows), func(w FreezeWindow) bool { return w.Name == name })
	return c, len(c.Windows) < before
}

// WithStop returns the calendar with the stop; one of the same name is replaced.
func (c Calendar) WithStop(s Stop) Calendar {
	c.Stops = put(c.Stops, s, func(each Stop) bool { return each.Name == s.Name })
	return c
}

// WithoutStop returns the calendar without the stop of the name, and whether it had one.
func (c Calendar) WithoutStop(name string) (Calendar, bool) {
	before := len(c.Stops)
	c.Stops = slices.DeleteFunc(slices.Clone(c.Stops), func(s Stop) bool { return s.Name == name })
	return c, len(c.Stops) < before
}

// put returns a copy of the list in which the value is in the place of the same one, or at
// the end.
func put[T any](list []T, value T, same func(T) bool) []T {
	list = slices.Clone(list)
	if i := slices.IndexFunc(list, same); i >= 0 {
		list[i] = value
		return list
	}
	return append(list, value)
}

// Validate lists every problem of the calendar at once, as [Problems], or returns nil.
func (c Calendar) Validate() error {
	v := &validator{}
	v.check(len(c.Windows)+len(c.Stops) <= maxFreezes, "calendar", "has %d windows and stops, and at most %d are allowed; remove what is past",
		len(c.Windows)+len(c.Stops), maxFreezes)
	seen := map[string]bool{}
	once := func(field, name string) {
		v.check(!seen[name], field+".name", "%q is the name of another window or stop; choose a new one", name)
		seen[name] = true
	}
	for i, w := range c.Windows {
		field := fmt.Sprintf("windows[%d]", i)
		v.window(field+".", w)
		once(field, w.Name)
	}
	for i, s := range c.Stops {
		field := fmt.Sprintf("stops[%d]", i)
		v.stop(field+".", s)
		once(field, s.Name)
	}
	return v.err()
}

// Validate lists every problem of the window alone at once.
func (w FreezeWindow) Validate() error {
	v := &validator{}
	v.window("", w)
	return v.err()
}

// Validate lists every problem of the stop alone at once.
func (s Stop) Validate() error {
	v := &validator{}
	v.stop("", s)
	return v.err()
}

func (v *validator) stop(prefix string, s Stop) {
	v.check(matches(freezePattern, s.Name), prefix+"name", "%q is not a name: 1-64 letters, digits, dots, hyphens or underscores", s.Name)
	v.scope(prefix+"scope", s.Scope)
	v.check(s.Reason != "", prefix+"reason", "is missing; say why nothing may be changed")
	v.text(prefix+"reason", s.Reason)
	v.text(prefix+"by", s.By)
	v.actor(prefix+"by", s.By)
}

func (v *validator) window(prefix string, w FreezeWindow) {
	v.stop(prefix, Stop{Name: w.Name, Scope: w.Scope, Reason: w.Reason, By: w.By})
	if w.Recurring() {
		v.recurring(prefix, w)
		return
	}
	v.check(len(w.Days) == 0 && w.Start == "" && w.End == "" && w.Zone == "", prefix+"from",
		"a window is either single (from, to) or recurring (days, start, end, zone); make two windows")
	v.check(!w.From.IsZero(), prefix+"from", "is missing; say when the window begins")
	v.check(!w.To.IsZero(), prefix+"to", "is missing; say when the window ends, or use a stop, which lasts until it is lifted")
	v.check(w.From.IsZero() || w.To.IsZero() || w.From.Before(w.To), prefix+"to", "must be after from")
}

func (v *validator) recurring(prefix string, w FreezeWindow) {
	days, err := parseDays(w.Days)
	v.valid(prefix+"days", err)
	_, startErr := parseClock(w.Start)
	v.valid(prefix+"start", startErr)
	_, endErr := parseClock(w.End)
	v.valid(prefix+"end", endErr)
	_, err = LoadZone(w.Zone)
	v.valid(prefix+"zone", err)
	slices.Sort(days)
	whole := len(slices.Compact(days)) == len(weekdays()) && startErr == nil && w.Start == w.End
	v.check(!whole, prefix+"end", "leaves no time open in the whole week; use a stop, which lasts until it is lifted")
}

// scope checks the fields that are given.
func (v *validator) scope(field string, s Scope) {
	if s.ByName() {
		v.valid(field+".application", CheckApplicationName(s.Application))
		v.check(s.Environment == "" || IsName(s.Environment), field+".environment", "%q is not %s", s.Environment, NameWords)
		v.check(s.Platform == "" && s.Region == "" && s.App == "", field, "is either of names or of a platform; leave one of them out")
		v.check(len(s.Apps) > 0 && len(s.Apps) <= maxScopeApps, field+".apps", "must be the 1-%d applications that the names stand for", maxScopeApps)
		for i, app := range s.Apps[:min(len(s.Apps), maxScopeApps)] {
			problems, _ := errors.AsType[Problems](app.Validate())
			for _, p := range problems {
				v.problems = append(v.problems, Problem{Field: fmt.Sprintf("%s.apps[%d]%s", field, i, strings.TrimPrefix(p.Field, "app")), Message: p.Message})
			}
		}
		return
	}
	v.check(s.Environment == "" && len(s.Apps) == 0, field+".environment", "has no meaning without application")
	on, served := TraitsOf(s.Platform)
	v.check(s.Platform == "" || served, field+".platform", "%q is not a platform served here; use %s, or leave it out for any", s.Platform, servedPlatforms())
	v.check(s.Region == "" || matches(regionPattern, s.Region), field+".region", "%q is not a region ID such as cn-hangzhou; leave it out for any", s.Region)
	if served {
		v.check(s.App == "" || matches(on.AppID, s.App), field+".app", "%q is not an application ID: %s; leave it out for any", s.App, on.AppWords)
		return
	}
	ids := func(t Traits) *regexp.Regexp { return t.AppID }
	v.check(s.App == "" || matchesAny(ids, s.App), field+".app", "%q is not an application ID: %s; leave it out for any", s.App, idWords)
}
