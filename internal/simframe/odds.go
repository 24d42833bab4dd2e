package simframe

import "fmt"

// Odds say how often a fault that was arranged happens.
type Odds struct {
	// ID is the fault's own. It names the random numbers that belong to it.
	ID int
	// Count is how often it happens: 0 means once, -1 without end.
	Count int
	// Probability, above 0 and at most 1, is how likely it is each time it could happen; 0 means always.
	Probability float64
}

// Spent reports whether the fault has happened as often as it may.
func (o Odds) Spent(fired int) bool { return o.Count >= 0 && fired >= max(o.Count, 1) }

// Fires draws whether the fault happens at a try, counted from 1. The same seed gives the same answer.
func (o Odds) Fires(seed uint64, try int) bool {
	return o.Probability <= 0 || Stream(seed, fmt.Sprintf("fault/%d/%d", o.ID, try)).Float64() < o.Probability
}
