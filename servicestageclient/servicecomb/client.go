package servicecomb

import (
	"slipway/internal/clientrt"
	"slipway/servicestageclient"
)

//go:generate go run slipway/internal/clientgen -facts ../../api/servicestage/servicecomb -out .

// Client calls these operations with what the client that it was made from has: its endpoint, its
// project, its credential and its pace. It is safe for concurrent use.
type Client struct {
	caller clientrt.Caller
}

// New makes a client of these operations from a client of ServiceStage.
func New(c *servicestageclient.Client) *Client { return &Client{caller: c.Caller()} }

// api describes ServiceStage to the runtime of clients.
func api() *clientrt.API { return servicestageclient.API() }
