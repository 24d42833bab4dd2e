package requests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// Publisher is in whose name a [Client] speaks.
type Publisher struct {
	// Source is the source of the events that are published, a URI reference.
	Source string
	// Identity is who may publish on the subjects of slipway.by.<identity>, and nobody else; empty where NATS does not say who it is.
	Identity string
	// Signer signs what is published; nil signs nothing.
	Signer *wire.Signer
}

// origin is that of an event of the publisher.
func (p Publisher) origin(id string) wire.Origin {
	return wire.Origin{Source: p.Source, ID: id, Time: time.Now().UTC(), Identity: p.Identity, Signer: p.Signer}
}

// Client asks for releases and sets, commands them, and reads where they stand, in the name of a [Publisher]. What is asked for
// and commanded goes to subjects where nobody else may publish, or is signed, and where a release stands, the ledger tells.
type Client struct {
	publisher Publisher
	js        jetstream.JetStream
	ledger    *ledger.Ledger
	letters   *wire.DeadLetters
	// awaited is the event of a request whose release or set is read, until it is known; nil where none was published.
	awaited *event
}

// event is one that was stored, for which an answer is awaited.
type event struct{ subject, source, eventID, id string }

// New returns a client that speaks in the name of a publisher.
func New(js jetstream.JetStream, p Publisher) *Client {
	return &Client{publisher: p, js: js, ledger: ledger.New(js), letters: wire.NewDeadLetters(js)}
}

// Ledger is where the client reads how far releases have come.
func (c *Client) Ledger() *ledger.Ledger { return c.ledger }

// Awaiting returns a client that tells where a request that was published on a subject was refused, when what it asks for is
// read and is not there.
func (c *Client) Awaiting(subject string, r Receipt) *Client {
	out := *c
	out.awaited = &event{subject, r.Source, r.EventID, r.ID()}
	return &out
}

// Get reads where a release stands. One that is not accepted yet is a [*releases.NotFoundError].
func (c *Client) Get(ctx context.Context, id string) (releases.Status[release.Progress], error) {
	r, err := c.ledger.Get(ctx, id)
	if err := c.missing(ctx, id, r.Accepted || r.Ended(), err); err != nil {
		return releases.Status[release.Progress]{}, err
	}
	p := r.Latest()
	p.Digest = cmp.Or(p.Digest, r.Identity.Digest)
	return releases.Status[release.Progress]{Progress: p, Closed: r.Ended()}, nil
}

// GetSet reads where a set stands.
func (c *Client) GetSet(ctx context.Context, id string) (releases.Status[release.SetProgress], error) {
	r, err := c.ledger.GetSet(ctx, id)
	// A set that was accepted and has told nothing yet has no name to command it by.
	if err := c.missing(ctx, id, r.Progress.SetID != "", err); err != nil {
		return releases.Status[release.SetProgress]{}, err
	}
	r.Progress.Digest = cmp.Or(r.Progress.Digest, r.Identity.Digest)
	return releases.Status[release.SetProgress]{Progress: r.Progress, Closed: r.Progress.Outcome != ""}, nil
}

// missing is the error of what the ledger has not, or has not as accepted: it is not there yet, or its
// request was refused.
func (c *Client) missing(ctx context.Context, id string, accepted bool, err error) error {
	switch {
	case err == nil && accepted:
		return nil
	case err != nil && errors.Is(err, ledger.ErrUnavailable) && ctx.Err() == nil:
		return &releases.UnreachableError{Cause: err, Of: "NATS"}
	case err != nil && !ledger.IsUnknown(err):
		return err
	}
	if c.awaited != nil && c.awaited.id == id {
		if refused := c.refusal(ctx, *c.awaited); refused != nil {
			return refused
		}
	}
	return &releases.NotFoundError{ID: id}
}

// refusal is the dead letter of an event as an error; nil where there is none, and where nobody knows.
func (c *Client) refusal(ctx context.Context, of event) error {
	letter, err := c.letters.Last(ctx, of.subject)
	if err != nil || letter.Source != of.source || letter.EventID != of.eventID {
		return nil //nolint:nilerr // the letter is looked for again
	}
	return &releases.RefusedError{ID: of.id, Reason: letter.Reason}
}

// Submit publishes the event of what is asked for, and returns once it is stored: what comes of it is for the starter.
// An event that was used with another content is a [*ledger.ConflictError].
func (c *Client) Submit(ctx context.Context, r Request, eventID string) (Receipt, error) {
	r, err := r.As(c.publisher.Identity)
	if err != nil {
		return Receipt{}, err
	}
	msg, err := r.Message(c.publisher.origin(eventID))
	if err != nil {
		return Receipt{}, err
	}
	out := r.Receipt(c.publisher.Source, eventID)
	if _, err := r.Known(ctx, c.ledger, out.ID()); err != nil {
		return out, err
	}
	out.Duplicate, err = Publish(ctx, c.js, msg)
	return out, err
}

// publishTime bounds the wait for the stream's acknowledgement.
const publishTime = 10 * time.Second

// Publish stores a request in the stream. An error leaves open whether it is stored; published again, it is one request.
func Publish(ctx context.Context, js jetstream.JetStream, msg *nats.Msg) (duplicate bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	ack, err := js.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamIn))
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return false, fmt.Errorf("no stream takes %s; create the streams with: slipway setup", msg.Subject)
	case errors.Is(err, context.DeadlineExceeded):
		return false, fmt.Errorf("NATS did not confirm within %s that the request is stored", publishTime)
	case err != nil:
		return false, fmt.Errorf("publish the request: %w", err)
	}
	return ack.Duplicate, nil
}
