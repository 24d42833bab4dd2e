package whatif

import (
	"reflect"
	"slices"
	"strings"

	"slipway/policy"
	"slipway/release"
)

// The fields of a spec that a record may not have, as [Recorded] names them.
const (
	FieldOperation = "operation"
	FieldArtifact  = "artifact"
	FieldStrategy  = "strategy"
	FieldType      = "strategy.type"
	FieldWatch     = "strategy.watch"
	FieldApproval  = "approval"
	FieldLimits    = "limits"
	FieldRollback  = "rollback"
	FieldAdopt     = "adopt"
	FieldOverride  = "policy.override"
)

// knows reports whether a field of the spec, or the group that it is of, is recorded.
func (r Recorded) knows(field string) bool { return r.missing(field) == "" }

// missing is the field that is not recorded, of which one is a part; empty where it is recorded.
func (r Recorded) missing(field string) string {
	for _, unknown := range r.Unknown {
		if field == unknown || strings.HasPrefix(field, unknown+".") {
			return unknown
		}
	}
	return ""
}

// admission judges whether the release would have been let in.
func (c Change) admission(stored []policy.Policy, r Recorded) Decision {
	out := Decision{Kind: KindPolicy, Effect: EffectSame}
	if r.Unreadable != "" {
		out.Effect, out.Missing = EffectUndecidable, r.Unreadable
		return out
	}
	before, after := r.judge(stored), r.judge(c.over(stored))
	if r.DeadLetter > 0 {
		out.Was, out.Would = "refused", "refused"
		if len(before.sure) > 0 && len(after.sure) == 0 {
			out.Effect, out.Would, out.Refusals = EffectFlip, "accepted", before.sure
		}
		out.Name = policiesOf(out.Refusals)
		return out
	}
	out.Was, out.Would = "accepted", "accepted"
	if len(before.sure) > 0 { // it is older than what refuses it
		return out
	}
	unsure := slices.DeleteFunc(after.unsure, func(d doubt) bool { return c.demandsAsBefore(stored, r, d.Refusal) })
	switch {
	case len(after.sure) > 0:
		out.Effect, out.Would, out.Refusals = EffectFlip, "refused", after.sure
	case len(unsure) > 0:
		out.Effect, out.Would, out.Missing = EffectUndecidable, "", unsure[0].missing+" is not in its record"
		for _, d := range unsure {
			out.Refusals = append(out.Refusals, d.Refusal)
		}
	}
	out.Name = policiesOf(out.Refusals)
	return out
}

// demandsAsBefore reports whether what refuses a release was demanded of it before, in the same words: whatever is missing,
// it makes no difference.
func (c Change) demandsAsBefore(stored []policy.Policy, r Recorded, refusal policy.Refusal) bool {
	named := func(p policy.Policy) bool { return p.Name == refusal.Policy }
	was, will := slices.IndexFunc(stored, named), slices.IndexFunc(c.Policies, named)
	if will < 0 {
		return true
	}
	return was >= 0 && stored[was].Covers(r.Spec.App, r.Names) && reflect.DeepEqual(demanded(stored[was].Demands, refusal.Demand), demanded(c.Policies[will].Demands, refusal.Demand))
}

// demanded is what a policy says of a demand.
func demanded(d policy.Demands, demand string) any {
	group, _, _ := strings.Cut(demand, ".")
	switch group {
	case "images":
		return d.Images
	case "approval":
		return d.Approval
	case "watch":
		return d.Watch
	case "strategies":
		return d.Strategies
	}
	return []any{d.Confirm, d.RollbackOnFailure}
}

// over are the policies with those of the change in the place of those of their names.
func (c Change) over(stored []policy.Policy) []policy.Policy {
	out := slices.Clone(stored)
	for _, p := range c.Policies {
		at := slices.IndexFunc(out, func(have policy.Policy) bool { return have.Name == p.Name })
		if at < 0 {
			out = append(out, p)
			continue
		}
		out[at] = p
	}
	return out
}

func policiesOf(refusals []policy.Refusal) string {
	var names []string
	for _, r := range refusals {
		if !slices.Contains(names, r.Policy) {
			names = append(names, r.Policy)
		}
	}
	return strings.Join(names, ", ")
}

// judged is what policies refuse of a release, as far as it is known.
type judged struct {
	sure   []policy.Refusal
	unsure []doubt
}

// doubt is a refusal that hangs on a field which is not recorded.
type doubt struct {
	policy.Refusal

	missing string
}

// judge judges a release by policies. What is not recorded is unset in its spec, which meets no demand: so a refusal
// because of it is in doubt, and any other one is sure.
func (r Recorded) judge(policies []policy.Policy) (out judged) {
	spec := r.Spec
	if !r.knows(FieldLimits) {
		spec.Limits.OnConfirmTimeout = release.TimeoutContinue
	}
	if !r.knows(FieldRollback) {
		spec.Rollback.OnFailure = new(false)
	}
	if !r.knows(FieldStrategy) {
		spec.Strategy.Confirm = release.ConfirmAuto
	}
	found := policy.Judge(policies, spec, r.Names)
	for _, each := range append(found, r.adopting(policies, spec, found)...) {
		if r.passesOver(each.Policy) {
			continue
		}
		missing := r.missing(each.Field)
		switch {
		case !r.knows(FieldOperation):
			missing = FieldOperation
		case missing == "" && !r.knows(FieldOverride):
			missing = FieldOverride
		}
		if missing == "" {
			out.sure = append(out.sure, each)
		} else {
			out.unsure = append(out.unsure, doubt{each, missing})
		}
	}
	return out
}

// adopting is what policies refuse besides what they are known to, where it is not recorded whether the release takes
// over a change: no image is good enough then.
func (r Recorded) adopting(policies []policy.Policy, spec release.Spec, known []policy.Refusal) []policy.Refusal {
	if r.knows(FieldAdopt) {
		return nil
	}
	spec.Adopt = "unknown"
	return slices.DeleteFunc(policy.Judge(policies, spec, r.Names), func(each policy.Refusal) bool {
		return each.Field != FieldAdopt || slices.ContainsFunc(known, func(k policy.Refusal) bool {
			return k.Policy == each.Policy && strings.HasPrefix(k.Demand, "images")
		})
	})
}

// passesOver reports whether the release is known to pass over a policy.
func (r Recorded) passesOver(name string) bool { return slices.Contains(r.Spec.Policy.Override, name) }
