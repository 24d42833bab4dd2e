package sae

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// ApplyTraffic sets the gray rule of a release. SAE has one rule for each application
// and refuses changes to it while a change order runs (SAE API reference ch. 19.1, 19.3).
// A rule's name cannot change, so the application's own rule is changed in place, and
// where there is none one of the release's name is made.
//
// Whether SAE takes the application's own rule back cannot be told from its answer, so the
// rule is written over itself first. Where that fails, nothing has been overwritten yet.
func (d *Driver) ApplyTraffic(ctx context.Context, in release.ApplyTrafficInput) error {
	ctx, calls := errorsOfSAE().Recording(ctx)
	return calls.Doubt(d.applyTraffic(ctx, in))
}

func (d *Driver) applyTraffic(ctx context.Context, in release.ApplyTrafficInput) error {
	now, err := d.route(ctx, in.App.ID)
	if err != nil {
		return failed(err)
	}
	kept, err := keptRuleOf(in.Kept)
	if err != nil {
		return err
	}
	name := routeName(in.ReleaseID)
	own := now != nil && kept != nil && now.name == in.Kept.Name
	switch {
	case now != nil && now.rule.says(in.Traffic) && (own || now.name == name):
		return nil
	case now == nil, leftOver(now.name), now.name == name:
	case own && now.rule.same(kept):
		if err := now.writable(); err != nil {
			return err
		}
	default:
		return cloud.Refused(release.FaultInvalid, "the application's gray rule %s has been set by somebody since it was read", now.name)
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return err
	}
	return d.setRoute(ctx, in, now, kept)
}

// setRoute puts the rule of a release where the application has none, or in the place of
// the one that it has.
func (d *Driver) setRoute(ctx context.Context, in release.ApplyTrafficInput, now *route, kept ruleText) error {
	name, want := routeName(in.ReleaseID), ruleOf(in.ReleaseID, in.Traffic)
	if now != nil && leftOver(now.name) && now.name != name {
		if err := d.deleteRoute(ctx, now.id); err != nil {
			return err
		}
		now = nil
	}
	if now == nil {
		return d.settled(d.write(ctx, "CreateGreyTagRoute", want.with("AppId", in.App.ID).with("Name", name)))
	}
	if kept != nil && now.name == in.Kept.Name {
		read, err := d.writeBack(cloud.Harmless(ctx), in.App.ID, now, kept)
		if err != nil {
			return err
		}
		if !read.same(kept) {
			return cloud.Refused(release.FaultInvalid, "the application's gray rule %s could not be put back after the release: written as it was read, it is read back otherwise", now.name)
		}
	}
	return d.settled(d.write(ctx, "UpdateGreyTagRoute", want.with("GreyTagRouteId", now.id)))
}

// ClearTraffic removes the gray rule of a release, or puts the application's own back in
// its place. A rule that is neither was set by somebody meanwhile, and stays. No freeze
// holds it.
func (d *Driver) ClearTraffic(ctx context.Context, in release.ClearTrafficInput) (release.ClearTrafficResult, error) {
	if left := d.frame.Settling(in.Late); left > 0 {
		return release.ClearTrafficResult{}, fault.Unchanged("an earlier call about the rule may still be at work", left)
	}
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
	case now.rule.same(kept):
		return release.ClearTrafficResult{}, nil
	case now.rule.says(in.Traffic):
		return release.ClearTrafficResult{}, d.putBack(ctx, in, now, kept)
	default:
		return foreign, nil
	}
}

// putBack puts the application's own rule back in the place of the release's.
func (d *Driver) putBack(ctx context.Context, in release.ClearTrafficInput, now *route, kept ruleText) error {
	read, err := d.writeBack(ctx, in.App.ID, now, kept)
	switch {
	case err != nil:
		return err
	case read.same(kept):
		return nil
	case read.says(in.Traffic):
		return fault.Unchanged("the application's gray rule is not yet read back as it was put back", readBackDelay)
	default:
		return cloud.Undecidable("the application's gray rule %s is read back otherwise than it was put back", now.name)
	}
}

// writeBack writes the application's own rule as it was read, and returns it as it is read
// back, whoever cancels meanwhile.
func (d *Driver) writeBack(ctx context.Context, appID string, now *route, kept ruleText) (ruleText, error) {
	err := d.write(ctx, "UpdateGreyTagRoute", kept.with("GreyTagRouteId", now.id))
	switch {
	case errors.Is(err, cloudapi.ErrInvalid):
		return nil, cloud.Refused(release.FaultInvalid, "SAE does not take the application's gray rule %s back as it was read: %v", now.name, err)
	case err != nil:
		return nil, d.settled(err)
	}
	read, err := d.route(context.WithoutCancel(ctx), appID)
	if err != nil || read == nil {
		return nil, failed(err)
	}
	return read.rule, nil
}

// keptTraffic reads the application's own gray rule. One that another release has left
// over, because it was terminated, is not the application's.
func (d *Driver) keptTraffic(ctx context.Context, appID string) (*release.KeptTraffic, error) {
	now, err := d.route(ctx, appID)
	if err != nil || now == nil || leftOver(now.name) {
		return nil, err
	}
	if err := now.writable(); err != nil {
		return nil, err
	}
	rule, err := json.Marshal(now.rule)
	return &release.KeptTraffic{Name: now.name, Rule: rule}, err
}

func keptRuleOf(k *release.KeptTraffic) (ruleText, error) {
	if k == nil {
		return nil, nil
	}
	rule := ruleText{}
	if err := json.Unmarshal(k.Rule, &rule); err != nil {
		return nil, cloud.Refused(release.FaultInvalid, "the kept gray rule %s cannot be read: %v", k.Name, err)
	}
	return rule, nil
}

func (d *Driver) deleteRoute(ctx context.Context, id string) error {
	return d.settled(d.write(ctx, "DeleteGreyTagRoute", map[string]string{"GreyTagRouteId": id}))
}

// write makes a call about a gray rule by its name, which leaves the texts of the rule as
// they are: the typed methods compare them with the reference's rules.
func (d *Driver) write(ctx context.Context, operation string, params map[string]string) error {
	_, err := cloud.Send(ctx, func(ctx context.Context, params map[string]string) (json.RawMessage, error) {
		return d.client.Call(ctx, operation, params)
	}, params)
	return err
}

// settled maps an error of a change whose answer may be lost: the next attempt looks
// first, and late enough.
func (d *Driver) settled(err error) error {
	if errors.Is(err, cloudapi.ErrAmbiguous) {
		return fault.After(release.FaultAmbiguous, cloud.WithoutSecrets(err.Error()), d.frame.Settle)
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

// trafficRules are rules of one kind, as the client writes them.
type trafficRules struct {
	SpringCloud cloudapi.List[saeclient.SpringCloudRule] `json:"springCloud,omitempty"`
	Dubbo       cloudapi.List[saeclient.DubboRule]       `json:"dubbo,omitempty"`
	ALB         cloudapi.List[saeclient.ALBRule]         `json:"alb,omitempty"`
}

// lists are the rules by the names of their parameters.
func (t *trafficRules) lists() map[string]ruleList {
	return map[string]ruleList{"ScRules": &t.SpringCloud, "DubboRules": &t.Dubbo, "AlbRules": &t.ALB}
}

type ruleList interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// same compares what goes over the wire.
func (t trafficRules) same(other trafficRules) bool {
	a, errA := json.Marshal(t)
	b, errB := json.Marshal(other)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// ruleOf is the gray rule of a release.
func ruleOf(releaseID string, t release.Traffic) ruleText {
	rules := rulesOf(t)
	rule := ruleText{partDescription: routeDescription(releaseID)}
	for kind, list := range rules.lists() {
		if text, err := list.MarshalText(); err == nil && len(text) > 0 {
			rule[kind] = string(text)
		}
	}
	return rule
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
