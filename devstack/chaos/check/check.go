// Package check holds what has become of a load against the rules: by the ledgers of the simulators, which say what was really done, and
// by the streams and buckets of NATS, which say what was told and remembered. What the workflows believe is not asked.
package check

import (
	"context"
	"fmt"

	"slipway/devstack/chaos/load"
	"slipway/devstack/chaos/system"
	"slipway/release"
)

// Violation is a rule that does not hold.
type Violation struct {
	// Rule is the number of the rule, such as R16, where there is one, and Check the name of the invariant.
	Rule  string `json:"rule,omitempty"`
	Check string `json:"check"`
	// Release is the ID of the release or the set, and Application what it is of; empty where that is none.
	Release     string `json:"release,omitempty"`
	Application string `json:"application,omitempty"`
	// Found says what was found, and Where names the ledger or the stream.
	Found string `json:"found"`
	Where string `json:"where"`
}

// String says it in one line.
func (v Violation) String() string {
	text := v.Check + ": "
	for _, name := range []string{v.Application, v.Release} {
		if name != "" {
			text += name + ": "
		}
	}
	if v.Rule != "" {
		text = v.Rule + ", " + text
	}
	return text + v.Found + " (" + v.Where + ")"
}

// nothingIgnored: no parameter was sent to a platform that took it and did nothing.
func nothingIgnored(e evidence) (found []Violation) {
	for platform, parameters := range e.ignored {
		found = append(found, Violation{
			Check: "nothing ignored", Found: fmt.Sprintf("parameters were taken and did nothing: %v", parameters), Where: "the simulator of " + string(platform),
		})
	}
	return found
}

// Summary says what there was to judge.
type Summary struct {
	// Releases counts the ends of releases by platform and phase.
	Releases map[release.Platform]map[release.Phase]int `json:"releases"`
	// Messages, Letters, Events and Changes count what JetStream has taken, dead letters, lifecycle events, and changes of the platforms.
	Messages int `json:"messages"`
	Letters  int `json:"letters"`
	Events   int `json:"events"`
	Changes  int `json:"changes"`
	// Sets counts the ends of sets.
	Sets map[release.Phase]int `json:"sets"`
}

// All reads what has become of all that was sent, and returns what violates a rule. Everything must have ended and nothing may be away.
func All(ctx context.Context, a system.Access, sent load.Sent) ([]Violation, Summary, error) {
	e, err := read(ctx, a, sent)
	if err != nil {
		return nil, Summary{}, err
	}
	return e.violations(), e.summary(), nil
}

// violations are those of all rules.
func (e evidence) violations() (found []Violation) {
	for _, rule := range []func(evidence) []Violation{oneOutcome, oneChangeAStep, inOrder, nothingAfterStop, endState, toldOnce, nothingIgnored} {
		found = append(found, rule(e)...)
	}
	return found
}

func (e evidence) summary() Summary {
	s := Summary{
		Releases: map[release.Platform]map[release.Phase]int{}, Sets: map[release.Phase]int{},
		Messages: len(e.sent.Messages), Letters: len(e.letters), Events: len(e.events), Changes: len(e.changes),
	}
	for _, r := range e.records {
		if s.Releases[r.App.Platform] == nil {
			s.Releases[r.App.Platform] = map[release.Phase]int{}
		}
		s.Releases[r.App.Platform][r.Outcome]++
	}
	for _, set := range e.sets {
		s.Sets[set.Progress.Outcome]++
	}
	return s
}
