package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway/wire"
)

// pullHeartbeat is the idle heartbeat of a pull request; when two are missing, the consumer is opened again.
const pullHeartbeat = 5 * time.Second

// outcome is what becomes of a message: it is settled, or delivered again after a while.
type outcome struct {
	again bool
	// after is when a message that comes again does so, and pause how long the messages behind it wait.
	after, pause time.Duration
	// acked is called once the server knows that a message is settled; nil where nobody needs to know.
	acked func()
}

// settled is what needs no more.
func settled() outcome { return outcome{} }

// message is one delivery of a message of a stream.
type message struct {
	jetstream.Msg

	position wire.Delivery
}

// raw returns the message as it came.
func (m message) raw() *nats.Msg {
	return &nats.Msg{Subject: m.Subject(), Header: m.Headers(), Data: m.Data()}
}

// consumer hands the messages of a durable consumer to a function, one after the other.
type consumer struct {
	*Notifier

	stream string
	config jetstream.ConsumerConfig
	handle func(context.Context, message) outcome
	// lastErr is why the consumer was last not opened, or closed.
	lastErr atomic.Pointer[error]
	// logged is the failure that the log has; empty while the consumer is open.
	logged string
}

func (n *Notifier) consumer(stream string, c jetstream.ConsumerConfig, handle func(context.Context, message) outcome) *consumer {
	c.AckPolicy, c.AckWait = jetstream.AckExplicitPolicy, n.cfg.AckWait
	// A message that waits for its next delivery counts: any limit would let those hold up the others.
	c.MaxAckPending, c.MaxDeliver = -1, -1
	return &consumer{Notifier: n, stream: stream, config: c, handle: handle}
}

// serve opens the consumer and handles its messages, and opens it again whenever it fails, until ctx is done.
func (c *consumer) serve(ctx, work context.Context) error {
	failures := uint64(0)
	for ctx.Err() == nil {
		err := c.consume(ctx, work, func() { failures = 0 })
		if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrConnectionClosed) {
			return fmt.Errorf("notifier: %w", err)
		}
		failures++
		c.backOff(ctx, err, failures)
	}
	return nil
}

// backOff waits before the consumer is opened again, unless ctx is done.
func (c *consumer) backOff(ctx context.Context, cause error, failures uint64) {
	if ctx.Err() != nil {
		return
	}
	c.lastErr.Store(&cause)
	level := zerolog.WarnLevel
	if cause.Error() == c.logged {
		level = zerolog.DebugLevel // it is tried for as long as it takes, and logged once
	}
	c.logged = cause.Error()
	c.log.WithLevel(level).Err(cause).Str("consumer", c.config.Durable).Msg("consumer failed; opening it again")
	sleep(ctx, c.delay(failures))
}

// explained is why the consumer is not open: the last failure to open it, else err.
func (c *consumer) explained(err error) error {
	if last := c.lastErr.Load(); last != nil {
		err = *last
	}
	return fmt.Errorf("consumer %s: %w", c.config.Durable, err)
}

// consume handles messages until ctx is done or the consumer fails. It calls healthy with each message.
func (c *consumer) consume(ctx, work context.Context, healthy func()) error {
	opened, err := c.js.CreateOrUpdateConsumer(ctx, c.stream, c.config)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("stream %s does not exist; create it with: slipway setup", c.stream)
	case err != nil:
		return fmt.Errorf("open it on %s: %w", c.stream, err)
	}
	// One message at a time: what waits in the buffer of a client that dies is delivered again only after AckWait.
	messages, err := opened.Messages(jetstream.PullMaxMessages(1), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer messages.Stop()
	if c.logged != "" {
		c.logged = ""
		c.log.Info().Str("consumer", c.config.Durable).Msg("consumer is open")
	}
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		healthy()
		meta, err := msg.Metadata()
		if err != nil { // not a message of JetStream; it cannot be acknowledged
			c.log.Error().Err(err).Str("subject", msg.Subject()).Msg("message without metadata")
			continue
		}
		out := c.handle(work, message{msg, wire.Delivery{
			Stream: meta.Stream, Sequence: meta.Sequence.Stream, Count: meta.NumDelivered, Stored: meta.Timestamp,
		}})
		c.finish(work, msg, out)
		sleep(ctx, out.pause)
	}
}

// finish acknowledges a message, or has it delivered again.
func (c *consumer) finish(ctx context.Context, msg jetstream.Msg, out outcome) {
	var err error
	if out.again {
		err = msg.NakWithDelay(out.after)
	} else {
		ctx, cancel := context.WithTimeout(ctx, natsTimeout)
		defer cancel()
		err = msg.DoubleAck(ctx)
	}
	switch {
	case err == nil && out.acked != nil:
		out.acked()
	case err != nil:
		c.log.Warn().Err(err).Str("consumer", c.config.Durable).Msg("an acknowledgement may not have reached the server; the message may come again")
	}
}

// deadLetter stores the dead letter of a message, which is then settled; when that fails, the message comes again.
func (n *Notifier) deadLetter(ctx context.Context, m message, why *wire.PoisonError) outcome {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	letter := wire.DeadLetter(m.raw(), m.position, why)
	if _, err := n.js.PublishMsg(ctx, letter, jetstream.WithExpectStream(wire.StreamDeadLetter)); err != nil {
		n.log.Error().Err(err).Uint64("sequence", m.position.Sequence).Msg("dead letter not stored; the notification comes again")
		return n.retry(m)
	}
	n.log.Warn().Str("subject", letter.Subject).Uint64("sequence", m.position.Sequence).Str("field", why.Field).Msg("notification dead-lettered")
	return settled()
}

// retry is what becomes of a message that nothing is wrong with: it comes again, the later the more often it has come.
func (n *Notifier) retry(m message) outcome {
	return outcome{again: true, after: n.delay(m.position.Count), pause: n.cfg.Retry}
}

// delay doubles with each failure, and is up to a quarter less, so that what has failed together does not come together.
func (n *Notifier) delay(failures uint64) time.Duration {
	delay := n.cfg.MostRetry
	if doublings := failures - min(failures, 1); doublings < 32 && n.cfg.Retry < n.cfg.MostRetry>>doublings {
		delay = n.cfg.Retry << doublings
	}
	return delay - rand.N(delay/4+1)
}

// sleep waits, unless ctx is done.
func sleep(ctx context.Context, wait time.Duration) {
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
