package release

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// TriggeredBy is who asks where a push to a registry makes a request, and nobody has verified who told of the push. The
// authority document may bind it like any other name.
const TriggeredBy = "trigger"

// Validate lists every problem at once, as [Problems] without a field around them, or returns nil.
func (t Trigger) Validate() error {
	v := &validator{}
	v.check(IsName(t.Rule), "rule", "%.*q is not %s", MaxID, t.Rule, NameWords)
	v.check(t.Sender == "" || IsName(t.Sender), "sender", "%.*q is not %s", MaxID, t.Sender, NameWords)
	for _, each := range []struct{ field, text string }{{"source", t.Source}, {"eventId", t.EventID}, {"chain", t.Chain}, {"pushedBy", t.PushedBy}} {
		v.check(len(each.text) <= MaxAttribute, each.field, "has %d bytes; at most %d are taken", len(each.text), MaxAttribute)
	}
	v.check(CanBeWritten(t.PushedAt), "pushedAt", "%s", NotWritten)
	return v.err()
}

// CanBeWritten reports whether a time can be written in UTC as RFC 3339 has it, which one near the first or the last year
// that was read with an offset need not.
func CanBeWritten(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 0 && year <= 9999
}

// NotWritten is what is wrong with a time that cannot.
const NotWritten = "is before the year 0 or after the year 9999 in UTC"

// The bounds of what is told of a trigger, in bytes as encoded.
const (
	maxToldEvent  = 256
	maxToldPusher = 128
)

// Bounded returns a copy with its texts bounded, and the time in UTC.
func (t Trigger) Bounded() Trigger {
	t.Rule, t.Sender = ShortenEncoded(t.Rule, maxToldRun), ShortenEncoded(t.Sender, maxToldRun)
	t.Source, t.EventID, t.Chain = shortenApart(t.Source, maxToldEvent), shortenApart(t.EventID, maxToldEvent), shortenApart(t.Chain, maxToldEvent)
	t.PushedBy = ShortenEncoded(t.PushedBy, maxToldPusher)
	if !t.PushedAt.IsZero() {
		t.PushedAt = t.PushedAt.UTC()
	}
	return t
}

// shortenApart shortens a text that is compared with others, so that two which differ do so when shortened, too.
func shortenApart(text string, limit int) string {
	if ShortenEncoded(text, limit) == text {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	end := "-" + hex.EncodeToString(sum[:8])
	return ShortenEncoded(text, limit-len(end)) + end
}

// Text says in words what made the request: "rule main, pushed by ann (harbor)".
func (t Trigger) Text() string {
	text := "rule " + t.Rule
	if t.PushedBy != "" {
		text += ", pushed by " + t.PushedBy
	}
	if t.Sender != "" {
		text += fmt.Sprintf(" (%s)", t.Sender)
	}
	return text
}
