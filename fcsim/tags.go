package fcsim

import (
	"maps"
	"strings"

	"slipway/internal/simframe"
)

const (
	// maxTags is how many tags a service has at most, and a call names.
	maxTags = 20
	// tagFilter begins the query parameters of ListServices that ask for a tag.
	tagFilter = "tag_"
)

// arn is the full name of a service.
func (c *call) arn(v *service) string {
	return "acs:fc:" + c.config.Region + ":" + c.config.AccountID + ":services/" + v.Name
}

// tagged finds the service that an ARN names: a full one, or its part from services/ on.
func (c *call) tagged(resource string) (*service, *apiError) {
	if resource == "" {
		return nil, refuse(codeInvalidArgument, "resourceArn must be given")
	}
	here := "acs:fc:" + c.config.Region + ":" + c.config.AccountID + ":"
	name, ok := strings.CutPrefix(strings.TrimPrefix(resource, here), "services/")
	if !ok || !isName(name) {
		return nil, refuse(codeInvalidArgument, "resourceArn must be "+here+"services/{serviceName}, or the part from services/ on; it is '"+simframe.Shorten(resource)+"'")
	}
	if v := c.st.Services[name]; v != nil {
		return v, nil
	}
	return nil, refuse(codeServiceNotFound, name)
}

// tagResource serves TagResource: tags are added, or take the place of those with the same key.
func tagResource(c *call) (reply, *apiError) {
	var in struct {
		ResourceArn string            `json:"resourceArn"`
		Tags        map[string]string `json:"tags"`
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	v, refused := c.tagged(in.ResourceArn)
	if refused != nil {
		return reply{}, refused
	}
	tags := maps.Clone(v.Tags)
	maps.Copy(tags, in.Tags)
	var k checker
	k.check(len(in.Tags) > 0, "tags must be given")
	k.check(len(tags) <= maxTags, "a service has at most %d tags, this one would have %d", maxTags, len(tags))
	_, nameless := in.Tags[""]
	k.check(!nameless, "tags: a key must not be empty")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	v.Tags = tags
	return reply{status: 200}, nil
}

// untagResource serves UntagResource, a DELETE with a body. Keys that the service does not have are passed over.
func untagResource(c *call) (reply, *apiError) {
	var in struct {
		ResourceArn string   `json:"resourceArn"`
		TagKeys     []string `json:"tagKeys"`
		All         bool     `json:"all"`
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	v, refused := c.tagged(in.ResourceArn)
	if refused != nil {
		return reply{}, refused
	}
	var k checker
	k.check(in.All || len(in.TagKeys) > 0, "tagKeys must be given unless all is true")
	k.check(len(in.TagKeys) <= maxTags, "tagKeys must be at most %d, are %d", maxTags, len(in.TagKeys))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if in.All {
		clear(v.Tags)
	}
	for _, key := range in.TagKeys {
		delete(v.Tags, key)
	}
	return reply{status: 200}, nil
}

// getResourceTags serves GetResourceTags.
func getResourceTags(c *call) (reply, *apiError) {
	v, refused := c.tagged(c.parameter("resourceArn"))
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: struct {
		ResourceArn string            `json:"resourceArn"`
		Tags        map[string]string `json:"tags"`
	}{c.arn(v), v.Tags}}, nil
}

// wanted keeps the services that have every tag that the query asks for; an empty value stands for any.
func (c *call) wanted(services []*service) []*service {
	found := []*service{}
	for _, v := range services {
		if v.hasTags(c.query) {
			found = append(found, v)
		}
	}
	return found
}

func (v *service) hasTags(query map[string][]string) bool {
	for name, values := range query {
		key, isTag := strings.CutPrefix(name, tagFilter)
		if !isTag {
			continue
		}
		value, has := v.Tags[key]
		if !has || values[0] != "" && values[0] != value {
			return false
		}
	}
	return true
}
