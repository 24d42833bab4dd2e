package sae

import (
	"fmt"
	"reflect"
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
)

// conflictDelay is how long to wait before a call that another change order forbids.
const conflictDelay = 10 * time.Second

// failed maps an error of the client to the fault that a workflow understands; nil
// stays nil. This is the one place where the error classes of SAE meet those of Slipway.
func failed(err error) error {
	if err == nil {
		return nil
	}
	f := faultOf(err)
	options := temporal.ApplicationErrorOptions{NonRetryable: !f.Retryable()}
	if f == release.FaultConflict {
		options.NextRetryDelay = conflictDelay
	}
	return temporal.NewApplicationErrorWithOptions(err.Error(), string(f), options)
}

func faultOf(err error) release.Fault {
	switch saeclient.ClassOf(err) {
	case saeclient.ErrInvalid:
		return release.FaultInvalid
	case saeclient.ErrNotFound:
		return release.FaultNotFound
	case saeclient.ErrAuth:
		return release.FaultAuth
	case saeclient.ErrBilling:
		return release.FaultBilling
	case saeclient.ErrQuota:
		return release.FaultQuota
	case saeclient.ErrConflict:
		return conflict(err)
	case saeclient.ErrThrottled:
		return release.FaultThrottled
	case saeclient.ErrUnavailable:
		return release.FaultUnavailable
	case saeclient.ErrAmbiguous:
		return release.FaultAmbiguous
	case saeclient.ErrFailed:
		return release.FaultUndecidable
	}
	return release.FaultUnavailable
}

// conflict tells a state that passes from one that only a person can change.
func conflict(err error) release.Fault {
	if saeclient.HasCode(err, saeclient.CodeChangeOrderRunning, saeclient.CodeApplicationInvalidStatus) {
		return release.FaultConflict
	}
	return release.FaultInvalid
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
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), string(f), nil)
}

// undecidable fails closed.
func undecidable(format string, args ...any) error {
	return refused(release.FaultUndecidable, format, args...)
}

// again asks the Temporal server to try the activity again after a delay; nothing is
// wrong, there is just nothing to tell yet.
func again(why string, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(why, string(release.FaultUnchanged), temporal.ApplicationErrorOptions{
		NextRetryDelay: after, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
