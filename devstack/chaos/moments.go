package chaos

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/devstack/chaos/fault"
	"slipway/devstack/chaos/load"
	"slipway/wire"
)

// moments are when JetStream took each event of a release.
func moments(ctx context.Context, js jetstream.JetStream) ([]fault.Moment, error) {
	stream, err := js.Stream(ctx, wire.StreamEvents)
	if err != nil {
		return nil, fmt.Errorf("chaos: events: %w", err)
	}
	last := stream.CachedInfo().State.LastSeq
	if stream.CachedInfo().State.Msgs == 0 {
		return nil, nil
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, fmt.Errorf("chaos: events: %w", err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, fmt.Errorf("chaos: events: %w", err)
	}
	defer messages.Stop()
	var all []fault.Moment
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return nil, fmt.Errorf("chaos: events: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return nil, fmt.Errorf("chaos: events: %w", err)
		}
		event, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()})
		if err != nil {
			return nil, fmt.Errorf("chaos: event %d: %w", meta.Sequence.Stream, err)
		}
		m := fault.Moment{Release: event.Progress.ReleaseID, At: meta.Timestamp, Last: event.Progress.Phase.Ended()}
		if event.Set != nil {
			m.Release, m.Last = event.Set.SetID, event.Set.Phase.Ended()
		}
		all = append(all, m)
		if meta.Sequence.Stream >= last {
			return all, nil
		}
	}
}

// requests are when releases and sets were asked for.
func requests(sent load.Sent) []fault.Moment {
	var all []fault.Moment
	for _, m := range sent.Messages {
		if m.Kind != wire.KindCommand && m.Target != "" {
			all = append(all, fault.Moment{Release: m.Target, At: m.At, Asked: true})
		}
	}
	return all
}
