package wire

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

// MaxNotification is the size of a notification in bytes: an event of [release.MaxTold] with its envelope fits twice.
const MaxNotification = 128 << 10

const (
	notificationPrefix = "slipway.notify."
	notifyNow          = notificationPrefix + "now."
	notifyLater        = notificationPrefix + "later."
)

const (
	// AllNotifications are the subjects of notifications, with wildcards.
	AllNotifications = notificationPrefix + ">"
	// AllNotificationsNow are those of notifications that can be sent.
	AllNotificationsNow = notifyNow + ">"
	// AllNotificationsLater are those of notifications that become due.
	AllNotificationsLater = notifyLater + ">"
)

// Notification is an event that a channel is to be told of: a message of StreamNotify, one for each channel, and one for
// each step of a ladder.
type Notification struct {
	// ID is that of the event with the channel and the step: the same however often the event is read.
	ID string `json:"id"`
	// Channel is the name of the channel.
	Channel string `json:"channel"`
	// Name is what people called the application, application/environment, when the event was read; empty where they did not.
	Name string `json:"name,omitempty"`
	// Page tells that the people of the channel are called.
	Page bool `json:"page,omitempty"`
	// After is how long the wait has lasted by then that the event tells of, and Due when that is; both are zero where the
	// event itself is told.
	After release.Duration `json:"after,omitempty"`
	Due   time.Time        `json:"due,omitzero"`
	// Sequence is that of the event in StreamEvents, and Event the event as it was published.
	Sequence uint64          `json:"sequence"`
	Event    json.RawMessage `json:"event"`
}

// NotificationSubject is where notifications of a channel stand that can be sent: slipway.notify.now.<channel>.
func NotificationSubject(channel string) string { return notifyNow + channel }

// Of returns the notification with what follows from the event that it tells of: its ID, and when it is due.
func (n Notification) Of(told LifecycleEvent) Notification {
	n.ID = told.ID + "/" + n.Channel
	if n.After > 0 {
		n.ID += "/" + n.After.String()
		n.Due = told.Time.Add(n.After.Std())
	}
	return n
}

// Encode returns the message of the notification, for now or for later. Its Nats-Msg-Id follows from the ID, so that publishing it
// again within [DedupWindow] stores nothing new. One beyond [MaxNotification] is [ErrTooLarge].
func (n Notification) Encode(later bool) (*nats.Msg, error) {
	data, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("encode notification %s: %w", n.ID, err)
	}
	if len(data) > MaxNotification {
		return nil, fmt.Errorf("encode notification %s: %w: %d bytes, at most %d are taken", n.ID, ErrTooLarge, len(data), MaxNotification)
	}
	subject, id := notifyNow, n.ID
	if later {
		subject, id = notifyLater, n.ID+"/later"
	}
	return &nats.Msg{Subject: subject + n.Channel, Header: nats.Header{jetstream.MsgIDHeader: {id}}, Data: data}, nil
}

// DecodeNotification reads a notification and its event; the error is a [PoisonError]. Fields that this version does not know
// are passed over, because a newer one may have published them.
func DecodeNotification(msg *nats.Msg) (Notification, LifecycleEvent, error) {
	n, told, bad := decodeNotification(msg)
	if bad != nil {
		return Notification{}, LifecycleEvent{}, bad
	}
	return n, told, nil
}

func decodeNotification(msg *nats.Msg) (n Notification, told LifecycleEvent, bad *PoisonError) {
	if len(msg.Data) > MaxNotification {
		return n, told, poison("data", fmt.Sprintf("the message has %d bytes; at most %d are taken", len(msg.Data), MaxNotification))
	}
	if times(msg.Header, HeaderRedacted) > 0 {
		return n, told, poison(HeaderRedacted, "secrets were cut out of this message when it became a dead letter")
	}
	if err := json.Unmarshal(msg.Data, &n); err != nil {
		return n, told, unreadable(err)
	}
	channel, later := strings.CutPrefix(msg.Subject, notifyLater)
	if !later {
		channel = strings.TrimPrefix(msg.Subject, notifyNow)
	}
	var problems release.Problems
	check := func(ok bool, field, message string) {
		if !ok {
			problems = append(problems, release.Problem{Field: field, Message: message})
		}
	}
	check(n.ID != "", "id", "is missing")
	check(isToken(n.Channel) && n.Channel == channel, "channel", fmt.Sprintf("%.100q is not the channel of the subject, %.100q", n.Channel, channel))
	check(n.After >= 0, "after", "cannot be negative")
	check(!later || !n.Due.IsZero(), "due", "is missing")
	told, err := DecodeEvent(&nats.Msg{Subject: msg.Subject, Header: nats.Header{headerContentType: {event.ApplicationCloudEventsJSON}}, Data: n.Event})
	if err != nil {
		check(false, "event", err.Error())
	}
	if len(problems) > 0 {
		return n, told, poisonous(problems)
	}
	return n, told, nil
}

// IsNotification reports whether a subject is one of notifications.
func IsNotification(subject string) bool { return strings.HasPrefix(subject, notificationPrefix) }
