package release

import "fmt"

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
	return v.err()
}

// The bounds of what is told of a trigger, in bytes as encoded.
const (
	maxToldEvent  = 256
	maxToldPusher = 128
)

// Bounded returns a copy with its texts bounded, and the time in UTC.
func (t Trigger) Bounded() Trigger {
	t.Rule, t.Sender = ShortenEncoded(t.Rule, maxToldRun), ShortenEncoded(t.Sender, maxToldRun)
	t.Source, t.EventID, t.Chain = ShortenEncoded(t.Source, maxToldEvent), ShortenEncoded(t.EventID, maxToldEvent), ShortenEncoded(t.Chain, maxToldEvent)
	t.PushedBy = ShortenEncoded(t.PushedBy, maxToldPusher)
	if !t.PushedAt.IsZero() {
		t.PushedAt = t.PushedAt.UTC()
	}
	return t
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
