package starter

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"slipway/authority"
	"slipway/release"
	"slipway/wire"
)

// proof is the signature of a message, and when the message was stored. Without a signature it proves nothing, and
// refuses nothing.
type proof struct {
	signature *wire.Signature
	stored    time.Time
}

// signed returns the plan for a message with its signature. One that is not good is poison: the message is never taken as an
// unsigned one.
func (p plan) signed(msg *nats.Msg, position wire.Delivery) plan {
	if p.poison != nil {
		return p
	}
	signature, err := wire.SignatureOf(msg)
	if err != nil {
		return plan{kind: p.kind, poison: poisonOf(err)}
	}
	p.proof = proof{signature, position.Stored}
	return p
}

// given reports whether the message is signed.
func (p proof) given() bool { return p.signature != nil }

// verify returns the name of the key of the document that proves who is named in a field, or nothing where the message
// is not signed. Where it is, and the signature does not prove that, it returns a [release.Problem].
func (p proof) verify(d authority.Current, field, named string) (signedBy string, err error) {
	if !p.given() {
		return "", nil
	}
	if !d.Exists() {
		return "", release.Problem{Field: "signedby", Message: "there is no authority document that says whose the key is; publish without signedby and signature, or have the key registered: slipway authority apply"}
	}
	key, known := d.KeyOf(p.signature.Key)
	if !known {
		return "", release.Problem{Field: "signedby", Message: fmt.Sprintf("%s is no key of the authority document; have an admin add it under keys", p.signature.Key)}
	}
	if !key.Until.IsZero() && !p.stored.Before(key.Until) {
		return "", release.Problem{Field: "signedby", Message: fmt.Sprintf(
			"key %s of %s has ended at %s; sign with another one, or have an admin set its until anew", key.Name, key.Identity, key.Until.UTC().Format(time.RFC3339))}
	}
	if err := p.signature.CheckTime(p.stored); err != nil {
		return "", err
	}
	if named != key.Identity {
		return "", release.Problem{Field: field, Message: fmt.Sprintf("%q is not %q, whose key %s has signed this; nobody signs for somebody else", release.ShortenTo(named, release.MaxID), key.Identity, key.Name)}
	}
	return key.Name, nil
}
