package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

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

const (
	// letterBatch is how many messages one request reads, and letterBytes their size.
	letterBatch = 100
	letterBytes = 8 << 20
	// letterGrowth is by how much the range of sequences grows in which nothing was found.
	letterGrowth = 8
)

// List returns the dead letters that f chooses, the latest first and without their data, and
// whether there are more. It reads the stream from its end in ranges of sequences, and no
// further than it must. It needs NATS 2.11.
func (d *DeadLetters) List(ctx context.Context, f LetterFilter) (found []Letter, more bool, err error) {
	stream, err := d.stream(ctx)
	if err != nil {
		return nil, false, err
	}
	state := stream.CachedInfo().State
	width := uint64(letterBatch)
	for last := state.LastSeq; last > 0 && last >= state.FirstSeq; {
		first := max(last-min(width, last)+1, state.FirstSeq)
		letters, cut, err := d.read(ctx, f.subject(), first, last)
		if err != nil {
			return nil, false, err
		}
		if cut { // only where the range is wider than a batch
			width = max(width/letterGrowth, letterBatch)
			continue
		}
		for _, l := range slices.Backward(letters) {
			switch {
			case l.At.Before(f.Since):
				return found, false, nil
			case !f.chooses(l):
			case f.Limit > 0 && len(found) == f.Limit:
				return found, true, nil
			default:
				found = append(found, l)
			}
		}
		width = letterBatch
		if len(letters) == 0 {
			width = (last - first + 1) * letterGrowth
		}
		last = first - 1
	}
	return found, false, nil
}

// read reads the letters of a range of sequences, in their order. It gives up a range that has
// more than a batch of them, and reports it as cut.
func (d *DeadLetters) read(ctx context.Context, subject string, first, last uint64) (letters []Letter, cut bool, err error) {
	for first <= last {
		msgs, err := jetstreamext.GetBatch(ctx, d.js, StreamDeadLetter, letterBatch,
			jetstreamext.GetBatchSeq(first), jetstreamext.GetBatchSubject(subject), jetstreamext.GetBatchMaxBytes(letterBytes))
		if err != nil {
			return nil, false, lettersError(ctx, err)
		}
		reached := uint64(0)
		for msg, err := range msgs {
			if errors.Is(err, jetstreamext.ErrNoMessages) {
				return letters, false, nil
			}
			if err != nil {
				return nil, false, lettersError(ctx, err)
			}
			reached = msg.Sequence
			if reached <= last {
				l := ReadDeadLetter(msg)
				l.Data = nil
				letters = append(letters, l)
			}
		}
		switch {
		case reached == 0: // a request that is not answered in time ends without an error and without messages
			return nil, false, lettersError(ctx, errors.Join(errors.New("no answer"), context.Cause(ctx)))
		case reached < last && len(letters) >= letterBatch:
			return nil, true, nil
		}
		first = reached + 1
	}
	return letters, false, nil
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

// Replay publishes the message of a dead letter again for somebody, of which an event tells, and returns its sequence in StreamIn. It
// refuses with a [PoisonError] what would be refused again. Replaying it twice is harmless: the
// source and ID of the event are its identity, so that the second is the same release, set or
// command, which the ledger and the workflows take once.
func (d *DeadLetters) Replay(ctx context.Context, l Letter, by string) (sequence uint64, err error) {
	if _, err := l.Target(); err != nil {
		return 0, err
	}
	if err := d.tell(ctx, l, by, release.EventReplayed); err != nil {
		return 0, err
	}
	ack, err := d.js.PublishMsg(ctx, l.Original(), jetstream.WithExpectStream(StreamIn))
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return 0, fmt.Errorf("no stream takes %s; create the streams with: slipway setup", l.Subject)
	case err != nil:
		return 0, fmt.Errorf("publish it on %s: %w", l.Subject, err)
	}
	return ack.Sequence, nil
}

// tell lets the world know what somebody does with a dead letter, before it is done: what cannot be told is not done.
func (d *DeadLetters) tell(ctx context.Context, l Letter, by string, kind release.EventKind) error {
	at := time.Now().UTC()
	msg, err := EncodeEvent(release.Event{
		ID: fmt.Sprintf("deadletter.%d.%s.%d", l.Sequence, kind, at.UnixNano()), Kind: kind, At: at,
		Letter: &release.LetterChange{Sequence: l.Sequence, By: by, Subject: l.Subject, About: l.About},
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
func (d *DeadLetters) Drop(ctx context.Context, sequence uint64, by string) error {
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
	if err := d.tell(ctx, ReadDeadLetter(msg), by, release.EventDropped); err != nil {
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

// lettersError says what to do where the stream cannot be read.
func lettersError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("stream %s does not exist (%w); create it with: slipway setup", StreamDeadLetter, err)
	case errors.Is(err, jetstreamext.ErrBatchUnsupported):
		return fmt.Errorf("stream %s cannot be listed: %w; it needs NATS 2.11 or later", StreamDeadLetter, err)
	case ctx.Err() != nil:
		return fmt.Errorf("stream %s does not answer: %w", StreamDeadLetter, context.Cause(ctx))
	}
	return fmt.Errorf("stream %s: %w", StreamDeadLetter, err)
}
