package fcsim

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"time"

	"slipway/internal/simframe"
)

// Errors of the control methods and, with the same texts, of the admin API.
var (
	// ErrNoSuchFault is returned for a fault ID that nothing has.
	ErrNoSuchFault = errors.New("fcsim: there is no such fault")
	// ErrNoSuchProvision is returned where a function has no provision config behind an alias.
	ErrNoSuchProvision = errors.New("fcsim: there is no such provision config")
)

// CallCounts tells how often the API was called, refused and broken calls included.
type CallCounts = simframe.CallCounts

// Now is the simulated time.
func (s *Simulator) Now() time.Time { return s.config.Clock.Now() }

// Clock is the simulator's clock.
func (s *Simulator) Clock() *Clock { return s.config.Clock }

// Advance moves the simulated time forward by d at once.
func (s *Simulator) Advance(d time.Duration) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, err := s.config.Clock.Advance(d); err != nil {
		return now, fmt.Errorf("fcsim: %w", err)
	}
	return s.look(), s.save()
}

// Calls tells how often each operation was called since the last reset.
func (s *Simulator) Calls() CallCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := CallCounts{Operations: maps.Clone(s.st.Calls)}
	for _, n := range counts.Operations {
		counts.Total += n
	}
	return counts
}

// ResetCalls begins counting anew.
func (s *Simulator) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.st.Calls)
}

// AddFault arranges a fault and returns it with its ID.
func (s *Simulator) AddFault(f Fault) (Fault, error) {
	err := faultRules().Check(f)
	if f.Kind == FaultNoInstance && f.Operation != "" {
		err = errors.Join(err, errors.New("operation: instances start by themselves, not by an operation; leave it out"))
	}
	if err != nil {
		return Fault{}, fmt.Errorf("fcsim: fault: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return s.st.Faults.Add(f), s.save()
}

// Faults lists the faults that were arranged, spent ones included.
func (s *Simulator) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.Faults.List()
}

// RemoveFault takes one fault back.
func (s *Simulator) RemoveFault(id int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	if !s.st.Faults.Remove(id) {
		return ErrNoSuchFault
	}
	return s.save()
}

// ClearFaults takes all faults back.
func (s *Simulator) ClearFaults() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	s.st.Faults.Clear()
	return s.save()
}

// SetBehaviour says how code behaves from now on.
func (s *Simulator) SetBehaviour(b Behaviour) error {
	if err := b.Validate(); err != nil {
		return fmt.Errorf("fcsim: behaviour: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.Behaviours[b.Code] = b
	return s.save()
}

// Behaviours lists the code that does not just succeed, in the order of its names.
func (s *Simulator) Behaviours() []Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedValues(s.st.Behaviours)
}

// Load is how busy the provisioned instances of a function behind an alias are.
type Load struct {
	Service  string `json:"service"`
	Alias    string `json:"alias"`
	Function string `json:"function"`
	// Busy is how many instances the invocations keep busy on average, for example 6.5. It is what
	// target tracking policies go by.
	Busy float64 `json:"busy"`
}

// SetLoad says how busy provisioned instances are from now on.
func (s *Simulator) SetLoad(l Load) error {
	if !(l.Busy >= 0) || math.IsInf(l.Busy, 0) {
		return fmt.Errorf("fcsim: busy must be 0 or more, is %v", l.Busy)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	v := s.st.Services[l.Service]
	if v == nil || v.Provisions[provisionKey(l.Alias, l.Function)] == nil {
		return ErrNoSuchProvision
	}
	v.Provisions[provisionKey(l.Alias, l.Function)].Load = &l.Busy
	s.st.wake = time.Time{}
	return s.save()
}

// Reset forgets everything but the seed, the clock and the configuration.
func (s *Simulator) Reset() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st = newState(s.st.Seed, s.config.Clock.Now())
	return s.save()
}

// Snapshot writes the whole state down as JSON, for Restore. It holds what was sent: code,
// environment variables.
func (s *Simulator) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return encodeState(s.st)
}

// Restore puts a state back that Snapshot wrote. The clock moves forward to the time of the
// snapshot when it is behind, and never back.
func (s *Simulator) Restore(snapshot []byte) error {
	st, err := decodeState(snapshot)
	if err != nil {
		return fmt.Errorf("fcsim: snapshot: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Clock.CatchUp(st.Now)
	s.st = st
	return s.save()
}
