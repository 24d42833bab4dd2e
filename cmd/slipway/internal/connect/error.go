package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"go.temporal.io/api/serviceerror"
)

// Error says that a server cannot be reached, or does not let this client in.
type Error struct {
	// Attempt is what was tried, with the address.
	Attempt string
	// Problem says what is wrong, and Remedy what to check.
	Problem, Remedy string
	Cause           error
}

// Error implements error.
func (e *Error) Error() string { return e.Found() + "; " + e.Remedy }

// Found is the error without its remedy.
func (e *Error) Found() string { return e.Attempt + ": " + e.Problem }

// Unwrap returns what the connection has failed with.
func (e *Error) Unwrap() error { return e.Cause }

// ended is the error of what has ended a context, where it has.
func (e *Error) ended(ctx context.Context) *Error {
	if ctx.Err() != nil {
		e.Cause = context.Cause(ctx)
		e.Problem = "no answer: " + e.Cause.Error()
		if errors.Is(e.Cause, context.DeadlineExceeded) {
			e.Problem = "no answer in time"
		}
	}
	return e
}

// natsError tells why NATS was not connected within a time, in words that name no Go library.
func natsError(err error, waited time.Duration) string {
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, nats.ErrNoServers):
		return "no server answers there"
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked):
		return "the server refuses the login"
	case errors.Is(err, nats.ErrTimeout), isNet && timeout.Timeout():
		return fmt.Sprintf("no answer within %s", waited.Round(time.Millisecond))
	}
	return strings.TrimPrefix(err.Error(), "nats: ")
}

// temporalError tells why Temporal was not connected, in words that name no Go library.
func temporalError(err error) string {
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	text := err.Error()
	switch {
	case denied, strings.Contains(text, "Unauthenticated"):
		return "the server refuses the login"
	case strings.Contains(text, "connection refused"):
		return "connection refused: no server answers there"
	case strings.Contains(text, "no such host"):
		return "there is no host of this name"
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "deadline exceeded"), strings.Contains(text, "i/o timeout"):
		return "no answer in time"
	}
	for _, layer := range []string{"failed reaching server: ", "authentication handshake failed: ", `desc = "transport: `} {
		if _, inner, found := strings.Cut(text, layer); found {
			text = strings.TrimSuffix(inner, `"`)
		}
	}
	return text
}
