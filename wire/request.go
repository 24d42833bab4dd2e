package wire

import (
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"slipway/release"
)

// TypeRequested is the type of an event that asks for a release.
const TypeRequested = "dev.slipway.release.requested.v1"

// EncodeRequest returns the message that asks for a release, as structured CloudEvent.
// The release it means has the ID [release.ID] of its application and the origin. The spec is sent as it is;
// [Validate] returns beforehand what the receiver would refuse. One with what looks like a secret
// is not encoded.
func EncodeRequest(o Origin, s release.Spec) (*nats.Msg, error) {
	if !isToken(string(s.App.Platform)) || !isToken(s.App.ID) {
		return nil, fmt.Errorf("encode request: %w", release.Problem{Field: "app", Message: "platform and id must be letters, digits, hyphens or underscores"})
	}
	if secrets := secretsOf(s); len(secrets) > 0 {
		return nil, fmt.Errorf("encode request: %w", secrets)
	}
	requestedBy, err := o.as("requestedBy", s.RequestedBy)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	s.RequestedBy = requestedBy
	subject := RequestSubject(s.App)
	if o.Identity != "" {
		subject = VerifiedRequestSubject(o.Identity, s.App)
	}
	ev, err := newEvent(o, TypeRequested)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	ev.SetSubject(s.App.SearchValue())
	if err := ev.SetData(event.ApplicationJSON, s); err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	msg, err := o.encode(subject, requestMsgID(s, o), ev)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return msg, nil
}

// requestMsgID is the Nats-Msg-Id of a request: the release and its content. A further
// request of the same identity with another content is not dropped in silence.
func requestMsgID(s release.Spec, o Origin) string {
	return contentMsgID(release.ID(s.App, o.Source, o.ID), s.Digest())
}

func contentMsgID(id, digest string) string {
	return id + "." + strings.TrimPrefix(digest, "sha256:")[:16]
}

// Request is an event that asks for a release, as it was read.
type Request struct {
	// Submission is the ID of the release, which is [release.ID], and the spec with its
	// defaults.
	release.Submission

	// Source and EventID are those of the event.
	Source, EventID string
}

// DecodeRequest reads a message that asks for a release. The error is a [PoisonError].
func DecodeRequest(msg *nats.Msg) (Request, error) {
	on, ok := readSubject(msg.Subject)
	if !ok || on.kind != KindRequest || on.named {
		return Request{}, poison("subject", fmt.Sprintf("%q is not %s", msg.Subject, requestForm(on)))
	}
	ev, bad := decode(msg)
	if bad != nil {
		return Request{}, bad
	}
	if ev.kind != TypeRequested {
		return Request{}, poison("type", fmt.Sprintf("%q is not a release request; use %s", ev.kind, TypeRequested))
	}
	s, err := ParseSpec(ev.data)
	if err != nil {
		return Request{}, Refused(err)
	}
	subject := RequestSubject(s.App)
	if on.identity != "" {
		subject = VerifiedRequestSubject(on.identity, s.App)
	}
	if msg.Subject != subject {
		return Request{}, poison("subject", fmt.Sprintf("%q is not the subject of the application in the data, %q", msg.Subject, subject))
	}
	if bad := on.speaks("requestedBy", &s.RequestedBy); len(bad) > 0 {
		return Request{}, poisonous(bad)
	}
	if bad := ev.about(s.App.SearchValue()); bad != nil {
		return Request{}, bad
	}
	return Request{
		Submission: release.Submission{
			ReleaseID: release.ID(s.App, ev.source, ev.id), Spec: s, Admission: release.Admission{Verified: on.identity != ""},
		},
		Source: ev.source, EventID: ev.id,
	}, nil
}

// requestForm is what the subject of a request looks like.
func requestForm(a address) string {
	if a.identity != "" {
		return verifiedPrefix + "<identity>.request.<platform>.<region>.<app-id>"
	}
	return requestPrefix + "<platform>.<app-id>"
}

// speaks puts the identity of the subject, where there is one, in the place of who is named, who must
// not be somebody else.
func (a address) speaks(field string, named *string) release.Problems {
	if a.identity == "" {
		return nil
	}
	if *named != "" && *named != a.identity {
		return release.Problems{{Field: field, Message: notIdentity(*named, a.identity)}}
	}
	*named = a.identity
	return nil
}
