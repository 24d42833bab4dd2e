package wire

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway/release"
)

// EventsOf returns the events of a release that StreamEvents still has, in the order in which they were stored. It needs
// NATS 2.11. An event that cannot be read is passed over.
func EventsOf(ctx context.Context, js jetstream.JetStream, app release.App, releaseID string) (found []LifecycleEvent, err error) {
	subject := EventSubject(app, releaseID, ">")
	for from := uint64(1); ; {
		msgs, err := jetstreamext.GetBatch(ctx, js, StreamEvents, backBatch,
			jetstreamext.GetBatchSeq(from), jetstreamext.GetBatchSubject(subject), jetstreamext.GetBatchMaxBytes(backBytes))
		if err != nil {
			return nil, streamError(ctx, StreamEvents, err)
		}
		reached := uint64(0)
		for msg, err := range msgs {
			if errors.Is(err, jetstreamext.ErrNoMessages) {
				return found, nil
			}
			if err != nil {
				return nil, streamError(ctx, StreamEvents, err)
			}
			reached = msg.Sequence
			if e, err := DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}); err == nil {
				found = append(found, e)
			}
		}
		if reached == 0 { // a request that is not answered in time ends without an error and without messages
			return nil, streamError(ctx, StreamEvents, errors.Join(errors.New("no answer"), context.Cause(ctx)))
		}
		from = reached + 1
	}
}
