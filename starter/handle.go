package starter

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/wire"
)

// natsTimeout bounds each call to NATS about a message: an acknowledgement, a dead letter, a
// read of the stream, a call to the ledger.
const natsTimeout = 5 * time.Second

// delivery is one delivery of a message.
type delivery struct {
	jetstream.Msg

	position wire.Delivery
	// line is that of its queue, see [wire.Line].
	line string
	// stop ends [Starter.extendAckWait].
	stop func()
}

func newDelivery(msg jetstream.Msg, position wire.Delivery) *delivery {
	return &delivery{Msg: msg, position: position, line: wire.Line(msg.Subject())}
}

// raw returns the message as it came.
func (d *delivery) raw() *nats.Msg {
	return &nats.Msg{Subject: d.Subject(), Header: d.Headers(), Data: d.Data()}
}

// extendAckWait reports the message as in progress until ctx is done, so that the server does
// not redeliver it.
func (s *Starter) extendAckWait(ctx context.Context, d *delivery) {
	ticker := time.NewTicker(s.cfg.AckWait / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := d.InProgress(); err != nil {
				s.log.Debug().Err(err).Uint64("sequence", d.position.Sequence).Msg("ack wait was not extended; the message may be redelivered")
			}
		case <-ctx.Done():
			return
		}
	}
}

// execute carries the plan out and classifies the result.
func (s *Starter) execute(ctx context.Context, p plan, d *delivery) disposition {
	if p.poison != nil {
		return disposition{action: actDeadLetter, poison: p.poison}
	}
	a := result{kind: p.kind}
	ctx, end := s.trace(ctx, p, d)
	defer func() { end(a.err) }()
	log := s.logOf(ctx, p, d)
	switch {
	case p.request != nil:
		if a.err = s.admitRequest(ctx, &p.request.Submission, p.proof); a.err == nil {
			a.err = s.holdRequest(ctx, &p.request.Submission)
		}
		if a.err == nil {
			a.err = s.submit(ctx, log, asked(*p.request), d.position)
		}
	case p.named != nil:
		a.err = s.submitNamed(ctx, log, p, d.position)
	case p.set != nil:
		a.err = s.submitSet(ctx, log, p, d.position)
	case p.push != nil:
		a.err = s.push(ctx, log, p, d.position)
	default:
		a.requestPending, a.err = s.command(ctx, p, d)
		if a.err == nil {
			log.Info().Str("command", string(p.command.Kind)).Str("by", p.command.By).Bool("verified", p.command.Verified).Str("signedBy", p.command.SignedBy).Msg("command accepted")
		}
	}
	out := classify(a)
	if out.action == actRetry {
		log.Warn().Err(a.err).Uint64("delivery", d.position.Count).Msg("message not accepted; it is retried (nak with delay)")
	}
	return out
}

// logReceipt logs the answer of a lane to a submission. A release that it refused is recorded
// as failed, so that its message is acknowledged.
func logReceipt(log zerolog.Logger, r release.Receipt) {
	level, message := zerolog.InfoLevel, "release accepted"
	if r.Standing == release.StandingRefused {
		level, message = zerolog.WarnLevel, "release refused by its lane; it is recorded as failed"
	}
	log.WithLevel(level).Str("standing", string(r.Standing)).Int("ahead", r.Ahead).Str("reason", r.Reason).Msg(message)
}

// searchAttributeUpdates returns the search attributes in Temporal's form.
func searchAttributeUpdates(all []release.SearchAttribute) []temporal.SearchAttributeUpdate {
	updates := make([]temporal.SearchAttributeUpdate, len(all))
	for i, a := range all {
		updates[i] = temporal.NewSearchAttributeKeyKeyword(a.Name).ValueSet(a.Value)
	}
	return updates
}

// finish acknowledges or terminates a message.
func (s *Starter) finish(ctx context.Context, p plan, out disposition, d *delivery) {
	var err error
	switch out.action {
	case actAck:
		s.metrics.acceptance.WithLabelValues(string(p.kind)).Observe(time.Since(d.position.Stored).Seconds())
		ctx, cancel := context.WithTimeout(ctx, natsTimeout)
		defer cancel()
		err = d.DoubleAck(ctx)
	case actDeadLetter:
		s.metrics.deadLetters.WithLabelValues(string(p.kind)).Inc()
		s.log.Warn().Str("subject", wire.DeadLetterSubject(d.Subject())).Uint64("sequence", d.position.Sequence).
			Str("field", out.poison.Field).Msg("message dead-lettered")
		err = d.TermWithReason("dead-lettered")
	case actRetry, actDefer: // see [intake.nak]
	}
	s.logAckFailure(err, out.action, d)
}

// logAckFailure logs an acknowledgement that may not have reached the server.
func (s *Starter) logAckFailure(err error, a action, d *delivery) {
	if err != nil {
		s.log.Warn().Err(err).Uint64("sequence", d.position.Sequence).Str("result", string(a)).
			Msg("acknowledgement may not have reached the server; a redelivery changes nothing")
	}
}

// deadLetter stores the dead letter of a message. When that fails, the message is retried.
func (s *Starter) deadLetter(ctx context.Context, out disposition, d *delivery) disposition {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	letter := wire.DeadLetter(d.raw(), d.position, out.poison)
	if _, err := s.js.PublishMsg(ctx, letter, jetstream.WithExpectStream(wire.StreamDeadLetter)); err != nil {
		s.log.Error().Err(err).Uint64("sequence", d.position.Sequence).Msg("dead letter not stored; the message is retried (nak with delay)")
		return disposition{action: actRetry}
	}
	return out
}
