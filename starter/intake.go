package starter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"slipway/wire"
)

// pullHeartbeat is how often the server speaks while there is nothing to deliver; when
// it misses two, the consumer is looked up again.
const pullHeartbeat = 5 * time.Second

// unlimited is the MaxAckPending of the consumers: a message that waits to come again
// counts, so that any limit would let a flood for one application stop the others. What is
// in hand is limited by the slots.
const unlimited = -1

// intake takes the messages of one consumer.
type intake struct {
	*Starter

	kind             kind
	consumer, filter string
	// slots are one for each line that is worked off, and one for whoever waits for the next
	// message.
	slots    chan struct{}
	inFlight sync.WaitGroup
	lines    lines
	// trouble is why the consumer could not be opened last, or broke off.
	trouble atomic.Pointer[error]
}

func newIntake(s *Starter, k kind, consumer, filter string) *intake {
	in := &intake{
		Starter: s, kind: k, consumer: consumer, filter: filter,
		slots: make(chan struct{}, s.cfg.Concurrency), lines: lines{delay: s.cfg.retryDelay},
	}
	if k == kindRequest {
		in.lines.pace = s.cfg.RequestsPerMinute
	}
	return in
}

// serve opens the consumer and takes messages, again and again, until ctx is done.
func (in *intake) serve(ctx, work context.Context) error {
	failures := uint64(0)
	for ctx.Err() == nil {
		err := in.consume(ctx, work, func() { failures = 0 })
		if errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrConnectionClosed) {
			return fmt.Errorf("starter: %w", err)
		}
		failures++
		in.pause(ctx, err, failures)
	}
	return nil
}

// pause waits before the consumer is opened again, unless ctx is done.
func (in *intake) pause(ctx context.Context, why error, failures uint64) {
	if ctx.Err() != nil {
		return
	}
	in.trouble.Store(&why)
	in.log.Warn().Err(why).Str("consumer", in.consumer).Msg("the consumer broke off; it is opened again")
	in.rest(ctx, in.cfg.retryDelay(failures))
}

// unopened tells why the consumer is not there.
func (in *intake) unopened(err error) error {
	if why := in.trouble.Load(); why != nil {
		err = *why
	}
	return fmt.Errorf("consumer %s: %w", in.consumer, err)
}

// rest waits, unless ctx is done.
func (in *intake) rest(ctx context.Context, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// consume takes messages until ctx is done or the consumer breaks off, and tells by
// healthy that it works.
func (in *intake) consume(ctx, work context.Context, healthy func()) error {
	consumer, err := in.js.CreateOrUpdateConsumer(ctx, wire.StreamIn, jetstream.ConsumerConfig{
		Durable:       in.consumer,
		Description:   "Slipway's starters",
		FilterSubject: in.filter,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       in.cfg.AckWait,
		MaxAckPending: unlimited,
		MaxDeliver:    -1,
	})
	if err != nil {
		return fmt.Errorf("open it on %s: %w", wire.StreamIn, err)
	}
	stream, err := in.js.Stream(ctx, wire.StreamIn)
	if err != nil {
		return fmt.Errorf("stream %s: %w", wire.StreamIn, err)
	}
	// One message at a time, and only when there is a hand free for it: what waits in the
	// buffer of a client that dies comes again only after AckWait.
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer messages.Stop()
	for {
		select {
		case in.slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		subject, err := in.nextLine(ctx, work, messages, healthy)
		if err != nil {
			<-in.slots
			return err
		}
		in.inFlight.Go(func() {
			defer func() { <-in.slots }()
			in.workOff(work, stream, subject)
		})
	}
}

// nextLine takes messages until one opens a line, whose subject it returns.
func (in *intake) nextLine(ctx, work context.Context, messages jetstream.MessagesContext, healthy func()) (string, error) {
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return "", err
		}
		healthy()
		meta, err := msg.Metadata()
		if err != nil { // not a message of JetStream; nothing can be said about it
			in.log.Error().Err(err).Str("subject", msg.Subject()).Msg("message without metadata")
			continue
		}
		d := &delivery{Msg: msg, place: wire.Delivery{
			Stream: meta.Stream, Sequence: meta.Sequence.Stream, Count: meta.NumDelivered, Stored: meta.Timestamp,
		}}
		if in.receive(work, d) {
			return d.Subject(), nil
		}
	}
}

// receive lets a message into its line, and tells whether the line has to be worked off
// because of it.
func (in *intake) receive(work context.Context, d *delivery) bool {
	in.metrics.inFlight.Inc()
	work, d.stop = context.WithCancel(work)
	e := in.lines.enter(time.Now(), d)
	if e.back != d {
		go in.speakUp(work, d)
	}
	if e.back != nil {
		in.putBack(e.back, actDefer, e.wait)
	}
	return e.opens
}

// looks is how often somebody looks in the first RetryDelay whether what comes before a
// message has been taken: another starter may have it in hand.
const looks = 20

// workOff takes the messages of a line to their ends, one after the other, until none is
// in hand.
func (in *intake) workOff(ctx context.Context, stream jetstream.Stream, subject string) {
	looked := 0
	for d, settled := in.lines.next(subject); d != nil; d, settled = in.lines.next(subject) {
		first, err := in.first(ctx, stream, d, settled)
		switch {
		case err == nil && first >= d.place.Sequence:
			looked = 0
			in.takeInTime(ctx, d)
		case err == nil && looked < looks:
			looked++
			in.lines.again(d)
			in.rest(ctx, in.cfg.RetryDelay/looks)
		default:
			looked = 0
			in.log.Debug().Err(err).Uint64("sequence", d.place.Sequence).Uint64("first", first).Msg("not the first of its line; it comes again")
			in.shut(d, actDefer, first)
		}
	}
}

// takeInTime hands a message over, or lets its line rest where it has given enough for now.
func (in *intake) takeInTime(ctx context.Context, d *delivery) {
	now := time.Now()
	wait := in.lines.over(now, d)
	if wait == 0 {
		in.take(ctx, d)
		return
	}
	in.log.Info().Str("subject", d.Subject()).Int("pace", in.lines.pace).Dur("rest", wait).Msg("enough was taken for this application within a minute; the rest waits")
	for each, wait := range in.lines.rest(now, d, wait) {
		in.putBack(each, actDefer, wait)
	}
}

// take hands a message over, or puts back all that is in hand of its line.
func (in *intake) take(ctx context.Context, d *delivery) {
	p := planFor(d.raw())
	v := in.attempt(ctx, p, d)
	if v.action == actDeadLetter {
		v = in.bury(ctx, v, d)
	}
	if v.action == actRetry {
		in.shut(d, actRetry, d.place.Sequence)
		return
	}
	in.settle(ctx, p, v, d)
	in.lines.pass(d)
	in.leave(d, v.action)
}

// first returns the place of the first message that is left of a line, of which nothing is
// left up to settled. What is the first of its subject in the stream is the same for all
// starters, and outlives each of them. One that comes again though it was settled may pass.
func (in *intake) first(ctx context.Context, stream jetstream.Stream, d *delivery, settled uint64) (uint64, error) {
	if d.place.Sequence <= settled {
		return d.place.Sequence, nil
	}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	msg, err := stream.GetMsg(ctx, settled+1, jetstream.WithGetMsgSubject(d.Subject()))
	if err != nil {
		return d.place.Sequence, fmt.Errorf("look for the first of %s: %w", d.Subject(), err)
	}
	return msg.Sequence, nil
}

// shut closes the line of a message that cannot be taken now, and puts back what was in hand
// of it.
func (in *intake) shut(d *delivery, why action, first uint64) {
	for each, wait := range in.lines.shut(time.Now(), d, first) {
		what := actDefer
		if each == d {
			what = why
		}
		in.putBack(each, what, wait)
	}
}

// putBack lets a message come again later.
func (in *intake) putBack(d *delivery, what action, wait time.Duration) {
	in.told(d.NakWithDelay(wait), what, d)
	in.leave(d, what)
}

// leave tells that a message is in hand no more.
func (in *intake) leave(d *delivery, what action) {
	d.stop()
	in.metrics.inFlight.Dec()
	in.metrics.messages.WithLabelValues(string(in.kind), string(what)).Inc()
}

// lookAtOnce is how many requests are read at once.
const lookAtOnce = 500

// isAskedFor tells whether a request for the release or the set waits in the stream before a
// place. When the server does not say, it does.
func (s *Starter) isAskedFor(ctx context.Context, id string, before uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	for from := uint64(1); from < before; {
		last, found, err := s.lookFor(ctx, id, from)
		if err != nil {
			s.log.Debug().Err(err).Str("release", id).Msg("cannot tell whether it is asked for")
			return true
		}
		if found || last == 0 {
			return found
		}
		from = last + 1
	}
	return false
}

// lookFor looks for a request among the next ones from a place on, and returns the place of
// the last; 0 when there are none.
func (s *Starter) lookFor(ctx context.Context, id string, from uint64) (last uint64, found bool, err error) {
	msgs, err := jetstreamext.GetBatch(ctx, s.js, wire.StreamIn, lookAtOnce, jetstreamext.GetBatchSeq(from), jetstreamext.GetBatchSubject(wire.AllRequests))
	if err != nil {
		return 0, false, err
	}
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return 0, found, nil
		}
		if err != nil {
			return 0, false, err
		}
		last = msg.Sequence
		found = found || planFor(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data}).id == id
	}
	if last == 0 {
		// A request that is not answered in time ends without an error and without messages.
		return 0, false, errors.Join(errors.New("no answer"), ctx.Err())
	}
	return last, found, nil
}
