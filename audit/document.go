package audit

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"slipway/apps"
	"slipway/authority"
	"slipway/internal/redact"
	"slipway/policy"
	"slipway/wire"
)

// ViaDocument is the way of what was done by a write to a bucket of documents.
const ViaDocument = "document"

// The headers of NATS that are read: what a bucket has done with a key, and where a message was copied
// from.
const (
	headerOperation = "KV-Operation"
	headerSource    = "Nats-Stream-Source"
	// identityField is where in that header the identity of the stream stands, since NATS 2.15: stream,
	// sequence, filter, transform, subject, identity.
	identityField = 5
)

// revision is where a document stands.
type revision struct {
	// subject and sequence are those of the message in the stream of the audit.
	subject  string
	sequence uint64
	// origin is the stream of the bucket, and number the sequence there; 0 where NATS does not say. Identity is
	// another one for a stream that was created anew, where NATS tells it.
	origin, identity string
	number           uint64
}

// before reports whether a revision that stands before another one was made before it, and was not just copied again.
func (r revision) before(other revision) bool {
	return r.origin != other.origin || r.identity != other.identity || r.number < other.number || other.number == 0
}

// change is what stands beside a document: who has changed it, and why. All documents have it alike.
type change struct {
	Action string    `json:"action"`
	Name   string    `json:"name"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// readDocument reads a revision of a document in a bucket.
func readDocument(msg *jetstream.RawStreamMsg) Entry {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(msg.Subject, bucketPrefix), ".")
	r := revision{subject: msg.Subject, sequence: msg.Sequence}
	if from := strings.Fields(msg.Header.Get(headerSource)); len(from) > 1 {
		r.origin, r.number = from[0], number(from[1])
		r.identity = strings.Join(from[min(identityField, len(from)):], " ")
	}
	e := Entry{Action: ActionApply, Via: ViaDocument, Name: key, What: "document " + key + " of " + bucket, revision: r}
	switch bucket {
	case apps.Bucket:
		e.What = "application " + key
	case authority.Bucket:
		e.What = "authority document"
	case policy.Bucket:
		e.What = "policy " + key
	case wire.CalendarBucket:
		e.Action, e.What = ActionFreeze, "freezes"
	}
	said, document, err := parseDocument(msg.Data)
	deleted := msg.Header.Get(headerOperation) != "" || err == nil && document == nil
	if err != nil && !deleted {
		e.Unreadable = err.Error()
	}
	if deleted && e.Action == ActionApply {
		e.Action = ActionDelete
	}
	e.By, e.Reason, e.Time, e.After = said.By, said.Reason, said.At, document
	if e.Action == ActionFreeze {
		e.Name = said.Name
		e.What = strings.TrimSpace(cmp.Or(said.Action, "changed otherwise than by Slipway: freezes") + " " + said.Name)
	}
	e.key = fmt.Sprintf("%s %d %s %d", msg.Subject, r.number, r.identity, e.Time.UnixNano())
	return e
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// parseDocument takes apart what a bucket holds: who has changed it, and the document without secrets; nil
// where it was deleted. It is lenient: a newer version may have written fields that are not known here.
func parseDocument(raw []byte) (said change, document json.RawMessage, err error) {
	if len(raw) == 0 {
		return said, nil, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return said, nil, fmt.Errorf("it is no document: %w", cmp.Or(err, errNoObject))
	}
	if about, ok := fields["change"]; ok {
		_ = json.Unmarshal(about, &said) // what somebody else wrote there says nothing
		delete(fields, "change")
	}
	document = encoded(fields)
	if inner, ok := fields["spec"]; ok || len(fields) == 0 { // a document stands in a field of its own, and is gone with it; the calendar does not
		document = inner
	}
	clean, _ := redact.New().Bytes(document)
	if len(clean) == 0 {
		return said, nil, nil
	}
	return said, clean, nil
}

// errNoObject is why a value is no document.
var errNoObject = errors.New("it is no object")

// encoded is a value in JSON; nothing where there is none.
func encoded[T any](v T) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil || string(raw) == "null" {
		return nil
	}
	return raw
}
