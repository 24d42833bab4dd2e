package saesim

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"slipway/internal/acs"
	"slipway/internal/simframe"
	"slipway/saeclient"
)

// A Simulator is SAE served from memory. It is an http.Handler: put it behind any
// server or httptest. It is safe for concurrent use and starts no goroutines.
//
// Like every simulator of this project it has the controls Advance, Clock and Now, AddFault, Faults, RemoveFault and ClearFaults,
// Calls and ResetCalls, Snapshot, Restore and Reset, and Close, which writes the state file.
type Simulator struct {
	controls

	config   Config
	engine   engine
	verifier *acs.Verifier
	routes   map[route]*operation
	control  http.Handler

	mu    sync.Mutex
	st    *state
	store *simframe.Store[*state]
}

// controls are those that all simulators have.
type controls = simframe.Controller[*state]

// New makes a simulator. When the configuration names a state file that exists, the
// simulator goes on where the file was left; its seed is then the file's.
func New(config Config) (*Simulator, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("saesim: %w", err)
	}
	config = config.withDefaults()
	s := &Simulator{
		config: config,
		engine: engine{batch: config.BatchDuration},
		verifier: &acs.Verifier{
			Keys: config.AccessKeys, Version: saeclient.APIVersion, Strict: config.Strict, Wall: config.Wall, Check: config.checkHeaders,
		},
		routes: routes(),
	}
	s.store = &simframe.Store[*state]{Kind: s.kind(), Lock: &s.mu, State: &s.st, Clock: config.Clock, File: config.StateFile}
	s.controls = simframe.NewController(s.store)
	s.control = s.adminHandler()
	if err := s.store.Open(config.Seed); err != nil {
		return nil, fmt.Errorf("saesim: %w", err)
	}
	return s, nil
}

// kind says what the simulator's states are.
func (s *Simulator) kind() simframe.Kind[*state] {
	return simframe.Kind[*state]{
		Name: "saesim", Version: stateVersion, New: newState, Complete: (*state).complete, Advance: s.engine.advance,
		CheckFault: checkFault, NoSuchFault: ErrNoSuchFault,
	}
}

// look brings the state up to the present time and returns that time. The caller holds the lock.
func (s *Simulator) look() time.Time { return s.store.Look() }

// save writes the state file, when there is one. The caller holds the lock.
func (s *Simulator) save() error { return s.store.Save() }

// ServeHTTP serves the SAE API, the admin API under /_saesim/ and /healthz.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.admin().Serves(r.URL.Path) {
		s.control.ServeHTTP(w, r)
		return
	}
	s.serveAPI(w, r)
}

// serveAPI carries one request through routing and authentication.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	op := s.find(r.Method, r.URL.Path)
	if op == nil {
		fail(newRequestIDs(s.store.NextRequest(""), wantsXML(r.Header)), refuse(codeActionNotFound)).Write(w)
		return
	}
	ids := newRequestIDs(s.store.NextRequest(op.Name), wantsXML(r.Header))
	body, refused := readBody(w, r)
	if refused == nil {
		refused = s.authenticate(r, body)
	}
	if refused != nil {
		fail(ids, refused).Write(w)
		return
	}
	if op.serve == nil {
		s.countUnserved(op.Name)
		fail(ids, refuse(codeOperationUnserved, op.Name)).Write(w)
		return
	}
	s.serveCall(w, r, &call{engine: s.engine, op: op.Operation, serve: op.serve, args: parseArgs(r, body), region: s.config.Region}, ids)
}

// serveCall carries a call through its faults and its operation.
func (s *Simulator) serveCall(w http.ResponseWriter, r *http.Request, c *call, ids requestIDs) {
	s.takeFaults(c).Serve(w, r, simframe.Call{
		CarryOut: func() simframe.Answer { return s.carryOut(c, ids) },
		Refuse: func(f Fault) simframe.Answer {
			return fail(ids, simframe.Codes(describeCode).RefuseFault(f, codeInternal))
		},
	})
}

// authenticate refuses a request that is not signed as the SAE API reference wants it (ch. 6).
func (s *Simulator) authenticate(r *http.Request, body []byte) *apiError {
	if refused := s.verifier.Verify(r, body); refused != nil {
		return refuse(refused.Code, refused.Detail)
	}
	return nil
}

// checkHeaders checks the headers that are SAE's own (SAE API reference ch. 7).
func (c Config) checkHeaders(header http.Header) *acs.Refusal {
	if region := header.Get("X-Acs-Region-Id"); region != "" && region != c.Region {
		return &acs.Refusal{Code: codeRegionUnsupported, Detail: region}
	}
	if _, named := acceptedForm(header); c.Strict && !named {
		return &acs.Refusal{Code: acs.CodeMissingHeader, Detail: "Accept"}
	}
	return nil
}

// countUnserved counts a call of an operation that the simulator has not got.
func (s *Simulator) countUnserved(operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.count(&s.st.Unserved, operation, []string{""})
}

// takeFaults uses up the faults that are meant for a call.
func (s *Simulator) takeFaults(c *call) simframe.CallFaults {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.st, c.now = s.st, s.look()
	return s.st.Faults.TakeCall(s.st.Target(c.op.Name, c.subject()))
}

// carryOut checks a call's parameters and runs its operation.
func (s *Simulator) carryOut(c *call, ids requestIDs) simframe.Answer {
	refused := c.args.check(c.op)
	s.mu.Lock()
	defer s.mu.Unlock()
	if names := c.unserved(); refused == nil && len(names) > 0 {
		s.st.count(&s.st.Unserved, c.op.Name, names)
		refused = refuse(codeUnserved, c.op.Name, strings.Join(names, ", "))
	}
	if refused != nil {
		return fail(ids, refused)
	}
	c.st, c.now = s.st, s.look()
	result, refused := c.serve(c)
	if refused != nil {
		return fail(ids, refused)
	}
	s.st.count(&s.st.Ignored, c.op.Name, c.ignored())
	if c.op.Mutates {
		s.st.wake = time.Time{}
		if err := s.save(); err != nil {
			return fail(ids, &apiError{Status: http.StatusInternalServerError, Code: codeInternal, Message: err.Error()})
		}
	}
	return succeed(c.op, ids, result)
}
