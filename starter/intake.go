package starter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/synadia-io/orbit.go/jetstreamext"
	"golang.org/x/sync/errgroup"

	"slipway/wire"
)

// pullHeartbeat is the idle heartbeat of a pull request; when two are missing, the consumer
// is opened again.
const pullHeartbeat = 5 * time.Second

// unlimited is the MaxAckPending of the consumers: a message that waits for its redelivery
// counts, so that any limit would let a flood for one application stop the others. The
// messages in flight are limited by the slots.
const unlimited = -1

// intake handles the messages of one consumer.
type intake struct {
	*Starter

	kind     kind
	consumer string
	filters  []string
	// slots are one for each queue that is being drained, and one for the wait for the next
	// message.
	slots    chan struct{}
	inFlight sync.WaitGroup
	queues   queues
	// lastErr is why the consumer was last not opened, or closed.
	lastErr atomic.Pointer[error]
	// logged is the failure that the log has; empty while the consumer is open.
	logged string
}

func newIntake(s *Starter, k kind, consumer string, filters []string) *intake {
	in := &intake{
		Starter: s, kind: k, consumer: consumer, filters: filters,
		slots: make(chan struct{}, s.cfg.Concurrency), queues: queues{delay: s.cfg.retryDelay},
	}
	if k == kindRequest {
		in.queues.pace = s.cfg.RequestsPerMinute
	}
	return in
}

// serve opens the consumer and handles its messages, and opens it again whenever it fails,
// until ctx is done.
func (in *intake) serve(ctx, work context.Context) error {
	failures := uint64(0)
	for ctx.Err() == nil {
		err := in.consume(ctx, work, func() { failures = 0 })
		if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrConnectionClosed) {
			return fmt.Errorf("starter: %w", err)
		}
		failures++
		in.backOff(ctx, err, failures)
	}
	return nil
}

// backOff waits before the consumer is opened again, unless ctx is done.
func (in *intake) backOff(ctx context.Context, cause error, failures uint64) {
	if ctx.Err() != nil {
		return
	}
	in.lastErr.Store(&cause)
	level := zerolog.WarnLevel
	if cause.Error() == in.logged {
		level = zerolog.DebugLevel // it is tried for as long as it takes, and logged once
	}
	in.logged = cause.Error()
	in.log.WithLevel(level).Err(cause).Str("consumer", in.consumer).Msg("consumer failed; reconnecting")
	in.sleep(ctx, in.cfg.retryDelay(failures))
}

// consumerError returns why the consumer is not open: the last failure to open it, else err.
func (in *intake) consumerError(err error) error {
	if last := in.lastErr.Load(); last != nil {
		err = *last
	}
	return fmt.Errorf("consumer %s: %w", in.consumer, err)
}

// sleep waits, unless ctx is done.
func (in *intake) sleep(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// consume handles messages until ctx is done or the consumer fails. It calls healthy with
// each message that it receives.
func (in *intake) consume(ctx, work context.Context, healthy func()) error {
	consumer, err := in.js.CreateOrUpdateConsumer(ctx, wire.StreamIn, jetstream.ConsumerConfig{
		Durable:        in.consumer,
		Description:    "Slipway's starters",
		FilterSubjects: in.filters,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        in.cfg.AckWait,
		MaxAckPending:  unlimited,
		MaxDeliver:     -1,
	})
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("stream %s does not exist; create it with: slipway setup", wire.StreamIn)
	case err != nil:
		return fmt.Errorf("open it on %s: %w", wire.StreamIn, err)
	}
	stream, err := in.js.Stream(ctx, wire.StreamIn)
	if err != nil {
		return fmt.Errorf("stream %s: %w", wire.StreamIn, err)
	}
	// One message at a time, and only when there is a slot free for it: what waits in the
	// buffer of a client that dies is redelivered only after AckWait.
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer messages.Stop()
	if in.logged != "" {
		in.logged = ""
		in.log.Info().Str("consumer", in.consumer).Msg("consumer is open")
	}
	for {
		select {
		case in.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		line, err := in.nextQueue(ctx, work, messages, healthy)
		if err != nil {
			<-in.slots
			return err
		}
		in.inFlight.Go(func() {
			defer func() { <-in.slots }()
			in.drain(work, stream, line)
		})
	}
}

// nextQueue receives messages until one starts the draining of a queue, whose line it
// returns.
func (in *intake) nextQueue(ctx, work context.Context, messages jetstream.MessagesContext, healthy func()) (string, error) {
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return "", err
		}
		healthy()
		meta, err := msg.Metadata()
		if err != nil { // not a message of JetStream; it cannot be acknowledged
			in.log.Error().Err(err).Str("subject", msg.Subject()).Msg("message without metadata")
			continue
		}
		d := newDelivery(msg, wire.Delivery{
			Stream: meta.Stream, Sequence: meta.Sequence.Stream, Count: meta.NumDelivered, Stored: meta.Timestamp,
		})
		if in.receive(work, d) {
			return d.line, nil
		}
	}
}

// receive puts a message into its queue, and reports whether the caller has to drain the
// queue.
func (in *intake) receive(work context.Context, d *delivery) bool {
	in.metrics.inFlight.Inc()
	work, d.stop = context.WithCancel(work)
	e := in.queues.enqueue(time.Now(), d)
	if e.deferred != d {
		go in.extendAckWait(work, d)
	}
	if e.deferred != nil {
		in.nak(e.deferred, actDefer, e.wait)
	}
	return e.startsDrain
}

// headChecks is how often within the first RetryDelay it is checked whether the messages
// before one have been settled: another starter may have them in flight.
const headChecks = 20

// drain settles the messages of a queue, one after the other, until none is pending.
func (in *intake) drain(ctx context.Context, stream jetstream.Stream, line string) {
	checked := 0
	for d, settledUpTo := in.queues.next(line); d != nil; d, settledUpTo = in.queues.next(line) {
		first, err := in.firstUnsettled(ctx, stream, d, settledUpTo)
		switch {
		case err == nil && first >= d.position.Sequence:
			checked = 0
			in.handleWithinPace(ctx, d)
		case err == nil && checked < headChecks:
			checked++
			in.queues.requeue(d)
			in.sleep(ctx, in.cfg.RetryDelay/headChecks)
		default:
			checked = 0
			in.log.Debug().Err(err).Uint64("sequence", d.position.Sequence).Uint64("first", first).Msg("an earlier message of the line is unsettled; nak with delay")
			in.closeQueue(d, actDefer, first)
		}
	}
}

// handleWithinPace handles a message, or closes its queue for a while where the queue has
// reached its messages a minute.
func (in *intake) handleWithinPace(ctx context.Context, d *delivery) {
	now := time.Now()
	wait := in.queues.paceDelay(now, d)
	if wait == 0 {
		in.handle(ctx, d)
		return
	}
	in.log.Info().Str("subject", d.Subject()).Int("pace", in.queues.pace).Dur("delay", wait).Msg("requests a minute of this application are used up; the others are delayed")
	for each, wait := range in.queues.throttle(now, d, wait) {
		in.nak(each, actDefer, wait)
	}
}

// handle settles a message, or naks all that are pending in its queue.
func (in *intake) handle(ctx context.Context, d *delivery) {
	p := planFor(d.raw()).signed(d.raw(), d.position)
	out := in.execute(ctx, p, d)
	if out.action == actDeadLetter {
		out = in.deadLetter(ctx, out, d)
	}
	if out.action == actRetry {
		in.closeQueue(d, actRetry, d.position.Sequence)
		return
	}
	in.finish(ctx, p, out, d)
	in.queues.settle(d)
	in.done(d, out.action)
}

// firstUnsettled returns the stream sequence of the first message of a queue that is still in
// the stream, after those up to settledUpTo. The first of a line in the stream is the same
// for all starters, and outlives each of them. One that is redelivered though it was settled
// may pass.
func (in *intake) firstUnsettled(ctx context.Context, stream jetstream.Stream, d *delivery, settledUpTo uint64) (uint64, error) {
	if d.position.Sequence <= settledUpTo {
		return d.position.Sequence, nil
	}
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	subjects := wire.LineSubjects(d.Subject())
	found := make([]uint64, len(subjects)) // 0 where there is none
	var looks errgroup.Group
	for i, subject := range subjects {
		looks.Go(func() error {
			msg, err := stream.GetMsg(ctx, settledUpTo+1, jetstream.WithGetMsgSubject(subject))
			switch {
			case err == nil:
				found[i] = msg.Sequence
			case !errors.Is(err, jetstream.ErrMsgNotFound):
				return fmt.Errorf("read the first message of %s: %w", subject, err)
			}
			return nil
		})
	}
	if err := looks.Wait(); err != nil {
		return d.position.Sequence, err
	}
	found = slices.DeleteFunc(found, func(sequence uint64) bool { return sequence == 0 })
	if len(found) == 0 {
		return d.position.Sequence, fmt.Errorf("the stream has no message of %s", d.line)
	}
	return slices.Min(found), nil
}

// closeQueue closes the queue of a message that has to be retried, and naks all that were
// pending in it.
func (in *intake) closeQueue(d *delivery, cause action, first uint64) {
	for each, wait := range in.queues.fail(time.Now(), d, first) {
		a := actDefer
		if each == d {
			a = cause
		}
		in.nak(each, a, wait)
	}
}

// nak has a message redelivered after a delay.
func (in *intake) nak(d *delivery, a action, wait time.Duration) {
	in.logAckFailure(d.NakWithDelay(wait), a, d)
	in.done(d, a)
}

// done counts a message that is in flight no more.
func (in *intake) done(d *delivery, a action) {
	d.stop()
	in.metrics.inFlight.Dec()
	in.metrics.messages.WithLabelValues(string(in.kind), string(a)).Inc()
}

// scanBatch is how many requests one call reads.
const scanBatch = 500

// hasPendingRequest reports whether a request for the release or the set is in the stream
// before a sequence. When that cannot be read, it reports true.
func (s *Starter) hasPendingRequest(ctx context.Context, id string, before uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	for _, subjects := range wire.Requests() {
		found, err := s.scanFor(ctx, subjects, before, func(msg *nats.Msg) bool { return planFor(msg).id == id })
		if err != nil {
			s.log.Debug().Err(err).Str("release", id).Msg("cannot read whether the stream holds a request for it")
			return true
		}
		if found {
			return true
		}
	}
	return false
}

// scanFor reports whether one of the messages of the subjects before a sequence is wanted.
func (s *Starter) scanFor(ctx context.Context, subjects string, before uint64, wanted func(*nats.Msg) bool) (found bool, err error) {
	for from := uint64(1); from < before; {
		scan, err := jetstreamext.GetBatch(ctx, s.js, wire.StreamIn, scanBatch, jetstreamext.GetBatchSeq(from), jetstreamext.GetBatchSubject(subjects))
		if err != nil {
			return false, err
		}
		last, found, err := scanRequests(ctx, scan, wanted)
		if found || last == 0 || err != nil {
			return found, err
		}
		from = last + 1
	}
	return false, nil
}

// scanRequests reads a batch of requests, and returns the sequence of the last of them, 0 when there
// are none, and whether one is wanted.
func scanRequests(ctx context.Context, msgs iter.Seq2[*jetstream.RawStreamMsg, error], wanted func(*nats.Msg) bool) (last uint64, found bool, err error) {
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return 0, found, nil
		}
		if err != nil {
			return 0, false, err
		}
		last = msg.Sequence
		found = found || wanted(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	}
	if last == 0 {
		// A batch that is not answered in time ends without an error and without messages.
		return 0, false, errors.Join(errors.New("no answer"), ctx.Err())
	}
	return last, found, nil
}
