package link

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"slipway/release"
)

// Path is what the path of every link begins with, on the pages of a console.
const Path = "/go/"

// Action is what a link leads to the second look of.
type Action string

// The actions that a link can be for.
const (
	Confirm Action = "confirm"
	Approve Action = "approve"
)

// Link leads to the second look at an act, as long as what it was made for is waited for.
type Link struct {
	Action    Action
	ReleaseID string
	// Batch is the one that waits; 0 is before the first change.
	Batch int
	// Seen stands for what the act would be about: the artifact, the change, the configuration.
	Seen string
	// Until is when the link counts no more, in whole seconds.
	Until time.Time
}

// Of is the link for what a release waits for, which has no end yet. The error is a [release.Refusal] where the release waits for
// nothing of that kind.
func Of(a Action, p release.Progress) (Link, error) {
	c, err := commandOf(a, p)
	if err != nil {
		return Link{}, err
	}
	return Link{Action: a, ReleaseID: p.ReleaseID, Batch: c.Batch, Seen: seenOf(c)}, nil
}

// commandOf is the command that the second look would send.
func commandOf(a Action, p release.Progress) (release.Command, error) {
	switch {
	case a == Confirm:
		return p.Confirming()
	case a != Approve:
		return release.Command{}, release.Refusal("there is no link for " + string(a))
	case p.Phase.Ended() || p.Approval == nil:
		return release.Command{}, release.Refusal("it asks for no approval: the release is " + string(p.Phase))
	}
	return p.Deciding(release.CommandApprove), nil
}

// Same reports whether two links are for the same act, whenever they end.
func (l Link) Same(other Link) bool {
	l.Until = other.Until
	return l == other
}

// seenBytes is how much of a digest stands for what was seen: two acts that differ never have the same in practice.
const seenBytes = 16

// seenOf stands for what a command is bound to.
func seenOf(c release.Command) string {
	sum := sha256.New()
	for _, text := range []string{c.Artifact, c.ChangeID, c.Config} {
		_, _ = fmt.Fprintf(sum, "%d:%s,", len(text), text) // a hash takes everything
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:seenBytes])
}
