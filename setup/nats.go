package setup

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/ledger"
	"slipway/wire"
)

// Config says how what is kept on NATS is kept. What is zero is not said: it is created with
// its default, and what exists stays as it is.
type Config struct {
	// Storage is about the streams; its Replicas are those of the buckets, too.
	Storage wire.Storage
	// Ledger is about the ledger. Its Replicas are those of Storage where it says none.
	Ledger ledger.Config
}

// store is a stream or bucket that setup looks after.
type store struct {
	kind, name string
	// stream is what it is called among streams.
	stream string
}

// keeping is one or several of them, and how they are created or mended.
type keeping struct {
	stores []store
	ensure func(context.Context, jetstream.JetStream) error
}

func (c Config) keepings() []keeping {
	bucket := func(name string) []store { return []store{{"bucket", name, "KV_" + name}} }
	records := c.Ledger
	if records.Replicas == 0 {
		records.Replicas = c.Storage.Replicas
	}
	var streams []store
	for _, s := range wire.Streams() {
		streams = append(streams, store{"stream", s.Name, s.Name})
	}
	return []keeping{
		{streams, func(ctx context.Context, js jetstream.JetStream) error { return wire.EnsureStreams(ctx, js, c.Storage) }},
		{bucket(wire.CalendarBucket), func(ctx context.Context, js jetstream.JetStream) error {
			return wire.EnsureCalendar(ctx, js, c.Storage.Replicas)
		}},
		{bucket(ledger.Bucket), func(ctx context.Context, js jetstream.JetStream) error { return ledger.EnsureLedger(ctx, js, records) }},
	}
}

// NATS prepares all that is kept there: the streams, the calendar of freezes and the ledger.
// What belongs to an operator and is not said in c stays as it is. A problem with one does
// not hold the others up; what was prepared all the same is returned.
func NATS(ctx context.Context, js jetstream.JetStream, c Config) ([]Prepared, error) {
	var done []Prepared
	var problems []error
	for _, k := range c.keepings() {
		prepared, err := k.prepare(ctx, js)
		done = append(done, prepared...)
		if err != nil {
			problems = append(problems, fmt.Errorf("prepare NATS: %w", err))
		}
		if disabled(err) {
			break // the others would say the same
		}
	}
	return done, errors.Join(problems...)
}

// prepare creates or mends what is kept, and tells by its configuration what was done.
func (k keeping) prepare(ctx context.Context, js jetstream.JetStream) ([]Prepared, error) {
	before, err := k.configs(ctx, js)
	if err != nil {
		return nil, err
	}
	if err := k.ensure(ctx, js); err != nil {
		return nil, err
	}
	after, err := k.configs(ctx, js)
	if err != nil {
		return nil, err
	}
	var done []Prepared
	for _, each := range k.stores {
		was, existed := before[each.name]
		p := Prepared{Kind: each.kind, Name: each.name, Result: Unchanged}
		switch {
		case !existed:
			p.Result = Created
		case !reflect.DeepEqual(was, after[each.name]):
			p.Result = Updated
		}
		done = append(done, p)
	}
	return done, nil
}

// configs reads how those are kept that exist.
func (k keeping) configs(ctx context.Context, js jetstream.JetStream) (map[string]jetstream.StreamConfig, error) {
	out := map[string]jetstream.StreamConfig{}
	for _, each := range k.stores {
		stream, err := js.Stream(ctx, each.stream)
		switch {
		case err == nil:
			out[each.name] = stream.CachedInfo().Config
		case errors.Is(err, jetstream.ErrStreamNotFound):
		case disabled(err):
			return nil, fmt.Errorf("JetStream is not enabled (%w); start nats-server with -js, or enable it for the account", err)
		default:
			return nil, fmt.Errorf("look at %s %s: %w", each.kind, each.name, err)
		}
	}
	return out, nil
}

func disabled(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}
