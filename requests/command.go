package requests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// SendCommand sends a command to a release and waits for the answer. It returns the command as it counts, and the progress right
// after. A refusal is a [*releases.RefusedError]; where nobody has answered when ctx is done, the error is a
// [*releases.UnansweredError], and the command still counts. The command's ID is that of its event.
func (c *Client) SendCommand(ctx context.Context, id string, cmd release.Command) (release.Command, release.Progress, error) {
	return send(ctx, c, spoken[release.Progress]{
		id: id, command: cmd, admit: release.Admit,
		read: func(ctx context.Context) (releases.Status[release.Progress], error) { return c.Get(ctx, id) },
		verified: func(o wire.Origin, p release.Progress, cmd release.Command) (*nats.Msg, error) {
			return wire.EncodeVerifiedCommand(o, p.App, id, cmd)
		},
		told: func(p release.Progress) told { return told{p.Decisions, p.Transition, p.Phase} },
	})
}

// SendSetCommand does so for a set.
func (c *Client) SendSetCommand(ctx context.Context, id string, cmd release.Command) (release.Command, release.SetProgress, error) {
	return send(ctx, c, spoken[release.SetProgress]{
		id: id, command: cmd, admit: release.AdmitSet,
		read: func(ctx context.Context) (releases.Status[release.SetProgress], error) { return c.GetSet(ctx, id) },
		verified: func(o wire.Origin, p release.SetProgress, cmd release.Command) (*nats.Msg, error) {
			return wire.EncodeVerifiedSetCommand(o, p.Name, id, cmd)
		},
		told: func(p release.SetProgress) told { return told{p.Decisions, p.Transition, p.Phase} },
	})
}

// spoken is a command on its way as an event to a release or a set whose progress is P.
type spoken[P any] struct {
	id      string
	command release.Command
	read    func(context.Context) (releases.Status[P], error)
	admit   func(P, release.Command) (repeated bool, err error)
	told    func(P) told
	// verified is the message of an identity, which goes to subjects that say what the command is to.
	verified func(wire.Origin, P, release.Command) (*nats.Msg, error)
}

// told is what a progress tells of an answer to a command.
type told struct {
	decisions  []release.Decision
	transition uint64
	phase      release.Phase
}

const (
	// paceAnswer is how often an answer is looked for.
	paceAnswer = 150 * time.Millisecond
	// settleTime is how long the effect of a command that counts is waited for, so that it is shown.
	settleTime = time.Second
)

// send publishes a command and waits for its answer, which is a decision in the progress or a dead letter.
func send[P any](ctx context.Context, c *Client, s spoken[P]) (sent release.Command, p P, err error) {
	before, err := s.read(ctx)
	if err != nil {
		return s.command, p, err
	}
	if before.Closed {
		return s.command, p, &releases.RefusedError{ID: s.id, Reason: "it has ended: " + string(s.told(before.Progress).phase)}
	}
	origin := c.publisher.origin(s.command.ID)
	sent = s.command
	sent.ID, sent.Source, sent.Via, sent.Verified = release.CommandID(s.id, origin.Source, origin.ID), origin.Source, release.ViaEvent, true
	if err := sent.Validate(); err != nil {
		return sent, p, err
	}
	msg, err := s.message(origin, before.Progress)
	if err != nil {
		return sent, p, err
	}
	if _, err := c.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamIn)); err != nil {
		return sent, p, fmt.Errorf("publish the command on %s: %w", msg.Subject, cmp.Or(context.Cause(ctx), err))
	}
	p, err = s.answer(ctx, c, sent, event{msg.Subject, origin.Source, origin.ID, s.id})
	return sent, p, err
}

// message is the event of the command.
func (s spoken[P]) message(o wire.Origin, p P) (*nats.Msg, error) {
	if o.Identity == "" {
		return wire.EncodeCommand(o, s.id, s.command)
	}
	return s.verified(o, p, s.command)
}

// answer waits for the answer to a command that was published.
func (s spoken[P]) answer(ctx context.Context, c *Client, sent release.Command, of event) (p P, err error) {
	began, since := time.Now(), time.Time{}
	var counted told
	for {
		now, unread := s.read(ctx)
		if unread == nil {
			t := s.told(now.Progress)
			took, again, refused := s.taken(now.Progress, sent)
			switch {
			case refused != nil:
				return now.Progress, refused
			case took && since.IsZero():
				since, counted = time.Now(), t
			}
			moved := t.transition > counted.transition || time.Since(since) > settleTime
			if !since.IsZero() && (now.Closed || again || moved) {
				return now.Progress, nil
			}
		}
		if since.IsZero() {
			if refused := c.refusal(ctx, of); refused != nil {
				return p, refused
			}
		}
		select {
		case <-ctx.Done():
			return p, s.ended(ctx, time.Since(began).Round(time.Second))
		case <-time.After(paceAnswer):
		}
	}
}

// taken reports whether a progress shows that a command counts, or that the same had been said before; or why
// it was refused.
func (s spoken[P]) taken(p P, sent release.Command) (took, again bool, refused error) {
	decisions := s.told(p).decisions
	at := slices.IndexFunc(decisions, func(d release.Decision) bool { return d.ID == sent.ID })
	if at >= 0 && decisions[at].Refused != "" {
		return false, false, &releases.RefusedError{ID: s.id, Reason: decisions[at].Refused}
	}
	repeated, _ := s.admit(p, sent)
	return at >= 0 || repeated, at < 0 && repeated, nil
}

// ended is the error of a wait that has ended without an answer.
func (s spoken[P]) ended(ctx context.Context, waited time.Duration) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &releases.UnansweredError{ID: s.id, Waited: waited, Stored: true}
	}
	return context.Cause(ctx)
}
