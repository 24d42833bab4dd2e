package clientrt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"slipway/cloudapi"
)

// maxAnswer is the greatest answer that is read, in bytes. Instance logs are the largest answers.
const maxAnswer = 32 << 20

// Exchange carries out the one HTTP request of a call and keeps what came back. Error classes
// depend on what it keeps: whether anything was sent, what the body was, and whether it was
// complete.
type Exchange struct {
	Operation cloudapi.Operation
	// Request holds the parameters, which are complete and right.
	Request *Request

	transport http.RoundTripper
	limit     time.Duration
	secrets   []string

	attempted bool
	sent      bool
	timedOut  bool
	status    int
	header    http.Header
	body      []byte
	err       error
}

// Hide has a secret that the request is signed with removed from what comes back.
func (x *Exchange) Hide(secret string) { x.secrets = append(x.secrets, secret) }

// Status is the HTTP status of the answer; 0 before Do, and where there is none.
func (x *Exchange) Status() int { return x.status }

// Body is the body of the answer as it came; nil before Do, and where there is none.
func (x *Exchange) Body() []byte { return x.body }

// NewRequest builds the request to an address, without the query, as a signer needs it: with the headers that are parameters, and with
// its body. An operation that takes a JSON object gets an empty one where nothing is given.
func (x *Exchange) NewRequest(ctx context.Context, address string) (req *http.Request, body []byte, err error) {
	body, contentType, err := x.Request.Payload()
	if err != nil {
		return nil, nil, err
	}
	inBody := func(p cloudapi.Param) bool { return p.In == cloudapi.InBody }
	if body == nil && (slices.ContainsFunc(x.Operation.Params, inBody) || slices.ContainsFunc(x.Operation.Extra, inBody)) {
		body, contentType = []byte("{}"), "application/json; charset=utf-8"
	}
	if query := x.Request.Query(); len(query) > 0 {
		address += "?" + query.Encode()
	}
	var reader io.Reader = http.NoBody
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err = http.NewRequestWithContext(ctx, x.Operation.Method, address, reader)
	if err != nil {
		return nil, nil, err
	}
	req.Header = x.Request.Header()
	if req.Header.Get("Content-Type") == "" && contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req, body, nil
}

// Do carries out the signed request, once. It returns why there is no complete answer; what
// came back is judged by the caller of the exchange.
func (x *Exchange) Do(req *http.Request) error {
	x.attempted = true
	x.roundTrip(req)
	return x.err
}

func (x *Exchange) roundTrip(req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), x.limit)
	defer cancel()
	var dialing, connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { dialing.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	resp, err := x.transport.RoundTrip(x.prepare(req.WithContext(ctx)))
	if err != nil {
		x.sent = !neverConnected(err) && (connected.Load() || !dialing.Load())
	} else {
		defer func() { _ = resp.Body.Close() }()
		x.sent = true
		x.status, x.header = resp.StatusCode, resp.Header
		x.body, err = readAnswer(resp.Body)
	}
	if err != nil {
		x.err = err
		x.timedOut = ctx.Err() != nil && req.Context().Err() == nil
	}
}

// prepare keeps net/http from repeating a request behind our back, and removes what a signer adds for a proxy that it would
// have used: sent on, the proxy's password would reach the server.
func (x *Exchange) prepare(req *http.Request) *http.Request {
	req.Header.Del("Proxy-Authorization")
	if x.Operation.Mutates && req.Method == http.MethodGet {
		// net/http resends a GET without a body when a kept-alive connection breaks. An empty reader that it cannot rewind
		// looks like a body, and adds nothing to the request.
		req.Body = io.NopCloser(strings.NewReader(""))
		req.GetBody = nil
	}
	return req
}

func readAnswer(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err == nil && len(text) > maxAnswer {
		err = fmt.Errorf("answer is larger than %d bytes", maxAnswer)
	}
	return text, err
}

// neverConnected reports from an error alone whether no connection was made.
func neverConnected(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// failure describes why there is no complete answer. The ending of the caller's context stays
// visible to errors.Is.
func (x *Exchange) failure(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		if cause := context.Cause(ctx); !errors.Is(cause, ctx.Err()) {
			return fmt.Errorf("%w: %w", ctx.Err(), cause)
		}
		return ctx.Err()
	case x.timedOut:
		return fmt.Errorf("no complete answer within %s: %w", x.limit, os.ErrDeadlineExceeded)
	}
	return x.err
}
