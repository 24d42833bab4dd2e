package release

import (
	"slices"
	"strings"
	"time"
)

// LivingActivity finds what a lane has to know of its application and cannot know from its
// own history, because it was started anew or reset: [LivingInput] to [Living].
const LivingActivity = "releases.Living"

// AwaitLedgerActivity waits until the ledger can be read: [AwaitLedgerInput] to nothing.
const AwaitLedgerActivity = "releases.AwaitLedger"

// AwaitLedgerInput asks for the ledger of an application.
type AwaitLedgerInput struct {
	App App `json:"app"`
}

// QueryPlace answers a release's place in its lane, as a [LaneEntry].
const QueryPlace = "place"

// LivingInput asks for the releases of an application.
type LivingInput struct {
	App App `json:"app"`
	// Also are IDs of releases to look for beside those that can be listed: what was started
	// just now may not be listed yet.
	Also []string `json:"also,omitempty"`
}

// Living is what is known of an application's releases by Temporal and by the ledger.
type Living struct {
	// Releases are those that run or wait, and those of which nobody knows yet how they ended.
	// What nothing is known of but that it is there counts as running.
	Releases []LaneEntry `json:"releases,omitempty"`
	// Latest is the request published last whose release has begun; nil where none is known.
	Latest *Begun `json:"latest,omitempty"`
	// Debts are what releases that have ended hold still.
	Debts []Debt `json:"debts,omitempty"`
	// LedgerAway tells that the ledger could not be read: what only it knows is missing.
	LedgerAway bool `json:"ledgerAway,omitempty"`
}

// Published is the place of a request in the stream that it was published on. Zero is none:
// what was not published is not ordered.
type Published struct {
	Sequence uint64    `json:"sequence,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// Before reports whether something was published before something else, as far as that can be
// told: the numbers of a stream that was made anew begin again, the times do not.
func (p Published) Before(other Published) bool {
	return p.Sequence > 0 && p.Sequence < other.Sequence && !p.At.After(other.At)
}

// Begun is a release that has begun, and when it was asked for.
type Begun struct {
	ReleaseID string    `json:"releaseId"`
	Published Published `json:"published"`
}

// Debt is what a release has changed and not put back: the next release of the application
// pays it, or names it.
type Debt struct {
	ReleaseID string `json:"releaseId"`
	// ScalingRules are the names of rules that were enabled before, and may be off.
	ScalingRules []string `json:"scalingRules,omitempty"`
	// Kept are those of them that were taken away, as they were.
	Kept []ScalingRule `json:"kept,omitempty"`
	// Traffic tells that a traffic rule of the release may be in force.
	Traffic bool `json:"traffic,omitempty"`
}

// Empty reports whether nothing is owed.
func (d Debt) Empty() bool { return len(d.ScalingRules) == 0 && !d.Traffic }

// Rule is what was kept of a rule that is owed; only its name where nothing was.
func (d Debt) Rule(name string) ScalingRule {
	for _, rule := range d.Kept {
		if rule.Name == name {
			return rule
		}
	}
	return ScalingRule{Name: name}
}

// Add adds a rule that is off.
func (d *Debt) Add(rule ScalingRule) {
	d.ScalingRules = append(d.ScalingRules, rule.Name)
	if rule.Kept != nil {
		d.Kept = append(d.Kept, rule)
	}
}

// Words say what is owed.
func (d Debt) Words() string {
	var what []string
	if len(d.ScalingRules) > 0 {
		what = append(what, "scaling rules off: "+strings.Join(d.ScalingRules, ", "))
	}
	if d.Traffic {
		what = append(what, "its traffic rule, which may be in force")
	}
	return "release " + d.ReleaseID + " has left " + strings.Join(what, ", and ")
}

// Owes is what a release that has ended holds still, as its progress tells. A release that
// ended in another way than by needing attention has put everything back. What it owes for
// another release is that one's debt.
func (p Progress) Owes() Debt {
	d := Debt{ReleaseID: p.ReleaseID, Traffic: p.LeavesTraffic()}
	for _, rule := range p.ScalingRules {
		if !rule.Restored && !rule.Gone && rule.Owed == "" {
			d.Add(rule.Rule())
		}
	}
	return d
}

// LeavesTraffic reports whether a traffic rule of the release may be in force still. One that is a part of its change is
// none: it ends with the change.
func (p Progress) LeavesTraffic() bool {
	return p.Traffic != nil && !p.Traffic.Cleared && p.Traffic.Note == "" && traitsFor(p.App.Platform).TrafficApart
}

// Paid are the debts that the release has paid, as its progress tells. A traffic rule that it
// has named is a debt no more: nobody but a person can put it right.
func (p Progress) Paid() []Debt {
	var paid []Debt
	for _, id := range p.Named {
		paid = append(paid, Debt{ReleaseID: id, Traffic: true})
	}
	for _, rule := range p.ScalingRules {
		if rule.Owed == "" || !rule.Restored && !rule.Gone {
			continue
		}
		i := slices.IndexFunc(paid, func(d Debt) bool { return d.ReleaseID == rule.Owed })
		if i < 0 {
			i = len(paid)
			paid = append(paid, Debt{ReleaseID: rule.Owed})
		}
		paid[i].ScalingRules = append(paid[i].ScalingRules, rule.Name)
	}
	return paid
}

// WaitsFor says in words what a release waits for in the lane.
func (s LaneState) WaitsFor(releaseID string) string {
	switch first := slices.IndexFunc(s.Waiting, func(e LaneEntry) bool { return e.ReleaseID == releaseID }); {
	case s.Running != nil:
		return "release " + s.Running.ReleaseID + ", which runs"
	case s.Held != nil:
		return "the lane, " + s.Held.String()
	case first > 0:
		return "release " + s.Waiting[0].ReleaseID + ", which waits before it"
	}
	return "its lane, which did not know of it"
}

// blocked is why a lane is full, and behind what the releases wait where there are too many.
func (s LaneState) blocked(full string) string {
	switch {
	case full == "" || len(s.Waiting) < MaxWaiting:
		return full
	case s.Running != nil:
		return full + ", behind release " + s.Running.ReleaseID + ", which runs"
	case s.Held != nil:
		return full + ", because it is " + s.Held.String()
	}
	return full
}

// MaxDebts is how many debts a lane keeps; the newest are kept, and the ledger has all.
const MaxDebts = 20

// maxDebtsSize bounds what a lane remembers of debts, in bytes.
const maxDebtsSize = 256 << 10

// Owe adds a debt to those of the lane.
func (l *LaneInput) Owe(d Debt) {
	l.Debts = slices.DeleteFunc(slices.Clone(l.Debts), func(old Debt) bool { return old.ReleaseID == d.ReleaseID })
	if !d.Empty() {
		l.Debts = append(l.Debts, d)
		l.Debts = l.Debts[max(0, len(l.Debts)-MaxDebts):]
	}
	for len(l.Debts) > 1 && encodedSize(l.Debts) > maxDebtsSize {
		l.Debts = l.Debts[1:]
	}
}

// PayOff takes what was paid off the debts of the lane.
func (l *LaneInput) PayOff(paid []Debt) {
	for _, p := range paid {
		i := slices.IndexFunc(l.Debts, func(d Debt) bool { return d.ReleaseID == p.ReleaseID })
		if i < 0 {
			continue
		}
		left := Debt{ReleaseID: p.ReleaseID, Traffic: l.Debts[i].Traffic && !p.Traffic}
		for _, name := range l.Debts[i].ScalingRules {
			if !slices.Contains(p.ScalingRules, name) {
				left.Add(l.Debts[i].Rule(name))
			}
		}
		l.Owe(left)
	}
}

// Adopt takes what was found into the lane: releases that are not in the line, or have begun
// although the line says that they wait; what is owed; and which release has begun last. It
// returns the releases that the lane did not know to run.
func (l *LaneInput) Adopt(found Living) (running []LaneEntry) {
	for _, e := range found.Releases {
		known, there := l.Entry(e.ReleaseID)
		if there && (known.Proceeded || !e.Proceeded) {
			continue
		}
		l.Leave(e.ReleaseID)
		l.Line = slices.Insert(slices.Clip(l.Line), l.place(e), e)
		if l.recent(e.ReleaseID) < 0 {
			l.AddRecent(e.ReleaseID, "")
		}
		if e.Proceeded {
			running = append(running, e)
			l.begun(e)
		}
	}
	for _, d := range found.Debts {
		if !slices.ContainsFunc(l.Debts, func(old Debt) bool { return old.ReleaseID == d.ReleaseID }) {
			l.Owe(d)
		}
	}
	if b := found.Latest; b != nil && (l.Latest == nil || !b.Published.Before(l.Latest.Published)) {
		l.Latest = b
	}
	return running
}

// begun notes that a release has begun. Behind one of a stream that was made anew nothing counts
// that was published on the one before.
func (l *LaneInput) begun(e LaneEntry) {
	if e.Operation.changesVersion() && e.Published.Sequence > 0 && (l.Latest == nil || !e.Published.Before(l.Latest.Published)) {
		l.Latest = &Begun{ReleaseID: e.ReleaseID, Published: e.Published}
	}
}

// changesVersion reports whether another version runs after the operation.
func (o Operation) changesVersion() bool { return o.brings() || o == OperationRollback }

// place is where a release belongs in the line: what runs comes first, then what preempts,
// then what does not, each in the order in which it was published, or else in which it came.
func (l *LaneInput) place(e LaneEntry) int {
	rank := func(e LaneEntry) int {
		switch {
		case e.Proceeded:
			return 0
		case e.Preempt:
			return 1
		}
		return 2
	}
	i := slices.IndexFunc(l.Line, func(x LaneEntry) bool {
		return rank(x) > rank(e) || rank(x) == rank(e) && !e.Proceeded && e.Published.Before(x.Published)
	})
	if i < 0 {
		return len(l.Line)
	}
	return i
}
