package wire

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/release"
)

// MessageKind is what a message of StreamIn asks for.
type MessageKind string

// The kinds of messages.
const (
	KindRequest MessageKind = "request"
	KindSet     MessageKind = "set"
	KindCommand MessageKind = "command"
	// KindArtifact tells of a push to a registry.
	KindArtifact MessageKind = "artifact"
	// KindNotification is what a channel was to be told of; it comes from StreamNotify.
	KindNotification MessageKind = "notification"
)

// MessageKinds returns all kinds.
func MessageKinds() []MessageKind {
	return []MessageKind{KindRequest, KindCommand, KindSet, KindArtifact, KindNotification}
}

func kindOfSubject(subject string) MessageKind {
	address, _ := readSubject(subject)
	return address.kind
}

// Letter is a dead letter as it was read: the message as it came, but for the secrets that were
// cut out, and why it was refused.
type Letter struct {
	// Sequence is that of the dead letter in StreamDeadLetter, and At when it was stored.
	Sequence uint64
	At       time.Time
	// Subject is the one on which the message was published, and Kind what it asked for there.
	Subject string
	Kind    MessageKind
	// Header and Data are the message's own.
	Header nats.Header
	Data   []byte

	// Reason and Field are those of the [PoisonError].
	Reason, Field string
	// Redacted are the places that secrets were cut out of; such a message is not what was
	// published.
	Redacted []string
	// Deliveries is how often the message was delivered, and StreamSequence its sequence in
	// StreamIn; 0 where the letter does not tell.
	Deliveries, StreamSequence uint64

	// Source, EventID and Type are attributes of the event, as far as they can be read.
	Source, EventID, Type string
	// By is who has published it, as far as it can be read; it is proven where Verified tells so, and else
	// what the message claims.
	By       string
	Verified bool
	// SignedBy is the public key by which the message says that it was signed. The signature was cut out: nobody who
	// reads dead letters can use it.
	SignedBy string
	// About is what the message is for, as far as it can be read: platform/region/id of an
	// application, set/name, the ID of a release or a set, or the name of a channel. It is not checked.
	About string
}

// ReadDeadLetter reads what [DeadLetter] has written. Of a message that somebody else has put
// into the stream it reads what is there.
func ReadDeadLetter(msg *jetstream.RawStreamMsg) Letter {
	subject := strings.TrimPrefix(msg.Subject, deadLetterPrefix)
	l := Letter{
		Sequence: msg.Sequence, At: msg.Time, Subject: subject, Kind: kindOfSubject(subject), Data: msg.Data, Header: nats.Header{},
		Reason: msg.Header.Get(HeaderReason), Field: msg.Header.Get(HeaderField),
		Deliveries: number(msg.Header.Get(HeaderDeliveryCount)), StreamSequence: number(msg.Header.Get(HeaderStreamSequence)),
	}
	if places := msg.Header.Get(HeaderRedacted); places != "" {
		l.Redacted = strings.Split(places, ", ")
	}
	for name, values := range msg.Header {
		if keepsName(name) {
			l.Header[name] = values
		}
	}
	for _, line := range msg.Header.Values(HeaderOriginalHeader) {
		if name, value, ok := strings.Cut(line, ": "); ok {
			l.Header[name] = append(l.Header[name], value)
		}
	}
	l.readEvent()
	return l
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0 // not written by Slipway
	}
	return n
}

// readEvent reads what can be read of an event that was refused.
func (l *Letter) readEvent() {
	read := readStructured
	if isBinary(l.Header) {
		read = readBinary
	}
	e, bad := read(&nats.Msg{Subject: l.Subject, Header: l.Header, Data: l.Data})
	if bad != nil {
		e = rawEvent{}
	}
	l.Source, l.EventID, l.Type = e.attributes[attributeSource], e.attributes[attributeID], e.attributes[attributeType]
	l.SignedBy, l.About = e.attributes[attributeSignedBy], l.about(e.data)
	var who struct{ By, RequestedBy string }
	_ = json.Unmarshal(e.data, &who) // what cannot be read claims nothing
	l.By = cmp.Or(who.By, who.RequestedBy)
	if on, _ := readSubject(l.Subject); release.CanBeVerified(on.identity) {
		l.By, l.Verified = on.identity, true
	}
}

// about is what the message is for: what its subject tells, and of an application the region
// that is in the data alone.
func (l *Letter) about(data []byte) string {
	on, ok := readSubject(l.Subject)
	switch {
	case on.kind == KindCommand:
		return on.id
	case on.kind == KindSet:
		return AboutSet(on.set)
	case on.kind == KindArtifact:
		return artifactOf(data)
	case on.kind == KindNotification:
		return on.channel
	case ok && on.named:
		return aboutNamed(on.application, on.environment)
	case ok && on.identity != "":
		return release.App{Platform: release.Platform(on.platform), Region: on.region, ID: on.app}.SearchValue()
	}
	var asked struct {
		App release.App `json:"app"`
	}
	err := json.Unmarshal(data, &asked)
	switch {
	case !ok:
		return ""
	case err != nil || asked.App.ID != on.app || string(asked.App.Platform) != on.platform:
		return on.platform + "/?/" + on.app
	}
	return asked.App.SearchValue()
}

// artifactOf is the image that a push tells of; empty where that cannot be read.
func artifactOf(data []byte) string {
	p, err := ParsePublished(data)
	if err != nil {
		return ""
	}
	return p.String()
}

// Problems are the reasons, one for each field where they can be told apart.
func (l Letter) Problems() release.Problems {
	var out release.Problems
	fields, rest := strings.Split(l.Field, ","), l.Reason
	for i, field := range fields {
		message, ok := strings.CutPrefix(rest, field+": ")
		if !ok || field == "" {
			return release.Problems{{Field: l.Field, Message: l.Reason}}
		}
		if i == len(fields)-1 {
			return append(out, release.Problem{Field: field, Message: message})
		}
		before, _, more := strings.Cut(message, "; "+fields[i+1]+": ")
		out = append(out, release.Problem{Field: field, Message: before})
		if !more { // the reason was shortened
			return out
		}
		rest = message[len(before)+len("; "):]
	}
	return out
}

// Original returns the message as it was published, for the subject that it came from: with
// its data and its headers, and so with the source and ID that are its identity. The headers that
// JetStream acts on are left out. Nats-Msg-Id is one of them: the stream would drop the
// message as one that it has had within [DedupWindow].
func (l Letter) Original() *nats.Msg {
	header := nats.Header{}
	for name, values := range l.Header {
		if !strings.HasPrefix(strings.ToLower(name), natsPrefix) {
			header[name] = values
		}
	}
	return &nats.Msg{Subject: l.Subject, Header: header, Data: l.Data}
}

// Target returns the ID of the release or the set that the message asks for or commands, or of the notification that it is. The
// error is a [PoisonError] where the message would be refused again, by what can be read of it.
func (l Letter) Target() (id string, err error) {
	if len(l.Redacted) > 0 {
		what := "secrets were"
		if l.SignedBy != "" {
			what = "its signature, and secrets if it had any, were"
		}
		return "", poison(HeaderRedacted, fmt.Sprintf("%s cut out of it (%s), so that it is not what was published", what, strings.Join(l.Redacted, ", ")))
	}
	msg := l.Original()
	switch l.Kind {
	case KindCommand:
		id, _, err = DecodeCommand(msg)
	case KindSet:
		var r SetRequest
		r, err = DecodeSetRequest(msg)
		id = r.ID
	case KindRequest:
		id, err = requestTarget(msg)
	case KindArtifact:
		_, err = DecodePublished(msg) // which may mean any number of releases
	case KindNotification:
		var n Notification
		n, _, err = DecodeNotification(msg)
		id = n.ID
	}
	return id, err
}

// requestTarget returns the ID of the release that a request asks for.
func requestTarget(msg *nats.Msg) (id string, err error) {
	if IsNamedRequest(msg.Subject) {
		r, err := DecodeNamedRequest(msg)
		return r.ReleaseID, err
	}
	r, err := DecodeRequest(msg)
	return r.ReleaseID, err
}
