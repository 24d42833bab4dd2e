package release

import "slices"

// Phase is where a release stands. The zero value is no phase.
type Phase string

// The phases. The last five are ends, and are the outcomes of a release.
const (
	// PhaseQueued waits in its lane for the releases before it.
	PhaseQueued Phase = "Queued"
	// PhasePreparing reads the application and suspends its scaling rules.
	PhasePreparing Phase = "Preparing"
	// PhaseAwaitingApproval is parked, before anything is changed, until enough people have approved.
	PhaseAwaitingApproval Phase = "AwaitingApproval"
	// PhaseRollingOut has a change at work.
	PhaseRollingOut Phase = "RollingOut"
	// PhaseAwaitingConfirm is parked between two batches until a person speaks, or enough have approved.
	PhaseAwaitingConfirm Phase = "AwaitingConfirm"
	// PhaseAwaitingPlatformApproval is parked until the platform's own approval is given.
	PhaseAwaitingPlatformApproval Phase = "AwaitingPlatformApproval"
	// PhasePaused is parked because a person said so.
	PhasePaused Phase = "Paused"
	// PhaseRunning executes a job.
	PhaseRunning Phase = "Running"
	// PhaseFinalizing has the new version everywhere and puts the scaling rules back.
	PhaseFinalizing Phase = "Finalizing"
	// PhaseWatching runs the new version on every instance, with the scaling rules back, and watches it.
	PhaseWatching Phase = "Watching"
	// PhaseRollingBack returns to the version that ran before.
	PhaseRollingBack Phase = "RollingBack"

	// PhaseSucceeded runs the new version, everything put back.
	PhaseSucceeded Phase = "Succeeded"
	// PhaseRolledBack failed and runs the version that ran before, everything put back.
	PhaseRolledBack Phase = "RolledBack"
	// PhaseAborted was stopped by a person or a limit and runs the version that ran before.
	PhaseAborted Phase = "Aborted"
	// PhaseFailed did not reach its goal; nothing is left half done.
	PhaseFailed Phase = "Failed"
	// PhaseNeedsAttention ended in a state that a person must look at; the reason says which.
	PhaseNeedsAttention Phase = "NeedsAttention"
)

// Phases returns all phases in the order of a release's life.
func Phases() []Phase {
	return []Phase{
		PhaseQueued, PhasePreparing, PhaseAwaitingApproval, PhaseRollingOut, PhaseAwaitingConfirm, PhaseAwaitingPlatformApproval, PhasePaused,
		PhaseRunning, PhaseFinalizing, PhaseWatching, PhaseRollingBack, PhaseSucceeded, PhaseRolledBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention,
	}
}

// Next returns the phases that may follow p; none after an end.
func (p Phase) Next() []Phase {
	switch p {
	case PhaseQueued:
		return []Phase{PhasePreparing, PhaseAborted, PhaseFailed}
	case PhasePreparing:
		return []Phase{PhaseAwaitingApproval, PhaseRollingOut, PhaseRunning, PhasePaused, PhaseAborted, PhaseFailed, PhaseNeedsAttention}
	case PhaseAwaitingApproval:
		return []Phase{PhasePreparing, PhaseAborted}
	case PhaseRollingOut:
		return []Phase{
			PhaseAwaitingConfirm, PhaseAwaitingPlatformApproval, PhasePaused, PhaseRunning, PhaseFinalizing, PhaseRollingBack,
			PhaseAborted, PhaseFailed, PhaseNeedsAttention,
		}
	case PhaseAwaitingConfirm:
		return []Phase{
			PhaseRollingOut, PhasePaused, PhaseFinalizing, PhaseRollingBack, PhaseSucceeded, PhaseAborted, PhaseFailed, PhaseNeedsAttention,
		}
	case PhaseAwaitingPlatformApproval:
		return []Phase{
			PhaseRollingOut, PhaseAwaitingConfirm, PhasePaused, PhaseRunning, PhaseFinalizing, PhaseRollingBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention,
		}
	case PhasePaused:
		return []Phase{
			PhasePreparing, PhaseRollingOut, PhaseAwaitingConfirm, PhaseRunning, PhaseFinalizing, PhaseRollingBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention,
		}
	case PhaseRunning:
		return []Phase{PhasePaused, PhaseFinalizing, PhaseRollingBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention}
	case PhaseFinalizing:
		return []Phase{PhaseWatching, PhaseSucceeded, PhaseRollingBack, PhaseFailed, PhaseNeedsAttention}
	case PhaseWatching:
		return []Phase{PhaseAwaitingConfirm, PhaseSucceeded, PhaseRollingBack, PhaseFailed, PhaseNeedsAttention}
	case PhaseRollingBack:
		return []Phase{PhaseRolledBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention}
	case PhaseSucceeded, PhaseRolledBack, PhaseAborted, PhaseFailed, PhaseNeedsAttention:
		return nil
	}
	return nil
}

// CanBecome reports whether next may follow p.
func (p Phase) CanBecome(next Phase) bool { return slices.Contains(p.Next(), next) }

// Ended reports whether p is an outcome.
func (p Phase) Ended() bool { return p != "" && len(p.Next()) == 0 }

// Parked reports whether a release in phase p waits for somebody's word.
func (p Phase) Parked() bool {
	return p == PhaseAwaitingApproval || p == PhaseAwaitingConfirm || p == PhaseAwaitingPlatformApproval || p == PhasePaused
}
