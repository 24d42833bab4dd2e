package wire

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/internal/redact"
	"slipway/release"
)

const (
	eventTypePrefix     = "dev.slipway.release."
	setEventTypePrefix  = "dev.slipway.set."
	laneEventTypePrefix = "dev.slipway.lane."
	promotionTypePrefix = "dev.slipway.promotion."
	letterTypePrefix    = "dev.slipway.deadletter."
	pushTypePrefix      = "dev.slipway.push."
	eventScheme         = "slipway://"
	// extensionReleaseID and extensionSetID are the extension attributes that name the
	// release or the set.
	extensionReleaseID = "releaseid"
	extensionSetID     = "setid"
)

// EventType returns the event type of a lifecycle event: dev.slipway.release.<kind>.v1.
func EventType(kind release.EventKind) string { return eventTypePrefix + string(kind) + typeVersion }

// SetEventType returns the event type of a lifecycle event of a set:
// dev.slipway.set.<kind>.v1.
func SetEventType(kind release.EventKind) string {
	return setEventTypePrefix + string(kind) + typeVersion
}

// LaneEventType returns the event type of an event of a lane: dev.slipway.lane.<kind>.v1.
func LaneEventType(kind release.EventKind) string {
	return laneEventTypePrefix + string(kind) + typeVersion
}

// PromotionEventType returns the event type of an event of a promotion: dev.slipway.promotion.<kind>.v1.
func PromotionEventType(kind release.EventKind) string {
	return promotionTypePrefix + string(kind) + typeVersion
}

// LetterEventType returns the event type of an event of a dead letter: dev.slipway.deadletter.<kind>.v1.
func LetterEventType(kind release.EventKind) string {
	return letterTypePrefix + string(kind) + typeVersion
}

// PushEventType returns the event type of an event of a push to a registry: dev.slipway.push.<kind>.v1.
func PushEventType(kind release.EventKind) string { return pushTypePrefix + string(kind) + typeVersion }

// LifecycleEvent is a lifecycle event as it was published.
type LifecycleEvent struct {
	release.Event

	// Time is when the transition happened.
	Time time.Time
}

// Type is the event type, by what the event is of.
func (e LifecycleEvent) Type() string {
	switch {
	case e.Set != nil:
		return SetEventType(e.Kind)
	case e.Lane != nil:
		return LaneEventType(e.Kind)
	case e.Promotion != nil:
		return PromotionEventType(e.Kind)
	case e.Letter != nil:
		return LetterEventType(e.Kind)
	case e.Push != nil:
		return PushEventType(e.Kind)
	}
	return EventType(e.Kind)
}

// EncodeEvent returns the message of a lifecycle event, as structured CloudEvent: its
// source is slipway://<platform>/<region>/<app-id>, its subject that path, its data the
// [release.Progress] without what was kept of scaling rules; for an event of a set slipway://set/<name> and the
// [release.SetProgress]; for one of a lane or a promotion the application's source and the [release.LaneChange] or the [release.HeldPromotion];
// for one of a dead letter slipway://deadletter/<sequence> and the [release.LetterChange]; for one of a push slipway://push/<sequence> and the [release.Push]. The event's ID is the Nats-Msg-Id, so that publishing it again
// within [DedupWindow] stores nothing new. An event beyond [MaxPayload] is [ErrTooLarge].
func EncodeEvent(e release.Event, at time.Time) (*nats.Msg, error) {
	return EncodeTracedEvent(e, at, Trace{})
}

// EncodeTracedEvent is [EncodeEvent] of an event that is part of a trace.
func EncodeTracedEvent(e release.Event, at time.Time, t Trace) (*nats.Msg, error) {
	p := e.Progress.WithoutKept()
	to := envelope{
		about: p.App.SearchValue(), kind: EventType(e.Kind), extension: extensionReleaseID, id: p.ReleaseID,
		data: p, subject: EventSubject(p.App, p.ReleaseID, e.Kind),
	}
	if s := e.Set; s != nil {
		to = envelope{
			about: AboutSet(s.Name), kind: SetEventType(e.Kind), extension: extensionSetID, id: s.SetID,
			data: s, subject: SetEventSubject(s.Name, s.SetID, e.Kind),
		}
	}
	if e.Lane != nil {
		l := *e.Lane // an artifact may be a signed address
		l.Artifact, _ = redact.New().Text(l.Artifact)
		to = envelope{about: l.App.SearchValue(), kind: LaneEventType(e.Kind), data: l, subject: LaneEventSubject(l.App, e.Kind)}
	}
	if e.Promotion != nil {
		h := *e.Promotion
		h.Artifact, _ = redact.New().Text(h.Artifact)
		to = envelope{
			about: h.App.SearchValue(), kind: PromotionEventType(e.Kind), extension: extensionReleaseID, id: h.ReleaseID,
			data: h, subject: PromotionEventSubject(h.App, e.Kind),
		}
	}
	if l := e.Letter; l != nil {
		to = envelope{about: fmt.Sprintf("%s/%d", letterToken, l.Sequence), kind: LetterEventType(e.Kind), data: l, subject: LetterEventSubject(*l, e.Kind)}
	}
	if p := e.Push; p != nil {
		to = envelope{about: fmt.Sprintf("%s/%d", pushToken, p.Sequence), kind: PushEventType(e.Kind), data: p.Told(), subject: PushEventSubject(*p, e.Kind)}
	}
	to.trace = t
	msg, err := to.encode(e.ID, at)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return msg, nil
}

// envelope is what stands around the data of a lifecycle event.
type envelope struct {
	// about is the path of what the event is about, and id its identity, which is the value
	// of the extension.
	about, extension, id string
	kind, subject        string
	data                 any
	trace                Trace
}

func (v envelope) encode(eventID string, at time.Time) (*nats.Msg, error) {
	ev, err := newEvent(Origin{Source: eventScheme + v.about, ID: eventID, Time: at}, v.kind)
	if err != nil {
		return nil, err
	}
	ev.SetSubject(v.about)
	if v.extension != "" {
		ev.SetExtension(v.extension, v.id)
	}
	v.trace.set(&ev)
	if err := ev.SetData(event.ApplicationJSON, v.data); err != nil {
		return nil, err
	}
	return encode(v.subject, eventID, ev)
}

// unreadable names the field of the data that could not be read, without the types of Go.
func unreadable(err error) *PoisonError {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return poison(cmp.Or(wrong.Field, memberData), "cannot be a "+wrong.Value)
	}
	return poison(memberData, "cannot be read")
}

// eventKind takes the type of a lifecycle event apart: its kind, and what stands before it, which says
// what it is of; empty where it is no lifecycle event.
func eventKind(eventType string) (kind release.EventKind, prefix string) {
	versionless, versioned := strings.CutSuffix(eventType, typeVersion)
	for _, prefix := range []string{eventTypePrefix, setEventTypePrefix, laneEventTypePrefix, promotionTypePrefix, letterTypePrefix, pushTypePrefix} {
		if kind, ok := strings.CutPrefix(versionless, prefix); ok && versioned && kind != "" {
			return release.EventKind(kind), prefix
		}
	}
	return "", ""
}

// DecodeEvent reads a lifecycle event. Fields that this version does not know are
// passed over, because a newer one may have published them.
func DecodeEvent(msg *nats.Msg) (LifecycleEvent, error) {
	ev, bad := decode(msg)
	if bad != nil {
		return LifecycleEvent{}, bad
	}
	kind, prefix := eventKind(ev.kind)
	out := LifecycleEvent{Event: release.Event{ID: ev.id, Kind: kind}, Time: ev.time}
	var data any
	switch prefix {
	case eventTypePrefix:
		data = &out.Progress
	case setEventTypePrefix:
		out.Set = &release.SetProgress{}
		data = out.Set
	case laneEventTypePrefix:
		out.Lane = &release.LaneChange{}
		data = out.Lane
	case promotionTypePrefix:
		out.Promotion = &release.HeldPromotion{}
		data = out.Promotion
	case letterTypePrefix:
		out.Letter = &release.LetterChange{}
		data = out.Letter
	case pushTypePrefix:
		out.Push = &release.Push{}
		data = out.Push
	default:
		return LifecycleEvent{}, poison("type", fmt.Sprintf("%q is not a lifecycle event", ev.kind))
	}
	if err := json.Unmarshal(ev.data, data); err != nil {
		return LifecycleEvent{}, unreadable(err)
	}
	return out, nil
}
