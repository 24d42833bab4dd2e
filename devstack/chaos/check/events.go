package check

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway/wire"
)

// eventsAtOnce is how many events are read at once, of 64 KiB at most each.
const eventsAtOnce = 200

// eachEvent reads all lifecycle events that there are, in the order of their stream, and passes each on with its place in it.
func eachEvent(ctx context.Context, js jetstream.JetStream, do func(sequence uint64, told wire.LifecycleEvent)) error {
	for next := uint64(1); ; {
		last, err := eventsFrom(ctx, js, next, do)
		switch {
		case errors.Is(err, jetstreamext.ErrNoMessages):
			return nil
		case err != nil:
			return fmt.Errorf("check: read events: %w", err)
		case last < next: // what is not answered in time ends without an error and without messages
			return fmt.Errorf("check: read events: %w", errors.Join(errors.New("no answer"), ctx.Err()))
		}
		next = last + 1
	}
}

func eventsFrom(ctx context.Context, js jetstream.JetStream, next uint64, do func(uint64, wire.LifecycleEvent)) (last uint64, err error) {
	messages, err := jetstreamext.GetBatch(ctx, js, wire.StreamEvents, eventsAtOnce, jetstreamext.GetBatchSeq(next), jetstreamext.GetBatchSubject(wire.AllEvents))
	if err != nil {
		return 0, err
	}
	for msg, err := range messages {
		if err != nil {
			return 0, err
		}
		told, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
		if err != nil {
			return 0, fmt.Errorf("event %d on %s: %w", msg.Sequence, msg.Subject, err)
		}
		last = msg.Sequence
		do(last, told)
	}
	return last, nil
}
