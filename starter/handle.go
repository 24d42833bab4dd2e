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

// settleTimeout bounds each word to NATS about a message.
const settleTimeout = 5 * time.Second

// delivery is one coming of a message.
type delivery struct {
	jetstream.Msg

	place wire.Delivery
	// stop ends the words to the server that somebody works on the message.
	stop func()
}

// raw returns the message as it came.
func (d *delivery) raw() *nats.Msg {
	return &nats.Msg{Subject: d.Subject(), Header: d.Headers(), Data: d.Data()}
}

// speakUp tells the server that the message is being worked on until ctx is done.
func (s *Starter) speakUp(ctx context.Context, d *delivery) {
	ticker := time.NewTicker(s.cfg.AckWait / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := d.InProgress(); err != nil {
				s.log.Debug().Err(err).Uint64("sequence", d.place.Sequence).Msg("the server may deliver the message again")
			}
		case <-ctx.Done():
			return
		}
	}
}

// attempt hands the plan to Temporal and judges the answer.
func (s *Starter) attempt(ctx context.Context, p plan, d *delivery) verdict {
	if p.poison != nil {
		return verdict{action: actDeadLetter, poison: p.poison}
	}
	log := s.log.With().Str("release", p.id).Uint64("sequence", d.place.Sequence).Logger()
	a := answer{kind: p.kind}
	switch {
	case p.request != nil:
		a.err = s.submit(ctx, log, *p.request, d.place)
	case p.set != nil:
		a.err = s.submitSet(ctx, log, *p.set, d.place)
	default:
		a.awaited, a.err = s.command(ctx, p, d)
		if a.err == nil {
			log.Info().Str("command", string(p.command.Kind)).Str("by", p.command.By).Msg("command handed over")
		}
	}
	v := judge(a)
	if v.action == actRetry {
		log.Warn().Err(a.err).Uint64("delivery", d.place.Count).Msg("cannot be taken now; it comes again")
	}
	return v
}

// received logs what a lane has made of a release. One that it refused is on record and has
// ended: its message has done what it could.
func received(log zerolog.Logger, app release.App, r release.Receipt) {
	level, words := zerolog.InfoLevel, "release accepted"
	if r.Standing == release.StandingRefused {
		level, words = zerolog.WarnLevel, "release refused by its lane; it is on record as failed"
	}
	log.WithLevel(level).Str("app", app.SearchValue()).Str("standing", string(r.Standing)).Int("ahead", r.Ahead).Str("reason", r.Reason).Msg(words)
}

// searchable are search attributes as Temporal takes them.
func searchable(all []release.SearchAttribute) []temporal.SearchAttributeUpdate {
	updates := make([]temporal.SearchAttributeUpdate, len(all))
	for i, a := range all {
		updates[i] = temporal.NewSearchAttributeKeyKeyword(a.Name).ValueSet(a.Value)
	}
	return updates
}

// settle carries a verdict out that ends a message.
func (s *Starter) settle(ctx context.Context, p plan, v verdict, d *delivery) {
	var err error
	switch v.action {
	case actAck:
		s.metrics.acceptance.WithLabelValues(string(p.kind)).Observe(time.Since(d.place.Stored).Seconds())
		ctx, cancel := context.WithTimeout(ctx, settleTimeout)
		defer cancel()
		err = d.DoubleAck(ctx)
	case actDeadLetter:
		s.metrics.deadLetters.WithLabelValues(string(p.kind)).Inc()
		s.log.Warn().Str("subject", wire.DeadLetterSubject(d.Subject())).Uint64("sequence", d.place.Sequence).
			Str("field", v.poison.Field).Msg("message put among the dead letters")
		err = d.TermWithReason("dead-lettered")
	case actRetry, actDefer: // see [intake.putBack]
	}
	s.told(err, v.action, d)
}

// told logs a word about a message that may not have reached the server.
func (s *Starter) told(err error, what action, d *delivery) {
	if err != nil {
		s.log.Warn().Err(err).Uint64("sequence", d.place.Sequence).Str("result", string(what)).
			Msg("the server may not know what became of the message; it may come again, which changes nothing")
	}
}

// bury stores the dead letter; as long as it cannot be stored, the message lives.
func (s *Starter) bury(ctx context.Context, v verdict, d *delivery) verdict {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	letter := wire.DeadLetter(d.raw(), d.place, v.poison)
	if _, err := s.js.PublishMsg(ctx, letter, jetstream.WithExpectStream(wire.StreamDeadLetter)); err != nil {
		s.log.Error().Err(err).Uint64("sequence", d.place.Sequence).Msg("the dead letter cannot be stored; the message comes again")
		return verdict{action: actRetry}
	}
	return v
}
