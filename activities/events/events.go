// Package events is the activity that publishes the lifecycle events of releases on
// NATS JetStream, and records the progress of releases in the ledger.
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
	"slipway/internal/tracing"
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
	ended  func(release.Progress)
	// cdevents tells that CDEvents are published, too.
	cdevents bool
}

// TellCDEvents has the CDEvents published that each event means, after it. It must be called before
// anything is published.
func (p *Publisher) TellCDEvents() { p.cdevents = true }

// OnEnd has a function called with each release that has ended, once: by whoever has written the
// outcome to the ledger. It must be set before anything is published.
func (p *Publisher) OnEnd(ended func(release.Progress)) { p.ended = ended }

// New returns a publisher on the bus, which writes to the ledger as well; nil is no ledger.
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

// Publish publishes the events in their order, then writes the latest progress of each release
// to the ledger, also where publishing failed: the ledger may be reachable although the stream
// of events is not. A retry continues after the events that are stored; one whose
// acknowledgement was lost is stored once within [wire.DedupWindow], because the stream
// deduplicates by the event's ID.
//
// An unreachable ledger fails nothing, because the next event carries what it has missed. Only
// an outcome has no event after it: that one is retried.
//
// Its errors have the types [release.FaultUnavailable], which retries, and
// [release.FaultInvalid] for events that can never be published: those are left out, and all
// others are published first. A missing stream, or a missing right to publish, counts as
// unavailable.
func (p *Publisher) Publish(ctx context.Context, in release.PublishInput) error {
	unpublishable, err := p.publishAll(ctx, in.Events)
	if err := errors.Join(err, p.report(ctx, in.Events)); err != nil {
		return fault.Because(release.FaultUnavailable, err.Error(), err)
	}
	if len(unpublishable) > 0 {
		err := fmt.Errorf("events left out: %w", errors.Join(unpublishable...))
		return fault.Because(release.FaultInvalid, err.Error(), err)
	}
	return nil
}

// publishAll publishes the events in their order up to the first that fails; unpublishable are
// the errors of those that can never be published.
func (p *Publisher) publishAll(ctx context.Context, events []release.Event) (unpublishable []error, err error) {
	before := storedBefore(ctx)
	for i, e := range events {
		if i < before || e.Kind == "" {
			continue
		}
		err := p.publish(ctx, e)
		switch {
		case err == nil:
		case isPermanent(err):
			unpublishable = append(unpublishable, err)
		default:
			return unpublishable, fmt.Errorf("publish event %s: %w", e.ID, err)
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, i+1)
		}
	}
	return unpublishable, nil
}

// storedBefore is how many events earlier attempts have published. They are not published
// again: the stream deduplicates within its window only.
func storedBefore(ctx context.Context) (n int) {
	if activity.IsActivity(ctx) && activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &n) != nil {
		return 0
	}
	return n
}

func (p *Publisher) publish(ctx context.Context, e release.Event) error {
	msg, err := wire.EncodeTracedEvent(e, e.At, tracing.Of(ctx))
	if err != nil {
		return &permanentError{err}
	}
	msgs, unfit := []*nats.Msg{msg}, error(nil)
	if p.cdevents {
		var meant []*nats.Msg
		meant, unfit = wire.EncodeCDEvents(e)
		msgs = append(msgs, meant...)
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	for _, msg := range msgs {
		if _, err := p.bus.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamEvents)); err != nil {
			return err
		}
	}
	if unfit != nil {
		return &permanentError{unfit}
	}
	return nil
}

// permanentError is the error of an event that can never be published.
type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// messageTooLarge is the server's error code for a message beyond the stream's own
// limit (JSStreamMessageExceedsMaximumErr in the server's errors.json).
const messageTooLarge jetstream.ErrorCode = 10054

// isPermanent reports whether publishing the same event again is bound to fail again.
func isPermanent(err error) bool {
	if _, ok := errors.AsType[*permanentError](err); ok {
		return true
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.ErrorCode == messageTooLarge
	}
	return errors.Is(err, nats.ErrMaxPayload) || errors.Is(err, nats.ErrBadSubject)
}
