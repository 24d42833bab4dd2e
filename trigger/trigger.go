// Package trigger decides which release a push to a registry means: by what an environment has had of the same image, whether
// a new one is asked for, and under which identity.
package trigger

import (
	"slices"
	"time"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
	"slipway/wire"
)

// Source is the source of the requests that triggers make.
const Source = "urn:slipway:trigger"

// Question is whether an environment gets a new release of a push.
type Question struct {
	// Push has its digest.
	Push wire.Published
	// Stored is when it came.
	Stored time.Time
	// Told is the release that was named when the event came before; empty where it has not, or where none was.
	Told string
	// Records are those of the environment that concern the push, the one asked for latest first.
	Records []ledger.Record
}

// Concerns reports whether a record has to do with the push: it brings the same image, or follows from the same event, or was named then.
func (q Question) Concerns(r ledger.Record) bool {
	return q.sameDigest(r) || q.sameEvent(r) || q.named(r)
}

// named reports whether a release was named when the event came before.
func (q Question) named(r ledger.Record) bool { return q.Told != "" && r.ReleaseID == q.Told }

// sameDigest reports whether a release brings the digest that was pushed.
func (q Question) sameDigest(r ledger.Record) bool {
	switch r.Progress.Operation {
	case release.OperationRestart, release.OperationRescale, release.OperationJob:
		return false
	case release.OperationRelease, release.OperationRollback:
	}
	digest := digestOf(r.Artifact.Image)
	return digest != "" && digest == q.Push.Digest
}

// sameEvent reports whether a release follows from the event that the sender gave an ID.
func (q Question) sameEvent(r ledger.Record) bool {
	if !q.Push.SenderID || r.ByName == nil {
		return false
	}
	have, told := r.ByName.Trigger, Of(q.Push, "")
	brought, err := wire.ReadImage(r.Artifact.Image)
	return err == nil && have.Sender == told.Sender && have.Source == told.Source && have.EventID == told.EventID && brought.Image == apps.Repository(q.Push.Image) &&
		(brought.Digest == q.Push.Digest || brought.Tag != "" && brought.Tag == q.Push.Tag)
}

// Brought is the release that the push means already, and how; empty where it means a new one. A release that no lane has accepted
// counts for none: it is asked for again.
func (q Question) Brought() (releaseID, reason string) {
	for _, r := range q.Records {
		switch {
		case !r.Accepted:
		case q.sameEvent(r):
			return r.ReleaseID, "release " + r.ReleaseID + " was made of this event"
		case q.named(r):
			return r.ReleaseID, "release " + r.ReleaseID + " was to bring it when this event came before"
		case !q.sameDigest(r):
		case !r.Ended():
			return r.ReleaseID, "release " + r.ReleaseID + " brings it already"
		case r.EndedAt.After(q.Stored):
			return r.ReleaseID, "release " + r.ReleaseID + " has brought it since it was pushed"
		}
	}
	return "", ""
}

// Asked reports whether the push itself may have asked for a release by a rule: that follows from it, and was asked for since it came. Of a
// push that comes again this tells what has become of it before.
func (q Question) Asked(releaseID, rule string) bool {
	return slices.ContainsFunc(q.Records, func(r ledger.Record) bool {
		return r.ReleaseID == releaseID && r.ByName != nil && r.ByName.Trigger == Of(q.Push, rule) && !r.Asked().Before(q.Stored)
	})
}

// after is the latest release of the digest that has ended; empty where there is none.
func (q Question) after() string {
	for _, r := range q.Records {
		if r.Accepted && r.Ended() && q.sameDigest(r) {
			return r.ReleaseID
		}
	}
	return ""
}

// Request returns the request of a trigger. Its identity is the digest and the latest release of that which has ended, so that whoever
// tells of a push at the same time, and however often, asks for the same release.
func (q Question) Request(application string, v apps.Verdict, identity string) (wire.Named, wire.Origin) {
	image := q.Push.String()
	says := map[string]any{"artifact": map[string]any{"image": image}}
	if identity == "" {
		says["requestedBy"] = release.TriggeredBy
	}
	n := wire.Named{Application: application, Environment: v.Environment.Name, Trigger: Of(q.Push, v.Trigger.Name), Says: says}
	id := q.Push.Digest
	if after := q.after(); after != "" {
		id += " after " + after
	}
	return n, wire.Origin{Source: Source, ID: id, Time: q.Stored.UTC(), Identity: identity}
}

// Of is what a request tells of a push, with the rule that has made it.
func Of(p wire.Published, rule string) release.Trigger {
	return release.Trigger{
		Rule: rule, Sender: p.Sender, Source: p.Source, EventID: p.EventID, Chain: p.Chain, PushedBy: p.By, PushedAt: p.At,
	}.Bounded()
}

// DigestOf is the digest of the image that a request by name brings; empty where it brings none.
func DigestOf(n wire.Named) string {
	artifact, _ := n.Says["artifact"].(map[string]any)
	image, _ := artifact["image"].(string)
	return digestOf(image)
}

// digestOf is the digest that an image is named by; empty where it is by none.
func digestOf(image string) string {
	p, err := wire.ReadImage(image)
	if err != nil {
		return ""
	}
	return p.Digest
}
