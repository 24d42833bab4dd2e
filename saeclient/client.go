package saeclient

import (
	"fmt"

	core "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapi "github.com/alibabacloud-go/darabonba-openapi/v2/utils"

	"slipway/cloudapi"
	"slipway/internal/acskeys"
	"slipway/internal/clientrt"
)

// Client calls the SAE API of one region. It is safe for concurrent use. It never repeats a
// call that changes state, and one that reads only when Config.ReadRetries says so.
type Client struct {
	caller clientrt.Caller
	signer *signer
	region string
}

// New makes a client. It does not connect. An error is of class ErrInvalid and names every
// problem of the configuration.
func New(config Config) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("SAE: %w: %w", cloudapi.ErrInvalid, err)
	}
	keys, err := acskeys.NewSource(config.Credential)
	if err != nil {
		return nil, fmt.Errorf("SAE: %w", err)
	}
	connection := config.connection()
	scheme, host, _ := connection.Address() // Validate has found no problem
	core, err := core.NewClient(&openapi.Config{
		Endpoint:  new(host),
		Protocol:  new(scheme),
		RegionId:  new(config.Region),
		UserAgent: new(config.UserAgent),
		// No RetryOptions: without them the core makes one attempt.
	})
	if err != nil {
		return nil, fmt.Errorf("SAE: %w: %w", cloudapi.ErrInvalid, err)
	}
	signer := &signer{core: *core, region: config.Region, scheme: scheme, xml: config.XML, keys: keys}
	return &Client{
		caller: connection.Caller(api(), signer.send),
		signer: signer,
		region: config.Region,
	}, nil
}

// Region is the ID of the region that the client calls.
func (c *Client) Region() string { return c.region }
