package load

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"slipway/cloudapi"
)

// Waiting times of whoever sends.
const (
	// answerTime is how long an answer of NATS or Temporal is awaited, and againInterval after which it is tried again.
	answerTime    = 5 * time.Second
	againInterval = 250 * time.Millisecond
)

// publish publishes a message until JetStream says that it has it, and notes it. A message whose answer was lost is one message: it
// has an ID of its own.
func (r *Run) publish(ctx context.Context, msg *nats.Msg, note Message) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, answerTime)
		ack, err := r.access.JetStream.PublishMsg(attempt, msg)
		cancel()
		if err == nil {
			note.Sequence, note.At = ack.Sequence, time.Now()
			r.notes.note(func(s *Sent) { s.Messages = append(s.Messages, note) })
			return nil
		}
		if waited := cloudapi.Sleep(ctx, againInterval); waited != nil {
			return fmt.Errorf("load: publish on %s: %w", msg.Subject, err)
		}
	}
}
