package channel

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/notify"
)

// Sender sends messages to one channel. It may be called concurrently.
type Sender interface {
	// Send makes one attempt. An error is a [*RefusedError] if no further attempt would end otherwise, a
	// [*LaterError] if the channel has said when to come again, and any other one is worth another attempt at any
	// time. No error has the address of the channel in it, nor its secret.
	Send(ctx context.Context, m notify.Message) error
}

// Publisher publishes messages into JetStream; a [jetstream.JetStream] is one.
type Publisher interface {
	PublishMsg(ctx context.Context, msg *nats.Msg, opts ...jetstream.PublishOpt) (*jetstream.PubAck, error)
}

// Deps are what senders need of the process that they run in.
type Deps struct {
	// NATS is for channels of type nats.
	NATS Publisher
	// Roots are the authorities whose certificates are taken; where they are nil, those of the system.
	Roots *x509.CertPool
	// Now is the time by which requests are signed; where it is nil, [time.Now].
	Now func() time.Time
}

// New returns the sender of a channel. The files that the channel names are read at each attempt, so that an address or
// a secret can be changed while a sender is in use.
func New(c notify.Channel, d Deps) (Sender, error) {
	if err := (notify.Document{Channels: []notify.Channel{c}}).Validate(); err != nil {
		return nil, fmt.Errorf("channel %s: %w", c.Name, err)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	switch c.Type {
	case notify.Slack:
		return newPoster(c, d, slack{}), nil
	case notify.DingTalk:
		return newPoster(c, d, dingTalk{}), nil
	case notify.Feishu:
		return newPoster(c, d, feishu{}), nil
	case notify.WeCom:
		return newPoster(c, d, weCom{}), nil
	case notify.Webhook:
		return newPoster(c, d, webhook{}), nil
	case notify.NATS:
		return newPublishing(c, d)
	case notify.Email:
		return newMailing(c, d)
	}
	return nil, fmt.Errorf("channel %s: nothing is sent to channels of type %s", c.Name, c.Type)
}

// key is the ID of a message in the form that headers of all kinds take. It has no full stop, by which a signed webhook
// ends its ID.
func key(m notify.Message) string {
	sum := sha256.Sum256([]byte(m.ID))
	return "msg_" + hex.EncodeToString(sum[:16])
}
