package saesim

import (
	"cmp"
	_ "embed"
	"html/template"
	"net/http"
	"time"
)

//go:embed status.html
var statusPage string

// statusView is what the status page shows.
type statusView struct {
	Region string
	Strict bool
	Now    string
	Speed  float64
	Apps   []appView
	Orders []orderView
	Faults []Fault
	Calls  []callView
	// Unserved and Ignored are parameters; see state.
	Unserved, Ignored []callView
}

type appView struct {
	ID, Name, Namespace, State, Artifact string
	Running, Replicas, Rules             int
}

type orderView struct {
	ID, App, Type, Status, Class, Begun, Description string
	Batch, Batches                                   int
}

type callView struct {
	Operation string
	Count     int
}

// handleStatus adds the status page to the admin API.
func (s *Simulator) handleStatus(mux *http.ServeMux) {
	page := template.Must(template.New("status").Parse(statusPage))
	s.admin().HandlePage(mux, page, func() any { return s.statusView() })
}

func (s *Simulator) statusView() statusView {
	faults := s.Faults()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	view := statusView{
		Region: s.config.Region, Strict: s.config.Strict, Speed: s.config.Clock.Speed(), Now: now.UTC().Format(time.RFC3339), Faults: faults,
	}
	for _, app := range s.st.applications() {
		view.Apps = append(view.Apps, app.view())
		if order := s.st.active(app); order != nil {
			view.Orders = append(view.Orders, order.view(app))
		}
	}
	view.Calls, view.Unserved, view.Ignored = counts(s.st.Calls), counts(s.st.Unserved), counts(s.st.Ignored)
	return view
}

func counts(of map[string]int) []callView {
	var list []callView
	for _, name := range sortedKeys(of) {
		list = append(list, callView{Operation: name, Count: of[name]})
	}
	return list
}

func (a *application) view() appView {
	config := a.settings()
	view := appView{
		ID: a.ID, Name: a.Name, Namespace: a.NamespaceID, State: a.runState(), Running: a.running(), Replicas: a.Replicas,
		Artifact: cmp.Or(config["ImageUrl"], config["PackageUrl"]+" "+config["PackageVersion"]),
	}
	for _, rule := range a.Rules {
		if rule.Enabled {
			view.Rules++
		}
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
