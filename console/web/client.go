package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slipway/console/problem"
)

// apiPrefix is what all paths of the API begin with.
const apiPrefix = "/api/v1/"

// recorder keeps an answer of the API.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) Write(data []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.body.Write(data)
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// call is something that the API is asked for.
type call struct {
	method, path string
	// body is sent as JSON; nil sends nothing.
	body any
	// key makes it count once; empty sends none.
	key string
}

// get reads what is at a path of the API, in the name of who has signed in. The error is a [problem.Problem] as the API has it.
func (p *page) get(path string, query url.Values, into any) error {
	return p.ask(call{method: http.MethodGet, path: path + "?" + query.Encode()}, into)
}

// post sends what is asked for, with a key by which it counts once.
func (p *page) post(path, key string, body, into any) error {
	return p.ask(call{http.MethodPost, path, body, key}, into)
}

// ask does what is asked for, and reads the answer.
func (p *page) ask(c call, into any) error {
	req, err := c.request(p.Context())
	if err != nil {
		return fmt.Errorf("ask for %s: %w", c.path, err)
	}
	answer := &recorder{header: http.Header{}}
	p.cfg.API.ServeHTTP(answer, req)
	if err := p.Context().Err(); err != nil {
		return err // who has asked is gone
	}
	if answer.status >= http.StatusBadRequest || !strings.HasPrefix(answer.header.Get("Content-Type"), "application/") {
		var why problem.Problem
		if err := json.Unmarshal(answer.body.Bytes(), &why); err != nil || why.Status == 0 {
			return fmt.Errorf("the API answered %d to %s %s", answer.status, c.method, c.path)
		}
		if after, err := strconv.Atoi(answer.header.Get("Retry-After")); err == nil {
			why.RetryAfter = time.Duration(after) * time.Second
		}
		return why
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.body.Bytes(), into); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", c.method, c.path, err)
	}
	return nil
}

// request is the request of a call.
func (c call) request(ctx context.Context) (*http.Request, error) {
	var content []byte
	if c.body != nil {
		var err error
		if content, err = json.Marshal(c.body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, c.method, apiPrefix+c.path, bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	if c.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Idempotency-Key", c.key)
	}
	return req, nil
}

// pathOf are parts of a path of the API or of a page, each as one.
func pathOf(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
