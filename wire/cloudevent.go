package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

const (
	headerContentType = "Content-Type"
	// binaryPrefix is what the names of attributes begin with in the binary mode.
	binaryPrefix   = "ce-"
	structuredMode = "application/cloudevents"
)

// Origin is who publishes a request or a command, and when. Source and ID together are
// the identity of the event: publishing the same event again takes the same two.
type Origin struct {
	// Source is a URI reference that names the publisher, "https://ci.example/shop".
	Source string
	// ID is unique within the source, the number of a pipeline run for example.
	ID string
	// Time is when the event was created; zero leaves it out.
	Time time.Time
	// Identity is who publishes, where NATS lets the publisher do so as nobody else: the message goes to
	// a subject of slipway.by.<identity>. Empty publishes where anybody may, so that who asks is
	// claimed.
	Identity string
	// Signer signs the message, which then needs a time, and says who it is of: whom the authority document
	// registers the key for. Nil signs nothing.
	Signer *Signer
}

// as returns who speaks: the identity where there is one, which nothing else may be said than.
func (o Origin) as(field, named string) (string, error) {
	if o.Identity == "" {
		if o.Signer != nil && named == "" {
			return "", release.Problem{Field: field, Message: "is missing: what is signed says who it is of"}
		}
		return named, nil
	}
	if err := IdentityFault(o.Identity); err != nil {
		return "", err
	}
	if named != "" && named != o.Identity {
		return "", release.Problem{Field: field, Message: notIdentity(named, o.Identity)}
	}
	return o.Identity, nil
}

// notIdentity says that who is named is not who may publish on the subject.
func notIdentity(named, identity string) string {
	return fmt.Sprintf("%q is not %q, on whose subject this is published; leave it out", named, identity)
}

// encode writes a structured CloudEvent for the subject with the Nats-Msg-Id.
func encode(subject, msgID string, ev event.Event) (*nats.Msg, error) {
	if err := ev.Validate(); err != nil {
		return nil, fmt.Errorf("cloud event: %w", err)
	}
	data, err := json.Marshal(ev)
	if err != nil {
		return nil, fmt.Errorf("cloud event: %w", err)
	}
	if len(data) > MaxPayload {
		return nil, fmt.Errorf("cloud event: %w: %d bytes, at most %d are taken", ErrTooLarge, len(data), MaxPayload)
	}
	return &nats.Msg{
		Subject: subject,
		Header: nats.Header{
			headerContentType:     {event.ApplicationCloudEventsJSON},
			jetstream.MsgIDHeader: {msgID},
		},
		Data: data,
	}, nil
}

// ErrTooLarge is the error of an event that is larger than [MaxPayload].
var ErrTooLarge = errors.New("too large")

// newEvent returns an event of the origin. Its source and id are held to the same rules as
// those of an event that is received, and are sent as they are, so that both sides derive
// the same identity.
func newEvent(o Origin, eventType string) (event.Event, error) {
	ev := event.New(event.CloudEventsVersionV1)
	for name, text := range map[string]string{attributeID: o.ID, attributeSource: o.Source} {
		if fault := faultOf(name, text); fault != "" {
			return ev, fmt.Errorf("cloud event: %w", release.Problem{Field: name, Message: fault})
		}
	}
	ev.SetID(o.ID)
	ev.SetSource(o.Source)
	ev.SetType(eventType)
	if !o.Time.IsZero() {
		ev.SetTime(o.Time)
	}
	if err := ev.Validate(); err != nil {
		return ev, fmt.Errorf("cloud event: %w", err)
	}
	if ev.Source() != o.Source {
		return ev, fmt.Errorf("cloud event: source %q is not a URI reference in its usual form; use %q", o.Source, ev.Source())
	}
	return ev, nil
}

// received is a CloudEvent that was read and is valid.
type received struct {
	id, source, kind, subject string
	// time is zero where none was given.
	time time.Time
	data []byte
}

// about refuses an event whose subject names something else than its data. It need have
// none.
func (r received) about(what string) *PoisonError {
	if r.subject == "" || r.subject == what {
		return nil
	}
	return poison(attributeSubject, fmt.Sprintf("the event says it is about %q, but its data is about %q; leave subject out or give that", r.subject, what))
}

// decode reads the CloudEvent of a message; its error is a [PoisonError].
func decode(msg *nats.Msg) (received, *PoisonError) {
	raw, bad := readEvent(msg)
	if bad != nil {
		return received{}, bad
	}
	given := raw.attributes
	at, _ := parseTime(given[attributeTime])
	return received{
		id: given[attributeID], source: given[attributeSource], kind: given[attributeType], subject: given[attributeSubject],
		time: at, data: raw.data,
	}, nil
}

// readEvent reads the CloudEvent of a message, and validates it: both encodings
// by the same rules, so that one event has one identity in either.
//
// The SDK reads events, too, but takes a source for another one that it thinks the usual
// form, lets the last of two equal attributes win, and reports types of Go instead of names
// of attributes.
func readEvent(msg *nats.Msg) (rawEvent, *PoisonError) {
	if len(msg.Data) > MaxPayload {
		return rawEvent{}, poison("data", fmt.Sprintf("the message has %d bytes; at most %d are taken", len(msg.Data), MaxPayload))
	}
	if times(msg.Header, HeaderRedacted) > 0 {
		return rawEvent{}, poison(HeaderRedacted, "secrets were cut out of this message when it became a dead letter; publish the original again, without them")
	}
	if times(msg.Header, headerContentType) > 1 {
		return rawEvent{}, poison(headerContentType, isRepeated)
	}
	read := readStructured
	if isBinary(msg.Header) {
		read = readBinary
	}
	raw, bad := read(msg)
	if bad != nil {
		return rawEvent{}, bad
	}
	if problems := merge(raw.problems, raw.faults()); len(problems) > 0 {
		return rawEvent{}, poisonous(problems)
	}
	return raw, nil
}

// isBinary follows the NATS binding of CloudEvents: what does not call itself structured
// and has attributes in its headers is binary. A message without either is structured,
// because that was the only mode of NATS before it had headers. Any of the attributes that
// an event must have will do: that another is missing is to be reported, and not that the data
// is no event.
func isBinary(h nats.Header) bool {
	mediaType, _ := header(h, headerContentType)
	if strings.HasPrefix(strings.ToLower(mediaType), structuredMode) {
		return false
	}
	for _, name := range []string{attributeVersion, attributeID, attributeSource, attributeType} {
		if times(h, binaryPrefix+name) > 0 {
			return true
		}
	}
	return false
}

// header looks a header up that is given once, without regard to case, which NATS keeps as
// it was sent.
func header(h nats.Header, name string) (value string, there bool) {
	for key, values := range h {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0], true
		}
	}
	return "", false
}

// times counts the values of a header, however it is spelt.
func times(h nats.Header, name string) int {
	count := 0
	for key, values := range h {
		if strings.EqualFold(key, name) {
			count += len(values)
		}
	}
	return count
}
