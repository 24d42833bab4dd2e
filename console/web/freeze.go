package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"slipway/console/api"
	"slipway/console/problem"
	"slipway/release"
	"slipway/wire"
)

// freezeShown is a freeze of the calendar.
type freezeShown struct{ wire.ListedFreeze }

// dayShown is a day of the calendar.
type dayShown struct {
	Date time.Time
	// Today and Outside tell that it is this day, and that it is none of the month.
	Today, Outside bool
	// Freezes are those that hold something on this day.
	Freezes []freezeShown
}

// calendarShown is the page of freezes.
type calendarShown struct {
	listed[freezeShown]

	// Month is the first day of the month that is shown, and Before and After are those beside it.
	Month, Before, After time.Time
	Weeks                [][]dayShown
}

// Weekdays are the first days of the week as they are shown.
func (calendarShown) Weekdays() []string { return weekdays() }

// weekdays are the days of the week as a recurring freeze has them.
func weekdays() []string { return []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} }

func freezesPage(p *page) error {
	var shown calendarShown
	if err := p.get("freezes", nil, &shown.listed); err != nil {
		return err
	}
	month, err := time.Parse("2006-01", p.URL.Query().Get("month"))
	if err != nil {
		month = time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	shown.Month, shown.Before, shown.After = month, month.AddDate(0, -1, 0), month.AddDate(0, 1, 0)
	shown.Weeks = weeksOf(month, p.now, shown.Items)
	return p.show("freezes", p.t("Freezes"), shown, live{})
}

// weeksOf are the weeks of a month, from Monday on, with what is frozen on each day.
func weeksOf(month, now time.Time, freezes []freezeShown) [][]dayShown {
	first := month.AddDate(0, 0, -(int(month.Weekday())+6)%7)
	var weeks [][]dayShown
	for day := first; day.Before(month.AddDate(0, 1, 0)); {
		week := make([]dayShown, 0, 7)
		for range 7 {
			next := day.AddDate(0, 0, 1)
			week = append(week, dayShown{
				Date: day, Outside: day.Month() != month.Month(), Today: !now.Before(day) && now.Before(next),
				Freezes: slices.DeleteFunc(slices.Clone(freezes), func(f freezeShown) bool { return !f.on(day, next, now) }),
			})
			day = next
		}
		weeks = append(weeks, week)
	}
	return weeks
}

// on reports whether it holds something within a day. A stop holds from when it was made, for as long as nobody lifts it.
func (f freezeShown) on(day, next, now time.Time) bool {
	if f.Kind == wire.FreezeStop {
		return f.At.Before(next) && !day.After(now)
	}
	return f.Within(day, next)
}

// freezeForm is a new freeze as it was filled in: the parameters of a form.
type freezeForm url.Values

// freezeFields are those parameters.
func freezeFields() []string {
	return []string{"kind", "name", "scope", "reason", "from", "to", "days", "start", "end", "zone"}
}

func (f freezeForm) of(name string) string { return strings.TrimSpace(strings.Join(f[name], " ")) }

// newFreezePage is the second look at a freeze that is to be added.
func newFreezePage(p *page) error { return p.lookAtNewFreeze(freezeForm(p.URL.Query()), nil) }

func (p *page) lookAtNewFreeze(f freezeForm, why *problem.Problem) error {
	body, wrong := f.body(p.by)
	if len(wrong) > 0 {
		return invalid(wrong)
	}
	s := second{
		Label: "Add", Does: p.t("While the window holds, nothing new begins: no release, and no next batch."), Action: "/freezes", Back: "/freezes", Stops: true, Problem: why,
		Facts: []fact{{"Freeze", body.Name}, {"Holds", body.Scope.String()}, {"Reason", body.Reason}, {"When", f.when()}},
	}
	if body.Kind == wire.FreezeStop {
		s.Label, s.Does = "Stop the line", p.t("Nothing new begins until somebody lifts it: no release, and no next batch. What runs is followed to the end of its batch.")
	}
	for _, name := range freezeFields() {
		s.Bound = append(s.Bound, fact{name, f.of(name)})
	}
	return p.showSecond(p.t(s.Label)+": "+body.Name, s)
}

// when says when a window holds, in words.
func (f freezeForm) when() string {
	if f.of("kind") != string(wire.FreezeWindow) {
		return ""
	}
	if f.of("from") != "" {
		return f.of("from") + " – " + f.of("to") + " UTC"
	}
	return strings.TrimSpace(f.of("days") + " " + f.of("start") + "–" + f.of("end") + " " + f.of("zone"))
}

// addFreeze adds a freeze to the calendar.
func addFreeze(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	f := freezeForm(p.PostForm)
	body, wrong := f.body(p.by)
	if len(wrong) > 0 {
		return invalid(wrong)
	}
	if err := p.post("freezes", "", body, nil); err != nil {
		why := p.problemOf(err)
		return p.lookAtNewFreeze(f, &why)
	}
	return p.redirect("/freezes")
}

// invalid are the fields of a form that are wrong.
func invalid(wrong release.Problems) problem.Problem {
	why := problem.New(http.StatusUnprocessableEntity, "something in the form is wrong")
	why.Errors = wrong
	return why
}

// body reads the form, as the API takes it. The problems are everything that is wrong, but for what the names of its scope stand for.
func (f freezeForm) body(by string) (b api.FreezeBody, wrong release.Problems) {
	b = api.FreezeBody{Kind: wire.FreezeKind(f.of("kind")), Name: f.of("name"), Reason: f.of("reason")}
	read := func(name string, err error) {
		if err != nil {
			wrong = append(wrong, release.Problem{Field: name, Message: err.Error()})
		}
	}
	var err error
	b.Scope, err = release.ParseScope(f.of("scope"))
	read("scope", err)
	switch {
	case b.Kind != wire.FreezeWindow:
	case f.of("from") != "" || f.of("to") != "":
		b.From, err = moment(f.of("from"))
		read("from", err)
		b.To, err = moment(f.of("to"))
		read("to", err)
	default:
		b.Days, b.Start, b.End, b.Zone = strings.Fields(f.of("days")), f.of("start"), f.of("end"), f.of("zone")
	}
	if len(wrong) == 0 { // what could not be read would be missing there
		_, wrong = b.Window(by)
	}
	return b, wrong
}

// moment reads a time as a browser sends it, in UTC.
func moment(text string) (time.Time, error) {
	if at, err := time.Parse("2006-01-02T15:04", text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, errors.New("must be a time such as 2026-11-30T08:00")
	}
	return at, nil
}

// freezeEndPage is the second look at the end of a freeze.
func freezeEndPage(p *page) error {
	s, err := p.lookAtFreeze()
	if err != nil {
		return err
	}
	return p.showSecond(p.t(s.Label)+": "+p.PathValue("name"), s)
}

func (p *page) lookAtFreeze() (s second, err error) {
	var found listed[freezeShown]
	if err := p.get("freezes", nil, &found); err != nil {
		return s, err
	}
	name := p.PathValue("name")
	at := slices.IndexFunc(found.Items, func(f freezeShown) bool { return f.Name == name })
	if at < 0 {
		return s, problem.New(http.StatusNotFound, "there is no such freeze any more")
	}
	f := found.Items[at]
	s = second{
		Label: "Remove", Does: p.t("The window is taken out of the calendar. What it holds goes on."), Action: "/freezes/" + pathOf(name) + "/end", Back: "/freezes",
		Facts: []fact{{"Freeze", name}, {"Holds", f.Scope.String()}, {"Reason", f.Reason}, {"Requested by", f.By}}, Fields: []field{p.given(field{Name: "reason", Label: "Reason"})},
	}
	if f.Kind == wire.FreezeStop {
		s.Label, s.Does = "Lift", p.t("The stop is lifted. What it holds goes on.")
	}
	return s, nil
}

func endFreeze(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	err := p.ask(call{
		method: http.MethodDelete, path: "freezes/" + pathOf(p.PathValue("name")) + "?" + url.Values{"reason": {p.PostFormValue("reason")}}.Encode(),
	}, nil)
	if err == nil {
		return p.redirect("/freezes")
	}
	why := p.problemOf(err)
	s, again := p.lookAtFreeze()
	if again != nil {
		return why
	}
	s.Problem = &why
	return p.showSecond(p.t(s.Label)+": "+p.PathValue("name"), s)
}
