package apitest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"slipway/api/schema"
)

// descriptionURL is under what the description is known to its validator.
const descriptionURL = "urn:slipway:openapi"

// response is an answer as the description has it, or refers to it.
type response struct {
	Ref     string `json:"$ref"`
	Content map[string]struct {
		Schema struct {
			Ref string `json:"$ref"`
		}
	}
}

// description is what the API says of itself.
type description struct {
	Paths      map[string]map[string]struct{ Responses map[string]response }
	Components struct{ Responses map[string]response }
	validator  *jsonschema.Compiler
}

// describe reads the description, as anybody may.
func (h *house) describe() description {
	h.t.Helper()
	resp, err := http.Get(h.url + "openapi.json") //nolint:noctx // of the test's own server
	require.NoError(h.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(h.t, http.StatusOK, resp.StatusCode)
	var text bytes.Buffer
	_, err = text.ReadFrom(resp.Body)
	require.NoError(h.t, err)
	d := description{validator: jsonschema.NewCompiler()}
	require.NoError(h.t, json.Unmarshal(text.Bytes(), &d))
	add := func(url string, data []byte) {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(h.t, err)
		require.NoError(h.t, d.validator.AddResource(url, doc))
	}
	d.validator.AssertFormat()
	add(descriptionURL, text.Bytes())
	for _, name := range []string{schema.Event, schema.SetEvent, schema.Request, schema.SetRequest, schema.Command, schema.Application, schema.Policy} {
		data, err := schema.Files.ReadFile(name)
		require.NoError(h.t, err)
		var of struct {
			ID string `json:"$id"`
		}
		require.NoError(h.t, json.Unmarshal(data, &of))
		add(of.ID, data)
	}
	return d
}

// responseOf is the answer that is described of a request with a status; nil where no such path or method is.
func (d description) responseOf(tb testing.TB, method, path string, status int) *response {
	tb.Helper()
	path, _, _ = strings.Cut("/"+path, "?")
	for template, methods := range d.Paths {
		pattern := regexp.MustCompile("^" + regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(template), `[^/]+`) + "$")
		operation, known := methods[strings.ToLower(method)]
		if !known || !pattern.MatchString(path) {
			continue
		}
		r, known := operation.Responses[strconv.Itoa(status)]
		require.True(tb, known, "%s %s answers %d, which is not described", method, template, status)
		if name, is := strings.CutPrefix(r.Ref, "#/components/responses/"); is {
			r = d.Components.Responses[name]
		}
		return &r
	}
	return nil
}

// check holds an answer against the description.
func (h *house) check(method, path string, a answer) {
	h.t.Helper()
	h.describing.Lock()
	defer h.describing.Unlock()
	if h.described == nil {
		d := h.describe()
		h.described = &d
	}
	r := h.described.responseOf(h.t, method, path, a.status)
	if r == nil || a.body == "" {
		return
	}
	content, known := r.Content[a.header.Get("Content-Type")]
	require.True(h.t, known, "%s %s answers %s", method, path, a.header.Get("Content-Type"))
	if content.Schema.Ref == "" {
		return
	}
	compiled, err := h.described.validator.Compile(descriptionURL + content.Schema.Ref)
	require.NoError(h.t, err)
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	require.NoError(h.t, err)
	require.NoError(h.t, compiled.Validate(doc), a.body)
}
