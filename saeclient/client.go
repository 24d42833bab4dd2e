package saeclient

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/aliyun/credentials-go/credentials"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Client calls the SAE API of one region. It is safe for concurrent use. It never repeats a
// call that changes state, and one that reads only when Config.ReadRetries says so.
type Client struct {
	caller clientrt.Caller
	signer *signer
	region string
}

// New makes a client. It does not connect. An error is of class ErrInvalid and names every
// problem of the configuration.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("SAE: %w: %w", cloudapi.ErrInvalid, err)
	}
	scheme, host, err := config.endpoint()
	if err != nil {
		return nil, fmt.Errorf("SAE: %w: %w", cloudapi.ErrInvalid, err)
	}
	credential := config.Credential
	if credential == nil {
		if credential, err = credentials.NewCredential(nil); err != nil {
			return nil, fmt.Errorf("SAE: default credential chain: %w: %w", cloudapi.ErrAuth, err)
		}
	}
	config = config.withDefaults()
	core, err := core.NewClient(&openapi.Config{
		Endpoint:  new(host),
		Protocol:  new(scheme),
		RegionId:  new(config.Region),
		UserAgent: new(config.UserAgent),
		// No RetryOptions: without them the core makes one attempt.
	})
	if err != nil {
		return nil, fmt.Errorf("SAE: %w: %w", cloudapi.ErrInvalid, err)
	}
	signer := &signer{
		core: *core, region: config.Region, scheme: scheme, xml: config.XML,
		credential: credential, credentialTurn: make(chan struct{}, 1),
	}
	return &Client{
		caller: clientrt.Caller{
			API: api(), Send: signer.send, Transport: config.Transport, Timeout: config.ConnectTimeout + config.ReadTimeout,
			Limiter: config.Limiter, ReadRetries: config.ReadRetries, ReadDelay: config.ReadDelay, Observe: config.Observe,
		},
		signer: signer,
		region: config.Region,
	}, nil
}

// Region is the ID of the region that the client calls.
func (c *Client) Region() string { return c.region }

// Timeout is how long a request takes at most: Config.ConnectTimeout and Config.ReadTimeout together.
func (c *Client) Timeout() time.Duration { return c.caller.Timeout }

// CloseIdleConnections closes connections that wait for reuse, if the transport can.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.caller.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Unchecked returns a client that sends what it is given: parameters are not compared with the
// rules of the reference, and required ones may be empty. It is for what is newer than the
// reference (a JDK, a package type), and for tests of refusals. It shares everything else with
// c.
func (c *Client) Unchecked() *Client {
	copied := *c
	copied.caller.Unchecked = true
	return &copied
}

// Call carries out an operation by name with parameters as text, and returns the answer's JSON
// as it came (an XML answer becomes JSON in which every value is a text). It is meant for
// command lines and tools, and for what has to be written again as it was read; other programs use
// the typed methods. Parameters must be known, required
// ones given; their values are not checked (see Param.Check).
func (c *Client) Call(ctx context.Context, operation string, params map[string]string) (json.RawMessage, error) {
	op, ok := LookupOperation(operation)
	if !ok {
		return nil, &cloudapi.Error{Client: api().Client, Operation: operation, Class: cloudapi.ErrInvalid, Message: "no such operation"}
	}
	return c.CallOperation(ctx, op, params)
}

// CallOperation is Call for an operation as it is described: one that [Operations] lacks, or one
// with parameters that it lacks, which belong to Extra. It is for what is newer than this package.
func (c *Client) CallOperation(ctx context.Context, op cloudapi.Operation, params map[string]string) (json.RawMessage, error) {
	return c.caller.CallText(ctx, op, params)
}

// input is implemented by every generated Input.
type input interface {
	encode(r *clientrt.Request)
}

// ruled is implemented by Inputs with rules that concern more than one value.
type ruled interface {
	rules(r *clientrt.Request)
}

// callOf is a call of an operation with an Input.
func callOf(op cloudapi.Operation, in input) clientrt.Call {
	call := clientrt.Call{Operation: op, Encode: in.encode}
	if in, ok := in.(ruled); ok && !reflect.ValueOf(in).IsNil() {
		call.Rules = in.rules
	}
	return call
}

// invoke checks and carries out an operation, and decodes its answer.
func invoke[O any](ctx context.Context, c *Client, op cloudapi.Operation, in input) (*O, error) {
	return clientrt.Invoke[O](ctx, &c.caller, callOf(op, in))
}

// validate checks an Input without sending it.
func validate(op cloudapi.Operation, in input) error { return api().Validate(callOf(op, in)) }
