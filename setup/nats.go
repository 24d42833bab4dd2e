package setup

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/audit"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/console/session"
	"slipway/ledger"
	"slipway/policy"
	"slipway/wire"
)

// Config is the configuration of the streams and buckets on NATS. A zero field is not set: what
// is missing is created with the default, and what exists stays as it is.
type Config struct {
	// Storage is about the streams; its Replicas are those of the buckets, too.
	Storage wire.Storage
	// Ledger is about the ledger. Its Replicas are those of Storage where it sets none.
	Ledger ledger.Config
	// AuditAge is how long the audit keeps what was done; negative is for ever. Its size and replicas are those of Storage.
	AuditAge time.Duration
}

// store is a stream or bucket that setup prepares.
type store struct {
	kind, name string
	// stream is what it is called among streams.
	stream string
}

// storeGroup is one or several of them, and how they are created or reconciled.
type storeGroup struct {
	stores []store
	ensure func(context.Context, jetstream.JetStream) error
}

func (c Config) storeGroups() []storeGroup {
	bucket := func(name string) []store { return []store{{"bucket", name, "KV_" + name}} }
	records := c.Ledger
	if records.Replicas == 0 {
		records.Replicas = c.Storage.Replicas
	}
	var streams []store
	for _, s := range wire.Streams() {
		streams = append(streams, store{"stream", s.Name, s.Name})
	}
	return []storeGroup{
		{streams, func(ctx context.Context, js jetstream.JetStream) error { return wire.EnsureStreams(ctx, js, c.Storage) }},
		{bucket(wire.CalendarBucket), func(ctx context.Context, js jetstream.JetStream) error {
			return wire.EnsureCalendar(ctx, js, c.Storage.Replicas)
		}},
		{bucket(apps.Bucket), func(ctx context.Context, js jetstream.JetStream) error {
			return apps.Ensure(ctx, js, c.Storage.Replicas)
		}},
		{bucket(authority.Bucket), func(ctx context.Context, js jetstream.JetStream) error {
			return authority.Ensure(ctx, js, c.Storage.Replicas)
		}},
		{bucket(people.Bucket), func(ctx context.Context, js jetstream.JetStream) error {
			return people.Ensure(ctx, js, c.Storage.Replicas)
		}},
		{bucket(policy.Bucket), func(ctx context.Context, js jetstream.JetStream) error {
			return policy.Ensure(ctx, js, c.Storage.Replicas)
		}},
		{bucket(session.Bucket), func(ctx context.Context, js jetstream.JetStream) error {
			return session.Ensure(ctx, js, c.Storage.Replicas)
		}},
		{bucket(ledger.Bucket), func(ctx context.Context, js jetstream.JetStream) error { return ledger.EnsureLedger(ctx, js, records) }},
		// What it copies from exists by now.
		{[]store{{"stream", audit.Stream, audit.Stream}}, func(ctx context.Context, js jetstream.JetStream) error {
			return audit.Ensure(ctx, js, audit.Config{Replicas: c.Storage.Replicas, MaxAge: c.AuditAge, MaxBytes: c.Storage.MaxBytes})
		}},
	}
}

// NATS prepares all that is kept there: the streams, the calendar of freezes, the application documents,
// who may do what, the groups of who has signed in, the policies, the sessions of the console, the ledger and the audit.
// What belongs to an operator and is not set in c stays as it is. The others are prepared even
// when one fails; what was prepared is returned with the error.
func NATS(ctx context.Context, js jetstream.JetStream, c Config) ([]Result, error) {
	var done []Result
	var problems []error
	for _, k := range c.storeGroups() {
		prepared, err := k.prepare(ctx, js)
		done = append(done, prepared...)
		if err != nil {
			problems = append(problems, fmt.Errorf("prepare NATS: %w", withRemedy(err)))
		}
		if disabled(err) {
			break // the others would fail alike
		}
	}
	return done, errors.Join(problems...)
}

// prepare creates or reconciles the stores, and returns by their configurations what was done.
func (k storeGroup) prepare(ctx context.Context, js jetstream.JetStream) ([]Result, error) {
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
	var done []Result
	for _, each := range k.stores {
		was, existed := before[each.name]
		p := Result{Kind: each.kind, Name: each.name, Action: Unchanged}
		switch {
		case !existed:
			p.Action = Created
		case !reflect.DeepEqual(was, after[each.name]):
			p.Action = Updated
		}
		done = append(done, p)
	}
	return done, nil
}

// configs reads the configurations of those that exist.
func (k storeGroup) configs(ctx context.Context, js jetstream.JetStream) (map[string]jetstream.StreamConfig, error) {
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
			return nil, fmt.Errorf("read %s %s: %w", each.kind, each.name, err)
		}
	}
	return out, nil
}

func disabled(err error) bool {
	return errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount)
}

// insufficientStorage is the code by which JetStream says that a stream may not be promised the room that it asks for.
const insufficientStorage jetstream.ErrorCode = 10047

// withRemedy says what helps where the server has less room than the streams may grow to.
func withRemedy(err error) error {
	if refused, is := errors.AsType[*jetstream.APIError](err); is && refused.ErrorCode == insufficientStorage {
		return fmt.Errorf("%w: what streams may grow to is set aside, and the server has less than that: give it more (max_file_store, or disk), or name a smaller nats-stream-size", err)
	}
	return err
}
