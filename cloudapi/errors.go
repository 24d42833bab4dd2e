package cloudapi

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Error is the error of every call of a client. It works with errors.Is for its class, and for
// context.Canceled and context.DeadlineExceeded when the caller's context ended the call.
type Error struct {
	// Client is the platform whose client failed, as people call it, for example SAE. It begins the
	// text of the error.
	Client string
	// Operation is the operation's name.
	Operation string
	// Code is the error code of the answer, empty when there was none.
	Code string
	// Message is the answer's text, with secrets of the request removed. Never match on it.
	Message string
	// RequestID identifies the call to the platform's support.
	RequestID string
	// HTTPStatus is the status of the answer, 0 when there was none.
	HTTPStatus int
	// Class says what to do.
	Class Class
	// RetryAfter is how long the server asks to wait, 0 when it does not say.
	RetryAfter time.Duration
	// Err is the cause, if there is one beyond the answer.
	Err error
}

// Error describes the error in one line.
func (e *Error) Error() string {
	var parts []string
	if e.Client != "" {
		parts = append(parts, e.Client)
	}
	parts = append(parts, e.Operation)
	if e.Code != "" {
		parts = append(parts, e.Code)
	}
	if e.Message != "" && e.Message != e.Code {
		parts = append(parts, e.Message)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	detail := []string{e.Class.Error()}
	if e.HTTPStatus != 0 {
		detail = append(detail, fmt.Sprintf("HTTP %d", e.HTTPStatus))
	}
	if e.RequestID != "" {
		detail = append(detail, "request "+e.RequestID)
	}
	return fmt.Sprintf("%s (%s)", strings.Join(parts, ": "), strings.Join(detail, ", "))
}

// Unwrap returns the class and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Class}
	}
	return []error{e.Class, e.Err}
}

// ClassOf returns the class of an error of a client, and an empty class for any other error.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	class, _ := errors.AsType[Class](err)
	return class
}

// HasCode reports whether an error carries one of the given error codes.
func HasCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(codes, e.Code)
}
