package saesim

import (
	"cmp"
	"errors"

	"slipway/internal/simframe"
	"slipway/saeclient"
)

// A Fault is something that is arranged to go wrong. Of an unhealthy fault, Message is why the health check
// fails, and is in the log of the instance, too; Delay of a late or late-in-list fault is simulated time. It is an
// alias, as all simulators share it.
type Fault = simframe.Fault

// FaultKind is what a fault does.
type FaultKind = simframe.FaultKind

// The kinds of faults that act on calls, which all simulators share.
const (
	FaultDelay       = simframe.FaultDelay
	FaultDelayAfter  = simframe.FaultDelayAfter
	FaultArrivesLate = simframe.FaultArrivesLate
	FaultDropBefore  = simframe.FaultDropBefore
	FaultDropAfter   = simframe.FaultDropAfter
	FaultTruncate    = simframe.FaultTruncate
	FaultError       = simframe.FaultError
	FaultErrorAfter  = simframe.FaultErrorAfter
)

// The kinds of faults that act on the next change order that a call makes.
const (
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

// faultRules are what faults of this simulator may say.
func faultRules() simframe.FaultRules {
	return simframe.FaultRules{
		Platform: "SAE", Batches: true,
		Kinds: []FaultKind{
			FaultBatchFails, FaultSystemFails, FaultHang, FaultUnhealthy, FaultApproval, FaultNoRollback, FaultLate, FaultLateInList,
		},
		Delayed: []FaultKind{FaultLate, FaultLateInList},
		Knows: func(operation string) bool {
			_, known := saeclient.LookupOperation(operation)
			return known
		},
	}
}

// checkFault tells everything that is wrong with a fault at once.
func checkFault(f Fault) error {
	err := faultRules().Check(f)
	if f.Kind == FaultApproval && f.Operation != "" && f.Operation != opDeploy && f.Operation != opRollback {
		err = errors.Join(err, errors.New("operation: only "+opDeploy+" and "+opRollback+" can need an approval"))
	}
	return err
}

// takeFault uses up the first fault of a kind that is meant for a call and fires.
func (s *state) takeFault(kind FaultKind, operation, appID string) *Fault {
	return s.Faults.Take(s.Target(operation, appID), kind)
}

// takeBatchFaults uses up the faults that hit batches of a new order.
func (s *state) takeBatchFaults(operation, appID string, batches int) map[int]FaultKind {
	faults := map[int]FaultKind{}
	for batch, f := range s.Faults.TakeBatches(s.Target(operation, appID), batches, FaultBatchFails, FaultSystemFails, FaultHang) {
		faults[batch] = f.Kind
	}
	return faults
}

// takeUnhealthy uses up the faults that leave instances of a new order unhealthy: why, by batch.
func (s *state) takeUnhealthy(operation, appID string, batches int) map[int]string {
	why := map[int]string{}
	for batch, f := range s.Faults.TakeBatches(s.Target(operation, appID), batches, FaultUnhealthy) {
		why[batch] = cmp.Or(f.Message, unhealthyMessage)
	}
	return why
}
