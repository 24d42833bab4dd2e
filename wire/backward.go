package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

const (
	// backBatch is how many messages one request reads, and backBytes their size.
	backBatch = 100
	backBytes = 8 << 20
	// backGrowth is by how much the range of sequences grows in which nothing was found.
	backGrowth = 8
)

// backward reads the messages of a subject in a stream from its end, in ranges of sequences, and no further than it must. It
// needs NATS 2.11.
type backward[T any] struct {
	js              jetstream.JetStream
	stream, subject string
	read            func(*jetstream.RawStreamMsg) T
}

// each calls do with each message, the latest first, until it answers false.
func (b backward[T]) each(ctx context.Context, state jetstream.StreamState, do func(T) bool) error {
	width := uint64(backBatch)
	for last := state.LastSeq; last > 0 && last >= state.FirstSeq; {
		first := max(last-min(width, last)+1, state.FirstSeq)
		found, cut, err := b.between(ctx, first, last)
		if err != nil {
			return err
		}
		if cut { // only where the range is wider than a batch
			width = max(width/backGrowth, backBatch)
			continue
		}
		for _, each := range slices.Backward(found) {
			if !do(each) {
				return nil
			}
		}
		width = backBatch
		if len(found) == 0 {
			width = (last - first + 1) * backGrowth
		}
		last = first - 1
	}
	return nil
}

// between reads the messages of a range of sequences, in their order. It gives up a range that has
// more than a batch of them, and reports it as cut.
func (b backward[T]) between(ctx context.Context, first, last uint64) (found []T, cut bool, err error) {
	for first <= last {
		msgs, err := jetstreamext.GetBatch(ctx, b.js, b.stream, backBatch,
			jetstreamext.GetBatchSeq(first), jetstreamext.GetBatchSubject(b.subject), jetstreamext.GetBatchMaxBytes(backBytes))
		if err != nil {
			return nil, false, streamError(ctx, b.stream, err)
		}
		reached := uint64(0)
		for msg, err := range msgs {
			if errors.Is(err, jetstreamext.ErrNoMessages) {
				return found, false, nil
			}
			if err != nil {
				return nil, false, streamError(ctx, b.stream, err)
			}
			reached = msg.Sequence
			if reached <= last {
				found = append(found, b.read(msg))
			}
		}
		switch {
		case reached == 0: // a request that is not answered in time ends without an error and without messages
			return nil, false, streamError(ctx, b.stream, errors.Join(errors.New("no answer"), context.Cause(ctx)))
		case reached < last && len(found) >= backBatch:
			return nil, true, nil
		}
		first = reached + 1
	}
	return found, false, nil
}

// streamError says what to do where a stream cannot be read.
func streamError(ctx context.Context, stream string, err error) error {
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("stream %s does not exist (%w); create it with: slipway setup", stream, err)
	case errors.Is(err, jetstreamext.ErrBatchUnsupported):
		return fmt.Errorf("stream %s cannot be listed: %w; it needs NATS 2.11 or later", stream, err)
	case ctx.Err() != nil:
		return fmt.Errorf("stream %s does not answer: %w", stream, context.Cause(ctx))
	}
	return fmt.Errorf("stream %s: %w", stream, err)
}
