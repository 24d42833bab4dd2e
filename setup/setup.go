// Package setup prepares what a deployment of Slipway needs before its first event: the
// streams, the freeze calendar and the ledger of NATS JetStream, and the search attributes of
// the Temporal namespace. All of it can be said again at any time; what is there already stays.
package setup

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/client"
)

// Prepared is one thing that setup looked after.
type Prepared struct {
	// Kind is "stream", "bucket" or "search attribute".
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Result Result `json:"result"`
}

// Result is what was done about one thing.
type Result string

// The results.
const (
	Created   Result = "created"
	Updated   Result = "updated"
	Unchanged Result = "unchanged"
)

// Run prepares both, with the defaults, and returns once what it made can be used. A problem
// with one does not hold the other up; all are returned, with what was prepared all the same.
func Run(ctx context.Context, temporal client.Client, namespace string, js jetstream.JetStream) ([]Prepared, error) {
	kept, natsErr := NATS(ctx, js, Config{})
	attributes, attributesErr := SearchAttributes(ctx, temporal, namespace)
	return append(kept, attributes...), errors.Join(natsErr, attributesErr)
}
