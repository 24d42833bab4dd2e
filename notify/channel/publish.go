package channel

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/notify"
)

// publishing publishes messages as JSON into the stream that takes the subject of the channel. There has to be one: it is
// what acknowledges a message, and leaves one out that it has already, by its Nats-Msg-Id.
type publishing struct {
	channel notify.Channel
	nats    Publisher
}

func newPublishing(c notify.Channel, d Deps) (*publishing, error) {
	if d.NATS == nil {
		return nil, fmt.Errorf("channel %s: there is no connection to NATS to publish by", c.Name)
	}
	return &publishing{channel: c, nats: d.NATS}, nil
}

func (p *publishing) Send(ctx context.Context, m notify.Message) error {
	body, err := encode(m)
	if err != nil {
		return &RefusedError{Channel: p.channel.Name, Reason: "the message has no JSON form: " + err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	msg := nats.NewMsg(p.channel.Subject)
	msg.Data = body
	msg.Header.Set(jetstream.MsgIDHeader, key(m))
	msg.Header.Set("Content-Type", "application/json")
	_, err = p.nats.PublishMsg(ctx, msg)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrMaxPayload):
		return &RefusedError{
			Channel: p.channel.Name, Reason: "the message is larger than NATS takes",
			Remedy: "raise max_payload of the NATS server",
		}
	case errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("channel %s: subject: no stream takes %s; make one that does: nats stream add --subjects %s: %w",
			p.channel.Name, p.channel.Subject, p.channel.Subject, err)
	}
	return fmt.Errorf("channel %s: %w", p.channel.Name, err)
}
