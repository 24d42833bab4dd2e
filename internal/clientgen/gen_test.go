package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/apifacts"
)

const factsDir = "../../api/sae"

func TestGeneratedFilesAreFresh(t *testing.T) {
	t.Parallel()
	for client, facts := range map[string]string{
		"saeclient": factsDir, "fcclient": "../../api/fc", "servicestageclient": "../../api/servicestage",
		"servicestageclient/v2": "../../api/servicestage/v2", "servicestageclient/git": "../../api/servicestage/git",
		"servicestageclient/cse": "../../api/servicestage/cse", "servicestageclient/servicecomb": "../../api/servicestage/servicecomb",
		"servicestageclient/build": "../../api/servicestage/build",
	} {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			want, err := generateFrom(facts)
			require.NoError(t, err)
			found, err := filepath.Glob(filepath.Join("../..", client, "zz_*.gen.go"))
			require.NoError(t, err)
			var names []string
			for _, path := range found {
				names = append(names, filepath.Base(path))
			}
			require.ElementsMatch(t, slices.Collect(maps.Keys(want)), names, "run: go generate ./%s", client)
			for _, path := range found {
				have, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, string(want[filepath.Base(path)]), string(have), "%s is stale; run: go generate ./%s", path, client)
			}
		})
	}
}

func TestGen_RunReplacesGeneratedFilesOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stale, kept := filepath.Join(dir, "zz_gone.gen.go"), filepath.Join(dir, "client.go")
	for _, path := range []string{stale, kept} {
		require.NoError(t, os.WriteFile(path, []byte("package saeclient\n"), 0o600))
	}
	var stderr strings.Builder
	require.NoError(t, run([]string{"-facts", factsDir, "-out", dir}, &stderr))
	require.NoFileExists(t, stale)
	require.FileExists(t, kept)
	require.FileExists(t, filepath.Join(dir, "zz_lifecycle.gen.go"))
	require.Error(t, run([]string{"-facts", dir, "-out", dir}, &stderr))
	require.FileExists(t, filepath.Join(dir, "zz_lifecycle.gen.go"), "a failed run changes nothing")
	require.Error(t, run([]string{"-unknown"}, &stderr))
}

func TestGen_GoNames(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string]string{
		"AppId": "AppID", "VSwitchId": "VSwitchID", "VpcId": "VPCID", "PackageUrl": "PackageURL", "AppIds": "AppIDs",
		"InstanceIds": "InstanceIDs", "bucketName": "BucketName", "Cpu": "CPU", "EipId": "EipID", "Group2Ip": "Group2IP",
		"HTTPSPort": "HTTPSPort", "TraceId": "TraceID", "SlbIps": "SlbIPs", "Identity": "Identity", "id": "ID",
		"job_id": "JobID", "vpc_ids": "VPCIDs", "post-start": "PostStart",
	} {
		require.Equal(t, want, goName(wire), wire)
	}
}

func TestGen_TimesAreRecognised(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		node apifacts.Field
		want timeForm
	}{
		"by the note, seconds":       {apifacts.Field{Name: "StartTime", Value: apifacts.Value{Type: "long", Note: "Epoch seconds."}}, epochSeconds},
		"by the note, milliseconds":  {apifacts.Field{Name: "CreateTime", Value: apifacts.Value{Type: "string", Note: "Epoch milliseconds as string."}}, epochMillis},
		"by the note, local":         {apifacts.Field{Name: "CreateTime", Value: apifacts.Value{Type: "string", Note: "Local 'yyyy-MM-dd HH:mm:ss'."}}, localText},
		"by the note, RFC 3339":      {apifacts.Field{Name: "LastScaleTime", Value: apifacts.Value{Type: "string", Note: "RFC 3339 UTC time."}}, rfc3339},
		"by the name, milliseconds":  {apifacts.Field{Name: "CreateTimeStamp", Value: apifacts.Value{Type: "long"}}, epochMillis},
		"by the name, RFC 3339":      {apifacts.Field{Name: "LastTimestamp", Value: apifacts.Value{Type: "string"}}, rfc3339},
		"a duration":                 {apifacts.Field{Name: "BatchWaitTime", Value: apifacts.Value{Type: "integer", Note: "Minutes."}}, notTime},
		"a text that is not a time":  {apifacts.Field{Name: "Timezone", Value: apifacts.Value{Type: "string"}}, notTime},
		"an object of the same name": {apifacts.Field{Name: "Timer", Value: apifacts.Value{Type: "object"}}, notTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, testConfig(t).timeFormOf(tt.node))
		})
	}
}

func testConfig(t *testing.T) *config {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(factsDir, "client.json"))
	require.NoError(t, err)
	c, err := parseConfig(text)
	require.NoError(t, err)
	return c
}

// plainConfig makes no types from shapes, for facts that have none.
func plainConfig(t *testing.T) *config {
	t.Helper()
	c := testConfig(t)
	c.Generated = nil
	return c
}

func TestGen_AnotherClientNeedsOnlyAConfiguration(t *testing.T) {
	t.Parallel()
	f, err := parseFacts([]byte(`{"operations":[{"name":"GetFunction","chapter":"2","group":"functions","method":"GET","path":"/f","summary":"Reads a function.",
		"params":[{"name":"tags","in":"query","type":"json","jsonShape":{"type":"array","items":{"type":"string"}}}],"response":{"A":{"type":"long"}}},
		{"name":"ListFunctions","chapter":"3","group":"functions","method":"GET","path":"/f","summary":"Lists functions.","createsChangeOrder":true,
		"params":[{"name":"page","in":"query","type":"integer"},{"name":"limit","in":"query","type":"integer"}],
		"response":{"result":{"type":"object","fields":{"limit":{"type":"integer"},"count":{"type":"integer"},"functions":{"type":"array","items":{"type":"object","fields":{"name":{"type":"string"}}}}}}}}]}`),
		[]byte(`[{"code":"X","class":"invalid","retry":"never"}]`))
	require.NoError(t, err)
	c, err := parseConfig([]byte(`{"package":"otherclient","product":"Other","reference":"Other reference","source":"api/other","lists":{"tags":"string"},
		"starts":{"name":"task","advice":"wait for it."},"paging":{"number":["page"],"size":"limit","data":"result","total":"count"}}`))
	require.NoError(t, err)
	files, err := generate(f, c)
	require.NoError(t, err)
	require.NotContains(t, files, "zz_platform.gen.go")
	pages := string(files["zz_pages.gen.go"])
	require.Contains(t, pages, "ask.Page, ask.Limit = &number, &size")
	require.Contains(t, pages, "{Items: out.Result.Functions, Total: out.Result.Count}, nil")
	require.Contains(t, string(files["zz_functions.gen.go"]), "The call starts a task and returns at once; wait for it.")
	require.Contains(t, string(files["zz_functions.gen.go"]), `Starts:  "task",`)
	for name, text := range files {
		require.Contains(t, string(text), "internal/clientgen from api/other", name)
		require.Contains(t, string(text), "\npackage otherclient\n", name)
		require.NotContains(t, string(text), "SAE", name)
	}
	_, err = parseConfig([]byte(`{}`))
	require.Error(t, err)
}

func TestGen_FactsThatTheGeneratorDoesNotUnderstandAreErrors(t *testing.T) {
	t.Parallel()
	const code = `[{"code":"X","class":"invalid","retry":"never"}]`
	operation := func(param, response string) string {
		return `{"changeOrderStatus":[{"code":2,"word":"SUCCESS","terminal":true}],"operations":[{"name":"Op","group":"g","method":"GET","summary":"S.","params":[` + param + `],"response":{` + response + `}}]}`
	}
	for name, tt := range map[string]struct{ operations, codes string }{
		"no operations":          {`{}`, code},
		"no JSON":                {`{`, code},
		"no codes":               {operation("", ""), `[]`},
		"unknown parameter type": {operation(`{"name":"P","in":"query","type":"date"}`, ""), code},
		"unknown position":       {operation(`{"name":"P","in":"cookie","type":"string"}`, ""), code},
		"unknown answer type":    {operation("", `"A":{"type":"date"}`), code},
		"nested unknown type":    {operation("", `"A":{"type":"object","fields":{"B":{"type":"array","items":{"type":"date"}}}}`), code},
		"fields in a list":       {operation("", `"A":{"type":"object","fields":[]}`), code},
		"JSON without a Go type": {operation(`{"name":"P","in":"query","type":"json"}`, ""), code},
		"unknown JSON type":      {operation(`{"name":"Tags","in":"query","type":"json","jsonShape":{"type":"tuple"}}`, ""), code},
		"members in a list":      {operation(`{"name":"Tags","in":"query","type":"json","jsonShape":{"type":"object","keys":[]}}`, ""), code},
		"two shapes of one name": {operation(`{"name":"Tags","in":"query","type":"json","jsonShape":{"type":"array"}},{"name":"Tags","in":"form","type":"json","jsonShape":{"type":"object"}}`, ""), code},
		"unknown class":          {operation("", ""), `[{"code":"X","class":"odd","retry":"never"}]`},
		"unknown advice":         {operation("", ""), `[{"code":"X","class":"invalid","retry":"odd"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := parseFacts([]byte(tt.operations), []byte(tt.codes))
			if err == nil {
				_, err = generate(f, plainConfig(t))
			}
			require.Error(t, err)
		})
	}
	f, err := parseFacts([]byte(operation(`{"name":"P","in":"query","type":"string"}`, `"A":{"type":"long"}`)), []byte(code))
	require.NoError(t, err)
	_, err = generate(f, plainConfig(t))
	require.NoError(t, err, "the cases above differ from this one by their fault alone")
}

func TestGen_StructsOfTheFacts(t *testing.T) {
	t.Parallel()
	parse := func(text string) (*facts, error) {
		return parseFacts([]byte(text), []byte(`[{"code":"A","class":"invalid","retry":"never"}]`))
	}
	const operations = `"operations":[{"name":"PutToy","group":"toy","method":"PUT","path":"/toys/{name}{.part}","summary":"Put a toy.","responseBody":"Toy",
		"responseHeaders":{"ETag":{"type":"string"},"X-Toy-Request-Id":{"type":"string"}},"params":[
		{"name":"name","in":"path","type":"string","required":true},{"name":"part","in":"path","type":"string"},
		{"name":"If-Match","in":"header","type":"string","extra":true},
		{"name":"wheels","in":"body","type":"value","jsonShape":{"type":"array","items":{"type":"Wheel"}}}]}]`
	f, err := parse(`{"structs":{
		"Toy":{"type":"object","keys":{"madeTime":{"type":"timestamp"},"wheels":{"type":"array","items":{"type":"Wheel"}},"main":{"type":"Wheel"},"seen":{"type":"epoch-millis"}}},
		"Wheel":{"type":"object","keys":{"size":{"type":"integer"},"name":{"type":"string"},"key":{"type":"string","sensitive":true}}}},` + operations + `}`)
	require.NoError(t, err)
	files, err := generate(f, &config{Package: "toyclient", Reference: "toys", HeaderPrefix: "X-Toy-"})
	require.NoError(t, err)
	structs, toy := string(files["zz_structs.gen.go"]), string(files["zz_toy.gen.go"])
	for _, line := range []string{
		"MadeTime time.Time `json:\"madeTime,omitzero\"`", "Wheels   []Wheel   `json:\"wheels\"`", "Main     *Wheel    `json:\"main\"`",
		"Seen time.Time `json:\"seen,omitzero\" wire:\"millis\"`",
		"Size *int            `json:\"size,omitzero\"`", "Name string          `json:\"name,omitempty\"`", "Key  cloudapi.Secret `json:\"key,omitempty\"`",
	} {
		require.Contains(t, structs, line)
	}
	for _, line := range []string{
		"IfMatch *string", "Wheels []Wheel `json:\"wheels,omitempty\"`", "Toy       `wire:\"body\"`",
		"ETag      string `json:\"ETag,omitempty\" header:\"ETag\"`", "RequestID string", `Path: "/toys/{name}{.part}"`, "Sensitive: true",
	} {
		require.Contains(t, toy, line)
	}

	_, err = parse(`{"structs":{"A":{"type":"object","goType":"Toy","keys":{"x":{"type":"string"}}}},` + operations + `}`)
	require.ErrorContains(t, err, "no struct Toy")
	_, err = parse(`{"structs":{"Toy":{"type":"object","keys":{}},"A":{"type":"object","goType":"Toy","keys":{"x":{"type":"string"}}}},` + operations + `}`)
	require.ErrorContains(t, err, "struct A has x, which Toy lacks")
	_, err = parse(`{"structs":{"A":{"type":"object","keys":{"b":{"type":"B"}}},"B":{"type":"object","keys":{"a":{"type":"array","items":{"type":"A"}}}}},` + operations + `}`)
	require.ErrorContains(t, err, "holds itself")
}

// Two operations take the same thing by different rules, a form with a file, and pages that begin behind a number of items.
func TestGen_WhatVariesBetweenOperations(t *testing.T) {
	t.Parallel()
	f, err := parseFacts([]byte(`{"structs":{
		"Label":{"type":"object","keys":{"key":{"type":"string","required":true},"value":{"type":"string","sentEmpty":true},"size":{"type":"integer","required":true,"also":"length"}}},
		"Label_strict":{"type":"object","goType":"Label","keys":{"key":{"type":"string","required":true,"pattern":"^a$"}}},
		"Thing":{"type":"object","sent":true,"keys":{"weight":{"type":"number"}}}},
		"operations":[
		{"name":"Tag","group":"g","method":"PATCH","path":"/tag","summary":"Tags.","mutates":true,"params":[{"name":"labels","in":"body","type":"value","jsonShape":{"type":"array","items":{"type":"Label"},"maxItems":2}}],
			"response":{"label":{"type":"Label"},"rest":{"type":"map","additional":{"type":"any"}}}},
		{"name":"TagStrictly","group":"g","method":"POST","path":"/tags","summary":"Tags.","params":[{"name":"labels","in":"body","type":"value","jsonShape":{"type":"array","items":{"type":"Label_strict"}}}],"responseBody":"Thing"},
		{"name":"Upload","group":"g","method":"POST","path":"/file","summary":"Uploads.","params":[{"name":"upload_file","in":"multipart","type":"bytes","required":true},{"name":"policy","in":"multipart","type":"string"}]},
		{"name":"ListThings","group":"g","method":"GET","path":"/things","summary":"Lists.","params":[{"name":"offset","in":"query","type":"integer"},{"name":"limit","in":"query","type":"integer"}],
			"response":{"count":{"type":"integer"},"things":{"type":"array","items":{"type":"Thing"}}}}]}`), nil)
	require.NoError(t, err)
	files, err := generate(f, &config{Package: "thingclient", Reference: "things", Paging: paging{Offset: "offset", Size: "limit", Totals: []string{"count"}}})
	require.NoError(t, err)
	require.NotContains(t, files, "zz_errors.gen.go", "the codes are those of another package")
	structs, group, pages, shapes := string(files["zz_structs.gen.go"]), string(files["zz_g.gen.go"]), string(files["zz_pages.gen.go"]), string(files["zz_shapes.gen.go"])
	for _, line := range []string{"Key   string `json:\"key\"`", "Value string `json:\"value\"`", "`json:\"size\" also:\"length\"`", "Weight *float64 `json:\"weight,omitzero\"`"} {
		require.Contains(t, structs, line)
	}
	require.NotContains(t, structs, "Label_strict")
	for _, line := range []string{
		`shapeOf("labels")`, `shapeOf("TagStrictly.labels")`, "http.MethodPatch", "clientrt.RequiredBytes(r, cloudapi.InMultipart, \"upload_file\", in.UploadFile)",
		"Kind: cloudapi.KindFile, Required: true, Sensitive: true", "Label *Label", "map[string]any",
	} {
		require.Contains(t, group, line)
	}
	require.Contains(t, shapes, `Required: true, Pattern: "^a$"`)
	require.Contains(t, shapes, "MaxItems: 2")
	require.Contains(t, pages, "clientrt.OffsetPages(clientrt.ValueOf(start.Offset), clientrt.ValueOf(start.Limit)")
	require.Contains(t, pages, "{Items: out.Things, Total: out.Count}, nil")
}
