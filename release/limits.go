package release

import "fmt"

// Limit is one of the limits that a release has.
type Limit string

// The limits, as they are called in a release file below `limits`.
const (
	// LimitTotal bounds the release from its turn on.
	LimitTotal Limit = "total"
	// LimitQueue bounds the wait for the turn in the lane.
	LimitQueue Limit = "queue"
	// LimitConfirm bounds the wait for somebody to confirm a batch.
	LimitConfirm Limit = "confirm"
	// LimitApproval bounds the wait for people to approve; it is part of the approval.
	LimitApproval Limit = "approval"
	// LimitPlatformApproval bounds the wait for the platform's own approval.
	LimitPlatformApproval Limit = "platformApproval"
)

// AllLimits lists all limits.
func AllLimits() []Limit {
	return []Limit{LimitTotal, LimitQueue, LimitConfirm, LimitApproval, LimitPlatformApproval}
}

// LimitAction is what a release does when a limit has passed.
type LimitAction string

// The actions.
const (
	// LimitIgnore lets the release go on: what the limit was for has come, or is over.
	LimitIgnore LimitAction = "ignore"
	// LimitAbort aborts the release as a person would.
	LimitAbort LimitAction = "abort"
	// LimitContinue confirms or approves in the place of a person.
	LimitContinue LimitAction = "continue"
	// LimitHold keeps the release, or the batch, parked until the total limit.
	LimitHold LimitAction = "hold"
	// LimitEnd ends the release as it stands: nothing can be aborted any more, or policy holds
	// the batch.
	LimitEnd LimitAction = "end"
)

// LimitSituation is what a release knows of itself when a limit passes. A command that was
// given before the limit passed has counted already, and beats it (R12).
type LimitSituation struct {
	Phase Phase
	// Stopping tells that an abort or a rollback has counted.
	Stopping bool
	// Returning tells that the change is broken off or undone, which has a limit of its own.
	Returning bool
	// Paused tells that a person lets nothing new begin.
	Paused bool
	// Confirmed tells that the awaited batch was confirmed, or that what asks for it was approved.
	Confirmed bool
	// Begun tells that the turn of the release has come.
	Begun bool
}

// AfterLimit answers what a release does that has this policy for what nobody confirms or
// approves. It is a pure table: see TestLimits_AfterLimit for every row.
func AfterLimit(l Limit, s LimitSituation, p TimeoutPolicy) LimitAction {
	switch l {
	case LimitTotal:
		return afterTotal(s, p)
	case LimitQueue:
		return abortUnless(s.Stopping || s.Begun)
	case LimitPlatformApproval:
		return abortUnless(s.Stopping)
	case LimitConfirm, LimitApproval:
		if s.Stopping || s.Confirmed || s.Paused {
			return LimitIgnore
		}
		return afterConfirm(p)
	}
	return LimitIgnore
}

// afterTotal ends what cannot be aborted. What has been verified is finished, because only
// scaling and traffic rules are put back by then; and a watch has a time of its own.
func afterTotal(s LimitSituation, p TimeoutPolicy) LimitAction {
	held := s.Phase == PhaseAwaitingConfirm && p == TimeoutHold && !s.Stopping && !s.Confirmed
	switch {
	case s.Returning || held:
		return LimitEnd
	case s.Phase == PhaseFinalizing || s.Phase == PhaseWatching:
		return LimitIgnore
	default:
		return LimitAbort
	}
}

func afterConfirm(p TimeoutPolicy) LimitAction {
	switch p {
	case TimeoutContinue:
		return LimitContinue
	case TimeoutHold:
		return LimitHold
	case TimeoutAbort:
	}
	return LimitAbort
}

func abortUnless(over bool) LimitAction {
	if over {
		return LimitIgnore
	}
	return LimitAbort
}

// Passed says in words that a limit has passed.
func (l Limits) Passed(limit Limit) string {
	switch limit {
	case LimitTotal:
		return fmt.Sprintf("the release was not done within %s", l.Total)
	case LimitQueue:
		return fmt.Sprintf("its turn did not come within %s", l.Queue)
	case LimitConfirm:
		return fmt.Sprintf("nobody confirmed the batch within %s", l.Confirm)
	case LimitApproval:
		return "" // the approval knows: ApprovalState.Late
	case LimitPlatformApproval:
		return fmt.Sprintf("the platform's approval was not given within %s", l.PlatformApproval)
	}
	return ""
}

// Limit is the limit of a wait; false where the wait has none of its own.
func (k AwaitKind) Limit() (Limit, bool) {
	switch k {
	case AwaitQueue:
		return LimitQueue, true
	case AwaitConfirm:
		return LimitConfirm, true
	case AwaitApproval:
		return LimitApproval, true
	case AwaitPlatformApproval:
		return LimitPlatformApproval, true
	case AwaitOtherChange, AwaitBake, AwaitGates, AwaitSchedule, AwaitResume, AwaitWatch, AwaitFreeze:
	}
	return "", false
}
