package saesim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"slipway/internal/simframe"
)

// Errors of the control methods and, with the same texts, of the admin API.
var (
	// ErrNoSuchOrder is returned for a change order ID that nothing has.
	ErrNoSuchOrder = errors.New("saesim: there is no such change order")
	// ErrNotWaiting is returned when an order does not wait for an approval.
	ErrNotWaiting = errors.New("saesim: the change order does not wait for an approval")
	// ErrOrderFinished is returned when an order that would have to run is over.
	ErrOrderFinished = errors.New("saesim: the change order is finished")
	// ErrNoSuchApp is returned for an application ID that nothing has.
	ErrNoSuchApp = errors.New("saesim: there is no such application")
	// ErrNoSuchVersion is returned for a version that the application does not have.
	ErrNoSuchVersion = errors.New("saesim: the application has no such version")
	// ErrVersionInUse is returned for a version that is configured, runs, or is the
	// way back of an unfinished change order.
	ErrVersionInUse = errors.New("saesim: the version is in use")
	// ErrNoSuchFault is returned for a fault ID that nothing has.
	ErrNoSuchFault = errors.New("saesim: there is no such fault")
)

// CallCounts tells how often the API was called, refused and broken calls included.
type CallCounts = simframe.CallCounts

// Order is a change order as the simulator itself knows it.
type Order struct {
	ID          string    `json:"id"`
	AppID       string    `json:"appId"`
	Type        string    `json:"type"`
	Description string    `json:"description"`
	Status      int       `json:"status"`
	SubStatus   int       `json:"subStatus"`
	Batches     int       `json:"batches"`
	CreatedAt   time.Time `json:"createdAt"`
	FinishedAt  time.Time `json:"finishedAt,omitzero"`
	// Source is where it comes from: openapi, console or, for a timing rule that
	// fired, system.
	Source string `json:"source,omitempty"`
	// Expired tells that its record is gone for callers of the API.
	Expired bool `json:"expired,omitempty"`
	// DisabledRules are the scaling rules the order itself switched off.
	DisabledRules []string `json:"disabledRules,omitempty"`
}

// Calls tells how often each operation was called since the last reset.
func (s *Simulator) Calls() CallCounts {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := CallCounts{Operations: maps.Clone(s.st.Calls), Unserved: maps.Clone(s.st.Unserved), Ignored: maps.Clone(s.st.Ignored)}
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
	clear(s.st.Unserved)
	clear(s.st.Ignored)
}

// withApp looks at or changes an application as it is now. It returns [ErrNoSuchApp], or the error
// of do, which is called with the lock held.
func (s *Simulator) withApp(appID string, do func(*application) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	app := s.st.application(appID)
	if app == nil {
		return ErrNoSuchApp
	}
	return do(app)
}

// AddFault arranges a fault and returns it with its ID.
func (s *Simulator) AddFault(f Fault) (Fault, error) {
	if err := checkFault(f); err != nil {
		return Fault{}, fmt.Errorf("saesim: fault: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
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
	if !s.st.Faults.Remove(id) {
		return ErrNoSuchFault
	}
	return s.save()
}

// ClearFaults takes all faults back. What orders already carry in them still
// happens.
func (s *Simulator) ClearFaults() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.Faults.Clear()
	return s.save()
}

// Now is the simulated time.
func (s *Simulator) Now() time.Time { return s.config.Clock.Now() }

// Clock is the simulator's clock.
func (s *Simulator) Clock() *Clock { return s.config.Clock }

// Advance moves the simulated time forward by d at once.
func (s *Simulator) Advance(d time.Duration) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, err := s.config.Clock.Advance(d); err != nil {
		return now, fmt.Errorf("saesim: %w", err)
	}
	return s.look(), s.save()
}

// Orders lists every change order ever made, oldest first, of one application or,
// for an empty ID, of all.
func (s *Simulator) Orders(appID string) []Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	orders := []Order{}
	for _, o := range s.st.Orders {
		if appID != "" && appID != o.AppID {
			continue
		}
		status, sub := o.status()
		orders = append(orders, Order{
			ID: o.ID, AppID: o.AppID, Type: o.Type, Description: o.Description, Status: status, SubStatus: sub,
			Batches: len(o.Pipelines), CreatedAt: o.CreatedAt, FinishedAt: o.FinishedAt, DisabledRules: slices.Clone(o.Disabled),
			Source: o.Source, Expired: o.Expired,
		})
	}
	slices.SortFunc(orders, func(a, b Order) int {
		return cmp.Compare(s.st.Orders[a.ID].Sequence, s.st.Orders[b.ID].Sequence)
	})
	return orders
}

// Approve lets a change order that waits for an approval go on.
func (s *Simulator) Approve(orderID string) error { return s.decide(orderID, true) }

// Reject ends a change order that waits for an approval.
func (s *Simulator) Reject(orderID string) error { return s.decide(orderID, false) }

// ExpireOrder lets the record of a change order expire: callers of the API no longer
// find it, by its ID, its pipelines or in a list, and Orders shows it as expired.
// What an unfinished one has begun goes on to its end unseen and keeps others from
// starting until then; where it would wait for somebody (an approval, a
// confirmation, an abort after it hung), who can no longer name it, it ends with
// status 6 and leaves the instances as they are.
func (s *Simulator) ExpireOrder(orderID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	order := s.st.Orders[orderID]
	if order == nil {
		return ErrNoSuchOrder
	}
	order.Expired = true
	endUnseen(s.st.Apps[order.AppID], order, now)
	s.st.wake = time.Time{}
	return s.save()
}

func (s *Simulator) decide(orderID string, approve bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	order := s.st.Orders[orderID]
	if order == nil {
		return ErrNoSuchOrder
	}
	if order.Phase != phaseApproval {
		return ErrNotWaiting
	}
	s.engine.decide(s.st, order, approve, now)
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

// Snapshot writes the whole state down as JSON, for Restore. It may hold secrets
// that were sent as parameters.
func (s *Simulator) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return encodeState(s.st)
}

// Restore puts a state back that Snapshot wrote. The clock moves forward to the
// time of the snapshot when it is behind, and never back.
func (s *Simulator) Restore(snapshot []byte) error {
	st, err := decodeState(snapshot)
	if err != nil {
		return fmt.Errorf("saesim: snapshot: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Clock.CatchUp(st.Now)
	s.st = st
	return s.save()
}
