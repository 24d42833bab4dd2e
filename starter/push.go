package starter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway/apps"
	"slipway/internal/documents"
	"slipway/internal/registry"
	"slipway/ledger"
	"slipway/release"
	"slipway/trigger"
	"slipway/wire"
)

// Registry says which digest a tag has; [registry.Registries] does. What it refuses is a [registry.RefusedError].
type Registry interface {
	Digest(ctx context.Context, repository, tag string) (digest string, err error)
}

// pushed is a push to a registry as it is judged.
type pushed struct {
	wire.Published

	position wire.Delivery
	// identity is who told of it, where that is verified.
	identity string
	// noDigest is why the registry does not tell the digest that the push lacks; empty where it need not be asked, or has told.
	noDigest string
	// asked are the environments for which a request was published, with the release that each means.
	asked map[string]string
	// told are those for which a release was named when the event came before.
	told map[string]string
}

// placeOf names an environment of an application.
func placeOf(application, environment string) string { return application + "/" + environment }

// push judges a push by the triggers of all documents, publishes a request by name for each one that fires, and tells what
// came of it. A push that comes again asks for the same releases, and is told of once; an event that comes again makes no second release.
func (s *Starter) push(ctx context.Context, log zerolog.Logger, p plan, position wire.Delivery) error {
	identity, err := s.tellerOf(ctx, p)
	if err != nil {
		return err
	}
	push := &pushed{Published: *p.push, position: position, identity: identity, asked: map[string]string{}, told: map[string]string{}}
	if done, err := s.recall(ctx, push); done || err != nil {
		return err
	}
	all, err := s.allDocuments(ctx)
	if err != nil {
		return err
	}
	var rules []release.PushRule
	for _, d := range all.Documents {
		for _, v := range d.Spec.Triggered(push.Published) {
			rule := release.PushRule{Application: d.Spec.Name, Rule: v.Trigger.Name, Environment: v.Environment.Name, Reason: v.Reason}
			rule.ReleaseID = push.told[placeOf(rule.Application, rule.Environment)] // it is not forgotten while the rule is paused
			if rule.Reason == "" {
				id, reason, err := s.fire(ctx, push, *d.Spec, v)
				if err != nil {
					return err
				}
				rule.ReleaseID, rule.Reason = cmp.Or(id, rule.ReleaseID), reason
			}
			rules = append(rules, rule)
		}
	}
	for _, unreadable := range all.Unreadable {
		s.metrics.unjudged.Inc()
		log.Warn().Err(unreadable).Str("application", unreadable.Name).Msg("push to a registry judged without a document that cannot be read; once it can, push again what it has rules for")
		rules = append(rules, apps.Unjudged(unreadable))
	}
	return s.tellPush(ctx, log, push, rules)
}

// recall finds out which releases were named when the event of a push came before, if its sender has given it an ID; and whether this
// delivery itself has been told of, so that nothing is left to do.
func (s *Starter) recall(ctx context.Context, p *pushed) (done bool, err error) {
	if !p.SenderID {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	before, err := wire.PushTold(ctx, s.js, p.Published)
	if err != nil {
		return false, err
	}
	for _, told := range before {
		if told.Sequence == p.position.Sequence && told.StoredAt.Equal(p.position.Stored) {
			return true, nil
		}
		for _, rule := range told.Rules {
			if rule.ReleaseID != "" {
				p.told[placeOf(rule.Application, rule.Environment)] = rule.ReleaseID
			}
		}
	}
	return false, nil
}

// allDocuments are all application documents, as they are now.
func (s *Starter) allDocuments(ctx context.Context) (documents.All[apps.Application], error) {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	found, err := s.current.All(ctx)
	if err != nil {
		return found, fmt.Errorf("applications: %w", err)
	}
	return found, nil
}

// tellerOf is who told of a push, where the subject or a signature verifies that; empty where nobody has.
func (s *Starter) tellerOf(ctx context.Context, p plan) (string, error) {
	if !p.proof.given() {
		return p.teller, nil
	}
	document, err := s.loadAuthority(ctx)
	if err != nil {
		return "", err
	}
	named := p.teller
	if key, known := document.KeyOf(p.proof.signature.Key); known && named == "" {
		named = key.Identity
	}
	if _, err := p.proof.verify(document, "subject", named); err != nil {
		return "", err
	}
	return named, nil
}

// fire publishes the request of a trigger, or says why there is none to publish. The ID is that of the release that
// is asked for, or that brings the image already.
func (s *Starter) fire(ctx context.Context, p *pushed, a apps.Application, v apps.Verdict) (id, reason string, err error) {
	if err := s.completeDigest(ctx, p); err != nil {
		return "", "", err
	}
	if p.noDigest != "" {
		return "", p.noDigest, nil
	}
	place := placeOf(a.Name, v.Environment.Name)
	if id := p.asked[place]; id != "" {
		return id, "another rule of the document has asked for it by release " + id, nil
	}
	question := trigger.Question{Push: p.Published, Stored: p.position.Stored, Told: p.told[place]}
	// First what waits in the stream, then what the ledger has: what leaves the one is in the other.
	waiting, err := s.waitingFor(ctx, p, a.Name, v.Environment.Name)
	if err != nil {
		return "", "", err
	}
	err = s.withLedger(ctx, func(ctx context.Context) (err error) {
		question.Records, err = s.ledger.All(ctx, ledger.Filter{App: v.Environment.App.App(), Chooses: question.Concerns, Limit: maxConcerned})
		return err
	})
	if err != nil {
		return "", "", err
	}
	if id, reason := question.Brought(); id != "" {
		if p.position.Count > 1 && question.Asked(id, v.Trigger.Name) {
			p.asked[place], reason = id, "" // it has asked before, and nobody was told
		}
		return id, reason, nil
	}
	named, origin := question.Request(a.Name, v, p.identity)
	msg, err := wire.EncodeNamedRequest(origin, named)
	if err != nil { // what may not be asked for: the push is not at fault
		return "", release.OneLine(err.Error()), nil
	}
	id = named.ReleaseID(origin.Source, origin.ID)
	msgID := fmt.Sprintf("%s.push.%d.%d", id, p.position.Sequence, p.position.Stored.UnixNano())
	if waiting.id != "" && waiting.msgID != msgID {
		return waiting.id, "release " + waiting.id + " is asked for already", nil
	}
	msg.Header.Set(jetstream.MsgIDHeader, msgID)
	if err := s.publish(ctx, msg, wire.StreamIn); err != nil {
		return "", "", err
	}
	p.asked[place] = id
	return id, "", nil
}

// maxConcerned is how many releases of an environment with the image are looked at, the latest.
const maxConcerned = 1000

// completeDigest asks the registry for the digest that a push does not tell of.
func (s *Starter) completeDigest(ctx context.Context, p *pushed) error {
	if p.Digest != "" || p.noDigest != "" {
		return nil
	}
	digest, err := s.registry.Digest(ctx, p.Image, p.Tag)
	if refused, is := errors.AsType[*registry.RefusedError](err); is {
		p.noDigest = "the push does not tell the digest, and " + refused.Reason
		return nil
	}
	p.Digest = digest
	return err
}

// waitingRequest is a request that waits in the stream.
type waitingRequest struct{ id, msgID string }

// waitingFor is the first request by name for an environment in the stream that brings the image of a push, or is that of the release that was
// named when its event came before; zero where there is none.
func (s *Starter) waitingFor(ctx context.Context, p *pushed, application, environment string) (first waitingRequest, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	told := p.told[placeOf(application, environment)]
	for _, subject := range wire.LineSubjects(wire.NamedRequestSubject(application, environment)) {
		found, err := s.scanFor(ctx, subject, math.MaxUint64, func(msg *nats.Msg) bool {
			r, err := wire.DecodeNamedRequest(msg)
			if err != nil || trigger.DigestOf(r.Named) != p.Digest && r.ReleaseID != told {
				return false
			}
			first = waitingRequest{r.ReleaseID, msg.Header.Get(jetstream.MsgIDHeader)}
			return true
		})
		if found || err != nil {
			return first, err
		}
	}
	return first, nil
}

// publish publishes a message of the starter's own.
func (s *Starter) publish(ctx context.Context, msg *nats.Msg, stream string) error {
	ctx, cancel := context.WithTimeout(ctx, natsTimeout)
	defer cancel()
	_, err := s.js.PublishMsg(ctx, msg, jetstream.WithExpectStream(stream))
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("no stream takes %s; create the streams with: slipway setup", msg.Subject)
	case err != nil:
		return fmt.Errorf("publish on %s: %w", msg.Subject, err)
	}
	return nil
}

// tellPush tells what came of a push. Its event has one ID, so that it is told once, as it was the first time.
func (s *Starter) tellPush(ctx context.Context, log zerolog.Logger, p *pushed, rules []release.PushRule) error {
	at := p.position.Stored.UTC()
	told := release.Push{
		Sequence: p.position.Sequence, StoredAt: at, Image: p.Image, Tag: p.Tag, Digest: p.Digest,
		Sender: p.Sender, Source: p.Source, EventID: p.EventID, Chain: p.Chain, By: p.By, Identity: p.identity, Rules: rules,
	}
	if !p.At.IsZero() {
		told.PushedAt = p.At.UTC()
	}
	kind := told.Kind()
	msg, err := wire.EncodeEvent(release.Event{ID: fmt.Sprintf("push.%d.%d", told.Sequence, at.UnixNano()), Kind: kind, At: at, Push: &told}, time.Now().UTC())
	if err != nil {
		return err
	}
	if err := s.publish(ctx, msg, wire.StreamEvents); err != nil {
		return err
	}
	s.metrics.pushes.WithLabelValues(wire.KnownSender(p.Sender), string(kind)).Inc()
	log.Info().Str("image", p.String()).Str("sender", p.Sender).Str("result", string(kind)).Int("rules", len(rules)).Msg("push to a registry judged")
	return nil
}
