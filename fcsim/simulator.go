package fcsim

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"slipway/internal/acs"
	"slipway/internal/simframe"
)

// maxBody bounds the body of a request in bytes: a code package in base64.
const maxBody = 70 << 20

// A Simulator is Function Compute served from memory. It is an http.Handler: put it behind any
// server or httptest. It is safe for concurrent use and starts no goroutines.
//
// Like every simulator of this project it has the controls Advance, Clock and Now, AddFault, Faults, RemoveFault and ClearFaults,
// Calls and ResetCalls, Snapshot, Restore and Reset, and Close, which writes the state file.
type Simulator struct {
	controls

	config     Config
	verifier   *acs.FCVerifier
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
		return nil, fmt.Errorf("fcsim: %w", err)
	}
	config = config.withDefaults()
	s := &Simulator{
		config:     config,
		verifier:   &acs.FCVerifier{Keys: config.AccessKeys, Tokens: config.SecurityTokens, Wall: config.Wall},
		operations: operations(),
	}
	s.store = &simframe.Store[*state]{Kind: s.kind(), Lock: &s.mu, State: &s.st, Clock: config.Clock, File: config.StateFile}
	s.controls = simframe.NewController(s.store)
	s.control = s.adminHandler()
	if err := s.store.Open(config.Seed); err != nil {
		return nil, fmt.Errorf("fcsim: %w", err)
	}
	return s, nil
}

// kind says what the simulator's states are.
func (s *Simulator) kind() simframe.Kind[*state] {
	return simframe.Kind[*state]{
		Name: "fcsim", Version: stateVersion, New: newState, Complete: (*state).complete, Advance: s.engine().advance,
		CheckFault: checkFault, NoSuchFault: ErrNoSuchFault,
	}
}

// look brings the state up to the present time and returns that time. The caller holds the lock.
func (s *Simulator) look() time.Time { return s.store.Look() }

// save writes the state file, when there is one. The caller holds the lock.
func (s *Simulator) save() error { return s.store.Save() }

// ServeHTTP serves the API, the calls of HTTP triggers, the code packages, the admin API under
// /_fcsim/ and /healthz.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.admin().Serves(r.URL.Path):
		s.control.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, codePrefix):
		s.serveCode(w, r)
	default:
		s.serveAPI(w, r)
	}
}

// serveAPI carries one request through routing and authentication.
func (s *Simulator) serveAPI(w http.ResponseWriter, r *http.Request) {
	c, refused := s.routeRequest(r)
	var operation string
	if c != nil {
		operation = c.op.Name
	}
	id := s.store.NextRequest(operation)
	if refused == nil {
		c.requestID, c.host, c.header, c.query = id, address(r), r.Header, r.URL.Query()
		c.body, refused = readBody(w, r)
	}
	if refused == nil {
		refused = s.authenticate(c, r)
	}
	if refused != nil {
		fail(id, refused).Write(w)
		return
	}
	s.serveCall(w, r, c)
}

// routeRequest finds what a request calls: an operation, or a function by its HTTP trigger.
func (s *Simulator) routeRequest(r *http.Request) (*call, *apiError) {
	escaped := r.URL.EscapedPath()
	if strings.HasPrefix(escaped, proxyPrefix) {
		return s.routeTrigger(r.Method, escaped)
	}
	return s.route(r.Method, escaped)
}

// address is where the caller reached the simulator. The vendor's Node client leaves the port out of
// the Host header; it is then that of the connection.
func address(r *http.Request) string {
	local, known := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if _, _, err := net.SplitHostPort(r.Host); err == nil || !known {
		return r.Host
	}
	return net.JoinHostPort(strings.Trim(r.Host, "[]"), strconv.Itoa(local.Port))
}

// readBody reads a body of bounded length.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *apiError) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(codeEntityTooLarge, strconv.FormatInt(large.Limit, 10))
	}
	if err != nil {
		return nil, refuse(codeInvalidArgument, "the body could not be read: "+err.Error())
	}
	return body, nil
}

// authenticate refuses a request that is not signed, or that names another account.
func (s *Simulator) authenticate(c *call, r *http.Request) *apiError {
	if c.op.Name == opTrigger && s.anonymous(c) {
		return nil
	}
	if refused := s.verifier.Verify(r); refused != nil {
		return refuse(refused.Code, refused.Detail)
	}
	if account := r.Header.Get("X-Fc-Account-Id"); account != "" && account != s.config.AccountID {
		return refuse(codeAccessDenied, fmt.Sprintf("account %q is not the one that is served here, %s", account, s.config.AccountID))
	}
	return nil
}

// serveCall carries a call through its faults and its operation.
func (s *Simulator) serveCall(w http.ResponseWriter, r *http.Request, c *call) {
	s.store.TakeFaults(c.op.Name, c.params["serviceName"]).Serve(w, r, simframe.Call{
		CarryOut: func() simframe.Answer { return s.carryOut(c) },
		Refuse: func(f Fault) simframe.Answer {
			return fail(c.requestID, simframe.Codes(describeCode).RefuseFault(f, codeInternal))
		},
	})
}

// carryOut runs the operation of a call.
func (s *Simulator) carryOut(c *call) simframe.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.st, c.now = s.st, s.look()
	result, refused := c.op.serve(c)
	if refused != nil {
		return fail(c.requestID, refused)
	}
	if !c.isRead() {
		s.st.wake = time.Time{}
		if err := s.save(); err != nil {
			return fail(c.requestID, &apiError{Status: http.StatusInternalServerError, Code: codeInternal, Message: err.Error()})
		}
	}
	return succeed(c.requestID, result)
}
