package release

// Step is the change a decision is about.
type Step string

// The steps.
const (
	// StepRollout brings the new version.
	StepRollout Step = "rollout"
	// StepRollback brings the old version back with a change of its own.
	StepRollback Step = "rollback"
)

// Situation is what a release knows of itself when it looks at a change.
type Situation struct {
	Step     Step
	Strategy StrategyType
	// Aborting tells that the release is to be aborted and rolled back.
	Aborting bool
	// RollbackWanted is the policy after a failure.
	RollbackWanted bool
	// TargetKnown reports whether there is a version to roll back to.
	TargetKnown bool
}

// Action is what a release does next.
type Action string

// The actions.
const (
	// ActWatch goes on looking.
	ActWatch Action = "watch"
	// ActAskPerson asks for the confirmation of the finished batch.
	ActAskPerson Action = "ask-person"
	// ActAwaitPlatformApproval waits for the platform's approval.
	ActAwaitPlatformApproval Action = "await-platform-approval"
	// ActBreakOff tells the platform to abort and roll back.
	ActBreakOff Action = "break-off"
	// ActRollBack begins a rollback to the recorded version.
	ActRollBack Action = "roll-back"
	// ActSettleNew reads back that the new version runs everywhere.
	ActSettleNew Action = "settle-new"
	// ActSettleOld reads back that the old version runs everywhere.
	ActSettleOld Action = "settle-old"
	// ActSettleAny reads back which version runs: nobody can tell beforehand.
	ActSettleAny Action = "settle-any"
)

// Decide answers what an observation of a change means for a release. It is a
// pure table: see TestDecide for every row.
//
// SAE rolls a failed gray or batch release back by itself but not a failed single
// batch (SAE API reference ch. 5); SubStatus 1 hangs until AbortAndRollback is called
// (ch. 12.4, 14.3); an expired record proves nothing (ch. 12.4), so the running
// version decides.
//
// Once somebody has begun another change, how this one ended says nothing about
// what runs.
func Decide(s Situation, o Observation) Action {
	if o.ReplacedBy != "" && o.State.Ended() {
		return ActSettleAny
	}
	switch o.State {
	case ChangePreparing, ChangeRunning, ChangeAwaitingBatch:
		return ActWatch
	case ChangeAwaitingConfirm:
		if s.Aborting || s.Step == StepRollback {
			return ActWatch
		}
		return ActAskPerson
	case ChangeAwaitingPlatformApproval:
		return ActAwaitPlatformApproval
	case ChangeStuck:
		return breakStuck(s)
	case ChangeSucceeded:
		return settleSucceeded(s)
	case ChangeFailed, ChangeSystemFailed, ChangeAborted:
		return settleFailed(s)
	case ChangeGone:
		return ActSettleAny
	}
	return ActSettleAny
}

// breakStuck never aborts a rollback: its own rollback would bring the failed version
// back.
func breakStuck(s Situation) Action {
	switch {
	case s.Step == StepRollback:
		return ActSettleAny
	case s.Aborting:
		return ActWatch
	default:
		return ActBreakOff
	}
}

// settleSucceeded goes back from a rollout that has succeeded although it was to be broken
// off: a word that has counted is kept, where there is something to go back to.
func settleSucceeded(s Situation) Action {
	switch {
	case s.Step == StepRollback:
		return ActSettleOld
	case s.Aborting && s.TargetKnown:
		return ActRollBack
	default:
		return ActSettleNew
	}
}

func settleFailed(s Situation) Action {
	if s.Step == StepRollback {
		return ActSettleAny
	}
	if s.Aborting || s.Strategy != StrategyAll {
		return ActSettleOld
	}
	if s.RollbackWanted && s.TargetKnown {
		return ActRollBack
	}
	return ActSettleAny
}
