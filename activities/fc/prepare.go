package fc

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// A preparation is what a release is to make of a function, and of LATEST on the way.
type preparation struct {
	*changing

	name string
	// artifact is what the function is to run in the end.
	artifact release.Artifact
	// code is the package that has to be sent; nil where LATEST holds the wanted one, or runs an image.
	code *release.Package
	// checksum is that of the wanted package; empty where it is known only once it was sent.
	checksum string
	// instances are how many are to be provisioned; nil leaves them.
	instances *int64
	// live and latest are the functions of the version that serves and of LATEST. Without a version that
	// serves, the two are the same.
	live, latest map[string]function
	// serviceTag is the ETag of the service.
	serviceTag string
}

// prepare finds out what a release makes of an application, and all that stands against it. It only
// reads. The same is found out for a plan and right before the release begins.
func (d *Driver) prepare(ctx context.Context, r reading, q release.ReleaseQuestion) (p *preparation, err error) {
	p = &preparation{changing: &changing{traits: d.traits, members: d.members, config: config(q.Config)}}
	p.Problems = d.traits.Lacking(q)
	if p.latest, err = d.functions(ctx, r.app.ID, ""); err != nil {
		return nil, err
	}
	p.live = p.latest
	if r.alias.exists {
		p.live, err = r.versions.functions(ctx, r.alias.serves())
		if gone(err) {
			p.Problem("app.qualifier: version %s, which the alias %s points to, was deleted: move the alias to one that exists, such as by slipway rollback", r.alias.serves(), qualifier(r.app))
			return p, nil
		}
		if err != nil {
			return nil, err
		}
	}
	service, err := d.client.GetService(ctx, &fcclient.GetServiceInput{ServiceName: r.app.ID})
	if err != nil {
		return nil, err
	}
	p.serviceTag = service.ETag
	if p.strategy(r, q.Strategy); !p.choose(q.Artifact.Part) {
		return p, nil
	}
	p.now, p.want = p.live[p.name], cloned(p.live[p.name])
	p.changes()
	p.sizes(r)
	p.run(q.Artifact, r)
	return p, d.comesAlong(ctx, r, p, *service)
}

func config(c *release.Config) release.Config {
	if c == nil {
		return release.Config{}
	}
	return *c
}

// choose finds the function that is changed.
func (p *preparation) choose(named string) bool {
	p.name = part(named, p.latest)
	_, there := p.live[p.name]
	_, stays := p.latest[p.name]
	switch {
	case len(p.latest) == 0:
		p.Problem("app.id: the service has no function: make it first, with its triggers")
	case p.name == "":
		p.Problem("artifact.part: the service has several functions: name one of %s", someOf(sorted(p.latest)))
	case !stays:
		p.Problem("artifact.part: the service has no function %s: name one of %s", p.name, someOf(sorted(p.latest)))
	case !there:
		p.Problem("artifact.part: the version that serves has no function %s: publish a version with it and move the alias to it first", p.name)
	default:
		return true
	}
	return false
}

// chosen reports whether it is known which function is changed.
func (p *preparation) chosen() bool { return p.want != nil }

// strategy checks how the traffic is moved.
func (p *preparation) strategy(r reading, s release.Strategy) {
	switch {
	case s.Type == release.StrategyGray && len(s.Weights) == 0:
		p.Problem("strategy.weights: says how much of the traffic the new version gets, step by step, in percent: give it")
	case s.Type != release.StrategyGray && len(s.Weights) > 0:
		p.Problem("strategy.weights: needs the strategy gray")
	case s.Type == release.StrategyGray && !r.alias.exists:
		p.Problem("strategy.type: there is no alias %s yet, so no version that the rest of the traffic could stay with: use all for the first release", qualifier(r.app))
	}
	last := 0
	for i, w := range s.Weights {
		if w < 1 || w > 99 || w <= last {
			p.Problem("strategy.weights[%d]: must be from 1 to 99 and more than the one before, is %d", i, w)
		}
		last = w
	}
}

// sizes finds out how many instances are to be provisioned.
func (p *preparation) sizes(r reading) {
	before := r.provisioned(p.name).target
	if n := p.config.Instances; n != nil && int64(*n) != before {
		p.instances = new(int64(*n))
		p.Setting("instances", strconv.FormatInt(before, 10), strconv.Itoa(*n))
	}
}

// run finds out what code is to run, and where LATEST gets it from.
func (p *preparation) run(a release.Artifact, r reading) {
	before := r.live.Artifact
	if !r.alias.exists {
		before = artifact(p.latest, p.name, record{})
	}
	before.Part = p.name
	p.artifact = a
	p.artifact.Part = p.name
	if !a.Known() {
		p.artifact = before
	}
	switch {
	case a.Package != nil && p.want.container():
		p.Problem("artifact.package: the function %s is of the runtime %s and runs no package: give artifact.image", p.name, runtimeContainer)
	case a.Image != "" && !p.want.container():
		p.Problem("artifact.image: the function %s is of the runtime %s and runs no image: give artifact.package", p.name, p.want.text(memberRuntime))
	case a.Image != "":
		container := p.want.object(memberContainer)
		container["image"] = a.Image
		p.want.set(memberContainer, container)
	case a.Package != nil && !a.Same(before):
		p.code = a.Package
		p.object(a.Package.URL)
	case !p.want.container():
		p.kept(before)
	}
	if r.alias.exists && len(p.Problems) == 0 && p.code == nil && p.instances == nil && !p.changed() {
		p.Problem("artifact: nothing would change, version %s, which serves, has all of it already", r.alias.serves())
	}
}

// object checks the address of a package.
func (p *preparation) object(url string) {
	if bucket, key := objectOf(url); bucket == "" || key == "" {
		p.Problem("artifact.package.url: must be %sbucket/object, where Function Compute reads code from", ossScheme)
	}
}

// objectOf is the object that the address of a package names.
func objectOf(url string) (bucket, key string) {
	text, _ := strings.CutPrefix(url, ossScheme)
	bucket, key, _ = strings.Cut(text, "/")
	return bucket, key
}

// kept takes the package that serves. Where LATEST holds another one, it is sent again, which takes its address.
func (p *preparation) kept(before release.Artifact) {
	p.checksum = p.now.checksum()
	if p.latest[p.name].checksum() == p.checksum {
		return
	}
	if before.Package == nil {
		p.Problem("artifact: LATEST holds other code than the version that serves, and where that one's package lies is not known, because Slipway has not published it: give the artifact")
		return
	}
	p.code = before.Package
}

// changed reports whether the function is to be another one than the one that serves.
func (p *preparation) changed() bool {
	return slices.ContainsFunc(p.members, func(m cloudapi.Param) bool { return !p.want.same(p.now, m.Name) })
}

// comesAlong finds what else a version would ship, because publishing freezes all of a service, and who
// would see LATEST before the version has any traffic.
func (d *Driver) comesAlong(ctx context.Context, r reading, p *preparation, service fcclient.GetServiceOutput) error {
	if !r.alias.exists {
		return nil
	}
	if others := d.others(p.live, p.latest, p.name); len(others) > 0 {
		if err := d.unreleased(ctx, r, p, others); err != nil {
			return err
		}
	}
	frozen, err := d.client.GetService(ctx, &fcclient.GetServiceInput{ServiceName: r.app.ID, Qualifier: new(r.alias.serves())})
	if err != nil {
		return err
	}
	if names := servicesDiffer(frozen.Service, service.Service); len(names) > 0 {
		p.Problem("app.id: a version ships the settings of its service, and in LATEST these are other ones than in version %s, which serves: %s; what it has: %s qualifier=%s; put it back with slipway api fc UpdateService, or publish it by itself and move the alias to that version",
			r.alias.serves(), joined(names), showing(r.app, "GetService"), r.alias.serves())
	}
	return nil
}

// unreleased refuses to ship what is in LATEST of other functions than the one that is released: who has
// left it there, and what is to be done with each.
func (d *Driver) unreleased(ctx context.Context, r reading, p *preparation, others []string) error {
	live, last := r.alias.serves(), newest(r.versions.list)
	published := map[string]function{}
	if number(last) > number(live) {
		var err error
		if published, err = r.versions.functions(ctx, last); err != nil && !gone(err) {
			return err
		}
	}
	var words []string
	for _, name := range others[:min(len(others), mostNamed)] {
		words = append(words, d.unreleasedWords(p, name, published[name], last))
	}
	if more := len(others) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	p.Problem("app.id: a version ships all functions of a service, and LATEST has other ones than version %s, which serves: %s. Release each by itself first (artifact.part), or put it back as version %s has it: %s qualifier=%s functionName=NAME shows that, and slipway api fc UpdateFunction changes LATEST",
		live, strings.Join(words, "; "), live, showing(r.app, "GetFunction"), live)
	return nil
}

// unreleasedWords say how LATEST has a function otherwise than the version that serves, and since when.
func (d *Driver) unreleasedWords(p *preparation, name string, published function, last string) string {
	now, stays := p.latest[name]
	before, had := p.live[name]
	words := name + " (" + joined(d.differs(before, now)) + ")"
	switch {
	case !stays:
		words = name + " (was deleted)"
	case !had:
		words = name + " (is new)"
	}
	if stays && published != nil && len(d.differs(published, now)) == 0 {
		words += ", as version " + last + " has it, which was published and does not serve"
	}
	return words
}

// servicesDiffer names the settings in which two states of a service differ.
func servicesDiffer(a, b fcclient.Service) []string {
	read := func(s fcclient.Service) function {
		text, err := fcclient.Wire(s).MarshalJSON()
		var f function
		if err != nil || json.Unmarshal(text, &f) != nil {
			return nil
		}
		for _, other := range []string{"description", "createdTime", "lastModifiedTime", "serviceId", "serviceName"} {
			delete(f, other)
		}
		return f
	}
	x, y := read(a), read(b)
	var names []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(x)), slices.Collect(maps.Keys(y)))))) {
		if cloud.Wire(x.value(name)) != cloud.Wire(y.value(name)) {
			names = append(names, name)
		}
	}
	return names
}

// callers names the triggers and routes that call LATEST of a function, as they name no alias.
func (d *Driver) callers(ctx context.Context, service, name string) (names []string, err error) {
	toLatest := func(qualifier string) bool { return qualifier == "" || qualifier == "LATEST" }
	for t, err := range d.client.ListTriggersAll(ctx, &fcclient.ListTriggersInput{ServiceName: service, FunctionName: name, Limit: new(newestVersions)}) {
		if err != nil {
			return nil, err
		}
		if toLatest(t.Qualifier) {
			names = append(names, "trigger "+t.TriggerName)
		}
	}
	for domain, err := range d.client.ListCustomDomainsAll(ctx, &fcclient.ListCustomDomainsInput{Limit: new(newestVersions)}) {
		if err != nil {
			return nil, err
		}
		if domain.RouteConfig == nil {
			continue
		}
		for _, route := range domain.RouteConfig.Routes {
			if route.ServiceName == service && route.FunctionName == name && toLatest(route.Qualifier) {
				names = append(names, "route "+domain.DomainName+route.Path)
			}
		}
	}
	return names, nil
}

// planned answers what a release will change, and everything of it that is refused.
func (d *Driver) planned(ctx context.Context, r reading, q release.ReleaseQuestion) (*release.Planned, error) {
	p, err := d.prepared(ctx, r, q)
	if err != nil {
		return nil, err
	}
	plan := &release.Planned{
		Artifact: p.artifact, Instances: int(r.provisioned(p.name).target), Settings: p.Settings, Refused: p.Problems, PartUnknown: !p.chosen(),
	}
	if p.instances != nil {
		plan.Instances = int(*p.instances)
	}
	if len(p.Problems) == 0 && q.Strategy.Type != release.StrategyGray {
		plan.Warning, err = d.warning(ctx, r, p)
	}
	return plan, err
}

// warning says what somebody should know of a release of all of the traffic; empty where there is nothing.
func (d *Driver) warning(ctx context.Context, r reading, p *preparation) (string, error) {
	var warnings []string
	if !r.alias.exists {
		warnings = append(warnings, fmt.Sprintf("the service %s has no alias %s: this release creates it, and moves no other one; those that there are: %s",
			r.app.ID, qualifier(r.app), showing(r.app, "ListAliases")))
	}
	live, err := d.liveAtOnce(ctx, r, p)
	if live != "" {
		warnings = append(warnings, live)
	}
	return strings.Join(warnings, "; "), err
}

// liveAtOnce says who would have what is released at once, as they call LATEST; empty where nobody does.
// That it cannot be read stands against nothing.
func (d *Driver) liveAtOnce(ctx context.Context, r reading, p *preparation) (string, error) {
	callers, err := d.callers(ctx, r.app.ID, p.name)
	switch {
	case err != nil && errorsOfFC().FaultOf(err).Retryable():
		return "", err
	case err != nil:
		return "which triggers and routes call LATEST, which has the new version before the alias has it, could not be read: " + cloud.WithoutSecrets(err.Error()), nil
	case len(callers) == 0:
		return "", nil
	}
	return fmt.Sprintf("these call LATEST, which has what is released before the alias %s has it, and keeps it when the alias returns: %s; let them name the alias",
		qualifier(r.app), someOf(callers)), nil
}

// prepared is a preparation with all that is refused of it.
func (d *Driver) prepared(ctx context.Context, r reading, q release.ReleaseQuestion) (*preparation, error) {
	p, err := d.prepare(ctx, r, q)
	if err != nil || !p.chosen() || q.Strategy.Type != release.StrategyGray {
		return p, err
	}
	callers, err := d.callers(ctx, r.app.ID, p.name)
	if len(callers) > 0 {
		p.Problem("strategy.type: these call LATEST, which has the new version at once, whatever the weights are: %s; let them name the alias %s, or use all",
			someOf(callers), qualifier(r.app))
	}
	return p, err
}
