package setup

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Store is a stream or a bucket that [NATS] prepares.
type Store struct {
	// Kind is "stream" or "bucket".
	Kind, Name string
}

// Stores returns all that [NATS] prepares.
func Stores() []Store {
	var out []Store
	for _, group := range (Config{}).storeGroups() {
		for _, each := range group.stores {
			out = append(out, Store{each.kind, each.name})
		}
	}
	return out
}

// Examined is how a store stands beside what [NATS] would make of it.
type Examined struct {
	// Exists reports whether it is there.
	Exists bool
	// Differences are the settings that [NATS] would change.
	Differences []string
	// Messages is how many it holds.
	Messages uint64
}

// ErrNoJetStream means that JetStream is not enabled, on the server or for the account.
var ErrNoJetStream = errors.New("JetStream is not enabled")

// Examine compares a store with what [NATS] would make of it, and changes nothing. It asks for
// the stream's own information only. The error is [ErrNoJetStream], or says what [NATS] would
// refuse.
func Examine(ctx context.Context, js jetstream.JetStream, s Store) (Examined, error) {
	for _, group := range (Config{}).storeGroups() {
		at := slices.IndexFunc(group.stores, func(each store) bool { return each.kind == s.Kind && each.name == s.Name })
		if at >= 0 {
			return group.examine(ctx, js, group.stores[at])
		}
	}
	return Examined{}, fmt.Errorf("there is no %s %s", s.Kind, s.Name)
}

func (k storeGroup) examine(ctx context.Context, js jetstream.JetStream, s store) (Examined, error) {
	stream, err := js.Stream(ctx, s.stream)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return Examined{}, nil
	case disabled(err):
		return Examined{}, fmt.Errorf("%w: %w", ErrNoJetStream, err)
	case err != nil:
		return Examined{}, err
	}
	info := stream.CachedInfo()
	out := Examined{Exists: true, Messages: info.State.Msgs}
	dry := &rehearsal{JetStream: js, stream: stream}
	if err := k.ensure(ctx, dry); err != nil {
		return out, err
	}
	if dry.updated != nil {
		out.Differences = differences(info.Config, *dry.updated)
	}
	return out, nil
}

// rehearsal is a JetStream with one stream, on which changes are recorded and not made.
type rehearsal struct {
	jetstream.JetStream

	stream  jetstream.Stream
	updated *jetstream.StreamConfig
}

// Stream returns the one stream; there is no other.
func (r *rehearsal) Stream(_ context.Context, name string) (jetstream.Stream, error) {
	if name == r.stream.CachedInfo().Config.Name {
		return r.stream, nil
	}
	return nil, jetstream.ErrStreamNotFound
}

// CreateStream creates none.
func (r *rehearsal) CreateStream(context.Context, jetstream.StreamConfig) (jetstream.Stream, error) {
	return r.stream, nil
}

// CreateKeyValue creates none.
func (r *rehearsal) CreateKeyValue(context.Context, jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	return nil, nil //nolint:nilnil // whoever prepares a bucket does not use what is returned
}

// UpdateStream records what the stream would become.
func (r *rehearsal) UpdateStream(_ context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	r.updated = &cfg
	return r.stream, nil
}

// differences names the settings, as NATS does in JSON, that differ.
func differences(have, want jetstream.StreamConfig) []string {
	var out []string
	h, w := reflect.ValueOf(have), reflect.ValueOf(want)
	for i := range h.NumField() {
		if !reflect.DeepEqual(h.Field(i).Interface(), w.Field(i).Interface()) {
			name, _, _ := strings.Cut(h.Type().Field(i).Tag.Get("json"), ",")
			out = append(out, fmt.Sprintf("%s is %v and must be %v", name, h.Field(i), w.Field(i)))
		}
	}
	return out
}
