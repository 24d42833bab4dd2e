package release

// Fault is the type of an activity's error: it drives what is done about it.
type Fault string

// The faults. The first seven do not retry.
const (
	FaultInvalid  Fault = "Invalid"
	FaultNotFound Fault = "NotFound"
	FaultAuth     Fault = "Auth"
	FaultBilling  Fault = "Billing"
	FaultQuota    Fault = "Quota"
	// FaultUndecidable is a change that may or may not exist: fail closed.
	FaultUndecidable Fault = "Undecidable"
	// FaultFrozen means that a freeze holds the change back; nothing was changed. The
	// error's detail is the [Freeze].
	FaultFrozen Fault = "Frozen"
	// FaultConflict is refused because of another change, unfinished or begun since the
	// application was read; nothing was changed. It is waited for by looking, see
	// [VerbAwaitIdle].
	FaultConflict Fault = "Conflict"
	// FaultNotNow is refused for a reason that passes without us: an upgrade of the platform,
	// an application in a state that allows no change; nothing was changed.
	FaultNotNow Fault = "NotNow"
	// FaultThrottled, FaultUnavailable and FaultUnguarded could not ask; nothing was changed:
	// too many calls, a platform or collaborator that does not answer, a calendar of freezes
	// that cannot be read.
	FaultThrottled   Fault = "Throttled"
	FaultUnavailable Fault = "Unavailable"
	FaultUnguarded   Fault = "Unguarded"
	// FaultDeclined is a change that was sent, and answered with an error that says it was
	// refused for now. That is no proof: look before it is sent again.
	FaultDeclined Fault = "Declined"
	// FaultAmbiguous may or may not have acted: look before saying it again.
	FaultAmbiguous Fault = "Ambiguous"
	// FaultUnchanged is no fault: there is nothing new yet, look again later.
	FaultUnchanged Fault = "Unchanged"
)

// The faults that no activity fails with: a workflow gives them to a verb that has no answer.
const (
	// FaultNoWorker means that no worker has taken the task; nothing was changed.
	FaultNoWorker Fault = "NoWorker"
	// FaultStopped means that the verb is not wanted any more; nothing was changed.
	FaultStopped Fault = "Stopped"
)

// Retryable reports whether trying again can help.
func (f Fault) Retryable() bool {
	switch f {
	case FaultInvalid, FaultNotFound, FaultAuth, FaultBilling, FaultQuota, FaultUndecidable, FaultFrozen, FaultStopped:
		return false
	case FaultConflict, FaultNotNow, FaultThrottled, FaultUnavailable, FaultUnguarded,
		FaultDeclined, FaultAmbiguous, FaultUnchanged, FaultNoWorker:
		return true
	}
	return false
}
