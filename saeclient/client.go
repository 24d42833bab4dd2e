package saeclient

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/aliyun/credentials-go/credentials"
)

// Client calls the SAE API of one region. It is safe for concurrent use. It never repeats a call that changes state, and
// one that reads only when Config.ReadRetries says so.
type Client struct {
	core   core.Client
	region string
	scheme string
	config Config
	limit  time.Duration
	// unchecked leaves out the comparison with the reference's rules.
	unchecked bool

	credential credentials.Credential
	// credentialTurn holds one token while the credential is asked for keys: the default chain is not safe for concurrent
	// use. It is never held while calling SAE.
	credentialTurn chan struct{}
}

// New makes a client. It does not connect. An error is of class ErrInvalid and names every problem of the configuration.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("saeclient: %w: %w", ErrInvalid, err)
	}
	scheme, host, err := config.endpoint()
	if err != nil {
		return nil, fmt.Errorf("saeclient: %w: %w", ErrInvalid, err)
	}
	credential := config.Credential
	if credential == nil {
		if credential, err = credentials.NewCredential(nil); err != nil {
			return nil, fmt.Errorf("saeclient: default credential chain: %w: %w", ErrAuth, err)
		}
	}
	config = config.withDefaults()
	signer, err := core.NewClient(&openapi.Config{
		Endpoint:  new(host),
		Protocol:  new(scheme),
		RegionId:  new(config.Region),
		UserAgent: new(config.UserAgent),
		// No RetryOptions: without them the core makes one attempt.
	})
	if err != nil {
		return nil, fmt.Errorf("saeclient: %w: %w", ErrInvalid, err)
	}
	return &Client{
		core:       *signer,
		region:     config.Region,
		scheme:     scheme,
		config:     config,
		limit:      config.ConnectTimeout + config.ReadTimeout,
		credential: credential,

		credentialTurn: make(chan struct{}, 1),
	}, nil
}

// Region is the ID of the region that the client calls.
func (c *Client) Region() string { return c.region }

// Timeout is how long a request takes at most: Config.ConnectTimeout and Config.ReadTimeout together.
func (c *Client) Timeout() time.Duration { return c.limit }

// CloseIdleConnections closes connections that wait for reuse, if the transport can.
func (c *Client) CloseIdleConnections() {
	if t, ok := c.config.Transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Unchecked returns a client that sends what it is given: parameters are not compared with the rules of the reference, and required
// ones may be empty. It is for what is newer than the reference (a JDK, a package type), and for tests of refusals. It shares
// everything else with c.
func (c *Client) Unchecked() *Client {
	copied := *c
	copied.unchecked = true
	return &copied
}

// Call carries out an operation by name with parameters as text, and returns the answer's JSON as it came (an XML
// answer becomes JSON in which every value is a text). It is meant for
// command lines and tools; programs use the typed methods. Parameters must be known, required ones given; their values are
// not checked (see Param.Check).
func (c *Client) Call(ctx context.Context, operation string, params map[string]string) (json.RawMessage, error) {
	op, ok := LookupOperation(operation)
	if !ok {
		return nil, &Error{Operation: operation, Class: ErrInvalid, Message: "no such operation"}
	}
	r := &request{lax: c.unchecked}
	for _, p := range slices.Concat(op.Params, op.Extra) {
		text, given := params[p.Name]
		switch {
		case p.Required && (given || !r.lax):
			r.addRequired(p.In, p.Name, text)
		case given:
			r.add(p.In, p.Name, text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if _, known := op.Param(name); !known {
			r.fail(name, "is not a parameter of the operation")
		}
	}
	answer, err := c.do(ctx, op, r)
	if err != nil {
		return nil, err
	}
	text, err := answer.json()
	if err != nil {
		return nil, answer.unreadable(op, err)
	}
	return text, nil
}

// invoke checks and carries out an operation, and decodes its answer.
func invoke[O any](ctx context.Context, c *Client, op Operation, in input) (*O, error) {
	r := &request{lax: c.unchecked}
	in.encode(r)
	if !c.unchecked {
		r.check(op, in)
	}
	answer, err := c.do(ctx, op, r)
	if err != nil {
		return nil, err
	}
	out := new(O)
	if err := answer.decode(out); err != nil {
		return nil, answer.unreadable(op, err)
	}
	return out, nil
}

// once sends one request and judges its answer. Every error is an *Error.
func (c *Client) once(ctx context.Context, op Operation, r *request) (*answer, error) {
	if err := r.invalid(op); err != nil {
		return nil, &Error{Operation: op.Name, Class: ErrInvalid, Err: err}
	}
	body, contentType, err := r.payload()
	if err != nil {
		return nil, &Error{Operation: op.Name, Class: ErrInvalid, Err: err}
	}
	if err := c.pace(ctx, op); err != nil {
		return nil, err
	}
	model, err := c.resolveCredential(ctx)
	if err != nil {
		return nil, credentialError(ctx, op, err)
	}
	x := &exchange{operation: op, transport: c.config.Transport, limit: c.limit}
	err = c.send(ctx, x, &openapi.OpenApiRequest{
		Headers: c.headers(contentType),
		Query:   r.query(),
		Body:    bodyOrNil(body),
	}, model)
	if !x.attempted {
		return nil, &Error{Operation: op.Name, Class: ErrInvalid, Err: fmt.Errorf("request could not be built: %w", err)}
	}
	return x.judge(ctx, newScrubber(op, r, model))
}

// send lets the SDK core sign and build the HTTP request; the exchange carries it out and keeps what came back.
func (c *Client) send(ctx context.Context, x *exchange, r *openapi.OpenApiRequest, model *credentials.CredentialModel) error {
	signer := c.core
	signer.Credential = fixedCredential{Credential: c.credential, model: model}
	signer.HttpClient = x
	_, err := signer.CallApiWithCtx(ctx, &openapi.Params{
		Action:      new(x.operation.Name),
		Version:     new(APIVersion),
		Protocol:    new(c.scheme),
		Pathname:    new(x.operation.Path),
		Method:      new(x.operation.Method),
		AuthType:    new("AK"),
		Style:       new("ROA"),
		ReqBodyType: new("byte"),
		BodyType:    new("none"),
	}, r, &dara.RuntimeOptions{})
	return err
}

func (c *Client) headers(contentType string) map[string]*string {
	headers := map[string]*string{"x-acs-region-id": new(c.region)}
	if c.config.XML {
		headers["accept"] = new("application/xml")
	}
	if contentType != "" {
		headers["content-type"] = new(contentType)
	}
	return headers
}

// bodyOrNil avoids a body that is not nil but holds a nil slice, which the core would sign and send.
func bodyOrNil(body []byte) any {
	if body == nil {
		return nil
	}
	return body
}
