// Package cloud holds what the drivers of all platforms have in common: errors of clients as
// faults, calls whose effect must be known of, the settle delay and the guard. It knows no platform.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
)

// Errors turns the errors of one platform's client into faults.
type Errors struct {
	// Lookup tells what the platform's reference says of an error code.
	Lookup func(code string) (cloudapi.ErrorCode, bool)
}

// Failed maps an error of the client to the fault that a workflow understands; nil
// stays nil. A look that the end of its context has cut off says nothing about the platform.
// Nothing that looks like a secret is in its text.
func (e Errors) Failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cloudapi.ErrAmbiguous):
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return fault.New(e.FaultOf(err), WithoutSecrets(err.Error()))
}

// FaultOf is the fault of an error of the client.
func (e Errors) FaultOf(err error) release.Fault {
	if f, passes := e.passing(err); passes {
		return f
	}
	switch cloudapi.ClassOf(err) {
	case cloudapi.ErrInvalid, cloudapi.ErrConflict:
		// A state that does not pass by itself is for a person to change.
		return release.FaultInvalid
	case cloudapi.ErrNotFound:
		return release.FaultNotFound
	case cloudapi.ErrAuth:
		return release.FaultAuth
	case cloudapi.ErrBilling:
		return release.FaultBilling
	case cloudapi.ErrQuota:
		return release.FaultQuota
	case cloudapi.ErrThrottled:
		return release.FaultThrottled
	case cloudapi.ErrUnavailable:
		return release.FaultUnavailable
	case cloudapi.ErrAmbiguous:
		return release.FaultAmbiguous
	case cloudapi.ErrFailed:
		return release.FaultUndecidable
	}
	return release.FaultUnavailable
}

// passing is the fault of a refusal that passes by itself: one with a code whose advice is
// to say it again later. The platform has answered, so it can be reached, and has changed nothing.
func (e Errors) passing(err error) (f release.Fault, passes bool) {
	answer, answered := errors.AsType[*cloudapi.Error](err)
	if !answered {
		return "", false
	}
	code, _ := e.Lookup(answer.Code)
	if errors.Is(err, cloudapi.ErrNotFound) && code.Class != cloudapi.ErrNotFound {
		return "", false // by its status the code says something else than by itself
	}
	switch code.Retry {
	case cloudapi.RetryAfterChangeOrder:
		return release.FaultConflict, true
	case cloudapi.RetryAfterStateChange, cloudapi.RetryBackoff:
		return release.FaultNotNow, true
	case cloudapi.RetryNever, cloudapi.RetryOperator, cloudapi.RetryVerifyThenRetry:
	}
	return "", false
}

// Refused is an error that trying again does not help.
func Refused(f release.Fault, format string, args ...any) error {
	return fault.Final(f, WithoutSecrets(fmt.Sprintf(format, args...)))
}

// RefusedFor refuses because of every problem there is; nil where there is none. Secrets are looked for in what is said of a field,
// and not in its path, where secret is a word for a field.
func RefusedFor(problems release.Problems) error {
	if len(problems) == 0 {
		return nil
	}
	told := slices.Clone(problems)
	for i := range told {
		told[i].Message = WithoutSecrets(told[i].Message)
	}
	return fault.Final(release.FaultInvalid, told.OneLine())
}

// Undecidable fails closed.
func Undecidable(format string, args ...any) error {
	return Refused(release.FaultUndecidable, format, args...)
}

// NotYet is an error that may pass; nothing was changed.
func NotYet(f release.Fault, format string, args ...any) error {
	return fault.New(f, WithoutSecrets(fmt.Sprintf(format, args...)))
}

// Lost is the error of a call that may have begun a change. It is not tried again.
func Lost(why string) error { return fault.Final(release.FaultAmbiguous, WithoutSecrets(why)) }
