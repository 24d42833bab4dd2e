package clientrt

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"slipway/cloudapi"
	"slipway/internal/loosejson"
)

// answer is a complete answer that reports success.
type answer struct {
	Body

	client    string
	status    int
	header    http.Header
	requestID string
}

// Body is what an answer says, in either of the two languages of APIs.
type Body struct {
	text []byte
	// value is the parsed JSON, nil for XML.
	value any
	// root is the parsed XML, nil for JSON.
	root    *element
	decoder loosejson.Decoder
}

// ParseBody reads a body in the language that the Content-Type names; without one that names XML, it is JSON.
func (a *API) ParseBody(text []byte, contentType string) (Body, error) {
	b := Body{text: text, decoder: a.Decoder}
	if err := b.parse(contentType); err != nil || b.root != nil {
		return b, err
	}
	if _, isObject := b.value.(map[string]any); !isObject {
		return b, errors.New("the answer is not a JSON object")
	}
	return b, nil
}

func (b *Body) parse(contentType string) (err error) {
	if isXML(contentType) {
		b.root, err = parseXML(b.text)
		return err
	}
	b.value, err = loosejson.Parse(b.text)
	return err
}

// Decode reads the body into the struct that out points to.
func (b *Body) Decode(out any) error {
	if b.root == nil {
		return b.decoder.Assign(out, b.value)
	}
	return b.decoder.Assign(out, b.root.asObject(reflect.TypeOf(out).Elem()))
}

// JSON gives the body as JSON: as it came, or for XML with every value a text.
func (b *Body) JSON() ([]byte, error) {
	if b.root == nil {
		return b.text, nil
	}
	return loosejson.Encode(b.root.untyped())
}

// unreadable is the error for an answer that reports success in a shape that does not fit the operation.
func (a *answer) unreadable(op cloudapi.Operation, err error) *cloudapi.Error {
	return &cloudapi.Error{
		Client: a.client, Operation: op.Name, Class: lostAnswer(op), Message: "the answer has an unexpected shape",
		HTTPStatus: a.status, RequestID: a.requestID, Err: err,
	}
}

// Reply is what the envelope of an answer says.
type Reply struct {
	RequestID string
	// Code is the error code, empty when there is none.
	Code    string
	Message string
	// Success is true when the answer reports success, as far as its body says.
	Success bool
}

// judge turns what came back into an answer or an error. Only an error needs a scrubber.
func (a *API) judge(ctx context.Context, x *Exchange, scrubber func() scrubber) (*answer, error) {
	e := &cloudapi.Error{Client: a.Client, Operation: x.Operation.Name, HTTPStatus: x.status}
	if x.err != nil {
		scrub := scrubber()
		e.Class, e.Err = cloudapi.ErrUnavailable, scrub.wrap(x.failure(ctx))
		if x.sent {
			e.Class = lostAnswer(x.Operation)
		}
		return nil, e
	}
	var reply Reply
	if a.SuccessByStatus && x.status/100 == 2 {
		return &answer{
			Body: Body{text: x.body, decoder: a.Decoder}, client: a.Client,
			status: x.status, header: x.header, requestID: x.header.Get(a.RequestIDHeader),
		}, nil
	}
	read, err := a.ParseBody(x.body, x.header.Get("Content-Type"))
	if err == nil {
		reply, err = a.Reply(&read)
	}
	e.RequestID = reply.RequestID
	if e.RequestID == "" {
		e.RequestID = x.header.Get(a.RequestIDHeader)
	}
	if x.status/100 == 2 && err == nil && reply.Success {
		return &answer{Body: read, client: a.Client, status: x.status, header: x.header, requestID: e.RequestID}, nil
	}
	scrub := scrubber()
	e.Code = reply.Code
	e.Message = scrub.text(reply.Message)
	e.RetryAfter = retryAfter(x.header)
	e.Class = a.classify(x, e.Code, err)
	if err != nil {
		e.Err = errors.New("the answer is not what the API documents")
	}
	return nil, e
}

// classify finds the class of an answer that is not a success.
func (a *API) classify(x *Exchange, code string, unreadable error) cloudapi.Class {
	if class, known := a.ClassOfCode(x.Operation.Name, code, x.status); known {
		return settle(x.Operation, class)
	}
	status := x.status
	if status/100 == 2 {
		if unreadable != nil {
			return lostAnswer(x.Operation)
		}
		// The body reports a failure under HTTP 200: a numeric code then plays the part of the status.
		status, _ = strconv.Atoi(code)
	}
	return classOfStatus(x.Operation, status, code)
}

// lostAnswer is the class of a call whose request went out and whose outcome is not known.
func lostAnswer(op cloudapi.Operation) cloudapi.Class {
	return settle(op, cloudapi.ErrAmbiguous)
}

// settle turns ambiguity into mere unavailability where nothing can have been changed.
func settle(op cloudapi.Operation, class cloudapi.Class) cloudapi.Class {
	if class == cloudapi.ErrAmbiguous && !op.Mutates {
		return cloudapi.ErrUnavailable
	}
	return class
}

// classOfStatus is the class that an HTTP status gives when no known code does. A 404 without
// any code does not come from the API but from something in front of it, and must not be taken
// for a missing resource.
func classOfStatus(op cloudapi.Operation, status int, code string) cloudapi.Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return cloudapi.ErrAuth
	case http.StatusPaymentRequired:
		return cloudapi.ErrBilling
	case http.StatusNotFound, http.StatusGone:
		if code == "" {
			return cloudapi.ErrInvalid
		}
		return cloudapi.ErrNotFound
	case http.StatusConflict:
		return cloudapi.ErrConflict
	case http.StatusTooManyRequests:
		return cloudapi.ErrThrottled
	case http.StatusRequestTimeout:
		return lostAnswer(op)
	}
	if status >= http.StatusMultipleChoices && status < http.StatusInternalServerError {
		return cloudapi.ErrInvalid
	}
	return lostAnswer(op)
}

// retryAfter reads how long the server asks to wait, zero if it does not say.
func retryAfter(header http.Header) time.Duration {
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return 0
}
