package servicestagesim

import (
	_ "embed"
	"errors"
	"net/http"
	"strconv"

	"slipway/internal/simframe"
)

//go:embed status.html
var statusSections string

// admin is the frame of the admin API. It takes no signature: a simulator belongs on a loopback
// address.
func (s *Simulator) admin() simframe.Admin {
	return simframe.Admin{Name: "servicestagesim", Hosts: s.config.Hosts, StatusOf: statusOf}
}

// statusOf is the HTTP status of an error of the control methods, 0 for others.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNoSuchFault), errors.Is(err, ErrNoSuchComponent):
		return http.StatusNotFound
	case errors.Is(err, ErrNoReplica):
		return http.StatusServiceUnavailable
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
	mux.HandleFunc("POST "+admin.Prefix()+"requests", func(w http.ResponseWriter, r *http.Request) {
		var asked Request
		if !admin.ReadJSON(w, r, &asked) {
			return
		}
		served, err := s.Serve(asked)
		if err != nil {
			admin.WriteDone(w, err)
			return
		}
		simframe.WriteJSON(w, http.StatusOK, served)
	})
	admin.HandlePage(mux, statusSections, s, s.page)
	return admin.Guard(mux)
}

// pageView is what the status page shows.
type pageView struct {
	Components   []componentRow
	Jobs         []jobRow
	Environments []environmentRow
	Behaviours   []Behaviour
	groupsView
}

type componentRow struct {
	Name, ID, Application, Environment, Status, Version, Beside, Replicas string
	// Waits tells that it waits for a decision, Bad that something is wrong with it.
	Waits, Bad bool
	Releases   int
}

type jobRow struct{ ID, Purpose, Subject, Status, Task string }

type environmentRow struct {
	Name, ID, Mode string
	Resources      int
}

// page is what the status page shows of this simulator.
func (s *Simulator) page() simframe.Page {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	view := pageView{Behaviours: simframe.SortedValues(s.st.Behaviours), groupsView: s.st.showGroups(s.st.Now)}
	for _, of := range simframe.SortedValues(s.st.Components) {
		view.Components = append(view.Components, s.st.row(of))
	}
	for _, j := range simframe.SortedValues(s.st.Jobs) {
		if j.Due.IsZero() {
			continue
		}
		row := jobRow{ID: j.ID, Purpose: string(j.Purpose), Subject: j.Subject, Status: j.Status}
		if j.At >= 0 {
			row.Task = strconv.Itoa(j.At+1) + " of " + strconv.Itoa(len(j.Tasks))
		}
		view.Jobs = append(view.Jobs, row)
	}
	for _, e := range simframe.SortedValues(s.st.Environments) {
		view.Environments = append(view.Environments, environmentRow{e.Name, e.ID, e.DeployMode, len(e.Resources)})
	}
	return simframe.Page{
		Title: s.config.Region, Sections: view,
		About: "Huawei Cloud ServiceStage on loopback, region " + s.config.Region + ", project " + s.config.ProjectID + ".",
	}
}

func (s *state) row(of *component) componentRow {
	status := of.status(s)
	row := componentRow{
		Name: of.Name, ID: of.ID, Application: s.Applications[of.ApplicationID].Name, Environment: s.Environments[of.EnvironmentID].Name,
		Status: status, Version: of.Version, Replicas: strconv.Itoa(of.available(s)) + " of " + strconv.Itoa(of.Replica),
		Waits: status == statusGraying, Bad: status == statusFailed || status == statusPartiallyFailed, Releases: len(of.Releases),
	}
	if of.Next.Version != "" && of.Serving.Version != "" {
		row.Beside = of.Serving.Version
	}
	return row
}
