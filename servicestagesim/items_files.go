package servicestagesim

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"slipway/internal/simframe"
)

// What happens to an item of a file that is there already.
const (
	overrideForce = "force"
	overrideSkip  = "skip"
	overrideAbort = "abort"
)

// importFailure is an item of a file that was not imported.
type importFailure struct {
	Key          string            `json:"key"`
	Labels       map[string]string `json:"labels"`
	ErrorCode    string            `json:"error_code"`
	ErrorMessage string            `json:"error_message"`
}

// importItems serves importCseConfigs.
func importItems(c *call) (reply, *apiError) {
	if refused := c.headerEngine(); refused != nil {
		return reply{}, refused
	}
	override := c.query.Get("override")
	k := c.checker()
	k.check(override == overrideForce || override == overrideSkip || override == overrideAbort,
		"the parameter override must be force, skip or abort, is %q", simframe.Shorten(override))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	filter, refused := c.labelFilter()
	if refused != nil {
		return reply{}, refused
	}
	items, refused := c.itemFile()
	if refused != nil {
		return reply{}, refused
	}
	success, failure := []*item{}, []importFailure{}
	aborted := false
	for _, in := range items {
		if len(filter.labels) > 0 {
			in.Labels = maps.Clone(filter.labels)
		}
		i, refused := c.importItem(in, override, aborted)
		if refused == nil {
			success = append(success, i)
			continue
		}
		aborted = aborted || override == overrideAbort
		failed := importFailure{Labels: in.Labels, ErrorCode: refused.Code, ErrorMessage: refused.Message}
		if in.Key != nil {
			failed.Key = *in.Key
		}
		failure = append(failure, failed)
	}
	return reply{body: struct {
		Success []*item         `json:"success"`
		Failure []importFailure `json:"failure"`
	}{success, failure}}, nil
}

// importItem imports one item of a file, unless an earlier one ended the import.
func (c *call) importItem(in itemInput, override string, aborted bool) (*item, *apiError) {
	if aborted {
		return nil, refusef(codeItemExists, "an earlier item of the file ended the import")
	}
	if in.Key == nil || in.Value == nil {
		return nil, refusef(codeItemNull, "key and value must be texts")
	}
	k := c.checker()
	in.check(k)
	if refused := k.refusal(); refused != nil {
		return nil, refused
	}
	if refused := in.tooLong(); refused != nil {
		return nil, refused
	}
	there := c.st.Items.same(*in.Key, in.Labels)
	switch {
	case there == nil:
		return c.st.Items.create(c.st.Draw("kv"), in, c.now), nil
	case override == overrideForce:
		c.st.Items.update(there, in, c.now)
		return there, nil
	default:
		return nil, refusef(codeItemExists, "key %q with these labels", simframe.Shorten(*in.Key))
	}
}

// itemFile reads the items of the file that a request uploads.
func (c *call) itemFile() ([]itemInput, *apiError) {
	content, refused := c.upload("upload_file")
	if refused != nil {
		return nil, refused
	}
	var file struct {
		Data []itemInput `json:"data"`
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, refusef(codeItemFileEmpty, "the file is empty")
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, refusef(codeItemFileInvalid, "the file must be JSON with a list data: %v", err)
	}
	if len(file.Data) == 0 {
		return nil, refusef(codeItemFileEmpty, "the file has no items in data")
	}
	return file.Data, nil
}

// upload reads a file of a multipart body.
func (c *call) upload(name string) ([]byte, *apiError) {
	kind, params, err := mime.ParseMediaType(c.header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, refusef(codeItemFileInvalid, "the body must be multipart/form-data with the file %s", name)
	}
	reader := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := reader.NextPart()
		if err != nil {
			return nil, refusef(codeItemFileEmpty, "the body has no file %s", name)
		}
		if part.FormName() != name {
			continue
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, refusef(codeItemFileInvalid, "the file %s is cut off", name)
		}
		return content, nil
	}
}

// exportItems serves exportCseConfigs.
func exportItems(c *call) (reply, *apiError) {
	if refused := c.headerEngine(); refused != nil {
		return reply{}, refused
	}
	filter, refused := c.labelFilter()
	if refused != nil {
		return reply{}, refused
	}
	var in struct {
		IDs *[]string `json:"ids"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	k := c.checker()
	k.check(in.IDs != nil, "ids must be given; an empty list exports everything")
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	wanted := map[string]bool{}
	for _, id := range *in.IDs {
		if c.st.Items.Items[id] == nil {
			return reply{}, refusef(codeItemNotFound, "there is no configuration item %q", simframe.Shorten(id))
		}
		wanted[id] = true
	}
	type exported struct {
		ID        string            `json:"id"`
		Key       string            `json:"key"`
		Value     string            `json:"value"`
		Labels    map[string]string `json:"labels"`
		Status    string            `json:"status"`
		ValueType string            `json:"value_type"`
	}
	data := []exported{}
	for _, i := range c.st.Items.sorted() {
		if (len(wanted) == 0 || wanted[i.ID]) && filter.matches(i.Labels) {
			data = append(data, exported{i.ID, i.Key, i.Value, i.Labels, i.Status, i.ValueType})
		}
	}
	type metadata struct {
		Version string `json:"version"`
	}
	return reply{body: struct {
		Metadata metadata   `json:"metadata"`
		Data     []exported `json:"data"`
	}{metadata{"2.0.0"}, data}}, nil
}

// getConfigurationItems serves the configuration center of engines 1.x, in which the items of a service are those that
// have its names as labels: app and service, and version where the dimension has one, and environment with the header.
func getConfigurationItems(c *call) (reply, *apiError) {
	dimension := c.query.Get("dimensionsInfo")
	filter, err := regexp.Compile(c.query.Get("keyFilter"))
	service, rest, hasApp := strings.Cut(dimension, "@")
	app, version, versioned := strings.Cut(rest, "#")
	k := c.checker()
	k.check(hasApp && service != "" && app != "" && (!versioned || version != "") && !strings.ContainsAny(dimension, "$%^&+/\\ "),
		"dimensionsInfo must be service@app or service@app#version, is %q", simframe.Shorten(dimension))
	k.check(err == nil, "keyFilter must be a regular expression, is %q", simframe.Shorten(c.query.Get("keyFilter")))
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	revision := strconv.Itoa(c.st.Items.Revision)
	if given := c.query.Get("revision"); given == revision && given != "0" {
		return reply{status: http.StatusNotModified}, nil
	}
	labels := map[string]string{"app": app, "service": service}
	switch environment := c.header.Get("X-Environment"); environment {
	case "development", "testing", "acceptance", "production":
		labels["environment"] = environment
	}
	body := map[string]any{
		"revision":          map[string]string{"version": revision},
		service + "@" + app: c.st.Items.values(labels, filter),
	}
	if versioned {
		labels["version"] = version
		body[dimension] = c.st.Items.values(labels, filter)
	}
	return reply{body: body}, nil
}

// values are the values of the enabled items with exactly some labels, by those keys that fit.
func (s *itemState) values(labels map[string]string, keys *regexp.Regexp) map[string]string {
	values := map[string]string{}
	for _, i := range s.Items {
		if i.Status == enabled && maps.Equal(i.Labels, labels) && keys.MatchString(i.Key) {
			values[i.Key] = i.Value
		}
	}
	return values
}
