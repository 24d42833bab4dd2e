package load

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
	"slipway/wire"
)

// source is the source of all events of the run.
func (r *Run) source() string { return fmt.Sprintf("https://chaos.example/%d", r.plan.Seed) }

func (r *Run) origin(eventID string) wire.Origin {
	return wire.Origin{Source: r.source(), ID: eventID, Time: time.Now()}
}

// encode returns the message of a request, by the name of the application where it has one, and the ID of its release.
func (r *Run) encode(q Request) (msg *nats.Msg, id string, err error) {
	p, spec := r.places[q.Application], q.Gated(r.access.Gates)
	if p.Document != "" {
		named, err := wire.NamedOf(p.Document, p.Environment, spec)
		if err != nil {
			return nil, "", fmt.Errorf("load: request %s: %w", q.EventID, err)
		}
		msg, err = wire.EncodeNamedRequest(r.origin(q.EventID), named)
		id = named.ReleaseID(r.source(), q.EventID)
		return msg, id, err
	}
	spec.App = p.App
	msg, err = wire.EncodeRequest(r.origin(q.EventID), spec)
	return msg, release.ID(spec.App, r.source(), q.EventID), err
}

func (r *Run) request(ctx context.Context, q Request) error {
	msg, id, err := r.encode(q)
	if err != nil {
		return fmt.Errorf("load: request %s: %w", q.EventID, err)
	}
	p := r.places[q.Application]
	r.people.expect(id, &asked{answer: q.Answer, after: q.After, application: q.Application, eventID: q.EventID})
	r.notes.note(func(s *Sent) {
		s.Asked[id] = q.Spec
		if p.Environment == staging {
			s.Promoted[release.PromotionID(p.Document, production, id)] = true
		}
	})
	return r.publish(ctx, msg, Message{
		Kind: wire.KindRequest, EventID: q.EventID, Target: id, Application: q.Application, May: May{Ends: q.ends()},
	})
}

func (r *Run) set(ctx context.Context, s Set) error {
	set := release.Set{Name: s.EventID, OnFailure: s.OnFailure, RequestedBy: "chaos"}
	id := release.SetID(set.Name, r.source(), s.EventID)
	for i, m := range s.Members {
		spec := m.Spec
		spec.App = r.places[m.Application].App
		name := fmt.Sprintf("member-%d", i)
		set.Waves = append(set.Waves, release.Wave{Confirm: s.Confirm, Releases: []release.SetRelease{{Name: name, Spec: spec}}})
		r.notes.note(func(sent *Sent) {
			sent.Asked[release.SetReleaseID(id, name)] = spec
			sent.Asked[release.SetUndoID(id, name)] = release.Spec{App: spec.App, Operation: release.OperationRollback}
		})
	}
	msg, err := wire.EncodeSetRequest(r.origin(s.EventID), wire.AskedSet{Set: set})
	if err != nil {
		return fmt.Errorf("load: set %s: %w", s.EventID, err)
	}
	r.people.expect(id, &asked{answer: s.Answer, after: s.After, application: -1, eventID: s.EventID})
	return r.publish(ctx, msg, Message{
		Kind: wire.KindSet, EventID: s.EventID, Target: id, Application: -1,
		May: May{Ends: []release.Phase{release.PhaseSucceeded, release.PhaseRolledBack, release.PhaseAborted, release.PhaseFailed, release.PhaseNeedsAttention}},
	})
}

// faulty sends a message from which nothing may follow.
func (r *Run) faulty(ctx context.Context, f Faulty) error {
	q := r.plan.Requests[f.Request]
	note := Message{Kind: wire.KindRequest, EventID: f.EventID, Application: q.Application, May: May{Letter: true}}
	switch f.Kind {
	case FaultyGarbage, FaultyField:
	case FaultyTarget:
		return r.command(ctx, asked{application: q.Application, eventID: f.EventID}, release.ID(r.places[0].App, r.source(), f.EventID),
			release.Command{Kind: release.CommandAbort, By: "ann", Reason: "nobody has asked for it"})
	case FaultyConflict:
		q.Spec.Note = "another content"
		note.EventID = q.EventID
	case FaultyAgain:
		note.EventID, note.May = q.EventID, May{Again: true}
	}
	msg, id, err := r.encode(q)
	if err != nil {
		return fmt.Errorf("load: faulty message %s: %w", f.EventID, err)
	}
	switch f.Kind {
	case FaultyGarbage:
		msg.Data = []byte("release it, please")
	case FaultyField:
		msg.Data = []byte(fmt.Sprintf(`{"specversion":"1.0","type":"dev.slipway.release.requested.v1","source":%q,"id":%q,"data":{"colour":"green"}}`, r.source(), f.EventID))
	case FaultyConflict, FaultyAgain:
		note.Target = id
	case FaultyTarget:
	}
	msg.Header.Set(jetstream.MsgIDHeader, r.source()+" "+f.EventID)
	return r.publish(ctx, msg, note)
}

// command sends a command to a release or a set.
func (r *Run) command(ctx context.Context, a asked, id string, c release.Command) error {
	a.words++
	eventID := fmt.Sprintf("%s.%s.%d", a.eventID, c.Kind, a.words)
	msg, err := wire.EncodeCommand(r.origin(eventID), id, c)
	if err != nil {
		return fmt.Errorf("load: command %s: %w", eventID, err)
	}
	return r.publish(ctx, msg, Message{Kind: wire.KindCommand, EventID: eventID, Target: id, Application: a.application, May: May{Letter: true}})
}
