package servicestageclient

import (
	"fmt"
	"time"

	"slipway/cloudapi"
	"slipway/internal/clientrt"
)

// Client calls the ServiceStage API of one project in one region. It is safe for concurrent use. It
// never repeats a call that changes state, and one that reads only when Config.ReadRetries says so.
type Client struct {
	caller  clientrt.Caller
	sender  *sender
	region  string
	project string
}

// New makes a client. It does not connect. An error is of class ErrInvalid and names every problem of
// the configuration.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", product, cloudapi.ErrInvalid, err)
	}
	connection := config.connection()
	scheme, host, _ := connection.Address() // Validate has found no problem
	sender := &sender{
		base: scheme + "://" + host, project: config.ProjectID, domain: config.DomainID, credential: config.Credential, now: time.Now,
		userAgent: clientrt.UserAgent(ownUserAgent, config.UserAgent),
	}
	return &Client{
		caller:  connection.Caller(api(), sender.send),
		sender:  sender,
		region:  config.Region,
		project: config.ProjectID,
	}, nil
}

// At returns a client that calls another address, such as that of a microservice engine: a URL with scheme http
// or https and no path, or a host. It shares everything else with c.
func (c *Client) At(endpoint string) (*Client, error) {
	if endpoint == "" {
		return nil, fmt.Errorf("%s: %w: endpoint is empty", product, cloudapi.ErrInvalid)
	}
	scheme, host, err := clientrt.Connection{Endpoint: endpoint}.Address()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", product, cloudapi.ErrInvalid, err)
	}
	copied, sender := *c, *c.sender
	sender.base = scheme + "://" + host
	copied.sender, copied.caller.Send = &sender, sender.send
	return &copied, nil
}

// Region is the ID of the region that the client calls, empty when an endpoint was given without it.
func (c *Client) Region() string { return c.region }

// ProjectID is the ID of the project that the client calls.
func (c *Client) ProjectID() string { return c.project }

// Caller is what carries out calls, for the packages below this one; of no use to others.
func (c *Client) Caller() clientrt.Caller { return c.caller }
