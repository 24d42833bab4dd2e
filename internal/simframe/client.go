package simframe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// AdminClient sends requests to the admin API of a simulator.
type AdminClient struct {
	// Client is the package of the client. It begins the text of errors.
	Client string
	// Name is the simulator's name.
	Name string
	// URL is where the simulator listens, for example http://127.0.0.1:8390.
	URL string
	// HTTP sends the requests. Nil means http.DefaultClient.
	HTTP *http.Client
}

// A RefusedError is a refusal of the admin API.
type RefusedError struct {
	// Client is the package of the client.
	Client  string
	Status  int
	Message string
}

// Error describes the refusal.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: HTTP %d: %s", e.Client, e.Status, e.Message)
}

// Is makes a refusal match the error of the simulator's own method.
func (e *RefusedError) Is(target error) bool {
	return target != nil && e.Message == target.Error()
}

// Bodies are what a call sends and what it decodes its answer into; either may be
// nil.
type Bodies struct{ Sent, Received any }

// Do calls an endpoint by its path below the prefix. A refusal is an [*RefusedError].
func (c AdminClient) Do(ctx context.Context, method, path string, b Bodies) error {
	if err := c.do(ctx, method, path, b); err != nil {
		if _, refused := errors.AsType[*RefusedError](err); refused {
			return err
		}
		return fmt.Errorf("%s: %w", c.Client, err)
	}
	return nil
}

// AddFault arranges a fault and returns it with its ID.
func (c AdminClient) AddFault(ctx context.Context, f Fault) (Fault, error) {
	var added Fault
	err := c.Do(ctx, http.MethodPost, "faults", Bodies{Sent: f, Received: &added})
	return added, err
}

// Faults lists the faults that were arranged.
func (c AdminClient) Faults(ctx context.Context) ([]Fault, error) {
	var faults []Fault
	err := c.Do(ctx, http.MethodGet, "faults", Bodies{Received: &faults})
	return faults, err
}

// RemoveFault takes one fault back.
func (c AdminClient) RemoveFault(ctx context.Context, id int) error {
	return c.Do(ctx, http.MethodDelete, "faults/"+strconv.Itoa(id), Bodies{})
}

// ClearFaults takes all faults back.
func (c AdminClient) ClearFaults(ctx context.Context) error {
	return c.Do(ctx, http.MethodDelete, "faults", Bodies{})
}

// Clock reads the simulated time.
func (c AdminClient) Clock(ctx context.Context) (ClockReading, error) {
	var reading ClockReading
	err := c.Do(ctx, http.MethodGet, "clock", Bodies{Received: &reading})
	return reading, err
}

// Advance moves the simulated time forward.
func (c AdminClient) Advance(ctx context.Context, d time.Duration) (ClockReading, error) {
	var reading ClockReading
	err := c.Do(ctx, http.MethodPost, "clock/advance", Bodies{Sent: ClockAdvance{Duration: d.String()}, Received: &reading})
	return reading, err
}

// Calls tells how often each operation was called.
func (c AdminClient) Calls(ctx context.Context) (CallCounts, error) {
	var counts CallCounts
	err := c.Do(ctx, http.MethodGet, "calls", Bodies{Received: &counts})
	return counts, err
}

// ResetCalls begins counting anew.
func (c AdminClient) ResetCalls(ctx context.Context) error {
	return c.Do(ctx, http.MethodDelete, "calls", Bodies{})
}

// Reset forgets everything but seed, clock and configuration.
func (c AdminClient) Reset(ctx context.Context) error {
	return c.Do(ctx, http.MethodPost, "reset", Bodies{})
}

// Snapshot writes the whole state down.
func (c AdminClient) Snapshot(ctx context.Context) ([]byte, error) {
	var snapshot json.RawMessage
	err := c.Do(ctx, http.MethodGet, "state", Bodies{Received: &snapshot})
	return snapshot, err
}

// Restore puts a state back that Snapshot wrote.
func (c AdminClient) Restore(ctx context.Context, snapshot []byte) error {
	return c.Do(ctx, http.MethodPut, "state", Bodies{Sent: json.RawMessage(snapshot)})
}

func (c AdminClient) do(ctx context.Context, method, path string, b Bodies) (err error) {
	var payload io.Reader = http.NoBody
	if b.Sent != nil {
		text, err := json.Marshal(b.Sent)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+Admin{Name: c.Name}.Prefix()+path, payload)
	if err != nil {
		return err
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode >= http.StatusBadRequest {
		var refusal AdminError
		if err := json.NewDecoder(response.Body).Decode(&refusal); err != nil {
			return fmt.Errorf("HTTP %d without a readable reason: %w", response.StatusCode, err)
		}
		return &RefusedError{Client: c.Client, Status: response.StatusCode, Message: refusal.Error}
	}
	if b.Received == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(b.Received)
}
