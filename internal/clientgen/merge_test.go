package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reference is a small set of facts, of one operation.
const reference = `{"operations":[{"name":"Op","chapter":"1","group":"g","method":"GET","path":"/op","summary":"Reads.",
	"params":[{"name":"Id","in":"query","type":"string","required":true,"enum":["a"]},{"name":"Rule","in":"query","type":"json","jsonShape":{"type":"object","keys":{"old":{"type":"string"}}}}],
	"response":{"Data":{"type":"object","fields":{"List":{"type":"array","items":{"type":"object","fields":{"A":{"type":"string"}}}},"Free":{"type":"map","additional":{"type":"object","fields":{}}},"Guess":{"type":"string","since":"a guess"}}}}}]}`

// newer generates from the reference and what is newer.
func newer(t *testing.T, text string) (map[string][]byte, error) {
	t.Helper()
	f, err := parseFacts([]byte(reference), []byte(`[{"code":"X","class":"invalid","retry":"never"}]`))
	require.NoError(t, err)
	n, err := parseNewer([]byte(text))
	if err != nil {
		return nil, err
	}
	if err := f.merge(n); err != nil {
		return nil, err
	}
	c, err := parseConfig([]byte(`{"package":"otherclient","reference":"Other reference","source":"api/other",
		"generated":{"Rule":"Rule","Body":"Body","Weights":"Weights","Parts":"Part","Labels":"Labels"}}`))
	require.NoError(t, err)
	return generate(f, c)
}

// another is a newer operation whose parameters travel in the path and as JSON.
const another = `{"name":"New","group":"g","method":"POST","path":"/new/{Id}","summary":"Makes.","since":"2025-01-02","params":[
	{"name":"Id","in":"path","type":"string","required":true},
	{"name":"Count","in":"body","type":"integer"},
	{"name":"Body","in":"body","type":"value","required":true,"jsonShape":{"type":"object","keys":{"Size":{"type":"number"},"Key":{"type":"string","sensitive":true},"Rule":{"type":"object","keys":{"new":{"type":"string"}}}}}},
	{"name":"Weights","in":"body","type":"value","jsonShape":{"type":"object","additional":{"type":"number"}}},
	{"name":"Parts","in":"body","type":"value","jsonShape":{"type":"array","items":{"type":"object","keys":{"Name":{"type":"string"}}}}},
	{"name":"Labels","in":"query","type":"json","jsonShape":{"type":"object","additional":{"type":"string"}}}],
	"response":{"Rule":{"type":"string","jsonText":"Rule"}}}`

func TestMerge_WhatIsNewerIsOneWithTheReference(t *testing.T) {
	t.Parallel()
	files, err := newer(t, `{"jsonShapes":{"Rule":{"type":"object","keys":{"new":{"type":"string"}}}},
		"additions":[{"name":"Op","params":[{"name":"Also","in":"query","type":"boolean","since":"2024-05-06"}],
			"response":[{"path":"Data.List[].B","type":"long","since":"2023-04-05"},{"path":"Data.Free{}.C","type":"string","since":"2023-04-05"},{"path":"Data.Guess","type":"integer","since":"2023-04-05"}],
			"changes":[{"param":"Id","required":false,"enum":["a","b"],"open":true,"maxLength":9,"note":"An ID."},{"response":"Data.List[].A","enum":["x"]}]}],
		"operations":[`+another+`]}`)
	require.NoError(t, err)
	text := func(name string) string { return strings.Join(strings.Fields(string(files[name])), " ") }
	group, types := text("zz_g.gen.go"), text("zz_shapetypes.gen.go")
	for _, want := range []string{
		"Also *bool `json:\"Also,omitempty\"`", "// Since 2024-05-06, not in the reference.", `Since: "2024-05-06"`,
		"ID *string `json:\"Id,omitempty\"`", "Open: true, MaxLength: 9", "There may be others.",
		"B int64 `json:\"B\"`", "Guess int `json:\"Guess\"`", `C string`,
		"(since 2025-01-02, not in the Other reference)", `Since: "2025-01-02"`,
		`clientrt.Required(r, cloudapi.InPath, "Id", in.ID)`, `clientrt.RequiredValue(r, cloudapi.InBody, "Body", in.Body)`,
		"Body *Body", "Weights Weights", "Parts cloudapi.List[Part]", "Rule *Rule `json:\"Rule,omitzero\" wire:\"text\"`",
	} {
		require.Contains(t, group, want)
	}
	for _, want := range []string{"Key cloudapi.Secret", "Size *float64", "Rule *Rule ", "type Weights map[string]float64", "type Labels map[string]string", "func (v Part) Wire() any"} {
		require.Contains(t, types, want)
	}
	require.NotContains(t, types, "BodyRule", "an equal shape has one type")
	require.NotContains(t, string(files["zz_shapes.gen.go"]), `"old"`, "a newer shape replaces that of the reference")
}

func TestMerge_FactsThatDoNotFitAreErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"no JSON":                {`{`, "newer.json"},
		"no such operation":      {`{"additions":[{"name":"Gone"}]}`, "no operation Gone"},
		"no date":                {`{"operations":[{"name":"New","group":"g","summary":"S."}]}`, "New has no date"},
		"a known parameter":      {`{"additions":[{"name":"Op","params":[{"name":"Id","in":"query","type":"string"}]}]}`, "has the parameter Id"},
		"a known member":         {`{"additions":[{"name":"Op","response":[{"path":"Data.List","type":"string"}]}]}`, "has the member Data.List"},
		"no such place":          {`{"additions":[{"name":"Op","response":[{"path":"Data.Lost.A","type":"string"}]}]}`, "no member Data.Lost"},
		"no elements":            {`{"additions":[{"name":"Op","response":[{"path":"Data[].A","type":"string"}]}]}`, "no elements at Data[]"},
		"a change of no param":   {`{"additions":[{"name":"Op","changes":[{"param":"Lost"}]}]}`, "no parameter Lost"},
		"a change of no member":  {`{"additions":[{"name":"Op","changes":[{"response":"Lost"}]}]}`, "no member Lost"},
		"no such shape":          {`{"additions":[{"name":"Op","params":[{"name":"P","in":"query","type":"json","shape":"Lost"}]}]}`, "no shape Lost"},
		"no type for a shape":    {`{"operations":[{"name":"New","group":"g","summary":"S.","since":"2025-01-02","params":[{"name":"Mine","in":"body","type":"value","jsonShape":{"type":"object"}}]}]}`, "no Go type for the JSON parameter Mine"},
		"a type without a shape": {`{}`, "no parameter Body has a shape"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newer(t, tt.text)
			require.ErrorContains(t, err, tt.want)
		})
	}
}
