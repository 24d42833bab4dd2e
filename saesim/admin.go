package saesim

import (
	"errors"
	"net/http"

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
	mux.HandleFunc("POST "+admin.Prefix()+"approvals/{id}", s.adminDecide)
	s.handleConsole(mux)
	s.handleServices(mux)
	s.handleStatus(mux)
	mux.HandleFunc("GET "+admin.Prefix()+"orders", func(w http.ResponseWriter, r *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Orders(r.URL.Query().Get("appId")))
	})
	mux.HandleFunc("GET "+admin.Prefix()+"apps", func(w http.ResponseWriter, _ *http.Request) {
		simframe.WriteJSON(w, http.StatusOK, s.Apps())
	})
	return admin.Guard(mux)
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
