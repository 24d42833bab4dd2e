package queue

import (
	"context"

	"slipway/wire"
)

// lookLater hands over what is due now, if it is still waited for. A server that was started again delivers early: what is
// not due yet waits on.
func (n *Notifier) lookLater(ctx context.Context, m message) outcome {
	what, e, err := wire.DecodeNotification(m.raw())
	if err != nil {
		return n.deadLetter(ctx, m, wire.Refused(err))
	}
	if rest := what.Due.Sub(n.now()); rest > 0 {
		return outcome{again: true, after: min(rest, n.cfg.MostRetry)}
	}
	if !n.known(what.Channel) {
		return settled()
	}
	log := n.log.With().Str("notification", what.ID).Logger()
	waits, err := n.stillWaits(ctx, what, e)
	if err != nil {
		log.Warn().Err(err).Msg("cannot tell whether somebody is still waited for; it is tried again")
		return n.retry(m)
	}
	if !waits {
		n.metrics.notifications.WithLabelValues(what.Channel, resultOutdated).Inc()
		return settled()
	}
	if err := n.enqueue(ctx, what, false); err != nil {
		log.Warn().Err(err).Msg("a notification that is due is not stored; it is tried again")
		return n.retry(m)
	}
	return settled()
}
