package wire

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway/release"
)

// PushFilter chooses pushes to registries. A zero field chooses all.
type PushFilter struct {
	// Kind is [release.EventFired] or [release.EventIgnored].
	Kind  release.EventKind
	Since time.Time
	// Limit is how many are returned at most.
	Limit int
}

// Pushes returns what came of pushes to registries, as StreamEvents tells, what was told latest first, and whether there are more. It needs
// NATS 2.11. An event that cannot be read is passed over.
func Pushes(ctx context.Context, js jetstream.JetStream, f PushFilter) (found []release.Push, more bool, err error) {
	stream, err := js.Stream(ctx, StreamEvents)
	if err != nil {
		return nil, false, streamError(ctx, StreamEvents, err)
	}
	b := backward[toldPush]{js: js, stream: StreamEvents, subject: PushEvents(f.Kind), read: readPush}
	err = b.each(ctx, stream.CachedInfo().State, func(told toldPush) bool {
		p := told.push
		switch {
		case told.at.Before(f.Since):
			return false
		case p == nil || p.StoredAt.Before(f.Since): // one that had to wait is told of after those that came later
		case f.Limit > 0 && len(found) == f.Limit:
			more = true
			return false
		default:
			found = append(found, *p)
		}
		return true
	})
	if err != nil {
		return nil, false, err
	}
	return found, more, nil
}

// PushTold returns what came of a push before, by the event that tells of it: its last outcomes, those that were told earlier first. One event of
// a sender may be of several images, and is another one for each. It needs NATS 2.11.
func PushTold(ctx context.Context, js jetstream.JetStream, p Published) (found []release.Push, err error) {
	subject := PushEventSubject(release.Push{Sender: p.Sender, Source: p.Source, EventID: p.EventID, Image: p.Image, Tag: p.Tag, Digest: p.Digest}, "*")
	msgs, err := jetstreamext.GetLastMsgsFor(ctx, js, StreamEvents, []string{subject})
	if err != nil {
		return nil, streamError(ctx, StreamEvents, err)
	}
	answered := false
	for msg, err := range msgs {
		answered = true
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			break
		}
		if err != nil {
			return nil, streamError(ctx, StreamEvents, err)
		}
		if told := readPush(msg); told.push != nil {
			found = append(found, *told.push)
		}
	}
	if !answered { // a request that is not answered in time ends without an error and without messages
		return nil, streamError(ctx, StreamEvents, errors.Join(errors.New("no answer"), context.Cause(ctx)))
	}
	return found, nil
}

// toldPush is a push, nil where its event cannot be read, and when it was told of.
type toldPush struct {
	push *release.Push
	at   time.Time
}

func readPush(msg *jetstream.RawStreamMsg) toldPush {
	e, err := DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	if err != nil {
		return toldPush{at: msg.Time}
	}
	return toldPush{e.Push, msg.Time}
}
