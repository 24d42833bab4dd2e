package saesim

import (
	"cmp"
	_ "embed"
	"maps"
	"net/http"
	"slices"
	"time"

	"slipway/internal/simframe"
)

//go:embed status.html
var statusPage string

// statusView is what the status page shows.
type statusView struct {
	Apps   []appView
	Jobs   []jobView
	Lanes  []laneView
	Orders []orderView
}

type appView struct {
	ID, Name, Namespace, State, Artifact string
	Running, Replicas, Rules             int
}

// jobView is a job template.
type jobView struct {
	ID, Name, Namespace, Artifact, State, LastRun string
	Runs                                          int
}

// laneView is a swimming lane.
type laneView struct {
	Namespace, Group, Entry, Name, Tag string
	Enabled                            bool
}

type orderView struct {
	ID, App, Type, Status, Class, Begun, Description string
	Batch, Batches                                   int
}

// handleStatus adds the status page to the admin API.
func (s *Simulator) handleStatus(mux *http.ServeMux) {
	headers := "lenient"
	if s.config.Strict {
		headers = "strict"
	}
	s.admin().HandlePage(mux, statusPage, s, func() simframe.Page {
		return simframe.Page{
			Title: s.config.Region, Sections: s.statusView(),
			About: "Alibaba Cloud SAE on loopback, region " + s.config.Region + ", " + headers + " headers.",
		}
	})
}

func (s *Simulator) statusView() statusView {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	var view statusView
	for _, app := range s.st.workloads() {
		if app.Template {
			view.Jobs = append(view.Jobs, app.jobView(now))
		} else {
			view.Apps = append(view.Apps, app.view())
		}
		if order := s.st.active(app); order != nil {
			view.Orders = append(view.Orders, order.view(app))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.st.LaneGroups)) {
		g := s.st.LaneGroups[id]
		for _, l := range g.Lanes {
			view.Lanes = append(view.Lanes, laneView{
				Namespace: g.NamespaceID, Group: g.Name, Entry: g.EntryType + " " + g.EntryID, Name: l.Name, Tag: l.Tag.Value, Enabled: l.Enabled,
			})
		}
	}
	return view
}

func (a *application) view() appView {
	view := appView{
		ID: a.ID, Name: a.Name, Namespace: a.NamespaceID, State: a.runState(), Running: a.running(), Replicas: a.Replicas,
		Artifact: a.artifact(),
	}
	for _, rule := range a.Rules {
		if rule.Enabled {
			view.Rules++
		}
	}
	return view
}

// artifact is what the application runs.
func (a *application) artifact() string {
	config := a.settings()
	return cmp.Or(config["ImageUrl"], config["PackageUrl"]+" "+config["PackageVersion"])
}

func (a *application) jobView(now time.Time) jobView {
	view := jobView{
		ID: a.ID, Name: a.Name, Namespace: a.NamespaceID, Artifact: a.artifact(), State: "active", Runs: len(a.Jobs),
		LastRun: cmp.Or(a.lastRun().show(now).Message, "not run"),
	}
	if a.Job.Suspended {
		view.State = "suspended"
	}
	return view
}

func (o *changeOrder) view(app *application) orderView {
	status, sub := o.status()
	view := orderView{
		ID: o.ID, App: app.Name, Type: typeLabel(o.Type), Status: statusWord(status), Begun: o.CreatedAt.UTC().Format(time.RFC3339),
		Description: o.Description, Batch: o.Current + 1, Batches: len(o.Pipelines),
	}
	switch {
	case sub == 1:
		view.Status, view.Class = view.Status+", a batch failed", "bad"
	case o.Due.IsZero():
		view.Class = "wait"
	}
	return view
}
