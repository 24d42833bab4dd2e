package releases

import "go.temporal.io/sdk/client"

// Client reads and commands the releases of one Temporal namespace. Its methods may be called
// concurrently.
type Client struct{ temporal client.Client }

// New returns a client on a connection, which stays the caller's.
func New(c client.Client) *Client { return &Client{temporal: c} }
