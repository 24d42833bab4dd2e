package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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
	// Form is the form for a new freeze, as it was filled in, and Problem why that was refused.
	Form    freezeForm
	Problem *problem.Problem
}

// Weekdays are the first days of the week as they are shown.
func (calendarShown) Weekdays() []string { return weekdays() }

// weekdays are the days of the week as a recurring freeze has them.
func weekdays() []string { return []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"} }

// freezeForm is a new freeze as it was filled in.
type freezeForm struct {
	Kind, Name, Scope, Reason, From, To, Days, Start, End, Zone string
}

func freezesPage(p *page) error { return p.showFreezes(freezeForm{Kind: string(wire.FreezeStop)}, nil) }

func (p *page) showFreezes(form freezeForm, why *problem.Problem) error {
	shown := calendarShown{Form: form, Problem: why}
	if err := p.get("freezes", nil, &shown.listed); err != nil {
		return err
	}
	month, err := time.Parse("2006-01", p.URL.Query().Get("month"))
	if err != nil {
		month = time.Date(p.now.Year(), p.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	shown.Month, shown.Before, shown.After = month, month.AddDate(0, -1, 0), month.AddDate(0, 1, 0)
	shown.Weeks = weeksOf(month, p.now, shown.Items)
	status := http.StatusOK
	if why != nil {
		status = why.Status
	}
	return p.answer(status, "freezes", frame{Title: p.t("Freezes"), Body: shown})
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

// addFreeze adds a freeze to the calendar.
func addFreeze(p *page) error {
	if err := p.form(); err != nil {
		return err
	}
	form := freezeForm{
		Kind: p.PostFormValue("kind"), Name: p.PostFormValue("name"), Scope: strings.TrimSpace(p.PostFormValue("scope")), Reason: p.PostFormValue("reason"),
		From: p.PostFormValue("from"), To: p.PostFormValue("to"), Days: strings.Join(p.PostForm["days"], " "), Start: p.PostFormValue("start"), End: p.PostFormValue("end"),
		Zone: p.PostFormValue("zone"),
	}
	body, wrong := form.body()
	if len(wrong) > 0 {
		why := problem.New(http.StatusUnprocessableEntity, "something in the form is wrong")
		why.Errors = wrong
		return p.showFreezes(form, &why)
	}
	if err := p.post("freezes", "", body, nil); err != nil {
		why := p.problemOf(err)
		return p.showFreezes(form, &why)
	}
	return p.redirect("/freezes")
}

// freezeBody is a freeze as the API takes it.
type freezeBody struct {
	Kind   string        `json:"kind"`
	Name   string        `json:"name"`
	Scope  release.Scope `json:"scope,omitzero"`
	Reason string        `json:"reason"`
	From   time.Time     `json:"from,omitzero"`
	To     time.Time     `json:"to,omitzero"`
	Days   []string      `json:"days,omitempty"`
	Start  string        `json:"start,omitempty"`
	End    string        `json:"end,omitempty"`
	Zone   string        `json:"zone,omitempty"`
}

// body reads the form. The API judges all else.
func (f freezeForm) body() (b freezeBody, wrong release.Problems) {
	b = freezeBody{Kind: f.Kind, Name: f.Name, Reason: f.Reason}
	var err error
	if b.Scope, err = release.ParseScope(f.Scope); err != nil {
		wrong = append(wrong, release.Problem{Field: "scope", Message: err.Error()})
	}
	if f.Kind != string(wire.FreezeWindow) {
		return b, wrong
	}
	if f.From != "" || f.To != "" {
		b.From, err = moment(f.From)
		if err != nil {
			wrong = append(wrong, release.Problem{Field: "from", Message: err.Error()})
		}
		if b.To, err = moment(f.To); err != nil {
			wrong = append(wrong, release.Problem{Field: "to", Message: err.Error()})
		}
		return b, wrong
	}
	b.Days, b.Start, b.End, b.Zone = strings.Fields(f.Days), f.Start, f.End, f.Zone
	return b, wrong
}

// moment reads a time as a browser sends it, in UTC.
func moment(text string) (time.Time, error) {
	if at, err := time.Parse("2006-01-02T15:04", text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, problem.New(http.StatusUnprocessableEntity, "must be a time such as 2026-11-30T08:00")
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
	at := slices.IndexFunc(found.Items, func(f freezeShown) bool { return f.FreezeWindow.Name == name })
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
	err := p.ask(http.MethodDelete, "freezes/"+pathOf(p.PathValue("name"))+"?"+url.Values{"reason": {p.PostFormValue("reason")}}.Encode(), nil, "", nil)
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
