package release

import (
	"strings"
	"time"
)

// NeedKind is what something needs a person for.
type NeedKind string

// The needs.
const (
	// NeedConfirm is a finished batch that somebody must confirm, or the wave of a set.
	NeedConfirm NeedKind = "confirm"
	// NeedApproval is a release, or a finished batch, that people must approve.
	NeedApproval NeedKind = "approval"
	// NeedPlatformApproval is a change that waits for the platform's own approval.
	NeedPlatformApproval NeedKind = "platform-approval"
	// NeedResume is a release that a person has paused.
	NeedResume NeedKind = "resume"
	// NeedHelp is a release that stands still: it tries something in vain.
	NeedHelp NeedKind = "help"
	// NeedOtherChange is a release behind an unfinished change of its application that does not
	// end by itself, or has not for [OtherChangePatience].
	NeedOtherChange NeedKind = "other-change"
	// NeedFreeze is a release that a freeze holds which somebody must lift.
	NeedFreeze NeedKind = "freeze"
	// NeedLane is a lane that a person has held.
	NeedLane NeedKind = "lane"
	// NeedAttention is a release that ended NeedsAttention, and holds its lane.
	NeedAttention NeedKind = "attention"
	// NeedRestore is a release that has ended and left something behind.
	NeedRestore NeedKind = "restore"
)

// OtherChangePatience is how long a release waits for an unfinished change of its application
// before it needs a person, unless the change is known not to end by itself: then it needs one at
// once. Most changes end within it.
const OtherChangePatience = 15 * time.Minute

// Need is what a release under way needs of a person.
type Need struct {
	Kind NeedKind
	// Text says in words what is needed and why.
	Text string
	// Since is when the wait began that needs somebody; zero where that is not known. Until is
	// when a limit ends it; zero where none does.
	Since, Until time.Time
}

// UnderWayNeeds returns the kinds that [Progress.Need] returns.
func UnderWayNeeds() []NeedKind {
	return []NeedKind{NeedConfirm, NeedApproval, NeedPlatformApproval, NeedResume, NeedHelp, NeedOtherChange, NeedFreeze}
}

// Need returns what a release that stands at p needs of a person now; false where it goes on by
// itself, such as at the end of a freeze window or of a change that moves. Of a progress that is
// partial, with a phase and nothing else, the phase says it. What a release has left that has ended
// its lane knows ([LaneState]).
func (p Progress) Need(now time.Time) (Need, bool) {
	if p.Phase.Ended() {
		return Need{}, false
	}
	a := p.assumed().Awaiting
	switch {
	case p.Stalled != nil:
		return p.needsHelp(), true
	case p.Stopping() == "" && (p.Paused || a != nil && a.Kind == AwaitResume): // what is stopped waits for no resume
		return p.needsResume(), true
	case a == nil:
		return Need{}, false
	}
	n := Need{Since: a.Since, Until: a.Until}
	switch a.Kind {
	case AwaitConfirm:
		n.Kind, n.Text = NeedConfirm, "confirmation of a batch"
		if a.Batch > 0 {
			n.Text = "confirmation of batch " + p.BatchText(a.Batch)
		}
		if p.Watched() {
			n.Text = "a decision about the new version, whose watch was not conclusive"
		}
	case AwaitApproval:
		n.Kind, n.Text = NeedApproval, p.approvalNeed(*a)
	case AwaitPlatformApproval:
		n.Kind, n.Text = NeedPlatformApproval, "the platform's approval of its change"
		if p.ChangeID != "" {
			n.Text = "the platform's approval of change " + p.ChangeID
		}
	case AwaitOtherChange:
		if !a.Stuck && now.Sub(a.Since) < OtherChangePatience {
			return Need{}, false
		}
		n.Kind, n.Text = NeedOtherChange, p.otherChange(*a)
	case AwaitFreeze:
		if !a.Until.IsZero() {
			return Need{}, false
		}
		n.Kind, n.Text = NeedFreeze, strings.TrimSuffix(a.Subject(UnitBatch)+": "+p.Reason, ": ")
	case AwaitQueue, AwaitBake, AwaitGates, AwaitResume, AwaitSchedule, AwaitWatch:
		return Need{}, false
	}
	return n, true
}

// approvalNeed says what must be approved, by whom, and who has.
func (p Progress) approvalNeed(a Awaiting) string {
	what := "approval"
	if a.Batch > 0 {
		what = "approval of batch " + p.BatchText(a.Batch)
	}
	if p.Approval == nil {
		return what
	}
	return what + " by " + p.Approval.standing()
}

func (p Progress) needsHelp() Need {
	s := p.Stalled
	n := Need{Kind: NeedHelp, Since: s.Since, Until: s.Until, Text: "it stands still: " + s.Failure}
	if helps := p.Remedy(); helps != "" {
		n.Text += "; what helps: " + helps
	}
	return n
}

func (p Progress) needsResume() Need {
	n := Need{Kind: NeedResume, Text: "paused"}
	if a := p.Awaiting; a != nil {
		n.Since, n.Until = a.Since, a.Until
	}
	if d, known := p.PausedBy(); known {
		n.Since, n.Text = d.At, strings.TrimSuffix("paused by "+d.By+": "+d.Note, ": ")
	}
	if confirmed := p.Confirmed(); confirmed != "" {
		n.Text += "; " + confirmed
	}
	return n
}

// otherChange says which change a release needs the end of, and why somebody must see to it.
func (p Progress) otherChange(a Awaiting) string {
	what := "an unfinished change of the application"
	switch a.ChangeID {
	case "":
	case p.ChangeID:
		what = "its own change " + a.ChangeID
	default:
		what = "change " + a.ChangeID + ", begun elsewhere"
	}
	if a.Stuck {
		return "the end of " + what + ", which waits for somebody"
	}
	return "the end of " + what + ", which has not ended for long"
}
