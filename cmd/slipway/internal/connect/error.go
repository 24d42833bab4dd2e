package connect

import (
	"context"
	"errors"
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
			e.Problem = noAnswer
		}
	}
	return e
}
