// Package simadmin is the client of a simulator's admin API, for programs that
// talk to a saesim process. What it does is described with the methods of the same
// names of [saesim.Simulator]; in one process those can be called directly.
package simadmin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"slipway/saesim"
)

// Client controls one simulator. The zero HTTP client means http.DefaultClient.
type Client struct {
	// URL is where the simulator listens, for example http://127.0.0.1:8390.
	URL string
	// HTTP sends the requests.
	HTTP *http.Client
}

// An Error is a refusal of the admin API.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string {
	return fmt.Sprintf("simadmin: HTTP %d: %s", e.Status, e.Message)
}

// Is makes a refusal match the error of the simulator's own method.
func (e *Error) Is(target error) bool {
	return target != nil && e.Message == target.Error()
}

// AddFault arranges a fault and returns it with its ID.
func (c *Client) AddFault(ctx context.Context, f saesim.Fault) (saesim.Fault, error) {
	var added saesim.Fault
	err := c.do(ctx, http.MethodPost, "faults", bodies{sent: f, received: &added})
	return added, err
}

// Faults lists the faults that were arranged.
func (c *Client) Faults(ctx context.Context) ([]saesim.Fault, error) {
	var faults []saesim.Fault
	err := c.do(ctx, http.MethodGet, "faults", bodies{received: &faults})
	return faults, err
}

// RemoveFault takes one fault back.
func (c *Client) RemoveFault(ctx context.Context, id int) error {
	return c.do(ctx, http.MethodDelete, "faults/"+strconv.Itoa(id), bodies{})
}

// ClearFaults takes all faults back.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "faults", bodies{})
}

// Approve lets a change order that waits for an approval go on.
func (c *Client) Approve(ctx context.Context, orderID string) error {
	return c.do(ctx, http.MethodPost, "approvals/"+url.PathEscape(orderID), bodies{sent: saesim.Decision{Approve: true}})
}

// Reject ends a change order that waits for an approval.
func (c *Client) Reject(ctx context.Context, orderID string) error {
	return c.do(ctx, http.MethodPost, "approvals/"+url.PathEscape(orderID), bodies{sent: saesim.Decision{}})
}

// Clock reads the simulated time.
func (c *Client) Clock(ctx context.Context) (saesim.ClockReading, error) {
	var reading saesim.ClockReading
	err := c.do(ctx, http.MethodGet, "clock", bodies{received: &reading})
	return reading, err
}

// Advance moves the simulated time forward.
func (c *Client) Advance(ctx context.Context, d time.Duration) (saesim.ClockReading, error) {
	var reading saesim.ClockReading
	err := c.do(ctx, http.MethodPost, "clock/advance", bodies{sent: saesim.ClockAdvance{Duration: d.String()}, received: &reading})
	return reading, err
}

// Calls tells how often each operation was called.
func (c *Client) Calls(ctx context.Context) (saesim.CallCounts, error) {
	var counts saesim.CallCounts
	err := c.do(ctx, http.MethodGet, "calls", bodies{received: &counts})
	return counts, err
}

// ResetCalls begins counting anew.
func (c *Client) ResetCalls(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "calls", bodies{})
}

// Orders lists every change order ever made, of one application or of all.
func (c *Client) Orders(ctx context.Context, appID string) ([]saesim.Order, error) {
	var orders []saesim.Order
	err := c.do(ctx, http.MethodGet, "orders?"+url.Values{"appId": {appID}}.Encode(), bodies{received: &orders})
	return orders, err
}

// ExpireOrder lets the record of a change order expire.
func (c *Client) ExpireOrder(ctx context.Context, orderID string) error {
	return c.do(ctx, http.MethodPost, "orders/"+url.PathEscape(orderID)+"/expire", bodies{})
}

// ReplaceOrder aborts an order as a person at the console would, begins another and
// returns its ID.
func (c *Client) ReplaceOrder(ctx context.Context, orderID string, r saesim.ConsoleRelease) (string, error) {
	var begun saesim.ConsoleOrder
	err := c.do(ctx, http.MethodPost, "orders/"+url.PathEscape(orderID)+"/replace", bodies{sent: r, received: &begun})
	return begun.ChangeOrderID, err
}

// BeginConsoleOrder begins a change order as a person at the console would and
// returns its ID.
func (c *Client) BeginConsoleOrder(ctx context.Context, appID string, r saesim.ConsoleRelease) (string, error) {
	var begun saesim.ConsoleOrder
	err := c.do(ctx, http.MethodPost, "apps/"+url.PathEscape(appID)+"/orders", bodies{sent: r, received: &begun})
	return begun.ChangeOrderID, err
}

// DeleteVersion takes a version out of an application's history.
func (c *Client) DeleteVersion(ctx context.Context, appID, versionID string) error {
	return c.do(ctx, http.MethodDelete, "apps/"+url.PathEscape(appID)+"/versions/"+url.PathEscape(versionID), bodies{})
}

// Services lists the microservices of an application.
func (c *Client) Services(ctx context.Context, appID string) ([]saesim.Service, error) {
	var services []saesim.Service
	err := c.do(ctx, http.MethodGet, "apps/"+url.PathEscape(appID)+"/services", bodies{received: &services})
	return services, err
}

// SetServices says which microservices an application publishes and consumes.
func (c *Client) SetServices(ctx context.Context, appID string, services []saesim.Service) error {
	return c.do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/services", bodies{sent: services})
}

// SetJobTemplate decides how later runs of an application as a job behave.
func (c *Client) SetJobTemplate(ctx context.Context, appID string, t saesim.JobTemplate) error {
	return c.do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/job", bodies{sent: t})
}

// Apps lists the applications.
func (c *Client) Apps(ctx context.Context) ([]saesim.App, error) {
	var apps []saesim.App
	err := c.do(ctx, http.MethodGet, "apps", bodies{received: &apps})
	return apps, err
}

// Reset forgets everything but seed, clock and configuration.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "reset", bodies{})
}

// Snapshot writes the whole state down.
func (c *Client) Snapshot(ctx context.Context) ([]byte, error) {
	var snapshot json.RawMessage
	err := c.do(ctx, http.MethodGet, "state", bodies{received: &snapshot})
	return snapshot, err
}

// Restore puts a state back that Snapshot wrote.
func (c *Client) Restore(ctx context.Context, snapshot []byte) error {
	return c.do(ctx, http.MethodPut, "state", bodies{sent: json.RawMessage(snapshot)})
}

// bodies are what a call sends and what it decodes its answer into; either may be
// nil.
type bodies struct{ sent, received any }

func (c *Client) do(ctx context.Context, method, path string, b bodies) (err error) {
	var payload io.Reader = http.NoBody
	if b.sent != nil {
		text, err := json.Marshal(b.sent)
		if err != nil {
			return fmt.Errorf("simadmin: %w", err)
		}
		payload = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+"/_saesim/"+path, payload)
	if err != nil {
		return fmt.Errorf("simadmin: %w", err)
	}
	client := c.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("simadmin: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode >= http.StatusBadRequest {
		var refusal saesim.AdminError
		if err := json.NewDecoder(response.Body).Decode(&refusal); err != nil {
			return fmt.Errorf("simadmin: HTTP %d without a readable reason: %w", response.StatusCode, err)
		}
		return &Error{Status: response.StatusCode, Message: refusal.Error}
	}
	if b.received == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(b.received); err != nil {
		return fmt.Errorf("simadmin: %w", err)
	}
	return nil
}
