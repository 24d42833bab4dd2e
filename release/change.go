package release

import "time"

// ChangeState is the state of a change in neutral words.
type ChangeState string

// The states of a change. Behind each stands the SAE status it comes from.
const (
	// ChangePreparing was accepted and does not run yet (0, and 12 approved).
	ChangePreparing ChangeState = "preparing"
	// ChangeRunning replaces instances (1).
	ChangeRunning ChangeState = "running"
	// ChangeAwaitingConfirm waits for a person between two batches (8).
	ChangeAwaitingConfirm ChangeState = "awaiting-confirm"
	// ChangeAwaitingBatch waits for the platform's own timer between two batches (9).
	ChangeAwaitingBatch ChangeState = "awaiting-batch"
	// ChangeAwaitingPlatformApproval waits for the platform's approval (11).
	ChangeAwaitingPlatformApproval ChangeState = "awaiting-platform-approval"
	// ChangeStuck is broken and will not end by itself (1 with SubStatus 1).
	ChangeStuck ChangeState = "stuck"
	// ChangeSucceeded ended well (2).
	ChangeSucceeded ChangeState = "succeeded"
	// ChangeFailed ended badly (3).
	ChangeFailed ChangeState = "failed"
	// ChangeSystemFailed ended by a fault of the platform (10).
	ChangeSystemFailed ChangeState = "system-failed"
	// ChangeAborted was stopped (6).
	ChangeAborted ChangeState = "aborted"
	// ChangeGone is unknown to the platform: its record has expired.
	ChangeGone ChangeState = "gone"
)

// ChangeStates returns all states of a change.
func ChangeStates() []ChangeState {
	return []ChangeState{
		ChangePreparing, ChangeRunning, ChangeAwaitingConfirm, ChangeAwaitingBatch, ChangeAwaitingPlatformApproval, ChangeStuck,
		ChangeSucceeded, ChangeFailed, ChangeSystemFailed, ChangeAborted, ChangeGone,
	}
}

// Ended reports whether the change will not move any more.
func (s ChangeState) Ended() bool {
	switch s {
	case ChangeSucceeded, ChangeFailed, ChangeSystemFailed, ChangeAborted, ChangeGone:
		return true
	case ChangePreparing, ChangeRunning, ChangeAwaitingConfirm, ChangeAwaitingBatch, ChangeAwaitingPlatformApproval, ChangeStuck:
		return false
	}
	return false
}

// Broken reports whether the platform has failed to carry the change out.
func (s ChangeState) Broken() bool {
	return s == ChangeStuck || s == ChangeFailed || s == ChangeSystemFailed
}

// Parked reports whether the change waits for somebody outside.
func (s ChangeState) Parked() bool {
	return s == ChangeAwaitingConfirm || s == ChangeAwaitingPlatformApproval
}

// Observation is one look at a change.
type Observation struct {
	State ChangeState `json:"state"`
	// Batch is the number of the batch in progress or just finished, from 1; 0 before
	// the first.
	Batch   int           `json:"batch,omitempty"`
	Batches []BatchChange `json:"batches,omitempty"`
	// Message is the platform's own explanation of a failure.
	Message string `json:"message,omitempty"`
	// ReplacedBy is the ID of a newer change of the application, once this one has
	// ended: somebody has begun another, so what runs is not of this one's making alone.
	ReplacedBy string `json:"replacedBy,omitempty"`
	// Elsewhere says in words what somebody has made of the application instead, where the platform
	// shows it.
	Elsewhere string `json:"elsewhere,omitempty"`
	// Traffic says in words that somebody has changed the traffic rules of the change, and to what; empty where they
	// are as they should be, and where there are none to be read.
	Traffic string `json:"traffic,omitempty"`
	// Stages are what the platform does for the change now, or did last, in its order; none where it shows none.
	Stages []Stage `json:"stages,omitempty"`
}

// Stage is a step of the platform's own within a change, for people: nothing is decided by it.
type Stage struct {
	// Batch is the number of the batch that the stage belongs to, from 1; 0 where the change has none.
	Batch int `json:"batch,omitempty"`
	// Name is what the platform calls the stage.
	Name  string     `json:"name"`
	State BatchState `json:"state"`
	// Message is what the platform says of it, and of one that has failed, why.
	Message string `json:"message,omitempty"`
}

// The bounds of stages, whatever a platform shows: how many there are, and the bytes of their texts as encoded.
const (
	MaxStages       = 20
	maxStageName    = 120
	maxStageMessage = 400
)

// BoundedStages returns the stages with their texts bounded, at most [MaxStages] of them: those that have failed or are at work stay
// before the others, and the later before the earlier.
func BoundedStages(stages []Stage) []Stage {
	stages, _ = keepOf(stages, MaxStages, 0, func(s Stage) bool { return s.State != BatchFailed && s.State != BatchRunning })
	for i := range stages {
		stages[i].Name = ShortenEncoded(stages[i].Name, maxStageName)
		stages[i].Message = ShortenEncoded(stages[i].Message, maxStageMessage)
	}
	return stages
}

// BatchChange is one batch of a change as the platform shows it.
type BatchChange struct {
	State     BatchState `json:"state"`
	StartedAt time.Time  `json:"startedAt,omitzero"`
	EndedAt   time.Time  `json:"endedAt,omitzero"`
}

// Changed reports whether next shows something that prev did not: a decision is due, a
// further batch has begun, or somebody has changed the traffic rules. A change that merely moves, or passes from one way of
// moving to another, is no change.
func Changed(prev, next Observation) bool {
	moves := prev.State.moves() && next.State.moves()
	return next.Batch > prev.Batch || !moves && prev.State != next.State || prev.Traffic != next.Traffic
}

// moves reports whether the change goes on by itself.
func (s ChangeState) moves() bool {
	return s == ChangePreparing || s == ChangeRunning || s == ChangeAwaitingBatch
}

// LookDelay returns how long to wait before the next look at a change that
// showed nothing new in the given number of looks: about a second while it moves,
// growing to minutes while it is parked.
func LookDelay(s ChangeState, looks int) time.Duration {
	first, most := time.Second, 15*time.Second
	patience := 30 // looks at the first pace
	if s.Parked() {
		first, most, patience = 5*time.Second, 5*time.Minute, 3
	}
	d := first
	for i := patience; i < looks && d < most; i++ {
		d += d / 2
	}
	return min(d, most)
}
