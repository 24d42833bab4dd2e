package sae

import (
	"fmt"
	"reflect"

	"slipway/activities/cloud"
	"slipway/saeclient"
)

// errorsOfSAE are SAE's errors as faults. What passes by itself is answered with codes such as
// Application.ChangerOrderRunning, Application.InvalidStatus and System.Upgrading.
func errorsOfSAE() cloud.Errors { return cloud.Errors{Lookup: saeclient.LookupErrorCode} }

// failed maps an error of the client; see [cloud.Errors].
func failed(err error) error { return errorsOfSAE().Failed(err) }

// present refuses an answer that reports success and has no data: taken as it is, it
// would say that nothing is there.
func present[T any](operation string, data T) error {
	if reflect.ValueOf(data).IsZero() {
		return fmt.Errorf("sae: %s: the answer has no data", operation)
	}
	return nil
}
