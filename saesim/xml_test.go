package saesim

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// element is any XML element.
type element struct {
	XMLName  xml.Name
	Key      string    `xml:"key,attr"`
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

// readXML turns an answer in XML into what the same answer in JSON decodes to, by
// the documented types: XML itself knows none.
func readXML(t tester, op string, text []byte) map[string]any {
	t.Helper()
	var root element
	require.NoError(t, xml.Unmarshal(text, &root), string(text))
	fields := documentedAnswers(t)[op]
	if root.XMLName.Local == "Error" {
		fields = map[string]shape{"Success": {Type: "boolean"}}
	} else {
		require.Equal(t, op+"Response", root.XMLName.Local)
	}
	return root.object(fields)
}

func (e element) object(fields map[string]shape) map[string]any {
	object := map[string]any{}
	for name, field := range fields {
		if field.Type == "array" {
			object[name] = []any{}
		}
	}
	for _, child := range e.Children {
		name := child.XMLName.Local
		field, known := fields[name]
		if known && field.Type == "array" {
			object[name] = append(object[name].([]any), child.value(*field.Items))
			continue
		}
		object[name] = child.value(field)
	}
	return object
}

func (e element) value(s shape) any {
	switch s.Type {
	case "object":
		return e.object(s.Fields)
	case "map":
		object := map[string]any{}
		for _, child := range e.Children {
			name := child.XMLName.Local
			if name == "entry" && child.Key != "" {
				name = child.Key
			}
			object[name] = child.Text
		}
		return object
	case "integer", "long", "number":
		if n, err := strconv.ParseFloat(e.Text, 64); err == nil {
			return n
		}
	case "boolean":
		if b, err := strconv.ParseBool(e.Text); err == nil {
			return b
		}
	}
	return e.Text
}

func TestXML_TheFormOfAnswersIsTheOneAskedFor(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for accept, want := range map[string]string{
		"":                                 contentJSON,
		"*/*":                              contentJSON,
		"application/json":                 contentJSON,
		"application/xml":                  contentXML,
		"text/xml":                         contentXML,
		"application/json,application/xml": contentJSON,
		"text/html, application/xml;q=0.9": contentXML,
	} {
		for _, path := range []string{"/pop/v1/paas/regionConfig", "/nowhere"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
			r.Header.Set("Accept", accept)
			r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
			sign(r)
			w := httptest.NewRecorder()
			h.sim.ServeHTTP(w, r)
			require.Equal(t, want, w.Header().Get("Content-Type"), "%q %s", accept, path)
		}
	}
}

func TestXML_RefusalsInXML(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.accept = "application/xml"
	require.Equal(t, codeNamespaceNotFound, h.refused(t, "DescribeNamespace", paramNamespace, "<&>"))
	h.fault(t, Fault{Kind: FaultError, Message: "later <soon>\x00"})
	g := h.call(t, opRegions)
	require.Equal(t, http.StatusInternalServerError, g.status)
	require.Equal(t, "later <soon>\ufffd", g.body["Message"])
}

func TestXML_KeysOfConfigMapsInXML(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.accept = "application/xml"
	h.must(t, "CreateConfigMap", "Name", "m", paramNamespace, DefaultRegion, "Data", `{"env.home":"/root","a \"b\"":"<","ключ":"x"}`)
	data := h.must(t, "DescribeConfigMap", paramConfigMap, "1")["Data"]
	require.Equal(t, map[string]any{"env.home": "/root", `a "b"`: "<", "ключ": "x"}, data)
}

// TestXMLIsThatOfTheSamples turns each JSON sample into XML and compares it with the
// XML sample of the same answer.
func TestXMLIsThatOfTheSamples(t *testing.T) {
	t.Parallel()
	samples, err := filepath.Glob("testdata/xml/*.xml")
	require.NoError(t, err)
	require.Len(t, samples, 79, "each operation of the reference has one")
	for _, file := range samples {
		op := strings.TrimSuffix(filepath.Base(file), ".xml")
		text, err := os.ReadFile(filepath.Join("..", "saeclient", "testdata", "samples", op+".json"))
		require.NoError(t, err)
		made, err := toXML(op+"Response", text)
		require.NoError(t, err)
		var got, want element
		require.NoError(t, xml.Unmarshal(made, &got), op)
		sample, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, xml.Unmarshal(sample, &want), op)
		require.Equal(t, want.trim(), got.trim(), op)
	}
}

// trim takes away what layout puts between elements.
func (e element) trim() element {
	if len(e.Children) > 0 {
		e.Text = ""
	}
	for i := range e.Children {
		e.Children[i] = e.Children[i].trim()
	}
	return e
}
