package saesim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxTags        = 20 // per resource (SAE API reference ch. 17)
	maxTagged      = 50 // resources in a call
	maxTagLength   = 128
	tagPage        = 50
	paramTags      = "Tags"
	paramTagKeys   = "TagKeys"
	paramResources = "ResourceIds"
)

// tagPair is a tag as it is sent.
type tagPair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// validTagText reports whether a text may be the key or value of a tag (SAE API
// reference ch. 17.1).
func validTagText(text string) bool {
	return text != "" && utf8.RuneCountInString(text) <= maxTagLength &&
		!strings.HasPrefix(text, "aliyun") && !strings.HasPrefix(text, "acs:") &&
		!strings.Contains(text, "http://") && !strings.Contains(text, "https://")
}

// checkTagCall checks what the three tag operations share. RegionId and ResourceType
// may be absent in TagResources.
func (c *call) checkTagCall() *apiError {
	c.applies("ResourceType") // applications are the only resources
	if region := c.arg("RegionId"); region != "" && region != c.region {
		return refuse(codeRegionUnsupported, region)
	}
	return nil
}

// tagged returns the applications that ResourceIds names, in that order.
func (c *call) tagged() ([]*application, *apiError) {
	var ids []string
	if json.Unmarshal([]byte(c.arg(paramResources)), &ids) != nil || len(ids) == 0 {
		return nil, refuse(codeObviously, paramResources)
	}
	if len(ids) > maxTagged {
		return nil, refuse(codeTooManyResources)
	}
	var apps []*application
	for _, id := range ids {
		app := c.st.workload(id)
		if app == nil {
			return nil, refuse(codeObviously, paramResources)
		}
		if !slices.Contains(apps, app) {
			apps = append(apps, app)
		}
	}
	return apps, nil
}

// tags reads the Tags parameter; values may be empty in a filter alone.
func (c *call) tags(filter bool) ([]tagPair, *apiError) {
	var tags []tagPair
	if text := c.arg(paramTags); text != "" && json.Unmarshal([]byte(text), &tags) != nil {
		return nil, refuse(codeObviously, paramTags)
	}
	keys := map[string]bool{}
	for _, tag := range tags {
		switch {
		case tag.Key == "":
			return nil, refuse(codeTagKeyMissing)
		case !validTagText(tag.Key):
			return nil, refuse(codeTagKey)
		case !validTagText(tag.Value) && (!filter || tag.Value != ""):
			return nil, refuse(codeTagValue)
		case keys[tag.Key]:
			return nil, refuse(codeTagKeyTwice)
		}
		keys[tag.Key] = true
	}
	if len(tags) > maxTags {
		return nil, refuse(codeTooManyTags)
	}
	return tags, nil
}

// tagResources serves TagResources (SAE API reference ch. 17.1). It needs both Tags
// and ResourceIds, although the table calls each required when the other is absent
// (reading).
func tagResources(c *call) (any, *apiError) {
	if refused := c.checkTagCall(); refused != nil {
		return nil, refused
	}
	tags, refused := c.tags(false)
	if refused != nil {
		return nil, refused
	}
	if len(tags) == 0 {
		return nil, refuse(codeTagKeyMissing)
	}
	apps, refused := c.tagged()
	if refused != nil {
		return nil, refused
	}
	for _, app := range apps {
		added := 0
		for _, tag := range tags {
			if _, there := app.Tags[tag.Key]; !there {
				added++
			}
		}
		if len(app.Tags)+added > maxTags {
			return nil, refuse(codeTooManyTags)
		}
	}
	for _, app := range apps {
		if app.Tags == nil {
			app.Tags = map[string]string{}
		}
		for _, tag := range tags {
			app.Tags[tag.Key] = tag.Value
		}
	}
	return true, nil
}

// untagResources serves UntagResources (SAE API reference ch. 17.2). DeleteAll takes
// all tags away, whatever keys are sent (reading).
func untagResources(c *call) (any, *apiError) {
	if refused := c.checkTagCall(); refused != nil {
		return nil, refused
	}
	apps, refused := c.tagged()
	if refused != nil {
		return nil, refused
	}
	if c.boolean("DeleteAll", false) {
		c.applies(paramTagKeys)
		for _, app := range apps {
			app.Tags = nil
		}
		return true, nil
	}
	keys, refused := c.tagKeys()
	if refused != nil {
		return nil, refused
	}
	for _, app := range apps {
		for _, key := range keys {
			delete(app.Tags, key)
		}
	}
	return true, nil
}

func (c *call) tagKeys() ([]string, *apiError) {
	var keys []string
	if json.Unmarshal([]byte(c.arg(paramTagKeys)), &keys) != nil || len(keys) == 0 {
		return nil, refuse(codeObviously, paramTagKeys)
	}
	if len(keys) > maxTags {
		return nil, refuse(codeTooManyTags)
	}
	for i, key := range keys {
		switch {
		case !validTagText(key):
			return nil, refuse(codeTagKey)
		case slices.Contains(keys[:i], key):
			return nil, refuse(codeTagKeyTwice)
		}
	}
	return keys, nil
}

type tagResourceData struct {
	ResourceType string
	TagValue     string
	ResourceID   string `json:"ResourceId"`
	TagKey       string
}

type tagResourcesData struct {
	NextToken    string
	TagResources []tagResourceData
}

// listTagResources serves ListTagResources (SAE API reference ch. 17.3): all tags of
// the resources that are named and carry every tag of the filter. The token of the
// next page is empty on the last one (reading).
func listTagResources(c *call) (any, *apiError) {
	if refused := c.checkTagCall(); refused != nil {
		return nil, refused
	}
	filter, refused := c.tags(true)
	if refused != nil {
		return nil, refused
	}
	apps := c.st.workloads()
	if c.arg(paramResources) != "" {
		apps, refused = c.tagged()
	} else if len(filter) == 0 {
		refused = refuse(codeObviously, paramResources)
	}
	if refused != nil {
		return nil, refused
	}
	all := []tagResourceData{}
	for _, app := range apps {
		if !app.carries(filter) {
			continue
		}
		for _, key := range sortedKeys(app.Tags) {
			all = append(all, tagResourceData{
				ResourceType: "ALIYUN::SAE::APPLICATION", TagKey: key, TagValue: app.Tags[key], ResourceID: app.ID,
			})
		}
	}
	number := 1
	if token := c.arg("NextToken"); token != "" {
		n, err := strconv.ParseUint(token, 36, 31)
		if err != nil || n < 2 {
			return nil, refuse(codeObviously, "NextToken")
		}
		number = int(n)
	}
	data := tagResourcesData{TagResources: cut(all, page{Number: number, Size: tagPage})}
	if len(all) > number*tagPage {
		data.NextToken = strconv.FormatInt(int64(number)+1, 36)
	}
	return data, nil
}

// carries reports whether an application has every tag of a filter; an empty value
// means any.
func (a *application) carries(filter []tagPair) bool {
	for _, tag := range filter {
		value, there := a.Tags[tag.Key]
		if !there || tag.Value != "" && tag.Value != value {
			return false
		}
	}
	return true
}

// tagData is a tag in lists of applications.
type tagData struct {
	Key   string
	Value string
}

func (a *application) showTags() []tagData {
	tags := []tagData{}
	for _, key := range sortedKeys(a.Tags) {
		tags = append(tags, tagData{Key: key, Value: a.Tags[key]})
	}
	return tags
}
