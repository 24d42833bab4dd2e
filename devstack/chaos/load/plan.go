// Package load is what a chaos run asks for: the requests and sets of many applications on all platforms, and what people,
// operators and broken senders do meanwhile. What is asked for is drawn from a seed before anything is sent ([Draw]); a [Run] sends
// it, answers whatever waits for a person, and notes what JetStream has taken ([Sent]).
package load

import (
	"errors"
	"fmt"
	"time"

	"slipway/release"
)

// Size says how much is asked for.
type Size struct {
	// Releases is how many releases are requested, those of sets and promotions not counted, and Applications of how many
	// applications.
	Releases, Applications int
	// Over is the time over which it is requested.
	Over time.Duration
}

// The bounds of a size: a run of more tells nothing that two runs do not, and waits for hours.
const (
	maxReleases     = 10_000
	maxApplications = 1_000
	maxOver         = 24 * time.Hour
)

// Validate lists every problem of the size at once.
func (s Size) Validate() error {
	var problems []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	check(s.Releases >= 1 && s.Releases <= maxReleases, "releases: must be 1-%d, is %d", maxReleases, s.Releases)
	check(s.Applications >= 1 && s.Applications <= maxApplications, "applications: must be 1-%d, is %d", maxApplications, s.Applications)
	check(s.Over > 0 && s.Over <= maxOver, "the time of requests must be more than 0s and at most %s, is %s", maxOver, s.Over)
	return errors.Join(problems...)
}

// Plan is all that is asked for, and when. Times count from the beginning of [Run.Do].
type Plan struct {
	Seed         uint64
	Applications []Application
	// Requests, Sets, Faulty and Acts are each in the order of their times.
	Requests []Request
	Sets     []Set
	Faulty   []Faulty
	Acts     []Act
}

// Application is an application that the run creates on its platform.
type Application struct {
	Name     string
	Platform release.Platform
	// Job tells that it is a job template.
	Job bool
	// Route tells that it has a traffic rule of its own.
	Route bool
	// Document is the name of the document that has it as its environment, so that it is asked for by name; empty where there is none.
	Document, Environment string
}

// The environments of documents: what has succeeded in staging is promoted to production by itself.
const (
	staging    = "staging"
	production = "production"
)

// Set is several releases that somebody asks for as one.
type Set struct {
	At      time.Duration
	EventID string
	// Members are requests whose times, answers and event IDs mean nothing, a wave each.
	Members   []Request
	OnFailure release.SetPolicy
	// Confirm says whether each wave waits for a person, and Answer is how people answer then.
	Confirm release.ConfirmMode
	Answer  Answer
	After   time.Duration
}

// FaultyKind is what is wrong with a message.
type FaultyKind string

// The kinds of faulty messages.
const (
	// FaultyGarbage is no event at all.
	FaultyGarbage FaultyKind = "garbage"
	// FaultyField has a field that does not exist.
	FaultyField FaultyKind = "unknown-field"
	// FaultyTarget is a command to a release that nobody has asked for.
	FaultyTarget FaultyKind = "unknown-target"
	// FaultyConflict has the identity of a request and another content.
	FaultyConflict FaultyKind = "conflict"
	// FaultyAgain is a request once more, which JetStream does not drop.
	FaultyAgain FaultyKind = "again"
)

// FaultyKinds returns all kinds.
func FaultyKinds() []FaultyKind {
	return []FaultyKind{FaultyGarbage, FaultyField, FaultyTarget, FaultyConflict, FaultyAgain}
}

// Faulty is a message that must not be taken, or from which nothing may follow.
type Faulty struct {
	At   time.Duration
	Kind FaultyKind
	// Request is the place of the request in the plan that it is like; it was sent before.
	Request int
	EventID string
}

// ActKind is what an operator does.
type ActKind string

// The kinds of acts.
const (
	// ActHoldLane holds the lane of an application, and resumes it after a while. ActFreeze stops the line for the application, and lifts
	// that.
	ActHoldLane ActKind = "hold-lane"
	ActFreeze   ActKind = "freeze"
	// ActTerminateLane and ActResetLane lose the lane of an application, ActTerminateRelease and ActResetRelease its release under way.
	ActTerminateLane    ActKind = "terminate-lane"
	ActResetLane        ActKind = "reset-lane"
	ActTerminateRelease ActKind = "terminate-release"
	ActResetRelease     ActKind = "reset-release"
	// ActForeignChange releases something at the platform's console, and ActEnableRule enables a scaling rule there that was not.
	ActForeignChange ActKind = "foreign-change"
	ActEnableRule    ActKind = "enable-rule"
	// ActForget removes the history of a release of the application that has ended, as retention does, and asks for the same once more.
	ActForget ActKind = "forget"
)

// ActKinds returns all kinds.
func ActKinds() []ActKind {
	return []ActKind{
		ActHoldLane, ActFreeze, ActTerminateLane, ActResetLane, ActTerminateRelease, ActResetRelease, ActForeignChange, ActEnableRule,
		ActForget,
	}
}

// Act is what an operator does, to one application.
type Act struct {
	At          time.Duration
	Kind        ActKind
	Application int
	// For is how long what can be taken back lasts.
	For time.Duration
}

// Request is a release that somebody asks for by an event.
type Request struct {
	At time.Duration
	// Application is the place of the application in the plan.
	Application int
	EventID     string
	// Spec is what is asked for; who it is of is known once the application was created.
	Spec release.Spec
	// Gate is what a gate between the batches says; empty where there is none.
	Gate Gate
	// Answer is how people answer wherever the release waits for them, and After how long it takes them.
	Answer Answer
	After  time.Duration
}

// Gate is what the gate of a release says after each batch. Its address is known once the system is up.
type Gate string

// The gates.
const (
	GatePasses Gate = "passes"
	GateFails  Gate = "fails"
)

// Answer is how people answer a release that waits for them.
type Answer string

// The answers.
const (
	// AnswerConfirm confirms and approves whatever waits.
	AnswerConfirm Answer = "confirm"
	// AnswerConfirmAll confirms all batches of a change at once.
	AnswerConfirmAll Answer = "confirm-all"
	// AnswerPause pauses at the first batch, resumes, and confirms.
	AnswerPause Answer = "pause"
	// AnswerAbort aborts, or rejects, at the first batch.
	AnswerAbort Answer = "abort"
	// AnswerRollback returns, at the first batch, to the version that ran before.
	AnswerRollback Answer = "rollback"
	// AnswerNone leaves it to the limit.
	AnswerNone Answer = "none"
	// AnswerAtLimit confirms and approves about when the limit ends.
	AnswerAtLimit Answer = "at-limit"
)

// Answers returns all answers.
func Answers() []Answer {
	return []Answer{AnswerConfirm, AnswerConfirmAll, AnswerPause, AnswerAbort, AnswerRollback, AnswerNone, AnswerAtLimit}
}

// Gated is what is asked for, with the gate of the request, where it has one, below an address.
func (r Request) Gated(gates string) release.Spec {
	s := r.Spec
	if r.Gate != "" {
		s.Strategy.Gates = []release.Gate{{
			Name: string(r.Gate), HTTP: &release.HTTPGate{URL: gates + "/" + string(r.Gate)}, Samples: 2, Interval: release.Duration(time.Second),
		}}
	}
	return s
}

// waitsForBatch reports whether a release that is asked for so waits for a person after a batch.
func (r Request) waitsForBatch() bool {
	op, st := r.Spec.Operation, r.Spec.Strategy
	return (op == "" || op == release.OperationRelease) && st.Type != release.StrategyAll && st.Confirm == release.ConfirmManual
}

// ends returns the phases in which the release may end, whatever fails on its way.
func (r Request) ends() []release.Phase {
	ends := []release.Phase{release.PhaseRolledBack, release.PhaseFailed, release.PhaseNeedsAttention}
	if r.Gate == GateFails {
		return ends
	}
	switch r.Answer {
	case AnswerConfirm, AnswerConfirmAll, AnswerPause:
		return append(ends, release.PhaseSucceeded)
	case AnswerAtLimit:
		return append(ends, release.PhaseSucceeded, release.PhaseAborted)
	case AnswerAbort, AnswerRollback, AnswerNone:
	}
	// Who would return to the version before approves what has not changed it.
	if r.waitsForBatch() || r.Spec.Approval != nil && r.Answer != AnswerRollback {
		return append(ends, release.PhaseAborted)
	}
	return append(ends, release.PhaseSucceeded)
}
