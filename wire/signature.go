package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"slipway/release"
)

// The attributes of a signed event: the public key, a user key of NATS ("U…"), and the signature, 64 bytes
// in base64url without padding, as NATS itself writes signatures.
const (
	attributeSignedBy  = "signedby"
	attributeSignature = "signature"
)

// signedForm is the first line of what is signed. Another form gets another number.
const signedForm = "slipway-signature-v1"

const (
	// MaxSignatureAge is how long before it was stored an event may have been signed: who copies a signed event
	// can publish it once more for this long, and no longer. How long it then waits for a starter does not count.
	MaxSignatureAge = 15 * time.Minute
	// MaxClockSkew is how far the clock of who signs may be ahead of that of the NATS server.
	MaxClockSkew = 5 * time.Minute
)

// signatureSize is the size of a signature of Ed25519 in bytes.
const signatureSize = 64

// Signer signs what is published, with a user key of NATS (an nkey, Ed25519).
type Signer struct {
	pair   nkeys.KeyPair
	public string
}

// NewSigner returns the signer of a seed: the content of a file that holds one ("SU…"), as nk and nsc write it. No
// error quotes it.
func NewSigner(seed []byte) (*Signer, error) {
	pair, err := nkeys.ParseDecoratedUserNKey(seed)
	if err != nil {
		return nil, errors.New("it holds no seed of a user key of NATS (SU…)")
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, errors.New("its seed has no public key")
	}
	return &Signer{pair, public}, nil
}

// PublicKey is the public key, "U…".
func (s *Signer) PublicKey() string { return s.public }

// String is the public key, so that nothing prints the seed.
func (s *Signer) String() string { return s.public }

// PublicKeyFault says what is wrong with the public key of a user of NATS, without quoting it; empty where nothing is.
func PublicKeyFault(key string) string {
	switch {
	case strings.HasPrefix(key, "S"):
		return "looks like a seed, which is the secret half: give the public key (U…), and make a new key if somebody may have seen this one"
	case !nkeys.IsValidPublicUserKey(key) || !nkeys.IsValidPublicKey(key):
		return "is no public user key of NATS (U… and 55 more letters and digits)"
	}
	return ""
}

// Signature is that of an event, which is good: whoever has the key has signed this event, for the subject
// on which it was published. Whose the key is, the authority document says.
type Signature struct {
	// Key is the public key.
	Key string
	// Time is when the event says that it was created.
	Time time.Time
}

// SignatureOf returns the signature of a message; nil where it has none. The error is a [PoisonError]: one that
// is not good never makes the message an unsigned one.
func SignatureOf(msg *nats.Msg) (*Signature, error) {
	e, bad := readEvent(msg)
	if bad != nil {
		return nil, bad
	}
	if !e.signed() {
		return nil, nil //nolint:nilnil // that there is none is no error
	}
	public, err := nkeys.FromPublicKey(e.attributes[attributeSignedBy])
	if err != nil {
		return nil, poison(attributeSignedBy, PublicKeyFault(e.attributes[attributeSignedBy]))
	}
	signature, err := decodeSignature(e.attributes[attributeSignature])
	if err != nil {
		return nil, poison(attributeSignature, err.Error())
	}
	if public.Verify(e.signedText(msg.Subject), signature) != nil {
		return nil, poison(attributeSignature, fmt.Sprintf(
			"is not that of %s for this event on %s: the event was changed, was published on another subject than it was signed for, or its signature is of another form than %s",
			e.attributes[attributeSignedBy], msg.Subject, signedForm))
	}
	at, _ := parseTime(e.attributes[attributeTime])
	return &Signature{Key: e.attributes[attributeSignedBy], Time: at}, nil
}

// CheckTime refuses an event that was stored too long after it was signed, or before it, with a [release.Problem].
func (s Signature) CheckTime(stored time.Time) error {
	switch age := stored.Sub(s.Time); {
	case age > MaxSignatureAge:
		return release.Problem{Field: attributeTime, Message: fmt.Sprintf(
			"the event was signed %s before it was stored, at most %s are taken, so that nobody sends it again later; sign it anew", age.Round(time.Second), MaxSignatureAge)}
	case -age > MaxClockSkew:
		return release.Problem{Field: attributeTime, Message: fmt.Sprintf(
			"the event was signed %s after it was stored, at most %s are taken; set the clock of who signs", (-age).Round(time.Second), MaxClockSkew)}
	}
	return nil
}

// signed reports whether an event has a signature.
func (e *rawEvent) signed() bool { return e.attributes[attributeSignature] != "" }

// signedText is what is signed of an event: each part on a line of its own, none of which can hold a line break. The
// data is that of the event as it stands in the message.
func (e *rawEvent) signedText(subject string) []byte {
	return []byte(strings.Join([]string{
		signedForm, subject,
		e.attributes[attributeID], e.attributes[attributeSource], e.attributes[attributeType], e.attributes[attributeTime],
		fmt.Sprintf("sha256:%x", sha256.Sum256(e.data)),
	}, "\n"))
}

// signatureFaults are what a signed event lacks. They begin with no "signature:", behind which a dead letter
// would cut a secret out.
func (e *rawEvent) signatureFaults() release.Problems {
	_, by := e.attributes[attributeSignedBy]
	_, signature := e.attributes[attributeSignature]
	_, at := e.attributes[attributeTime]
	var out release.Problems
	if signature && !by {
		out = append(out, release.Problem{Field: attributeSignedBy, Message: "is missing: the public key whose signature this is"})
	}
	if by && !signature {
		out = append(out, release.Problem{Field: attributeSignedBy, Message: "is given without a signature"})
	}
	if (by || signature) && !at {
		out = append(out, release.Problem{Field: attributeTime, Message: "is missing: a signed event says when it was created"})
	}
	return out
}

func decodeSignature(text string) ([]byte, error) {
	signature, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(signature) != signatureSize {
		return nil, fmt.Errorf("is not %d bytes in base64url without padding", signatureSize)
	}
	return signature, nil
}

// encode writes a structured CloudEvent of the origin, signed where it has a signer.
func (o Origin) encode(subject, msgID string, ev event.Event) (*nats.Msg, error) {
	msg, err := encode(subject, msgID, ev)
	if err != nil || o.Signer == nil {
		return msg, err
	}
	// What is signed is what will be read.
	e, bad := readEvent(msg)
	if bad != nil {
		return nil, fmt.Errorf("sign: %w", bad)
	}
	if e.attributes[attributeTime] == "" {
		return nil, errors.New("sign: a signed event says when it was created")
	}
	signature, err := o.Signer.pair.Sign(e.signedText(subject))
	if err != nil {
		return nil, errors.New("sign: the key cannot sign")
	}
	ev.SetExtension(attributeSignedBy, o.Signer.public)
	ev.SetExtension(attributeSignature, base64.RawURLEncoding.EncodeToString(signature))
	return encode(subject, msgID, ev)
}
