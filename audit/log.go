package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const (
	// batch is how many messages one request reads, and batchBytes their size.
	batch      = 200
	batchBytes = 8 << 20
	// skew is by how much the clocks of workers and of NATS may differ: what was done after a time may have
	// been stored that much before it.
	skew = time.Minute
	// maxRemembered bounds how many entries are known while entries are followed, so that none is shown twice.
	maxRemembered = 100_000
)

// Log reads the stream. It needs NATS 2.11.
type Log struct{ js jetstream.JetStream }

// NewLog returns the audit of a JetStream.
func NewLog(js jetstream.JetStream) *Log { return &Log{js} }

// List returns the entries that f chooses, the newest last, and of more than limit the newest, with whether
// there are more; a limit of 0 is none. What is stored since f.Since is read. Documents before a change are not
// looked up, see [Log.Before].
func (l *Log) List(ctx context.Context, f Filter, limit int) (found []Entry, more bool, err error) {
	stream, err := l.stream(ctx)
	if err != nil {
		return nil, false, err
	}
	r, last := l.read(f), stream.CachedInfo().State.LastSeq
	for r.next <= last {
		began := r.next
		read, err := r.batch(ctx)
		if err != nil {
			return nil, false, err
		}
		if r.next == began {
			break
		}
		found = append(found, read...)
		if limit > 0 && len(found) > 4*limit+batch {
			found, more = newest(found, limit), true
		}
	}
	cut := newest(found, limit)
	return cut, more || len(cut) < len(found), nil
}

// newest returns the newest entries in the order in which they were done; all where the limit is 0.
func newest(found []Entry, limit int) []Entry {
	slices.SortStableFunc(found, func(a, b Entry) int { return a.Time.Compare(b.Time) })
	if limit > 0 && len(found) > limit {
		return slices.Clone(found[len(found)-limit:])
	}
	return found
}

// Follow hands each entry that f chooses to show, those that are there first and then each as it comes, until the
// context is done or show returns an error, which is returned. They come in the order in which they were stored.
// It asks for more after each pause.
func (l *Log) Follow(ctx context.Context, f Filter, pause time.Duration, show func(Entry) error) error {
	if _, err := l.stream(ctx); err != nil {
		return err
	}
	r := l.read(f)
	for {
		began := r.next
		read, err := r.batch(ctx)
		if err != nil {
			return err
		}
		for _, e := range read {
			if err := show(e); err != nil {
				return err
			}
		}
		if r.next > began {
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// Before looks up the document before the change that an entry tells of, where it is one of a document: in the stream
// itself, and where that has forgotten it, in the bucket. Other entries are returned as they are.
func (l *Log) Before(ctx context.Context, e Entry) (Entry, error) {
	at := e.revision
	if at.subject == "" || at.number == 1 {
		return e, nil
	}
	// A message that was copied again stands there with the number that it had.
	for upTo := at.sequence - 1; upTo > 0; {
		msg, err := l.last(ctx, Stream, at.subject, upTo)
		if err != nil {
			return e, err
		}
		if msg == nil {
			break
		}
		if was := readDocument(msg); was.revision.before(at) {
			e.Before = was.After
			return e, nil
		}
		upTo = msg.Sequence - 1
	}
	if at.origin == "" || at.number < 2 {
		e.BeforeUnknown = true
		return e, nil
	}
	msg, err := l.last(ctx, at.origin, at.subject, at.number-1)
	if err != nil {
		return e, err
	}
	if msg != nil {
		e.Before = readDocument(msg).After
	}
	return e, nil
}

// last returns the last message on a subject up to a sequence; nil where there is none.
func (l *Log) last(ctx context.Context, stream, subject string, upTo uint64) (*jetstream.RawStreamMsg, error) {
	msgs, err := jetstreamext.GetLastMsgsFor(ctx, l.js, stream, []string{subject}, jetstreamext.GetLastMsgsUpToSeq(upTo))
	if err != nil {
		return nil, readError(ctx, err)
	}
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return nil, nil
		}
		if err != nil {
			return nil, readError(ctx, err)
		}
		return msg, nil
	}
	return nil, readError(ctx, errNoAnswer)
}

// Lag is a stream from which the audit has not everything yet.
type Lag struct {
	Stream string
	// Missing is how many messages are not copied yet.
	Missing uint64
}

// Lags returns the streams from which the audit has not everything yet, as far as NATS tells.
func (l *Log) Lags(ctx context.Context) ([]Lag, error) {
	stream, err := l.stream(ctx)
	if err != nil {
		return nil, err
	}
	var out []Lag
	for _, s := range stream.CachedInfo().Sources {
		if s.Lag > 0 {
			out = append(out, Lag{s.Name, s.Lag})
		}
	}
	return out, nil
}

func (l *Log) stream(ctx context.Context) (jetstream.Stream, error) {
	stream, err := l.js.Stream(ctx, Stream)
	if err != nil {
		return nil, readError(ctx, err)
	}
	return stream, nil
}

// reader is one reading of the stream.
type reader struct {
	js     jetstream.JetStream
	filter Filter
	// next is the sequence to go on with; 0 begins at the time of the filter.
	next uint64
	// known are the keys of entries that were read, and order is that in which they were.
	known map[string]bool
	order []string
}

func (l *Log) read(f Filter) *reader { return &reader{js: l.js, filter: f, known: map[string]bool{}} }

// batch reads the next messages, and returns the entries in them that are chosen and were not read before. Where
// there are no further messages it reads none.
func (r *reader) batch(ctx context.Context) (found []Entry, err error) {
	options := []jetstreamext.GetBatchOpt{jetstreamext.GetBatchMaxBytes(batchBytes)}
	switch {
	case r.next > 0:
		options = append(options, jetstreamext.GetBatchSeq(r.next))
	case !r.filter.Since.IsZero():
		options = append(options, jetstreamext.GetBatchStartTime(r.filter.Since.Add(-skew)))
	}
	msgs, err := jetstreamext.GetBatch(ctx, r.js, Stream, batch, options...)
	if err != nil {
		return nil, readError(ctx, err)
	}
	answered := false
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return found, nil
		}
		if err != nil {
			return nil, readError(ctx, err)
		}
		answered, r.next = true, msg.Sequence+1
		for _, e := range Read(msg) {
			if r.filter.chooses(e) && r.isNew(e) {
				found = append(found, e)
			}
		}
	}
	if !answered { // a request that is not answered in time ends without an error and without messages
		return nil, readError(ctx, errNoAnswer)
	}
	return found, nil
}

// isNew reports whether an entry was not read before.
func (r *reader) isNew(e Entry) bool {
	if r.known[e.key] {
		return false
	}
	if len(r.order) == maxRemembered {
		for _, old := range r.order[:maxRemembered/2] {
			delete(r.known, old)
		}
		r.order = slices.Clone(r.order[maxRemembered/2:])
	}
	r.known[e.key], r.order = true, append(r.order, e.key)
	return true
}

var errNoAnswer = errors.New("no answer")

// readError says what to do where the stream cannot be read.
func readError(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("stream %s does not exist (%w); create it with: slipway setup", Stream, err)
	case errors.Is(err, jetstreamext.ErrBatchUnsupported):
		return fmt.Errorf("stream %s cannot be read: %w; it needs NATS 2.11 or later", Stream, err)
	case ctx.Err() != nil && !strings.Contains(err.Error(), context.Cause(ctx).Error()):
		return fmt.Errorf("stream %s: %w (%w)", Stream, err, context.Cause(ctx))
	}
	return fmt.Errorf("stream %s: %w", Stream, err)
}
