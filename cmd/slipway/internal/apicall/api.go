package apicall

import (
	"context"
	"encoding/json"
	"net/http"

	"slipway/cloudapi"
)

// API is what this package has to know of the client of a cloud platform.
type API struct {
	// Reference names the documentation that the facts come from.
	Reference string
	// Operations are all operations, in groups.
	Operations func() []cloudapi.Operation
	// LookupCode returns what is documented of an error code.
	LookupCode func(code string) (cloudapi.ErrorCode, bool)
	// Input makes the typed parameters of an operation, false when the client has no method for it.
	Input func(operation string) (Input, bool)
	// Remedy says what to do about a failure in words of the platform, empty where there is nothing to add.
	Remedy func(failed *CallError, advice cloudapi.Retry) string
	// Header is the value of a header of a signed request that may be shown.
	Header func(name, value string) string
	// BodyHash is the header with a hash of the body, which would let a short secret be guessed.
	BodyHash string
}

// Input is what every typed set of parameters has.
type Input interface{ Validate() error }

// Client is what every client has. Unchecked returns one that sends what it is given.
type Client[C any] interface {
	CallOperation(ctx context.Context, op cloudapi.Operation, params map[string]string) (json.RawMessage, error)
	Unchecked() C
}

// Connection says how a client is to be made.
type Connection struct {
	// Transport carries signed requests.
	Transport http.RoundTripper
	// Anonymous signs with a key pair that no server accepts.
	Anonymous bool
}
