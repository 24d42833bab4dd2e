package release

import "fmt"

// CommandKind is what a command asks for. It is also the name of the workflow signal
// and update that carries it.
type CommandKind string

// The commands.
const (
	// CommandConfirm says that a finished batch is good and the next may begin.
	CommandConfirm CommandKind = "confirm"
	// CommandAbort stops the release and returns to the version that ran before.
	CommandAbort CommandKind = "abort"
)

// Command is a person's word to a running release: the data of a command event and
// the argument of the signals and updates.
type Command struct {
	// Kind is not on the wire: the event type, signal or update name says it.
	Kind CommandKind `json:"-"`
	// ID is the identity of the command; the same ID counts once. For an event it is
	// derived from its source and id.
	ID string `json:"id,omitempty"`
	// Batch is the finished batch that is confirmed, from 1, the gray batch first.
	Batch int `json:"batch,omitempty"`
	// By is the person or system that speaks.
	By string `json:"by"`
	// Via is the way the command came.
	Via    string `json:"via,omitempty"`
	Note   string `json:"note,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Words returns what was said: the reason of an abort, the note of a confirmation.
func (c Command) Words() string {
	if c.Reason != "" {
		return c.Reason
	}
	return c.Note
}

// Validate lists every problem of the command at once, as [Problems], or returns nil.
func (c Command) Validate() error {
	v := &validator{}
	switch c.Kind {
	case CommandConfirm:
		v.check(c.Batch >= 1, "batch", "must be the number of the finished batch to confirm, from 1, the gray batch first")
	case CommandAbort:
		v.check(c.Batch == 0, "batch", "has no meaning for an abort, which stops the whole release")
	default:
		v.check(false, "type", "%q is not a command; use confirm or abort", c.Kind)
	}
	v.check(c.By != "", "by", "must name who speaks")
	v.text("by", c.By)
	v.text("note", c.Note)
	v.text("reason", c.Reason)
	return v.err()
}

// Refusal is the reason why a command does not apply.
type Refusal string //nolint:errname // reads as what it is: the reason a command was refused

// Error implements error.
func (r Refusal) Error() string { return string(r) }

// Admit tells whether the command applies to a release that stands at p. It returns a
// [Refusal] with the reason when it does not, and repeated=true when it has already
// been obeyed, so that saying it again is one command.
func Admit(p Progress, c Command) (repeated bool, err error) {
	if p.Phase.Ended() {
		return false, Refusal(fmt.Sprintf("release %s has ended: %s", p.ReleaseID, p.Phase))
	}
	switch c.Kind {
	case CommandConfirm:
		return admitConfirm(p, c)
	case CommandAbort:
		return admitAbort(p, c)
	}
	return false, Refusal(fmt.Sprintf("%q is not a command", c.Kind))
}

func admitAbort(p Progress, c Command) (repeated bool, err error) {
	switch {
	case p.taken(c):
		return true, nil
	case p.Phase == PhaseRollingBack:
		return false, Refusal("the release is rolling back already")
	case p.Phase == PhaseFinalizing:
		return false, Refusal("the new version runs everywhere already; roll back instead")
	}
	return false, nil
}

func admitConfirm(p Progress, c Command) (repeated bool, err error) {
	if p.taken(c) {
		return true, nil
	}
	if c.Batch > len(p.Batches) && len(p.Batches) > 0 {
		return false, Refusal(fmt.Sprintf("there is no batch %d: the release has %d", c.Batch, len(p.Batches)))
	}
	if p.Awaiting == nil || p.Awaiting.Kind != AwaitConfirm {
		return false, Refusal(fmt.Sprintf("batch %d does not wait for a confirmation: the release is %s", c.Batch, p.Phase))
	}
	if p.Awaiting.Batch != c.Batch {
		return false, Refusal(fmt.Sprintf("batch %d does not wait for a confirmation: batch %d does", c.Batch, p.Awaiting.Batch))
	}
	return false, nil
}

// taken tells whether the same word has already counted.
func (p Progress) taken(c Command) bool {
	for _, d := range p.Decisions {
		if d.Kind == c.Kind && d.Batch == c.Batch && d.Refused == "" {
			return true
		}
	}
	return false
}
