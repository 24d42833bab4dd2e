package simframe

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"time"
)

//go:embed page.html
var pageFrame string

// A Page is what a status page shows beside the clock, the faults and the calls.
type Page struct {
	// Title is what is served, such as a region.
	Title string
	// About is a sentence about it.
	About string
	// Sections is what the simulator's own template shows.
	Sections any
}

// frameView is what page.html shows.
type frameView struct {
	Page

	Name                     string
	Now                      string
	Speed                    float64
	Faults                   []Fault
	Calls, Unserved, Ignored []countView
}

// countView is one row of a table of counts.
type countView struct {
	What  string
	Count int
}

// HandlePage adds the status page, for people, at the prefix itself: the frame that all simulators have around
// sections, the text of a template. The page may have a style of its own and nothing else: no scripts, nothing from elsewhere.
func (a Admin) HandlePage(mux *http.ServeMux, sections string, c Controls, view func() Page) {
	page := template.Must(template.New("page").Parse(pageFrame))
	template.Must(page.New("sections").Parse(sections))
	mux.HandleFunc("GET "+a.Prefix()+"{$}", func(w http.ResponseWriter, _ *http.Request) {
		own, calls := view(), c.Calls()
		frame := frameView{
			Page: own, Name: a.Name, Now: c.Clock().Now().UTC().Format(time.RFC3339), Speed: c.Clock().Speed(), Faults: c.Faults(),
			Calls: counts(calls.Operations), Unserved: counts(calls.Unserved), Ignored: counts(calls.Ignored),
		}
		var text bytes.Buffer
		if err := page.Execute(&text, frame); err != nil {
			a.Refuse(w, http.StatusInternalServerError, "status page: "+err.Error())
			return
		}
		header := w.Header()
		header.Set("Content-Type", "text/html; charset=utf-8")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		header.Set("Cache-Control", "no-store")
		_, _ = w.Write(text.Bytes())
	})
}

func counts(of map[string]int) []countView {
	var list []countView
	for _, name := range slices.Sorted(maps.Keys(of)) {
		list = append(list, countView{What: name, Count: of[name]})
	}
	return list
}
