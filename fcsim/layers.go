package fcsim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// layer is a layer with its versions that exist, oldest first.
type layer struct {
	Name     string          `json:"name"`
	Versions []*layerVersion `json:"versions"`
	// Published is the highest number of a version that was ever given.
	Published int `json:"published"`
}

// layerVersion is a published version of a layer, which does not change.
type layerVersion struct {
	Number      int       `json:"number"`
	Description string    `json:"description"`
	Runtimes    []string  `json:"runtimes"`
	Code        code      `json:"code"`
	Created     time.Time `json:"created"`
	ETag        string    `json:"etag"`
}

// layerBody is a version of a layer in an answer.
type layerBody struct {
	LayerName         string        `json:"layerName"`
	Version           int           `json:"version"`
	Description       string        `json:"description"`
	Code              layerLocation `json:"code"`
	CodeSize          int           `json:"codeSize"`
	CodeChecksum      string        `json:"codeChecksum"`
	CreateTime        string        `json:"createTime"`
	ACL               int           `json:"acl"`
	CompatibleRuntime []string      `json:"compatibleRuntime"`
	Arn               string        `json:"arn"`
}

type layerLocation struct {
	RepositoryType string `json:"repositoryType"`
	Location       string `json:"location"`
}

// owner is what layers of the account have at the beginning of their ARN, 32 hexadecimal digits.
func (c *call) owner() string {
	return strings.ReplaceAll(simframe.UUID(0, "owner/"+c.config.AccountID), "-", "")
}

func (c *call) layerBody(l *layer, v *layerVersion) layerBody {
	return layerBody{
		LayerName: l.Name, Version: v.Number, Description: v.Description, CodeSize: v.Code.Size, CodeChecksum: v.Code.Checksum,
		Code:       layerLocation{RepositoryType: "OSS", Location: c.codeAddress(v.Code)},
		CreateTime: stamp(v.Created), CompatibleRuntime: v.Runtimes, Arn: c.owner() + "#" + l.Name + "#" + strconv.Itoa(v.Number),
	}
}

// publishLayerVersion serves PublishLayerVersion.
func publishLayerVersion(c *call) (reply, *apiError) {
	var in struct {
		LayerName         string     `json:"layerName"`
		Description       string     `json:"description"`
		Code              *codeInput `json:"code"`
		CompatibleRuntime []string   `json:"compatibleRuntime"`
	}
	if refused := c.decode(&in); refused != nil {
		return reply{}, refused
	}
	name := c.params["layerName"]
	var k checker
	k.name("layerName", name, 64)
	k.check(in.LayerName == "" || in.LayerName == name, "layerName: the path names %q, the body %q", simframe.Shorten(name), simframe.Shorten(in.LayerName))
	k.check(in.Code != nil, "code must be given")
	var loaded *loadedCode
	if in.Code != nil {
		loaded = in.Code.load(&k, "")
	}
	for _, runtime := range in.CompatibleRuntime {
		k.check(slices.Contains(runtimes(), runtime), "compatibleRuntime: %q is none of %v", simframe.Shorten(runtime), runtimes())
	}
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	l := c.st.Layers[name]
	if l == nil {
		l = &layer{Name: name}
		c.st.Layers[name] = l
	}
	c.st.keepPackage(loaded.code, loaded.zip)
	l.Published++
	v := &layerVersion{
		Number: l.Published, Description: in.Description, Runtimes: append([]string{}, in.CompatibleRuntime...),
		Code: loaded.code, Created: c.now, ETag: c.st.drawETag(),
	}
	l.Versions = append(l.Versions, v)
	return reply{body: c.layerBody(l, v), etag: v.ETag}, nil
}

// layer finds a layer that has versions.
func (c *call) layer(name string) (*layer, *apiError) {
	if l := c.st.Layers[name]; l != nil && len(l.Versions) > 0 {
		return l, nil
	}
	return nil, refuse(codeLayerNotFound, name)
}

// layerVersion finds a version of a layer by the text of its number.
func (c *call) layerVersion(name, number string) (*layer, *layerVersion, *apiError) {
	l, refused := c.layer(name)
	if refused != nil {
		return nil, nil, refused
	}
	wanted, isNumber := versionID(number)
	if !isNumber {
		return nil, nil, refuse(codeInvalidArgument, "the version of a layer is a whole number above 0, not '"+simframe.Shorten(number)+"'")
	}
	for _, v := range l.Versions {
		if v.Number == wanted {
			return l, v, nil
		}
	}
	return nil, nil, refuse(codeLayerVersionAbsent, number, name)
}

// deleteLayerVersion serves DeleteLayerVersion. Functions that name the version keep it.
func deleteLayerVersion(c *call) (reply, *apiError) {
	l, v, refused := c.layerVersion(c.params["layerName"], c.params["version"])
	if refused != nil {
		return reply{}, refused
	}
	l.Versions = slices.DeleteFunc(l.Versions, func(other *layerVersion) bool { return other == v })
	return reply{}, nil
}

// getLayerVersion serves GetLayerVersion.
func getLayerVersion(c *call) (reply, *apiError) {
	l, v, refused := c.layerVersion(c.params["layerName"], c.params["version"])
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.layerBody(l, v), etag: v.ETag}, nil
}

// getLayerVersionByArn serves GetLayerVersionByArn, which both of the vendor's clients have though the reference has not.
func getLayerVersionByArn(c *call) (reply, *apiError) {
	parts := strings.Split(c.params["arn"], "#")
	if len(parts) != 3 || parts[0] != c.owner() {
		return reply{}, refuse(codeInvalidArgument, "the ARN of a layer is "+c.owner()+"#{layerName}#{version}, not '"+simframe.Shorten(c.params["arn"])+"'")
	}
	l, v, refused := c.layerVersion(parts[1], parts[2])
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.layerBody(l, v), etag: v.ETag}, nil
}

// listLayerVersions serves ListLayerVersions, oldest first, from startVersion on.
func listLayerVersions(c *call) (reply, *apiError) {
	l, refused := c.layer(c.params["layerName"])
	if refused != nil {
		return reply{}, refused
	}
	limit, refused := c.limit(defaultLimit, maxLimit)
	if refused != nil {
		return reply{}, refused
	}
	from := 0
	if text := c.parameter("startVersion"); text != "" {
		number, isNumber := versionID(text)
		if !isNumber {
			return reply{}, refuse(codeInvalidArgument, "startVersion must be a whole number above 0, is '"+simframe.Shorten(text)+"'")
		}
		from = number
	}
	body := struct {
		Layers      []layerBody `json:"layers"`
		NextVersion *int        `json:"nextVersion"`
	}{Layers: []layerBody{}}
	for _, v := range l.Versions {
		if v.Number < from {
			continue
		}
		if len(body.Layers) == limit {
			body.NextVersion = &v.Number
			break
		}
		body.Layers = append(body.Layers, c.layerBody(l, v))
	}
	return reply{body: body}, nil
}

// listLayers serves ListLayers: the newest version of each. Layers here are the account's own: none is public or official.
func listLayers(c *call) (reply, *apiError) {
	var layers []*layer
	if c.parameter("public") != "true" && c.parameter("official") != "true" {
		layers = slices.DeleteFunc(simframe.SortedValues(c.st.Layers), func(l *layer) bool { return len(l.Versions) == 0 })
	}
	list, refused := page(c, layers, func(l *layer) string { return l.Name }, byName)
	if refused != nil {
		return reply{}, refused
	}
	bodies := make([]layerBody, len(list.items))
	for i, l := range list.items {
		bodies[i] = c.layerBody(l, l.Versions[len(l.Versions)-1])
	}
	return reply{body: struct {
		Layers    []layerBody `json:"layers"`
		NextToken *string     `json:"nextToken"`
	}{bodies, list.next}}, nil
}
