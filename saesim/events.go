package saesim

import (
	"fmt"
	"slices"
	"time"
)

// appEvent is something that happened to an application or one of its instances
// (SAE API reference ch. 10.11).
type appEvent struct {
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Object  string    `json:"object"`
	Warning bool      `json:"warning,omitempty"`
	Reason  string    `json:"reason"`
	Message string    `json:"message"`
}

// Kinds of objects that have events here.
const (
	kindDeployment = "Deployment"
	kindInstance   = "Pod"
	kindScaler     = "HorizontalPodAutoscaler"
)

// maxEvents is how many events of an application are kept, the newest ones.
const maxEvents = 200

// note keeps an event.
func (a *application) note(e appEvent) {
	a.Events = append(a.Events, e)
	if extra := len(a.Events) - maxEvents; extra > 0 {
		a.Events = slices.Delete(a.Events, 0, extra)
	}
}

func (a *application) noteInstance(i *instance, at time.Time, reason, message string) {
	a.note(appEvent{At: at, Kind: kindInstance, Object: i.ID, Reason: reason, Message: message})
}

// unhealthyMessage is why a health check fails where nothing else was arranged.
const unhealthyMessage = "Readiness probe failed"

// noteBroken keeps the two events of an instance that does not come up.
func (a *application) noteBroken(i *instance, at time.Time) {
	for _, e := range []appEvent{
		{Reason: "Unhealthy", Message: unhealthyMessage},
		{Reason: "BackOff", Message: "Back-off restarting failed container"},
	} {
		e.At, e.Kind, e.Object, e.Warning = at, kindInstance, i.ID, true
		a.note(e)
	}
}

// noteScaled keeps the events of a change of the instance count; by is the scaling
// rule that caused it, or empty.
func (a *application) noteScaled(at time.Time, by string) {
	if by != "" {
		a.note(appEvent{
			At: at, Kind: kindScaler, Object: by, Reason: "SuccessfulRescale",
			Message: fmt.Sprintf("New size: %d; reason: timing rule %s", a.Replicas, by),
		})
	}
	a.note(appEvent{
		At: at, Kind: kindDeployment, Object: a.Name, Reason: "ScalingReplicaSet",
		Message: fmt.Sprintf("Scaled to %d", a.Replicas),
	})
}

type eventData struct {
	ObjectKind     string
	EventType      string
	LastTimestamp  string
	Message        string
	ObjectName     string
	Reason         string
	FirstTimestamp string
}

type eventsData struct {
	CurrentPage    int
	AppEventEntity []eventData
	TotalSize      int
	PageSize       int
}

// listEvents serves ListAppEvents (SAE API reference ch. 10.11), newest first
// (reading).
func listEvents(c *call) (any, *apiError) {
	c.applies("ObjectKind", "ObjectName", "EventType", "Reason")
	apps := c.st.inNamespace(c.arg("Namespace"))
	if c.arg("AppId") != "" {
		app, refused := c.app()
		if refused != nil {
			return nil, refused
		}
		apps = slices.DeleteFunc(apps, func(a *application) bool { return a != app })
	}
	var found []appEvent
	for _, app := range apps {
		for _, e := range slices.Backward(app.Events) {
			if c.wantsEvent(e) {
				found = append(found, e)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b appEvent) int { return b.At.Compare(a.At) })
	p := c.page(defaultPageSize)
	data := eventsData{CurrentPage: p.Number, TotalSize: len(found), PageSize: p.Size, AppEventEntity: []eventData{}}
	for _, e := range cut(found, p) {
		at := e.At.UTC().Format(time.RFC3339)
		data.AppEventEntity = append(data.AppEventEntity, eventData{
			ObjectKind: e.Kind, EventType: e.level(), LastTimestamp: at, Message: e.Message,
			ObjectName: e.Object, Reason: e.Reason, FirstTimestamp: at,
		})
	}
	return data, nil
}

func (e appEvent) level() string {
	if e.Warning {
		return "Warning"
	}
	return "Normal"
}

// wantsEvent applies the filters of ListAppEvents.
func (c *call) wantsEvent(e appEvent) bool {
	for name, value := range map[string]string{
		"ObjectKind": e.Kind, "ObjectName": e.Object, "EventType": e.level(), "Reason": e.Reason,
	} {
		if wanted := c.arg(name); wanted != "" && wanted != value {
			return false
		}
	}
	return true
}
