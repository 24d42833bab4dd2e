package starter

import (
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"go.temporal.io/sdk/temporal"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases/execution"
	"slipway/wire"
)

// kind is what sort of message one is; also a metric label.
type kind string

const (
	kindRequest kind = "request"
	kindCommand kind = "command"
	// kindArtifact tells of a push to a registry.
	kindArtifact kind = "artifact"
)

// plan is what a message means: exactly one of request, named, set, command, push and poison.
type plan struct {
	kind    kind
	request *wire.Request
	named   *wire.NamedRequest
	set     *wire.SetRequest
	command *release.Command
	push    *wire.Published
	// teller is who alone may tell of a push on its subject; empty where others may, too.
	teller string
	// id is that of the release or the set that the message is about.
	id string
	// target is what the subject of a command says that its release or set is of, as
	// [wire.CommandTarget] does.
	target string
	// proof is the signature of the message, which is read of those that are handled.
	proof  proof
	poison *wire.PoisonError
}

// planFor reads a message of SLIPWAY_IN.
func planFor(msg *nats.Msg) plan {
	if wire.IsArtifact(msg.Subject) {
		push, err := wire.DecodePublished(msg)
		if err != nil {
			return plan{kind: kindArtifact, poison: poisonOf(err)}
		}
		return plan{kind: kindArtifact, push: &push, teller: wire.SubjectIdentity(msg.Subject)}
	}
	if wire.IsCommand(msg.Subject) {
		id, command, err := wire.DecodeCommand(msg)
		if err != nil {
			return plan{kind: kindCommand, poison: poisonOf(err)}
		}
		return plan{kind: kindCommand, command: &command, id: id, target: wire.CommandTarget(msg.Subject)}
	}
	if wire.IsSetRequest(msg.Subject) {
		set, err := wire.DecodeSetRequest(msg)
		if err != nil {
			return plan{kind: kindRequest, poison: poisonOf(err)}
		}
		return plan{kind: kindRequest, set: &set, id: set.ID}
	}
	if wire.IsNamedRequest(msg.Subject) {
		named, err := wire.DecodeNamedRequest(msg)
		if err != nil {
			return plan{kind: kindRequest, poison: poisonOf(err)}
		}
		return plan{kind: kindRequest, named: &named, id: named.ReleaseID}
	}
	request, err := wire.DecodeRequest(msg)
	if err != nil {
		return plan{kind: kindRequest, poison: poisonOf(err)}
	}
	return plan{kind: kindRequest, request: &request, id: request.ReleaseID}
}

func poisonOf(err error) *wire.PoisonError {
	if poison, ok := errors.AsType[*wire.PoisonError](err); ok {
		return poison
	}
	return wire.Refused(err)
}

// result is the result of carrying a plan out.
type result struct {
	kind kind
	// err is Temporal's or the ledger's; nil when the message is accepted.
	err error
	// requestPending is true while the release of a command has not started yet: the request
	// for it is in the stream.
	requestPending bool
}

// action is how a delivery of a message ends; also a metric label.
type action string

const (
	actAck        action = "accepted"
	actRetry      action = "retried"
	actDeadLetter action = "dead-lettered"
	// actDefer is for a message that was not tried, because one before it is unsettled.
	actDefer action = "deferred"
)

// disposition is what follows from a result.
type disposition struct {
	action action
	// poison is the reason of a dead letter.
	poison *wire.PoisonError
}

// classify returns what follows from a result. What may succeed later is retried for as long
// as it takes. Dead-lettered are a request that its lane refuses for good, an event that was
// accepted before with another content, one for which the ledger has no key, one by name that no
// application document knows or allows, a command to a release that does not run or accepts no more
// of them, and what the authority document refuses.
func classify(a result) disposition {
	if a.err == nil {
		return disposition{action: actAck}
	}
	if refusal, ok := errors.AsType[*temporal.ApplicationError](a.err); ok && refusal.Type() == release.ErrorRefused {
		return disposition{action: actDeadLetter, poison: wire.Refused(errors.New(refusal.Message()))}
	}
	if conflict, ok := errors.AsType[*ledger.ConflictError](a.err); ok {
		return disposition{action: actDeadLetter, poison: &wire.PoisonError{Field: "id", Reason: conflict.Error()}}
	}
	if problems, ok := errors.AsType[release.Problems](a.err); ok {
		return disposition{action: actDeadLetter, poison: wire.Refused(problems)}
	}
	if problem, ok := errors.AsType[release.Problem](a.err); ok {
		return disposition{action: actDeadLetter, poison: wire.Refused(problem)}
	}
	if refusal, ok := errors.AsType[release.Refusal](a.err); ok {
		return disposition{action: actDeadLetter, poison: &wire.PoisonError{Field: "subject", Reason: refusal.Error()}}
	}
	if a.kind == kindCommand && execution.IsGone(a.err) && !a.requestPending {
		return disposition{action: actDeadLetter, poison: &wire.PoisonError{
			Field:  "subject",
			Reason: "no such release or set runs: it has ended, or there never was one with this ID (" + a.err.Error() + ")",
		}}
	}
	return disposition{action: actRetry}
}

// retryDelay returns how long to wait after the given number of failures in a row: twice
// as long each time, within the bounds of the configuration.
func (c Config) retryDelay(failures uint64) time.Duration {
	d := c.RetryDelay
	for n := uint64(1); n < failures && d < c.MaxRetryDelay; n++ {
		d *= 2
	}
	return min(d, c.MaxRetryDelay)
}
