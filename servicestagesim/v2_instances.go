package servicestagesim

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/loosejson"
	"slipway/internal/simframe"
)

// mostBatches is in how many batches version 2's RollingUpdate replaces the replicas at most.
const mostBatches = 5

// instanceBody is what rules read of the body of createInstanceV2 and updateInstanceV2.
type instanceBody struct {
	Name          string              `json:"name"`
	EnvironmentID string              `json:"environment_id"`
	Replica       *integer            `json:"replica"`
	Version       string              `json:"version"`
	Artifacts     map[string]document `json:"artifacts"`
	Configuration struct {
		Env      document `json:"env"`
		Strategy struct {
			Upgrade string `json:"upgrade"`
		} `json:"strategy"`
	} `json:"configuration"`
	ReferResources   document `json:"refer_resources"`
	ExternalAccesses document `json:"external_accesses"`
	// members are all members as they were sent.
	members map[string]document
}

// artifact2 is what of an artifact rules read.
type artifact2 struct {
	Storage string `json:"storage"`
	Type    string `json:"type"`
	URL     string `json:"url"`
}

// readInstance reads the body of a creation or an upgrade of an instance.
func (c *call) readInstance(k *checker, optional ...string) instanceBody {
	var in instanceBody
	rule := rule2("configuration", "flavor_id")
	rule.optional = append(optional, "artifacts")
	c.read(k, &in, rule)
	members, err := c.members()
	if err != nil {
		return in // it was noted
	}
	in.members = members
	k.check(in.Version == "" || isVersion(in.Version), "version must be three or four numbers with periods between them, %d characters at most, is %q",
		maxVersion, simframe.Shorten(in.Version))
	var flavor string
	member(members["flavor_id"], &flavor)
	k.check(members["flavor_id"] == nil || isFlavor(flavor), "flavor_id must be a flavor of the list, or CUSTOM-<storage>G:<cpu>m-<cpu>m:<memory>Gi-<memory>Gi, is %q",
		simframe.Shorten(flavor))
	upgrade := in.Configuration.Strategy.Upgrade
	k.check(slices.Contains([]string{"", "RollingUpdate", "Recreate"}, upgrade), "configuration.strategy.upgrade must be RollingUpdate or Recreate, is %q",
		simframe.Shorten(upgrade))
	for _, name := range simframe.SortedKeys(in.Artifacts) {
		var a artifact2
		member(in.Artifacts[name], &a)
		k.check(a.URL != "", "artifacts.%s.url must be given", simframe.Shorten(name))
		k.check(a.Type == kindPackage || a.Type == kindImage, "artifacts.%s.type must be package or image, is %q", simframe.Shorten(name), simframe.Shorten(a.Type))
	}
	return in
}

// isFlavor reports whether a text is a flavor of version 2.
func isFlavor(text string) bool {
	if slices.ContainsFunc(flavors2(), func(f flavor2) bool { return f.name == text }) {
		return true
	}
	return regexp.MustCompile(`^CUSTOM-[0-9.]+G:[0-9.]+m-[0-9.]+m:[0-9.]+Gi-[0-9.]+Gi$`).MatchString(text)
}

// only2 are the members of an instance that version 3 does not have.
func only2() []string { return []string{"artifacts", "configuration", "flavor_id", "description"} }

// specify makes the specification of a version out of a body, the component and the version before.
func (in instanceBody) specify(k *checker, b *blueprint, before specification) specification {
	given := map[string]document{}
	for name, text := range map[string]document{"refer_resources": in.ReferResources, "external_accesses": in.ExternalAccesses, "envs": in.Configuration.Env} {
		if text != nil {
			given[name] = text
		}
	}
	spec := before.overlay(given)
	checkEnvs(k, spec.Settings, isVariable2)
	spec.Version2 = maps.Clone(spec.Version2)
	simframe.FillMap(&spec.Version2)
	for _, name := range only2() {
		if text := in.members[name]; text != nil {
			spec.Version2[name] = compact(text)
		}
	}
	if source, found := in.source(b); found {
		spec.Source = source
		if text, err := loosejson.Encode(source); err == nil {
			spec.SourceText = text
		}
	}
	return spec
}

// strategy is how version 2 replaces replicas.
func (in instanceBody) strategy(replica int) strategy {
	if in.Configuration.Strategy.Upgrade == "Recreate" || replica <= 1 {
		return strategy{Type: oneBatch}
	}
	return strategy{Type: rolling, Rolling: &rollingRelease{Batches: integer(min(replica, mostBatches))}}
}

// source is where a version comes from: the first artifact by its name, else the source of the component.
func (in instanceBody) source(b *blueprint) (source, bool) {
	for _, name := range simframe.SortedKeys(in.Artifacts) {
		var a artifact2
		member(in.Artifacts[name], &a)
		return source{Kind: a.Type, URL: a.URL, Storage: a.Storage}, true
	}
	var s source2
	member(b.Source, &s)
	switch s.Kind {
	case kindCode:
		return source{Kind: kindCode, URL: s.Spec.RepoURL, RepoURL: s.Spec.RepoURL}, true
	case kindArtifact:
		return source{Kind: s.Spec.Type, URL: s.Spec.URL, Storage: s.Spec.Storage}, true
	}
	return source{}, false
}

// createInstance2 serves createInstanceV2.
func createInstance2(c *call) (reply, *apiError) {
	b, refused := c.ownBlueprint()
	if refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	in := c.readInstance(k)
	spec := in.specify(k, b, specification{})
	replica := in.Replica.value()
	k.check(replica >= 0 && replica <= maxReplica, "replica must be from 0 to %d, is %d", maxReplica, replica)
	k.check(in.Name == "" || isInstanceName(in.Name), "name must be 2 to 63 small letters, digits and -, beginning with a letter, is %q", simframe.Shorten(in.Name))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	made, refused := c.newInstance2(b, in, &spec)
	if refused != nil {
		return reply{}, refused
	}
	made.Replica, spec.Strategy = replica, strategy{Type: oneBatch}
	if spec.Stack.DeployMode == modeVM {
		made.Hosts = spec.hosts()
	}
	c.st.Components[made.ID] = made
	j := c.deploy(made.ID, &made.workload, in.Version, spec)
	return reply{body: map[string]string{"job_id": j.ID, "instance_id": made.ID}}, nil
}

// newInstance2 makes an instance, of what was checked by itself before.
func (c *call) newInstance2(b *blueprint, in instanceBody, spec *specification) (*component, *apiError) {
	env := c.st.Environments[in.EnvironmentID]
	if env == nil {
		return nil, refuse(codeNoEnvironment, simframe.Shorten(in.EnvironmentID))
	}
	if spec.Source.URL == "" {
		return nil, refuse(codeNoArtifacts, "the component has no source either")
	}
	mode, refused := place2(env, *spec)
	if refused != nil {
		return nil, refused
	}
	spec.Stack = stackOf(b.Runtime, mode)
	if spec.Source.Kind == kindImage && mode == modeVM {
		return nil, refuse(codeInvalid, "an image is for containers; virtual machines take a package")
	}
	for _, other := range c.st.Components {
		if other.ApplicationID != b.ApplicationID || other.EnvironmentID != env.ID {
			continue
		}
		if strings.EqualFold(other.Name, in.Name) {
			return nil, refuse(codeNameExists, in.Name)
		}
		if other.Blueprint == b.ID && other.release(in.Version) != nil {
			return nil, refuse(codeVersionUsed, in.Version+" by "+other.Name)
		}
	}
	return &component{thing: c.newThing("component", in.Name, ""), ApplicationID: b.ApplicationID, EnvironmentID: env.ID, Blueprint: b.ID}, nil
}

// place2 finds out whether a version runs in containers or on virtual machines: as the environment, or as the resources that
// it names where the environment takes both.
func place2(env *environment, spec specification) (string, *apiError) {
	has := func(types ...string) bool {
		return slices.ContainsFunc(spec.references(), func(r reference) bool { return slices.Contains(types, r.Type) })
	}
	container, vm := has("cce"), has("ecs", "as")
	switch {
	case container && env.DeployMode != modeVM:
		return modeContainer, nil
	case vm && env.DeployMode != modeContainer:
		return modeVM, nil
	}
	return "", refuse(codeNoResource, "refer_resources needs one that fits an environment of deploy_mode "+env.DeployMode+": cce, ecs or as")
}

// instances2 are the instances of a component.
func (c *call) instances2(b *blueprint) []*component {
	return wanted(c.st.Components, func(of *component) bool {
		return of.Blueprint == b.ID || of.Blueprint == "" && of.ID == b.ID
	})
}

// instance2 finds the instance that the path names.
func (c *call) instance2() (*blueprint, *component, *apiError) {
	b, refused := c.blueprint()
	if refused != nil {
		return nil, nil, refused
	}
	id := c.params["instance_id"]
	of := c.st.Components[id]
	if of == nil || of.Blueprint != b.ID && (of.Blueprint != "" || of.ID != b.ID) {
		return nil, nil, refuse(codeNoInstance, simframe.Shorten(id))
	}
	return b, of, nil
}

// updateInstance2 serves updateInstanceV2: it releases a version. What is left out stays as it is.
func updateInstance2(c *call) (reply, *apiError) {
	b, to, refused := c.instance2()
	if refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	in := c.readInstance(k)
	before := to.release(to.Version).Spec
	var spec specification
	if len(in.Artifacts) > 0 || c.st.Blueprints[b.ID] != nil {
		spec = in.specify(k, b, before)
	} else {
		spec = in.specify(k, &blueprint{}, before)
	}
	spec.Strategy = in.strategy(to.Replica)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if _, refused := place2(c.st.Environments[to.EnvironmentID], spec); refused != nil {
		return reply{}, refused
	}
	for _, other := range c.instances2(b) {
		if other != to && other.EnvironmentID == to.EnvironmentID && other.release(in.Version) != nil {
			return reply{}, refuse(codeVersionUsed, in.Version+" by "+other.Name)
		}
	}
	if refused := c.mayRelease(&to.workload, in.Version, spec.Strategy); refused != nil {
		return reply{}, refused
	}
	to.Updated = c.now
	return reply{body: map[string]string{"job_id": c.deploy(to.ID, &to.workload, in.Version, spec).ID}}, nil
}

// actions2 are the actions of version 2, which are as those of version 3.
func actions2() []string { return []string{"start", "stop", "restart", "scale", "rollback"} }

// instanceAction2 serves instanceActionV2.
func instanceAction2(c *call) (reply, *apiError) {
	_, of, refused := c.instance2()
	if refused != nil {
		return reply{}, refused
	}
	var in actionBody
	if refused := c.decode(&in, bodyRule{free: []string{"action"}}); refused != nil {
		return reply{}, refused
	}
	if !slices.Contains(actions2(), in.Action) {
		return reply{}, refuse(codeNoAction, simframe.Shorten(in.Action))
	}
	if _, refused := actions()[in.Action](c, of.ID, &of.workload, in); refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]string{"job_id": of.LastJob}}, nil
}

// deleteInstance2 serves deleteInstanceV2. By force it also goes while something else goes on.
func deleteInstance2(c *call) (reply, *apiError) {
	_, of, refused := c.instance2()
	if refused != nil {
		return reply{}, refused
	}
	force, refused := c.flag("force")
	if refused != nil {
		return reply{}, refused
	}
	if of.Phase == statusDeleting || !force && of.blocked() != nil {
		return reply{}, refuse(codeNotDeletable, "it is "+of.Phase)
	}
	j := c.start(jobPlan{purpose: forDelete, kind: typeDeprovision, subject: of.ID, tasks: []*task{{Name: "SEPARATOR_DELETING", Do: taskStop}}})
	of.occupy(j, statusDeleting, c.now)
	return reply{status: http.StatusOK, body: map[string]string{"job_id": j.ID}}, nil
}

// snapshotView is a version of an instance that it can go back to.
type snapshotView struct {
	Version     string `json:"version"`
	Description string `json:"description"`
	InstanceID  string `json:"instance_id"`
	Created     int64  `json:"create_time"`
}

// listSnapshots2 serves listInstanceSnapshotsV2: the versions that were in service, and are not now. The vendor's client
// sends the parameter order_by under the name snapshot_order_by.
func listSnapshots2(c *call) (reply, *apiError) {
	_, of, refused := c.instance2()
	if refused != nil {
		return reply{}, refused
	}
	snapshots := []snapshotView{}
	for _, r := range of.Releases {
		if r.Promoted && !r.Current {
			snapshots = append(snapshots, snapshotView{r.Version, fmt.Sprintf(`{"action": "New Version: %s"}`, r.Version), of.ID, millis(r.Ended)})
		}
	}
	if c.query.Get("order_by") == "version" || c.query.Get("snapshot_order_by") == "version" {
		slices.SortStableFunc(snapshots, func(a, b snapshotView) int { return compareVersions(a.Version, b.Version) })
	}
	if c.query.Get("order") != "asc" {
		slices.Reverse(snapshots)
	}
	cut, refused := page2(c, snapshots)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": len(snapshots), "snapshots": cut}}, nil
}

// compareVersions compares two versions number by number.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}
