package connect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
)

const (
	noAnswer     = "no answer in time"
	loginRefused = "the server refuses the login"
)

// Explain returns the text of an error with what libraries say of servers in plain words. Only the
// text of an error that a library has made is replaced, where the error that wraps it has it:
// what else a message says or quotes stays as it is.
func Explain(err error) string {
	inner := unwrapped(err)
	if len(inner) == 0 {
		return explainCause(err)
	}
	text := err.Error()
	for _, each := range inner {
		was := each.Error()
		// The last one: before it stands what was tried, which may quote anything.
		if at := strings.LastIndex(text, was); was != "" && at >= 0 {
			text = text[:at] + Explain(each) + text[at+len(was):]
		}
	}
	return ofNATS(text)
}

// unwrapped are the errors that an error wraps itself.
func unwrapped(err error) []error {
	if one := errors.Unwrap(err); one != nil {
		return []error{one}
	}
	if many, ok := any(err).(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return nil
}

// explainCause explains an error that wraps no other.
func explainCause(err error) string {
	refused, ofJetStream := errors.AsType[*jetstream.APIError](err)
	switch {
	case ofJetStream:
		return fmt.Sprintf("JetStream refuses: %s (error %d)", cmp.Or(refused.Description, "it gives no reason"), refused.ErrorCode)
	case errors.Is(err, nats.ErrTimeout):
		return "NATS gave " + noAnswer
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return noAnswer
	case errors.Is(err, nats.ErrNoResponders):
		return "nobody on NATS takes the request: is JetStream enabled?"
	case errors.Is(err, nats.ErrConnectionClosed):
		return "the connection to NATS was lost"
	case errors.Is(err, nats.ErrNoServers):
		return "no server answers there"
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return loginRefused
	case errors.Is(err, nats.ErrPermissionViolation):
		return "permissions violation" // the subject follows
	}
	return explainStatus(err)
}

// explainStatus explains an error of gRPC, which is Temporal's.
func explainStatus(err error) string {
	status := serviceerror.ToStatus(err) // Unknown, with the error's own text, where it is none of gRPC
	_, ofTemporal := errors.AsType[serviceerror.ServiceError](err)
	text := status.Message()
	switch code := status.Code(); {
	case code == codes.DeadlineExceeded:
		return noAnswer
	case code == codes.Unauthenticated:
		return because(loginRefused, text)
	case code == codes.PermissionDenied:
		return because("Temporal denies this user a right", text)
	case code == codes.Unavailable:
		return explainTransport(cmp.Or(text, "Temporal is not available"))
	case text == "":
		return fmt.Sprintf("the server gives no reason (code %s)", code)
	case code != codes.Unknown && !ofTemporal:
		return fmt.Sprintf("%s (code %s)", text, code)
	}
	return ofNATS(text)
}

func because(what, why string) string { return strings.TrimSuffix(what+": "+why, ": ") }

// explainTransport explains why there is no connection. Of the error that the network has given,
// a status of gRPC has the text only.
func explainTransport(text string) string {
	switch {
	case strings.Contains(text, "connection refused"):
		return "connection refused: no server answers there"
	case strings.Contains(text, "no such host"):
		return "there is no host of this name"
	case strings.Contains(text, "deadline exceeded"), strings.Contains(text, "i/o timeout"):
		return noAnswer
	}
	if _, cause, found := strings.Cut(text, `desc = "transport: `); found {
		text = strings.TrimPrefix(strings.TrimSuffix(cause, `"`), "authentication handshake failed: ")
	}
	return text
}

// ofNATS names the server in place of the prefix that its library gives its errors.
func ofNATS(text string) string {
	if rest, ok := strings.CutPrefix(text, "nats: "); ok {
		return "NATS: " + rest
	}
	return text
}
