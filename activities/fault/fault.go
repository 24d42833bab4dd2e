// Package fault makes the errors with which activities fail. A workflow decides by their
// type, a [release.Fault], which also decides whether Temporal tries the activity again.
package fault

import (
	"time"

	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// New returns an error of a fault. It carries no cause: what is not in why enters no history.
func New(f release.Fault, why string) error { return Because(f, why, nil) }

// Because returns an error of a fault with its cause, which Temporal stores with it.
func Because(f release.Fault, why string, cause error) error {
	return temporal.NewApplicationErrorWithOptions(why, string(f), temporal.ApplicationErrorOptions{NonRetryable: !f.Retryable(), Cause: cause})
}

// Final returns an error of a fault that is not tried again, although another one of its kind
// may be.
func Final(f release.Fault, why string) error {
	return temporal.NewNonRetryableApplicationError(why, string(f), nil)
}

// After returns an error of a fault that is tried again after a delay.
func After(f release.Fault, why string, delay time.Duration) error {
	return temporal.NewApplicationErrorWithOptions(why, string(f), temporal.ApplicationErrorOptions{NextRetryDelay: delay})
}

// Unchanged asks the Temporal server to try the activity again after a delay: nothing is wrong,
// there is just nothing new yet. So waiting costs neither history nor a worker. What a change shows meanwhile is its detail, for
// people who look at it.
func Unchanged(why string, delay time.Duration, shows ...release.Stage) error {
	options := temporal.ApplicationErrorOptions{NextRetryDelay: delay, Category: temporal.ApplicationErrorCategoryBenign}
	if len(shows) > 0 {
		options.Details = []any{shows}
	}
	return temporal.NewApplicationErrorWithOptions(why, string(release.FaultUnchanged), options)
}

// Frozen returns the error of a change that a freeze holds back, with the freeze as its detail.
func Frozen(f release.Freeze) error {
	return temporal.NewApplicationErrorWithOptions("held by freeze "+f.Name+": "+f.Reason, string(release.FaultFrozen), temporal.ApplicationErrorOptions{
		NonRetryable: true, Category: temporal.ApplicationErrorCategoryBenign, Details: []any{f},
	})
}
