package release

import (
	"fmt"
	"slices"
)

// CommandKind is what a command asks for. It is also the name of the workflow signal
// and update that carries it.
type CommandKind string

// The commands.
const (
	// CommandConfirm says that a finished batch is good and the next may begin.
	CommandConfirm CommandKind = "confirm"
	// CommandAbort stops the release and returns to the version that ran before.
	CommandAbort CommandKind = "abort"
	// CommandPause lets nothing new begin until resume; a batch in progress goes on.
	CommandPause CommandKind = "pause"
	// CommandResume ends a pause.
	CommandResume CommandKind = "resume"
	// CommandRollback stops the release and returns to a version: the one that ran before,
	// or another one that it names.
	CommandRollback CommandKind = "rollback"
	// CommandOverride lets the release pass over freezes from now on.
	CommandOverride CommandKind = "override"
	// CommandApprove is one person's permission for the release, or for a finished batch, that asks
	// for approval.
	CommandApprove CommandKind = "approve"
	// CommandReject refuses that permission and ends the release as an abort does.
	CommandReject CommandKind = "reject"
)

// CommandKinds returns all commands.
func CommandKinds() []CommandKind {
	return []CommandKind{CommandConfirm, CommandAbort, CommandPause, CommandResume, CommandRollback, CommandOverride, CommandApprove, CommandReject}
}

// Command is a person's word to a running release: the data of a command event and
// the argument of the signals and updates.
type Command struct {
	// Kind is not on the wire: the event type, signal or update name says it.
	Kind CommandKind `json:"-"`
	// ID is the identity of the command; the same ID counts once. For an event it is
	// [CommandID] of it.
	ID string `json:"id,omitempty"`
	// Batch is the finished batch that is confirmed, approved or rejected, from 1, the gray batch
	// first; 0 approves or rejects the release itself.
	Batch int `json:"batch,omitempty"`
	// All makes a confirmation stand: it confirms the finished batch that waits, and each one
	// after it of the same change. It must name the artifact and the change.
	All bool `json:"all,omitempty"`
	// Artifact binds the word to what is released: an image, or url@version of a package,
	// as [Artifact.String] writes it. Where it is given and the release brings something
	// else, the word is refused.
	Artifact string `json:"artifact,omitempty"`
	// ChangeID binds the word to one change in the same way.
	ChangeID string `json:"changeId,omitempty"`
	// Config binds an approval, or a rejection, to the configuration that the release brings, by its
	// digest (see [Config.Digest]): an approval leaves it out only where the release brings none.
	Config string `json:"config,omitempty"`
	// Version is the platform's ID of the version that a rollback returns to; empty means
	// the one that ran before.
	Version string `json:"version,omitempty"`
	// AtSafePoint makes an abort wait until no batch is in progress.
	AtSafePoint bool `json:"atSafePoint,omitempty"`
	// Denied tells that a lane aborts a release that waits because it denies the artifact. Nobody
	// but a lane may say so.
	Denied bool `json:"denied,omitempty"`
	// By is the person or system that speaks.
	By string `json:"by"`
	// Via is the way the command came: [ViaEvent] and the others.
	Via string `json:"via,omitempty"`
	// Source is the source of the event that brought the command; empty where it came in
	// another way.
	Source string `json:"source,omitempty"`
	// Verified tells that the starter has proved who is in By, because the command came on a subject on which
	// nobody else may publish, or is signed by a key of theirs; else By is claimed. It is never taken from what was sent, and counts with
	// [ViaEvent] alone.
	Verified bool `json:"verified,omitempty"`
	// SignedBy names the key of the authority document whose signature proves it; empty where the command was not
	// signed. It is never taken from what was sent, and counts with [ViaEvent] alone.
	SignedBy string `json:"signedBy,omitempty"`
	// Groups are the groups of the authority document that By is a member of, as the starter has read it. They
	// are never taken from what was sent, and count with [ViaEvent] alone.
	Groups []string `json:"groups,omitempty"`
	Note   string   `json:"note,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// MemoCommands is the name under which the memo of a release or a set says, by the number, that
// it takes no further command by events and signals ([MaxCommands]).
const MemoCommands = "slipwayCommands"

// System reports whether the system itself gives the command: a lane or a set passes it on.
func (c Command) System() bool { return c.Via == ViaLane || c.Via == ViaSet }

// ErrTooManyCommands is the reason why a release or a set takes no further command by events and signals.
var ErrTooManyCommands = Refusal(fmt.Sprintf(
	"%d commands have come by events and signals, and no more are taken that way; use the command line or an update", MaxCommands))

// Words returns what was said: the reason of an abort, the note of a confirmation.
func (c Command) Words() string {
	if c.Reason != "" {
		return c.Reason
	}
	return c.Note
}

// Validate lists every problem of the command at once, as [Problems], or returns nil.
func (c Command) Validate() error {
	v, _ := measure(c) // it has no lists
	switch c.Kind {
	case CommandConfirm:
		c.validateConfirm(v)
	case CommandApprove, CommandReject:
		c.validateApproval(v)
	case CommandAbort, CommandPause, CommandResume, CommandRollback, CommandOverride:
		v.check(c.Batch == 0, "batch", "has no meaning for %s, which is about the whole release", c.Kind)
	default:
		v.check(false, "type", "%q is not a command; use confirm, abort, pause, resume, rollback, override, approve or reject", c.Kind)
	}
	v.check(c.Config == "" || c.decides(), "config", "has no meaning for %s", c.Kind)
	v.check(!c.Verified || c.Via == ViaEvent, "verified", "is for the door to say that has proved who gives the command")
	v.check(c.SignedBy == "" || c.Via == ViaEvent, "signedBy", "is for the door to say that has proved who gives the command")
	for i := range c.Groups {
		v.check(c.Via == ViaEvent, place("groups", i), "is for the door to say that has read the authority document")
	}
	v.check(!c.All || c.Kind == CommandConfirm, "all", "has no meaning for %s", c.Kind)
	v.check(c.Kind != CommandOverride || c.Words() != "", "reason", "must say why the freeze does not hold this release")
	v.check(c.Version == "" || c.Kind == CommandRollback, "version", "has no meaning for %s", c.Kind)
	v.check(c.Version == "" || onAny(func(t Traits) bool { return t.IsVersion(c.Version) }), "version", "%q is not a version ID", c.Version)
	v.check(!c.AtSafePoint || c.Kind == CommandAbort, "atSafePoint", "has no meaning for %s", c.Kind)
	v.check(!c.Denied || c.Kind == CommandAbort && c.Via == ViaLane, "denied", "is for a lane to say when it aborts a release")
	v.check(c.By != "", "by", "is required: who gives the command")
	if !c.System() && c.Via != ViaCancel { // there the system speaks itself
		v.actor("by", c.By)
	}
	return v.err()
}

// validateConfirm wants one batch, or all of them and what they are batches of: a confirmation
// that stands for days is not to confirm what comes after what its giver has looked at.
func (c Command) validateConfirm(v *validator) {
	if !c.All {
		v.check(c.Batch >= 1, "batch", "must be the number of the finished batch to confirm, from 1, the gray batch first")
		return
	}
	v.check(c.Batch == 0, "batch", "has no meaning with all, which confirms the batch that waits and each one after it; leave one of them out")
	v.check(c.Artifact != "", "artifact", "is required with all: give what the release brings, as its progress shows it")
	v.check(c.ChangeID != "", "changeId", "is required with all: give the change of the release, as its progress shows it")
}

// Refusal is the reason why a command does not apply.
type Refusal string //nolint:errname // reads as what it is: the reason a command was refused

// Error implements error.
func (r Refusal) Error() string { return string(r) }

func refuse(format string, args ...any) (repeated bool, err error) {
	return false, Refusal(fmt.Sprintf(format, args...))
}

// Admit reports whether the command applies to a release that stands at p. It returns a
// [Refusal] with the reason when it does not, and repeated=true when it has already
// been obeyed, so that saying it again is one command.
func Admit(p Progress, c Command) (repeated bool, err error) {
	switch {
	case p.Phase.Ended():
		return refuse("release %s has ended: %s", p.ReleaseID, p.Phase)
	case p.Admission.direct(c) != nil:
		return false, p.Admission.direct(c)
	case obeyed(p.Decisions, c):
		return true, nil
	case c.Artifact != "" && c.Artifact != p.Artifact.String() && (!c.decides() || c.Artifact != p.Artifact.Public()):
		return refuse("the command is about another artifact; the release brings %s", p.Artifact.Public()) // neither address: a query may be a signature
	case c.ChangeID != "" && c.ChangeID != p.ChangeID:
		return refuse("the command is about change %s, but the release is at %q", c.ChangeID, p.ChangeID)
	case c.Kind != CommandConfirm && p.Phase == PhaseRollingBack:
		return refuse("the release is rolling back already")
	case (p.Operation == OperationJob || p.Phase == PhaseRunning) && c.Kind == CommandRollback:
		return refuse("a job has no versions to return to by name; abort the release: what the job had before is put back")
	case c.Kind != CommandConfirm && !c.decides() && p.Phase == PhaseFinalizing && (p.Strategy.Watch == nil || !c.stops()):
		return refuse("the new version runs everywhere already; start a rollback instead")
	case p.Phase == PhaseWatching && c.AtSafePoint && c.Via == ViaLane:
		return refuse("the new version runs everywhere already, and its watch gives way to the next release")
	case stops(p.Decisions) && c.Kind != CommandAbort && c.Kind != CommandRollback:
		return refuse("the release is being aborted")
	}
	switch c.Kind {
	case CommandConfirm:
		return admitConfirm(p, c)
	case CommandOverride:
		if p.Watched() {
			return refuse("no freeze holds the release any more: the new version runs everywhere")
		}
		return false, nil
	case CommandAbort:
		return false, nil
	case CommandApprove, CommandReject:
		return admitApproval(p, c)
	case CommandPause:
		return admitPause(p)
	case CommandResume:
		return admitResume(p)
	case CommandRollback:
		if p.ChangeID == "" {
			return refuse("nothing was begun yet; abort the release, and start a rollback if the version before is wanted")
		}
		return admitVersion(p.App, c.Version)
	}
	return refuse("%q is not a command", c.Kind)
}

// admitVersion refuses what cannot be the ID of a version on the application's platform.
func admitVersion(a App, version string) (repeated bool, err error) {
	if on := traitsFor(a.Platform); version != "" && !on.IsVersion(version) {
		return refuse("%q is not a version ID: %s", version, on.VersionWords)
	}
	return false, nil
}

// decides reports whether the command says yes or no where approval is asked for.
func (c Command) decides() bool { return c.Kind == CommandApprove || c.Kind == CommandReject }

// stops reports whether the command stops a release.
func (c Command) stops() bool { return c.Kind.Stops() }

// Stops reports whether the command stops a release: it goes back, or ends before it has begun.
func (k CommandKind) Stops() bool {
	return k == CommandAbort || k == CommandReject || k == CommandRollback
}

// stops reports whether a word that has counted stops the release.
func stops(decisions []Decision) bool {
	return slices.ContainsFunc(decisions, func(d Decision) bool {
		return d.Refused == "" && d.Kind.Stops() && !d.AtSafePoint
	})
}

func admitResume(p Progress) (repeated bool, err error) {
	switch {
	case p.Paused:
		return false, nil
	case p.Awaiting != nil && p.Awaiting.Kind == AwaitFreeze:
		return refuse("nobody has paused the release: it is %s; it goes on when that ends, or by override with a reason", p.Reason)
	default:
		return refuse("the release is not paused: it is %s", p.Phase)
	}
}

func admitPause(p Progress) (repeated bool, err error) {
	switch p.Phase { //nolint:exhaustive // in the others there is something left to hold back
	case PhaseQueued:
		return refuse("the release waits for its turn; hold its lane instead")
	case PhaseAwaitingApproval:
		return refuse("the release waits for approval and has changed nothing; reject or abort it, or hold its lane")
	case PhaseRunning:
		return refuse("the job runs, and a run cannot be paused; abort the release to stop it")
	}
	if p.Watched() {
		return refuse("nothing is left to hold back: the new version runs everywhere; hold the lane to keep the next release from beginning")
	}
	return p.Paused, nil
}

func admitConfirm(p Progress, c Command) (repeated bool, err error) {
	a := p.Awaiting
	switch {
	case c.All:
		return admitAll(p)
	case c.Batch > len(p.Batches) && len(p.Batches) > 0:
		return refuse("there is no batch %d: the release has %d", c.Batch, len(p.Batches))
	case p.Confirmed() != "" && a.Batch == c.Batch: // as one of all
		return true, nil
	case p.Paused:
		return refuse("the release is paused; resume it first")
	case p.awaitsApproval():
		return refuse("batch %d does not wait for a confirmation: %s", c.Batch, p.needsApproval())
	case a != nil && a.Kind == AwaitWatch && a.Batch != c.Batch:
		return refuse("batch %d does not wait for a confirmation: the release is watched; confirm batch %d to end the watch", c.Batch, a.Batch)
	case a == nil || a.Kind != AwaitConfirm && a.Kind != AwaitWatch:
		return refuse("batch %d does not wait for a confirmation: the release is %s", c.Batch, p.Phase)
	case a.Batch != c.Batch:
		return refuse("batch %d does not wait for a confirmation: batch %d does", c.Batch, a.Batch)
	}
	return false, nil
}

// admitAll takes a standing confirmation as long as a batch is left that it can let begin. One
// that stands already counts again only for a batch that it did not pass: a person is asked
// about that one.
func admitAll(p Progress) (repeated bool, err error) {
	waits := p.Awaiting != nil && p.Awaiting.Kind == AwaitConfirm
	switch {
	case p.Phase == PhaseRollingBack:
		return refuse("the release is rolling back already")
	case p.Phase == PhaseFinalizing || p.Watched():
		return refuse("the new version runs everywhere already; no batch is left to confirm")
	case p.Strategy.Approval != nil:
		return refuse("each batch asks for approval of its own; approve the one that waits")
	case !waits && stands(p.Decisions, p.ChangeID):
		return true, nil
	case p.Paused:
		return refuse("the release is paused; resume it first")
	case waits:
		return false, nil
	case p.Strategy.Type == StrategyAll:
		return refuse("there are no batches to confirm: all instances are replaced at once")
	case p.Strategy.Confirm == ConfirmAuto:
		return refuse("no batch waits for a person: with confirm auto each begins by itself")
	case len(p.Batches) > 0 && p.Batches[len(p.Batches)-1].State != BatchPending:
		return refuse("no batch is left to confirm: the last one has begun")
	}
	return false, nil
}

// stands reports whether all batches of a change are confirmed.
func stands(decisions []Decision, changeID string) bool {
	return slices.ContainsFunc(decisions, func(d Decision) bool {
		return d.Refused == "" && d.All && d.Batch == 0 && d.ChangeID == changeID
	})
}

// Confirmed reports whether a confirmation of the batch has counted.
func Confirmed(decisions []Decision, batch int) bool {
	return slices.ContainsFunc(decisions, func(d Decision) bool {
		return d.Refused == "" && d.Kind == CommandConfirm && d.Batch == batch
	})
}

// obeyed reports whether the same word has already counted: the very same message, or for
// what can be said but once, the same in other words.
func obeyed(decisions []Decision, c Command) bool {
	for _, d := range decisions {
		if d.Refused != "" || d.Kind != c.Kind {
			continue
		}
		switch {
		case c.ID != "" && d.ID == c.ID:
			return true
		case c.Kind == CommandConfirm && !c.All && d.Batch == c.Batch:
			return true
		case c.Kind == CommandOverride:
			return true
		case c.Kind == CommandReject && d.Batch == c.Batch:
			return true
		case c.Kind == CommandAbort && (!d.AtSafePoint || c.AtSafePoint):
			return true
		case c.Kind == CommandRollback && d.Version == c.Version:
			return true
		}
	}
	return false
}
