// Package clients measures what a call by the clients of the platforms costs, beside its floor: the bare transport with
// the same signing, which reads the answer and understands nothing of it.
package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"time"
)

// Config says how much is measured.
type Config struct {
	// Turns is how often client and floor take turns, each with so many Calls, one after the other.
	Turns, Calls int
	// Only are the names of the clients to measure; none are all.
	Only []string
}

// Names are those of the clients.
func Names() []string { return []string{nameSAE, nameFC, nameServiceStage} }

// The names of the clients.
const (
	nameSAE          = "saeclient"
	nameFC           = "fcclient"
	nameServiceStage = "servicestageclient"
)

// Validate returns all problems at once.
func (c Config) Validate() error {
	var problems []error
	for name, n := range map[string]int{"Turns": c.Turns, "Calls": c.Calls} {
		if n < 1 {
			problems = append(problems, fmt.Errorf("clients: %s is %d; it must be positive", name, n))
		}
	}
	for _, name := range c.Only {
		if !slices.Contains(Names(), name) {
			problems = append(problems, fmt.Errorf("clients: Only has %q; the clients are %q", name, Names()))
		}
	}
	return errors.Join(problems...)
}

// Cost is what calls by one client cost.
type Cost struct {
	// Client is the package, and Operation what was called.
	Client, Operation string
	// Floors and Calls are how many calls a second there were in each turn, over a connection on loopback.
	Floors, Calls []float64
	// FloorAllocations and Allocations are those of one call without the server and the connection.
	FloorAllocations, Allocations float64
}

// call makes one call.
type call func(context.Context) error

// subject is a client that is measured.
type subject struct {
	client, operation string
	// ours and floor make the calls of the client, and of its floor, to an address by a transport.
	ours, floor func(address string, by http.RoundTripper) (call, error)
	// sample is an answer of the simulator to that call.
	sample *sample
}

// Measure measures every client.
func Measure(ctx context.Context, c Config) (costs []Cost, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	subjects, err := subjects(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range subjects {
		if len(c.Only) > 0 && !slices.Contains(c.Only, s.client) {
			continue
		}
		cost, err := s.measure(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("clients: %s: %w", s.client, err)
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

func (s subject) measure(ctx context.Context, c Config) (Cost, error) {
	cost := Cost{Client: s.client, Operation: s.operation}
	server := httptest.NewServer(s.sample)
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	for range c.Turns {
		for _, each := range []struct {
			by    func(string, http.RoundTripper) (call, error)
			rates *[]float64
		}{{s.floor, &cost.Floors}, {s.ours, &cost.Calls}} {
			do, err := each.by(server.URL, transport)
			if err != nil {
				return cost, err
			}
			began := time.Now()
			if err := repeat(ctx, do, c.Calls); err != nil {
				return cost, err
			}
			*each.rates = append(*each.rates, float64(c.Calls)/time.Since(began).Seconds())
		}
	}
	var err error
	if cost.FloorAllocations, err = s.allocations(ctx, s.floor, c.Calls); err != nil {
		return cost, err
	}
	cost.Allocations, err = s.allocations(ctx, s.ours, c.Calls)
	return cost, err
}

func repeat(ctx context.Context, do call, n int) error {
	for range n {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// allocations is the mean number of those that a call makes, where the answer is there at once.
func (s subject) allocations(ctx context.Context, by func(string, http.RoundTripper) (call, error), n int) (float64, error) {
	do, err := by("http://127.0.0.1", s.sample)
	if err != nil {
		return 0, err
	}
	if err := do(ctx); err != nil { // what is made once is not counted
		return 0, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := repeat(ctx, do, n); err != nil {
		return 0, err
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / float64(n), nil
}

// sample is an answer that is given again and again: by a server, or by a transport that asks none.
type sample struct {
	contentType string
	body        []byte
}

// ServeHTTP answers as a server.
func (s *sample) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", s.contentType)
	_, _ = w.Write(s.body)
}

// RoundTrip answers as a transport.
func (s *sample) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {s.contentType}},
		Body: io.NopCloser(bytes.NewReader(s.body)), ContentLength: int64(len(s.body)), Request: req,
	}, nil
}

// keeping is a transport that keeps the last answer.
type keeping struct{ last *sample }

func (k *keeping) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	k.last, resp.Body = &sample{contentType: resp.Header.Get("Content-Type"), body: body}, io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// finish sends a signed request and reads the answer to its end, as every floor does.
func finish(by http.RoundTripper, req *http.Request) error {
	resp, err := by.RoundTrip(req)
	if err != nil {
		return err
	}
	_, err = io.ReadAll(resp.Body)
	return errors.Join(err, resp.Body.Close())
}
