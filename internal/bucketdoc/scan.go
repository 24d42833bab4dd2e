package bucketdoc

import (
	"context"
	"errors"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// scanBatch is how many revisions are read at once.
const scanBatch = 256

// Scan reads all revisions of all keys of a bucket that it still has, in the order in which they were
// stored: of each key the last one that is visited is the current one. The error is an [AccessError].
func Scan(ctx context.Context, js jetstream.JetStream, bucket string, visit func(key string, r Revision)) error {
	if _, err := js.KeyValue(ctx, bucket); err != nil {
		return &AccessError{Bucket: bucket, Err: err}
	}
	s := scan{js, bucket, visit}
	for next := uint64(1); ; {
		last, err := s.from(ctx, next)
		switch {
		case errors.Is(err, jetstreamext.ErrNoMessages):
			return nil
		case err != nil:
			return &AccessError{Bucket: bucket, Err: err}
		case last == 0:
			// A batch that is not answered in time ends without an error and without messages.
			return &AccessError{Bucket: bucket, Err: errors.Join(errors.New("no answer"), ctx.Err())}
		}
		next = last + 1
	}
}

// State is where a bucket stands. While it stays the same, nothing in the bucket has changed.
type State struct {
	// Last is the number of the latest revision; 0 where there was none yet.
	Last uint64

	first, count uint64
	created      int64
}

// StateOf returns where a bucket stands. It costs one request. The error is an [AccessError].
func StateOf(ctx context.Context, js jetstream.JetStream, bucket string) (State, error) {
	stream, err := js.Stream(ctx, StreamName(bucket))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		err = jetstream.ErrBucketNotFound
	}
	if err != nil {
		return State{}, &AccessError{Bucket: bucket, Err: err}
	}
	info := stream.CachedInfo()
	return State{Last: info.State.LastSeq, first: info.State.FirstSeq, count: info.State.Msgs, created: info.Created.UnixNano()}, nil
}

// scan is one reading of a bucket.
type scan struct {
	js     jetstream.JetStream
	bucket string
	visit  func(string, Revision)
}

// from visits the next batch, and returns the number of the last revision in it.
func (s scan) from(ctx context.Context, first uint64) (last uint64, err error) {
	subjects := "$KV." + s.bucket + "."
	msgs, err := jetstreamext.GetBatch(ctx, s.js, StreamName(s.bucket), scanBatch, jetstreamext.GetBatchSeq(first), jetstreamext.GetBatchSubject(subjects+">"))
	if err != nil {
		return 0, err
	}
	for msg, err := range msgs {
		if err != nil {
			return 0, err
		}
		last = msg.Sequence
		s.visit(strings.TrimPrefix(msg.Subject, subjects), Revision{Number: msg.Sequence, Raw: msg.Data, StoredAt: msg.Time})
	}
	return last, nil
}
