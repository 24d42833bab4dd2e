package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/redact"
	"slipway/notify/channel"
	"slipway/release"
	"slipway/wire"
)

const (
	// mostPause is how long a channel that does not answer is left alone at most while there is more to be sent.
	mostPause = time.Minute
	// mostLater is how long a channel may say that it wants to be left alone.
	mostLater = time.Hour
	// maxReason bounds what is logged and kept of the answer of a channel, in bytes.
	maxReason = 500
)

// sending sends the notifications of one channel, one after the other.
type sending struct {
	*Notifier
	Channel

	log zerolog.Logger
	// failures are those in a row.
	failures uint64
	// taken are the IDs of what the channel has taken and the server does not know of yet: an acknowledgement that is lost
	// with a connection makes no second message.
	taken map[string]bool
}

// send sends one notification.
func (s *sending) send(ctx context.Context, m message) outcome {
	what, e, err := wire.DecodeNotification(m.raw())
	if err != nil {
		s.metrics.notifications.WithLabelValues(s.Name, resultRefused).Inc()
		return s.deadLetter(ctx, m, wire.Refused(err))
	}
	if s.taken[what.ID] {
		return s.sent(what)
	}
	told := e.Time
	if !what.Due.IsZero() {
		told = what.Due
	}
	if s.now().Sub(told) > s.cfg.Stale {
		switch waits, err := s.stillWaits(ctx, what, e); {
		case err != nil:
			s.log.Warn().Err(err).Str("notification", what.ID).Msg("cannot tell whether somebody is still waited for; it is tried again")
			return s.retry(m)
		case !waits:
			s.metrics.notifications.WithLabelValues(s.Name, resultOutdated).Inc()
			return settled()
		}
	}
	message, err := s.Compose(what, e)
	if err != nil {
		return s.refuse(ctx, m, "it cannot be written: "+s.reason(err))
	}
	message.ID = what.ID
	attempt, cancel := context.WithTimeout(ctx, s.cfg.Send)
	defer cancel()
	if err := s.Sender.Send(attempt, message); err != nil {
		return s.failed(ctx, m, what, err)
	}
	if s.failures > 0 {
		s.log.Info().Msg("the channel takes messages again")
	}
	s.failures = 0
	s.metrics.notifications.WithLabelValues(s.Name, resultSent).Inc()
	s.metrics.seconds.WithLabelValues(s.Name).Observe(s.now().Sub(told).Seconds())
	return s.sent(what)
}

// sent is what becomes of a notification that the channel has taken.
func (s *sending) sent(what wire.Notification) outcome {
	s.taken[what.ID] = true
	return outcome{acked: func() { delete(s.taken, what.ID) }}
}

// failed says what becomes of a notification that the channel has not taken.
func (s *sending) failed(ctx context.Context, m message, what wire.Notification, err error) outcome {
	reason := s.reason(err)
	log := s.log.With().Str("notification", what.ID).Str("error", reason).Uint64("delivery", m.position.Count).Logger()
	if _, refused := errors.AsType[*channel.RefusedError](err); refused {
		s.failures = 0
		log.Warn().Msg("the channel refuses a message")
		return s.refuse(ctx, m, reason)
	}
	s.failures++
	out := outcome{again: true, after: s.delay(m.position.Count), pause: min(s.delay(s.failures), mostPause)}
	if later, said := errors.AsType[*channel.LaterError](err); said && later.After > 0 {
		out.pause = min(later.After, mostLater) // it is said of the channel, and so of all messages
		out.after = out.pause
	}
	if age := s.now().Sub(m.position.Stored); age > s.cfg.GiveUp {
		log.Warn().Dur("after", age).Msg("a message is given up")
		s.metrics.notifications.WithLabelValues(s.Name, resultGivenUp).Inc()
		given := s.deadLetter(ctx, m, wire.Refused(fmt.Errorf("channel %s did not take it within %s, at last: %s", s.Name, release.Duration(s.cfg.GiveUp), reason)))
		given.pause = out.pause
		return given
	}
	log.WithLevel(s.level()).Dur("again", out.after).Msg("the channel does not take a message; it is tried again")
	return out
}

// refuse stores what can never be sent as a dead letter.
func (s *sending) refuse(ctx context.Context, m message, reason string) outcome {
	s.metrics.notifications.WithLabelValues(s.Name, resultRefused).Inc()
	return s.deadLetter(ctx, m, wire.Refused(fmt.Errorf("refused for channel %s: %s", s.Name, reason)))
}

// level is that of a failure: the first one of a row is told, and each is for who looks closer.
func (s *sending) level() zerolog.Level {
	if s.failures == 1 {
		return zerolog.WarnLevel
	}
	return zerolog.DebugLevel
}

// reason is what an error says, without what looks like a secret.
func (s *sending) reason(err error) string {
	text, _ := redact.New().Text(release.ShortenLine(err.Error(), maxReason))
	return text
}
