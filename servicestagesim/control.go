package servicestagesim

import (
	"errors"
	"fmt"

	"slipway/internal/simframe"
)

// ErrNoSuchFault is returned for a fault ID that nothing has.
var ErrNoSuchFault = errors.New("servicestagesim: there is no such fault")

// ErrNoSuchComponent is returned for the ID of a component that there is not, and ErrNoReplica for a request to a component of
// which no replica runs.
var (
	ErrNoSuchComponent = errors.New("servicestagesim: there is no such component")
	ErrNoReplica       = errors.New("servicestagesim: no replica of the component runs")
)

// CallCounts tells how often the API was called, refused and broken calls included.
type CallCounts = simframe.CallCounts

// SetBehaviour says how it goes with a source from now on, also with replicas that run already.
func (s *Simulator) SetBehaviour(b Behaviour) error {
	if err := b.Validate(); err != nil {
		return fmt.Errorf("servicestagesim: behaviour: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look() // what is due by now still meets the source as it was
	s.st.Behaviours[b.Source] = b
	return s.save()
}

// Behaviours lists the sources about which something was said, in the order of their addresses.
func (s *Simulator) Behaviours() []Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return simframe.SortedValues(s.st.Behaviours)
}
