package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	headerContentType = "Content-Type"
	// binaryPrefix is what the names of attributes begin with in the binary mode.
	binaryPrefix   = "ce-"
	structuredMode = "application/cloudevents"

	attributeVersion = "specversion"
)

// Origin is who publishes a request or a command, and when. Source and ID together are
// the identity of the event: saying the same thing again takes the same two.
type Origin struct {
	// Source is a URI reference that names the publisher, "https://ci.example/shop".
	Source string
	// ID is unique within the source, the number of a pipeline run for example.
	ID string
	// Time is when the thing was said; zero leaves it out.
	Time time.Time
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

// ErrTooLarge says that an event is larger than [MaxPayload].
var ErrTooLarge = errors.New("too large")

// newEvent returns an event of the origin. Its source and id must be in the form in
// which the receiver will see them, so that both derive the same identity.
func newEvent(o Origin, eventType string) (event.Event, error) {
	ev := event.New(event.CloudEventsVersionV1)
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
	if ev.ID() != o.ID {
		return ev, fmt.Errorf("cloud event: id %q must not begin or end with blanks", o.ID)
	}
	return ev, nil
}

// decode reads the CloudEvent of a message; its error is a [PoisonError].
func decode(msg *nats.Msg) (event.Event, *PoisonError) {
	if len(msg.Data) > MaxPayload {
		return event.Event{}, poison("data", fmt.Sprintf("the message has %d bytes; at most %d are taken", len(msg.Data), MaxPayload))
	}
	read := readStructured
	if isBinary(msg.Header) {
		read = readBinary
	}
	ev, bad := read(msg)
	if bad != nil {
		return ev, bad
	}
	if err := ev.Validate(); err != nil {
		return ev, invalidAttributes(err)
	}
	if ev.SpecVersion() != event.CloudEventsVersionV1 {
		return ev, poison(attributeVersion, fmt.Sprintf("%q is not supported; use %s", ev.SpecVersion(), event.CloudEventsVersionV1))
	}
	if !isJSON(ev.DataContentType()) {
		return ev, poison("datacontenttype", fmt.Sprintf("%q is not supported; use %s", ev.DataContentType(), event.ApplicationJSON))
	}
	ev.SetID(ev.ID()) // without blanks around it, in either mode
	return ev, nil
}

// isBinary follows the NATS binding of CloudEvents: what does not call itself structured
// and has attributes in its headers is binary. A message without either is structured,
// because that was the only mode of NATS before it had headers.
func isBinary(h nats.Header) bool {
	if strings.HasPrefix(strings.ToLower(header(h, headerContentType)), structuredMode) {
		return false
	}
	return header(h, binaryPrefix+attributeVersion) != ""
}

// header looks a header up without regard to case, which NATS keeps as it was sent.
func header(h nats.Header, name string) string {
	for key, values := range h {
		if strings.EqualFold(key, name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func readStructured(msg *nats.Msg) (ev event.Event, bad *PoisonError) {
	var attributes map[string]json.RawMessage
	if err := json.Unmarshal(msg.Data, &attributes); err != nil {
		return ev, poison("", "the message is not a CloudEvent: it is no JSON object ("+err.Error()+") and has no ce- headers")
	}
	if attributes == nil {
		return ev, poison("", "the message is not a CloudEvent: it is null")
	}
	if bad := attributeTypes(attributes); bad != nil {
		return ev, bad
	}
	// The SDK stops at the first attribute that it cannot read and then misses the
	// version if that has not come yet, so the version comes first.
	version, given := attributes[attributeVersion]
	if !given {
		return ev, poison(attributeVersion, "is missing: the message is not a CloudEvent")
	}
	delete(attributes, attributeVersion)
	rest, err := json.Marshal(attributes)
	if err != nil {
		return ev, poison("", "the message is not a CloudEvent: "+err.Error())
	}
	normal := append([]byte(`{"`+attributeVersion+`":`), version...)
	if len(attributes) > 0 {
		normal = append(normal, ',')
	}
	normal = append(normal, rest[1:]...)
	if err := json.Unmarshal(normal, &ev); err != nil {
		return ev, invalidAttributes(err)
	}
	return ev, nil
}

// attributeTypes checks that the attributes that are text are, writes each in the plain
// form (the SDK takes base64 data for what stands between two quotes, though JSON allows
// escapes there) and drops those that are null, which means unset.
func attributeTypes(attributes map[string]json.RawMessage) *PoisonError {
	for _, name := range []string{"id", "source", "type", attributeVersion, "subject", "time", "datacontenttype", "dataschema", "data_base64"} {
		given, ok := attributes[name]
		if !ok {
			continue
		}
		var text *string
		if err := json.Unmarshal(given, &text); err != nil {
			return poison(name, "must be a string")
		}
		if text == nil {
			delete(attributes, name)
			continue
		}
		plain, err := json.Marshal(*text)
		if err != nil {
			return poison(name, err.Error())
		}
		attributes[name] = plain
	}
	return nil
}

func readBinary(msg *nats.Msg) (ev event.Event, bad *PoisonError) {
	given := header(msg.Header, binaryPrefix+attributeVersion)
	version := spec.WithPrefix(binaryPrefix).Version(given)
	if version == nil {
		return ev, poison(attributeVersion, fmt.Sprintf("%q is not supported; use %s", given, event.CloudEventsVersionV1))
	}
	ev = event.New(version.String())
	ev.DataEncoded = msg.Data
	// Other bindings put the content type there; an attribute of its own goes before it.
	if mediaType := header(msg.Header, headerContentType); mediaType != "" {
		ev.SetDataContentType(mediaType)
	}
	for _, name := range slices.Sorted(maps.Keys(msg.Header)) {
		value := header(msg.Header, name)
		if !strings.HasPrefix(strings.ToLower(name), binaryPrefix) || value == "" {
			continue
		}
		// Blanks and what is not ASCII come percent-encoded; a value that does not decode
		// comes from a publisher that does not encode.
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		if err := version.SetAttribute(ev.Context, name, value); err != nil {
			return ev, poison(strings.ToLower(name)[len(binaryPrefix):], err.Error())
		}
	}
	return ev, nil
}

// invalidAttributes turns the SDK's findings into one poison, in the order of names.
func invalidAttributes(err error) *PoisonError {
	var invalid event.ValidationError
	if !errors.As(err, &invalid) {
		return poison("", "the message is not a CloudEvent: "+err.Error())
	}
	fields := slices.Sorted(maps.Keys(invalid))
	reasons := make([]string, len(fields))
	for i, f := range fields {
		reasons[i] = f + ": " + invalid[f].Error()
	}
	return &PoisonError{Field: strings.Join(fields, ","), Reason: oneLine(strings.Join(reasons, "; "))}
}

func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && (mediaType == event.ApplicationJSON || mediaType == "text/json" || strings.HasSuffix(mediaType, "+json"))
}
