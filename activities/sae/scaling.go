package sae

import (
	"context"
	"slices"

	"go.temporal.io/sdk/activity"

	"slipway/release"
	"slipway/saeclient"
)

func (d *Driver) rules(ctx context.Context, appID string) ([]release.ScalingRule, error) {
	out, err := d.client.DescribeApplicationScalingRules(ctx, &saeclient.DescribeApplicationScalingRulesInput{AppID: appID})
	if err != nil {
		return nil, err
	}
	var rules []release.ScalingRule
	for _, r := range out.Data.ApplicationScalingRules {
		rules = append(rules, release.ScalingRule{Name: r.ScaleRuleName, Enabled: r.ScaleRuleEnabled})
	}
	return rules, nil
}

// SetScaling enables or disables rules, leaves alone those that are so already, and
// answers them as read back. SAE refuses while a change order runs (SAE API reference
// ch. 11.3, 11.4); the activity is tried again then.
func (d *Driver) SetScaling(ctx context.Context, in release.SetScalingInput) (release.SetScalingResult, error) {
	rules, err := d.named(ctx, in)
	if err != nil {
		return release.SetScalingResult{}, failed(err)
	}
	changed := false
	for _, r := range rules {
		if r.Enabled == in.Enable {
			continue
		}
		if err := d.toggle(ctx, in.App.ID, r.Name, in.Enable); err != nil {
			return release.SetScalingResult{}, failed(err)
		}
		changed = true
	}
	if !changed {
		return release.SetScalingResult{Rules: rules}, nil
	}
	if rules, err = d.named(ctx, in); err != nil {
		return release.SetScalingResult{}, failed(err)
	}
	other := slices.ContainsFunc(rules, func(r release.ScalingRule) bool { return r.Enabled != in.Enable })
	if other && activity.GetInfo(ctx).Attempt < maxLooks {
		return release.SetScalingResult{}, again("a scaling rule is not yet read back as set", readBackDelay)
	}
	return release.SetScalingResult{Rules: rules}, nil
}

// named reads the rules that are meant.
func (d *Driver) named(ctx context.Context, in release.SetScalingInput) ([]release.ScalingRule, error) {
	rules, err := d.rules(ctx, in.App.ID)
	if err != nil || len(in.Names) == 0 {
		return rules, err
	}
	return slices.DeleteFunc(rules, func(r release.ScalingRule) bool { return !slices.Contains(in.Names, r.Name) }), nil
}

func (d *Driver) toggle(ctx context.Context, appID, rule string, enable bool) error {
	if enable {
		_, err := d.client.EnableApplicationScalingRule(ctx, &saeclient.EnableApplicationScalingRuleInput{AppID: appID, ScalingRuleName: rule})
		return err
	}
	_, err := d.client.DisableApplicationScalingRule(ctx, &saeclient.DisableApplicationScalingRuleInput{AppID: appID, ScalingRuleName: rule})
	return err
}
