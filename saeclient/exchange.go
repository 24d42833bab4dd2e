package saeclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// maxAnswer is the greatest answer that is read, in bytes. Instance logs are the largest answers.
const maxAnswer = 32 << 20

// exchange carries out the one HTTP request of a call and keeps what came back. It stands in for the HTTP client of the SDK
// core, because the core's own reading of answers loses what error classes depend on: whether anything was sent, what the
// body was, and whether it was complete.
type exchange struct {
	operation Operation
	transport http.RoundTripper
	limit     time.Duration

	attempted bool
	sent      bool
	timedOut  bool
	status    int
	header    http.Header
	body      []byte
	err       error
}

// Call implements the HTTP client interface of the SDK core. The core gets an empty success: it is not asked to judge.
func (x *exchange) Call(req *http.Request, _ *http.Transport) (*http.Response, error) {
	x.attempted = true
	x.roundTrip(req)
	if x.err != nil {
		return nil, x.err
	}
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

func (x *exchange) roundTrip(req *http.Request) {
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

// prepare keeps net/http from repeating a request behind our back, and removes what the core adds for a proxy that it would
// have used: sent on, the proxy's password would reach the server.
func (x *exchange) prepare(req *http.Request) *http.Request {
	req.Header.Del("Proxy-Authorization")
	if x.operation.Mutates && req.Method == http.MethodGet {
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

// neverConnected tells from an error alone that no connection was made.
func neverConnected(err error) bool {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// failure describes why there is no complete answer. The ending of the caller's context stays visible to errors.Is.
func (x *exchange) failure(ctx context.Context) error {
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
