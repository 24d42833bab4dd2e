package servicestage

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
)

// A preparation is what a release is to make of a component, and all that stands against it.
type preparation struct {
	cloud.Changes

	traits  release.Traits
	members []cloudapi.Param
	config  release.Config
	// now is the specification that serves, and want what it is to be.
	now, want specification
	// variables are those of now, with what they hold in secret.
	variables []servicestageclient.EnvVar
	source    servicestageclient.Source
	artifact  release.Artifact
	strategy  servicestageclient.DeployStrategy
}

// prepare finds out what a release makes of a component. The same is found out for a plan and right before the
// release begins.
//
// A release begins from the version in service. Where another one has failed, the component shows that one, and
// what an update leaves out stays as it is shown: what the failed one has brought is taken back, or in the way.
func (d *Driver) prepare(ctx context.Context, r reading, q release.ReleaseQuestion) (*preparation, error) {
	p, err := d.prepared(ctx, r, q)
	if err != nil {
		return nil, err
	}
	switch {
	case r.stopped():
		p.Problem("%s", stoppedComponent)
	case r.failed() && q.Strategy.Type == release.StrategyGray:
		p.Problem("strategy.type: what was done last with the component has failed, and ServiceStage begins no gray release of such a component: use all or batch, or roll back first")
	}
	return p, nil
}

// prepared is what a release makes of the version in service.
func (d *Driver) prepared(ctx context.Context, r reading, q release.ReleaseQuestion) (*preparation, error) {
	serves := r.serves()
	if serves == r.now.Version {
		return d.preparation(r.now, q), nil
	}
	before, err := d.component(ctx, r.place, serves)
	if err != nil {
		return nil, err
	}
	before.Replica = r.now.Replica
	p := d.preparation(before, q)
	shown := specificationOf(r.now)
	for _, m := range p.members {
		if shown.value(m.Name) == nil || p.want[m.Name] != nil {
			continue
		}
		switch shown.value(m.Name).(type) {
		case []any:
			p.want[m.Name] = json.RawMessage("[]")
		default:
			p.Problem("config.platform.%s: version %s, which has failed, has brought it, and ServiceStage keeps what an update leaves out: roll back to %s first", m.Name, r.now.Version, serves)
		}
	}
	return p, nil
}

// preparation is what a release makes of a component as it is specified.
func (d *Driver) preparation(c *servicestageclient.Component, q release.ReleaseQuestion) *preparation {
	p := &preparation{traits: d.traits, members: d.members, now: specificationOf(c), variables: variablesOf(c)}
	p.Problems = d.traits.Lacking(q)
	if q.Config != nil {
		p.config = *q.Config
	}
	p.want = p.now.cloned()
	p.strategies(c, q.Strategy, q.Traffic)
	p.run(c, q.Artifact)
	p.environment()
	p.command()
	p.resources()
	p.probes()
	p.hooks()
	p.platform()
	return p
}

// run finds out what is to run.
func (p *preparation) run(c *servicestageclient.Component, a release.Artifact) {
	now := c.Source
	if now == nil {
		now = &servicestageclient.Source{}
	}
	switch {
	case now.Kind == kindCode:
		p.Problem("artifact: the component is built from code, of which a release cannot tell what it brings: make a component that runs an image or a package")
	case a.Image != "" && now.Kind != kindImage:
		p.Problem("artifact.image: the component runs a %s, and that cannot be changed: give a package, or make another component", now.Kind)
	case a.Package != nil && now.Kind != kindPackage:
		p.Problem("artifact.package: the component runs an %s, and that cannot be changed: give an image, or make another component", now.Kind)
	}
	p.source, p.artifact = source(now, a), a
	if !a.Known() {
		p.artifact = artifact(now)
	}
}

// strategies finds out how the instances are replaced.
func (p *preparation) strategies(c *servicestageclient.Component, s release.Strategy, t *release.Traffic) {
	if len(s.Weights) > 0 && s.Type != release.StrategyGray {
		p.Problem("strategy.weights: needs the strategy gray")
	}
	if !t.Empty() && s.Type != release.StrategyGray {
		p.Problem("traffic: needs the strategy gray")
	}
	switch s.Type {
	case release.StrategyAll, "":
		p.strategy.Type = servicestageclient.StrategyOneBatch
	case release.StrategyBatch:
		p.strategy.Type = servicestageclient.StrategyRolling
		p.strategy.RollingRelease = &servicestageclient.RollingRelease{Batches: s.Batches}
		if s.Batches < 1 || s.Batches > max(1, c.Replica) {
			p.Problem("strategy.batches: must be from 1 to the number of instances, %d, is %d", c.Replica, s.Batches)
		}
	case release.StrategyGray:
		p.gray(c, s)
		p.leads(c, s, t)
	default:
		p.Problem("strategy.type: must be all, batch or gray")
	}
}

// gray is a release whose first batch waits.
func (p *preparation) gray(c *servicestageclient.Component, s release.Strategy) {
	if onServers(c) {
		p.Problem("strategy.type: a gray release needs containers, and the component runs on virtual machines: use all or batch")
	}
	if s.Gray < 1 || s.Gray >= c.Replica {
		p.Problem("strategy.gray: must be from 1 to less than the number of instances, %d, is %d", c.Replica, s.Gray)
	}
	if left := max(1, c.Replica-s.Gray); s.Batches < 1 || s.Batches > left {
		p.Problem("strategy.batches: must be from 1 to the instances after the gray ones, %d, is %d", left, s.Batches)
	}
}

// environment changes the environment variables that are named, and with Replace removes all others.
func (p *preparation) environment() {
	if len(p.config.Variables) == 0 && !p.config.Replace {
		return
	}
	after := slices.Clone(p.variables)
	for i, v := range p.config.Variables {
		if servicestageclient.PlatformEnv(v.Name) {
			p.Problem("config.variables[%d].name: ServiceStage sets variables of this name itself: choose one that does not begin with CAS_ or PAAS_", i)
			continue
		}
		after = p.variable(after, v)
	}
	if p.config.Replace {
		named := func(e servicestageclient.EnvVar) bool {
			return slices.ContainsFunc(p.config.Variables, func(v release.Variable) bool { return v.Name == e.Name })
		}
		for _, e := range p.variables {
			if !named(e) {
				p.Setting("variables."+e.Name, wordsOf(e, false), "")
			}
		}
		after = slices.DeleteFunc(after, func(e servicestageclient.EnvVar) bool { return !named(e) })
	}
	text, err := servicestageclient.Wire(after).MarshalJSON()
	if err != nil {
		p.Problem("config.variables: the component's variables cannot be read, so they cannot be written again")
		return
	}
	p.want[memberVariables] = text
}

// variable sets or removes a variable among those that there are.
func (p *preparation) variable(all []servicestageclient.EnvVar, v release.Variable) []servicestageclient.EnvVar {
	at := slices.IndexFunc(all, func(e servicestageclient.EnvVar) bool { return e.Name == v.Name })
	before := ""
	if at >= 0 {
		before = wordsOf(all[at], false)
	}
	wanted := servicestageclient.EnvVar{Name: v.Name}
	switch {
	case v.Remove:
		p.Setting("variables."+v.Name, before, "")
		return slices.DeleteFunc(all, func(e servicestageclient.EnvVar) bool { return e.Name == v.Name })
	case v.Value != nil:
		wanted.Value = cloudapi.Secret(*v.Value)
	case v.ConfigMap != nil:
		wanted.ValueFrom = &servicestageclient.EnvValueFrom{ReferenceType: "configMapKey", Name: v.ConfigMap.ID, Key: v.ConfigMap.Key}
	case v.Secret != nil:
		wanted.ValueFrom = &servicestageclient.EnvValueFrom{ReferenceType: "secretKey", Name: v.Secret.ID, Key: v.Secret.Key}
	}
	if before != wordsOf(wanted, false) {
		p.Setting("variables."+v.Name, before, wordsOf(wanted, v.Show))
	}
	if at < 0 {
		return append(all, wanted)
	}
	all[at] = wanted
	return all
}

// wordsOf are what is shown of a variable: its value only where it is to be shown.
func wordsOf(e servicestageclient.EnvVar, show bool) string {
	switch from := e.ValueFrom; {
	case from != nil && from.ReferenceType == "secretKey":
		return "secret " + from.Name + ", key " + from.Key
	case from != nil:
		return "config map " + from.Name + ", key " + from.Key
	case show:
		return cloud.WithoutSecrets(string(e.Value))
	}
	return cloud.Digest(string(e.Value))
}

// command sets the command of a container and its arguments.
func (p *preparation) command() {
	now := cloud.Object(p.now[memberCommand])
	want := cloud.Object(p.now[memberCommand])
	for _, words := range []struct {
		name string
		list []string
	}{{memberCommand, p.config.Command}, {"args", p.config.Args}} {
		if words.list == nil {
			continue
		}
		want[words.name] = words.list
		after := cloud.Plain([]byte(cloud.Wire(words.list)))
		if before := cloud.Simple(now[words.name]); cloud.Wire(before) != cloud.Wire(after) {
			p.Setting(words.name, cloud.Shown(nil, before), cloud.Shown(nil, after))
		}
		p.want.set(memberCommand, want)
	}
}

// resources limits what one instance may use. What it asks for stays, and is lowered where the limit is below it.
func (p *preparation) resources() {
	const thousandths, mebibytes = 1000, 1024
	r := p.config.Resources
	if r == nil {
		return
	}
	if r.CPU != 0 {
		p.limit(memberLimitCPU, "resources.cpu", float64(r.CPU)/thousandths)
	}
	if r.Memory != 0 {
		p.limit(memberLimitMemory, "resources.memory", float64(r.Memory)/mebibytes)
	}
}

func (p *preparation) limit(member, setting string, value float64) {
	p.want.set(member, value)
	p.differ(member, setting)
	request := map[string]string{memberLimitCPU: "request_cpu", memberLimitMemory: "request_memory"}[member]
	asked, err := strconv.ParseFloat(string(p.now[request]), 64)
	if err == nil && asked > value {
		p.want.set(request, value)
	}
}

// differ notes a setting by the values of its member.
func (p *preparation) differ(member, setting string) {
	if p.want.same(p.now, member) {
		return
	}
	at := slices.IndexFunc(p.members, func(param cloudapi.Param) bool { return param.Name == member })
	p.Setting(setting, cloud.Shown(p.members[at].Enum, p.now.value(member)), cloud.Shown(p.members[at].Enum, p.want.value(member)))
}

// probes sets the checks of an instance.
func (p *preparation) probes() {
	if p.config.Probes == nil {
		return
	}
	p.probe("liveness", p.config.Probes.Liveness)
	p.probe("readiness", p.config.Probes.Readiness)
}

func (p *preparation) probe(name string, probe *release.Probe) {
	if probe == nil || probe.None { // none is refused, see [release.Traits] Lacking
		return
	}
	wanted := servicestageclient.Probe{Delay: int(probe.InitialDelay.Std().Seconds()), Timeout: max(1, int(probe.Timeout.Std().Seconds()))}
	switch {
	case probe.HTTP != nil:
		wanted.Type, wanted.Path, wanted.Port, wanted.Scheme = "http", probe.HTTP.Path, &probe.HTTP.Port, "HTTP"
		if probe.HTTP.Scheme == "https" {
			wanted.Scheme = "HTTPS"
		}
	case probe.TCP != 0:
		wanted.Type, wanted.Port = "tcp", &probe.TCP
	default:
		wanted.Type, wanted.Command = "command", probe.Exec
	}
	p.structured(name+"_probe", "probes."+name, wanted)
}

// hooks sets the commands that run in an instance when it starts and before it stops.
func (p *preparation) hooks() {
	if h := p.config.Hooks; h != nil {
		p.hook("post_start", "postStart", h.PostStart)
		p.hook("pre_stop", "preStop", h.PreStop)
	}
}

func (p *preparation) hook(member, name string, hook *release.Hook) {
	if hook != nil && !hook.None { // none is refused, see [release.Traits] Lacking
		p.structured(member, "hooks."+name, servicestageclient.LifecycleHook{Type: "command", Command: hook.Exec})
	}
}

// structured sets a member that is an object.
func (p *preparation) structured(member, setting string, value any) {
	text, err := servicestageclient.Wire(value).MarshalJSON()
	if err != nil {
		p.Problem("config.%s: cannot be written", setting)
		return
	}
	p.want[member] = text
	p.differ(member, setting)
}

// platform sets members by their own names. What a release may not set so is refused, see [release.Traits] Lacking.
func (p *preparation) platform() {
	for _, name := range slices.Sorted(maps.Keys(p.config.Platform)) {
		if p.traits.Sets(name) {
			p.want[name] = p.config.Platform[name]
			p.differ(name, "platform."+name)
		}
	}
}

// planned answers what a release will change, and everything of it that is refused.
func (d *Driver) planned(ctx context.Context, r reading, q release.ReleaseQuestion) (*release.Planned, error) {
	p, err := d.prepare(ctx, r, q)
	if err != nil {
		return nil, err
	}
	return &release.Planned{Artifact: p.artifact, Instances: r.now.Replica, Settings: p.Settings, Refused: p.Problems}, nil
}
