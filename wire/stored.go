package wire

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

// Stored is a request that is in the stream of requests, where it stays until a starter has settled it.
type Stored struct {
	// Sequence is that of the message in StreamIn, and At when it was stored.
	Sequence uint64
	At       time.Time
	// Spec is what is asked for, where that is a release.
	Spec release.Spec
}

// ErrNotStored means that no request for a release or a set is stored.
var ErrNotStored = errors.New("no such request is stored")

// mostStored is how many requests are read at most to find one: they are few while starters work.
const mostStored = 1000

// FindStored finds the request for a release or a set that no starter has settled, by the ID of
// what it asks for. The error is [ErrNotStored], or one of NATS.
func FindStored(ctx context.Context, js jetstream.JetStream, id string) (Stored, error) {
	stream, err := js.Stream(ctx, StreamIn)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return Stored{}, ErrNotStored
	}
	if err != nil {
		return Stored{}, fmt.Errorf("read stream %s: %w", StreamIn, err)
	}
	next := stream.CachedInfo().State.FirstSeq
	for range mostStored {
		msg, err := stream.GetMsg(ctx, next, jetstream.WithGetMsgSubject(AllRequests))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return Stored{}, ErrNotStored
		}
		if err != nil {
			return Stored{}, fmt.Errorf("read stream %s: %w", StreamIn, err)
		}
		next = msg.Sequence + 1
		if asked, spec := asksFor(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}); asked == id {
			return Stored{Sequence: msg.Sequence, At: msg.Time, Spec: spec}, nil
		}
	}
	return Stored{}, ErrNotStored
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
	r, err := DecodeRequest(msg)
	if err != nil {
		return "", spec
	}
	return r.ReleaseID, r.Spec
}
