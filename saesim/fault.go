package saesim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"slipway/cloudapi"
	"slipway/internal/simframe"
	"slipway/saeclient"
)

// FaultKind is what a fault does.
type FaultKind string

// The kinds of faults. The first group acts on calls, the second on the next
// change order that a call makes.
const (
	// FaultDelay waits before the call is handled, in wall time.
	FaultDelay FaultKind = "delay"
	// FaultDelayAfter handles the call and waits before it answers, in wall time.
	FaultDelayAfter FaultKind = "delay-after"
	// FaultArrivesLate closes the connection at once and handles the call after a
	// delay of wall time, when its caller may have stopped expecting it.
	FaultArrivesLate FaultKind = "arrives-late"
	// FaultDropBefore closes the connection without handling the call.
	FaultDropBefore FaultKind = "drop-before"
	// FaultDropAfter handles the call and closes the connection without an answer.
	FaultDropAfter FaultKind = "drop-after"
	// FaultTruncate handles the call and closes the connection in the middle of the answer.
	FaultTruncate FaultKind = "truncate"
	// FaultError answers an error without handling the call.
	FaultError FaultKind = "error"
	// FaultErrorAfter handles the call and answers an error all the same.
	FaultErrorAfter FaultKind = "error-after"

	// FaultBatchFails lets a batch fail (order status 3).
	FaultBatchFails FaultKind = "batch-fails"
	// FaultSystemFails lets a batch fail with a system error (order status 10).
	FaultSystemFails FaultKind = "system-fails"
	// FaultHang lets a batch fail so that the order neither ends nor goes on
	// (order status 1, SubStatus 1) until it is aborted.
	FaultHang FaultKind = "hang"
	// FaultUnhealthy lets the instances of a batch come up and then fail their health check, with the
	// fault's message as the reason; the batch succeeds.
	FaultUnhealthy FaultKind = "unhealthy"
	// FaultApproval lets the order wait for an approval (status 11). Only
	// DeployApplication and RollbackApplication can need one.
	FaultApproval FaultKind = "approval"
	// FaultNoRollback lets an order that brings a version be one that cannot be
	// rolled back: DescribeChangeOrder says so, AbortAndRollbackChangeOrder refuses,
	// and a gray or batch release that fails stays as it failed.
	FaultNoRollback FaultKind = "no-rollback"
	// FaultLate lets an order be known to no operation until a delay of simulated
	// time has passed, though it is at work from the first moment on.
	FaultLate FaultKind = "late"
	// FaultLateInList lets an order be missing from ListChangeOrders until a delay of
	// simulated time has passed, while its ID finds it at once.
	FaultLateInList FaultKind = "late-in-list"
)

// A Fault is something that is arranged to go wrong.
type Fault struct {
	// ID is given by the simulator.
	ID int
	// Operation restricts the fault to one operation; empty means any.
	Operation string
	// AppID restricts the fault to one application; empty means any.
	AppID string
	// Kind says what happens.
	Kind FaultKind
	// Count is how often it happens: 0 means once, -1 without end.
	Count int
	// Probability, above 0 and at most 1, is how likely it is to happen each time
	// it could; 0 means always. It is drawn from the simulator's seed.
	Probability float64
	// Status is the HTTP status of an error fault; 0 means the one of the code.
	Status int
	// Code is the error code of an error fault, for example System.Upgrading or
	// Throttling.User; empty means InternalError with status 500.
	Code string
	// Message is the text of an error fault; empty means the one of the code. Of an unhealthy
	// fault it is why the health check fails, and is in the log of the instance, too.
	Message string
	// Delay is how long a delay, delay-after or arrives-late fault waits, in wall time, or how long
	// an order of a late or late-in-list fault stays unknown, in simulated time.
	Delay time.Duration
	// Batch is the number, from 1, of the batch that a batch-fails, system-fails or
	// hang or unhealthy fault hits; 0 means 1. An order with fewer batches leaves it for the next.
	Batch int
	// Fired counts how often it happened; Tried how often it could have.
	Fired int
	Tried int
}

// faultJSON is a Fault on the admin API and in state files: a delay is a text such
// as "250ms".
type faultJSON struct {
	ID          int       `json:"id"`
	Operation   string    `json:"operation,omitempty"`
	AppID       string    `json:"appId,omitempty"`
	Kind        FaultKind `json:"kind"`
	Count       int       `json:"count"`
	Probability float64   `json:"probability,omitempty"`
	Status      int       `json:"status,omitempty"`
	Code        string    `json:"code,omitempty"`
	Message     string    `json:"message,omitempty"`
	Delay       string    `json:"delay,omitempty"`
	Batch       int       `json:"batch,omitempty"`
	Fired       int       `json:"fired"`
	Tried       int       `json:"tried"`
}

// MarshalJSON writes the fault as the admin API shows it.
func (f Fault) MarshalJSON() ([]byte, error) {
	delay := ""
	if f.Delay != 0 {
		delay = f.Delay.String()
	}
	return json.Marshal(faultJSON{
		ID: f.ID, Operation: f.Operation, AppID: f.AppID, Kind: f.Kind, Count: f.Count, Probability: f.Probability,
		Status: f.Status, Code: f.Code, Message: f.Message, Delay: delay, Batch: f.Batch, Fired: f.Fired, Tried: f.Tried,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var j faultJSON
	if err := json.Unmarshal(text, &j); err != nil {
		return err
	}
	var delay time.Duration
	if j.Delay != "" {
		var err error
		if delay, err = time.ParseDuration(j.Delay); err != nil {
			return fmt.Errorf("delay: %w", err)
		}
	}
	*f = Fault{
		ID: j.ID, Operation: j.Operation, AppID: j.AppID, Kind: j.Kind, Count: j.Count, Probability: j.Probability,
		Status: j.Status, Code: j.Code, Message: j.Message, Delay: delay, Batch: j.Batch, Fired: j.Fired, Tried: j.Tried,
	}
	return nil
}

// Validate tells everything that is wrong with the fault at once.
func (f Fault) Validate() error {
	var problems []error
	add := func(field, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
	}
	if !slices.Contains(faultKinds(), f.Kind) {
		add("kind", "%q is none of %v", f.Kind, faultKinds())
	}
	if f.Operation != "" && !slices.ContainsFunc(saeclient.Operations(), func(o cloudapi.Operation) bool { return o.Name == f.Operation }) {
		add("operation", "SAE has no operation %q", f.Operation)
	}
	if f.Count < -1 {
		add("count", "must be -1 or more, is %d", f.Count)
	}
	if !(f.Probability >= 0 && f.Probability <= 1) {
		add("probability", "must be from 0 to 1, is %v", f.Probability)
	}
	if f.Status != 0 && (f.Status < http.StatusBadRequest || f.Status > 599) {
		add("status", "must be an error status from 400 to 599, is %d", f.Status)
	}
	delays := []FaultKind{FaultDelay, FaultDelayAfter, FaultArrivesLate, FaultLate, FaultLateInList}
	if f.Delay < 0 || slices.Contains(delays, f.Kind) && f.Delay == 0 {
		add("delay", "must be positive for one of %v, is %s", delays, f.Delay)
	}
	if f.Batch < 0 {
		add("batch", "must be 1 or more, is %d", f.Batch)
	}
	if f.Kind == FaultApproval && f.Operation != "" && f.Operation != opDeploy && f.Operation != opRollback {
		add("operation", "only %s and %s can need an approval", opDeploy, opRollback)
	}
	return errors.Join(problems...)
}

func faultKinds() []FaultKind {
	return []FaultKind{
		FaultDelay, FaultDelayAfter, FaultArrivesLate, FaultDropBefore, FaultDropAfter, FaultTruncate, FaultError, FaultErrorAfter,
		FaultBatchFails, FaultSystemFails, FaultHang, FaultUnhealthy, FaultApproval, FaultNoRollback, FaultLate, FaultLateInList,
	}
}

// refusal is the answer of an error fault.
func (f *Fault) refusal() *apiError {
	refused := refuse(codeInternal)
	if f.Code != "" {
		refused = refuse(f.Code)
	}
	if f.Status != 0 {
		refused.Status = f.Status
	}
	if f.Message != "" {
		refused.Message = f.Message
	}
	return refused
}

func (f *Fault) odds() simframe.Odds {
	return simframe.Odds{ID: f.ID, Count: f.Count, Probability: f.Probability}
}

func (f *Fault) meant(operation, appID string) bool {
	return !f.odds().Spent(f.Fired) && (f.Operation == "" || f.Operation == operation) && (f.AppID == "" || f.AppID == appID)
}

// fires draws whether a fault that could happen does, and counts.
func (f *Fault) fires(seed uint64) bool {
	f.Tried++
	if !f.odds().Fires(seed, f.Tried) {
		return false
	}
	f.Fired++
	return true
}

// takeFault uses up the first fault of a kind that is meant for a call and fires.
func (s *state) takeFault(kind FaultKind, operation, appID string) *Fault {
	for _, f := range s.Faults {
		if f.Kind == kind && f.meant(operation, appID) && f.fires(s.Seed) {
			return f
		}
	}
	return nil
}

// takeTrouble uses up the faults that hit batches of a new order.
func (s *state) takeTrouble(operation, appID string, batches int) map[int]FaultKind {
	var faults map[int]FaultKind
	for _, f := range s.Faults {
		switch f.Kind {
		case FaultBatchFails, FaultSystemFails, FaultHang:
		case FaultDelay, FaultDelayAfter, FaultArrivesLate, FaultDropBefore, FaultDropAfter, FaultTruncate, FaultError, FaultErrorAfter,
			FaultUnhealthy, FaultApproval, FaultNoRollback, FaultLate, FaultLateInList:
			continue
		}
		batch := max(f.Batch, 1)
		if _, taken := faults[batch]; taken || batch > batches || !f.meant(operation, appID) || !f.fires(s.Seed) {
			continue
		}
		if faults == nil {
			faults = map[int]FaultKind{}
		}
		faults[batch] = f.Kind
	}
	return faults
}

// takeUnhealthy uses up the faults that leave instances of a new order unhealthy: why, by batch.
func (s *state) takeUnhealthy(operation, appID string, batches int) map[int]string {
	var why map[int]string
	for _, f := range s.Faults {
		batch := max(f.Batch, 1)
		if _, taken := why[batch]; taken || f.Kind != FaultUnhealthy || batch > batches || !f.meant(operation, appID) || !f.fires(s.Seed) {
			continue
		}
		if why == nil {
			why = map[int]string{}
		}
		why[batch] = cmp.Or(f.Message, unhealthyMessage)
	}
	return why
}

// callFaults is what goes wrong with one call.
type callFaults struct {
	delay time.Duration // before the call
	after time.Duration // before its answer
	// kind is the fault that decides the call's end, or empty; late is the delay of one that arrives late.
	kind  FaultKind
	late  time.Duration
	error *apiError
}

// takeCallFaults uses up the faults that hit a call: any number of delays and the
// first of the others.
func (s *state) takeCallFaults(operation, appID string) callFaults {
	var hit callFaults
	for _, f := range s.Faults {
		switch f.Kind {
		case FaultDelay:
			if f.meant(operation, appID) && f.fires(s.Seed) {
				hit.delay += f.Delay
			}
		case FaultDelayAfter:
			if f.meant(operation, appID) && f.fires(s.Seed) {
				hit.after += f.Delay
			}
		case FaultArrivesLate, FaultDropBefore, FaultDropAfter, FaultTruncate, FaultError, FaultErrorAfter:
			if hit.kind == "" && f.meant(operation, appID) && f.fires(s.Seed) {
				hit.kind, hit.error, hit.late = f.Kind, f.refusal(), f.Delay
			}
		case FaultBatchFails, FaultSystemFails, FaultHang, FaultUnhealthy, FaultApproval, FaultNoRollback, FaultLate, FaultLateInList:
		}
	}
	return hit
}
