package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/console/problem"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// kind is a kind of problem: the end of its type.
type kind string

// The kinds of problems. Each is in docs/api.md.
const (
	kindMalformed  kind = "malformed"
	kindSignIn     kind = "sign-in"
	kindForbidden  kind = "forbidden"
	kindNotFound   kind = "not-found"
	kindMethod     kind = "method"
	kindRefused    kind = "refused"
	kindConflict   kind = "other-content"
	kindTooLarge   kind = "too-large"
	kindMediaType  kind = "media-type"
	kindInvalid    kind = "invalid"
	kindTooMany    kind = "too-many"
	kindInternal   kind = "internal"
	kindAway       kind = "unavailable"
	kindUnanswered kind = "unanswered"
)

// meaning is the status of the kind, and what it means.
func (k kind) meaning() (status int, title string) {
	switch k {
	case kindMalformed:
		return http.StatusBadRequest, "The request cannot be read"
	case kindSignIn:
		return http.StatusUnauthorized, "Nobody has signed in"
	case kindForbidden:
		return http.StatusForbidden, "Who has signed in may not do that"
	case kindNotFound:
		return http.StatusNotFound, "There is no such thing"
	case kindMethod:
		return http.StatusMethodNotAllowed, "The path does not have this method"
	case kindRefused:
		return http.StatusConflict, "It is refused as things stand"
	case kindConflict:
		return http.StatusConflict, "The same key was used with another content"
	case kindTooLarge:
		return http.StatusRequestEntityTooLarge, "The body is too large"
	case kindMediaType:
		return http.StatusUnsupportedMediaType, "The body is not JSON"
	case kindInvalid:
		return http.StatusUnprocessableEntity, "Something in the request is wrong"
	case kindTooMany:
		return http.StatusTooManyRequests, "Too much is asked for at once"
	case kindAway:
		return http.StatusServiceUnavailable, "What is needed for this does not answer"
	case kindUnanswered:
		return http.StatusGatewayTimeout, "Nobody has answered in time"
	case kindInternal:
	}
	return http.StatusInternalServerError, "Something went wrong within"
}

// typePrefix begins the type of every problem.
const typePrefix = "urn:slipway:problem:"

// retryAfter is when to ask again where something is away.
const retryAfter = 5 * time.Second

// is a problem of the kind.
func (k kind) is(format string, args ...any) problem.Problem {
	p := problem.Problem{Type: typePrefix + string(k), Detail: fmt.Sprintf(format, args...)}
	if p.Status, p.Title = k.meaning(); k == kindAway || k == kindTooMany || k == kindUnanswered {
		p.RetryAfter = retryAfter
	}
	return p
}

// invalid are the fields that are wrong.
func invalid(wrong ...release.Problem) problem.Problem {
	for i, w := range wrong {
		if w.Field == "data" { // as an event has it
			wrong[i].Field = "body"
		}
	}
	p := kindInvalid.is("%d fields are wrong", len(wrong))
	if len(wrong) == 1 {
		p.Detail = wrong[0].Error()
	}
	p.Errors = wrong
	return p
}

// problemOf is what a caller is told of an error. What is within, such as an address, it is not told.
func problemOf(err error) problem.Problem {
	if p, is := errors.AsType[problem.Problem](err); is {
		return p
	}
	if p, is := problemOfInput(err); is {
		return p
	}
	if p, is := problemOfReleases(err); is {
		return p
	}
	switch {
	case errors.Is(err, ledger.ErrNotFound), errors.Is(err, jetstream.ErrMsgNotFound):
		return kindNotFound.is("there is no such release or set")
	case errors.Is(err, wire.ErrNoDeadLetter):
		return kindNotFound.is("there is no such dead letter")
	case errors.Is(err, wire.ErrKeepsLetters):
		return kindRefused.is("%s", wire.ErrKeepsLetters)
	case awayNATS(err):
		return kindAway.is("NATS does not answer, or was not set up; to see what is missing: slipway doctor")
	case errors.Is(err, context.DeadlineExceeded):
		return kindUnanswered.is("there was no answer in time; ask again")
	}
	return kindInternal.is("the log of the console says what went wrong")
}

// problemOfInput is that of an error about what was sent.
func problemOfInput(err error) (problem.Problem, bool) {
	if ps, is := errors.AsType[release.Problems](err); is {
		return invalid(slices.Clone(ps)...), true
	}
	if p, is := errors.AsType[release.Problem](err); is {
		return invalid(p), true
	}
	if unknown, is := errors.AsType[*documents.UnknownError](err); is {
		return kindNotFound.is("%s", unknown.Error()), true
	}
	if conflict, is := errors.AsType[*ledger.ConflictError](err); is {
		return kindConflict.is("%s", conflict.Error()), true
	}
	return problem.Problem{}, false
}

// problemOfReleases is that of an error of package releases.
func problemOfReleases(err error) (problem.Problem, bool) {
	if missing, is := errors.AsType[*releases.NotFoundError](err); is {
		return kindNotFound.is("there is no %s, or its request was not accepted", release.Named(missing.ID)), true
	}
	if refused, is := errors.AsType[*releases.RefusedError](err); is {
		return kindRefused.is("%s", refused.Error()), true
	}
	if none, is := errors.AsType[*releases.NoWorkerError](err); is {
		return kindAway.is("%s", none.Error()), true
	}
	if away, is := errors.AsType[*releases.UnreachableError](err); is {
		of := "Temporal"
		if away.Of != "" {
			of = away.Of
		}
		return kindAway.is("%s does not answer; to see what is missing: slipway doctor", of), true
	}
	if late, is := errors.AsType[*releases.UnansweredError](err); is {
		return kindUnanswered.is("%s", late.Error()), true
	}
	return problem.Problem{}, false
}

// errNATSAway means that NATS has not answered in time.
var errNATSAway = errors.New("NATS does not answer")

// awayNATS reports whether an error is that NATS cannot be asked.
func awayNATS(err error) bool {
	for _, away := range []error{
		errNATSAway, ledger.ErrUnavailable, nats.ErrNoResponders, nats.ErrTimeout, nats.ErrConnectionClosed, nats.ErrDisconnected, nats.ErrNoServers,
		jetstream.ErrBucketNotFound, jetstream.ErrStreamNotFound, jetstream.ErrNoStreamResponse, jetstream.ErrJetStreamNotEnabled,
	} {
		if errors.Is(err, away) {
			return true
		}
	}
	return false
}
