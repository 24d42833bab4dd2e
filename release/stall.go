package release

import "time"

// Stall is what is tried in vain: a step that could not ask (a collaborator is away), or
// that is refused for now. Nothing is lost by it: it is tried again until it succeeds, the
// release is stopped, or a limit passes.
type Stall struct {
	// Doing is the verb or activity that is tried.
	Doing string `json:"doing"`
	// Fault is the class of the last failure, and Failure says it in words.
	Fault   Fault  `json:"fault"`
	Failure string `json:"failure"`
	// Since is when it began to stand still, and At when the failure was seen.
	Since time.Time `json:"since"`
	At    time.Time `json:"at"`
	// Until is when a limit ends the trying; zero where there is none.
	Until time.Time `json:"until,omitzero"`
}

// Patience is how long an activity is tried in vain before the workflow that waits for it
// is told: R17 gives a step ten seconds.
const Patience = 5 * time.Second

// StallKey is the key under which a workflow keeps, in the context of an activity that it
// begins, the [Stall] that it shows already; the zero Stall when it shows none. An activity
// that is begun without one is never interrupted to tell of a stall.
type StallKey struct{}

// StallHeader is the Temporal header that brings the [Stall] of a [StallKey] to the activity.
const StallHeader = "slipway-stall"

// Worth reports whether a workflow that shows s is to be told of a further failure, seen
// now, of an activity that has failed since the given time: at first once its patience is
// over, later when the failure is another one, after ever longer times, so that standing
// still costs a number of events that grows with the logarithm of time.
func (s Stall) Worth(f Fault, failure string, since, now time.Time) bool {
	switch {
	case now.Sub(since) < Patience:
		return false
	case s.Fault == "":
		return true
	default:
		return (s.Fault != f || s.Failure != failure) && now.Sub(s.At) >= max(Patience, s.At.Sub(s.Since))
	}
}
