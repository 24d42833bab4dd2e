package audit

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
	"slipway/wire"
)

// bucketPrefix is what the subjects of buckets begin with.
const bucketPrefix = "$KV."

// Read returns what a message of the stream tells of; nothing where that is nobody's act. One that cannot be read is an entry that says so.
func Read(msg *jetstream.RawStreamMsg) []Entry {
	var found []Entry
	switch {
	case strings.HasPrefix(msg.Subject, bucketPrefix):
		found = []Entry{readDocument(msg)}
	case wire.IsDeadLetter(msg.Subject):
		l := wire.ReadDeadLetter(msg)
		if l.Kind == wire.KindNotification {
			return nil // that somebody could not be told is nobody's act
		}
		found = []Entry{readLetter(msg, l)}
	default:
		found = readEvent(msg)
	}
	for i := range found {
		e := &found[i]
		e.Sequence, e.Time = msg.Sequence, e.Time.UTC()
		if e.Time.IsZero() {
			e.Time = msg.Time.UTC()
		}
		e.key = cmp.Or(e.key, string(e.Action)+" "+strconv.FormatUint(msg.Sequence, 10))
	}
	return found
}

// readEvent reads a lifecycle event: every word of a person that it tells of, most of which were told before, and the
// request or the end, where it is the first or the last of its release.
func readEvent(msg *jetstream.RawStreamMsg) []Entry {
	ev, err := wire.DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
	switch {
	case err != nil:
		return []Entry{{Action: ActionUnknown, What: msg.Subject, Unreadable: err.Error()}}
	case ev.Lane != nil:
		return []Entry{laneEntry(ev)}
	case ev.Letter != nil:
		return []Entry{letterEntry(ev)}
	case ev.Push != nil:
		return pushEntries(ev)
	case ev.Promotion != nil:
		return []Entry{promotionEntry(ev)}
	case ev.Set != nil:
		return storyOfSet(ev).entries()
	}
	return storyOf(ev).entries()
}

// story is what an event tells of a release or a set, as far as the audit wants to know.
type story struct {
	wire.LifecycleEvent

	app, name, id string
	unit          release.Unit
	action        Action
	transition    uint64
	by            string
	admission     release.Admission
	what, note    string
	outcome       release.Phase
	reason        string
	decisions     []release.Decision
}

func storyOf(ev wire.LifecycleEvent) story {
	p := ev.Progress
	s := story{
		LifecycleEvent: ev, app: p.App.SearchValue(), id: p.ReleaseID, unit: release.UnitBatch, action: ActionRequest, transition: p.Transition,
		by: p.RequestedBy, admission: p.Admission, what: brought(p), note: p.Note, outcome: p.Outcome, reason: p.Reason, decisions: p.Decisions,
	}
	if p.ByName != nil {
		s.name = p.ByName.String()
	}
	if p.Operation == release.OperationRollback {
		s.action = ActionRollback
	}
	return s
}

// brought says what was asked for.
func brought(p release.Progress) string {
	words := string(cmp.Or(p.Operation, release.OperationRelease))
	if p.Artifact.Known() {
		words += " " + p.Artifact.Public()
	}
	if p.Config != "" {
		words += " with configuration " + p.Config
	}
	if p.RetryOf != "" {
		words += ", again after " + p.RetryOf
	}
	return words
}

func storyOfSet(ev wire.LifecycleEvent) story {
	p := *ev.Set
	return story{
		LifecycleEvent: ev, app: wire.AboutSet(p.Name), id: p.SetID, unit: release.UnitWave, action: ActionRequest, transition: p.Transition,
		by: p.RequestedBy, admission: p.Admission, what: "set " + p.Name, note: p.Note, outcome: p.Outcome, reason: p.Reason, decisions: p.Decisions,
	}
}

// entries are the request, where this is the first event; the decisions; and the end, where it is the last.
func (s story) entries() []Entry {
	var out []Entry
	if s.transition == 1 {
		out = append(out, s.entry(Entry{
			Time: s.Time, Action: s.action, By: s.by, Verified: s.admission.Verified, SignedBy: s.admission.SignedBy, Binding: s.admission.Binding, What: s.what, Reason: s.note, key: "request",
		}))
	}
	for _, d := range s.decisions {
		out = append(out, s.entry(Entry{
			Time: d.At, Action: Action(d.Kind), By: d.By, Verified: d.Verified, SignedBy: d.SignedBy, Via: d.Via, Source: d.Source, What: strings.TrimSpace(strings.TrimPrefix(d.Summary(s.unit), string(d.Kind))), Reason: d.Note, Refused: d.Refused,
			key: fmt.Sprintf("%s %d %d %s %s", d.Kind, d.Batch, d.At.UnixNano(), d.By, d.ID),
		}))
	}
	if kind, ends := s.outcome.Outcome(); ends && kind == s.Kind {
		out = append(out, s.entry(Entry{Time: s.Time, Action: ActionEnd, By: release.Slipway, What: string(s.outcome), Reason: s.reason, key: s.ID}))
	}
	return out
}

func (s story) entry(e Entry) Entry {
	e.App, e.Name, e.ID, e.key = s.app, s.name, s.id, s.id+" "+e.key
	return e
}

// laneEntry is what was done to a lane.
func laneEntry(ev wire.LifecycleEvent) Entry {
	l := *ev.Lane
	e := Entry{
		Time: ev.Time, By: l.By, Via: l.Via, App: l.App.SearchValue(), ID: l.ReleaseID, What: "the lane", Reason: l.Reason,
		Before: encoded(l.Before), After: encoded(l.After), key: ev.ID,
	}
	switch ev.Kind { //nolint:exhaustive // lanes tell of these alone
	case release.EventHeld:
		e.Action = ActionHold
	case release.EventResumed:
		e.Action = ActionUnhold
	case release.EventDropped:
		e.Action, e.What = ActionDrop, "release "+l.ReleaseID+" from the lane"
	case release.EventAllowed:
		e.Action, e.What = ActionAllow, cmp.Or(l.Artifact, "all artifacts")
	default: // a newer version tells of more
		e.Action, e.What = ActionUnknown, "the lane: "+string(ev.Kind)
	}
	return e
}

// promotionEntry is a promotion that Slipway does not ask for by itself.
func promotionEntry(ev wire.LifecycleEvent) Entry {
	h := *ev.Promotion
	e := Entry{
		Time: ev.Time, Action: ActionHold, By: release.Slipway, App: h.App.SearchValue(), Name: h.Application + "/" + h.To, ID: h.ReleaseID,
		What: fmt.Sprintf("the promotion of %s from %s", h.Artifact, h.From), Reason: h.Reason, key: ev.ID,
	}
	if ev.Kind != release.EventHeld { // a newer version tells of more
		e.Action, e.What = ActionUnknown, "the promotion: "+string(ev.Kind)
	}
	return e
}

// pushEntries are what came of a push by each rule that is about its image, or that there was none. Who told of it is known only where that
// is verified: who has pushed, as the sender says, is not who told.
func pushEntries(ev wire.LifecycleEvent) []Entry {
	p := *ev.Push
	said := func(rule, refused string) Entry {
		what := []string{wire.Published{Image: p.Image, Tag: p.Tag, Digest: p.Digest}.String()}
		if rule != "" {
			what = append(what, "rule "+rule)
		}
		if p.By != "" {
			what = append(what, "pushed by "+p.By)
		}
		return Entry{
			Time: p.StoredAt, Action: ActionPush, By: p.Identity, Verified: p.Identity != "", Via: release.ViaEvent, Source: p.Source,
			What: strings.Join(what, ", ") + " (" + p.Sender + ")", Refused: refused, key: ev.ID + " " + rule,
		}
	}
	if len(p.Rules) == 0 {
		return []Entry{said("", "no rule is about this image")}
	}
	var out []Entry
	for _, r := range p.Rules {
		e := said(r.Rule, r.Reason)
		e.Name, e.ID, e.key = strings.TrimSuffix(r.Application+"/"+r.Environment, "/"), r.ReleaseID, e.key+" "+r.Application
		out = append(out, e)
	}
	if p.More > 0 {
		e := said("", "")
		e.Refused, e.key = fmt.Sprintf("%d more rules are not told of", p.More), e.key+"more"
		out = append(out, e)
	}
	return out
}

// readLetter reads a dead letter.
func readLetter(msg *jetstream.RawStreamMsg, l wire.Letter) Entry {
	e := Entry{
		Action: ActionRefuse, By: l.By, Verified: l.Verified, Via: release.ViaEvent, Source: l.Source, What: string(l.Kind), Refused: l.Reason,
		key: msg.Header.Get(jetstream.MsgIDHeader),
	}
	if l.Type != "" {
		e.What += " " + l.Type
	}
	e.about(l.Subject, l.About)
	return e
}

// about is what a message is for that was published on a subject.
func (e *Entry) about(subject, what string) {
	switch {
	case wire.IsNotification(subject):
		e.What += " for channel " + what
	case wire.IsCommand(subject):
		e.ID = what
	case wire.IsNamedRequest(subject):
		e.Name = what
	default:
		e.App = what
	}
}

// letterEntry is what was done with a dead letter.
func letterEntry(ev wire.LifecycleEvent) Entry {
	l := *ev.Letter
	e := Entry{Time: ev.Time, By: l.By, What: fmt.Sprintf("dead letter %d", l.Sequence), Reason: l.Reason, key: ev.ID}
	e.about(l.Subject, l.About)
	switch ev.Kind { //nolint:exhaustive // dead letters tell of these alone
	case release.EventDropped:
		e.Action = ActionDrop
	case release.EventReplayed:
		e.Action = ActionReplay
	default: // a newer version tells of more
		e.Action, e.What = ActionUnknown, e.What+": "+string(ev.Kind)
	}
	return e
}
