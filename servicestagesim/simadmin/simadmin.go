// Package simadmin is a Go client of the simulator's admin API, for programs that
// talk to a servicestagesim process. What it does is described with the methods of the same
// names of [servicestagesim.Simulator]; in one process those can be called directly.
package simadmin

import (
	"context"
	"net/http"

	"slipway/internal/simframe"
	"slipway/servicestagesim"
)

// An Error is a refusal of the admin API. It is an alias so that callers can name what all simulators share.
type Error = simframe.RefusedError

// Client controls one simulator; see [New]. What every simulator has is in the embedded client.
type Client struct {
	simframe.AdminClient
}

// New makes a client of the simulator that listens at url, for example http://127.0.0.1:8392. A nil client means
// http.DefaultClient.
func New(url string, client *http.Client) *Client {
	return &Client{simframe.AdminClient{Client: "simadmin", Name: "servicestagesim", URL: url, HTTP: client}}
}

// SetBehaviour says how it goes with a source.
func (c *Client) SetBehaviour(ctx context.Context, b servicestagesim.Behaviour) error {
	return c.Do(ctx, http.MethodPut, "behaviours", simframe.Bodies{Sent: b})
}

// Behaviours lists the sources about which something was said.
func (c *Client) Behaviours(ctx context.Context) ([]servicestagesim.Behaviour, error) {
	var behaviours []servicestagesim.Behaviour
	err := c.Do(ctx, http.MethodGet, "behaviours", simframe.Bodies{Received: &behaviours})
	return behaviours, err
}

// Serve says which version of a component answers a request.
func (c *Client) Serve(ctx context.Context, r servicestagesim.Request) (served servicestagesim.Served, err error) {
	err = c.Do(ctx, http.MethodPost, "requests", simframe.Bodies{Sent: r, Received: &served})
	return served, err
}
