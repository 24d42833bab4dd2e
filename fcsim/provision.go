package fcsim

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// maxInstances bounds the provisioned instances of a function behind one alias.
const maxInstances = 10_000

// provision is how many instances of a function are kept ready behind an alias.
type provision struct {
	Alias    string `json:"alias"`
	Function string `json:"function"`
	Target   int    `json:"target"`
	ETag     string `json:"etag"`
	// Actions change the target by a schedule, and Policies by the load.
	Actions           []scheduledAction `json:"actions"`
	Policies          []trackingPolicy  `json:"policies"`
	AlwaysAllocateCPU *bool             `json:"alwaysAllocateCPU,omitempty"`
	// Instances are those that are ready, oldest first.
	Instances []*instance `json:"instances"`
	// Due is when the next instance starts or the surplus goes; zero when nothing is to change.
	Due time.Time `json:"due,omitzero"`
	// Load is how many instances the invocations keep busy, for the policies; nil is unknown.
	Load *float64 `json:"load,omitempty"`
}

func provisionKey(alias, function string) string { return alias + "/" + function }

// key is where a service files the provision config.
func (p *provision) key() string { return provisionKey(p.Alias, p.Function) }

// live reports whether the config has instances, or could get some.
func (p *provision) live() bool {
	return p.Target > 0 || len(p.Instances) > 0 || len(p.Actions) > 0 || len(p.Policies) > 0
}

func (p *provision) consistent() error {
	if slices.Contains(p.Instances, nil) {
		return errors.New("an instance of it is null")
	}
	if p.Target < 0 || p.Target > maxInstances || len(p.Instances) > maxInstances {
		return errors.New("its number of instances is out of range")
	}
	var k checker
	checkActions(&k, p.Actions)
	checkPolicies(&k, p.Policies)
	if k.Any() {
		return errors.New(k.Text())
	}
	return nil
}

// provisionBody is a provision config in an answer.
type provisionBody struct {
	Resource               string            `json:"resource"`
	Target                 int               `json:"target"`
	Current                int               `json:"current"`
	ScheduledActions       []scheduledAction `json:"scheduledActions"`
	TargetTrackingPolicies []trackingPolicy  `json:"targetTrackingPolicies"`
	AlwaysAllocateCPU      *bool             `json:"alwaysAllocateCPU,omitempty"`
}

// resource names a provision config in its account.
func (c *call) resource(v *service, p *provision) string {
	return strings.Join([]string{c.config.AccountID, v.Name, p.Alias, p.Function}, "#")
}

func (c *call) provisionBody(v *service, p *provision) provisionBody {
	return provisionBody{
		Resource: c.resource(v, p), Target: p.Target, Current: len(p.Instances), ScheduledActions: p.Actions,
		TargetTrackingPolicies: p.Policies, AlwaysAllocateCPU: p.AlwaysAllocateCPU,
	}
}

// provision finds the provision config that the path names; one that was never put has no
// instances. The qualifier must be an alias: instances belong to it and not to a version.
func (c *call) provision() (*service, *provision, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return nil, nil, refused
	}
	if at.alias == nil {
		return nil, nil, refuse(codeInvalidArgument, "provisioned instances belong to an alias; "+strconv.Quote(simframe.Shorten(c.qualifier))+" is none")
	}
	if p := at.service.Provisions[provisionKey(c.qualifier, f.Name)]; p != nil {
		return at.service, p, nil
	}
	return at.service, &provision{Alias: c.qualifier, Function: f.Name, Actions: []scheduledAction{}, Policies: []trackingPolicy{}}, nil
}

// putProvision serves PutProvisionConfig. A list that is absent or null stays, [] clears it.
func putProvision(c *call) (reply, *apiError) {
	v, p, refused := c.provision()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(p.ETag); refused != nil {
		return reply{}, refused
	}
	var in struct {
		Target                 *integer          `json:"target"`
		ScheduledActions       []scheduledAction `json:"scheduledActions"`
		TargetTrackingPolicies []trackingPolicy  `json:"targetTrackingPolicies"`
		AlwaysAllocateCPU      *bool             `json:"alwaysAllocateCPU"`
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	k.check(in.Target != nil, "target must be given")
	k.within("target", in.Target, 0, maxInstances)
	checkActions(&k, in.ScheduledActions)
	checkPolicies(&k, in.TargetTrackingPolicies)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if len(in.TargetTrackingPolicies) > 0 && !v.Settings.instanceMetrics() {
		return reply{}, refuse(codeMetricsRequired)
	}
	changed := *p
	changed.Target = int(*in.Target)
	if in.ScheduledActions != nil {
		changed.Actions = in.ScheduledActions
	}
	if in.TargetTrackingPolicies != nil {
		changed.Policies = in.TargetTrackingPolicies
	}
	keep(&changed.AlwaysAllocateCPU, in.AlwaysAllocateCPU)
	if p.ETag == "" || !same(changed, *p) {
		changed.ETag = c.st.drawETag()
	}
	*p = changed
	v.Provisions[p.key()] = p
	p.plan(v, c.now.Add(c.config.InstanceStart))
	return reply{body: c.provisionBody(v, p), etag: p.ETag}, nil
}

// getProvision serves GetProvisionConfig.
func getProvision(c *call) (reply, *apiError) {
	v, p, refused := c.provision()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.provisionBody(v, p), etag: p.ETag}, nil
}

// listProvisions serves ListProvisionConfigs.
func listProvisions(c *call) (reply, *apiError) {
	service, qualifier := c.parameter("serviceName"), c.parameter("qualifier")
	if service == "" && qualifier != "" {
		return reply{}, refuse(codeInvalidArgument, "qualifier needs serviceName")
	}
	var bodies []provisionBody
	for _, v := range simframe.SortedValues(c.st.Services) {
		if service != "" && v.Name != service {
			continue
		}
		for _, p := range simframe.SortedValues(v.Provisions) {
			if qualifier == "" || p.Alias == qualifier {
				bodies = append(bodies, c.provisionBody(v, p))
			}
		}
	}
	slices.SortFunc(bodies, func(a, b provisionBody) int { return strings.Compare(a.Resource, b.Resource) })
	list, refused := page(c, bodies, func(b provisionBody) string { return b.Resource }, byName)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		ProvisionConfigs []provisionBody `json:"provisionConfigs"`
		NextToken        *string         `json:"nextToken"`
	}{list.items, list.next}}, nil
}

// shares divides the target among the versions of the alias. No public document says how: here a
// weighted version gets its rounded share, at least one instance while it has a weight, and the
// main version the rest. A version that was deleted, or has no such function, gets none of it.
func (p *provision) shares(v *service) map[int]int {
	shares, left := map[int]int{}, p.Target
	a := v.Aliases[p.Alias]
	if a == nil {
		return shares
	}
	for _, id := range slices.Sorted(maps.Keys(a.Weights)) {
		if weight := a.Weights[id]; weight > 0 && id != a.VersionID {
			shares[id] = min(left, max(1, int(float64(p.Target)*weight+0.5)))
			left -= shares[id]
		}
	}
	shares[a.VersionID] = left
	maps.DeleteFunc(shares, func(id, _ int) bool {
		at, refused := v.viewVersion(id)
		return refused != nil || at.functions[p.Function] == nil
	})
	return shares
}

// next says what is to change: the version that lacks an instance, if any, and the instance that
// is one too many, or -1.
func (p *provision) next(v *service) (version int, lacks bool, surplus int) {
	lacking := p.shares(v)
	surplus = -1
	for i, running := range p.Instances {
		lacking[running.VersionID]--
		if lacking[running.VersionID] < 0 && surplus < 0 {
			surplus = i
		}
	}
	for _, id := range slices.Backward(slices.Sorted(maps.Keys(lacking))) {
		if lacking[id] > 0 {
			return id, true, surplus
		}
	}
	return 0, false, surplus
}

// plan sets when the next change is due, unless one is due already.
func (p *provision) plan(v *service, due time.Time) {
	_, lacks, surplus := p.next(v)
	switch {
	case !lacks && surplus < 0:
		p.Due = time.Time{}
	case p.Due.IsZero():
		p.Due = due
	}
}

// replaceInstances lets the provisioned instances follow their aliases to the versions there are.
func (v *service) replaceInstances(due time.Time) {
	for _, p := range v.Provisions {
		p.plan(v, due)
	}
}

// listInstances serves ListInstances: under an alias the provisioned instances, and everywhere
// those that invocations with this qualifier started.
func listInstances(c *call) (reply, *apiError) {
	at, f, refused := c.function()
	if refused != nil {
		return reply{}, refused
	}
	const most = 1000
	limit := most
	if text := c.parameter("limit"); text != "" && text != "0" {
		if limit, refused = c.limit(most, most); refused != nil {
			return reply{}, refused
		}
	}
	type instanceBody struct {
		InstanceID string `json:"instanceId"`
		VersionID  int    `json:"versionId"`
	}
	bodies := []instanceBody{}
	wanted := c.instanceIDs()
	for _, i := range at.service.instances(c.qualifier, f.Name) {
		if len(bodies) < limit && (len(wanted) == 0 || slices.Contains(wanted, i.ID)) {
			bodies = append(bodies, instanceBody{i.ID, i.VersionID})
		}
	}
	return reply{body: struct {
		Instances []instanceBody `json:"instances"`
	}{bodies}}, nil
}

// instanceIDs are the instances that the caller asks for, given one by one or with commas.
func (c *call) instanceIDs() []string {
	var ids []string
	for _, text := range c.query["instanceIds"] {
		for id := range strings.SplitSeq(text, ",") {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// instances are those of a function that take traffic under a qualifier.
func (v *service) instances(qualifier, function string) []*instance {
	var running []*instance
	if p := v.Provisions[provisionKey(qualifier, function)]; p != nil {
		running = append(running, p.Instances...)
	}
	for _, i := range v.OnDemand {
		if i.Function == function && i.Qualifier == qualifier {
			running = append(running, i)
		}
	}
	return running
}
