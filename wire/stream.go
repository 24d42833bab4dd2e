package wire

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

// The streams.
const (
	// StreamIn holds requests and commands.
	StreamIn = "SLIPWAY_IN"
	// StreamEvents holds the lifecycle events of releases.
	StreamEvents = "SLIPWAY_EVENTS"
	// StreamDeadLetter holds the messages of StreamIn and StreamNotify that cannot be accepted.
	StreamDeadLetter = "SLIPWAY_DEADLETTER"
	// StreamNotify holds what channels are to be told of.
	StreamNotify = "SLIPWAY_NOTIFY"
)

// The durable consumers of StreamIn.
const (
	// ConsumerRequests delivers requests, for releases and for sets.
	ConsumerRequests = "slipway-starter"
	// ConsumerCommands delivers commands.
	ConsumerCommands = ConsumerRequests + "-commands"
	// ConsumerPushes delivers pushes to registries.
	ConsumerPushes = ConsumerRequests + "-pushes"
)

// The durable consumers of notifiers.
const (
	// ConsumerNotifier delivers the events of StreamEvents.
	ConsumerNotifier = "slipway-notifier"
	// ConsumerLater delivers what is due later, of StreamNotify.
	ConsumerLater = ConsumerNotifier + "-later"

	channelConsumer = "slipway-notify-"
)

// ConsumerOf delivers the notifications of a channel that can be sent, of StreamNotify.
func ConsumerOf(channel string) string { return channelConsumer + channel }

// Bounds of the streams.
const (
	// MaxPayload is the size in bytes of the largest event that is accepted; a larger one
	// becomes a dead letter. Temporal's own limit for one payload lies well above it.
	MaxPayload = release.MaxEvent
	// MaxMessage is the size in bytes, headers included, of the largest message that
	// enters StreamIn; the publisher of a larger one receives an error. It leaves room
	// below the 1 MiB that NATS carries by default, so that every message of StreamIn
	// fits with its added headers into StreamDeadLetter.
	MaxMessage = 512 << 10
	// DedupWindow is how long a stream deduplicates by Nats-Msg-Id. A duplicate that is
	// published later still means the same release.
	DedupWindow = 24 * time.Hour

	inAge     = 30 * 24 * time.Hour
	eventsAge = 90 * 24 * time.Hour
	deadAge   = 30 * 24 * time.Hour
	// notifyAge lies well beyond the time for which a channel is tried, and a ladder may be long.
	notifyAge = 30 * 24 * time.Hour
	// maxBytes is the size of each stream but StreamNotify, which is of maxNotifyBytes.
	maxBytes       = 1 << 30
	maxNotifyBytes = 256 << 20
)

// Streams returns the configurations with which the streams are created, all in files:
//
//   - SLIPWAY_IN is a work queue: a message is removed when it is acknowledged or terminated,
//     so that a consumer that was deleted and created again does not see old requests. It is
//     also removed after 30 days: a release that was requested a month ago is better requested
//     again.
//   - SLIPWAY_EVENTS keeps a message for 90 days.
//   - SLIPWAY_DEADLETTER keeps a message for 30 days.
//   - SLIPWAY_NOTIFY is a work queue, too, whose messages are sent, given up or over long before their 30 days.
//
// Each takes a gibibyte, SLIPWAY_NOTIFY a quarter of one. When they are full, SLIPWAY_IN, SLIPWAY_DEADLETTER and SLIPWAY_NOTIFY refuse new
// messages rather than drop old ones, and SLIPWAY_EVENTS drops the oldest. Single messages
// can be deleted from SLIPWAY_DEADLETTER alone, once somebody has looked at them.
func Streams() []jetstream.StreamConfig {
	common := jetstream.StreamConfig{
		Storage: jetstream.FileStorage, Replicas: 1, MaxBytes: maxBytes,
		Duplicates: DedupWindow, DenyDelete: true, AllowDirect: true,
	}
	in := common
	in.Name, in.Subjects = StreamIn, slices.Concat(Requests(), Commands(), Artifacts())
	in.Description = "Slipway: release requests, commands, and pushes to registries"
	in.Retention = jetstream.WorkQueuePolicy
	in.Discard, in.MaxAge, in.MaxMsgSize = jetstream.DiscardNew, inAge, MaxMessage

	events := common
	events.Name, events.Subjects = StreamEvents, []string{AllEvents, AllCDEvents}
	events.Description = "Slipway: lifecycle events of releases"
	events.Retention = jetstream.LimitsPolicy
	events.Discard, events.MaxAge = jetstream.DiscardOld, eventsAge

	dead := common
	dead.Name, dead.Subjects = StreamDeadLetter, []string{AllDeadLetters}
	dead.Description = "Slipway: messages that could not be taken, with the reasons"
	dead.Retention = jetstream.LimitsPolicy
	dead.Discard, dead.MaxAge, dead.DenyDelete = jetstream.DiscardNew, deadAge, false

	told := common
	told.Name, told.Subjects = StreamNotify, []string{AllNotifications}
	told.Description = "Slipway: what channels are to be told of"
	told.Retention = jetstream.WorkQueuePolicy
	told.Discard, told.MaxAge, told.MaxBytes, told.MaxMsgSize = jetstream.DiscardNew, notifyAge, maxNotifyBytes, MaxNotification+8<<10
	return []jetstream.StreamConfig{in, events, dead, told}
}

// streamManager is the part of [jetstream.JetStream] that [EnsureStreams] needs.
type streamManager interface {
	Stream(ctx context.Context, name string) (jetstream.Stream, error)
	CreateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error)
	UpdateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error)
}

// Storage is the configuration of the streams. A zero field is not set: a stream is created as
// in [Streams], and one that exists keeps what it has. A negative age keeps for ever.
type Storage struct {
	// Replicas is the number of servers that keep each message, 1 to 5; more than one need a
	// cluster of as many servers.
	Replicas int
	// RequestsAge is how long SLIPWAY_IN keeps what is not acknowledged, EventsAge how long
	// SLIPWAY_EVENTS keeps an event, DeadLettersAge how long SLIPWAY_DEADLETTER keeps a dead
	// letter.
	RequestsAge, EventsAge, DeadLettersAge time.Duration
	// MaxBytes is the size of each stream; negative is no limit.
	MaxBytes int64
}

// override returns the configuration with the fields that are set.
func (s Storage) override(cfg jetstream.StreamConfig) jetstream.StreamConfig {
	if s.Replicas != 0 {
		cfg.Replicas = s.Replicas
	}
	if s.MaxBytes != 0 {
		cfg.MaxBytes = max(s.MaxBytes, -1)
	}
	age := map[string]time.Duration{StreamIn: s.RequestsAge, StreamEvents: s.EventsAge, StreamDeadLetter: s.DeadLettersAge}[cfg.Name]
	if age != 0 {
		cfg.MaxAge = max(age, 0)
	}
	return cfg
}

// EnsureStreams creates the streams that do not exist. Of one that does, it updates what the
// correctness of Slipway depends on (subjects, discard policy of StreamIn, StreamNotify and
// StreamDeadLetter, deduplication, message size, direct get) and what is set in s. The rest
// belongs to the operator: placement, storage, retention policy and limits. It is idempotent.
func EnsureStreams(ctx context.Context, js streamManager, s Storage) error {
	for _, want := range Streams() {
		if err := ensureStream(ctx, js, s, want); err != nil {
			return fmt.Errorf("stream %s: %w", want.Name, err)
		}
	}
	return nil
}

func ensureStream(ctx context.Context, js streamManager, s Storage, want jetstream.StreamConfig) error {
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, reconcile(s.override(want), want))
		return err
	}
	if err != nil {
		return err
	}
	have := stream.CachedInfo().Config
	reconciled := reconcile(s.override(have), want)
	if reflect.DeepEqual(have, reconciled) {
		return nil
	}
	_, err = js.UpdateStream(ctx, reconciled)
	return err
}

// reconcile returns have with the settings of want that must hold.
func reconcile(have, want jetstream.StreamConfig) jetstream.StreamConfig {
	have.Subjects = want.Subjects
	have.AllowDirect = want.AllowDirect
	have.Duplicates = max(have.Duplicates, want.Duplicates)
	if have.MaxAge > 0 { // the server refuses a window longer than the age
		have.Duplicates = min(have.Duplicates, have.MaxAge)
	}
	if want.Discard == jetstream.DiscardNew {
		have.Discard = want.Discard
	}
	if want.MaxMsgSize > 0 {
		have.MaxMsgSize = want.MaxMsgSize
	}
	return have
}
