package setup

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/wire"
)

// Streams creates or mends the JetStream streams. Limits that an operator has set on
// them stay as they are.
func Streams(ctx context.Context, js jetstream.JetStream) ([]Prepared, error) {
	before, err := streamConfigs(ctx, js)
	if err != nil {
		return nil, err
	}
	if err := wire.EnsureStreams(ctx, js); err != nil {
		return nil, fmt.Errorf("prepare NATS: %w", err)
	}
	after, err := streamConfigs(ctx, js)
	if err != nil {
		return nil, err
	}
	var done []Prepared
	for _, s := range wire.Streams() {
		was, existed := before[s.Name]
		p := Prepared{Kind: "stream", Name: s.Name, Result: Unchanged}
		switch {
		case !existed:
			p.Result = Created
		case !reflect.DeepEqual(was, after[s.Name]):
			p.Result = Updated
		}
		done = append(done, p)
	}
	return done, nil
}

// streamConfigs reads how the streams are that exist.
func streamConfigs(ctx context.Context, js jetstream.JetStream) (map[string]jetstream.StreamConfig, error) {
	out := map[string]jetstream.StreamConfig{}
	for _, s := range wire.Streams() {
		stream, err := js.Stream(ctx, s.Name)
		switch {
		case err == nil:
			out[s.Name] = stream.CachedInfo().Config
		case errors.Is(err, jetstream.ErrStreamNotFound):
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
			return nil, fmt.Errorf("JetStream is not enabled (%w); start nats-server with -js, or enable it for the account", err)
		default:
			return nil, fmt.Errorf("look at stream %s: %w", s.Name, err)
		}
	}
	return out, nil
}
