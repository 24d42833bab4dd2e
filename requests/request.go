package requests

import (
	"cmp"
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// Request is a release or a set to ask for.
type Request struct {
	digest   string
	encode   func(wire.Origin) (*nats.Msg, error)
	receipt  func(source, eventID string) Receipt
	recorded func(ctx context.Context, known *ledger.Ledger, id string) (ledger.Identity, error)
	as       func(identity string) (Request, error)
}

// Receipt tells what was asked for.
type Receipt struct {
	// ReleaseID or SetID is what comes of it.
	ReleaseID string `json:"releaseId,omitempty"`
	SetID     string `json:"setId,omitempty"`
	Source    string `json:"source"`
	EventID   string `json:"eventId"`
	// Duplicate tells that the stream held this event already.
	Duplicate bool `json:"duplicate,omitempty"`
}

// ID is that of the release or the set.
func (r Receipt) ID() string { return cmp.Or(r.ReleaseID, r.SetID) }

// OfRelease asks for a release.
func OfRelease(spec release.Spec) Request {
	return Request{
		digest: spec.Digest(),
		encode: func(o wire.Origin) (*nats.Msg, error) { return wire.EncodeRequest(o, spec) },
		receipt: func(source, eventID string) Receipt {
			return Receipt{ReleaseID: release.ID(spec.App, source, eventID)}
		},
		recorded: func(ctx context.Context, known *ledger.Ledger, id string) (ledger.Identity, error) {
			r, err := known.GetOf(ctx, spec.App, id)
			return r.Identity, err
		},
		as: func(identity string) (Request, error) {
			named := spec
			named.RequestedBy = cmp.Or(spec.RequestedBy, identity)
			return OfRelease(named), nil
		},
	}
}

// OfNamed asks for a release of a named application. The starter resolves it, with the document as it is by then.
func OfNamed(n wire.Named) (Request, error) {
	digest, err := n.Digest()
	return Request{
		digest:  digest,
		encode:  func(o wire.Origin) (*nats.Msg, error) { return wire.EncodeNamedRequest(o, n) },
		receipt: func(source, eventID string) Receipt { return Receipt{ReleaseID: n.ReleaseID(source, eventID)} },
		recorded: func(ctx context.Context, known *ledger.Ledger, id string) (ledger.Identity, error) {
			r, err := known.Get(ctx, id)
			return r.Identity, err
		},
		as: func(identity string) (Request, error) { return OfNamed(n.AskedBy(identity)) },
	}, err
}

// OfSet asks for a set. The starter resolves the names in it, with the documents as they are by then.
func OfSet(s wire.AskedSet) (Request, error) {
	digest, err := s.Digest()
	return Request{
		digest: digest,
		encode: func(o wire.Origin) (*nats.Msg, error) { return wire.EncodeSetRequest(o, s) },
		receipt: func(source, eventID string) Receipt {
			return Receipt{SetID: release.SetID(s.Set.Name, source, eventID)}
		},
		recorded: func(ctx context.Context, known *ledger.Ledger, id string) (ledger.Identity, error) {
			s, err := known.GetSet(ctx, id)
			return s.Identity, err
		},
		as: func(identity string) (Request, error) {
			named := s
			named.Set.RequestedBy = cmp.Or(s.Set.RequestedBy, identity)
			return OfSet(named)
		},
	}, err
}

// As is the request as an identity publishes it: one that says nobody is then of the identity. That is its content, of which the
// ledger has the digest. Empty is no identity.
func (r Request) As(identity string) (Request, error) {
	if identity == "" {
		return r, nil
	}
	return r.as(identity)
}

// Digest is that of the content; see [release.Spec.Digest].
func (r Request) Digest() string { return r.digest }

// Message is the event of the request.
func (r Request) Message(o wire.Origin) (*nats.Msg, error) { return r.encode(o) }

// Receipt is what comes of the request by the event of a source.
func (r Request) Receipt(source, eventID string) Receipt {
	out := r.receipt(source, eventID)
	out.Source, out.EventID = source, eventID
	return out
}

// knownTime bounds the question to the ledger: who may not ask it gets no answer.
const knownTime = 2 * time.Second

// Known reports whether the ledger knows that the same was asked for before. It fails with a [*ledger.ConflictError] where
// that was with another content: the event would become a dead letter. What the ledger cannot tell, the starter will.
func (r Request) Known(ctx context.Context, known *ledger.Ledger, id string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, knownTime)
	defer cancel()
	have, err := r.recorded(ctx, known, id)
	if err != nil || have.Digest == "" || have.Digest == r.digest {
		return err == nil, nil // a ledger that does not answer says nothing against it
	}
	return true, &ledger.ConflictError{ID: id, Recorded: have.Digest, Asked: r.digest}
}
