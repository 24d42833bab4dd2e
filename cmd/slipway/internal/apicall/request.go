package apicall

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"slipway/cloudapi"
)

// redacted stands where a secret would be shown.
const redacted = cloudapi.Redacted

// Request is a signed request as it would be sent, with its secrets redacted.
type Request struct {
	Operation string `json:"operation"`
	Method    string `json:"method"`
	URL       string `json:"url"`
	// Headers have lower-case names.
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body,omitempty"`
}

// String is the request as HTTP writes it, with the whole URL in the first line.
func (r Request) String() string {
	var b strings.Builder
	b.WriteString(r.Method + " " + r.URL + "\n")
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		b.WriteString(name + ": " + r.Headers[name] + "\n")
	}
	if r.Body != "" {
		b.WriteString("\n" + r.Body + "\n")
	}
	return b.String()
}

// Call is one call by name.
type Call struct {
	API       API
	Operation cloudapi.Operation
	// Values are the parameters as the texts that travel.
	Values map[string]string
	// Unchecked sends what is given, even if it breaks the reference's rules.
	Unchecked bool
}

// Do carries the call out and returns the answer's JSON as it came. An error of the call is a
// [*CallError].
func Do(ctx context.Context, c Call, connect Connect) (Answer, error) {
	return do(ctx, c, Connection{Unchecked: c.Unchecked}, connect)
}

// Sign builds and signs the request of the call and sends nothing to the platform. Where no
// credentials are to be had, signed is false and the request is signed with a key pair that no
// server accepts.
func Sign(ctx context.Context, c Call, connect Connect) (r Request, signed bool, err error) {
	rec := &recorder{}
	how := Connection{Transport: rec, Unchecked: c.Unchecked}
	_, err = do(ctx, c, how, connect)
	if signed = rec.request != nil; !signed && ctx.Err() == nil && !errors.Is(err, cloudapi.ErrInvalid) {
		how.Anonymous = true
		_, err = do(ctx, c, how, connect)
	}
	if rec.request == nil {
		return Request{}, false, err
	}
	return c.shown(rec), signed, nil
}

// do makes a client and the call with it.
func do(ctx context.Context, c Call, how Connection, connect Connect) (Answer, error) {
	client, err := connect(how)
	if err != nil {
		return Answer{}, err
	}
	defer client.CloseIdleConnections()
	answer, err := client.CallOperation(ctx, c.Operation, c.Values)
	if e, ok := errors.AsType[*cloudapi.Error](err); ok {
		return Answer{}, &CallError{Call: c, Err: e}
	}
	return c.API.Answer(answer), err
}

// recorder is a transport that keeps the request and sends nothing.
type recorder struct {
	request *http.Request
	body    []byte
}

// errNotSent is what the recorder answers.
var errNotSent = errors.New("nothing is sent")

// RoundTrip keeps the request.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		var err error
		if r.body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
	}
	r.request = req
	return nil, errNotSent
}

// shown is the recorded request without its secrets.
func (c Call) shown(rec *recorder) Request {
	req := rec.request
	address := *req.URL
	address.RawQuery = c.hideIn(address.Query()).Encode()
	out := Request{Operation: c.Operation.Name, Method: req.Method, URL: plain(address.String()), Headers: map[string]string{"host": req.URL.Host}}
	for name, values := range req.Header {
		name = strings.ToLower(name)
		out.Headers[name] = c.header(name, strings.Join(values, ", "))
	}
	if len(rec.body) > 0 {
		hidden := c.body(rec.body, out.Headers["content-type"])
		out.Body = plain(hidden)
		if c.API.BodyHash != "" && !bytes.Equal(rec.body, []byte(hidden)) {
			out.Headers[c.API.BodyHash] = redacted
		}
	}
	return out
}

// header is the value of a header that may be shown: of those that are parameters, what is no secret.
func (c Call) header(name, value string) string {
	for _, p := range slices.Concat(c.Operation.Params, c.Operation.Extra) {
		if p.In == cloudapi.InHeader && strings.EqualFold(p.Name, name) && !p.Sensitive {
			return value
		}
	}
	return c.API.header(name, value)
}

// hideIn redacts the parameters that are secret, or not known.
func (c Call) hideIn(values url.Values) url.Values {
	for name, texts := range values {
		if p, known := c.Operation.Param(name); (!known || p.Sensitive) && slices.ContainsFunc(texts, func(s string) bool { return s != "" }) {
			values[name] = []string{redacted}
		}
	}
	return values
}

// body is the recorded body without its secrets; one that is neither a form nor a JSON object is
// hidden as a whole.
func (c Call) body(sent []byte, contentType string) string {
	if contentType == "application/x-www-form-urlencoded" {
		if form, err := url.ParseQuery(string(sent)); err == nil {
			return c.hideIn(form).Encode()
		}
		return redacted
	}
	if slices.ContainsFunc(c.Operation.Params, func(p cloudapi.Param) bool { return p.In == cloudapi.InPayload }) {
		return redacted // its members are not those of the operation
	}
	var object map[string]any
	dec := json.NewDecoder(bytes.NewReader(sent))
	dec.UseNumber()
	if dec.Decode(&object) != nil {
		return redacted
	}
	for name, value := range object {
		if p, known := c.Operation.Param(name); (!known || p.Sensitive) && value != "" {
			object[name] = redacted
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		return redacted
	}
	return string(text)
}

// plain writes the mark of a redacted secret without percent signs.
func plain(encoded string) string {
	return strings.ReplaceAll(encoded, url.QueryEscape(redacted), redacted)
}
