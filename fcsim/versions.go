package fcsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

// ignoreUnchanged is a header of Serverless Devs: publishing without a change then answers the
// newest version instead of failing.
const ignoreUnchanged = "X-Fc-Ignore-Version-Publish-Error"

// versionBody is a version in an answer.
type versionBody struct {
	VersionID        string `json:"versionId"`
	Description      string `json:"description"`
	CreatedTime      string `json:"createdTime"`
	LastModifiedTime string `json:"lastModifiedTime"`
}

func (n *version) body() versionBody {
	return versionBody{VersionID: strconv.Itoa(n.ID), Description: n.Description, CreatedTime: stamp(n.Created), LastModifiedTime: stamp(n.Created)}
}

// newest is the version with the highest number, nil when there is none.
func (v *service) newest() *version {
	if len(v.Versions) == 0 {
		return nil
	}
	return v.Versions[len(v.Versions)-1]
}

// publishVersion serves PublishServiceVersion.
func publishVersion(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	if refused := c.ifMatch(v.ETag); refused != nil {
		return reply{}, refused
	}
	var in struct {
		Description string `json:"description"`
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	if !v.Changed {
		if newest := v.newest(); newest != nil && strings.EqualFold(c.header.Get(ignoreUnchanged), "true") {
			return reply{body: newest.body(), etag: newest.ETag}, nil
		}
		return reply{}, refuse(codeVersionPublish, v.Name)
	}
	v.Published++
	v.Changed = false
	published := &version{
		ID: v.Published, Description: in.Description, Created: c.now, ETag: c.st.drawETag(), Settings: v.Settings, Functions: v.freeze(),
	}
	v.Versions = append(v.Versions, published)
	return reply{body: published.body(), etag: published.ETag}, nil
}

// deleteVersion serves DeleteServiceVersion. Aliases that point to it stay, and dangle. Once the
// newest is gone, LATEST can be published again as it is.
func deleteVersion(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	id, _ := versionID(c.params["versionId"])
	at := slices.IndexFunc(v.Versions, func(n *version) bool { return n.ID == id })
	if at < 0 {
		return reply{}, refuse(codeVersionNotFound, c.params["versionId"], v.Name)
	}
	v.Changed = v.Changed || at == len(v.Versions)-1
	v.Versions = slices.Delete(v.Versions, at, at+1)
	v.replaceInstances(c.now.Add(c.config.InstanceStart))
	return reply{}, nil
}

// listVersions serves ListServiceVersions, the newest first unless the direction is FORWARD.
func listVersions(c *call) (reply, *apiError) {
	v, refused := c.service()
	if refused != nil {
		return reply{}, refused
	}
	direction := cmp.Or(c.parameter("direction"), "BACKWARD")
	var k checker
	k.check(direction == "BACKWARD" || direction == "FORWARD", "direction must be FORWARD or BACKWARD, is %q", simframe.Shorten(direction))
	for _, name := range []string{"startKey", "nextToken"} {
		_, isID := versionID(c.parameter(name))
		k.check(isID || c.parameter(name) == "", "%s must be the number of a version, is %q", name, simframe.Shorten(c.parameter(name)))
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	versions := slices.Clone(v.Versions)
	if direction == "BACKWARD" {
		slices.Reverse(versions)
	}
	before := func(a, b string) bool {
		left, _ := versionID(a)
		right, _ := versionID(b)
		if direction == "BACKWARD" {
			return left > right
		}
		return left < right
	}
	list, refused := page(c, versions, func(n *version) string { return strconv.Itoa(n.ID) }, before)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]versionBody, len(list.items))
	for i, n := range list.items {
		bodies[i] = n.body()
	}
	return reply{body: struct {
		Versions  []versionBody `json:"versions"`
		NextToken *string       `json:"nextToken"`
		Direction string        `json:"direction"`
	}{bodies, list.next, direction}}, nil
}
