package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
	"slipway/wire"
)

const (
	// heartbeat is how often a stream of events shows that it is alive.
	heartbeat = 15 * time.Second
	// mostStreams is how many streams of events there are at once, and mostStreamsOf how many of one identity.
	mostStreams, mostStreamsOf = 256, 32
	// writeTime bounds the writing of one event: who does not read is let go.
	writeTime = 10 * time.Second
	// reconnect is after what time a client asks again whose stream has ended.
	reconnect = 3 * time.Second
	// eventsAhead is how many events are read from NATS before a client has taken them.
	eventsAhead = 16
	// forgetAfter is when the server forgets the consumer of a stream that is gone.
	forgetAfter = 30 * time.Second
	// headerLastEvent says after which event a client goes on.
	headerLastEvent = "Last-Event-ID"
)

// streams bounds how many streams of events there are.
type streams struct {
	mu  sync.Mutex
	all int
	of  map[string]int
}

func newStreams() *streams { return &streams{of: map[string]int{}} }

// begin makes room for a stream of somebody; end gives it back.
func (s *streams) begin(by string) (end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[by] >= mostStreamsOf {
		return nil, kindTooMany.is("%q follows %d streams of events already; end some", by, mostStreamsOf)
	}
	if s.all >= mostStreams {
		return nil, kindAway.is("%d streams of events are followed already; ask again later", mostStreams)
	}
	s.all++
	s.of[by]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.of[by]--; s.of[by] == 0 {
			delete(s.of, by)
		}
	}, nil
}

// releaseEvents follows the events of a release.
func (a *api) releaseEvents(r *request) error { return r.follow(a.release) }

// follow sends the events of something as they come, until it has ended.
func (r *request) follow(find find) error {
	in := reader{parameters: r.query}
	if list := in.one(paramFormat, []string{formatList}); in.problems() != nil {
		return in.problems()
	} else if list == formatList {
		return r.listEvents(find)
	}
	after, err := r.lastEvent()
	if err != nil {
		return err
	}
	ctx := r.Context()
	s, err := r.viewed(ctx, find)
	if err != nil {
		return err
	}
	end, err := r.api.streams.begin(r.by)
	if err != nil {
		return err
	}
	defer end()
	events, err := r.api.events(ctx, r.PathValue("id"), after)
	if err != nil {
		return err
	}
	defer events.end()
	if s.closed && events.pending == 0 {
		r.w.WriteHeader(http.StatusNoContent) // which tells a client not to come again
		return nil
	}
	out := newSender(r.w)
	if r.Method == http.MethodHead {
		return nil
	}
	if out.comment("the events of "+r.PathValue("id")) == nil { // else who has asked is gone
		r.pass(events, out, find)
	}
	return nil
}

// lastEvent is the number of the event after which a client goes on; 0 is before the first. A browser that comes again says so in a
// header, whatever the address had at first.
func (r *request) lastEvent() (uint64, error) {
	text, field := r.Header.Get(headerLastEvent), headerLastEvent
	if text == "" {
		text, field = r.query[paramAfter], paramAfter
	}
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, release.Problem{Field: field, Message: "must be the id of an event of this stream, which is a number"}
	}
	return n, nil
}

// pass sends events until the last one, or until nobody takes them.
func (r *request) pass(events *events, out sender, find find) {
	beat := time.NewTicker(r.api.Heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-r.api.Ends:
			return
		case <-events.closed:
			return
		case msg := <-events.next:
			if last, err := out.event(msg); last || err != nil {
				return
			}
		case <-beat.C:
			if out.comment("alive") != nil {
				return
			}
			// What was ended by hand tells no end.
			if s, err := find(r.Context(), r.PathValue("id")); err == nil && s.closed && events.drained(r.Context()) {
				return
			}
		}
	}
}

// events are those of a release or a set, from NATS.
type events struct {
	next   chan jetstream.Msg
	closed <-chan struct{}
	// pending is how many there were when they began to be read.
	pending  uint64
	consumer jetstream.Consumer
	end      func()
}

// events begins to read the events of a release or a set after one of them.
func (a *api) events(ctx context.Context, id string, after uint64) (*events, error) {
	starting, cancel := context.WithTimeout(ctx, authorityTime)
	defer cancel()
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{wire.EventsOfRelease(id)}, InactiveThreshold: forgetAfter}
	if after > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	}
	consumer, err := a.JetStream.OrderedConsumer(starting, wire.StreamEvents, cfg)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", wire.StreamEvents, err)
	}
	out := &events{next: make(chan jetstream.Msg), consumer: consumer, pending: consumer.CachedInfo().NumPending}
	done := make(chan struct{})
	reading, err := consumer.Consume(func(msg jetstream.Msg) {
		select {
		case out.next <- msg:
		case <-done:
		}
	}, jetstream.PullMaxMessages(eventsAhead))
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", wire.StreamEvents, err)
	}
	out.closed = reading.Closed()
	out.end = func() {
		close(done)
		reading.Stop()
	}
	return out, nil
}

// drained reports whether NATS has no further event at the moment.
func (e *events) drained(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, authorityTime)
	defer cancel()
	info, err := e.consumer.Info(ctx)
	return err == nil && info.NumPending == 0
}

// sender writes events as a client of server-sent events reads them.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func newSender(w http.ResponseWriter) sender {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy passes each event on at once
	w.WriteHeader(http.StatusOK)
	return sender{w, http.NewResponseController(w)}
}

// comment writes a line that clients pass over, with when to come again.
func (s sender) comment(text string) error {
	return s.write(fmt.Appendf(nil, ": %s\nretry: %d\n\n", text, reconnect.Milliseconds()))
}

// event writes an event, and reports whether it is the last one of what it is of. What cannot be read is left out.
func (s sender) event(msg jetstream.Msg) (last bool, err error) {
	told, unreadable := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()})
	meta, unnumbered := msg.Metadata()
	var data bytes.Buffer
	if unreadable != nil || unnumbered != nil || json.Compact(&data, msg.Data()) != nil {
		return false, nil //nolint:nilerr // nobody else can read it either
	}
	kind, phase := wire.EventType(told.Kind), told.Progress.Phase
	if told.Set != nil {
		kind, phase = wire.SetEventType(told.Kind), told.Set.Phase
	}
	return phase.Ended(), s.write(fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", meta.Sequence.Stream, kind, data.Bytes()))
}

func (s sender) write(text []byte) error {
	// A recorder of tests, and a server without limits, have no deadline.
	if err := s.control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(text); err != nil {
		return err
	}
	return s.control.Flush()
}
