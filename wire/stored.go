package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway/release"
)

// Stored is a request that is in the stream of requests, where it stays until a starter has settled it.
type Stored struct {
	// Sequence is that of the message in StreamIn, and At when it was stored.
	Sequence uint64
	At       time.Time
	// Spec is what is asked for, where that is a release. Of one that was asked for by name it has what
	// the request says, and no application.
	Spec release.Spec
}

// ErrNotStored means that no request for a release or a set is stored.
var ErrNotStored = errors.New("no such request is stored")

// ErrSearchUnfinished means that the time was up before all stored requests were read.
var ErrSearchUnfinished = errors.New("not all of the stored requests were read in time")

// storedBatch is how many requests are read at once.
const storedBatch = 256

// FindStored finds the request for a release or a set that no starter has settled, by the ID of
// what it asks for. All requests are read in turn, so that the context should have a deadline. The
// error is [ErrNotStored], [ErrSearchUnfinished], or one of NATS.
func FindStored(ctx context.Context, js jetstream.JetStream, id string) (Stored, error) {
	found, err := findStored(ctx, js, id)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound), errors.Is(err, jetstreamext.ErrNoMessages):
		return Stored{}, ErrNotStored
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Stored{}, ErrSearchUnfinished
	case err != nil:
		return Stored{}, fmt.Errorf("read stream %s: %w", StreamIn, err)
	}
	return found, nil
}

// findStored ends with [jetstreamext.ErrNoMessages] where no request is the one that is looked for.
func findStored(ctx context.Context, js jetstream.JetStream, id string) (found Stored, err error) {
	if _, err := js.Stream(ctx, StreamIn); err != nil {
		return found, err
	}
	for _, subjects := range Requests() {
		found, err = findStoredOn(ctx, js, subjects, id)
		if !errors.Is(err, jetstreamext.ErrNoMessages) {
			return found, err
		}
	}
	return found, err
}

// findStoredOn looks at the requests on the subjects.
func findStoredOn(ctx context.Context, js jetstream.JetStream, subjects, id string) (found Stored, err error) {
	for next := uint64(1); found.Sequence == 0; {
		msgs, err := jetstreamext.GetBatch(ctx, js, StreamIn, storedBatch, jetstreamext.GetBatchSeq(next), jetstreamext.GetBatchSubject(subjects))
		if err != nil {
			return found, err
		}
		from := next
		for msg, err := range msgs {
			if err != nil {
				return found, err
			}
			next = msg.Sequence + 1
			if asked, spec := asksFor(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}); asked == id {
				found = Stored{Sequence: msg.Sequence, At: msg.Time, Spec: spec}
			}
		}
		if next == from {
			// A batch that is not answered in time ends without an error and without messages.
			return found, errors.Join(errors.New("no answer"), ctx.Err())
		}
	}
	return found, nil
}

// asksFor is the ID of what a request asks for, and of a release what that is; empty where it is
// no request that can be read.
func asksFor(msg *nats.Msg) (id string, spec release.Spec) {
	if IsSetRequest(msg.Subject) {
		s, err := DecodeSetRequest(msg)
		if err != nil {
			return "", spec
		}
		return s.ID, spec
	}
	if IsNamedRequest(msg.Subject) {
		r, err := DecodeNamedRequest(msg)
		if err != nil {
			return "", spec
		}
		return r.ReleaseID, r.said()
	}
	r, err := DecodeRequest(msg)
	if err != nil {
		return "", spec
	}
	return r.ReleaseID, r.Spec
}
