package fcsim

import (
	"maps"
	"regexp"
	"strconv"

	"slipway/internal/simframe"
)

// aliasBody is an alias in an answer.
type aliasBody struct {
	AliasName   string `json:"aliasName"`
	VersionID   string `json:"versionId"`
	Description string `json:"description"`
	// AdditionalVersionWeight is null until weights were given, and {} after {}.
	AdditionalVersionWeight map[int]float64 `json:"additionalVersionWeight"`
	CreatedTime             string          `json:"createdTime"`
	LastModifiedTime        string          `json:"lastModifiedTime"`
	ResolvePolicy           *string         `json:"resolvePolicy,omitempty"`
	RoutePolicy             document        `json:"routePolicy,omitempty"`
}

func (a *alias) body() aliasBody {
	return aliasBody{
		AliasName: a.Name, VersionID: strconv.Itoa(a.VersionID), Description: a.Description, AdditionalVersionWeight: a.Weights,
		CreatedTime: stamp(a.Created), LastModifiedTime: stamp(a.Modified), ResolvePolicy: a.ResolvePolicy, RoutePolicy: a.RoutePolicy,
	}
}

// aliasInput is the body of UpdateAlias.
type aliasInput struct {
	VersionID               *string            `json:"versionId"`
	Description             *string            `json:"description"`
	AdditionalVersionWeight map[string]float64 `json:"additionalVersionWeight"`
	ResolvePolicy           *string            `json:"resolvePolicy"`
	RoutePolicy             document           `json:"routePolicy"`
}

// overlay takes over what was given, after it has been checked: versions must exist when they are
// named. A weight of 0 or 1 and the main version among the weights are accepted, as clients send them.
func (a *alias) overlay(v *service, in aliasInput) *apiError {
	var k checker
	k.check(len(in.AdditionalVersionWeight) <= 1, "additionalVersionWeight must have one version at most, has %d", len(in.AdditionalVersionWeight))
	for _, id := range simframe.SortedKeys(in.AdditionalVersionWeight) {
		_, isID := versionID(id)
		weight := in.AdditionalVersionWeight[id]
		k.check(isID, "additionalVersionWeight: %q is not the number of a version", simframe.Shorten(id))
		k.check(weight >= 0 && weight <= 1, "additionalVersionWeight: the weight of version %s must be from 0 to 1, is %v", simframe.Shorten(id), weight)
	}
	if in.VersionID != nil {
		_, isID := versionID(*in.VersionID)
		k.check(isID, "versionId must be the number of a published version, is %q", simframe.Shorten(*in.VersionID))
	}
	if refused := k.refusal(); refused != nil {
		return refused
	}
	if in.AdditionalVersionWeight != nil {
		weights := map[int]float64{}
		for text, weight := range in.AdditionalVersionWeight {
			id, _ := versionID(text)
			if v.version(id) == nil {
				return refuse(codeVersionNotFound, text, v.Name)
			}
			weights[id] = weight
		}
		a.Weights = weights
	}
	if in.VersionID != nil {
		id, _ := versionID(*in.VersionID)
		if v.version(id) == nil {
			return refuse(codeVersionNotFound, *in.VersionID, v.Name)
		}
		a.VersionID = id
	}
	if in.Description != nil {
		a.Description = *in.Description
	}
	keep(&a.ResolvePolicy, in.ResolvePolicy)
	keepDocument(&a.RoutePolicy, in.RoutePolicy)
	return nil
}

// alias finds the alias that the path names.
func (c *call) alias() (*service, *alias, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return nil, nil, refused
	}
	name := c.params["aliasName"]
	if a := v.Aliases[name]; a != nil {
		return v, a, nil
	}
	return nil, nil, refuse(codeAliasNotFound, name, v.Name)
}

// createAlias serves CreateAlias.
func createAlias(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		AliasName string `json:"aliasName"`
		aliasInput
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	var k checker
	k.check(len(in.AliasName) <= 128 && in.AliasName != latest && regexp.MustCompile(`^[_a-zA-Z][-_a-zA-Z0-9]*$`).MatchString(in.AliasName),
		"aliasName must be 1 to 128 letters, digits, _ and -, beginning with a letter or _, and not %s; it is %q", latest, simframe.Shorten(in.AliasName))
	k.check(in.VersionID != nil, "versionId must be given")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	a := &alias{Name: in.AliasName, Created: c.now, Modified: c.now}
	if refused := a.overlay(v, in.aliasInput); refused != nil {
		return reply{}, refused
	}
	if v.Aliases[a.Name] != nil {
		return reply{}, refuse(codeAliasExists, a.Name, v.Name)
	}
	a.ETag = c.st.drawETag()
	v.Aliases[a.Name] = a
	return reply{body: a.body(), etag: a.ETag}, nil
}

// updateAlias serves UpdateAlias. What is absent or null stays as it is.
func updateAlias(c *call) (reply, *apiError) {
	v, a, refused := c.alias()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(a.ETag); refused != nil {
		return reply{}, refused
	}
	var in aliasInput
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	changed := *a
	if refused := changed.overlay(v, in); refused != nil {
		return reply{}, refused
	}
	if !same(changed, *a) {
		changed.Modified, changed.ETag = c.now, c.st.drawETag()
		*a = changed
		v.replaceInstances(c.now.Add(c.config.InstanceStart))
	}
	return reply{body: a.body(), etag: a.ETag}, nil
}

// deleteAlias serves DeleteAlias. Versions and triggers that name it stay; its provision configs go
// with it.
func deleteAlias(c *call) (reply, *apiError) {
	v, a, refused := c.alias()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(a.ETag); refused != nil {
		return reply{}, refused
	}
	delete(v.Aliases, a.Name)
	maps.DeleteFunc(v.Provisions, func(_ string, p *provision) bool { return p.Alias == a.Name })
	return reply{}, nil
}

// getAlias serves GetAlias.
func getAlias(c *call) (reply, *apiError) {
	_, a, refused := c.alias()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: a.body(), etag: a.ETag}, nil
}

// listAliases serves ListAliases.
func listAliases(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	list, refused := page(c, simframe.SortedValues(v.Aliases), func(a *alias) string { return a.Name }, byName)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]aliasBody, len(list.items))
	for i, a := range list.items {
		bodies[i] = a.body()
	}
	return reply{body: struct {
		Aliases   []aliasBody `json:"aliases"`
		NextToken *string     `json:"nextToken"`
	}{bodies, list.next}}, nil
}
