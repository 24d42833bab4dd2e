package saeclient

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// answer is a complete answer that reports success.
type answer struct {
	body
	status    int
	requestID string
}

// body is what an answer says, in either of the two languages of the API.
type body struct {
	text []byte
	// value is the parsed JSON, nil for XML.
	value any
	// root is the parsed XML, nil for JSON.
	root *element
}

// parseBody reads a body in the language that the Content-Type names; without one that names XML, it is JSON.
func parseBody(text []byte, contentType string) (body, error) {
	b := body{text: text}
	var err error
	if isXML(contentType) {
		b.root, err = parseXML(text)
		return b, err
	}
	if b.value, err = parseJSON(text); err != nil {
		return b, err
	}
	if _, isObject := b.value.(map[string]any); !isObject {
		return b, errors.New("the answer is not a JSON object")
	}
	return b, nil
}

// decode reads the body into the struct that out points to.
func (b *body) decode(out any) error {
	to := reflect.ValueOf(out).Elem()
	if b.root == nil {
		return assign(to, b.value)
	}
	return assign(to, b.root.asObject(to.Type()))
}

// json gives the body as JSON: as it came, or for XML with every value a text.
func (b *body) json() ([]byte, error) {
	if b.root == nil {
		return b.text, nil
	}
	return wireJSON(b.root.untyped())
}

// unreadable is the error for an answer that reports success in a shape that does not fit the operation.
func (a *answer) unreadable(op Operation, err error) *Error {
	return &Error{
		Operation: op.Name, Class: lostAnswer(op), Message: "the answer has an unexpected shape",
		HTTPStatus: a.status, RequestID: a.requestID, Err: err,
	}
}

// envelope is what all answers have in common (SAE API reference ch. 7). Operations leave out different parts of it.
type envelope struct {
	RequestID string `json:"RequestId"`
	Code      string `json:"Code"`
	ErrorCode string `json:"ErrorCode"`
	Message   string `json:"Message"`
	Success   *bool  `json:"Success"`
}

// judge turns what came back into an answer or an error.
func (x *exchange) judge(ctx context.Context, scrub scrubber) (*answer, error) {
	e := &Error{Operation: x.operation.Name, HTTPStatus: x.status}
	if x.err != nil {
		e.Class, e.Err = ErrUnavailable, scrub.wrap(x.failure(ctx))
		if x.sent {
			e.Class = lostAnswer(x.operation)
		}
		return nil, e
	}
	var env envelope
	read, err := parseBody(x.body, x.header.Get("Content-Type"))
	if err == nil {
		err = read.decode(&env)
	}
	e.RequestID = env.RequestID
	if e.RequestID == "" {
		e.RequestID = x.header.Get("x-acs-request-id")
	}
	if x.status/100 == 2 && err == nil && env.succeeded() {
		return &answer{body: read, status: x.status, requestID: e.RequestID}, nil
	}
	e.Code = env.code()
	e.Message = scrub.text(env.Message)
	e.RetryAfter = retryAfter(x.header)
	e.Class = x.classify(e.Code, err)
	if err != nil {
		e.Err = errors.New("the answer is not what the API documents")
	}
	return nil, e
}

// succeeded decides by Success where there is one. Where there is none (scaling operations, OpenSaeService, DescribeRegions) the
// answer is a success unless its code says otherwise.
func (env *envelope) succeeded() bool {
	if env.Success != nil {
		return *env.Success
	}
	code := env.code()
	if n, err := strconv.Atoi(code); err == nil {
		return n < http.StatusMultipleChoices
	}
	return code == "" || strings.EqualFold(code, "success")
}

// code is the error code: the first of ErrorCode, Code and Message that is a known code, else the first of ErrorCode and Code
// that is not just a number or the word success, else the number.
func (env *envelope) code() string {
	for _, c := range []string{env.ErrorCode, env.Code, env.Message} {
		if _, known := classOfCode(c); known {
			return c
		}
	}
	for _, c := range []string{env.ErrorCode, env.Code} {
		if _, err := strconv.Atoi(c); err != nil && c != "" && !strings.EqualFold(c, "success") {
			return c
		}
	}
	return env.Code
}

// classify finds the class of an answer that is not a success.
func (x *exchange) classify(code string, unreadable error) Class {
	if class, known := classOfCode(code); known {
		return settle(x.operation, class)
	}
	status := x.status
	if status/100 == 2 {
		if unreadable != nil {
			return lostAnswer(x.operation)
		}
		// Success is false under HTTP 200: a numeric code then plays the part of the status.
		status, _ = strconv.Atoi(code)
	}
	return classOfStatus(x.operation, status, code)
}

// lostAnswer is the class of a call whose request went out and whose outcome is not known.
func lostAnswer(op Operation) Class {
	return settle(op, ErrAmbiguous)
}

// settle turns ambiguity into mere unavailability where nothing can have been changed.
func settle(op Operation, class Class) Class {
	if class == ErrAmbiguous && !op.Mutates {
		return ErrUnavailable
	}
	return class
}

// classOfStatus is the class that an HTTP status gives when no known code does. A 404 without any code does not come from SAE
// but from something in front of it, and must not be taken for a missing resource.
func classOfStatus(op Operation, status int, code string) Class {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return ErrAuth
	case http.StatusPaymentRequired:
		return ErrBilling
	case http.StatusNotFound, http.StatusGone:
		if code == "" {
			return ErrInvalid
		}
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusTooManyRequests:
		return ErrThrottled
	case http.StatusRequestTimeout:
		return lostAnswer(op)
	}
	if status >= http.StatusMultipleChoices && status < http.StatusInternalServerError {
		return ErrInvalid
	}
	return lostAnswer(op)
}

// classOfCode is the class of a code that the reference documents, or that Alibaba Cloud's API gateway, which stands in
// front of every product, answers with.
func classOfCode(code string) (Class, bool) {
	if known, ok := LookupErrorCode(code); ok {
		return known.Class, true
	}
	switch code {
	case "SignatureDoesNotMatch", "IncompleteSignature", "NoPermission", "InvalidTimeStamp.Expired",
		"InvalidTimeStamp.Format", "MissingSecurityToken", "MissingAccessKeyId":
		return ErrAuth, true
	case "InvalidApi.NotFound", "InvalidAction.NotFound", "InvalidProduct.NotFound", "InvalidVersion",
		"InvalidProtocol.NeedSsl":
		return ErrInvalid, true
	case "SignatureNonceUsed":
		// Every request has its own nonce: the gateway has seen this request before, so something on the way sent it twice.
		return ErrAmbiguous, true
	}
	family, _, _ := strings.Cut(code, ".")
	switch family {
	case "Throttling":
		return ErrThrottled, true
	case "InvalidAccessKeyId", "InvalidSecurityToken", "Forbidden":
		return ErrAuth, true
	}
	return "", false
}

// retryAfter reads how long the server asks to wait, zero if it does not say.
func retryAfter(header http.Header) time.Duration {
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return 0
}
