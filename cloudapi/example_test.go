package cloudapi_test

import (
	"errors"
	"fmt"

	"slipway/cloudapi"
)

// What to do about an error is in its class, whichever client it came from.
func ExampleClass() {
	err := fmt.Errorf("deploy: %w", &cloudapi.Error{
		Client: "SAE", Operation: "DeployApplication", Code: "Throttling.User", Class: cloudapi.ErrThrottled, HTTPStatus: 400,
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, cloudapi.ErrThrottled), cloudapi.ClassOf(err).Temporary(), cloudapi.HasCode(err, "Throttling.User"))
	// Output:
	// deploy: SAE: DeployApplication: Throttling.User (throttled, HTTP 400)
	// true true true
}

// A secret does not show itself.
func ExampleSecret() {
	password := cloudapi.Secret("hush")
	fmt.Printf("%v %#v %d\n", password, password, len(string(password)))
	// Output: [redacted] [redacted] 4
}

// The description of an operation says what is wrong with a value before anything is sent.
func ExampleParam_Check() {
	replicas := cloudapi.Param{Name: "Replicas", In: cloudapi.InQuery, Kind: cloudapi.KindInteger, Min: new(int64(1)), Max: new(int64(50))}
	fmt.Println(replicas.Check("51"))
	fmt.Println(replicas.Check("3"))
	// Output:
	// Replicas must be at most 50
	// <nil>
}
