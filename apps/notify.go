package apps

import (
	"fmt"
	"slices"
	"time"

	"slipway/release"
)

// The bounds of what a document says of notifications.
const (
	MaxNotifyRules = 50
	// MaxTold is how many channels and how many events one rule names.
	MaxTold = 50
	// MaxSteps is how many steps a ladder has, and MaxWait how late the last one may be.
	MaxSteps = 20
	MaxWait  = 30 * 24 * time.Hour
)

// NotifyRule says which events of the application are told where.
type NotifyRule struct {
	// To are the names of channels of the notifier.
	To []string `json:"to"`
	// When are kinds of events and groups of them, see [release.ChoosesEvent]; empty is waiting and ended.
	When []string `json:"when,omitempty"`
	// Environments are those of the document that it is about; empty is all of them.
	Environments []string `json:"environments,omitempty"`
}

// WaitingStep is one step of a ladder: who is told when somebody is waited for that long.
type WaitingStep struct {
	// After is how long the wait has lasted.
	After release.Duration `json:"after"`
	// Tell is a channel that is reminded, Page one whose people are called; one of them is given.
	Tell string `json:"tell,omitempty"`
	Page string `json:"page,omitempty"`
	// Environments are those of the document that it is about; empty is all of them.
	Environments []string `json:"environments,omitempty"`
}

// Channel is the channel that the step tells, or whose people it calls.
func (s WaitingStep) Channel() string {
	if s.Page != "" {
		return s.Page
	}
	return s.Tell
}

// CheckTold checks what a rule says at a place: the names of channels, and the words for events. Which channels there are is known
// to the notifier alone.
func CheckTold(at string, to, when []string) release.Problems {
	v := &validator{}
	v.check(len(to) > 0, at+".to", "is required: the names of the channels that are told")
	for i, name := range v.atMost(at+".to", to, MaxTold) {
		place := fmt.Sprintf("%s.to[%d]", at, i)
		v.name(place, name)
		v.check(!slices.Contains(to[:i], name), place, "%.*q is there already", release.MaxID, name)
	}
	words := release.EventWords()
	for i, word := range v.atMost(at+".when", when, MaxTold) {
		place := fmt.Sprintf("%s.when[%d]", at, i)
		v.check(slices.Contains(words, word), place, "%.*q is no event; write waiting, ended, bad or all, or the kind of an event such as batch.waiting%s",
			release.MaxID, word, release.DidYouMean(word, words))
		v.check(!slices.Contains(when[:i], word), place, "%.*q is there already", release.MaxID, word)
	}
	return v.problems
}

// CheckLadder checks the steps of a ladder at a place, but for their environments.
func CheckLadder(at string, steps []WaitingStep) release.Problems {
	v := &validator{}
	v.check(len(steps) <= MaxSteps, at, "has %d entries; at most %d are taken", len(steps), MaxSteps)
	steps = steps[:min(len(steps), MaxSteps)]
	for i, s := range steps {
		place := fmt.Sprintf("%s[%d]", at, i)
		v.check(s.After > 0 && s.After.Std() <= MaxWait, place+".after", "must be more than 0s and at most %s", release.Duration(MaxWait))
		v.check((s.Tell != "") != (s.Page != ""), place, "must have one of tell, which reminds a channel, and page, which calls its people")
		field := ".tell"
		if s.Page != "" {
			field = ".page"
		}
		if s.Channel() != "" {
			v.name(place+field, s.Channel())
		}
		if i > 0 {
			v.check(s.After >= steps[i-1].After, place+".after", "is before that of the step before it, %s; write the steps in the order of their time", steps[i-1].After)
		}
		v.check(!slices.ContainsFunc(steps[:i], func(t WaitingStep) bool { return t.After == s.After && t.Channel() == s.Channel() && s.Channel() != "" }),
			place, "%.*s has a step at %s already", release.MaxID, s.Channel(), s.After)
	}
	return v.problems
}

// atMost returns the entries of a list, of which more than there may be are a problem.
func (v *validator) atMost(field string, list []string, most int) []string {
	v.check(len(list) <= most, field, "has %d entries; at most %d are taken", len(list), most)
	return list[:min(len(list), most)]
}

// notifications checks who is told of releases.
func (v *validator) notifications(a Application) {
	v.check(len(a.Notify) <= MaxNotifyRules, "notify", "has %d entries; at most %d are taken", len(a.Notify), MaxNotifyRules)
	for i, r := range a.Notify[:min(len(a.Notify), MaxNotifyRules)] {
		at := fmt.Sprintf("notify[%d]", i)
		v.problems = append(v.problems, CheckTold(at, r.To, r.When)...)
		v.someOf(a, at+".environments", r.Environments)
	}
	v.problems = append(v.problems, CheckLadder("waiting", a.Waiting)...)
	for i, s := range a.Waiting[:min(len(a.Waiting), MaxSteps)] {
		v.someOf(a, fmt.Sprintf("waiting[%d].environments", i), s.Environments)
	}
}

// someOf checks names that are to be those of environments of the document.
func (v *validator) someOf(a Application, at string, environments []string) {
	for i, name := range v.atMost(at, environments, MaxEnvironments) {
		place := fmt.Sprintf("%s[%d]", at, i)
		v.check(slices.Contains(a.Names(), name), place, "%.*q is no environment of the document%s", release.MaxID, name, release.DidYouMean(name, a.Names()))
		v.check(!slices.Contains(environments[:i], name), place, "%.*q is there already", release.MaxID, name)
	}
}
