package servicestage

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
)

const (
	opUpdate = "UpdateComponent"

	memberVariables   = "envs"
	memberCommand     = "command"
	memberLimitCPU    = "limit_cpu"
	memberLimitMemory = "limit_memory"
	memberSource      = "source"
	memberStrategy    = "deploy_strategy"
	memberVersion     = "version"
	memberReplica     = "replica"
	memberName        = "name"
	memberStack       = "runtime_stack"

	kindImage   = "image"
	kindPackage = "package"
	kindCode    = "code"
	obsScheme   = "obs://"
)

// A specification is what a component is made of, member by member: what a release does not change has to be written
// again, and holds secrets.
type specification map[string]json.RawMessage

// membersOfComponents are the members of a specification that a release writes again, but for what it gives itself.
func membersOfComponents() []cloudapi.Param {
	op, _ := servicestageclient.LookupOperation(opUpdate)
	own := []string{memberSource, memberStrategy, memberVersion, memberReplica, memberName, memberStack}
	return slices.DeleteFunc(slices.Concat(op.Params, op.Extra), func(p cloudapi.Param) bool {
		return p.In != cloudapi.InBody || slices.Contains(own, p.Name)
	})
}

// specificationOf is the specification of a component, without the variables that the platform sets itself.
func specificationOf(c *servicestageclient.Component) specification {
	own := *c
	own.Envs = variablesOf(c)
	text, err := servicestageclient.Wire(own).MarshalJSON()
	var s specification
	if err != nil || json.Unmarshal(text, &s) != nil {
		return specification{}
	}
	return s
}

// variablesOf are the environment variables of a component that somebody has set.
func variablesOf(c *servicestageclient.Component) []servicestageclient.EnvVar {
	kept := c.UpdateInput("", "").Envs
	if kept == nil {
		return []servicestageclient.EnvVar{} // which is sent
	}
	return kept
}

// value is a member in plain form.
func (s specification) value(name string) any { return cloud.Plain(s[name]) }

// set sets a member.
func (s specification) set(name string, value any) { s[name] = json.RawMessage(cloud.Wire(value)) }

// same reports whether two specifications have a member alike.
func (s specification) same(t specification, name string) bool {
	return cloud.Wire(s.value(name)) == cloud.Wire(t.value(name))
}

// written is a member as it is sent.
func (s specification) written(p cloudapi.Param) string {
	if p.Kind == cloudapi.KindString {
		return cloud.Text(s[p.Name])
	}
	return string(s[p.Name])
}

// cloned is a copy whose members can be set.
func (s specification) cloned() specification { return maps.Clone(s) }

// digest names the configuration of a specification, so that versions of one artifact are told apart.
func (d *Driver) digest(s specification) string {
	var all strings.Builder
	for _, p := range d.members {
		fmt.Fprintf(&all, "%s %s\n", p.Name, cloud.Wire(s.value(p.Name)))
	}
	return cloud.Digest(all.String())
}

// artifact is what a source says runs; unknown for code, which is built anew for each release.
func artifact(s *servicestageclient.Source) release.Artifact {
	switch {
	case s == nil:
		return release.Artifact{}
	case s.Kind == kindImage:
		return release.Artifact{Image: s.URL}
	case s.Kind == kindPackage:
		return release.Artifact{Package: &release.Package{URL: cloud.Address(s.URL), Version: s.Version}}
	}
	return release.Artifact{}
}

// source is the source of an artifact: that of the component with another address.
func source(now *servicestageclient.Source, a release.Artifact) servicestageclient.Source {
	s := *now
	switch {
	case a.Same(artifact(now)): // its address may be known by a digest alone
	case a.Image != "":
		s.URL = a.Image
	case a.Package != nil:
		s.URL, s.Version = a.Package.URL, a.Package.Version
		if strings.HasPrefix(s.URL, obsScheme) {
			s.Storage = "obs"
		}
	}
	return s
}
