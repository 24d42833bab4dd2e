package servicestagesim

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"slipway/internal/huaweisign"
	"slipway/internal/simframe"
)

// maxBody bounds the body of a request in bytes. The reference gives 12 MB for signed requests [3.2].
const maxBody = 12 << 20

// A Simulator is ServiceStage served from memory. It is an http.Handler: put it behind any
// server or httptest. It is safe for concurrent use and starts no goroutines.
//
// Like every simulator of this project it has the controls Advance, Clock and Now, AddFault, Faults, RemoveFault and ClearFaults,
// Calls and ResetCalls, Snapshot, Restore and Reset, and Close, which writes the state file.
type Simulator struct {
	controls

	config     Config
	verifier   *huaweisign.Verifier
	operations []operation
	control    http.Handler

	mu    sync.Mutex
	st    *state
	store *simframe.Store[*state]
}

// controls are those that all simulators have.
type controls = simframe.Controller[*state]

// New makes a simulator. When the configuration names a state file that exists, the simulator
// goes on where the file was left; its seed is then the file's.
func New(config Config) (*Simulator, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("servicestagesim: %w", err)
	}
	s := &Simulator{config: config.withDefaults(), operations: operations()}
	s.verifier = &huaweisign.Verifier{Keys: s.config.AccessKeys, Tokens: s.config.SecurityTokens, Wall: s.config.Wall}
	s.store = &simframe.Store[*state]{Kind: s.kind(), Lock: &s.mu, State: &s.st, Clock: s.config.Clock, File: s.config.StateFile}
	s.controls = simframe.NewController(s.store)
	s.control = s.adminHandler()
	if err := s.store.Open(config.Seed); err != nil {
		return nil, fmt.Errorf("servicestagesim: %w", err)
	}
	return s, nil
}

// kind says what the simulator's states are.
func (s *Simulator) kind() simframe.Kind[*state] {
	return simframe.Kind[*state]{
		Name: "servicestagesim", Version: stateVersion, New: newState, Complete: (*state).complete, Advance: s.engine().advance,
		CheckFault: checkFault, NoSuchFault: ErrNoSuchFault,
	}
}

// look brings the state up to the present time and returns that time. The caller holds the lock.
func (s *Simulator) look() time.Time { return s.store.Look() }

// save writes the state file, when there is one. The caller holds the lock.
func (s *Simulator) save() error { return s.store.Save() }

// ServeHTTP serves the APIs, the tokens of IAM, the admin API under /_servicestagesim/ and /healthz.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.admin().Serves(r.URL.Path) {
		s.control.ServeHTTP(w, r)
		return
	}
	c := &call{config: &s.config, query: r.URL.Query(), header: r.Header, host: r.Host}
	var refused *apiError
	if c.body, refused = readBody(w, r); refused == nil {
		refused = s.route(c, r)
	}
	operation := ""
	if c.op != nil {
		operation = c.op.Name
	}
	c.requestID = s.store.NextRequest(operation)
	if refused == nil {
		refused = s.authenticate(c, r)
	}
	if refused != nil {
		fail(c, refused).Write(w)
		return
	}
	s.store.TakeFaults(operation, c.workloadID()).Serve(w, r, simframe.Call{
		CarryOut: func() simframe.Answer { return s.carryOut(c) },
		Refuse: func(f Fault) simframe.Answer {
			return fail(c, simframe.Codes(describeCode).RefuseFault(f, codeInternal))
		},
	})
}

// readBody reads a body of bounded length.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(codeTooLarge, "a body has at most "+strconv.FormatInt(large.Limit, 10)+" bytes")
	}
	if err != nil {
		return nil, refuse(codeInvalid, "the body could not be read: "+err.Error())
	}
	return body, nil
}

// carryOut runs the operation of a call.
func (s *Simulator) carryOut(c *call) simframe.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.st, c.now = s.st, s.look()
	result, refused := c.op.serve(c)
	if refused != nil {
		return fail(c, refused)
	}
	if c.op.Mutates {
		s.st.wake = time.Time{}
		if err := s.save(); err != nil {
			return fail(c, refuse(codeInternal, err.Error()))
		}
	}
	return succeed(c, result)
}
