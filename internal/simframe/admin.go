package simframe

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxBody bounds a body of the admin API in bytes.
	maxBody = 10 << 20
	// maxState bounds the body of PUT state in bytes: thousands of applications.
	maxState = 32 << 20
)

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

	// AdminError is the body of every refusal of the admin API.
	AdminError struct {
		Error string `json:"error"`
	}

	// CallCounts tells how often the API was called, refused and broken calls included.
	CallCounts struct {
		Total      int            `json:"total"`
		Operations map[string]int `json:"operations"`
		// Unserved counts the parameters that a call was refused for because the simulator
		// has not got them, by operation and parameter.
		Unserved map[string]int `json:"unserved,omitempty"`
		// Ignored counts the parameters that a call was sent and that had no effect; each is
		// a defect of the simulator.
		Ignored map[string]int `json:"ignored,omitempty"`
	}
)

// Controls are the controls that every simulator has.
type Controls interface {
	Clock() *Clock
	Advance(d time.Duration) (time.Time, error)
	Reset() error
	Snapshot() ([]byte, error)
	Restore(snapshot []byte) error
	Calls() CallCounts
	ResetCalls()
	AddFault(f Fault) (Fault, error)
	Faults() []Fault
	// RemoveFault takes one fault back. For an ID that nothing has it returns an error that StatusOf knows as 404.
	RemoveFault(id int) error
	ClearFaults() error
}

// Admin is the admin API of a simulator. It takes no signature: a simulator belongs on a loopback address.
type Admin struct {
	// Name is the simulator's name. It begins the texts of refusals, and the endpoints are below /_<Name>/.
	Name string
	// Hosts are further names, in lower case, by which the admin API may be called.
	Hosts []string
	// StatusOf is the HTTP status of an error of the simulator's own, 0 for one that it does not know.
	StatusOf func(err error) int
}

// Prefix is where the endpoints live.
func (a Admin) Prefix() string { return "/_" + a.Name + "/" }

// Serves reports whether a path is one of the admin API, or /healthz.
func (a Admin) Serves(path string) bool {
	return path == "/healthz" || strings.HasPrefix(path, a.Prefix())
}

// Handle adds the endpoints of what every simulator has: health, clock, faults, counts of calls,
// reset and state. Whatever else is asked for below the prefix is not found.
func (a Admin) Handle(mux *http.ServeMux, c Controls) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET "+a.Prefix()+"clock", func(w http.ResponseWriter, _ *http.Request) { writeClock(w, c.Clock()) })
	mux.HandleFunc("POST "+a.Prefix()+"clock/advance", func(w http.ResponseWriter, r *http.Request) { a.advance(w, r, c) })
	a.handleFaults(mux, c)
	mux.HandleFunc("GET "+a.Prefix()+"calls", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, http.StatusOK, c.Calls()) })
	mux.HandleFunc("DELETE "+a.Prefix()+"calls", func(w http.ResponseWriter, _ *http.Request) {
		c.ResetCalls()
		a.WriteDone(w, nil)
	})
	mux.HandleFunc("POST "+a.Prefix()+"reset", func(w http.ResponseWriter, _ *http.Request) { a.WriteDone(w, c.Reset()) })
	mux.HandleFunc("GET "+a.Prefix()+"state", func(w http.ResponseWriter, _ *http.Request) {
		snapshot, err := c.Snapshot()
		if err != nil {
			a.WriteDone(w, err)
			return
		}
		WriteJSON(w, http.StatusOK, json.RawMessage(snapshot))
	})
	mux.HandleFunc("PUT "+a.Prefix()+"state", func(w http.ResponseWriter, r *http.Request) { a.restore(w, r, c) })
	mux.HandleFunc(a.Prefix(), func(w http.ResponseWriter, _ *http.Request) {
		a.Refuse(w, http.StatusNotFound, "the admin API has no such endpoint")
	})
}

func (a Admin) handleFaults(mux *http.ServeMux, c Controls) {
	mux.HandleFunc("GET "+a.Prefix()+"faults", func(w http.ResponseWriter, _ *http.Request) { WriteJSON(w, http.StatusOK, c.Faults()) })
	mux.HandleFunc("POST "+a.Prefix()+"faults", func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		if !a.ReadJSON(w, r, &f) {
			return
		}
		added, err := c.AddFault(f)
		if err != nil {
			a.WriteDone(w, err)
			return
		}
		WriteJSON(w, http.StatusCreated, added)
	})
	mux.HandleFunc("DELETE "+a.Prefix()+"faults", func(w http.ResponseWriter, _ *http.Request) { a.WriteDone(w, c.ClearFaults()) })
	mux.HandleFunc("DELETE "+a.Prefix()+"faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil {
			id = 0 // no fault has it
		}
		a.WriteDone(w, c.RemoveFault(id))
	})
}

func (a Admin) advance(w http.ResponseWriter, r *http.Request, c Controls) {
	var body ClockAdvance
	if !a.ReadJSON(w, r, &body) {
		return
	}
	d, err := time.ParseDuration(body.Duration)
	if err == nil {
		_, err = c.Advance(d)
	}
	if err != nil {
		a.WriteDone(w, err)
		return
	}
	writeClock(w, c.Clock())
}

func writeClock(w http.ResponseWriter, clock *Clock) {
	WriteJSON(w, http.StatusOK, ClockReading{Now: clock.Now(), Speed: clock.Speed()})
}

func (a Admin) restore(w http.ResponseWriter, r *http.Request, c Controls) {
	snapshot, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxState))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		a.Refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a state has at most %d bytes", large.Limit))
		return
	}
	if err == nil {
		err = c.Restore(snapshot)
	}
	a.WriteDone(w, err)
}

// ReadJSON reads a small JSON body, and answers for one that cannot be read or that has more than is asked for.
func (a Admin) ReadJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, after := decoder.Token(); after != io.EOF {
			err = errors.New("something follows the JSON value")
		}
	}
	if err != nil {
		a.Refuse(w, http.StatusBadRequest, "the body is not what this endpoint takes: "+err.Error())
		return false
	}
	return true
}

// Refuse answers with an error of the admin API itself.
func (a Admin) Refuse(w http.ResponseWriter, status int, text string) {
	WriteJSON(w, status, AdminError{Error: a.Name + ": " + text})
}

// WriteDone answers 204, or the refusal that belongs to an error.
func (a Admin) WriteDone(w http.ResponseWriter, err error) {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status := a.StatusOf(err)
	if status == 0 {
		status = http.StatusBadRequest
	}
	WriteJSON(w, status, AdminError{Error: err.Error()})
}

// WriteJSON answers with a JSON body.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
