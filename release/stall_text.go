package release

import (
	"slices"
	"strings"
)

// Tries returns the platform's verb that is tried in vain, whether [Stall.Doing] names it by
// itself or as an activity; empty where nothing is tried or it is no verb of the platform.
func (p Progress) Tries() Verb {
	if p.Stalled == nil {
		return ""
	}
	v := Verb(strings.TrimPrefix(p.Stalled.Doing, ActivityName(p.App.Platform, "")))
	if !slices.Contains(Verbs(), v) {
		return ""
	}
	return v
}

// Remedy returns what a person can do about what is tried in vain; empty where nothing is, or
// nobody knows.
func (p Progress) Remedy() string {
	if p.Stalled == nil {
		return ""
	}
	switch p.Stalled.Fault {
	case FaultThrottled:
		return "wait; if it lasts, let the workers make fewer calls a second, or find out who else calls the platform with their account"
	case FaultUnavailable:
		return "wait; if it lasts, find out whether the workers reach what they ask"
	case FaultUnguarded:
		return "bring NATS back; where the calendar of freezes does not exist, slipway setup creates it"
	case FaultNoWorker:
		return p.workerMissing()
	case FaultNotNow, FaultDeclined:
		return "wait; if it lasts, look at the application on its platform"
	case FaultConflict:
		return "wait for the other change, or end it in the platform's console"
	case FaultAmbiguous:
		return "wait: what may have begun is looked for before anything is sent again"
	case FaultInvalid, FaultNotFound, FaultAuth, FaultBilling, FaultQuota, FaultUndecidable, FaultFrozen, FaultUnchanged, FaultStopped:
	}
	return ""
}

// workerMissing says which worker to start. What is no verb of the platform is done by
// workers of any region.
func (p Progress) workerMissing() string {
	if p.Tries() == "" {
		return "start a worker: none takes from task queue " + WorkflowTaskQueue
	}
	return "start a worker for region " + p.App.Region + ": none takes from task queue " + PlatformTaskQueue(p.App.Platform, p.App.Region)
}
