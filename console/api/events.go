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

	"slipway/authority"
	"slipway/console/access"
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

// following is what a stream of events sends, and how long.
type following struct {
	// name is what the stream is of, for its first line.
	name string
	// consumer says which events there are, and where they begin.
	consumer jetstream.OrderedConsumerConfig
	// sees reports whether an event is sent, and last whether it is the last one.
	sees, last func(wire.LifecycleEvent) bool
	// beats is asked at each heartbeat whether the stream goes on.
	beats func(ctx context.Context, events *events) bool
	// closed tells that no event will come, but for those that there are.
	closed bool
}

// releaseEvents follows the events of a release.
func (a *api) releaseEvents(r *request) error { return r.followOne(a.release) }

// followOne sends the events of a release or a set as they come, until it has ended.
func (r *request) followOne(find find) error {
	in := reader{parameters: r.query}
	list := in.one(paramFormat, []string{formatList})
	if err := in.problems(); err != nil {
		return err
	}
	if list == formatList {
		return r.listEvents(find)
	}
	after, err := r.lastEvent()
	if err != nil {
		return err
	}
	s, err := r.viewed(r.Context(), find)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	return r.follow(following{
		name: id, consumer: eventsAfter(wire.EventsOfRelease(id), after), closed: s.closed,
		sees: func(wire.LifecycleEvent) bool { return true },
		last: func(told wire.LifecycleEvent) bool {
			if told.Set != nil {
				return told.Set.Phase.Ended()
			}
			return told.Progress.Phase.Ended()
		},
		beats: func(ctx context.Context, events *events) bool { // what was ended by hand tells no end
			s, err := find(ctx, id)
			return err != nil || !s.closed || !events.drained(ctx)
		},
	})
}

// allEvents follows the events of everything that who asks may look at, from now on or from where they were.
func (a *api) allEvents(r *request) error {
	after, err := r.lastEvent()
	if err != nil {
		return err
	}
	may, _, err := r.views(r.Context())
	if err != nil {
		return err
	}
	if after == 0 {
		if after, err = a.latestEvent(r.Context()); err != nil {
			return err
		}
	}
	return r.follow(following{
		name: "everything", consumer: eventsAfter(wire.AllEvents, after),
		sees: func(told wire.LifecycleEvent) bool { return may(targetOf(told)) },
		last: func(wire.LifecycleEvent) bool { return false },
		beats: func(ctx context.Context, _ *events) bool {
			r.document = nil // who may do what may have changed
			may, _, err = r.views(ctx)
			return err == nil
		},
	})
}

// latestEvent is the number of the event that was told last; 0 where none was.
func (a *api) latestEvent(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, authorityTime)
	defer cancel()
	s, err := a.JetStream.Stream(ctx, wire.StreamEvents)
	if err != nil {
		return 0, fmt.Errorf("read stream %s: %w", wire.StreamEvents, err)
	}
	return s.CachedInfo().State.LastSeq, nil
}

// targetOf is what an event is of, as who may do what is judged. What is of no application and no set, such as a push or a dead letter, is
// for who may look at everything.
func targetOf(told wire.LifecycleEvent) string {
	switch {
	case told.Set != nil:
		return authority.SetTarget(told.Set.Name)
	case told.Lane != nil:
		return authority.AppTarget(told.Lane.App)
	case told.Promotion != nil:
		return authority.AppTarget(told.Promotion.App)
	case told.Letter != nil, told.Push != nil:
		return everything
	}
	return authority.AppTarget(told.Progress.App)
}

// follow sends events as they come.
func (r *request) follow(f following) error {
	end, err := r.api.streams.begin(r.by)
	if err != nil {
		return err
	}
	defer end()
	events, err := r.api.events(r.Context(), f.consumer)
	if err != nil {
		return err
	}
	defer events.end()
	if f.closed && events.pending == 0 {
		r.w.WriteHeader(http.StatusNoContent) // which tells a client not to come again
		return nil
	}
	out := newSender(r.w)
	if r.Method == http.MethodHead {
		return nil
	}
	if out.comment("the events of "+f.name) == nil { // else who has asked is gone
		r.pass(events, out, f)
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
func (r *request) pass(events *events, out sender, f following) {
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
			told, readable := eventOf(msg)
			if !readable || !f.sees(told) {
				continue
			}
			if out.event(msg, told.Type()) != nil || f.last(told) {
				return
			}
		case <-beat.C:
			if out.comment("alive") != nil || !access.Counts(r.Context()) || !f.beats(r.Context(), events) {
				return
			}
		}
	}
}

// events are read from NATS.
type events struct {
	next   chan jetstream.Msg
	closed <-chan struct{}
	// pending is how many there were when they began to be read.
	pending  uint64
	consumer jetstream.Consumer
	end      func()
}

// eventsAfter chooses events by their subject, those after one of them; 0 is before the first.
func eventsAfter(subject string, after uint64) jetstream.OrderedConsumerConfig {
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, InactiveThreshold: forgetAfter}
	if after > 0 {
		cfg.DeliverPolicy, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	}
	return cfg
}

// events begins to read events.
func (a *api) events(ctx context.Context, cfg jetstream.OrderedConsumerConfig) (*events, error) {
	starting, cancel := context.WithTimeout(ctx, authorityTime)
	defer cancel()
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

// eventOf reads an event. What cannot be read here, nobody else can read either.
func eventOf(msg jetstream.Msg) (told wire.LifecycleEvent, readable bool) {
	told, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject(), Header: msg.Headers(), Data: msg.Data()})
	return told, err == nil
}

// event writes an event of a type. What has no number, or is no JSON, is left out.
func (s sender) event(msg jetstream.Msg, kind string) error {
	meta, unnumbered := msg.Metadata()
	var data bytes.Buffer
	if unnumbered != nil || json.Compact(&data, msg.Data()) != nil {
		return nil //nolint:nilerr // nobody else can read it either
	}
	return s.write(fmt.Appendf(nil, "id: %d\nevent: %s\ndata: %s\n\n", meta.Sequence.Stream, kind, data.Bytes()))
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
