package queue

import (
	"context"
	"errors"

	"slipway/wire"
)

// read stores what channels are told of an event. The event is settled once all is stored; until then it comes again, which stores
// nothing twice.
func (n *Notifier) read(ctx context.Context, m message) outcome {
	log := n.log.With().Str("subject", m.Subject()).Uint64("sequence", m.position.Sequence).Logger()
	e, err := wire.DecodeEvent(m.raw())
	if err != nil { // the stream keeps it; that it is no event is no news for people
		log.Warn().Err(err).Msg("an event cannot be read; nobody is told of it")
		return settled()
	}
	ctx, cancel := context.WithTimeout(ctx, n.cfg.Send)
	defer cancel()
	deliveries, err := n.deliveries(ctx, e)
	if err != nil {
		log.Warn().Err(err).Msg("cannot tell whom an event is for; it is tried again")
		return n.retry(m)
	}
	old := n.now().Sub(m.position.Stored) > n.cfg.GiveUp
	for _, d := range deliveries {
		switch {
		case !n.known(d.Channel):
			continue
		case old:
			n.metrics.notifications.WithLabelValues(d.Channel, resultOutdated).Inc()
			continue
		}
		what := wire.Notification{Channel: d.Channel, Name: d.Name, Page: d.Page, After: d.After, Sequence: m.position.Sequence, Event: m.Data()}.Of(e)
		err := n.enqueue(ctx, what, d.After > 0)
		if errors.Is(err, wire.ErrTooLarge) {
			log.Error().Err(err).Str("channel", d.Channel).Msg("an event is too large to be told")
			continue
		}
		if err != nil {
			log.Warn().Err(err).Str("channel", d.Channel).Msg("a notification is not stored; the event is tried again")
			return n.retry(m)
		}
	}
	return settled()
}
