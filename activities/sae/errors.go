package sae

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// failed maps an error of the client to the fault that a workflow understands; nil
// stays nil. This is the one place where the error classes of SAE meet those of Slipway.
// A look that the end of its context has cut off says nothing about the platform.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cloudapi.ErrAmbiguous):
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	f := faultOf(err)
	return fault.New(f, withoutSecrets(err.Error()))
}

func faultOf(err error) release.Fault {
	if f, passes := passing(err); passes {
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
// to say it again later, such as Application.ChangerOrderRunning, Application.InvalidStatus
// and System.Upgrading. SAE has answered, so it can be reached, and has changed nothing.
func passing(err error) (f release.Fault, passes bool) {
	e, answered := errors.AsType[*cloudapi.Error](err)
	if !answered {
		return "", false
	}
	code, _ := saeclient.LookupErrorCode(e.Code)
	switch code.Retry {
	case cloudapi.RetryAfterChangeOrder:
		return release.FaultConflict, true
	case cloudapi.RetryAfterStateChange, cloudapi.RetryBackoff:
		return release.FaultNotNow, true
	case cloudapi.RetryNever, cloudapi.RetryOperator, cloudapi.RetryVerifyThenRetry:
	}
	return "", false
}

// present refuses an answer that reports success and has no data: taken as it is, it
// would say that nothing is there.
func present[T any](operation string, data T) error {
	if reflect.ValueOf(data).IsZero() {
		return fmt.Errorf("sae: %s: the answer has no data", operation)
	}
	return nil
}

// refused is an error that trying again does not help.
func refused(f release.Fault, format string, args ...any) error {
	return fault.Final(f, withoutSecrets(fmt.Sprintf(format, args...)))
}

// undecidable fails closed.
func undecidable(format string, args ...any) error {
	return refused(release.FaultUndecidable, format, args...)
}

// notYet is an error that may pass; nothing was changed.
func notYet(f release.Fault, format string, args ...any) error {
	return fault.New(f, withoutSecrets(fmt.Sprintf(format, args...)))
}
