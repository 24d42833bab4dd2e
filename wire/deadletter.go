package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The headers that a dead letter has beyond those of the message.
const (
	// HeaderReason says on one line why the message could not be taken.
	HeaderReason = "Slipway-Reason"
	// HeaderField is the [PoisonError]'s Field; it is missing where the whole message is wrong.
	HeaderField = "Slipway-Field"
	// HeaderDeliveryCount is how often the message had been delivered.
	HeaderDeliveryCount = "Slipway-Delivery-Count"
	// HeaderStreamSequence is the message's sequence in the stream it came from.
	HeaderStreamSequence = "Slipway-Stream-Sequence"
	// HeaderOriginalHeader holds, as "name: value", each header of the message that a
	// dead letter cannot have under its own name: JetStream would obey it (Nats-…), or
	// the name is not one that NATS sends.
	HeaderOriginalHeader = "Slipway-Original-Header"
)

// maxReason bounds a reason in bytes: it may quote what was wrong at any length.
const maxReason = 4 << 10

// Delivery says where a message stood in its stream and how often it had come.
type Delivery struct {
	Stream string
	// Sequence is the message's place in the stream.
	Sequence uint64
	// Count is 1 for the first delivery.
	Count uint64
	// Stored is when the stream took the message.
	Stored time.Time
}

// DeadLetter returns the dead letter of a message: its bytes and headers as they came,
// under [DeadLetterSubject], with the reason added. Its Nats-Msg-Id is derived from the
// message's place in its stream, so that one message has one dead letter.
func DeadLetter(msg *nats.Msg, d Delivery, why *PoisonError) *nats.Msg {
	h := nats.Header{}
	for name, values := range msg.Header {
		for _, v := range values {
			if keepsName(name) {
				h[name] = append(h[name], v)
			} else {
				h.Add(HeaderOriginalHeader, name+": "+v)
			}
		}
	}
	h.Set(HeaderReason, shorten(oneLine(why.Reason)))
	if why.Field != "" {
		h.Set(HeaderField, shorten(oneLine(why.Field)))
	}
	h.Set(HeaderDeliveryCount, strconv.FormatUint(d.Count, 10))
	h.Set(HeaderStreamSequence, strconv.FormatUint(d.Sequence, 10))
	// The time keeps a stream that was made anew, and counts from 1 again, apart.
	h.Set(jetstream.MsgIDHeader, fmt.Sprintf("%s.%d.%d", d.Stream, d.Sequence, d.Stored.UnixNano()))
	return &nats.Msg{Subject: DeadLetterSubject(msg.Subject), Header: h, Data: msg.Data}
}

// keepsName tells whether a dead letter can have a header of this name.
func keepsName(name string) bool {
	lower := strings.ToLower(name)
	for _, reserved := range []string{"nats-", "slipway-"} {
		if strings.HasPrefix(lower, reserved) {
			return false
		}
	}
	// NATS clients take these two for a word of the server.
	if lower == "status" || lower == "description" {
		return false
	}
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == ':' || r > '~' })
}

func shorten(s string) string {
	if len(s) <= maxReason {
		return s
	}
	cut := maxReason
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + " …"
}
