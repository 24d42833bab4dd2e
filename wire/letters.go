package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

// DeadLetters reads StreamDeadLetter, and publishes or deletes what is in it.
type DeadLetters struct{ js jetstream.JetStream }

// NewDeadLetters returns the dead letters of a JetStream.
func NewDeadLetters(js jetstream.JetStream) *DeadLetters { return &DeadLetters{js} }

// The errors of [DeadLetters].
var (
	// ErrNoDeadLetter means that the stream has no message of this sequence.
	ErrNoDeadLetter = errors.New("there is no such dead letter")
	// ErrKeepsLetters means that the stream was created so that it deletes no message.
	ErrKeepsLetters = errors.New("stream " + StreamDeadLetter + " denies the deletion of messages (deny_delete), which NATS cannot change: " +
		"its dead letters go with their age; delete the stream and create it anew with: slipway setup")
)

// LetterFilter chooses dead letters. A zero field chooses all.
type LetterFilter struct {
	// Subject is the subject of the messages, in which the wildcards of NATS may stand.
	Subject string
	Kind    MessageKind
	// Reason is a part of the reason, in whatever case.
	Reason string
	Since  time.Time
	// Limit is how many are returned at most.
	Limit int
}

func (f LetterFilter) subject() string {
	if f.Subject != "" {
		return DeadLetterSubject(strings.TrimPrefix(f.Subject, deadLetterPrefix))
	}
	return AllDeadLetters
}

func (f LetterFilter) chooses(l Letter) bool {
	return (f.Kind == "" || f.Kind == l.Kind) && strings.Contains(strings.ToLower(l.Reason), strings.ToLower(f.Reason))
}

// List returns the dead letters that f chooses, the latest first and without their data, and
// whether there are more. It reads the stream from its end in ranges of sequences, and no
// further than it must. It needs NATS 2.11.
func (d *DeadLetters) List(ctx context.Context, f LetterFilter) (found []Letter, more bool, err error) {
	stream, err := d.stream(ctx)
	if err != nil {
		return nil, false, err
	}
	b := backward[Letter]{js: d.js, stream: StreamDeadLetter, subject: f.subject(), read: func(msg *jetstream.RawStreamMsg) Letter {
		l := ReadDeadLetter(msg)
		l.Data = nil
		return l
	}}
	err = b.each(ctx, stream.CachedInfo().State, func(l Letter) bool {
		switch {
		case l.At.Before(f.Since):
			return false
		case !f.chooses(l):
		case f.Limit > 0 && len(found) == f.Limit:
			more = true
			return false
		default:
			found = append(found, l)
		}
		return true
	})
	if err != nil {
		return nil, false, err
	}
	return found, more, nil
}

// Get returns a dead letter by its sequence; without one the error is [ErrNoDeadLetter].
func (d *DeadLetters) Get(ctx context.Context, sequence uint64) (Letter, error) {
	stream, err := d.stream(ctx)
	if err != nil {
		return Letter{}, err
	}
	msg, err := stream.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Letter{}, ErrNoDeadLetter
	}
	if err != nil {
		return Letter{}, lettersError(ctx, err)
	}
	return ReadDeadLetter(msg), nil
}

// Last returns the latest dead letter of a message that was published on the subject; without one the error
// is [ErrNoDeadLetter]. It needs no right to read the dead letters of other subjects.
func (d *DeadLetters) Last(ctx context.Context, subject string) (Letter, error) {
	stream, err := d.stream(ctx)
	if err != nil {
		return Letter{}, err
	}
	msg, err := stream.GetLastMsgForSubject(ctx, DeadLetterSubject(subject))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Letter{}, ErrNoDeadLetter
	}
	if err != nil {
		return Letter{}, lettersError(ctx, err)
	}
	return ReadDeadLetter(msg), nil
}

// Handling is who does something with a dead letter, and why; Reason is empty where they do not say it.
type Handling struct{ By, Reason string }

// Replay publishes the message of a dead letter again for somebody, of which an event tells, and returns its sequence in StreamIn, or of a notification in StreamNotify. It
// refuses with a [PoisonError] what would be refused again. Replaying it twice is harmless: the
// source and ID of the event are its identity, so that the second is the same release, set or
// command, which the ledger and the workflows take once.
func (d *DeadLetters) Replay(ctx context.Context, l Letter, h Handling) (sequence uint64, err error) {
	if _, err := l.Target(); err != nil {
		return 0, err
	}
	if err := d.tell(ctx, l, h, release.EventReplayed); err != nil {
		return 0, err
	}
	stream := StreamIn
	if l.Kind == KindNotification {
		stream = StreamNotify
	}
	ack, err := d.js.PublishMsg(ctx, l.Original(), jetstream.WithExpectStream(stream))
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return 0, fmt.Errorf("no stream takes %s; create the streams with: slipway setup", l.Subject)
	case err != nil:
		return 0, fmt.Errorf("publish it on %s: %w", l.Subject, err)
	}
	return ack.Sequence, nil
}

// tell lets the world know what somebody does with a dead letter, before it is done: what cannot be told is not done.
func (d *DeadLetters) tell(ctx context.Context, l Letter, h Handling, kind release.EventKind) error {
	at := time.Now().UTC()
	msg, err := EncodeEvent(release.Event{
		ID: fmt.Sprintf("deadletter.%d.%s.%d", l.Sequence, kind, at.UnixNano()), Kind: kind, At: at,
		Letter: &release.LetterChange{Sequence: l.Sequence, By: h.By, Subject: l.Subject, About: l.About, Reason: h.Reason},
	}, at)
	if err != nil {
		return err
	}
	_, err = d.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(StreamEvents))
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("no stream takes %s, which tells of it; create the streams with: slipway setup", msg.Subject)
	case err != nil:
		return fmt.Errorf("publish on %s, which tells of it: %w", msg.Subject, err)
	}
	return nil
}

// Drop deletes a dead letter by its sequence for somebody, of which an event tells; without one the error is [ErrNoDeadLetter]. It
// is [ErrKeepsLetters] where the stream deletes none.
func (d *DeadLetters) Drop(ctx context.Context, sequence uint64, h Handling) error {
	stream, err := d.stream(ctx)
	if err != nil {
		return err
	}
	if stream.CachedInfo().Config.DenyDelete {
		return ErrKeepsLetters
	}
	msg, err := stream.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return ErrNoDeadLetter
	}
	if err != nil {
		return lettersError(ctx, err)
	}
	if err := d.tell(ctx, ReadDeadLetter(msg), h, release.EventDropped); err != nil {
		return err
	}
	if err := stream.DeleteMsg(ctx, sequence); err != nil {
		return lettersError(ctx, err)
	}
	return nil
}

func (d *DeadLetters) stream(ctx context.Context) (jetstream.Stream, error) {
	stream, err := d.js.Stream(ctx, StreamDeadLetter)
	if err != nil {
		return nil, lettersError(ctx, err)
	}
	return stream, nil
}

func lettersError(ctx context.Context, err error) error {
	return streamError(ctx, StreamDeadLetter, err)
}
