package sae

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

type scalingRule = saeclient.DescribeApplicationScalingRulesDataApplicationScalingRules

func (d *Driver) scalingRules(ctx context.Context, appID string) ([]scalingRule, error) {
	out, err := d.client.DescribeApplicationScalingRules(ctx, &saeclient.DescribeApplicationScalingRulesInput{AppID: appID})
	if err != nil {
		return nil, err
	}
	return out.Data.ApplicationScalingRules, present("DescribeApplicationScalingRules", out.Data)
}

func domainRules(rules []scalingRule) []release.ScalingRule {
	var all []release.ScalingRule
	for _, r := range rules {
		all = append(all, release.ScalingRule{Name: r.ScaleRuleName, Enabled: r.ScaleRuleEnabled, Revision: revision(r)})
	}
	return all
}

// revision is a short hash of what a rule says: neither whether it is enabled, nor when
// it was changed, nor what it measures now. Histories hold it, so that what goes into it
// must stay as it is.
func revision(r scalingRule) string {
	says := []string{"type " + r.ScaleRuleType}
	add := func(format string, args ...any) { says = append(says, fmt.Sprintf(format, args...)) }
	if t := r.Timer; t != nil {
		add("timer %q %q %q", t.Period, t.BeginDate, t.EndDate)
		for _, s := range t.Schedules {
			add("at %q %d %d-%d", s.AtTime, s.TargetReplicas, s.MinReplicas, s.MaxReplicas)
		}
	}
	if m := r.Metric; m != nil {
		add("metric %d-%d", m.MinReplicas, m.MaxReplicas)
		for _, goal := range m.Metrics {
			add("goal %q %d", goal.MetricType, goal.MetricTargetAverageUtilization)
		}
		if p := m.ScaleUpRules; p != nil {
			add("up %d %d %t", p.Step, p.StabilizationWindowSeconds, p.Disabled)
		}
		if p := m.ScaleDownRules; p != nil {
			add("down %d %d %t", p.Step, p.StabilizationWindowSeconds, p.Disabled)
		}
	}
	// The order of lists in answers is not stated.
	slices.Sort(says)
	sum := sha256.Sum256([]byte(strings.Join(says, "\n")))
	return hex.EncodeToString(sum[:6])
}

// SetScaling enables or disables rules, leaves alone those that are so already, and
// answers them as read back. SAE refuses while a change order runs (SAE API reference
// ch. 11.3, 11.4). A failure of class [release.FaultDeclined] may leave rules switched.
func (d *Driver) SetScaling(ctx context.Context, in release.SetScalingInput) (release.SetScalingResult, error) {
	ctx, calls := errorsOfSAE().Recording(ctx)
	result, err := d.setScaling(ctx, in)
	return result, calls.Doubt(err)
}

func (d *Driver) setScaling(ctx context.Context, in release.SetScalingInput) (release.SetScalingResult, error) {
	if left := d.frame.Settling(in.Late); left > 0 {
		return release.SetScalingResult{}, fault.Unchanged("an earlier call about the rules may still be at work", left)
	}
	rules, err := d.named(ctx, in)
	if err != nil {
		return release.SetScalingResult{}, failed(err)
	}
	other := func(r release.ScalingRule) bool { return r.Enabled != in.Enable }
	if !slices.ContainsFunc(rules, other) {
		return release.SetScalingResult{Rules: rules}, nil
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return release.SetScalingResult{}, err
	}
	for _, r := range rules {
		if !other(r) {
			continue
		}
		// A rule that was deleted meanwhile is left out of what is read back.
		if err := d.toggle(ctx, in.App.ID, r.Name, in.Enable); err != nil && !cloudapi.HasCode(err, saeclient.CodeScalingRuleNotFound) {
			return release.SetScalingResult{}, failed(err)
		}
	}
	// What was sent is read back, whoever cancels meanwhile.
	if rules, err = d.named(context.WithoutCancel(ctx), in); err != nil {
		return release.SetScalingResult{}, failed(err)
	}
	if slices.ContainsFunc(rules, other) && activity.GetInfo(ctx).Attempt < maxLooks {
		return release.SetScalingResult{}, fault.Unchanged("a scaling rule is not yet read back as set", readBackDelay)
	}
	return release.SetScalingResult{Rules: rules}, nil
}

// named reads the rules that are meant.
func (d *Driver) named(ctx context.Context, in release.SetScalingInput) ([]release.ScalingRule, error) {
	rules, err := d.scalingRules(ctx, in.App.ID)
	if err != nil {
		return nil, err
	}
	return domainRules(slices.DeleteFunc(rules, func(r scalingRule) bool {
		meant := func(rule release.ScalingRule) bool { return rule.Name == r.ScaleRuleName }
		return len(in.Rules) > 0 && !slices.ContainsFunc(in.Rules, meant)
	})), nil
}

func (d *Driver) toggle(ctx context.Context, appID, rule string, enable bool) error {
	if enable {
		_, err := cloud.Send(ctx, d.client.EnableApplicationScalingRule, &saeclient.EnableApplicationScalingRuleInput{AppID: appID, ScalingRuleName: rule})
		return err
	}
	_, err := cloud.Send(ctx, d.client.DisableApplicationScalingRule, &saeclient.DisableApplicationScalingRuleInput{AppID: appID, ScalingRuleName: rule})
	return err
}
