// Package simadmin is the client of a simulator's admin API, for programs that
// talk to a saesim process. What it does is described with the methods of the same
// names of [saesim.Simulator]; in one process those can be called directly.
package simadmin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"slipway/internal/simframe"
	"slipway/saesim"
)

// An Error is a refusal of the admin API. It is an alias so that callers can name what all simulators share.
type Error = simframe.RefusedError

// Client controls one simulator. The zero HTTP client means http.DefaultClient.
type Client struct {
	// URL is where the simulator listens, for example http://127.0.0.1:8390.
	URL string
	// HTTP sends the requests.
	HTTP *http.Client
}

// AddFault arranges a fault and returns it with its ID.
func (c *Client) AddFault(ctx context.Context, f saesim.Fault) (saesim.Fault, error) {
	var added saesim.Fault
	err := c.do(ctx, http.MethodPost, "faults", simframe.Bodies{Sent: f, Received: &added})
	return added, err
}

// Faults lists the faults that were arranged.
func (c *Client) Faults(ctx context.Context) ([]saesim.Fault, error) {
	var faults []saesim.Fault
	err := c.do(ctx, http.MethodGet, "faults", simframe.Bodies{Received: &faults})
	return faults, err
}

// RemoveFault takes one fault back.
func (c *Client) RemoveFault(ctx context.Context, id int) error {
	return c.do(ctx, http.MethodDelete, "faults/"+strconv.Itoa(id), simframe.Bodies{})
}

// ClearFaults takes all faults back.
func (c *Client) ClearFaults(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "faults", simframe.Bodies{})
}

// Approve lets a change order that waits for an approval go on.
func (c *Client) Approve(ctx context.Context, orderID string) error {
	return c.do(ctx, http.MethodPost, "approvals/"+url.PathEscape(orderID), simframe.Bodies{Sent: saesim.Decision{Approve: true}})
}

// Reject ends a change order that waits for an approval.
func (c *Client) Reject(ctx context.Context, orderID string) error {
	return c.do(ctx, http.MethodPost, "approvals/"+url.PathEscape(orderID), simframe.Bodies{Sent: saesim.Decision{}})
}

// Clock reads the simulated time.
func (c *Client) Clock(ctx context.Context) (simframe.ClockReading, error) {
	var reading simframe.ClockReading
	err := c.do(ctx, http.MethodGet, "clock", simframe.Bodies{Received: &reading})
	return reading, err
}

// Advance moves the simulated time forward.
func (c *Client) Advance(ctx context.Context, d time.Duration) (simframe.ClockReading, error) {
	var reading simframe.ClockReading
	err := c.do(ctx, http.MethodPost, "clock/advance", simframe.Bodies{Sent: simframe.ClockAdvance{Duration: d.String()}, Received: &reading})
	return reading, err
}

// Calls tells how often each operation was called.
func (c *Client) Calls(ctx context.Context) (saesim.CallCounts, error) {
	var counts saesim.CallCounts
	err := c.do(ctx, http.MethodGet, "calls", simframe.Bodies{Received: &counts})
	return counts, err
}

// ResetCalls begins counting anew.
func (c *Client) ResetCalls(ctx context.Context) error {
	return c.do(ctx, http.MethodDelete, "calls", simframe.Bodies{})
}

// Orders lists every change order ever made, of one application or of all.
func (c *Client) Orders(ctx context.Context, appID string) ([]saesim.Order, error) {
	var orders []saesim.Order
	err := c.do(ctx, http.MethodGet, "orders?"+url.Values{"appId": {appID}}.Encode(), simframe.Bodies{Received: &orders})
	return orders, err
}

// ExpireOrder lets the record of a change order expire.
func (c *Client) ExpireOrder(ctx context.Context, orderID string) error {
	return c.do(ctx, http.MethodPost, "orders/"+url.PathEscape(orderID)+"/expire", simframe.Bodies{})
}

// ReplaceOrder aborts an order as a person at the console would, begins another and
// returns its ID.
func (c *Client) ReplaceOrder(ctx context.Context, orderID string, r saesim.ConsoleRelease) (string, error) {
	var begun saesim.ConsoleOrder
	err := c.do(ctx, http.MethodPost, "orders/"+url.PathEscape(orderID)+"/replace", simframe.Bodies{Sent: r, Received: &begun})
	return begun.ChangeOrderID, err
}

// BeginConsoleOrder begins a change order as a person at the console would and
// returns its ID.
func (c *Client) BeginConsoleOrder(ctx context.Context, appID string, r saesim.ConsoleRelease) (string, error) {
	var begun saesim.ConsoleOrder
	err := c.do(ctx, http.MethodPost, "apps/"+url.PathEscape(appID)+"/orders", simframe.Bodies{Sent: r, Received: &begun})
	return begun.ChangeOrderID, err
}

// DeleteVersion takes a version out of an application's history.
func (c *Client) DeleteVersion(ctx context.Context, appID, versionID string) error {
	return c.do(ctx, http.MethodDelete, "apps/"+url.PathEscape(appID)+"/versions/"+url.PathEscape(versionID), simframe.Bodies{})
}

// Services lists the microservices of an application.
func (c *Client) Services(ctx context.Context, appID string) ([]saesim.Service, error) {
	var services []saesim.Service
	err := c.do(ctx, http.MethodGet, "apps/"+url.PathEscape(appID)+"/services", simframe.Bodies{Received: &services})
	return services, err
}

// SetServices says which microservices an application publishes and consumes.
func (c *Client) SetServices(ctx context.Context, appID string, services []saesim.Service) error {
	return c.do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/services", simframe.Bodies{Sent: services})
}

// SetNetwork says where the instances of an application have their addresses.
func (c *Client) SetNetwork(ctx context.Context, appID string, n saesim.Network) error {
	return c.do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/network", simframe.Bodies{Sent: n})
}

// SetJobTemplate decides how later runs of an application as a job behave.
func (c *Client) SetJobTemplate(ctx context.Context, appID string, t saesim.JobTemplate) error {
	return c.do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/job", simframe.Bodies{Sent: t})
}

// Apps lists the applications.
func (c *Client) Apps(ctx context.Context) ([]saesim.App, error) {
	var apps []saesim.App
	err := c.do(ctx, http.MethodGet, "apps", simframe.Bodies{Received: &apps})
	return apps, err
}

// Reset forgets everything but seed, clock and configuration.
func (c *Client) Reset(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "reset", simframe.Bodies{})
}

// Snapshot writes the whole state down.
func (c *Client) Snapshot(ctx context.Context) ([]byte, error) {
	var snapshot json.RawMessage
	err := c.do(ctx, http.MethodGet, "state", simframe.Bodies{Received: &snapshot})
	return snapshot, err
}

// Restore puts a state back that Snapshot wrote.
func (c *Client) Restore(ctx context.Context, snapshot []byte) error {
	return c.do(ctx, http.MethodPut, "state", simframe.Bodies{Sent: json.RawMessage(snapshot)})
}

func (c *Client) do(ctx context.Context, method, path string, b simframe.Bodies) error {
	client := simframe.AdminClient{Client: "simadmin", Name: "saesim", URL: c.URL, HTTP: c.HTTP}
	return client.Do(ctx, method, path, b)
}
