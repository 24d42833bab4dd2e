package fcsim

import (
	"net/http"
	"slices"

	"slipway/internal/simframe"
)

// Result is how an invocation of a function ends.
type Result string

// The results of invocations.
const (
	// ResultOK answers what the handler returns.
	ResultOK Result = "ok"
	// ResultHandled is an error that the handler returns: HTTP 200 with the header
	// X-Fc-Error-Type: HandledInvocationError.
	ResultHandled Result = "handled"
	// ResultUnhandled is an error that the handler throws: HTTP 200 with the header
	// X-Fc-Error-Type: UnhandledInvocationError.
	ResultUnhandled Result = "unhandled"
	// ResultExited is a process that does not start or exits: HTTP 412 CAExited.
	ResultExited Result = "exited"
)

func results() []Result { return []Result{ResultOK, ResultHandled, ResultUnhandled, ResultExited} }

// errorType is the value of the header X-Fc-Error-Type; empty where there is no error.
func (r Result) errorType() string {
	switch r {
	case ResultHandled:
		return "HandledInvocationError"
	case ResultUnhandled:
		return "UnhandledInvocationError"
	case ResultOK, ResultExited:
	}
	return ""
}

// A Behaviour says how code behaves wherever a function runs it, so that a version can be a bad
// one. Code without one succeeds and answers the event that it was given.
type Behaviour struct {
	// Code is what the code is: the reference of an image, oss://bucket/object, or the checksum
	// (CRC-64 of ECMA, decimal) of a package.
	Code   string `json:"code"`
	Result Result `json:"result"`
	// Rate is the share of invocations that end so, above 0 and at most 1; 0 means all. The others
	// succeed. It is drawn from the simulator's seed.
	Rate float64 `json:"rate,omitempty"`
	// Body is what the handler returns or what it fails with; empty means the event.
	Body string `json:"body,omitempty"`
	// Status is the HTTP status of calls by an HTTP trigger that succeed, from 200 to 599; 0 means 200.
	Status int `json:"status,omitempty"`
}

// Validate tells everything that is wrong with the behaviour at once.
func (b Behaviour) Validate() error {
	var problems simframe.Problems
	if b.Code == "" {
		problems.Add("code", "must be an image, oss://bucket/object or the checksum of a package")
	}
	if !slices.Contains(results(), b.Result) {
		problems.Add("result", "%q is none of %v", b.Result, results())
	}
	if !(b.Rate >= 0 && b.Rate <= 1) {
		problems.Add("rate", "must be from 0 to 1, is %v", b.Rate)
	}
	if b.Status != 0 && (b.Status < http.StatusOK || b.Status > 599) {
		problems.Add("status", "must be the HTTP status of an answer, from 200 to 599, is %d", b.Status)
	}
	return problems.Err()
}

// happens draws whether one invocation ends as the behaviour says.
func (b Behaviour) happens(draw float64) bool {
	return b.Result != "" && (b.Rate == 0 || draw < b.Rate)
}
