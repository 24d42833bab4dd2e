package release

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Unit is what something proceeds by: the noun in sentences about it. What is decided about
// a set has the fields of a release, with the number of a wave as its batch.
type Unit string

// The units.
const (
	// UnitBatch is that of a release.
	UnitBatch Unit = "batch"
	// UnitWave is that of a set.
	UnitWave Unit = "wave"
)

// numbered is one of the units with a preposition or a space in front; empty for none.
func (u Unit) numbered(before string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s%s %d", before, u, n)
}

// BatchText says which batch it is, and of how many, and with the part of the traffic that the new version
// has after it, where the platform shifts traffic: "2 of 3, 30 % of the traffic".
func (p Progress) BatchText(number int) string {
	return fmt.Sprintf("%d of %d", number, len(p.Batches)) + p.BatchShare(number)
}

// BatchShare is, behind a comma, the part of the traffic that the new version has after a batch; empty where
// the platform replaces instances.
func (p Progress) BatchShare(number int) string {
	if number < 1 || number > len(p.Batches) || p.Batches[number-1].Weight == 0 {
		return ""
	}
	return fmt.Sprintf(", %d %% of the traffic", p.Batches[number-1].Weight)
}

// Text returns what is waited for, and until when where there is a limit, so that it reads
// after "awaiting". It depends on nothing but a, and so changes only with it. Of nil it is
// empty. Times are in the zone; nil is UTC.
func (a *Awaiting) Text(unit Unit, zone *time.Location) string {
	if a == nil {
		return ""
	}
	s := a.Subject(unit)
	if a.Until.IsZero() {
		return s
	}
	switch a.Kind {
	case AwaitBake, AwaitSchedule, AwaitWatch, AwaitFreeze:
		return s + " until " + stamp(a.Until, zone)
	case AwaitQueue, AwaitOtherChange, AwaitConfirm, AwaitApproval, AwaitPlatformApproval, AwaitGates, AwaitResume:
	}
	return s + ", at the latest until " + stamp(a.Until, zone) // then a limit of the release ends the wait
}

// Subject returns what is waited for, whenever that ends; of nil it is empty.
func (a *Awaiting) Subject(unit Unit) string {
	if a == nil {
		return ""
	}
	of := unit.numbered(" of ", a.Batch)
	switch a.Kind {
	case AwaitQueue:
		if a.Behind != "" {
			return a.Behind
		}
		return "its turn: other releases of the application come first, or its lane is held"
	case AwaitOtherChange:
		return "the end of an unfinished change of the application"
	case AwaitBake:
		return "the bake time" + of
	case AwaitConfirm:
		return "confirmation" + of
	case AwaitApproval:
		return "approval" + of
	case AwaitPlatformApproval:
		return "the platform's approval"
	case AwaitGates:
		return "the gates" + of
	case AwaitResume:
		return "somebody to resume it"
	case AwaitSchedule:
		return "the time of day of the next " + string(unit)
	case AwaitWatch:
		return "the end of the watch"
	case AwaitFreeze:
		if a.Stop {
			return "somebody to lift stop " + a.Freeze
		}
		return "the end of a freeze"
	}
	return string(a.Kind)
}

// maxSettingNames is how many of the settings that change are named.
const maxSettingNames = 8

// Configuration says how many settings the release changes, and names them; empty where it changes
// none, or the application was not read yet.
func (p Progress) Configuration() string {
	n := len(p.Settings) + p.Cut.Settings
	if n == 0 {
		return ""
	}
	var names []string
	for _, s := range p.Settings[:min(len(p.Settings), maxSettingNames)] {
		names = append(names, s.Name)
	}
	words := fmt.Sprintf("%d settings change", n)
	if n == 1 {
		words = "1 setting changes"
	}
	if len(names) == 0 {
		return words
	}
	words += ": " + strings.Join(names, ", ")
	if more := n - len(names); more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	return words
}

// Confirmed says that the finished batch which is parked is confirmed, and what holds the next one
// back all the same; empty where it is not confirmed, or waits for that only.
func (p Progress) Confirmed() string {
	d, confirmed := p.ConfirmedBy()
	if !confirmed {
		return ""
	}
	batch := p.Awaiting.Batch
	s := fmt.Sprintf("batch %d is confirmed by %s", batch, d.By)
	if d.Kind == CommandApprove {
		s = fmt.Sprintf("batch %d is approved by %s", batch, p.Approval.Names())
	}
	switch p.Awaiting.Kind {
	case AwaitResume:
		return s + fmt.Sprintf(", and the pause holds batch %d back", batch+1)
	case AwaitFreeze:
		return s + fmt.Sprintf(", and a freeze holds batch %d back", batch+1)
	case AwaitSchedule:
		return s + fmt.Sprintf(", and batch %d begins at its time of day", batch+1)
	case AwaitQueue, AwaitOtherChange, AwaitBake, AwaitConfirm, AwaitApproval, AwaitPlatformApproval, AwaitGates, AwaitWatch:
	}
	return s
}

// Text returns what was decided and by whom, and why it was refused if it was. Times are in
// the zone; nil is UTC.
func (d Decision) Text(unit Unit, zone *time.Location) string {
	s := d.Summary(unit) + " " + d.Attribution(zone)
	if d.Refused != "" {
		s += " (refused: " + InZone(d.Refused, zone) + ")"
	}
	return s
}

// Summary returns what was decided: confirm batch 2, abort at a safe point.
func (d Decision) Summary(unit Unit) string {
	s := string(d.Kind) + unit.numbered(" ", d.Batch)
	switch {
	case d.All && d.Batch == 0:
		s += " all"
	case d.All:
		s += " as one of all"
	}
	if d.Version != "" {
		s += " to version " + d.Version
	}
	if d.AtSafePoint {
		s += " at a safe point"
	}
	return s
}

// Attribution returns who decided, how it was sent, when in the zone, and why. An update is how the
// command line and slipway top send what people decide, and goes without saying.
func (d Decision) Attribution(zone *time.Location) string {
	s := "by " + d.By
	if proof := ProofText(d.Verified, d.SignedBy); proof != "" {
		s += " (" + proof + ")"
	}
	if d.Via != "" && d.Via != ViaUpdate {
		s += " via " + d.Via
	}
	if d.Source != "" {
		s += " of " + d.Source
	}
	if !d.At.IsZero() {
		s += " at " + stamp(d.At, zone)
	}
	if d.Note != "" {
		s += ": " + d.Note
	}
	return s
}

// ProofText says what proves who has asked for or decided something: the key that has signed it, by its name, or the
// subject of NATS on which nobody else may publish. It is empty where they are only claimed.
func ProofText(verified bool, signedBy string) string {
	switch {
	case signedBy != "":
		return "verified by key " + signedBy
	case verified:
		return "verified by subject"
	}
	return ""
}

// Acknowledgement returns what a command has done, given the decisions after it. Where an
// earlier command had done the same, it is the earlier one that counts and is named, with its
// time in the zone; nil is UTC.
func (c Command) Acknowledgement(decisions []Decision, unit Unit, zone *time.Location) string {
	done := c.done(unit)
	counts := func(d Decision) bool {
		other := c.Kind == CommandApprove && !SamePerson(d.By, c.By) // each approval counts for itself
		return d.Kind == c.Kind && d.Version == c.Version && d.Refused == "" && !other
	}
	if slices.ContainsFunc(decisions, func(d Decision) bool { return counts(d) && d.Batch == c.Batch && d.ID == c.ID }) {
		return done + " by " + c.By
	}
	for _, d := range slices.Backward(decisions) {
		if counts(d) && (d.Batch == c.Batch || d.All && d.Batch == 0) {
			return done + " already, by " + d.By + " at " + stamp(d.At, zone)
		}
	}
	return done + " by " + c.By
}

// done is what a command does, in the past; " by" and who sent it follow.
func (c Command) done(unit Unit) string {
	switch c.Kind {
	case CommandConfirm:
		if c.All {
			return "all batches confirmed" // a set takes no such command
		}
		return fmt.Sprintf("%s %d confirmed", unit, c.Batch)
	case CommandAbort:
		if c.AtSafePoint { // a batch of a release, also where a set is aborted
			return "asked to abort once no batch is in progress,"
		}
		return "aborted"
	case CommandPause:
		return "paused"
	case CommandResume:
		return "resumed"
	case CommandRollback:
		if c.Version != "" {
			return "asked to roll back to version " + c.Version + ","
		}
		return "asked to roll back,"
	case CommandOverride:
		return "asked to pass over freezes,"
	case CommandApprove, CommandReject:
		of := "the release"
		if c.Batch > 0 {
			of = fmt.Sprintf("%s %d", unit, c.Batch)
		}
		if c.Kind == CommandReject {
			return of + " rejected"
		}
		return of + " approved"
	}
	return string(c.Kind)
}
