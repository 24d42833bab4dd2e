package servicestagesim

import (
	"errors"
	"fmt"
	"slices"

	"slipway/internal/simframe"
)

// A Fault is something that is arranged to go wrong. Its AppID is the ID of a component, in version 2 that of an instance.
// It is an alias, as all simulators share it.
type Fault = simframe.Fault

// FaultKind is what a fault does.
type FaultKind = simframe.FaultKind

// The kinds of faults that act on calls, which all simulators share. A platform that throttles or has an internal error is an
// error fault with a code such as SVCSTG.00100500.
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

// FaultJobFails lets the next job fail that the operation of the fault begins, if it names one: in the batch of the fault,
// counted from 1 in each job, with the message as its reason. The code is the status in which job and task end: FAILED,
// PARTIALLY_FAILED, CANCELLED or ROLLBACKED; empty means FAILED. A job that ends ROLLBACKED has gone back to the version before.
const FaultJobFails FaultKind = "job-fails"

// FaultQueued lets the next job begin after a delay of simulated time; until then it is SUBMITTED.
const FaultQueued FaultKind = "queued"

// faultRules are what faults of this simulator may say.
func faultRules() simframe.FaultRules {
	return simframe.FaultRules{
		Platform: "ServiceStage", Kinds: []FaultKind{FaultJobFails, FaultQueued}, Delayed: []FaultKind{FaultQueued}, Knows: isOperation, Batches: true,
	}
}

// checkFault tells everything that is wrong with a fault at once.
func checkFault(f Fault) error {
	err := faultRules().Check(f)
	ends := []string{jobFailed, jobPartiallyFailed, jobCancelled, jobRollbacked}
	if f.Kind == FaultJobFails && f.Code != "" && !slices.Contains(ends, f.Code) {
		err = errors.Join(err, fmt.Errorf("code: %q is none of %v", f.Code, ends))
	}
	if f.Kind != FaultJobFails && f.Batch > 0 {
		err = errors.Join(err, fmt.Errorf("batch: only %s hits batches; leave it out", FaultJobFails))
	}
	return err
}
