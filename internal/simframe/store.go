package simframe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Common is the part of a simulator's state that every simulator has. A state embeds it; its members join
// those of the state when it is written down.
type Common struct {
	// Version is that of the form in which the state is written down.
	Version int `json:"version"`
	// Now is the simulated time up to which the state has been worked out.
	Now  time.Time `json:"now"`
	Seed uint64    `json:"seed"`
	// Drawn counts the identifiers drawn so far.
	Drawn uint64 `json:"drawn"`
	// Requests counts requests, for their IDs.
	Requests uint64 `json:"requests"`

	Faults Faults `json:"faults"`
	// Calls counts calls by operation.
	Calls map[string]int `json:"calls"`
	// Unserved counts the parameters that calls were refused for because the simulator has not got
	// them, and Ignored those that it took and did nothing with, by operation and parameter. The second is a
	// defect, and stays empty.
	Unserved map[string]int `json:"unserved,omitempty"`
	Ignored  map[string]int `json:"ignored,omitempty"`
}

func (c *Common) common() *Common { return c }

// Draw makes a new identifier, one that this state has not given out before.
func (c *Common) Draw(kind string) string {
	c.Drawn++
	return UUID(c.Seed, fmt.Sprintf("%s/%d", kind, c.Drawn))
}

// Count counts a call.
func (c *Common) Count(operation string) {
	if c.Calls == nil {
		c.Calls = map[string]int{}
	}
	c.Calls[operation]++
}

// Target is what faults of an operation on an application could hit.
func (c *Common) Target(operation, appID string) Target {
	return Target{Seed: c.Seed, Operation: operation, AppID: appID}
}

// FillMap makes a map of a state that is missing, as one can be in a state that was read.
func FillMap[K comparable, V any](m *map[K]V) {
	if *m == nil {
		*m = map[K]V{}
	}
}

// A State is everything that a simulator knows, in one value that can be written down as JSON: a pointer to a
// struct that embeds [Common].
type State interface{ common() *Common }

// A Kind of simulators has states of one kind.
type Kind[S State] struct {
	// Name begins the texts of errors.
	Name string
	// Version is that of the form in which states are written down. One of another version is refused.
	Version int
	// New makes a state that has nothing.
	New func() S
	// Complete makes what is missing in a state that was read, and tells what the simulator could not rely on.
	Complete func(S) error
	// Advance brings a state to a time that is not before its own.
	Advance func(S, time.Time)
	// CheckFault tells everything that is wrong with a fault.
	CheckFault func(Fault) error
	// NoSuchFault is the error for a fault that is not there.
	NoSuchFault error
}

// A Store keeps the state of one simulator, which holds it in a variable behind a lock.
type Store[S State] struct {
	Kind[S]

	Lock  *sync.Mutex
	State *S
	Clock *Clock
	// File keeps the state; empty keeps it in memory.
	File string
}

// Open makes the state: that of the file when there is one, which has its own seed.
func (s *Store[S]) Open(seed uint64) error {
	*s.State = s.fresh(seed)
	if s.File == "" {
		return nil
	}
	text, err := LoadFile(s.File)
	if text == nil || err != nil {
		return err
	}
	st, err := s.Decode(text)
	if err != nil {
		return fmt.Errorf("state file %s: %w", s.File, err)
	}
	s.put(st)
	return nil
}

func (s *Store[S]) fresh(seed uint64) S {
	st := s.New()
	common := st.common()
	common.Version, common.Seed, common.Now = s.Version, seed, s.Clock.Now()
	return st
}

func (s *Store[S]) put(st S) {
	s.Clock.CatchUp(st.common().Now)
	*s.State = st
}

// Decode reads a state that was written down, and checks that the simulator can rely on it.
func (s *Store[S]) Decode(text []byte) (S, error) {
	var none S
	st := s.New()
	if err := json.Unmarshal(text, st); err != nil {
		return none, err
	}
	if version := st.common().Version; version != s.Version {
		return none, fmt.Errorf("it has version %d, this simulator reads version %d", version, s.Version)
	}
	if st.common().Now.Year() > lastYear {
		return none, errTooFar
	}
	if err := s.checkFaults(st.common().Faults); err != nil {
		return none, err
	}
	if err := s.Complete(st); err != nil {
		return none, err
	}
	return st, nil
}

// checkFaults tells what is wrong with faults that were written down: a call would take them as they are.
func (s *Store[S]) checkFaults(faults Faults) error {
	if err := faults.Validate(); err != nil {
		return err
	}
	for _, f := range faults.Arranged {
		if err := s.CheckFault(*f); err != nil {
			return fmt.Errorf("fault %d: %w", f.ID, err)
		}
	}
	return nil
}

// NextRequest numbers a request, counts its operation, unless that is empty, and returns the request's ID.
func (s *Store[S]) NextRequest(operation string) string {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	st := (*s.State).common()
	st.Requests++
	if operation != "" {
		st.Count(operation)
	}
	return UUID(st.Seed, "request/"+strconv.FormatUint(st.Requests, 10))
}

// TakeFaults uses up the faults that are meant for a call of an operation about an application.
func (s *Store[S]) TakeFaults(operation, appID string) CallFaults {
	s.Lock.Lock()
	defer s.Lock.Unlock()
	st := (*s.State).common()
	return st.Faults.TakeCall(st.Target(operation, appID))
}

// Look brings the state up to the present time and returns that time. The caller holds the lock.
func (s *Store[S]) Look() time.Time {
	now := s.Clock.Now()
	if last := (*s.State).common().Now; now.Before(last) {
		now = last
	}
	s.Advance(*s.State, now)
	return now
}

// Save writes the state file, when there is one. The caller holds the lock.
func (s *Store[S]) Save() error {
	if s.File == "" {
		return nil
	}
	text, err := json.Marshal(*s.State)
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return SaveFile(s.File, text)
}
