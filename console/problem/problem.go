// Package problem says why a request over HTTP was not carried out, as RFC 9457 has it: for programs, with each field that is wrong.
package problem

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"slipway/release"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// typeOfStatus is the type of a problem that has no more meaning than its status (RFC 9457, section 4.2.1).
const typeOfStatus = "about:blank"

// Problem is why a request was not carried out. It holds no secrets and nothing of what is within: it is sent as it is.
type Problem struct { //nolint:errname // reads as what it is, as RFC 9457 calls it
	// Type is a URI for this kind of problem; empty is about:blank, which means what the status does.
	Type string `json:"type"`
	// Title names the kind of problem; empty is the name of the status.
	Title string `json:"title"`
	// Status is that of HTTP.
	Status int `json:"status"`
	// Detail says what is wrong with this request, and what helps.
	Detail string `json:"detail,omitempty"`
	// Errors are the fields that are wrong, all of them.
	Errors []release.Problem `json:"errors,omitempty"`
	// RetryAfter is after what time to ask again, as the header Retry-After; zero says nothing.
	RetryAfter time.Duration `json:"-"`
}

// Error implements error.
func (p Problem) Error() string {
	return strconv.Itoa(p.Status) + " " + p.title() + ": " + p.Detail
}

// New returns a problem with a status that says all that a program has to know.
func New(status int, format string, args ...any) Problem {
	return Problem{Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Write answers with the problem. Headers that the answer has besides must have been set.
func (p Problem) Write(w http.ResponseWriter) {
	p.Type, p.Title = cmp.Or(p.Type, typeOfStatus), p.title()
	h := w.Header()
	h.Del("Content-Length") // of an answer that was begun before something went wrong
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		return // who has asked is gone
	}
}

func (p Problem) title() string { return cmp.Or(p.Title, http.StatusText(p.Status)) }
