package fcsim

import (
	"errors"
	"fmt"
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

// SetBehaviour says how code behaves from now on.
func (s *Simulator) SetBehaviour(b Behaviour) error {
	if err := b.Validate(); err != nil {
		return fmt.Errorf("fcsim: behaviour: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look() // what is due by now still runs code as it was
	s.st.Behaviours[b.Code] = b
	return s.save()
}

// Behaviours lists the code that does not just succeed, in the order of its names.
func (s *Simulator) Behaviours() []Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return simframe.SortedValues(s.st.Behaviours)
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
