package fcsim

import (
	"errors"

	"slipway/fcclient"
	"slipway/internal/simframe"
)

// A Fault is something that is arranged to go wrong. Its AppID is the name of a service. It is an
// alias, as all simulators share it.
type Fault = simframe.Fault

// FaultKind is what a fault does.
type FaultKind = simframe.FaultKind

// The kinds of faults that act on calls, which all simulators share. A concurrent update, an
// exhausted quota or a throttled platform is an error fault with the code ConcurrentUpdateError,
// ResourceExhausted or ResourceThrottled.
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

// FaultNoInstance lets a provisioned instance of the service not start when it is due. The
// platform tries again after the time that an instance takes: with a count of -1 the number of
// instances never arrives.
const FaultNoInstance FaultKind = "no-instance"

// FaultQueued lets the next asynchronous invocation begin after a delay of simulated time.
const FaultQueued FaultKind = "queued"

// faultRules are what faults of this simulator may say.
func faultRules() simframe.FaultRules {
	return simframe.FaultRules{
		Platform: "Function Compute", Kinds: []FaultKind{FaultNoInstance, FaultQueued}, Delayed: []FaultKind{FaultQueued}, Knows: isOperation,
	}
}

// checkFault tells everything that is wrong with a fault at once.
func checkFault(f Fault) error {
	err := faultRules().Check(f)
	if f.Kind == FaultNoInstance && f.Operation != "" {
		err = errors.Join(err, errors.New("operation: instances start by themselves, not by an operation; leave it out"))
	}
	return err
}

// isOperation reports whether the API has an operation; calls of HTTP triggers count as one.
func isOperation(name string) bool {
	_, known := fcclient.LookupOperation(name)
	return known || name == opTrigger || name == opLayerByArn
}
