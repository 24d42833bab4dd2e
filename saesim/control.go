package saesim

import (
	"cmp"
	"errors"
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
