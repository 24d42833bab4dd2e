package wire

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"slipway/internal/redact"
	"slipway/release"
)

// The headers that a dead letter has beyond those of the message.
const (
	// HeaderReason is the reason, on one line, why the message was dead-lettered.
	HeaderReason = "Slipway-Reason"
	// HeaderField is the [PoisonError]'s Field; it is missing where the whole message is wrong.
	HeaderField = "Slipway-Field"
	// HeaderDeliveryCount is how often the message had been delivered.
	HeaderDeliveryCount = "Slipway-Delivery-Count"
	// HeaderStreamSequence is the message's sequence in the stream it came from.
	HeaderStreamSequence = "Slipway-Stream-Sequence"
	// HeaderOriginalHeader holds, as "name: value", each header of the message that a
	// dead letter cannot have under its own name: JetStream would act on it (Nats-…), or
	// the name is not one that NATS sends.
	HeaderOriginalHeader = "Slipway-Original-Header"
	// HeaderRedacted lists what secrets were cut out of: "data", "reason", "header
	// Authorization". A message that has it is not what somebody has published, and is
	// refused.
	HeaderRedacted = "Slipway-Redacted"
)

// natsPrefix is what the names of JetStream's own headers begin with, in lower case.
const natsPrefix = "nats-"

// maxReason bounds a reason in bytes: it may quote what was wrong at any length.
const maxReason = 4 << 10

// Delivery is where a message is in its stream and how often it was delivered.
type Delivery struct {
	Stream string
	// Sequence is the message's stream sequence.
	Sequence uint64
	// Count is 1 for the first delivery.
	Count uint64
	// Stored is when the stream stored the message.
	Stored time.Time
}

// DeadLetter returns the dead letter of a message: its bytes and headers as they came but
// for secrets, under [DeadLetterSubject], with the reason added. Its Nats-Msg-Id is derived from the
// message's place in its stream, so that one message has one dead letter.
func DeadLetter(msg *nats.Msg, d Delivery, why *PoisonError) *nats.Msg {
	h, c := nats.Header{}, &cutter{Redactor: redact.New()}
	for _, name := range slices.Sorted(maps.Keys(msg.Header)) {
		for _, v := range msg.Header[name] {
			v = c.header(name, v)
			if keepsName(name) {
				h[name] = append(h[name], v)
			} else {
				h.Add(HeaderOriginalHeader, name+": "+v)
			}
		}
	}
	data := c.data(msg.Data)
	h.Set(HeaderReason, c.text("reason", why.Reason))
	if why.Field != "" {
		h.Set(HeaderField, c.text("field", why.Field))
	}
	if len(c.places) > 0 {
		h.Set(HeaderRedacted, release.ShortenTo(strings.Join(c.places, ", "), maxReason))
	}
	h.Set(HeaderDeliveryCount, strconv.FormatUint(d.Count, 10))
	h.Set(HeaderStreamSequence, strconv.FormatUint(d.Sequence, 10))
	// The time distinguishes a stream that was deleted and created again, and counts from 1.
	h.Set(jetstream.MsgIDHeader, fmt.Sprintf("%s.%d.%d", d.Stream, d.Sequence, d.Stored.UnixNano()))
	return &nats.Msg{Subject: DeadLetterSubject(msg.Subject), Header: h, Data: data}
}

// cutter redacts secrets and records where there were some.
type cutter struct {
	*redact.Redactor

	places []string
}

func (c *cutter) note(place string, cut bool) {
	if cut && !slices.Contains(c.places, place) {
		c.places = append(c.places, place)
	}
}

func (c *cutter) header(name, value string) string {
	clean, cut := c.Header(name, value)
	c.note("header "+release.OneLine(name), cut)
	return clean
}

// text is shortened once it is clean: half of an address may not look like one. It is
// shortened before, too, because it may quote names as long as the message.
func (c *cutter) text(place, text string) string {
	clean, cut := c.Text(release.OneLine(release.ShortenTo(text, 4*maxReason)))
	c.note(place, cut)
	return release.ShortenTo(clean, maxReason)
}

func (c *cutter) data(data []byte) []byte {
	clean, cut := c.Bytes(data)
	c.note("data", cut)
	return clean
}

// keepsName reports whether a dead letter can have a header of this name.
func keepsName(name string) bool {
	lower := strings.ToLower(name)
	for _, reserved := range []string{natsPrefix, "slipway-"} {
		if strings.HasPrefix(lower, reserved) {
			return false
		}
	}
	// NATS clients read these two as the server's status.
	if lower == "status" || lower == "description" {
		return false
	}
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ':' || r > '~' })
}
