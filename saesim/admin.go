package saesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// adminPrefix is where the admin API lives. It takes no signature: a simulator
// belongs on a loopback address.
const adminPrefix = "/_saesim/"

// Bodies of the admin API.
type (
	// ClockReading is the answer of the clock endpoints.
	ClockReading struct {
		Now   time.Time `json:"now"`
		Speed float64   `json:"speed"`
	}

	// ClockAdvance is the body of POST clock/advance; Duration is such as "90s".
	ClockAdvance struct {
		Duration string `json:"duration"`
	}

	// Decision is the body of POST approvals/{changeOrderId}.
	Decision struct {
		Approve bool `json:"approve"`
	}

	// AdminError is the body of every refusal of the admin API.
	AdminError struct {
		Error string `json:"error"`
	}
)

func (s *Simulator) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET "+adminPrefix+"faults", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Faults())
	})
	mux.HandleFunc("POST "+adminPrefix+"faults", s.adminAddFault)
	mux.HandleFunc("DELETE "+adminPrefix+"faults", func(w http.ResponseWriter, _ *http.Request) {
		writeDone(w, s.ClearFaults())
	})
	mux.HandleFunc("DELETE "+adminPrefix+"faults/{id}", s.adminRemoveFault)
	mux.HandleFunc("POST "+adminPrefix+"approvals/{id}", s.adminDecide)
	s.handleConsole(mux)
	s.handleServices(mux)
	s.handleStatus(mux)
	mux.HandleFunc("GET "+adminPrefix+"clock", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.readClock())
	})
	mux.HandleFunc("POST "+adminPrefix+"clock/advance", s.adminAdvance)
	mux.HandleFunc("GET "+adminPrefix+"calls", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Calls())
	})
	mux.HandleFunc("DELETE "+adminPrefix+"calls", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetCalls()
		writeDone(w, nil)
	})
	mux.HandleFunc("GET "+adminPrefix+"orders", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.Orders(r.URL.Query().Get("appId")))
	})
	mux.HandleFunc("GET "+adminPrefix+"apps", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Apps())
	})
	mux.HandleFunc("POST "+adminPrefix+"reset", func(w http.ResponseWriter, _ *http.Request) {
		writeDone(w, s.Reset())
	})
	mux.HandleFunc("GET "+adminPrefix+"state", s.adminSnapshot)
	mux.HandleFunc("PUT "+adminPrefix+"state", s.adminRestore)
	mux.HandleFunc(adminPrefix, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, AdminError{Error: "saesim: the admin API has no such endpoint"})
	})
	guarded := http.NewServeMux()
	guarded.Handle("GET /healthz", mux)
	guarded.Handle("/", s.guard(mux))
	return guarded
}

func (s *Simulator) adminAddFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !readJSON(w, r, &f) {
		return
	}
	added, err := s.AddFault(f)
	if err != nil {
		writeDone(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, added)
}

func (s *Simulator) adminRemoveFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		writeDone(w, ErrNoSuchFault)
		return
	}
	writeDone(w, s.RemoveFault(id))
}

func (s *Simulator) adminDecide(w http.ResponseWriter, r *http.Request) {
	var decision Decision
	if !readJSON(w, r, &decision) {
		return
	}
	writeDone(w, s.decide(r.PathValue("id"), decision.Approve))
}

func (s *Simulator) adminAdvance(w http.ResponseWriter, r *http.Request) {
	var body ClockAdvance
	if !readJSON(w, r, &body) {
		return
	}
	d, err := time.ParseDuration(body.Duration)
	if err == nil {
		_, err = s.Advance(d)
	}
	if err != nil {
		writeDone(w, err)
		return
	}
	writeJSON(w, http.StatusOK, s.readClock())
}

func (s *Simulator) readClock() ClockReading {
	return ClockReading{Now: s.Now(), Speed: s.config.Clock.Speed()}
}

func (s *Simulator) adminSnapshot(w http.ResponseWriter, _ *http.Request) {
	snapshot, err := s.Snapshot()
	if err != nil {
		writeDone(w, err)
		return
	}
	writeJSON(w, http.StatusOK, json.RawMessage(snapshot))
}

func (s *Simulator) adminRestore(w http.ResponseWriter, r *http.Request) {
	snapshot, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxState))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		writeJSON(w, http.StatusRequestEntityTooLarge, AdminError{Error: fmt.Sprintf("saesim: a state has at most %d bytes", large.Limit)})
		return
	}
	if err == nil {
		err = s.Restore(snapshot)
	}
	writeDone(w, err)
}

// readJSON reads a small JSON body and answers for a bad one.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into); err != nil {
		writeJSON(w, http.StatusBadRequest, AdminError{Error: "saesim: the body is not what this endpoint takes: " + err.Error()})
		return false
	}
	return true
}

// writeDone answers 204, or the refusal that belongs to an error.
func writeDone(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, ErrNoSuchOrder), errors.Is(err, ErrNoSuchFault), errors.Is(err, ErrNoSuchApp), errors.Is(err, ErrNoSuchVersion):
		writeJSON(w, http.StatusNotFound, AdminError{Error: err.Error()})
	case errors.Is(err, ErrNotWaiting), errors.Is(err, ErrOrderFinished), errors.Is(err, ErrVersionInUse):
		writeJSON(w, http.StatusConflict, AdminError{Error: err.Error()})
	default:
		writeJSON(w, http.StatusBadRequest, AdminError{Error: err.Error()})
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		return // the caller went away
	}
}
