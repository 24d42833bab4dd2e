// Package simadmin is the client of a simulator's admin API, for programs that
// talk to a saesim process. What it does is described with the methods of the same
// names of [saesim.Simulator]; in one process those can be called directly.
package simadmin

import (
	"context"
	"net/http"
	"net/url"

	"slipway/internal/simframe"
	"slipway/saesim"
)

// An Error is a refusal of the admin API. It is an alias so that callers can name what all simulators share.
type Error = simframe.RefusedError

// Client controls one simulator; see [New]. What every simulator has is in the embedded client.
type Client struct {
	simframe.AdminClient
}

// New makes a client of the simulator that listens at url, for example http://127.0.0.1:8390. A nil client means
// http.DefaultClient.
func New(url string, client *http.Client) *Client {
	return &Client{simframe.AdminClient{Client: "simadmin", Name: "saesim", URL: url, HTTP: client}}
}

// Approve lets a change order that waits for an approval go on.
func (c *Client) Approve(ctx context.Context, orderID string) error {
	return c.Do(ctx, http.MethodPost, "approvals/"+url.PathEscape(orderID), simframe.Bodies{Sent: saesim.Decision{Approve: true}})
}

// Reject ends a change order that waits for an approval.
func (c *Client) Reject(ctx context.Context, orderID string) error {
	return c.Do(ctx, http.MethodPost, "approvals/"+url.PathEscape(orderID), simframe.Bodies{Sent: saesim.Decision{}})
}

// Orders lists every change order ever made, of one application or of all.
func (c *Client) Orders(ctx context.Context, appID string) ([]saesim.Order, error) {
	var orders []saesim.Order
	err := c.Do(ctx, http.MethodGet, "orders?"+url.Values{"appId": {appID}}.Encode(), simframe.Bodies{Received: &orders})
	return orders, err
}

// ExpireOrder lets the record of a change order expire.
func (c *Client) ExpireOrder(ctx context.Context, orderID string) error {
	return c.Do(ctx, http.MethodPost, "orders/"+url.PathEscape(orderID)+"/expire", simframe.Bodies{})
}

// ReplaceOrder aborts an order as a person at the console would, begins another and
// returns its ID.
func (c *Client) ReplaceOrder(ctx context.Context, orderID string, r saesim.ConsoleRelease) (string, error) {
	var begun saesim.ConsoleOrder
	err := c.Do(ctx, http.MethodPost, "orders/"+url.PathEscape(orderID)+"/replace", simframe.Bodies{Sent: r, Received: &begun})
	return begun.ChangeOrderID, err
}

// BeginConsoleOrder begins a change order as a person at the console would and
// returns its ID.
func (c *Client) BeginConsoleOrder(ctx context.Context, appID string, r saesim.ConsoleRelease) (string, error) {
	var begun saesim.ConsoleOrder
	err := c.Do(ctx, http.MethodPost, "apps/"+url.PathEscape(appID)+"/orders", simframe.Bodies{Sent: r, Received: &begun})
	return begun.ChangeOrderID, err
}

// DeleteVersion takes a version out of an application's history.
func (c *Client) DeleteVersion(ctx context.Context, appID, versionID string) error {
	return c.Do(ctx, http.MethodDelete, "apps/"+url.PathEscape(appID)+"/versions/"+url.PathEscape(versionID), simframe.Bodies{})
}

// Services lists the microservices of an application.
func (c *Client) Services(ctx context.Context, appID string) ([]saesim.Service, error) {
	var services []saesim.Service
	err := c.Do(ctx, http.MethodGet, "apps/"+url.PathEscape(appID)+"/services", simframe.Bodies{Received: &services})
	return services, err
}

// SetServices says which microservices an application publishes and consumes.
func (c *Client) SetServices(ctx context.Context, appID string, services []saesim.Service) error {
	return c.Do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/services", simframe.Bodies{Sent: services})
}

// SetNetwork says where the instances of an application have their addresses.
func (c *Client) SetNetwork(ctx context.Context, appID string, n saesim.Network) error {
	return c.Do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/network", simframe.Bodies{Sent: n})
}

// SetJobTemplate decides how later runs of an application as a job behave.
func (c *Client) SetJobTemplate(ctx context.Context, appID string, t saesim.JobTemplate) error {
	return c.Do(ctx, http.MethodPut, "apps/"+url.PathEscape(appID)+"/job", simframe.Bodies{Sent: t})
}

// Apps lists the applications.
func (c *Client) Apps(ctx context.Context) ([]saesim.App, error) {
	var apps []saesim.App
	err := c.Do(ctx, http.MethodGet, "apps", simframe.Bodies{Received: &apps})
	return apps, err
}
