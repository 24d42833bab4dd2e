package hooks

import (
	"net/http"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/internal/cdevents"
	"slipway/wire"
)

// cdevent is what tells which event a payload is: a CloudEvent that has a CDEvent as its data, or the CDEvent alone.
type cdevent struct {
	SpecVersion string `json:"specversion"`
	Type        string `json:"type"`
	Context     struct {
		Type string `json:"type"`
	} `json:"context"`
}

// The headers of a CloudEvent in binary mode, and what their names begin with.
const (
	headerContentType = "Content-Type"
	headerCEPrefix    = "Ce-"
	headerCEType      = "Ce-Type"
)

// cdevents reads a CDEvent. A CloudEvent is held to the rules of one that comes over NATS.
func (p Payload) cdevents() ([]wire.Published, error) {
	var said cdevent
	if err := p.read(&said); err != nil {
		return nil, err
	}
	binary := p.Header.Get(headerCEType) != "" && !strings.HasPrefix(strings.ToLower(p.Header.Get(headerContentType)), "application/cloudevents")
	kind, parse := said.Context.Type, func() (wire.Published, error) { return wire.ParsePublished(p.Body) }
	switch {
	case binary:
		kind, parse = p.Header.Get(headerCEType), p.binary
	case said.SpecVersion != "":
		kind, parse = said.Type, p.structured
	}
	if strings.HasPrefix(kind, cdeventsPrefix) && !cdevents.IsArtifactPublished(kind) {
		return nil, ignored("%.100q is no push; those of CDEvents are %s", kind, cdevents.TypeArtifactPublished)
	}
	push, err := parse()
	if err != nil {
		return nil, problemsOf(err)
	}
	// Who published is what this came by, whatever it says of itself.
	push.Sender, push.SenderID = wire.SenderCDEvents, true
	return checked([]wire.Published{push})
}

const cdeventsPrefix = "dev.cdevents."

func (p Payload) structured() (wire.Published, error) {
	return p.decode(nats.Header{headerContentType: {event.ApplicationCloudEventsJSON}})
}

func (p Payload) binary() (wire.Published, error) {
	header := nats.Header{}
	for name, values := range p.Header {
		if canonical := http.CanonicalHeaderKey(name); strings.HasPrefix(canonical, headerCEPrefix) || canonical == headerContentType {
			header[canonical] = append(header[canonical], values...)
		}
	}
	return p.decode(header)
}

// decode reads the event as that of a message.
func (p Payload) decode(header nats.Header) (wire.Published, error) {
	return wire.DecodePublished(&nats.Msg{Subject: wire.ArtifactSubject(wire.SenderCDEvents), Header: header, Data: p.Body})
}

// rfc3339 returns the time of a text; zero where it is none.
func rfc3339(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
