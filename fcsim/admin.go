package fcsim

import (
	"cmp"
	_ "embed"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

//go:embed status.html
var statusSections string

// admin is the frame of the admin API. It takes no signature: a simulator belongs on a loopback
// address.
func (s *Simulator) admin() simframe.Admin {
	return simframe.Admin{Name: "fcsim", Hosts: s.config.Hosts, StatusOf: statusOf}
}

// statusOf is the HTTP status of an error of the control methods, 0 for others.
func statusOf(err error) int {
	if errors.Is(err, ErrNoSuchFault) || errors.Is(err, ErrNoSuchProvision) {
		return http.StatusNotFound
	}
	return 0
}

func (s *Simulator) adminHandler() http.Handler {
	mux := http.NewServeMux()
	admin := s.admin()
	admin.Handle(mux, s)
	mux.HandleFunc("GET "+admin.Prefix()+"behaviours", func(w http.ResponseWriter, _ *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Behaviours())
	})
	mux.HandleFunc("PUT "+admin.Prefix()+"behaviours", func(w http.ResponseWriter, r *http.Request) {
		var b Behaviour
		if admin.ReadJSON(w, r, &b) {
			admin.WriteDone(w, s.SetBehaviour(b))
		}
	})
	mux.HandleFunc("PUT "+admin.Prefix()+"load", func(w http.ResponseWriter, r *http.Request) {
		var l Load
		if admin.ReadJSON(w, r, &l) {
			admin.WriteDone(w, s.SetLoad(l))
		}
	})
	admin.HandlePage(mux, statusSections, s, s.page)
	return admin.Guard(mux)
}

// pageView is what the status page shows.
type pageView struct {
	Services   []serviceView
	Domains    []domainView
	Behaviours []Behaviour
}

type serviceView struct {
	Name     string
	Versions string
	// Unpublished tells that LATEST differs from the newest version.
	Unpublished bool
	Functions   []functionView
	Aliases     []aliasView
	Triggers    []triggerView
	// Running counts the asynchronous invocations that are not over.
	Running int
}

// triggerView is a trigger; what calls LATEST meets every change at once.
type triggerView struct {
	Function, Name, Type, Calls string
	Latest                      bool
}

// domainView is a route of a custom domain.
type domainView struct{ Name, Path, Calls string }

type functionView struct{ Name, Runtime, Code string }

type aliasView struct {
	Name, Serves string
	Gray         bool
	Provisions   []provisionView
}

type provisionView struct {
	Function        string
	Current, Target int
	Rules           int
}

// page is what the status page shows of this simulator.
func (s *Simulator) page() simframe.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	view := pageView{Behaviours: simframe.SortedValues(s.st.Behaviours)}
	for i, b := range view.Behaviours {
		view.Behaviours[i].Body = simframe.Shorten(b.Body)
	}
	for _, v := range simframe.SortedValues(s.st.Services) {
		view.Services = append(view.Services, v.show())
	}
	for _, d := range simframe.SortedValues(s.st.Domains) {
		view.Domains = append(view.Domains, d.show()...)
	}
	return simframe.Page{
		Title: s.config.Region, Sections: view,
		About: "Alibaba Cloud Function Compute 2.0 on loopback, region " + s.config.Region + ", account " + s.config.AccountID + ".",
	}
}

// show is a row for each route, or one for the name alone.
func (d *customDomain) show() []domainView {
	if d.Settings.RouteConfig == nil || len(d.Settings.RouteConfig.Routes) == 0 {
		return []domainView{{Name: d.Name}}
	}
	var rows []domainView
	for _, r := range d.Settings.RouteConfig.Routes {
		rows = append(rows, domainView{d.Name, r.Path, r.ServiceName + "." + cmp.Or(r.Qualifier, latest) + "/" + r.FunctionName})
	}
	return rows
}

func (v *service) show() serviceView {
	shown := serviceView{Name: v.Name, Unpublished: v.Changed}
	for _, t := range simframe.SortedValues(v.Triggers) {
		shown.Triggers = append(shown.Triggers, triggerView{t.Function, t.Name, t.Type, cmp.Or(t.qualifier(), latest), t.qualifier() == ""})
	}
	for _, i := range v.Invocations {
		if !i.Due.IsZero() {
			shown.Running++
		}
	}
	var versions []string
	for _, n := range v.Versions {
		versions = append(versions, strconv.Itoa(n.ID))
	}
	shown.Versions = strings.Join(versions, ", ")
	for _, f := range simframe.SortedValues(v.Functions) {
		row := functionView{Name: f.Name, Code: f.runs().Source}
		if f.Settings.Runtime != nil {
			row.Runtime = *f.Settings.Runtime
		}
		shown.Functions = append(shown.Functions, row)
	}
	for _, a := range simframe.SortedValues(v.Aliases) {
		row := aliasView{Name: a.Name, Serves: strconv.Itoa(a.VersionID), Gray: len(a.Weights) > 0}
		for _, id := range slices.Sorted(maps.Keys(a.Weights)) {
			row.Serves += ", " + strconv.Itoa(id) + " with " + strconv.FormatFloat(a.Weights[id]*100, 'g', 4, 64) + " %"
		}
		for _, p := range simframe.SortedValues(v.Provisions) {
			if p.Alias == a.Name {
				row.Provisions = append(row.Provisions, provisionView{p.Function, len(p.Instances), p.Target, len(p.Actions) + len(p.Policies)})
			}
		}
		shown.Aliases = append(shown.Aliases, row)
	}
	return shown
}
