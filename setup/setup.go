// Package setup prepares what a deployment of Slipway needs before its first event: the streams
// of NATS JetStream, the buckets of the freeze calendar, the application documents, the authority document, the policies, the sessions of the console and the ledger, the audit,
// and the search attributes of the Temporal namespace. It is idempotent and can be run at any time; what exists already stays.
package setup

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/client"
)

// Result is what was done about one stream, bucket or search attribute.
type Result struct {
	// Kind is "stream", "bucket" or "search attribute".
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Action Action `json:"result"`
}

// Action is how one of them was prepared.
type Action string

// The actions.
const (
	Created   Action = "created"
	Updated   Action = "updated"
	Unchanged Action = "unchanged"
)

// Run prepares both, with the defaults, and returns once they can be used. The other is
// prepared even when one fails; all errors are returned, with what was prepared.
func Run(ctx context.Context, temporal client.Client, namespace string, js jetstream.JetStream) ([]Result, error) {
	kept, natsErr := NATS(ctx, js, Config{})
	attributes, attributesErr := SearchAttributes(ctx, temporal, namespace)
	return append(kept, attributes...), errors.Join(natsErr, attributesErr)
}
