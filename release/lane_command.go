package release

import (
	"slices"
	"time"
)

// LaneCommand is an operator's word to a lane.
type LaneCommand struct {
	By     string `json:"by"`
	Reason string `json:"reason,omitempty"`
	// ReleaseID is the waiting release to drop.
	ReleaseID string `json:"releaseId,omitempty"`
	// Artifact is the artifact to allow again, as [Artifact.String] writes it, with every configuration
	// that is denied for it; empty allows all.
	Artifact string `json:"artifact,omitempty"`
}

// Validate lists every problem of a command that comes as the given update at once, as
// [Problems], or returns nil.
func (c LaneCommand) Validate(update string) error {
	v, _ := measure(c) // it has no lists
	v.check(c.By != "", "by", "is required: who gives the command")
	v.actor("by", c.By)
	v.check(c.Reason != "" || update != UpdateHold, "reason", "must say why nothing new may begin")
	v.check(c.ReleaseID != "" || update != UpdateDrop, "releaseId", "must name the waiting release to drop")
	return v.err()
}

// Admit returns a [Refusal] with the reason why a command does not apply, or nil. What
// is so already is no reason, where it can be told: holding a held lane is fine.
func (l *LaneInput) Admit(update string, c LaneCommand) error {
	if err := c.Validate(update); err != nil {
		return err
	}
	switch update {
	case UpdateResume:
		if l.Held == nil {
			return Refusal("the lane is not held")
		}
	case UpdateDrop:
		return l.admitDrop(c.ReleaseID)
	case UpdateAllow:
		return l.admitAllow(c.Artifact)
	}
	return nil
}

func (l *LaneInput) admitDrop(id string) error {
	e, known := l.Entry(id)
	switch {
	case !known:
		return Refusal("no release " + id + " waits in this lane")
	case e.Proceeded:
		return Refusal("release " + id + " does not wait any more, it runs; abort it instead")
	}
	return nil
}

func (l *LaneInput) admitAllow(artifact string) error {
	denied := slices.ContainsFunc(l.Denied, func(d Denial) bool { return artifact == "" || d.Artifact.String() == artifact })
	switch {
	case denied:
		return nil
	case artifact == "":
		return Refusal("nothing is denied")
	}
	return Refusal(artifact + " is not denied")
}

// Hold lets nothing new begin. A lane that is held already stays held by whoever did it
// first, and says both reasons where they are about another release.
func (l *LaneInput) Hold(h Hold) {
	switch {
	case l.Held == nil:
		l.Held = &h
	case h.ReleaseID != "" && h.ReleaseID != l.Held.ReleaseID:
		held := *l.Held
		held.Reason += "; " + h.Reason
		held.ReleaseID = h.ReleaseID
		l.Held = &held
	}
}

// Deny remembers what is bad, and forgets the one that was denied the longest
// time ago when there are too many.
func (l *LaneInput) Deny(d Denial) {
	l.Denied = slices.DeleteFunc(l.Denied, d.same)
	d.Reason = keptReason(d.Reason)
	l.Denied = append(l.Denied, d)
	l.Denied = l.Denied[max(0, len(l.Denied)-MaxDenied):]
	for len(l.Denied) > 1 && encodedSize(l.Denied) > maxDeniedSize {
		l.Denied = l.Denied[1:]
	}
}

// maxDeniedSize bounds what a lane remembers of bad artifacts, in bytes.
const maxDeniedSize = 256 << 10

// maxKeptReason bounds a reason that a lane carries along, in characters.
const maxKeptReason = 256

func keptReason(text string) string {
	return shortenBy(text, maxKeptReason, func(rune) int { return 1 })
}

// Allow forgets that an artifact is bad; all of them when it is empty.
func (l *LaneInput) Allow(artifact string) {
	l.Denied = slices.DeleteFunc(l.Denied, func(d Denial) bool { return artifact == "" || d.Artifact.String() == artifact })
}

// AllowProven forgets that an artifact is bad which a release or a rollback has brought to run with
// success. A restart or rescale that succeeds brings nothing, and so proves nothing; and a
// configuration that is denied for the artifact is another one than that which it runs with.
func (l *LaneInput) AllowProven(p Progress) {
	if p.Outcome == PhaseSucceeded && p.Operation.changesVersion() {
		l.Denied = slices.DeleteFunc(l.Denied, func(d Denial) bool { return d.Config == "" && d.Artifact.Same(p.Artifact) })
	}
}

// Avoid are the versions that no rollback may take for a good one: those of denied artifacts. Where
// a lane denies a configuration, the versions before it with its artifact are good.
func (l *LaneInput) Avoid() []Version {
	var avoid []Version
	for _, d := range l.Denied {
		if d.Config == "" {
			avoid = append(avoid, Version{ID: d.Version, Artifact: d.Artifact})
		}
	}
	return avoid
}

// denial finds out whether the spec would bring an artifact or configuration that was rolled back.
func denial(denied []Denial, s Spec) (Denial, bool) {
	i := slices.IndexFunc(denied, func(d Denial) bool { return s.Operation.brings() && d.denies(s.Artifact, s.Config.Digest()) })
	if i < 0 {
		return Denial{}, false
	}
	return denied[i], true
}

// Denial returns why the lane refuses what the spec asks for: its artifact or configuration was
// rolled back. It is false where the lane denies neither, or the spec brings none.
func (s LaneState) Denial(of Spec) (Denial, bool) { return denial(s.Denied, of) }

// Refusal is the words with which the denied of the application is refused.
func (d Denial) Refusal(a App) string {
	return d.String() + "; allow it with: " + allowing(a, d).Command
}

// DeniedWaiting takes the waiting releases out of the line that would bring what is denied
// again, and returns them.
func (l *LaneInput) DeniedWaiting(d Denial) []LaneEntry {
	return l.LeaveWaiting(func(e LaneEntry) bool { return e.Operation.brings() && d.denies(e.Artifact, e.Config) })
}

// NewHold is a lane's own hold, after a release that left the application in need of
// attention.
func NewHold(releaseID, reason string, at time.Time) Hold {
	return Hold{By: Slipway, Reason: "release " + releaseID + ": " + reason, Since: at, ReleaseID: releaseID}
}
