package release

import "time"

// Push is a push to a registry and what came of it: the data of its lifecycle event, [EventFired] or [EventIgnored].
type Push struct {
	// Sequence is that of the message in its stream, and StoredAt when it came.
	Sequence uint64    `json:"sequence"`
	StoredAt time.Time `json:"storedAt"`
	// Image is the repository, Tag the tag that was pushed and Digest the manifest, also where the registry was
	// asked for it. Tag and Digest are empty where nobody knows them.
	Image  string `json:"image"`
	Tag    string `json:"tag,omitempty"`
	Digest string `json:"digest,omitempty"`
	// Sender is what kind of sender told of it, Source and EventID the event, Chain its chain of events.
	Sender  string `json:"sender"`
	Source  string `json:"source"`
	EventID string `json:"eventId"`
	Chain   string `json:"chain,omitempty"`
	// By is who pushed it and PushedAt when, as the sender says.
	By       string    `json:"by,omitempty"`
	PushedAt time.Time `json:"pushedAt,omitzero"`
	// Identity is who told of it, where that is verified.
	Identity string `json:"identity,omitempty"`
	// Rules are the rules of application documents that are about the image, and More how many there are beyond [MaxPushRules].
	Rules []PushRule `json:"rules,omitempty"`
	More  int        `json:"more,omitempty"`
}

// PushRule is what came of a push by one rule.
type PushRule struct {
	// Application is the name of the document, Rule that of the rule, and Environment where it releases; both are empty
	// where the document cannot be read.
	Application string `json:"application"`
	Rule        string `json:"rule"`
	Environment string `json:"environment"`
	// ReleaseID is the release that was asked for, or the one that brings the image already.
	ReleaseID string `json:"releaseId,omitempty"`
	// Reason is why the rule did not fire; empty where it did.
	Reason string `json:"reason,omitempty"`
}

// Fired reports whether the rule asked for a release.
func (r PushRule) Fired() bool { return r.Reason == "" }

// MaxPushRules is how many rules are told of one push.
const MaxPushRules = 50

// Told returns the push as it is told: with so many rules and texts that its event is not too large, those that fired first.
func (p Push) Told() Push {
	var fired, not []PushRule
	for _, r := range p.Rules {
		r.Reason = ShortenEncoded(r.Reason, maxPushReason)
		if r.Fired() {
			fired = append(fired, r)
		} else {
			not = append(not, r)
		}
	}
	p.Rules = append(fired, not...)
	if more := len(p.Rules) - MaxPushRules; more > 0 {
		p.Rules, p.More = p.Rules[:MaxPushRules], p.More+more
	}
	p.Source, p.EventID, p.Chain = ShortenEncoded(p.Source, maxToldEvent), ShortenEncoded(p.EventID, maxToldEvent), ShortenEncoded(p.Chain, maxToldEvent)
	p.By = ShortenEncoded(p.By, maxToldPusher)
	return p
}

const maxPushReason = 512

// Kind is the event that tells of the push: that a rule has fired, or that none has.
func (p Push) Kind() EventKind {
	for _, r := range p.Rules {
		if r.Fired() {
			return EventFired
		}
	}
	return EventIgnored
}
