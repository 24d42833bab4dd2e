package apicall

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"slipway/cloudapi"
)

// API is what this package has to know of the API of a cloud platform and of its client.
type API struct {
	// Word names the platform in commands: slipway api WORD OPERATION. Product is its name for people.
	Word, Product string
	// Reference names the documentation that the facts come from.
	Reference string
	// Vendor is whose cloud it is, and Credentials what remedies call its credentials.
	Vendor, Credentials string
	// Operations are all operations, in groups.
	Operations func() []cloudapi.Operation
	// Lookup finds an operation by its exact name.
	Lookup func(name string) (cloudapi.Operation, bool)
	// LookupCode returns what is documented of an error code.
	LookupCode func(code string) (cloudapi.ErrorCode, bool)
	// Input makes the typed parameters of an operation, false when the client has no method for it.
	Input func(operation string) (Input, bool)
	// Connect returns what makes clients for a place; its error says what is wrong with the place.
	Connect func(Place) (Connect, error)
	// Shown are the headers of a signed request, in lower case, that are known to be harmless beside those that all
	// requests have, and Signed the pattern of the part of its Authorization that may be shown: all but the signature. The ID of an
	// access key is no secret.
	Shown  []string
	Signed string
	// BodyHash is the header with a hash of the body, which would let a short secret be guessed; empty
	// where there is none.
	BodyHash string
	// Positions are where parameters can travel that an operation is not known to have.
	Positions []cloudapi.Position
	// Path is an example of the path of an operation.
	Path string
	// Envelope are the members that all answers have beside their data, RequestID the one with the ID of
	// the request.
	Envelope  []string
	RequestID string
	// Starts names what some operations start, Change is the member of the answer or of its data with its ID, and Watch the
	// arguments that look at it, to which the ID is added; all are empty where nothing goes on after an
	// answer.
	Starts, Change, Watch string
	// Running are the arguments that show what is started and not finished, with the names of parameters in braces in the
	// places of their values; empty where Starts is.
	Running string
	// Filled are the names in paths that the client fills in.
	Filled []string
}

// Input is what every typed set of parameters has.
type Input interface{ Validate() error }

// Client is what every client has.
type Client interface {
	CallOperation(ctx context.Context, op cloudapi.Operation, params map[string]string) (json.RawMessage, error)
	CloseIdleConnections()
}

// Place is where a platform is called.
type Place struct {
	// Owner is the account or the project that is called, where the platform needs it.
	Region, Owner, Endpoint string
	UserAgent               string
	// Getenv reads the environment, for platforms whose credentials are there alone.
	Getenv func(string) string
}

// Connection says how a client is to be made.
type Connection struct {
	// Transport carries signed requests; nil is that of the client.
	Transport http.RoundTripper
	// Anonymous signs with a key pair that no server accepts.
	Anonymous bool
	// Unchecked sends what is given, even if it breaks the reference's rules.
	Unchecked bool
}

// Connect makes a client.
type Connect func(Connection) (Client, error)

// command is a command that calls an operation, with words after it.
func (a API) command(words string) string { return fmt.Sprintf("slipway api %s %s", a.Word, words) }

// running is the command that shows what goes on of the same subject as a call with these values.
func (a API) running(values map[string]string) string {
	return a.command(regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(a.Running, func(name string) string {
		return cmp.Or(values[strings.Trim(name, "{}")], "…")
	}))
}

// header is the value of a header of a signed request that may be shown. What is not known to be harmless is redacted.
func (a API) header(name, value string) string {
	switch {
	case slices.Contains([]string{"accept", "content-type", "host", "user-agent"}, name), slices.Contains(a.Shown, name):
		return value
	case name == "authorization":
		if signed := regexp.MustCompile("^" + a.Signed).FindString(value); signed != "" {
			return signed + redacted
		}
	}
	return redacted
}

// inputOf makes the typed parameters of an operation, which are those of the client's method of
// the same name.
func inputOf[C any](operation string) (Input, bool) {
	method, ok := reflect.TypeFor[C]().MethodByName(operation)
	if !ok || method.Type.NumIn() != 3 {
		return nil, false
	}
	return reflect.TypeAssert[Input](reflect.New(method.Type.In(2).Elem()))
}
