package simframe

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Controller are the [Controls] of a simulator whose state is in a store. A simulator embeds it, so that they are
// methods of its own. Changes are written into the state file.
type Controller[S State] struct{ store *Store[S] }

// NewController makes the controls of what is in a store.
func NewController[S State](store *Store[S]) Controller[S] { return Controller[S]{store} }

// Clock is the simulator's clock.
func (c Controller[S]) Clock() *Clock { return c.store.Clock }

// Now is the simulated time.
func (c Controller[S]) Now() time.Time { return c.store.Clock.Now() }

// Advance moves the simulated time forward by d at once.
func (c Controller[S]) Advance(d time.Duration) (time.Time, error) {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	if now, err := c.store.Clock.Advance(d); err != nil {
		return now, fmt.Errorf("%s: %w", c.store.Name, err)
	}
	return c.store.Look(), c.store.Save()
}

// change brings the state up to date, changes what all simulators have and writes it down.
func (c Controller[S]) change(do func(*Common) error) error {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	c.store.Look()
	if err := do((*c.store.State).common()); err != nil {
		return err
	}
	return c.store.Save()
}

// Calls tells how often each operation was called since the last reset.
func (c Controller[S]) Calls() CallCounts {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	st := (*c.store.State).common()
	counts := CallCounts{Operations: maps.Clone(st.Calls), Unserved: maps.Clone(st.Unserved), Ignored: maps.Clone(st.Ignored)}
	if counts.Operations == nil {
		counts.Operations = map[string]int{}
	}
	for _, n := range counts.Operations {
		counts.Total += n
	}
	return counts
}

// ResetCalls begins counting anew.
func (c Controller[S]) ResetCalls() {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	st := (*c.store.State).common()
	clear(st.Calls)
	clear(st.Unserved)
	clear(st.Ignored)
}

// AddFault arranges a fault and returns it with its ID.
func (c Controller[S]) AddFault(f Fault) (Fault, error) {
	if err := c.store.CheckFault(f); err != nil {
		return Fault{}, fmt.Errorf("%s: fault: %w", c.store.Name, err)
	}
	err := c.change(func(st *Common) error {
		f = st.Faults.Add(f)
		return nil
	})
	return f, err
}

// Faults lists the faults that were arranged, spent ones included.
func (c Controller[S]) Faults() []Fault {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	return (*c.store.State).common().Faults.List()
}

// RemoveFault takes one fault back.
func (c Controller[S]) RemoveFault(id int) error {
	return c.change(func(st *Common) error {
		if !st.Faults.Remove(id) {
			return c.store.NoSuchFault
		}
		return nil
	})
}

// ClearFaults takes all faults back. What was begun with one goes on with it.
func (c Controller[S]) ClearFaults() error {
	return c.change(func(st *Common) error {
		st.Faults.Clear()
		return nil
	})
}

// Reset forgets everything but the seed, the clock and the configuration.
func (c Controller[S]) Reset() error {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	*c.store.State = c.store.fresh((*c.store.State).common().Seed)
	return c.store.Save()
}

// Snapshot writes the whole state down as JSON, for Restore. It may hold secrets that were sent.
func (c Controller[S]) Snapshot() ([]byte, error) {
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	c.store.Look()
	return json.Marshal(*c.store.State)
}

// Restore puts a state back that Snapshot wrote. The clock moves forward to the time of the
// snapshot when it is behind, and never back.
func (c Controller[S]) Restore(snapshot []byte) error {
	st, err := c.store.Decode(snapshot)
	if err != nil {
		return fmt.Errorf("%s: snapshot: %w", c.store.Name, err)
	}
	c.store.Lock.Lock()
	defer c.store.Lock.Unlock()
	c.store.put(st)
	return c.store.Save()
}

// Close writes the state file, when there is one. The simulator stays usable.
func (c Controller[S]) Close() error { return c.change(func(*Common) error { return nil }) }
