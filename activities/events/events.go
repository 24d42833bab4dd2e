// Package events is the activity that publishes the lifecycle events of releases on
// NATS JetStream, and tells the ledger of releases how far they have come.
package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"slipway/activities/fault"
	"slipway/release"
	"slipway/wire"
)

// Bus stores a message and returns once it is stored; [jetstream.JetStream] is one.
type Bus interface {
	PublishMsg(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error)
}

// Publisher publishes lifecycle events.
type Publisher struct {
	bus    Bus
	ledger Ledger
}

// New returns a publisher on the bus, which keeps the ledger where there is one; nil is none.
func New(bus Bus, l Ledger) (*Publisher, error) {
	if bus == nil {
		return nil, errors.New("events: a bus is needed")
	}
	return &Publisher{bus: bus, ledger: l}, nil
}

// Register registers the activity under its name.
func (p *Publisher) Register(r worker.ActivityRegistry) {
	r.RegisterActivityWithOptions(p.Publish, activity.RegisterOptions{Name: release.PublishActivity})
}

// publishTimeout bounds the wait for one event to be stored; the retry policy of the
// activity decides about what follows.
const publishTimeout = 10 * time.Second

// Publish stores the events in their order, then tells the ledger the latest progress of
// each release, also where the bus did not take them: the ledger may be there although the
// stream of events is not. A further attempt goes on behind the events that are stored; what
// follows a lost answer is stored once within [wire.DedupWindow], because the bus knows each
// event by its ID.
//
// A ledger that is out of reach fails nothing, because the next event brings what it has
// missed. Only behind an outcome no event comes: that one is tried again.
//
// Its errors have the types [release.FaultUnavailable], which retries, and
// [release.FaultInvalid] for events that the bus can never carry: those are left out, and
// all others are stored first. A stream that is missing, or a right to publish, is a bus that
// is away.
func (p *Publisher) Publish(ctx context.Context, in release.PublishInput) error {
	unfit, err := p.store(ctx, in.Events)
	if err := errors.Join(err, p.report(ctx, in.Events)); err != nil {
		return fault.Because(release.FaultUnavailable, err.Error(), err)
	}
	if len(unfit) > 0 {
		return fault.Because(release.FaultInvalid, fmt.Errorf("events left out: %w", errors.Join(unfit...)).Error(), fmt.Errorf("events left out: %w", errors.Join(unfit...)))
	}
	return nil
}

// store stores the events in their order up to the first that the bus does not take now;
// unfit are those that it never will.
func (p *Publisher) store(ctx context.Context, events []release.Event) (unfit []error, err error) {
	before := storedBefore(ctx)
	for i, e := range events {
		if i < before || e.Kind == "" {
			continue
		}
		err := p.publish(ctx, e)
		switch {
		case err == nil:
		case isUnfit(err):
			unfit = append(unfit, err)
		default:
			return unfit, fmt.Errorf("publish event %s: %w", e.ID, err)
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, i+1)
		}
	}
	return unfit, nil
}

// storedBefore is how many events earlier attempts have stored. They are not stored again:
// the bus forgets their IDs before long.
func storedBefore(ctx context.Context) (n int) {
	if activity.IsActivity(ctx) && activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &n) != nil {
		return 0
	}
	return n
}

func (p *Publisher) publish(ctx context.Context, e release.Event) error {
	msg, err := wire.EncodeEvent(e, e.At)
	if err != nil {
		return &unfitError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	_, err = p.bus.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamEvents))
	return err
}

// unfitError is the error of an event that is not worth sending again.
type unfitError struct{ error }

func (e *unfitError) Unwrap() error { return e.error }

// messageTooLarge is the server's error code for a message beyond the stream's own
// limit (JSStreamMessageExceedsMaximumErr in the server's errors.json).
const messageTooLarge jetstream.ErrorCode = 10054

// isUnfit tells whether sending the same event again is bound to fail again.
func isUnfit(err error) bool {
	if _, ok := errors.AsType[*unfitError](err); ok {
		return true
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode == messageTooLarge
	}
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject)
}
