package saesim

import (
	"errors"
	"net/http"
	"strconv"

	"slipway/internal/simframe"
)

// Decision is the body of POST approvals/{changeOrderId}.
type Decision struct {
	Approve bool `json:"approve"`
}

// admin is the frame of the admin API. It takes no signature: a simulator belongs
// on a loopback address.
func (s *Simulator) admin() simframe.Admin {
	return simframe.Admin{Name: "saesim", Hosts: s.config.Hosts, StatusOf: statusOf}
}

// statusOf is the HTTP status of an error of the control methods, 0 for others.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrNoSuchOrder), errors.Is(err, ErrNoSuchFault), errors.Is(err, ErrNoSuchApp), errors.Is(err, ErrNoSuchVersion):
		return http.StatusNotFound
	case errors.Is(err, ErrNotWaiting), errors.Is(err, ErrOrderFinished), errors.Is(err, ErrVersionInUse):
		return http.StatusConflict
	}
	return 0
}

func (s *Simulator) adminHandler() http.Handler {
	mux := http.NewServeMux()
	admin := s.admin()
	admin.Handle(mux, s)
	mux.HandleFunc("GET "+admin.Prefix()+"faults", func(w http.ResponseWriter, _ *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Faults())
	})
	mux.HandleFunc("POST "+admin.Prefix()+"faults", s.adminAddFault)
	mux.HandleFunc("DELETE "+admin.Prefix()+"faults", func(w http.ResponseWriter, _ *http.Request) {
		s.admin().WriteDone(w, s.ClearFaults())
	})
	mux.HandleFunc("DELETE "+admin.Prefix()+"faults/{id}", s.adminRemoveFault)
	mux.HandleFunc("POST "+admin.Prefix()+"approvals/{id}", s.adminDecide)
	s.handleConsole(mux)
	s.handleServices(mux)
	s.handleStatus(mux)
	mux.HandleFunc("GET "+admin.Prefix()+"calls", func(w http.ResponseWriter, _ *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Calls())
	})
	mux.HandleFunc("GET "+admin.Prefix()+"orders", func(w http.ResponseWriter, r *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Orders(r.URL.Query().Get("appId")))
	})
	mux.HandleFunc("GET "+admin.Prefix()+"apps", func(w http.ResponseWriter, _ *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Apps())
	})
	guarded := http.NewServeMux()
	guarded.Handle("GET /healthz", mux)
	guarded.Handle("/", admin.Guard(mux))
	return guarded
}

func (s *Simulator) adminAddFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !s.admin().ReadJSON(w, r, &f) {
		return
	}
	added, err := s.AddFault(f)
	if err != nil {
		s.admin().WriteDone(w, err)
		return
	}
	simframe.WriteJSON(w, http.StatusCreated, added)
}

func (s *Simulator) adminRemoveFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		s.admin().WriteDone(w, ErrNoSuchFault)
		return
	}
	s.admin().WriteDone(w, s.RemoveFault(id))
}

func (s *Simulator) adminDecide(w http.ResponseWriter, r *http.Request) {
	var decision Decision
	if !s.admin().ReadJSON(w, r, &decision) {
		return
	}
	decide := s.Reject
	if decision.Approve {
		decide = s.Approve
	}
	s.admin().WriteDone(w, decide(r.PathValue("id")))
}
