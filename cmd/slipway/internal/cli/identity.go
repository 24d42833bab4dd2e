package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/wire"
)

// natsClient reads and commands releases for somebody who speaks as an identity or signs, for which NATS alone is
// enough: what is asked for and commanded goes to subjects where nobody else may publish, or is signed, and where a release
// stands, the ledger tells.
type natsClient struct {
	identity string
	signer   *wire.Signer
	js       jetstream.JetStream
	ledger   *ledger.Ledger
	letters  *wire.DeadLetters
	// asked is the request that was published, until it is known; nil where none was.
	asked *published
}

// published is an event that was stored, for which an answer is awaited.
type published struct{ subject, source, eventID, id string }

// withReleases connects to what releases are read from and commanded through before an action: to
// Temporal, or for who speaks as an identity or signs, to NATS.
func withReleases(do action) action {
	return func(ctx context.Context, c *call) error {
		if !c.byEvents() {
			return withTemporal(do)(ctx, c)
		}
		js, closeNATS, err := c.app.jetStream(ctx, c.values, "slipway as "+c.by)
		if err != nil {
			return err
		}
		defer closeNATS()
		c.onNATS = &natsClient{identity: c.identity, signer: c.signer, js: js, ledger: ledger.New(js), letters: wire.NewDeadLetters(js)}
		return do(ctx, c)
	}
}

// awaits has a refusal of the request told where its release or set is watched.
func (s *natsClient) awaits(subject string, r receipt) {
	if s != nil {
		s.asked = &published{subject, r.Source, r.EventID, r.id()}
	}
}

// get reads where a release stands.
func (c *call) get(ctx context.Context, id string) (releases.Status[release.Progress], error) {
	if c.onNATS == nil {
		return c.client.Get(ctx, id)
	}
	r, err := c.onNATS.ledger.Get(ctx, id)
	if err := c.onNATS.missing(ctx, id, r.Accepted || r.Ended(), err); err != nil {
		return releases.Status[release.Progress]{}, err
	}
	p := progressOf(r)
	p.Digest = cmp.Or(p.Digest, r.Identity.Digest)
	return releases.Status[release.Progress]{Progress: p, Closed: r.Ended()}, nil
}

// getSet reads where a set stands.
func (c *call) getSet(ctx context.Context, id string) (releases.Status[release.SetProgress], error) {
	if c.onNATS == nil {
		return c.client.GetSet(ctx, id)
	}
	r, err := c.onNATS.ledger.GetSet(ctx, id)
	// A set that was accepted and has told nothing yet has no name to command it by.
	if err := c.onNATS.missing(ctx, id, r.Progress.SetID != "", err); err != nil {
		return releases.Status[release.SetProgress]{}, err
	}
	r.Progress.Digest = cmp.Or(r.Progress.Digest, r.Identity.Digest)
	return releases.Status[release.SetProgress]{Progress: r.Progress, Closed: r.Progress.Outcome != ""}, nil
}

// missing is the error of what the ledger has not, or has not as accepted: it is not there yet, or its
// request was refused.
func (s *natsClient) missing(ctx context.Context, id string, accepted bool, err error) error {
	switch {
	case err == nil && accepted:
		return nil
	case err != nil && errors.Is(err, ledger.ErrUnavailable) && ctx.Err() == nil:
		return &releases.UnreachableError{Cause: err, Of: "NATS"}
	case err != nil && !unrecorded(err):
		return err
	}
	if s.asked != nil && s.asked.id == id {
		if refused := s.refusal(ctx, *s.asked); refused != nil {
			return refused
		}
	}
	return &releases.NotFoundError{ID: id}
}

// refusal is the dead letter of an event as an error; nil where there is none, and where nobody knows.
func (s *natsClient) refusal(ctx context.Context, of published) error {
	letter, err := s.letters.Last(ctx, of.subject)
	if err != nil || letter.Source != of.source || letter.EventID != of.eventID {
		return nil //nolint:nilerr // the letter is looked for again
	}
	return &releases.RefusedError{ID: of.id, Reason: letter.Reason}
}

// sendCommand sends a command to a release, and returns it as it was sent, and the progress right after.
func (c *call) sendCommand(ctx context.Context, id string, cmd release.Command) (release.Command, release.Progress, error) {
	cmd.ID, cmd.By, cmd.Via = uuid.NewString(), c.by, release.ViaUpdate
	if c.onNATS == nil {
		p, err := c.client.SendCommand(ctx, id, cmd)
		return cmd, p, err
	}
	return sendAs(ctx, c.onNATS, spoken[release.Progress]{
		id: id, command: cmd, admit: release.Admit,
		read: func(ctx context.Context) (releases.Status[release.Progress], error) { return c.get(ctx, id) },
		encode: func(o wire.Origin, p release.Progress, cmd release.Command) (*nats.Msg, error) {
			if o.Identity == "" {
				return wire.EncodeCommand(o, id, cmd)
			}
			return wire.EncodeVerifiedCommand(o, p.App, id, cmd)
		},
		told: func(p release.Progress) told { return told{p.Decisions, p.Transition, p.Phase} },
	})
}

// sendSetCommand does so for a set.
func (c *call) sendSetCommand(ctx context.Context, id string, cmd release.Command) (release.Command, release.SetProgress, error) {
	cmd.ID, cmd.By, cmd.Via = uuid.NewString(), c.by, release.ViaUpdate
	if c.onNATS == nil {
		p, err := c.client.SendSetCommand(ctx, id, cmd)
		return cmd, p, err
	}
	return sendAs(ctx, c.onNATS, spoken[release.SetProgress]{
		id: id, command: cmd, admit: release.AdmitSet,
		read: func(ctx context.Context) (releases.Status[release.SetProgress], error) { return c.getSet(ctx, id) },
		encode: func(o wire.Origin, p release.SetProgress, cmd release.Command) (*nats.Msg, error) {
			if o.Identity == "" {
				return wire.EncodeCommand(o, id, cmd)
			}
			return wire.EncodeVerifiedSetCommand(o, p.Name, id, cmd)
		},
		told: func(p release.SetProgress) told { return told{p.Decisions, p.Transition, p.Phase} },
	})
}

// spoken is a command on its way as an event of an identity, or a signed one, to a release or a set whose progress is P.
type spoken[P any] struct {
	id      string
	command release.Command
	read    func(context.Context) (releases.Status[P], error)
	encode  func(wire.Origin, P, release.Command) (*nats.Msg, error)
	admit   func(P, release.Command) (repeated bool, err error)
	told    func(P) told
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

// sendAs publishes a command and waits for its answer, which is a decision in the progress or a dead letter.
func sendAs[P any](ctx context.Context, s *natsClient, c spoken[P]) (sent release.Command, p P, err error) {
	before, err := c.read(ctx)
	if err != nil {
		return c.command, p, err
	}
	if before.Closed {
		return c.command, p, &releases.RefusedError{ID: c.id, Reason: "it has ended: " + string(c.told(before.Progress).phase)}
	}
	origin := wire.Origin{Source: defaultSource, ID: c.command.ID, Time: time.Now().UTC(), Identity: s.identity, Signer: s.signer}
	sent = c.command
	sent.ID, sent.Source, sent.Via, sent.Verified = release.CommandID(c.id, origin.Source, origin.ID), origin.Source, release.ViaEvent, true
	if err := sent.Validate(); err != nil {
		return sent, p, err
	}
	msg, err := c.encode(origin, before.Progress, c.command)
	if err != nil {
		return sent, p, err
	}
	if _, err := s.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(wire.StreamIn)); err != nil {
		return sent, p, fmt.Errorf("publish the command on %s: %w", msg.Subject, cmp.Or(context.Cause(ctx), err))
	}
	p, err = c.answer(ctx, s, sent, published{msg.Subject, origin.Source, origin.ID, c.id})
	return sent, p, err
}

// answer waits for the answer to a command that was published.
func (c spoken[P]) answer(ctx context.Context, s *natsClient, sent release.Command, event published) (p P, err error) {
	began, since := time.Now(), time.Time{}
	var counted told
	for {
		now, unread := c.read(ctx)
		if unread == nil {
			t := c.told(now.Progress)
			took, again, refused := c.taken(now.Progress, sent)
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
			if refused := s.refusal(ctx, event); refused != nil {
				return p, refused
			}
		}
		select {
		case <-ctx.Done():
			return p, c.ended(ctx, time.Since(began).Round(time.Second))
		case <-time.After(paceAnswer):
		}
	}
}

// taken reports whether a progress shows that a command counts, or that the same had been said before; or why
// it was refused.
func (c spoken[P]) taken(p P, sent release.Command) (took, again bool, refused error) {
	decisions := c.told(p).decisions
	at := slices.IndexFunc(decisions, func(d release.Decision) bool { return d.ID == sent.ID })
	if at >= 0 && decisions[at].Refused != "" {
		return false, false, &releases.RefusedError{ID: c.id, Reason: decisions[at].Refused}
	}
	repeated, _ := c.admit(p, sent)
	return at >= 0 || repeated, at < 0 && repeated, nil
}

// ended is the error of a wait that has ended without an answer.
func (c spoken[P]) ended(ctx context.Context, waited time.Duration) error {
	if _, late := errors.AsType[*timeoutError](context.Cause(ctx)); late {
		return c.unanswered(waited)
	}
	return context.Cause(ctx)
}

// unanswered says what becomes of a command to which nobody has answered.
func (c spoken[P]) unanswered(waited time.Duration) error {
	return &unknownError{fmt.Sprintf("%s: nobody has answered the command within %s; it is stored and counts once slipway starter and slipway worker take it; see slipway %s get %s",
		release.Named(c.id), waited, kindOf(c.id), c.id)}
}

// checkOpen makes sure that a release or a set takes commands, as [releases.Client.CheckOpen] does.
func (c *call) checkOpen(ctx context.Context, id string) error {
	var closed bool
	var phase release.Phase
	if release.IsSetID(id) {
		status, err := c.getSet(ctx, id)
		if err != nil {
			return err
		}
		closed, phase = status.Closed, status.Progress.Phase
	} else {
		status, err := c.get(ctx, id)
		if err != nil {
			return err
		}
		closed, phase = status.Closed, status.Progress.Phase
	}
	if closed {
		return &releases.RefusedError{ID: id, Reason: "it has ended: " + string(phase)}
	}
	return nil
}
