package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/authority"
	"slipway/internal/bucketdoc"
	"slipway/policy"
	"slipway/release"
	"slipway/wire"
)

// Stream is the stream of the audit.
const Stream = "SLIPWAY_AUDIT"

const (
	// DefaultMaxAge is how long an entry is kept where nothing else is said: as long as the ledger keeps
	// the record of a release.
	DefaultMaxAge = 400 * 24 * time.Hour
	// defaultMaxBytes is the size of the stream where nothing else is said.
	defaultMaxBytes = 1 << 30
)

// Config is the configuration of the stream. A zero field is not set: the stream is created with the
// default, and one that exists keeps what it has.
type Config struct {
	// Replicas is the number of servers that keep each message, 1 to 5.
	Replicas int
	// MaxAge is how long an entry is kept; negative is for ever.
	MaxAge time.Duration
	// MaxBytes is the size of the stream; negative is no limit. When it is full, the oldest go.
	MaxBytes int64
}

// Buckets are the buckets of documents whose revisions the audit has.
func Buckets() []string {
	return []string{wire.CalendarBucket, apps.Bucket, authority.Bucket, policy.Bucket}
}

// Kinds are the lifecycle events that the audit has: those that tell of what was asked for, of what people
// have said, of how it ended, and of pushes to registries.
func Kinds() []release.EventKind {
	return []release.EventKind{
		release.EventAccepted, release.EventStarted, release.EventDecided, release.EventApprovalGiven, release.EventApprovalGranted, release.EventBatchConfirmed,
		release.EventPaused, release.EventResumed, release.EventRollingBack, release.EventWaveDone,
		release.EventSucceeded, release.EventFailed, release.EventRolledBack, release.EventAborted, release.EventAttention,
		release.EventHeld, release.EventDropped, release.EventAllowed, release.EventReplayed, release.EventFired, release.EventIgnored,
	}
}

// StreamConfig returns the configuration with which the stream is created.
func StreamConfig() jetstream.StreamConfig {
	events := &jetstream.StreamSource{Name: wire.StreamEvents}
	for _, kind := range Kinds() {
		events.SubjectTransforms = append(events.SubjectTransforms, jetstream.SubjectTransformConfig{Source: wire.EventsOfKind(kind)})
	}
	sources := []*jetstream.StreamSource{events, {Name: wire.StreamDeadLetter}}
	for _, bucket := range Buckets() {
		sources = append(sources, &jetstream.StreamSource{Name: bucketdoc.StreamName(bucket)})
	}
	return jetstream.StreamConfig{
		Name: Stream, Description: "Slipway: who asked, decided and changed what", Sources: sources,
		Storage: jetstream.FileStorage, Replicas: 1, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxAge: DefaultMaxAge, MaxBytes: defaultMaxBytes, Duplicates: wire.DedupWindow, DenyDelete: true, DenyPurge: true, AllowDirect: true,
	}
}

// streamManager is the part of [jetstream.JetStream] that [Ensure] needs.
type streamManager interface {
	Stream(ctx context.Context, name string) (jetstream.Stream, error)
	CreateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error)
	UpdateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error)
}

// Ensure creates the stream where it does not exist. Of one that does, it updates what the audit depends
// on (what is copied, that nobody publishes, deletes or purges, direct get) and what is set in c. The rest belongs
// to the operator. It is idempotent. What is copied from should exist before: NATS begins with what it
// has.
func Ensure(ctx context.Context, js streamManager, c Config) error {
	if err := ensure(ctx, js, c); err != nil {
		return fmt.Errorf("stream %s: %w", Stream, err)
	}
	return nil
}

func ensure(ctx context.Context, js streamManager, c Config) error {
	stream, err := js.Stream(ctx, Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, c.over(StreamConfig()))
		return err
	}
	if err != nil {
		return err
	}
	have := stream.CachedInfo().Config
	want := c.over(have)
	if reflect.DeepEqual(have, want) {
		return nil
	}
	_, err = js.UpdateStream(ctx, want)
	return err
}

// over returns a configuration with what is said, and with what must hold.
func (c Config) over(have jetstream.StreamConfig) jetstream.StreamConfig {
	must := StreamConfig()
	have.Subjects, have.DenyDelete, have.DenyPurge, have.AllowDirect = must.Subjects, true, true, true
	if !sameSources(have.Sources, must.Sources) {
		have.Sources = must.Sources
	}
	have.Replicas = cmp.Or(c.Replicas, have.Replicas)
	if c.MaxAge != 0 {
		have.MaxAge = max(c.MaxAge, 0)
	}
	if have.MaxAge > 0 { // the server refuses a window longer than the age
		have.Duplicates = min(have.Duplicates, have.MaxAge)
	}
	if c.MaxBytes != 0 {
		have.MaxBytes = max(c.MaxBytes, -1)
	}
	return have
}

// sameSources reports whether two lists copy the same: a server may add to a source how it is reached.
func sameSources(a, b []*jetstream.StreamSource) bool {
	said := func(all []*jetstream.StreamSource) map[string][]jetstream.SubjectTransformConfig {
		out := map[string][]jetstream.SubjectTransformConfig{}
		for _, s := range all {
			out[s.Name] = s.SubjectTransforms
		}
		return out
	}
	return len(a) == len(b) && reflect.DeepEqual(said(a), said(b))
}
