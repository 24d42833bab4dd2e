package release

import "time"

// EventKind is a transition of a release that the world is told of; the last part of
// an event's type and subject.
type EventKind string

// The lifecycle events.
const (
	EventAccepted EventKind = "accepted"
	EventStarted  EventKind = "started"
	// EventApprovalWaiting tells that people are asked to approve the release, or a finished batch,
	// EventApprovalGiven that one of them has, and EventApprovalGranted that enough have.
	EventApprovalWaiting         EventKind = "approval.waiting"
	EventApprovalGiven           EventKind = "approval.given"
	EventApprovalGranted         EventKind = "approval.granted"
	EventBatchWaiting            EventKind = "batch.waiting"
	EventBatchConfirmed          EventKind = "batch.confirmed"
	EventBatchDone               EventKind = "batch.done"
	EventPlatformApprovalWaiting EventKind = "platform-approval.waiting"
	EventPaused                  EventKind = "paused"
	EventResumed                 EventKind = "resumed"
	// EventStalled tells that the release stands still, because something is tried in vain or
	// somebody else's change is in the way; EventMoving that it goes on.
	EventStalled EventKind = "stalled"
	EventMoving  EventKind = "moving"
	// EventWatching tells that the new version runs on every instance and is watched.
	EventWatching    EventKind = "watching"
	EventRollingBack EventKind = "rollingback"
	// EventRunStarted tells that a job was asked to run.
	EventRunStarted EventKind = "run.started"
	EventSucceeded  EventKind = "succeeded"
	EventFailed     EventKind = "failed"
	EventRolledBack EventKind = "rolledback"
	EventAborted    EventKind = "aborted"
	EventAttention  EventKind = "attention"
	// EventDecided tells of a person's word that no other event tells of: one that was refused, one that lets
	// the release pass over freezes, and each one to a set.
	EventDecided EventKind = "decided"
)

// The lifecycle events that only sets have.
const (
	EventWaveWaiting EventKind = "wave.waiting"
	EventWaveDone    EventKind = "wave.done"
)

// The lifecycle events that only lanes have; that a lane is not held any more is [EventResumed]. EventHeld is also that of a
// promotion that is not asked for.
const (
	EventHeld    EventKind = "held"
	EventDropped EventKind = "dropped"
	EventAllowed EventKind = "allowed"
)

// EventReplayed tells that somebody has published the message of a dead letter again; that one was deleted is [EventDropped].
const EventReplayed EventKind = "replayed"

// EventFired tells that a push to a registry made a request, and EventIgnored that one made none.
const (
	EventFired   EventKind = "fired"
	EventIgnored EventKind = "ignored"
)

// EventKinds returns the kinds that releases and sets tell of.
func EventKinds() []EventKind {
	return []EventKind{
		EventAccepted, EventStarted, EventApprovalWaiting, EventApprovalGiven, EventApprovalGranted, EventBatchWaiting, EventBatchConfirmed, EventBatchDone,
		EventPlatformApprovalWaiting, EventPaused, EventResumed, EventStalled, EventMoving, EventWatching, EventRollingBack, EventRunStarted, EventSucceeded,
		EventFailed, EventRolledBack, EventAborted, EventAttention, EventDecided, EventWaveWaiting, EventWaveDone,
	}
}

// Outcome returns the event that tells of the end in phase p; false when p is no end.
func (p Phase) Outcome() (EventKind, bool) {
	switch p {
	case PhaseSucceeded:
		return EventSucceeded, true
	case PhaseRolledBack:
		return EventRolledBack, true
	case PhaseAborted:
		return EventAborted, true
	case PhaseFailed:
		return EventFailed, true
	case PhaseNeedsAttention:
		return EventAttention, true
	case PhaseQueued, PhasePreparing, PhaseAwaitingApproval, PhaseRollingOut, PhaseAwaitingConfirm, PhaseAwaitingPlatformApproval, PhasePaused,
		PhaseRunning, PhaseFinalizing, PhaseWatching, PhaseRollingBack:
		return "", false
	}
	return "", false
}

// Event is one lifecycle event, of a release, a set, a lane, a promotion, a dead letter or a push to a registry.
type Event struct {
	// ID is deterministic, see [EventID]: one for each transition. The bus drops a repeated one.
	ID string `json:"id"`
	// Kind is empty where nothing is told: the ledger alone learns how far the release has come.
	Kind EventKind `json:"kind,omitempty"`
	// At is when the transition happened, however much later it is published.
	At time.Time `json:"at,omitzero"`
	// Progress is the release right after the transition, cut to [MaxTold]; zero in an event
	// of a set.
	Progress Progress `json:"progress,omitzero"`
	// Set is the set right after the transition, cut likewise; nil in an event of a release.
	Set *SetProgress `json:"set,omitempty"`
	// Lane is what was done to a lane; nil in an event of a release or a set.
	Lane *LaneChange `json:"lane,omitempty"`
	// Promotion is what is not promoted by itself; nil in all other events.
	Promotion *HeldPromotion `json:"promotion,omitempty"`
	// Letter is what was done with a dead letter; nil in all other events.
	Letter *LetterChange `json:"letter,omitempty"`
	// Push is what came of a push to a registry; nil in all other events.
	Push *Push `json:"push,omitempty"`
}

// LetterChange is what a person has done with a dead letter: the data of its lifecycle events.
type LetterChange struct {
	// Sequence is that of the dead letter in its stream.
	Sequence uint64 `json:"sequence"`
	// By is who has done it. Nobody has verified who that was.
	By string `json:"by"`
	// Subject is the one on which the message was published, and About what it is for, as far as it can be read:
	// platform/region/id, application/environment, set/name, or the ID of a release or a set.
	Subject string `json:"subject"`
	About   string `json:"about,omitempty"`
	// Reason is why, in their words; empty where nobody has said it.
	Reason string `json:"reason,omitempty"`
}

// HeldPromotion is a promotion that was to be asked for by itself, and is not: the data of its lifecycle event.
type HeldPromotion struct {
	Application string `json:"application"`
	// From and To are the environments, and App the application of To on its platform.
	From string `json:"from"`
	To   string `json:"to"`
	App  App    `json:"app"`
	// ReleaseID is the release that was to be promoted, and Artifact what it has brought.
	ReleaseID string `json:"releaseId"`
	Artifact  string `json:"artifact"`
	Reason    string `json:"reason"`
}

// LaneChange is what a person has done to a lane: the data of its lifecycle events.
type LaneChange struct {
	App App `json:"app"`
	// By is who has done it, and Via the way it came. Nobody has verified who that was.
	By     string `json:"by"`
	Via    string `json:"via,omitempty"`
	Reason string `json:"reason,omitempty"`
	// ReleaseID is the release that was dropped.
	ReleaseID string `json:"releaseId,omitempty"`
	// Artifact is the artifact that was allowed again; empty where all were.
	Artifact string `json:"artifact,omitempty"`
	// Before and After are the hold of the lane before and after it; nil where there is none.
	Before *Hold `json:"before,omitempty"`
	After  *Hold `json:"after,omitempty"`
}

// LaneEventKind is the event that tells of an operator's word to a lane; empty where the update is none.
func LaneEventKind(update string) EventKind {
	switch update {
	case UpdateHold:
		return EventHeld
	case UpdateResume:
		return EventResumed
	case UpdateDrop:
		return EventDropped
	case UpdateAllow:
		return EventAllowed
	}
	return ""
}
