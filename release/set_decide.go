package release

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// SetAction is what a set does next.
type SetAction string

// The actions of a set.
const (
	// SetGoOn begins the next wave, or ends the set after the last one.
	SetGoOn SetAction = "go-on"
	// SetEnd lets nothing further begin.
	SetEnd SetAction = "end"
	// SetGoBack rolls back what has succeeded, the latest wave first.
	SetGoBack SetAction = "go-back"
)

// AfterWave answers what follows once all releases of a wave have ended with the
// outcomes. It is a pure table: see TestSet_AfterWave.
//
// Where a release needs attention, nothing is rolled back: nobody knows what its
// application runs, and taking away what it was built on could break it.
func AfterWave(p SetPolicy, outcomes []Phase) SetAction {
	switch {
	case all(outcomes, PhaseSucceeded), p == SetContinue:
		return SetGoOn
	case p == SetRollback && !slices.Contains(outcomes, PhaseNeedsAttention):
		return SetGoBack
	}
	return SetEnd
}

// AfterUndo answers what follows once the rollbacks of one wave have ended with the
// outcomes: an earlier wave is rolled back only where this one was, because later
// waves are built on earlier ones.
func AfterUndo(outcomes []Phase) SetAction {
	if all(outcomes, PhaseSucceeded) {
		return SetGoOn
	}
	return SetEnd
}

// EndOfSet is the outcome of a set that did not go back, by the outcomes of all of its
// releases, empty for those that have not begun.
func EndOfSet(outcomes []Phase, aborted bool) Phase {
	switch {
	case slices.Contains(outcomes, PhaseNeedsAttention):
		return PhaseNeedsAttention
	case all(outcomes, PhaseSucceeded):
		return PhaseSucceeded
	case aborted:
		return PhaseAborted
	}
	return PhaseFailed
}

func all(outcomes []Phase, want Phase) bool {
	return !slices.ContainsFunc(outcomes, func(p Phase) bool { return p != want })
}

// Outcomes are the outcomes of the releases of a wave.
func (w WaveProgress) Outcomes() []Phase {
	var outcomes []Phase
	for _, r := range w.Releases {
		outcomes = append(outcomes, r.Run.Outcome)
	}
	return outcomes
}

// Undone are the outcomes of the rollbacks of a wave.
func (w WaveProgress) Undone() []Phase {
	var outcomes []Phase
	for _, r := range w.Releases {
		if r.Rollback != nil {
			outcomes = append(outcomes, r.Rollback.Outcome)
		}
	}
	return outcomes
}

// Outcomes are the outcomes of all releases of the set.
func (p SetProgress) Outcomes() []Phase {
	var outcomes []Phase
	for _, w := range p.Waves {
		outcomes = append(outcomes, w.Outcomes()...)
	}
	return outcomes
}

// Shortfall says in words which releases have ended otherwise than they should, and
// which have not begun; empty when all have succeeded.
func (p SetProgress) Shortfall() string {
	var words, idle []string
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			if r.Run.Outcome == "" {
				idle = append(idle, r.Name)
			} else if r.Run.Outcome != PhaseSucceeded {
				words = append(words, r.words(r.Run))
			}
			if r.Rollback != nil && r.Rollback.Outcome != PhaseSucceeded {
				words = append(words, "the rollback of "+r.words(*r.Rollback))
			}
		}
	}
	if len(idle) > 0 {
		words = append(words, "not begun: "+strings.Join(idle, ", "))
	}
	return strings.Join(words, "; ")
}

// words tell how a release has ended, but not why: its own reason says that.
func (s SetStanding) words(run SetRun) string {
	return fmt.Sprintf("%s (%s) ended %s", s.Name, run.ReleaseID, cmp.Or(run.Outcome, "unknown"))
}

// Left are the names of the releases that succeeded and were not rolled back.
func (p SetProgress) Left() []string {
	var names []string
	for _, s := range p.left() {
		names = append(names, s.Name)
	}
	return names
}

func (p SetProgress) left() []SetStanding {
	var left []SetStanding
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			if r.Run.Outcome == PhaseSucceeded && (r.Rollback == nil || r.Rollback.Outcome != PhaseSucceeded) {
				left = append(left, r)
			}
		}
	}
	return left
}

// AdmitSet reports whether the command applies to a set that stands at p, in the manner of
// [Admit].
func AdmitSet(p SetProgress, c Command) (repeated bool, err error) {
	switch {
	case p.Phase.Ended():
		return refuse("set %s has ended: %s", p.SetID, p.Phase)
	case p.Admission.direct(c) != nil:
		return false, p.Admission.direct(c)
	case obeyed(p.Decisions, c):
		return true, nil
	case c.All:
		return refuse("a set confirms its waves one by one, as batch; all is for a release")
	case c.Artifact != "" || c.ChangeID != "":
		return refuse("a set has neither an artifact nor a change of its own; its releases have")
	}
	switch c.Kind {
	case CommandConfirm:
		return admitWave(p, c)
	case CommandAbort:
		if p.Phase == PhaseRollingBack {
			return refuse("the set is rolling back already")
		}
		return false, nil
	case CommandPause, CommandResume, CommandRollback, CommandOverride, CommandApprove, CommandReject:
	}
	return refuse("a set takes confirm and abort; say %s to one of its releases", c.Kind)
}

func admitWave(p SetProgress, c Command) (repeated bool, err error) {
	a := p.Awaiting
	switch {
	case c.Batch > len(p.Waves):
		return refuse("there is no wave %d: the set has %d", c.Batch, len(p.Waves))
	case a == nil:
		return refuse("wave %d does not wait for a confirmation: the set is %s", c.Batch, p.Phase)
	case a.Batch != c.Batch:
		return refuse("wave %d does not wait for a confirmation: wave %d does", c.Batch, a.Batch)
	}
	return false, nil
}
