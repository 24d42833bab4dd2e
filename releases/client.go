package releases

import (
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// Client reads and commands the releases of one Temporal namespace. Its methods may be called
// concurrently.
type Client struct {
	temporal  client.Client
	converter converter.DataConverter
}

// New returns a client on a connection, which stays the caller's, and which has Temporal's
// default converter.
func New(c client.Client) *Client { return NewWith(c, converter.GetDefaultDataConverter()) }

// NewWith returns a client on a connection that was made with a converter of its own, such as one
// that decrypts: a connection does not tell which it has.
func NewWith(c client.Client, dc converter.DataConverter) *Client { return &Client{c, dc} }
