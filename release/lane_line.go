package release

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// The bounds of what a lane keeps.
const (
	// MaxWaiting is how many releases may wait in one lane.
	MaxWaiting = 100
	// MaxLane is how many bytes, as stored, a lane may have that takes one more release: it is
	// handed over whole when the lane continues as new, for which Temporal takes 2 MiB.
	MaxLane = 1 << 20
	// MaxDenied is how many artifacts a lane remembers as bad; the newest are kept.
	MaxDenied = 100
	// MaxRecent is how many release IDs a lane remembers; the newest are kept.
	MaxRecent = 500
)

// brings reports whether the operation brings an artifact.
func (o Operation) brings() bool { return cmp.Or(o, OperationRelease) == OperationRelease }

// Place is the place in a lane that a submission asks for.
func (s Submission) Place(at time.Time) LaneEntry {
	return LaneEntry{
		ReleaseID: s.ReleaseID, Operation: cmp.Or(s.Spec.Operation, OperationRelease), Artifact: s.Spec.Artifact, Config: s.Spec.Config.Digest(),
		RequestedBy: s.Spec.RequestedBy, Since: at, Preempt: s.Spec.Lane.Preempt,
		Published: s.Published, Supersedes: s.Spec.Lane.Policy == LaneSupersede,
		Watched: s.Spec.Strategy.Watch != nil, Override: s.Spec.Freeze.Override != "",
	}
}

func (l *LaneInput) find(id string) int {
	return slices.IndexFunc(l.Line, func(e LaneEntry) bool { return e.ReleaseID == id })
}

// Entry returns the release of the line with the ID.
func (l *LaneInput) Entry(id string) (LaneEntry, bool) {
	i := l.find(id)
	if i < 0 {
		return LaneEntry{}, false
	}
	return l.Line[i], true
}

// Ahead is the number of releases in the line before the one with the ID.
func (l *LaneInput) Ahead(id string) int { return max(0, l.find(id)) }

// Running returns the release whose turn it is.
func (l *LaneInput) Running() (LaneEntry, bool) {
	if len(l.Line) == 0 || !l.Line[0].Proceeded {
		return LaneEntry{}, false
	}
	return l.Line[0], true
}

// Waiting are the releases whose turn has not come, in its order.
func (l *LaneInput) Waiting() []LaneEntry {
	if _, runs := l.Running(); runs {
		return l.Line[1:]
	}
	return l.Line
}

// Knows reports whether the release was submitted before.
func (l *LaneInput) Knows(id string) bool { return l.find(id) >= 0 || l.recent(id) >= 0 }

func (l *LaneInput) recent(id string) int {
	return slices.IndexFunc(l.Recent, func(r Submitted) bool { return r.ReleaseID == id })
}

// Conflict says that the release was submitted before with another content; empty where it was
// not, or nobody knows.
func (l *LaneInput) Conflict(s Submission) string {
	at := l.recent(s.ReleaseID)
	if at < 0 || l.Recent[at].Digest == "" {
		return ""
	}
	have, asked := l.Recent[at].Digest, s.Spec.Digest()
	if have == asked {
		return ""
	}
	return fmt.Sprintf("%s was submitted before with another content: recorded is %s, asked for is %s; use another ID", Named(s.ReleaseID), have, asked)
}

// AddRecent keeps a release that was submitted. The digest of its content may be unknown.
func (l *LaneInput) AddRecent(id, digest string) {
	l.Recent = append(l.Recent, Submitted{ReleaseID: id, Digest: digest})
	l.Recent = l.Recent[max(0, len(l.Recent)-MaxRecent):]
}

// Full says why the line has no place for a release of the policy; empty where it has one.
func (l *LaneInput) Full(p LanePolicy) string {
	if p == LaneSupersede {
		return ""
	}
	if n := len(l.Waiting()); n >= MaxWaiting {
		return fmt.Sprintf("%d releases wait in it, and no more may", n)
	}
	if n := encodedSize(l); n >= MaxLane {
		return fmt.Sprintf("what the lane remembers has %d bytes; at most %d are kept", n, MaxLane)
	}
	return ""
}

// Refusal says why a release is not let into the line; empty when it is.
func (l *LaneInput) Refusal(sub Submission) string {
	s := sub.Spec
	if d, denied := denial(l.Denied, s); denied {
		return d.Refusal(l.App)
	}
	if why := l.late(sub); why != "" {
		return why
	}
	if s.Lane.Policy != LaneReject {
		return ""
	}
	running, runs := l.Running()
	switch {
	case runs:
		return fmt.Sprintf("release %s runs, and the lane policy is reject", running.ReleaseID)
	case l.Held != nil:
		return fmt.Sprintf("the lane is %s, and the lane policy is reject", l.Held)
	case len(l.Line) > 0:
		return fmt.Sprintf("release %s waits, and the lane policy is reject", l.Line[0].ReleaseID)
	}
	return ""
}

// Denies reports whether a release is not let into the line because its artifact was rolled back.
func (l *LaneInput) Denies(s Spec) bool {
	_, denied := denial(l.Denied, s)
	return denied
}

// late says why a release comes too late to be put into the order in which releases were
// published; empty when it does not. What does not change the version may come late.
func (l *LaneInput) late(s Submission) string {
	if !s.Spec.Operation.changesVersion() {
		return ""
	}
	if l.Latest != nil && s.Published.Before(l.Latest.Published) {
		return fmt.Sprintf("release %s was published after it and has begun already; publish it again, with another id, if it is wanted all the same", l.Latest.ReleaseID)
	}
	for _, e := range l.Waiting() {
		if e.Supersedes && s.Published.Before(e.Published) {
			return fmt.Sprintf("superseded by release %s, which was published after it", e.ReleaseID)
		}
	}
	return ""
}

// Join puts a release into the line: behind what was published before it, and before all that
// do not preempt when it does. In an empty line that is not held it is its turn at once.
func (l *LaneInput) Join(e LaneEntry) LaneEntry {
	e.Proceeded = len(l.Line) == 0 && l.Held == nil
	l.Line = slices.Insert(slices.Clip(l.Line), l.place(e), e)
	if e.Proceeded {
		l.begun(e)
	}
	return e
}

// Leave takes a release out of the line.
func (l *LaneInput) Leave(id string) {
	l.Line = slices.DeleteFunc(slices.Clone(l.Line), func(e LaneEntry) bool { return e.ReleaseID == id })
}

// Next gives the first waiting release its turn; false when nothing may begin.
func (l *LaneInput) Next() (LaneEntry, bool) {
	if _, runs := l.Running(); runs || l.Held != nil || len(l.Line) == 0 {
		return LaneEntry{}, false
	}
	l.Line[0].Proceeded = true
	l.begun(l.Line[0])
	return l.Line[0], true
}

// Preempted returns the release that runs and the one that waits for it to give way. One
// that preempts itself gives way to nobody: such releases keep their order.
func (l *LaneInput) Preempted() (running, by LaneEntry, preempted bool) {
	running, runs := l.Running()
	waiting := l.Waiting()
	if !runs || running.Preempt || l.Held != nil || len(waiting) == 0 || !waiting[0].Preempt {
		return LaneEntry{}, LaneEntry{}, false
	}
	return running, waiting[0], true
}

// LeaveWaiting takes those of the named releases out of the line whose turn has not come,
// and returns them.
func (l *LaneInput) LeaveWaiting(named func(LaneEntry) bool) []LaneEntry {
	var gone, line []LaneEntry
	for _, e := range l.Line {
		if !e.Proceeded && named(e) {
			gone = append(gone, e)
		} else {
			line = append(line, e)
		}
	}
	l.Line = line
	return gone
}

// NeedsPerson reports whether the lane goes on, or gets back what releases have left, only when somebody acts.
func (l *LaneInput) NeedsPerson() bool { return l.Held != nil || len(l.Debts) > 0 }

// Idle reports whether nothing runs or waits and there is nothing to remember. Debts are
// remembered by the ledger.
func (l *LaneInput) Idle() bool { return len(l.Line) == 0 && l.Held == nil && len(l.Denied) == 0 }

// State is the lane as it is shown.
func (l *LaneInput) State() LaneState {
	s := LaneState{App: l.App, Waiting: slices.Clone(l.Waiting()), Denied: slices.Clone(l.Denied), Debts: slices.Clone(l.Debts)}
	if running, runs := l.Running(); runs {
		s.Running = &running
	}
	if l.Held != nil {
		s.Held = new(*l.Held)
	}
	s.Full = s.blocked(l.Full(LaneQueue))
	return s
}
