package sae

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"slipway/release"
	"slipway/saeclient"
)

// trafficRules are the rules of a gray rule: one kind of them (SAE API reference ch. 19).
type trafficRules struct {
	SpringCloud []saeclient.SpringCloudRule `json:"springCloud,omitempty"`
	Dubbo       []saeclient.DubboRule       `json:"dubbo,omitempty"`
	ALB         []saeclient.ALBRule         `json:"alb,omitempty"`
}

// keptRule is what it takes to put an application's own gray rule back. Histories hold
// it.
type keptRule struct {
	Description string       `json:"description"`
	Rules       trafficRules `json:"rules"`
}

func (r keptRule) same(other keptRule) bool {
	return r.Description == other.Description && r.Rules.same(other.Rules)
}

// route is the gray rule that an application has.
type route struct {
	id   int64
	name string
	keptRule
}

// same compares what goes over the wire.
func (t trafficRules) same(other trafficRules) bool {
	a, errA := json.Marshal(t)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// ApplyTraffic sets the gray rule of a release. SAE has one rule for each application
// and refuses changes to it while a change order runs (SAE API reference ch. 19.1, 19.3).
// A rule's name cannot change, so the application's own rule is changed in place, and
// where there is none one of the release's name is made.
func (d *Driver) ApplyTraffic(ctx context.Context, in release.ApplyTrafficInput) error {
	now, err := d.route(ctx, in.App.ID)
	if err != nil {
		return failed(err)
	}
	kept, err := keptRuleOf(in.Kept)
	if err != nil {
		return err
	}
	name := routeName(in.ReleaseID)
	want := keptRule{Description: routeDescription(in.ReleaseID), Rules: rulesOf(in.Traffic)}
	own := now != nil && kept != nil && now.name == in.Kept.Name
	switch {
	case now != nil && now.Rules.same(want.Rules) && (own || now.name == name):
		return nil
	case now == nil, leftOver(now.name), now.name == name, own && now.same(*kept):
	default:
		return refused(release.FaultInvalid, "the application's gray rule %s has been set by somebody since it was read", now.name)
	}
	if err := d.guarded(ctx, in.App, in.Override); err != nil {
		return err
	}
	if now != nil && leftOver(now.name) && now.name != name {
		if err := d.deleteRoute(ctx, now.id); err != nil {
			return err
		}
		now = nil
	}
	if now == nil {
		return d.createRoute(ctx, in.App.ID, name, want)
	}
	return d.updateRoute(ctx, now.id, want)
}

// ClearTraffic removes the gray rule of a release, or puts the application's own back in
// its place. A rule that is neither was set by somebody meanwhile, and stays. No freeze
// holds it.
func (d *Driver) ClearTraffic(ctx context.Context, in release.ClearTrafficInput) (release.ClearTrafficResult, error) {
	foreign := release.ClearTrafficResult{Foreign: true}
	now, err := d.route(ctx, in.App.ID)
	if err != nil {
		return release.ClearTrafficResult{}, failed(err)
	}
	kept, err := keptRuleOf(in.Kept)
	if err != nil {
		return release.ClearTrafficResult{}, err
	}
	switch {
	case now == nil:
		// The application's own rule is never deleted from here.
		return release.ClearTrafficResult{Foreign: kept != nil}, nil
	case now.name == routeName(in.ReleaseID):
		return release.ClearTrafficResult{Foreign: kept != nil}, d.deleteRoute(ctx, now.id)
	case kept == nil || now.name != in.Kept.Name:
		return foreign, nil
	case now.same(*kept):
		return release.ClearTrafficResult{}, nil
	case now.Rules.same(rulesOf(in.Traffic)):
		return release.ClearTrafficResult{}, d.updateRoute(ctx, now.id, *kept)
	default:
		return foreign, nil
	}
}

// keptTraffic reads the application's own gray rule. One that another release has left
// over, because it was terminated, is not the application's.
func (d *Driver) keptTraffic(ctx context.Context, appID string) (*release.KeptTraffic, error) {
	now, err := d.route(ctx, appID)
	if err != nil || now == nil || leftOver(now.name) {
		return nil, err
	}
	rule, err := json.Marshal(now.keptRule)
	return &release.KeptTraffic{Name: now.name, Rule: rule}, err
}

func keptRuleOf(k *release.KeptTraffic) (*keptRule, error) {
	if k == nil {
		return nil, nil //nolint:nilnil // the application had no rule
	}
	rule := new(keptRule)
	if err := json.Unmarshal(k.Rule, rule); err != nil {
		return nil, refused(release.FaultInvalid, "the kept gray rule %s cannot be read: %v", k.Name, err)
	}
	return rule, nil
}

// route reads the gray rule of an application; nil when it has none.
func (d *Driver) route(ctx context.Context, appID string) (*route, error) {
	out, err := d.client.ListGreyTagRoute(ctx, &saeclient.ListGreyTagRouteInput{AppID: appID})
	if err == nil {
		err = present("ListGreyTagRoute", out.Data)
	}
	if err != nil || len(out.Data.Result) == 0 {
		return nil, err
	}
	r := out.Data.Result[0]
	now := &route{id: r.GreyTagRouteID, name: r.Name, keptRule: keptRule{Description: r.Description}}
	err = errors.Join(
		recast(r.ScRules, &now.Rules.SpringCloud),
		recast(r.DubboRules, &now.Rules.Dubbo),
		recast(r.AlbRules, &now.Rules.ALB),
	)
	return now, err
}

// recast reads rules of an answer as those of a request, which lack the members that
// have no meaning for their kind.
func recast(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (d *Driver) createRoute(ctx context.Context, appID, name string, r keptRule) error {
	_, err := d.client.CreateGreyTagRoute(ctx, &saeclient.CreateGreyTagRouteInput{
		AppID: appID, Name: name, Description: &r.Description,
		ScRules: r.Rules.SpringCloud, DubboRules: r.Rules.Dubbo, AlbRules: r.Rules.ALB,
	})
	return d.settled(err)
}

func (d *Driver) updateRoute(ctx context.Context, id int64, r keptRule) error {
	_, err := d.client.UpdateGreyTagRoute(ctx, &saeclient.UpdateGreyTagRouteInput{
		GreyTagRouteID: id, Description: &r.Description,
		ScRules: r.Rules.SpringCloud, DubboRules: r.Rules.Dubbo, AlbRules: r.Rules.ALB,
	})
	return d.settled(err)
}

func (d *Driver) deleteRoute(ctx context.Context, id int64) error {
	_, err := d.client.DeleteGreyTagRoute(ctx, &saeclient.DeleteGreyTagRouteInput{GreyTagRouteID: id})
	return d.settled(err)
}

// settled maps an error of a change whose answer may be lost: the next attempt looks
// first, and late enough.
func (d *Driver) settled(err error) error {
	if errors.Is(err, saeclient.ErrAmbiguous) {
		return d.lost(err.Error())
	}
	return failed(err)
}

// Names and descriptions of gray rules have at most 64 characters (SAE API reference
// ch. 19.1).
const maxRouteText = 64

// routePrefix begins the names of the rules that releases make.
const routePrefix = "slipway-"

// leftOver tells the rules that releases have made.
func leftOver(name string) bool { return strings.HasPrefix(name, routePrefix+"r-") }

// routeName names the gray rule of a release as SAE wants it: lower-case letters, digits
// and hyphens, ending with a letter or digit.
func routeName(releaseID string) string {
	name := routePrefix + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(releaseID))
	return strings.TrimRight(name[:min(len(name), maxRouteText)], "-")
}

func routeDescription(releaseID string) string {
	text := []rune("slipway: release " + releaseID)
	return string(text[:min(len(text), maxRouteText)])
}

// rulesOf translates the rules of a release.
func rulesOf(t release.Traffic) trafficRules {
	var rules trafficRules
	for _, r := range t.SpringCloud {
		rule := saeclient.SpringCloudRule{Path: r.Path, Condition: r.Condition}
		for _, i := range r.Items {
			rule.Items = append(rule.Items, saeclient.SpringCloudItem{
				Type: i.Type, Name: i.Name, Cond: i.Cond, Operator: operator(i.Operator), Value: i.Value,
			})
		}
		rules.SpringCloud = append(rules.SpringCloud, rule)
	}
	for _, r := range t.Dubbo {
		rule := saeclient.DubboRule{
			ServiceName: r.ServiceName, MethodName: r.MethodName, Group: r.Group, Version: r.Version, Condition: r.Condition,
		}
		for _, i := range r.Items {
			rule.Items = append(rule.Items, saeclient.DubboItem{
				Index: i.Index, Expr: i.Expr, Cond: i.Cond, Operator: operator(i.Operator), Value: i.Value,
			})
		}
		rules.Dubbo = append(rules.Dubbo, rule)
	}
	for _, r := range t.ALB {
		rule := saeclient.ALBRule{IngressID: strconv.FormatInt(r.IngressID, 10), ServiceName: r.ServiceName, Condition: r.Condition}
		for _, i := range r.Items {
			rule.Items = append(rule.Items, saeclient.ALBItem{
				Type: i.Type, Name: i.Name, Cond: i.Cond, Operator: operator(i.Operator), Value: i.Value,
			})
		}
		rules.ALB = append(rules.ALB, rule)
	}
	return rules
}

// operator translates an operator to SAE's word.
func operator(word string) string {
	if word == release.OperatorPercent {
		return saeclient.OperatorPercentage
	}
	return word
}
