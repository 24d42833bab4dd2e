package channeltest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/notify"
)

// Stream stands for a stream of JetStream that takes every subject, and each message once. It is for tests of what is
// published; what NATS itself does is shown with its server.
type Stream struct {
	record

	state    sync.Mutex
	sequence uint64
	known    map[string]uint64
	failure  error
	subjects []string
}

// Channel is a channel whose messages the stream takes.
func (s *Stream) Channel(name string) notify.Channel {
	return notify.Channel{Name: name, Type: notify.NATS, Subject: "notifications." + name}
}

// SetFailure lets every message be answered with an error, until it is nil again.
func (s *Stream) SetFailure(err error) {
	s.state.Lock()
	defer s.state.Unlock()
	s.failure = err
}

// Subjects are those on which messages have come.
func (s *Stream) Subjects() []string {
	s.state.Lock()
	defer s.state.Unlock()
	return slices.Clone(s.subjects)
}

// PublishMsg takes a message.
func (s *Stream) PublishMsg(ctx context.Context, msg *nats.Msg, _ ...jetstream.PublishOpt) (*jetstream.PubAck, error) {
	defer s.try()
	s.state.Lock()
	defer s.state.Unlock()
	if err := errors.Join(ctx.Err(), s.failure); err != nil {
		return nil, err
	}
	id := msg.Header.Get(jetstream.MsgIDHeader)
	if sequence, ok := s.known[id]; ok {
		return &jetstream.PubAck{Stream: "FAKE", Sequence: sequence, Duplicate: true}, nil
	}
	var m notify.Message
	if !read(msg.Data, &m) {
		return nil, errors.New("no message in JSON")
	}
	s.sequence++
	s.known[id] = s.sequence
	s.subjects = append(s.subjects, msg.Subject)
	told := toldOf(m, id)
	told.Body = msg.Data
	s.add(told)
	return &jetstream.PubAck{Stream: "FAKE", Sequence: s.sequence}, nil
}
