package workflows

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// ToggleScalingRules enables or disables scaling rules of an application and reads them
// back; where a time is given, it switches those that it has switched back when the time
// has passed, or at once when it is cancelled. It waits while a change of the
// application is unfinished, because the platform refuses meanwhile. No freeze holds it:
// it is an operator's hand, not a release.
//
// What is switched for a time is recorded first, in the input of the run that switches it: a run that is
// reset would find the rules as it has left them, and put none of them back.
func ToggleScalingRules(ctx workflow.Context, in release.ToggleInput) (release.ToggleResult, error) {
	if err := checked(ctx, in.Validate); err != nil {
		return release.ToggleResult{}, err
	}
	// Cancelling is not forgetting: what was switched for a time is switched back.
	lasting, _ := workflow.NewDisconnectedContext(ctx)
	in.App = in.App.WithDefaults()
	t := toggle{in: in}
	t.p.App, t.platform = in.App, platform{app: in.App}
	if err := workflow.SetQueryHandler(ctx, release.QueryToggle, func() (release.ToggleResult, error) { return t.shown(), nil }); err != nil {
		return release.ToggleResult{}, err
	}
	if in.For == 0 {
		return t.result, t.set(lasting, rulesNamed(in.Names), in.Enable)
	}
	rules, err := t.recorded(lasting)
	if err != nil {
		return t.result, err
	}
	t.note(rules)
	switch recorded := len(in.Before) > 0; {
	case !recorded && len(t.switched) > 0 && ctx.Err() != nil: // the next run would not know that it is cancelled
		return release.ToggleResult{}, nil //nolint:nilerr // it has ended as it was told to
	case !recorded && len(t.switched) > 0:
		return t.result, t.beginWith(ctx, rules)
	case !recorded && wasReset(ctx):
		return t.result, temporal.NewNonRetryableApplicationError(
			"it was reset to before it had recorded what it switches, and nothing is left to switch: what a later run of it has switched stands in the input of that run; nothing was switched",
			string(release.FaultUndecidable), nil)
	}
	if err := t.set(lasting, rules, in.Enable); err != nil {
		return t.result, err
	}
	t.until = workflow.Now(ctx).Add(in.For.Std())
	_ = newTimer(ctx, in.For.Std(), "switch the scaling rules back").Get(ctx, nil)
	return t.result, t.switchBack(lasting)
}

// toggleLimit bounds how long a switching waits for foreign changes and for a platform
// that does not answer.
const toggleLimit = 30 * 24 * time.Hour

// toggle is the switching of scaling rules, and back.
type toggle struct {
	caller

	in     release.ToggleInput
	result release.ToggleResult
	// switched are the rules that are to be switched back, as they were.
	switched []release.ScalingRule
	// until is when what was switched is switched back.
	until time.Time
}

// shown is how far the switching has come, and what it waits for.
func (t *toggle) shown() release.ToggleResult {
	result := t.result
	result.Stalled, result.Waiting, result.Until = t.p.Stalled, t.p.Reason, t.until
	return result
}

// beginWith continues as new with the rules that are meant as they are before the switching.
func (t *toggle) beginWith(ctx workflow.Context, before []release.ScalingRule) error {
	return workflow.NewContinueAsNewError(ctx, release.WorkflowToggleScalingRules, release.ToggleInput{ToggleRequest: t.in.ToggleRequest, Before: before})
}

// note notes which of the rules that are meant the switching changes.
func (t *toggle) note(before []release.ScalingRule) {
	for _, rule := range before {
		if rule.Enabled != t.in.Enable {
			t.result.Switched = append(t.result.Switched, rule.Name)
			t.switched = append(t.switched, rule)
		}
	}
}

// recorded are the rules that are meant as they were before the switching: those that the run begins
// with, or else as they are now.
func (t *toggle) recorded(ctx workflow.Context) (meant []release.ScalingRule, err error) {
	if len(t.in.Before) > 0 {
		return t.in.Before, nil
	}
	snap, err := t.read(ctx)
	if err != nil {
		return nil, err
	}
	if missing := missingRules(t.in.Names, snap.ScalingRules); len(missing) > 0 {
		return nil, noSuchRules(missing)
	}
	for _, rule := range snap.ScalingRules {
		if len(t.in.Names) > 0 && !slices.Contains(t.in.Names, rule.Name) {
			continue
		}
		meant = append(meant, rule)
	}
	return meant, nil
}

// changed are the rules that the run has begun with, with those as they are now that somebody has changed
// since; false where nobody has. Once it is switched, a rule is theirs.
func (t *toggle) changed(now []release.ScalingRule) (before []release.ScalingRule, changed bool) {
	before = slices.Clone(t.in.Before)
	for i, rule := range before {
		is, there := named(now, rule.Name)
		if there && is.Enabled == rule.Enabled && is.Enabled != t.in.Enable && is.Revision != rule.Revision {
			before[i], changed = is, true
		}
	}
	return before, changed
}

func noSuchRules(names []string) error {
	return invalid(release.Problem{Field: "names", Message: "the application has no scaling rule " + strings.Join(names, ", ")})
}

// read reads the application once no change of it is unfinished: while one is,
// the platform may have switched rules off for it, which says nothing of the rules.
func (t *toggle) read(ctx workflow.Context) (release.Snapshot, error) {
	t.homeBy = workflow.Now(ctx).Add(toggleLimit)
	snap, f := t.readIdle(ctx)
	if f != nil {
		return snap, f.err()
	}
	return snap, nil
}

// switchBack puts the rules back that were switched.
func (t *toggle) switchBack(ctx workflow.Context) error {
	if len(t.result.Switched) == 0 {
		return nil
	}
	if err := t.set(ctx, t.switched, !t.in.Enable); err != nil {
		return err
	}
	t.result.SwitchedBack = true
	return nil
}

// set switches rules and keeps how they were read back. While a change of the
// application is unfinished the platform refuses: it is waited for.
func (t *toggle) set(ctx workflow.Context, rules []release.ScalingRule, enable bool) error {
	var result release.SetScalingResult
	var f *fault
	until := workflow.Now(ctx).Add(toggleLimit)
	for tries := 0; ; tries++ {
		snap, err := t.read(ctx)
		if err != nil {
			return err
		}
		if before, changed := t.changed(snap.ScalingRules); changed && enable == t.in.Enable {
			return t.beginWith(ctx, before)
		}
		result, f = insist(ctx, &t.caller, t.platform.setScaling(release.SetScalingInput{
			App: t.in.App, Rules: rules, Enable: enable, Override: true,
		}), t.homeBy)
		if f == nil || f.class != release.FaultConflict || !workflow.Now(ctx).Before(until) {
			break
		}
		t.backOff(ctx, tries, f, never)
	}
	names := namesOf(rules)
	if f != nil {
		f.text += "; not switched: " + cmp.Or(strings.Join(names, ", "), "all scaling rules")
		return f.err()
	}
	t.result.Rules = result.Rules
	there := enable || !t.platform.traits().TakesRulesAway() // else nothing is to be there any more
	if missing := missingRules(names, result.Rules); len(missing) > 0 && there {
		return noSuchRules(missing)
	}
	if other := slices.IndexFunc(result.Rules, func(r release.ScalingRule) bool { return r.Enabled != enable }); other >= 0 {
		return temporal.NewNonRetryableApplicationError("scaling rule "+result.Rules[other].Name+" was not read back as set",
			string(release.FaultUndecidable), nil)
	}
	return nil
}

// rulesNamed are rules of which nothing but the names is known.
func rulesNamed(names []string) []release.ScalingRule {
	rules := make([]release.ScalingRule, len(names))
	for i, name := range names {
		rules[i].Name = name
	}
	return rules
}

func namesOf(rules []release.ScalingRule) []string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.Name
	}
	return names
}

func missingRules(names []string, rules []release.ScalingRule) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(rules, func(rule release.ScalingRule) bool { return rule.Name == name })
	})
}
