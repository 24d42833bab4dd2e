package workflows

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// ToggleScalingRules enables or disables scaling rules of an application and reads
// them back. It waits while a change order of the application is unfinished, because
// the platform refuses meanwhile.
func ToggleScalingRules(ctx workflow.Context, in release.ToggleRequest) (release.ToggleResult, error) {
	if err := in.App.Validate(); err != nil {
		return release.ToggleResult{}, invalid(err)
	}
	result, f := call[release.SetScalingResult](ctx, platform{in.App}, release.VerbSetScaling, release.SetScalingInput(in))
	if f != nil {
		return release.ToggleResult{}, temporal.NewNonRetryableApplicationError(f.String(), string(f.class), nil)
	}
	if missing := missingRules(in.Names, result.Rules); len(missing) > 0 {
		return release.ToggleResult{}, invalid(release.Problem{
			Field: "names", Message: "the application has no scaling rule " + strings.Join(missing, ", "),
		})
	}
	return release.ToggleResult(result), nil
}

func missingRules(names []string, rules []release.ScalingRule) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(rules, func(rule release.ScalingRule) bool { return rule.Name == name })
	})
}

// suspendScaling records which rules are enabled and disables those. The record stands
// in the history before anything is changed.
func (r *run) suspendScaling(ctx workflow.Context) *ending {
	for _, rule := range r.snap.ScalingRules {
		if rule.Enabled {
			r.p.ScalingRules = append(r.p.ScalingRules, release.HeldRule{Name: rule.Name})
		}
	}
	if !r.suspend || len(r.p.ScalingRules) == 0 {
		return nil
	}
	_, f := call[release.SetScalingResult](ctx, r.platform, release.VerbSetScaling, release.SetScalingInput{
		App: r.p.App, Names: r.heldNames(),
	})
	if f != nil {
		return r.restored(ctx, end(release.PhaseFailed, "%v; nothing was deployed", f))
	}
	return nil
}

func (r *run) heldNames() []string {
	var names []string
	for _, rule := range r.p.ScalingRules {
		if !rule.Restored {
			names = append(names, rule.Name)
		}
	}
	return names
}

// heldRules names the rules that are left off, for a reason; empty when there are none.
func (r *run) heldRules() string {
	names := r.heldNames()
	if len(names) == 0 {
		return ""
	}
	return "; scaling rules left off: " + strings.Join(names, ", ")
}

// restored enables the very set of rules that was enabled before, and then ends the
// release as asked. A rule that cannot be restored turns the outcome into
// NeedsAttention, which names it.
func (r *run) restored(ctx workflow.Context, e *ending) *ending {
	if len(r.heldNames()) == 0 {
		return e
	}
	result, f := call[release.SetScalingResult](ctx, r.platform, release.VerbSetScaling, release.SetScalingInput{
		App: r.p.App, Names: r.heldNames(), Enable: true,
	})
	for i, held := range r.p.ScalingRules {
		if slices.Contains(result.Rules, release.ScalingRule{Name: held.Name, Enabled: true}) {
			r.p.ScalingRules[i].Restored = true
		}
	}
	left := r.heldRules()
	switch {
	case left == "":
		return e
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; %v%s", e.describe(), f, left)
	default:
		return end(release.PhaseNeedsAttention, "%s%s", e.describe(), left)
	}
}

// describe names an outcome that another one replaces.
func (e *ending) describe() string {
	if e.reason == "" {
		return string(e.outcome)
	}
	return string(e.outcome) + ": " + e.reason
}
