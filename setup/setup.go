// Package setup prepares what a deployment of Slipway needs before its first event: the
// streams of NATS JetStream and the search attributes of the Temporal namespace. All of
// it can be said again at any time; what is there already stays.
package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/release"
	"slipway/wire"
)

// visibleInterval is how often a new search attribute is looked for until it is usable.
const visibleInterval = 100 * time.Millisecond

// Report tells what was done.
type Report struct {
	// Streams are the names of the streams, all there now.
	Streams []string `json:"streams"`
	// Added are the search attributes that were not there before.
	Added []string `json:"addedSearchAttributes"`
	// Present are the search attributes that were there already.
	Present []string `json:"presentSearchAttributes"`
}

// Run prepares both, and returns once what it added is usable.
func Run(ctx context.Context, temporal client.Client, namespace string, js jetstream.JetStream) (Report, error) {
	var r Report
	if err := wire.EnsureStreams(ctx, js); err != nil {
		return r, fmt.Errorf("setup: streams: %w", err)
	}
	for _, s := range wire.Streams() {
		r.Streams = append(r.Streams, s.Name)
	}
	err := r.searchAttributes(ctx, temporal.OperatorService(), namespace)
	if err != nil {
		return r, fmt.Errorf("setup: search attributes of namespace %s: %w", namespace, err)
	}
	return r, nil
}

// MissingSearchAttributes lists what [Run] would add, and refuses a name that is taken
// with another type.
func MissingSearchAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string) ([]string, error) {
	present, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, name := range searchAttributes() {
		kind, ok := present.GetCustomAttributes()[name]
		switch {
		case !ok:
			missing = append(missing, name)
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return nil, fmt.Errorf("%s is there as %s and must be Keyword: rename or remove it", name, kind)
		}
	}
	return missing, nil
}

func searchAttributes() []string { return []string{release.SearchApp, release.SearchPhase} }

func (r *Report) searchAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string) error {
	missing, err := MissingSearchAttributes(ctx, operator, namespace)
	if err != nil {
		return err
	}
	r.Added = missing
	r.Present = slices.DeleteFunc(searchAttributes(), func(name string) bool { return slices.Contains(missing, name) })
	if len(missing) == 0 {
		return nil
	}
	add := map[string]enumspb.IndexedValueType{}
	for _, name := range missing {
		add[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	if _, err := operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: add,
	}); err != nil {
		return err
	}
	return awaitVisible(ctx, operator, namespace)
}

// awaitVisible returns once the server answers that every search attribute is there;
// its caches lag behind what was just added.
func awaitVisible(ctx context.Context, operator operatorservice.OperatorServiceClient, namespace string) error {
	tick := time.NewTicker(visibleInterval)
	defer tick.Stop()
	for {
		missing, err := MissingSearchAttributes(ctx, operator, namespace)
		if err == nil && len(missing) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err, fmt.Errorf("still missing: %v", missing))
		case <-tick.C:
		}
	}
}
