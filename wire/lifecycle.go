package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/release"
)

const (
	eventTypePrefix = "dev.slipway.release."
	eventScheme     = "slipway://"
	// extensionReleaseID is the extension attribute that names the release.
	extensionReleaseID = "releaseid"
)

// EventType returns the event type of a lifecycle event: dev.slipway.release.<kind>.v1.
func EventType(kind release.EventKind) string { return eventTypePrefix + string(kind) + typeVersion }

// LifecycleEvent is a lifecycle event as it was published.
type LifecycleEvent struct {
	release.Event

	// Time is when the transition was published.
	Time time.Time
}

// EncodeEvent returns the message of a lifecycle event, as structured CloudEvent: its
// source is slipway://<platform>/<region>/<app-id>, its subject that path, its data the
// [release.Progress]. The event's ID is the Nats-Msg-Id, so that publishing it again
// within [DedupWindow] stores nothing new. An event beyond [MaxPayload] is [ErrTooLarge].
func EncodeEvent(e release.Event, at time.Time) (*nats.Msg, error) {
	p := e.Progress
	about := p.App.SearchValue()
	ev, err := newEvent(Origin{Source: eventScheme + about, ID: e.ID, Time: at}, EventType(e.Kind))
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	ev.SetSubject(about)
	ev.SetExtension(extensionReleaseID, p.ReleaseID)
	if err := ev.SetData(event.ApplicationJSON, p); err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	msg, err := encode(EventSubject(p.App, p.ReleaseID, e.Kind), e.ID, ev)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	return msg, nil
}

// DecodeEvent reads a lifecycle event. Fields that this version does not know are
// passed over, because a newer one may have published them.
func DecodeEvent(msg *nats.Msg) (LifecycleEvent, error) {
	ev, bad := decode(msg)
	if bad != nil {
		return LifecycleEvent{}, bad
	}
	kind, ok := strings.CutPrefix(ev.Type(), eventTypePrefix)
	kind, versioned := strings.CutSuffix(kind, typeVersion)
	if !ok || !versioned || kind == "" {
		return LifecycleEvent{}, poison("type", fmt.Sprintf("%q is not a lifecycle event", ev.Type()))
	}
	out := LifecycleEvent{Event: release.Event{ID: ev.ID(), Kind: release.EventKind(kind)}, Time: ev.Time()}
	if err := json.Unmarshal(ev.Data(), &out.Progress); err != nil {
		return LifecycleEvent{}, poison("data", err.Error())
	}
	return out, nil
}
