package fc

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

const (
	opPutProvision = "PutProvisionConfig"
	opGetProvision = "GetProvisionConfig"

	memberActions  = "scheduledActions"
	memberPolicies = "targetTrackingPolicies"
)

// A provision is how many instances of a function are kept ready behind the alias, with the rules that
// change that number.
type provision struct {
	function        string
	target, current int64
	// trouble is why instances do not come, where the platform says so.
	trouble string
	rules   []rule
}

// A rule changes the wanted number of instances: by a schedule, or by how busy they are. It is put back
// as it was read, member by member.
type rule struct {
	// Kind is the list that it stands in.
	Kind string          `json:"kind"`
	Says json.RawMessage `json:"says"`

	function, name string
}

// provisions reads what is provisioned behind the alias.
func (d *Driver) provisions(ctx context.Context, app release.App) ([]provision, error) {
	var all []provision
	in := &fcclient.ListProvisionConfigsInput{ServiceName: &app.ID, Qualifier: new(qualifier(app)), Limit: new(newestVersions)}
	for p, err := range d.client.ListProvisionConfigsAll(ctx, in) {
		if err != nil {
			return nil, err
		}
		read, err := provisionOf(p)
		if err != nil {
			return nil, err
		}
		all = append(all, read)
	}
	return all, nil
}

// provisionOf reads an answer. The function is the last part of the resource,
// account#service#alias#function.
func provisionOf(p fcclient.ProvisionConfig) (provision, error) {
	out := provision{target: p.Target, current: p.Current, trouble: cloud.WithoutSecrets(p.CurrentError)}
	out.function = p.Resource[strings.LastIndex(p.Resource, "#")+1:]
	taken := map[string]bool{}
	add := func(kind, name string, says json.Marshaler) error {
		text, err := says.MarshalJSON()
		if err != nil {
			return errShape(opGetProvision)
		}
		name = out.function + "." + name
		if taken[name] { // an action and a policy may have one name
			name += "." + kind
		}
		taken[name] = true
		out.rules = append(out.rules, rule{Kind: kind, Says: text, function: out.function, name: name})
		return nil
	}
	for _, a := range p.ScheduledActions {
		if err := add(memberActions, a.Name, fcclient.Wire(a)); err != nil {
			return out, err
		}
	}
	for _, t := range p.TargetTrackingPolicies {
		if err := add(memberPolicies, t.Name, fcclient.Wire(t)); err != nil {
			return out, err
		}
	}
	return out, nil
}

// says is what a rule says, in one form.
func (r rule) says() string { return r.Kind + " " + cloud.Wire(cloud.Plain(r.Says)) }

// public is the rule as a release knows it.
func (r rule) public(enabled bool) release.ScalingRule {
	kept, _ := json.Marshal(r) //nolint:errchkjson // a text and what was read as JSON
	return release.ScalingRule{Name: r.name, Enabled: enabled, Revision: strings.TrimPrefix(cloud.Digest(r.says()), "sha256:"), Kept: kept}
}

func rulesOf(provisions []provision) (rules []release.ScalingRule) {
	for _, p := range provisions {
		for _, r := range p.rules {
			rules = append(rules, r.public(true))
		}
	}
	return rules
}

// ruleOf reads a rule that was kept.
func ruleOf(kept release.ScalingRule) (r rule, err error) {
	function, _, named := strings.Cut(kept.Name, ".")
	if json.Unmarshal(kept.Kept, &r) != nil || !named || r.Kind != memberActions && r.Kind != memberPolicies {
		return r, cloud.Refused(release.FaultInvalid, "scaling rule %s cannot be put back: what it said is not known", kept.Name)
	}
	r.function, r.name = function, kept.Name
	return r, nil
}

// BeginRescale changes how many instances are kept ready behind the alias. The scaling rules stay as
// they are. Doing it twice does nothing twice, and where that many were there before there is nothing to follow.
func (d *Driver) BeginRescale(ctx context.Context, in release.BeginRescaleInput) (release.Change, error) {
	ctx, calls := errorsOfFC().Recording(ctx)
	change, err := d.beginRescale(ctx, in)
	return change, calls.Doubt(failed(err))
}

func (d *Driver) beginRescale(ctx context.Context, in release.BeginRescaleInput) (release.Change, error) {
	seen, err := readMark(in.Mark)
	if err != nil {
		return release.Change{}, err
	}
	r, err := d.read(ctx, in.App, reader{named: in.Part})
	if err != nil {
		return release.Change{}, err
	}
	if err := r.inTheWay(seen, ""); err != nil {
		return release.Change{}, err
	}
	name, err := r.scalable(ctx)
	if err != nil {
		return release.Change{}, err
	}
	change, now := release.Change{ID: rescaleID(name, int64(in.Instances))}, r.provisioned(name)
	switch {
	case now.target != int64(in.Instances):
	case seen.Targets[name] == now.target && now.current == now.target: // what an earlier call has set is followed
		return release.Change{Nothing: true}, nil
	default:
		return change, nil
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return release.Change{}, err
	}
	return change, d.retarget(ctx, in.App, name, int64(in.Instances))
}

// scalable is the function whose instances a rescale changes: the one that is named, the only one, or the
// only one that has provisioned instances.
func (r reading) scalable(ctx context.Context) (string, error) {
	switch name := r.versions.named; {
	case !r.alias.exists:
		return "", cloud.Refused(release.FaultInvalid, "instances: provisioned instances belong to the alias %s, which the first release makes; rescale after it", qualifier(r.app))
	case name != "":
		serve, err := r.versions.functions(ctx, r.live.ID)
		if _, there := serve[name]; err == nil && !there {
			err = cloud.Refused(release.FaultInvalid, "artifact.part: the version that serves has no function %s: name one of %s", name, joined(sorted(serve)))
		}
		return name, err
	case r.part != "":
		return r.part, nil
	case len(r.provisions) == 1:
		return r.provisions[0].function, nil
	}
	var names []string
	for _, p := range r.provisions {
		names = append(names, p.function)
	}
	return "", cloud.Refused(release.FaultInvalid,
		"artifact.part: the service has several functions, and those with provisioned instances are not one (%s): name the one that is meant",
		cmp.Or(joined(names), "none"))
}

// provisioned is what is provisioned of a function.
func (r reading) provisioned(name string) provision {
	at := slices.IndexFunc(r.provisions, func(p provision) bool { return p.function == name })
	if at < 0 {
		return provision{function: name}
	}
	return r.provisions[at]
}

// retarget sets how many instances of a function are kept ready. The lists of rules, which are left
// out, stay.
func (d *Driver) retarget(ctx context.Context, app release.App, name string, target int64) error {
	now, err := d.client.GetProvisionConfig(ctx, &fcclient.GetProvisionConfigInput{ServiceName: app.ID, Qualifier: qualifier(app), FunctionName: name})
	if err != nil || now.Target == target {
		return err
	}
	in := &fcclient.PutProvisionConfigInput{ServiceName: app.ID, Qualifier: qualifier(app), FunctionName: name, Target: target}
	if now.ETag != "" {
		in.IfMatch = &now.ETag
	}
	_, err = cloud.Send(ctx, d.client.PutProvisionConfig, in)
	return err
}

// rescaleID is the ID of a rescale.
func rescaleID(function string, target int64) string { return fmt.Sprintf("p-%d-%s", target, function) }

// rescaleOf reads the ID of a rescale; false where it is none.
func rescaleOf(id string) (function string, target int64, is bool) {
	text, is := strings.CutPrefix(id, "p-")
	number, function, both := strings.Cut(text, "-")
	target, err := strconv.ParseInt(number, 10, 64)
	return function, target, is && both && err == nil
}

// observeRescale looks whether the instances that were asked for are there.
func (d *Driver) observeRescale(ctx context.Context, app release.App, name string, target int64) (release.Observation, error) {
	provisions, err := d.provisions(ctx, app)
	if err != nil {
		return release.Observation{}, err
	}
	p := reading{provisions: provisions}.provisioned(name)
	seen := release.Observation{State: release.ChangeRunning, Batch: 1, Message: p.lacks(), Batches: []release.BatchChange{{State: release.BatchRunning}}}
	switch {
	case p.target != target:
		seen.State, seen.ReplacedBy, seen.Batches[0].State = release.ChangeAborted, rescaleID(name, p.target), release.BatchAborted
		seen.Elsewhere = fmt.Sprintf("somebody else has set the provisioned instances of %s to %d meanwhile", name, p.target)
	case p.current == p.target:
		seen.State, seen.Batches[0].State = release.ChangeSucceeded, release.BatchDone
	}
	return seen, nil
}

// lacks says in words which instances are not there yet; empty where all are.
func (p provision) lacks() string {
	if p.current == p.target {
		return ""
	}
	words := fmt.Sprintf("provisioned instances: %d of %d", p.current, p.target)
	if p.trouble != "" {
		words += ": " + p.trouble
	}
	return words
}

// SetScaling takes rules away, which is how Function Compute stops them, or puts them back as they were
// kept, and answers them as read back. The wanted number of instances stays. A rule that somebody has put
// back meanwhile, whatever it says now, is left alone.
func (d *Driver) SetScaling(ctx context.Context, in release.SetScalingInput) (release.SetScalingResult, error) {
	ctx, calls := errorsOfFC().Recording(ctx)
	result, err := d.setScaling(ctx, in)
	return result, calls.Doubt(failed(err))
}

func (d *Driver) setScaling(ctx context.Context, in release.SetScalingInput) (release.SetScalingResult, error) {
	if left := d.frame.Settling(in.Late); left > 0 {
		return release.SetScalingResult{}, fault.Unchanged("an earlier call about the rules may still be at work", left)
	}
	before, err := d.provisions(ctx, in.App)
	if err != nil {
		return release.SetScalingResult{}, err
	}
	t := toggle{enable: in.Enable}
	if err := t.ask(before, in.Rules); err != nil {
		return release.SetScalingResult{}, err
	}
	// A rule that an earlier call has taken away cannot be told from one that somebody has deleted. As
	// long as none was sent it can.
	t.sent = activity.GetInfo(ctx).Attempt > 1 || !in.Late.IsZero()
	if len(t.functions) == 0 {
		return t.result(before), nil
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return release.SetScalingResult{}, err
	}
	for _, name := range t.functions {
		// Of a function that was deleted meanwhile nothing is left to put back.
		if err := d.putRules(ctx, in.App, name, t); err != nil && !cloudapi.HasCode(err, fcclient.CodeFunctionNotFound) {
			return release.SetScalingResult{}, err
		}
	}
	// What was sent is read back, whoever cancels meanwhile.
	after, err := d.provisions(context.WithoutCancel(ctx), in.App)
	if err != nil {
		return release.SetScalingResult{}, err
	}
	return t.result(after), nil
}

// A toggle takes rules away or puts them back.
type toggle struct {
	enable bool
	// rules are those that are meant, as they are or were kept, and there the names of those of
	// them that the application has.
	rules []rule
	there []string
	// functions are those for which something is to be written.
	functions []string
	// sent tells that an earlier call may have taken rules away.
	sent bool
}

// ask finds the rules that are meant: those that are named, or else all.
func (t *toggle) ask(now []provision, named []release.ScalingRule) error {
	for _, p := range now {
		for _, r := range p.rules {
			if len(named) == 0 || slices.ContainsFunc(named, func(n release.ScalingRule) bool { return n.Name == r.name }) {
				t.rules, t.there = append(t.rules, r), append(t.there, r.name)
				if !t.enable {
					t.write(r.function)
				}
			}
		}
	}
	for _, n := range named {
		if len(n.Kept) == 0 {
			continue
		}
		r, err := ruleOf(n)
		if err == nil {
			err = t.keep(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keep takes in a rule as it was kept: one that the application has not is to be put back.
func (t *toggle) keep(r rule) error {
	if at := slices.IndexFunc(t.rules, func(there rule) bool { return there.name == r.name }); at >= 0 {
		return t.changed(t.rules[at], r)
	}
	t.rules = append(t.rules, r)
	if t.enable {
		t.write(r.function)
	}
	return nil
}

// changed refuses to take a rule away that does not say any more what was kept of it: it could not be
// put back as it is.
func (t *toggle) changed(now, kept rule) error {
	if t.enable || now.says() == kept.says() {
		return nil
	}
	return cloud.NotYet(release.FaultConflict, "scaling rule %s was changed elsewhere since it was read", kept.name)
}

func (t *toggle) write(function string) {
	if !slices.Contains(t.functions, function) {
		t.functions = append(t.functions, function)
	}
}

// lists are the rules that a function is to have, by their lists.
func (t *toggle) lists(now provision) (map[string][]json.RawMessage, error) {
	lists := map[string][]json.RawMessage{memberActions: {}, memberPolicies: {}}
	for _, r := range now.rules {
		meant := slices.IndexFunc(t.rules, func(m rule) bool { return m.name == r.name })
		if t.enable || meant < 0 {
			lists[r.Kind] = append(lists[r.Kind], r.Says)
			continue
		}
		if err := t.changed(r, t.rules[meant]); err != nil {
			return nil, err
		}
	}
	for _, r := range t.rules {
		has := slices.ContainsFunc(now.rules, func(n rule) bool { return n.name == r.name })
		if t.enable && !has && r.function == now.function {
			lists[r.Kind] = append(lists[r.Kind], r.Says)
		}
	}
	return lists, nil
}

// result is what has become of the rules that are meant.
func (t *toggle) result(now []provision) (out release.SetScalingResult) {
	for _, r := range t.rules {
		p := reading{provisions: now}.provisioned(r.function)
		at := slices.IndexFunc(p.rules, func(n rule) bool { return n.name == r.name })
		switch {
		case at >= 0:
			out.Rules = append(out.Rules, p.rules[at].public(true))
		case !t.enable && (t.sent || slices.Contains(t.there, r.name)):
			out.Rules = append(out.Rules, r.public(false))
		}
	}
	return out
}

// putRules writes the lists of a function's rules, and its wanted number of instances as it is, which
// every call has to give.
func (d *Driver) putRules(ctx context.Context, app release.App, name string, t toggle) error {
	now, err := d.client.GetProvisionConfig(ctx, &fcclient.GetProvisionConfigInput{ServiceName: app.ID, Qualifier: qualifier(app), FunctionName: name})
	if err != nil {
		return err
	}
	p, err := provisionOf(now.ProvisionConfig)
	if err != nil {
		return err
	}
	p.function = name
	params := map[string]string{
		"serviceName": app.ID, "qualifier": qualifier(app), "functionName": name, "target": strconv.FormatInt(p.target, 10),
	}
	if now.ETag != "" {
		params["If-Match"] = now.ETag
	}
	lists, err := t.lists(p)
	if err != nil {
		return err
	}
	for list, rules := range lists {
		params[list] = cloud.Wire(rules)
	}
	call := func(ctx context.Context, params map[string]string) (json.RawMessage, error) {
		return d.client.Call(ctx, opPutProvision, params)
	}
	_, err = cloud.Send(ctx, call, params)
	return err
}
