package simframe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// FaultKind is what a fault does.
type FaultKind string

// The kinds of faults that act on calls. Every simulator has them; what else can go wrong is its own.
const (
	// FaultDelay waits before the call is handled, in wall time.
	FaultDelay FaultKind = "delay"
	// FaultDelayAfter handles the call and waits before it answers, in wall time.
	FaultDelayAfter FaultKind = "delay-after"
	// FaultArrivesLate closes the connection at once and handles the call after a
	// delay of wall time, when its caller may have stopped expecting it.
	FaultArrivesLate FaultKind = "arrives-late"
	// FaultDropBefore closes the connection without handling the call.
	FaultDropBefore FaultKind = "drop-before"
	// FaultDropAfter handles the call and closes the connection without an answer.
	FaultDropAfter FaultKind = "drop-after"
	// FaultTruncate handles the call and closes the connection in the middle of the answer.
	FaultTruncate FaultKind = "truncate"
	// FaultError answers an error without handling the call.
	FaultError FaultKind = "error"
	// FaultErrorAfter handles the call and answers an error all the same.
	FaultErrorAfter FaultKind = "error-after"
)

// A Fault is something that is arranged to go wrong.
type Fault struct {
	// ID is given by the simulator.
	ID int
	// Operation restricts the fault to one operation; empty means any.
	Operation string
	// AppID restricts the fault to one application, by what identifies it on the platform; empty means any.
	AppID string
	// Kind says what happens.
	Kind FaultKind
	// Count is how often it happens: 0 means once, -1 without end.
	Count int
	// Probability, above 0 and at most 1, is how likely it is to happen each time
	// it could; 0 means always. It is drawn from the simulator's seed.
	Probability float64
	// Status is the HTTP status of an error fault; 0 means the one of the code.
	Status int
	// Code is the error code of an error fault; empty means an internal error of the platform.
	Code string
	// Message is the text of an error fault; empty means the one of the code. Other kinds may have one, too.
	Message string
	// Delay is how long a delay, delay-after or arrives-late fault waits, in wall time. Other kinds may
	// have one in simulated time.
	Delay time.Duration
	// Batch is the number, from 1, of the batch that a fault of a kind that hits batches means; 0 means 1. A change
	// with fewer batches leaves the fault for the next.
	Batch int
	// Fired counts how often it happened; Tried how often it could have.
	Fired int
	Tried int
}

// faultJSON is a Fault on the admin API and in state files: a delay is a text such
// as "250ms".
type faultJSON struct {
	ID          int       `json:"id"`
	Operation   string    `json:"operation,omitempty"`
	AppID       string    `json:"appId,omitempty"`
	Kind        FaultKind `json:"kind"`
	Count       int       `json:"count"`
	Probability float64   `json:"probability,omitempty"`
	Status      int       `json:"status,omitempty"`
	Code        string    `json:"code,omitempty"`
	Message     string    `json:"message,omitempty"`
	Delay       string    `json:"delay,omitempty"`
	Batch       int       `json:"batch,omitempty"`
	Fired       int       `json:"fired"`
	Tried       int       `json:"tried"`
}

// MarshalJSON writes the fault as the admin API shows it.
func (f Fault) MarshalJSON() ([]byte, error) {
	delay := ""
	if f.Delay != 0 {
		delay = f.Delay.String()
	}
	return json.Marshal(faultJSON{
		ID: f.ID, Operation: f.Operation, AppID: f.AppID, Kind: f.Kind, Count: f.Count, Probability: f.Probability,
		Status: f.Status, Code: f.Code, Message: f.Message, Delay: delay, Batch: f.Batch, Fired: f.Fired, Tried: f.Tried,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var j faultJSON
	// A member that is not known would be a condition that is left out: the fault would hit more than it should.
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&j); err != nil {
		return err
	}
	var delay time.Duration
	if j.Delay != "" {
		var err error
		if delay, err = time.ParseDuration(j.Delay); err != nil {
			return fmt.Errorf("delay: %w", err)
		}
	}
	*f = Fault{
		ID: j.ID, Operation: j.Operation, AppID: j.AppID, Kind: j.Kind, Count: j.Count, Probability: j.Probability,
		Status: j.Status, Code: j.Code, Message: j.Message, Delay: delay, Batch: j.Batch, Fired: j.Fired, Tried: j.Tried,
	}
	return nil
}

func (f *Fault) odds() Odds { return Odds{ID: f.ID, Count: f.Count, Probability: f.Probability} }

// takes reports whether the fault is meant for a target and fires, and counts.
func (f *Fault) takes(t Target) bool {
	if f.odds().Spent(f.Fired) || f.Operation != "" && f.Operation != t.Operation || f.AppID != "" && f.AppID != t.AppID {
		return false
	}
	f.Tried++
	if !f.odds().Fires(t.Seed, f.Tried) {
		return false
	}
	f.Fired++
	return true
}

// FaultRules are what a simulator's faults may say.
type FaultRules struct {
	// Platform is the name that refusals use.
	Platform string
	// Kinds are the kinds beside those that act on calls; Delayed are those of them that need a delay.
	Kinds, Delayed []FaultKind
	// Knows reports whether the platform has an operation.
	Knows func(operation string) bool
	// Batches tells that some kinds hit batches.
	Batches bool
}

// AllKinds are the kinds that act on calls and the simulator's own.
func (r FaultRules) AllKinds() []FaultKind {
	return append([]FaultKind{
		FaultDelay, FaultDelayAfter, FaultArrivesLate, FaultDropBefore, FaultDropAfter, FaultTruncate, FaultError, FaultErrorAfter,
	}, r.Kinds...)
}

// Check tells everything that is wrong with a fault at once.
func (r FaultRules) Check(f Fault) error {
	var problems Problems
	if !slices.Contains(r.AllKinds(), f.Kind) {
		problems.Add("kind", "%q is none of %v", f.Kind, r.AllKinds())
	}
	if f.Operation != "" && !r.Knows(f.Operation) {
		problems.Add("operation", "%s has no operation %q", r.Platform, f.Operation)
	}
	if f.Count < -1 {
		problems.Add("count", "must be -1 or more, is %d", f.Count)
	}
	if !(f.Probability >= 0 && f.Probability <= 1) {
		problems.Add("probability", "must be from 0 to 1, is %v", f.Probability)
	}
	if f.Status != 0 && (f.Status < http.StatusBadRequest || f.Status > 599) {
		problems.Add("status", "must be an error status from 400 to 599, is %d", f.Status)
	}
	delays := append([]FaultKind{FaultDelay, FaultDelayAfter, FaultArrivesLate}, r.Delayed...)
	if f.Delay < 0 || slices.Contains(delays, f.Kind) && f.Delay == 0 {
		problems.Add("delay", "must be positive for one of %v, is %s", delays, f.Delay)
	}
	switch {
	case f.Batch < 0:
		problems.Add("batch", "must be 1 or more, is %d", f.Batch)
	case f.Batch > 0 && !r.Batches:
		problems.Add("batch", "changes of %s have none; leave it out", r.Platform)
	}
	return problems.Err()
}
