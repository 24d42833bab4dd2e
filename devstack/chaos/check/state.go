package check

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"slipway/devstack/chaos/load"
	"slipway/ledger"
	"slipway/release"
)

// A stand is what an application may run in the end.
type stand struct {
	image, variable string
	instances       int
}

// endState: every application runs what its last good release has brought, and all else of it is as it was: scaling rules, the traffic, and
// the configuration that nobody has asked to change. What is otherwise is named by a release.
func endState(e evidence) (found []Violation) {
	for i, p := range e.sent.Places {
		if p.Job {
			continue
		}
		for _, w := range e.wrongWith(i, p) {
			found = append(found, Violation{
				Rule: w.rule, Check: "as it was", Application: p.App.SearchValue(), Found: w.text, Where: "the API of " + string(p.Platform),
			})
		}
	}
	return found
}

// wrong is what an application shows and must not, and by which rule.
type wrong struct{ rule, text string }

// wrongWith is all that is wrong with how an application stands.
func (e evidence) wrongWith(place int, p load.Place) (all []wrong) {
	add := func(rule, format string, args ...any) { all = append(all, wrong{rule, fmt.Sprintf(format, args...)}) }
	after, of := e.after[place], e.recordsOf(p.App)
	if may := e.stands(place, of); !slices.ContainsFunc(may, func(s stand) bool { return s.is(after) }) && !slices.Contains(e.sent.Foreign[place], after.Image) {
		add("R19", "it runs %+v, and must run one of %+v", stand{after.Image, after.Variable, after.Instances}, may)
	}
	for _, rule := range slices.Sorted(maps.Keys(p.Before.Rules)) {
		enabled, is := after.Rules[rule]
		must := p.Before.Rules[rule] || slices.Contains(e.sent.Enabled[place], rule)
		if (!is || enabled != must) && !owes(of, func(h ledger.Held) bool { return h.More > 0 || slices.Contains(h.ScalingRules, rule) }) {
			add("R1", "scaling rule %s is there: %t, enabled: %t, must be enabled: %t, and no release names it", rule, is, enabled, must)
		}
	}
	if after.Divided != "" && !owes(of, func(h ledger.Held) bool { return h.ChangeID != "" || h.Traffic }) {
		add("R13", "%s, and no release names it", after.Divided)
	}
	if after.Route != p.Before.Route && !owes(of, func(h ledger.Held) bool { return h.Traffic }) {
		add("R20", "its traffic rule is %q, must be %q, and no release names it", after.Route, p.Before.Route)
	}
	for _, field := range differing(p.Before.Rest, after.Rest) {
		add("R20", "%s is %v, and was %v", field, after.Rest[field], p.Before.Rest[field])
	}
	return all
}

func (s stand) is(after load.State) bool {
	return s == stand{after.Image, after.Variable, after.Instances}
}

// recordsOf are the records of an application whose turn has come, in the order of their turns.
func (e evidence) recordsOf(app release.App) (of []ledger.Record) {
	for _, r := range e.records {
		if r.App.Unqualified() == app.Unqualified() && !r.StartedAt.IsZero() {
			of = append(of, r)
		}
	}
	slices.SortStableFunc(of, func(a, b ledger.Record) int { return a.StartedAt.Compare(b.StartedAt) })
	return of
}

// owes reports whether a release has left something that it names.
func owes(of []ledger.Record, what func(ledger.Held) bool) bool {
	return slices.ContainsFunc(of, func(r ledger.Record) bool { return r.Owes() && what(r.Held) })
}

// stands are what an application may run after all of its releases. One that needs attention may have left it as it was, or not.
func (e evidence) stands(place int, of []ledger.Record) []stand {
	before := e.sent.Places[place].Before
	may := []stand{{before.Image, before.Variable, before.Instances}}
	seen := slices.Clone(may)
	for _, r := range of {
		var brings []stand
		for _, s := range may {
			brings = append(brings, e.brings(r, s, seen)...)
		}
		switch r.Outcome { //nolint:exhaustive // the others leave it as it was
		case release.PhaseSucceeded:
			may = brings
		case release.PhaseNeedsAttention:
			may = append(may, brings...)
		}
		may = unique(may)
		seen = unique(append(seen, may...))
	}
	return may
}

func unique(all []stand) (out []stand) {
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// brings is what an application runs after a release that has found it so. What a rollback returns to is one of those that were seen.
func (e evidence) brings(r ledger.Record, s stand, seen []stand) (out []stand) {
	asked := e.sent.Asked[r.ReleaseID]
	switch r.Latest().Operation {
	case release.OperationRollback:
		for _, old := range seen {
			if old.image == r.Latest().Artifact.Image {
				out = append(out, stand{old.image, old.variable, s.instances}, old)
			}
		}
		return out
	case release.OperationRescale:
		s.instances = asked.Instances
	case release.OperationRestart, release.OperationJob:
	case release.OperationRelease:
		s.image = r.Latest().Artifact.Image
		if asked.Config != nil {
			for _, v := range asked.Config.Variables {
				s.variable = *v.Value
			}
		}
	}
	return []stand{s}
}

// differing are the fields that differ.
func differing(before, after map[string]any) (fields []string) {
	for _, field := range slices.Sorted(maps.Keys(before)) {
		if !reflect.DeepEqual(before[field], after[field]) {
			fields = append(fields, field)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(after)) {
		if _, was := before[field]; !was {
			fields = append(fields, field)
		}
	}
	return fields
}
