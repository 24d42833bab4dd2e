package clientrt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// API is what the runtime has to know of the API of a cloud platform.
type API struct {
	// Client is the package of the client. It begins the text of errors.
	Client string
	// Decoder reads answers.
	Decoder loosejson.Decoder
	// RequestIDHeader is where the request ID stands when the body has none.
	RequestIDHeader string
	// SuccessByStatus tells that the status alone says whether a call has succeeded. The body of a
	// success may then be anything: a value, bytes, nothing. Reply reads failures only.
	SuccessByStatus bool
	// Reply reads the envelope of an answer. With an error it returns what could be read.
	Reply func(body *Body) (Reply, error)
	// ClassOfCode is the class of an error code that an operation answered with, under an HTTP status; false for an unknown one.
	ClassOfCode func(operation, code string, status int) (cloudapi.Class, bool)
	// Correct changes the rules of a parameter where the reference contradicts itself. It may be nil.
	Correct func(op cloudapi.Operation, p cloudapi.Param) cloudapi.Param

	// compiled has the patterns of parameters by their text.
	compiled sync.Map
}

// Call is an operation with its parameters.
type Call struct {
	Operation cloudapi.Operation
	// Encode adds the parameters to the request.
	Encode func(r *Request)
	// Rules notes what is wrong with more than one value, or what the table of parameters
	// cannot say. It may be nil.
	Rules func(r *Request)
}

// Caller carries out calls. It is safe for concurrent use when Send, Transport and Limiter are.
type Caller struct {
	API *API
	// Send signs a request and hands it to Exchange.Do. An error that is a *cloudapi.Error,
	// such as for lack of credentials, is the error of the call when Do was not reached.
	Send func(ctx context.Context, x *Exchange) error
	// Transport carries signed requests.
	Transport http.RoundTripper
	// Timeout bounds a request.
	Timeout time.Duration
	// Limiter paces all requests, if it is not nil.
	Limiter cloudapi.Limiter
	// ReadRetries is how often a call that changes nothing is repeated.
	ReadRetries int
	// ReadDelay is the pause before the nth repetition, counted from 1. Nil means cloudapi.DefaultReadDelay.
	ReadDelay func(n int) time.Duration
	// Observe is told of each request, if it is not nil.
	Observe cloudapi.Observer
	// Unchecked leaves out the comparison with the reference's rules.
	Unchecked bool
}

// Invoke checks and carries out a call, and decodes its answer. Every error is a [*cloudapi.Error].
func Invoke[O any](ctx context.Context, c *Caller, call Call) (*O, error) {
	r := &Request{lax: c.Unchecked}
	call.Encode(r)
	if !c.Unchecked {
		c.API.check(r, call)
	}
	answer, err := c.do(ctx, call.Operation, r)
	if err != nil {
		return nil, err
	}
	out := new(O)
	if err := answer.decode(out); err != nil {
		return nil, answer.unreadable(call.Operation, err)
	}
	return out, nil
}

// CallText carries out an operation with parameters as text, and returns the answer as JSON.
// Parameters must be known, required ones given; their values are not checked.
func (c *Caller) CallText(ctx context.Context, op cloudapi.Operation, params map[string]string) (json.RawMessage, error) {
	r := &Request{lax: c.Unchecked}
	for _, p := range slices.Concat(op.Params, op.Extra) {
		text, given := params[p.Name]
		switch {
		case p.Required && (given || !r.lax || p.In == cloudapi.InPath):
			r.addRequired(p.In, p.Name, text)
		case given:
			r.add(p.In, p.Name, text)
		}
		if last := len(r.values) - 1; given && last >= 0 {
			isText := p.Kind == cloudapi.KindString || p.Kind == cloudapi.KindJSON || p.Kind == cloudapi.KindFile
			r.values[last].raw = !isText && json.Valid([]byte(text))
			r.values[last].structured = p.Kind == cloudapi.KindValue
			r.values[last].file = p.Kind == cloudapi.KindFile
		}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if _, known := op.Param(name); !known {
			r.Fail(name, "is not a parameter of the operation")
		}
	}
	answer, err := c.do(ctx, op, r)
	if err != nil {
		return nil, err
	}
	text, err := answer.asJSON(op)
	if err != nil {
		return nil, answer.unreadable(op, err)
	}
	return text, nil
}

// once sends one request and judges its answer. Every error is a *cloudapi.Error.
func (c *Caller) once(ctx context.Context, op cloudapi.Operation, r *Request) (*answer, error) {
	if err := r.invalid(op); err != nil {
		return nil, c.refuse(op, err)
	}
	if _, _, err := r.Payload(); err != nil {
		return nil, c.refuse(op, err)
	}
	if err := c.pace(ctx, op); err != nil {
		return nil, err
	}
	begun := time.Now()
	answer, err := c.exchange(ctx, op, r)
	if c.Observe != nil {
		c.Observe(ctx, observed(op, answer, err, time.Since(begun)))
	}
	return answer, err
}

// observed is what a request came to.
func observed(op cloudapi.Operation, a *answer, err error, took time.Duration) cloudapi.Observed {
	o := cloudapi.Observed{Operation: op.Name, Took: took, Class: cloudapi.ClassOf(err)}
	if a != nil {
		o.Status, o.RequestID = a.status, a.requestID
	}
	if e, ok := errors.AsType[*cloudapi.Error](err); ok {
		o.Status, o.RequestID = e.HTTPStatus, e.RequestID
	}
	return o
}

// exchange signs and sends a request that is complete and right, and judges its answer.
func (c *Caller) exchange(ctx context.Context, op cloudapi.Operation, r *Request) (*answer, error) {
	x := &Exchange{Operation: op, Request: r, transport: c.Transport, limit: c.Timeout}
	err := c.Send(ctx, x)
	if x.attempted {
		return c.API.judge(ctx, x, func() scrubber { return newScrubber(op, r, x.secrets) })
	}
	if e, ok := errors.AsType[*cloudapi.Error](err); ok {
		return nil, e
	}
	return nil, c.refuse(op, fmt.Errorf("request could not be built: %w", err))
}

// refuse is the error for a request that cannot be sent as it is.
func (c *Caller) refuse(op cloudapi.Operation, err error) *cloudapi.Error {
	return &cloudapi.Error{Client: c.API.Client, Operation: op.Name, Class: cloudapi.ErrInvalid, Err: err}
}
