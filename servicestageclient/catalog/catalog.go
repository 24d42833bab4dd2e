// Package catalog has the operations of all packages of ServiceStage's client in one table, and calls
// them by name: for command lines, simulators and tests. Other programs use the typed methods of the
// packages themselves.
package catalog

import (
	"context"
	"encoding/json"
	"slices"

	"slipway/cloudapi"
	"slipway/servicestageclient"
	"slipway/servicestageclient/build"
	"slipway/servicestageclient/cse"
	"slipway/servicestageclient/git"
	"slipway/servicestageclient/servicecomb"
	"slipway/servicestageclient/v2"
)

// Operations returns the table of all 155 operations: the third generation, the second, Git, engines,
// registry and configuration center, builds; each in groups. The caller owns the copy.
func Operations() []cloudapi.Operation {
	return slices.Concat(
		servicestageclient.Operations(), v2.Operations(), git.Operations(), cse.Operations(), servicecomb.Operations(), build.Operations(),
	)
}

// LookupOperation finds an operation by its exact name, which is that of one only. The caller owns the copy.
func LookupOperation(name string) (cloudapi.Operation, bool) {
	for _, lookup := range []func(string) (cloudapi.Operation, bool){
		servicestageclient.LookupOperation, v2.LookupOperation, git.LookupOperation, cse.LookupOperation, servicecomb.LookupOperation,
		build.LookupOperation,
	} {
		if op, ok := lookup(name); ok {
			return op, true
		}
	}
	return cloudapi.Operation{}, false
}

// Client calls all operations by name. It is safe for concurrent use.
type Client struct {
	client *servicestageclient.Client
}

// New makes a client of all operations from a client of ServiceStage.
func New(c *servicestageclient.Client) *Client { return &Client{client: c} }

// Unchecked returns a client that sends required parameters that are empty, too, save those of the path.
func (c *Client) Unchecked() *Client { return &Client{client: c.client.Unchecked()} }

// Call carries out an operation by name with parameters as text, as [servicestageclient.Client.Call] does.
func (c *Client) Call(ctx context.Context, operation string, params map[string]string) (json.RawMessage, error) {
	op, ok := LookupOperation(operation)
	if !ok {
		return c.client.Call(ctx, operation, params) // which says so
	}
	return c.client.CallOperation(ctx, op, params)
}

// CallOperation is Call for an operation as it is described, as [servicestageclient.Client.CallOperation] does.
func (c *Client) CallOperation(ctx context.Context, op cloudapi.Operation, params map[string]string) (json.RawMessage, error) {
	return c.client.CallOperation(ctx, op, params)
}
