package simframe

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Faults are those that were arranged, spent ones included. It is a part of a simulator's state and not safe for
// concurrent use.
type Faults struct {
	// Arranged has them in the order in which they were arranged.
	Arranged []*Fault `json:"arranged"`
	// Given counts the IDs that were given out: none is given twice, as it names random numbers.
	Given int `json:"given"`
}

// A Target is what could be hit.
type Target struct {
	// Seed gives the random numbers.
	Seed uint64
	// Operation is what was called, AppID which application it is about; either may be empty.
	Operation, AppID string
}

// Add arranges a fault and returns it with its ID.
func (l *Faults) Add(f Fault) Fault {
	l.Given++
	f.ID, f.Fired, f.Tried = l.Given, 0, 0
	l.Arranged = append(l.Arranged, &f)
	return f
}

// List copies the faults.
func (l *Faults) List() []Fault {
	faults := make([]Fault, len(l.Arranged))
	for i, f := range l.Arranged {
		faults[i] = *f
	}
	return faults
}

// Remove takes one fault back, and reports whether there was one.
func (l *Faults) Remove(id int) bool {
	before := len(l.Arranged)
	l.Arranged = slices.DeleteFunc(l.Arranged, func(f *Fault) bool { return f.ID == id })
	return len(l.Arranged) < before
}

// Clear takes all faults back.
func (l *Faults) Clear() { l.Arranged = nil }

// Validate reports faults that a state cannot hold.
func (l *Faults) Validate() error {
	if slices.Contains(l.Arranged, nil) {
		return errors.New("it holds a fault that is null")
	}
	return nil
}

// Take uses up the first fault of a kind that is meant for a target and fires; nil when there is none.
func (l *Faults) Take(t Target, kind FaultKind) *Fault {
	for _, f := range l.Arranged {
		if f.Kind == kind && f.takes(t) {
			return f
		}
	}
	return nil
}

// TakeBatches uses up the faults of some kinds that hit batches of a change, one a batch.
func (l *Faults) TakeBatches(t Target, batches int, kinds ...FaultKind) map[int]*Fault {
	taken := map[int]*Fault{}
	for _, f := range l.Arranged {
		batch := max(f.Batch, 1)
		if taken[batch] == nil && slices.Contains(kinds, f.Kind) && batch <= batches && f.takes(t) {
			taken[batch] = f
		}
	}
	return taken
}

// CallFaults are what goes wrong with one call.
type CallFaults struct {
	before, after time.Duration
	// end is the fault that decides the call's end; its zero value is none.
	end Fault
}

// TakeCall uses up the faults that hit a call: any number of delays and the first of the others.
func (l *Faults) TakeCall(t Target) CallFaults {
	var hit CallFaults
	for _, f := range l.Arranged {
		switch f.Kind {
		case FaultDelay:
			if f.takes(t) {
				hit.before += f.Delay
			}
		case FaultDelayAfter:
			if f.takes(t) {
				hit.after += f.Delay
			}
		case FaultArrivesLate, FaultDropBefore, FaultDropAfter, FaultTruncate, FaultError, FaultErrorAfter:
			if hit.end.Kind == "" && f.takes(t) {
				hit.end = *f
			}
		}
	}
	return hit
}

// A Call is carried out and answered, or refused by an error fault.
type Call struct {
	CarryOut func() Answer
	// Refuse makes the answer of an error fault.
	Refuse func(Fault) Answer
}

// Serve carries a call through what goes wrong with it.
func (h CallFaults) Serve(w http.ResponseWriter, r *http.Request, c Call) {
	Wait(r, h.before)
	switch h.end.Kind {
	case FaultDropBefore:
		Drop(w)
		return
	case FaultError:
		c.Refuse(h.end).Write(w)
		return
	case FaultArrivesLate:
		Drop(w)
		Wait(r.WithContext(context.WithoutCancel(r.Context())), h.end.Delay)
		c.CarryOut()
		return
	case FaultDelay, FaultDelayAfter, FaultDropAfter, FaultTruncate, FaultErrorAfter:
	}
	answer := c.CarryOut()
	Wait(r, h.after)
	switch h.end.Kind {
	case FaultDropAfter:
		Drop(w)
	case FaultErrorAfter:
		c.Refuse(h.end).Write(w)
	case FaultTruncate:
		answer.truncate(w)
	case FaultDelay, FaultDelayAfter, FaultArrivesLate, FaultDropBefore, FaultError:
		answer.Write(w)
	default:
		answer.Write(w)
	}
}

// An Answer is a finished answer: what goes over the wire.
type Answer struct {
	Status int
	// Header is what is answered beside the length.
	Header http.Header
	Body   []byte
}

// Write sends the answer.
func (a Answer) Write(w http.ResponseWriter) {
	a.head(w)
	if len(a.Body) > 0 || a.Status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// truncate promises the whole answer and sends half of it. An answer without a body has no half: it is lost.
func (a Answer) truncate(w http.ResponseWriter) {
	if len(a.Body) == 0 {
		Drop(w)
		return
	}
	a.head(w)
	Truncate(w, a.Status, a.Body)
}

func (a Answer) head(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
}
