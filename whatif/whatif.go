package whatif

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/policy"
	"slipway/release"
)

// Change is what is to be otherwise. What is unset stays as it was.
type Change struct {
	// Policies take the place of the stored ones of their names, or come to them.
	Policies []policy.Policy
	// Thresholds are those of gates.
	Thresholds []Threshold
	// Limits are those of waits.
	Limits map[release.Limit]release.Duration
}

// Recorded is what is known of a release, or of a request that was refused.
type Recorded struct {
	// ReleaseID is empty of a request whose release is not known, and DeadLetter is the sequence of a request
	// that policies have refused; 0 of a release.
	ReleaseID  string
	DeadLetter uint64
	// PastStarter tells that nobody has asked a starter for it, so that no policy was asked.
	PastStarter bool
	// Names are those that application documents give the application, as application/environment.
	Names []string
	// Spec is what was asked for, with its defaults, but for the fields of Unknown: those are unset. Unreadable says why
	// nothing of it is known; empty where something is.
	Spec       release.Spec
	Unknown    []string
	Unreadable string
	// Progress is the latest; zero of a request that was refused, and before the first.
	Progress release.Progress
	// Measured are verdicts of its gates with all of their samples, as far as its history has been read.
	Measured []release.GateResult
	// Events are those of the release, in their order. Untold says why they are not all; empty where they are.
	Events []Told
	Untold string
	// Now is until when what goes on has gone on.
	Now time.Time
}

// Told is the progress of a release right after a transition, and when that was.
type Told struct {
	At       time.Time
	Progress release.Progress
}

// Kind says what has decided.
type Kind string

// The kinds.
const (
	KindPolicy Kind = "policy"
	KindGate   Kind = "gate"
	KindLimit  Kind = "limit"
)

// Effect says what a change does to a decision.
type Effect string

// The effects.
const (
	EffectSame        Effect = "same"
	EffectFlip        Effect = "flip"
	EffectUndecidable Effect = "undecidable"
)

// Decision is one decision about a release, and what it would be.
type Decision struct {
	ReleaseID  string `json:"releaseId,omitempty"`
	DeadLetter uint64 `json:"deadLetter,omitempty"`
	App        string `json:"app,omitempty"`
	Kind       Kind   `json:"kind"`
	// Name is that of the gate or the limit, or of the policies that refuse, with commas.
	Name string `json:"name,omitempty"`
	// Batch is the finished batch of a gate or of a wait; 0 where it is of none.
	Batch  int    `json:"batch,omitempty"`
	Effect Effect `json:"effect"`
	// Was and Would say in words what was decided and what would be.
	Was   string `json:"was,omitempty"`
	Would string `json:"would,omitempty"`
	// Refusals are the demands that are not met: of a flip those that refuse, or refused before.
	Refusals []policy.Refusal `json:"refusals,omitempty"`
	// Missing says what is not recorded; empty where the decision is known.
	Missing string `json:"missing,omitempty"`
}

// Decisions judges each decision about a release again that the change is about. Stored are the policies that count
// just now: only what is otherwise than by them flips.
func (c Change) Decisions(stored []policy.Policy, r Recorded) (out []Decision) {
	if len(c.Policies) > 0 && !r.PastStarter {
		out = append(out, c.admission(stored, r))
	}
	if r.DeadLetter == 0 {
		out = append(out, c.gates(r)...)
		out = append(out, c.limits(r)...)
	}
	for i := range out {
		out[i].ReleaseID, out[i].DeadLetter = r.ReleaseID, r.DeadLetter
		if r.Spec.App.ID != "" {
			out[i].App = r.Spec.App.SearchValue()
		}
	}
	return out
}

// Report is what a change does to many releases.
type Report struct {
	// Releases and Refused count the releases, and the requests that policies have refused, that were looked at.
	Releases int `json:"releases"`
	Refused  int `json:"refused"`
	// Decisions counts those that the change is about.
	Decisions   int        `json:"decisions"`
	Flips       []Decision `json:"flips"`
	Undecidable []Decision `json:"undecidable"`
	// Missing counts what is undecidable by what is not recorded, the most first.
	Missing []Count `json:"missing"`
}

// Count is how often something is missing.
type Count struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

// Report judges the decisions about all that is recorded.
func (c Change) Report(stored []policy.Policy, all []Recorded) Report {
	out := Report{Flips: []Decision{}, Undecidable: []Decision{}, Missing: []Count{}}
	counts := map[string]int{}
	for _, r := range all {
		if r.DeadLetter > 0 {
			out.Refused++
		} else {
			out.Releases++
		}
		for _, d := range c.Decisions(stored, r) {
			out.Decisions++
			switch d.Effect {
			case EffectFlip:
				out.Flips = append(out.Flips, d)
			case EffectUndecidable:
				out.Undecidable = append(out.Undecidable, d)
				counts[d.Missing]++
			case EffectSame:
			}
		}
	}
	for what, n := range counts {
		out.Missing = append(out.Missing, Count{what, n})
	}
	slices.SortFunc(out.Missing, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.What, b.What))
	})
	return out
}

// Summary sums it up in one line.
func (r Report) Summary() string {
	text := fmt.Sprintf("%d releases and %d refused requests: of %d decisions %d would flip", r.Releases, r.Refused, r.Decisions, len(r.Flips))
	if len(r.Undecidable) == 0 {
		return text
	}
	parts := make([]string, len(r.Missing))
	for i, m := range r.Missing {
		parts[i] = fmt.Sprintf("%d: %s", m.Count, m.What)
	}
	return fmt.Sprintf("%s, %d are undecidable (%s)", text, len(r.Undecidable), strings.Join(parts, "; "))
}
