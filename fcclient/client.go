package fcclient

import (
	"fmt"
	"time"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/internal/clientrt"
)

// Client calls the Function Compute API of one account in one region. It is safe for concurrent
// use. It never repeats a call that changes state, and one that reads only when
// Config.ReadRetries says so.
type Client struct {
	caller clientrt.Caller
	signer *signer
	region string
}

// New makes a client. It does not connect. An error is of class ErrInvalid and names every
// problem of the configuration.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("Function Compute: %w: %w", cloudapi.ErrInvalid, err)
	}
	keys, err := acskeys.NewSource(config.Credential)
	if err != nil {
		return nil, fmt.Errorf("Function Compute: %w", err)
	}
	connection := config.connection()
	scheme, host, _ := connection.Address() // Validate has found no problem
	signer := &signer{
		scheme: scheme, host: host, account: config.AccountID, keys: keys, now: time.Now,
		userAgent: clientrt.UserAgent("fcclient/"+APIVersion, config.UserAgent),
	}
	return &Client{
		caller: connection.Caller(api(), signer.send),
		signer: signer,
		region: config.Region,
	}, nil
}

// Region is the ID of the region that the client calls, empty when an endpoint was given without it.
func (c *Client) Region() string { return c.region }

// AccountID is the ID of the account that the client calls, empty when an endpoint was given without it.
func (c *Client) AccountID() string { return c.signer.account }
