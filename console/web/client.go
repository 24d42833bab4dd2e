package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

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

// get reads what is at a path of the API, in the name of who has signed in. The error is a [problem.Problem] as the API has it.
func (p *page) get(path string, query url.Values, into any) error {
	return p.ask(http.MethodGet, path+"?"+query.Encode(), nil, "", into)
}

// post sends what is asked for, with a key by which it counts once.
func (p *page) post(path, key string, body, into any) error {
	return p.ask(http.MethodPost, path, body, key, into)
}

func (p *page) ask(method, path string, body any, key string, into any) error {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode %s: %w", path, err)
		}
	}
	req, err := http.NewRequestWithContext(p.Context(), method, apiPrefix+path, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	answer := &recorder{header: http.Header{}}
	p.cfg.API.ServeHTTP(answer, req)
	if err := p.Context().Err(); err != nil {
		return err // who has asked is gone
	}
	if answer.status >= http.StatusBadRequest || !strings.HasPrefix(answer.header.Get("Content-Type"), "application/") {
		var why problem.Problem
		if err := json.Unmarshal(answer.body.Bytes(), &why); err != nil || why.Status == 0 {
			return fmt.Errorf("the API answered %d to %s %s", answer.status, method, path)
		}
		return why
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer.body.Bytes(), into); err != nil {
		return fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	return nil
}

// pathOf are parts of a path of the API or of a page, each as one.
func pathOf(parts ...string) string {
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
