package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"slipway/wire"
)

const (
	// paramFormat chooses between events as they come and a list of those there are.
	paramFormat = "format"
	formatList  = "list"
	// paramAfter says after which event to go on, where a client has not received one yet.
	paramAfter = "after"
	// mostEvents is how many events a list has at most; a release has some dozens.
	mostEvents = 1000
)

// eventQuery are the parameters of events.
func eventQuery() []string { return []string{paramFormat, paramAfter} }

// listedEvent is an event of a list.
type listedEvent struct {
	// Sequence is its number in the stream, after which a client can go on to follow.
	Sequence uint64 `json:"sequence"`
	// Event is the CloudEvent.
	Event json.RawMessage `json:"event"`
}

// listEvents answers with the events of something so far, the oldest first.
func (r *request) listEvents(find find) error {
	after, err := r.lastEvent()
	if err != nil {
		return err
	}
	ctx := r.Context()
	if _, err := r.viewed(ctx, find); err != nil {
		return err
	}
	end, err := r.api.streams.begin(r.by)
	if err != nil {
		return err
	}
	defer end()
	ctx, cancel := context.WithTimeout(ctx, authorityTime)
	defer cancel()
	events, err := r.api.events(ctx, eventsAfter(wire.EventsOfRelease(r.PathValue("id")), after))
	if err != nil {
		return err
	}
	defer events.end()
	out, err := events.soFar(ctx)
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, out.atMost(mostEvents))
}

// soFar reads the events that there were when reading them began.
func (e *events) soFar(ctx context.Context) (out listed[listedEvent], err error) {
	for left := min(e.pending, mostEvents+1); left > 0; {
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-e.closed:
			return out, errNATSAway
		case msg := <-e.next:
			meta, err := msg.Metadata()
			if err != nil {
				return out, err
			}
			left = min(left-1, meta.NumPending)
			var event bytes.Buffer
			if _, readable := eventOf(msg); readable && json.Compact(&event, msg.Data()) == nil {
				out.Items = append(out.Items, listedEvent{Sequence: meta.Sequence.Stream, Event: event.Bytes()})
			}
		}
	}
	return out, nil
}
