package servicestagesim

import (
	"bytes"
	"mime/multipart"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestItems_Stories(t *testing.T) {
	t.Parallel()
	tellAll(t, map[string][]step{
		"an item is made, changed, read and deleted": {
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"k","value":"v","labels":{"app":"shop"},"value_type":"text"}`, has: `{
				"key":"k","value":"v","labels":{"app":"shop"},"value_type":"text","status":"enabled","create_revision":1,"update_revision":1,
				"create_time":1793606400,"update_time":1793606400}`, keep: map[string]string{"id": "id"}},
			{line: "PUT /v1/{project}/kie/kv/{id}", body: `{"value":"w","status":"disabled"}`, has: `{"value":"w","status":"disabled","create_revision":1,"update_revision":2}`},
			{line: "GET /v1/{project}/kie/kv/{id}", has: `{"id":"{id}","value":"w"}`},
			{line: "DELETE /v1/{project}/kie/kv/{id}"},
			{line: "GET /v1/{project}/kie/kv/{id}", status: 404, code: codeItemNotFound},
		},
		"labels select items, exactly or among others": {
			{line: "POST /v1/default/kie/kv", body: `{"key":"a","value":"1","labels":{"app":"shop"}}`},
			{line: "POST /v1/default/kie/kv", body: `{"key":"a","value":"2","labels":{"app":"shop","env":"test"}}`},
			{line: "POST /v1/default/kie/kv", body: `{"key":"a","value":"3"}`},
			{line: "GET /v1/{project}/kie/kv", has: `{"total":3,"data":[{"value":"1"},{"value":"2"},{"value":"3"}]}`},
			{line: "GET /v1/{project}/kie/kv?label=app:shop", has: `{"total":2,"data":[{"value":"1"},{"value":"2"}]}`},
			{line: "GET /v1/{project}/kie/kv?label=app:shop&label=env:test", has: `{"total":1,"data":[{"value":"2"}]}`},
			{line: "GET /v1/{project}/kie/kv?label=app:shop&match=exact", has: `{"total":1,"data":[{"value":"1"}]}`},
			{line: "GET /v1/{project}/kie/kv?match=exact", has: `{"total":1,"data":[{"value":"3"}]}`},
		},
		"a revision that is current is not answered again": {
			{line: "GET /v1/{project}/kie/kv?revision=0", has: `{"total":0}`},
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"a"}`},
			{line: "GET /v1/{project}/kie/kv?revision=1", status: 304},
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"b"}`, keep: map[string]string{"b": "id"}},
			{line: "GET /v1/{project}/kie/kv?revision=1", has: `{"total":2}`},
			{line: "DELETE /v1/{project}/kie/kv", body: `{"ids":["{b}","none"]}`, status: 404, code: codeItemNotFound},
			{line: "GET /v1/{project}/kie/kv?revision=2", status: 304},
			{line: "DELETE /v1/{project}/kie/kv", body: `{"ids":["{b}"]}`, status: 204},
			{line: "GET /v1/{project}/kie/kv?revision=2", has: `{"total":1}`},
		},
		"engines 1.x read the items of a service": {
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"all","value":"1","labels":{"app":"shop","service":"cart"}}`},
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"one","value":"2","labels":{"app":"shop","service":"cart","version":"1.0.0"}}`},
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"off","value":"3","labels":{"app":"shop","service":"cart"},"status":"disabled"}`},
			{line: "POST /v1/{project}/kie/kv", body: `{"key":"prod","value":"4","labels":{"app":"shop","service":"cart","environment":"production"}}`},
			{line: "GET /v3/{project}/configuration/items?dimensionsInfo=cart%40shop%231.0.0", has: `{"cart@shop":{"all":"1"},"cart@shop#1.0.0":{"one":"2"},"revision":{"version":"4"}}`},
			{line: "GET /v3/{project}/configuration/items?dimensionsInfo=cart%40shop", headers: []string{"x-environment", "production"}, has: `{"cart@shop":{"prod":"4"}}`},
			{line: "GET /v3/{project}/configuration/items?dimensionsInfo=cart%40shop&keyFilter=%5Ea", has: `{"cart@shop":{"all":"1"}}`},
			{line: "GET /v3/{project}/configuration/items?dimensionsInfo=cart%40shop&revision=4", status: 304},
		},
	})
}

func TestItems_Refusals(t *testing.T) {
	t.Parallel()
	large := string(bytes.Repeat([]byte("x"), maxItemValue+1))
	steps := map[string]step{
		"no key":                      {line: "POST /v1/{project}/kie/kv", body: `{"value":"v"}`, status: 400, code: codeEngineInvalid, says: "key"},
		"a status that is none":       {line: "POST /v1/{project}/kie/kv", body: `{"key":"k","status":"on"}`, status: 400, code: codeEngineInvalid, says: "status"},
		"a type that is none":         {line: "POST /v1/{project}/kie/kv", body: `{"key":"k","value_type":"toml"}`, status: 400, code: codeEngineInvalid, says: "value_type"},
		"a value that is too long":    {line: "POST /v1/{project}/kie/kv", body: `{"key":"k","value":"` + large + `"}`, status: 400, code: codeItemTooLong},
		"a key twice":                 {line: "POST /v1/{project}/kie/kv", body: `{"key":"there"}`, status: 409, code: codeItemExists},
		"a change without a value":    {line: "PUT /v1/{project}/kie/kv/{id}", body: `{}`, status: 400, code: codeEngineInvalid, says: "value"},
		"a change of nothing":         {line: "PUT /v1/{project}/kie/kv/none", body: `{"value":"v"}`, status: 404, code: codeItemNotFound},
		"a label that is none":        {line: "GET /v1/{project}/kie/kv?label=app", status: 400, code: codeItemLabelInvalid},
		"a match that is none":        {line: "GET /v1/{project}/kie/kv?match=some", status: 400, code: codeItemLabelInvalid},
		"a revision that is none":     {line: "GET /v1/{project}/kie/kv?revision=new", status: 400, code: codeEngineInvalid, says: "revision"},
		"deleting nothing":            {line: "DELETE /v1/{project}/kie/kv", body: `{"ids":[]}`, status: 400, code: codeEngineInvalid, says: "ids"},
		"a dimension that is none":    {line: "GET /v3/{project}/configuration/items?dimensionsInfo=cart", status: 400, code: codeEngineInvalid, says: "dimensionsInfo"},
		"a filter that is none":       {line: "GET /v3/{project}/configuration/items?dimensionsInfo=cart%40shop&keyFilter=%5B", status: 400, code: codeEngineInvalid, says: "keyFilter"},
		"an import without an engine": {line: "POST /v1/{project}/kie/file?override=force", status: 400, code: codeEngineInvalid, says: "x-engine-id"},
		"an export of no engine":      {line: "POST /v1/{project}/kie/download", body: `{"ids":[]}`, headers: []string{"x-engine-id", "none"}, status: 400, code: codeEngineNotFound},
	}
	for name, s := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			there := step{line: "POST /v1/{project}/kie/kv", body: `{"key":"there"}`, keep: map[string]string{"id": "id"}}
			tell(t, newHarness(t), []step{there, s})
		})
	}
}

// upload is a body with a file, and the type of its content.
func upload(t *testing.T, field, content string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, "file.json")
	require.NoError(t, err)
	_, err = part.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func TestItems_FilesAreImportedAndExported(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	kept := tell(t, h, []step{{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("one"), keep: map[string]string{"engine": "id"}}})
	importing := func(query, file string) step {
		body, kind := upload(t, "upload_file", file)
		return step{line: "POST /v1/{project}/kie/file?" + query, body: body, headers: []string{"x-engine-id", kept["engine"], "Content-Type", kind}}
	}
	expect := func(s step, has string) step { s.has = has; return s }
	refused := func(s step, code string) step { s.status, s.code = 400, code; return s }
	two := `{"data":[{"key":"a","value":"1","labels":{"x":"y"}},{"key":"b","value":"2","status":"disabled"}]}`
	again := `{"data":[{"key":"a","value":"9","labels":{"x":"y"}},{"key":"c","value":"3"}]}`
	tell(t, h, []step{
		expect(importing("override=force", two), `{"success":[{"key":"a"},{"key":"b","status":"disabled"}],"failure":[]}`),
		expect(importing("override=skip", again), `{"success":[{"key":"c"}],"failure":[{"key":"a","labels":{"x":"y"},"error_code":"SVCSTG.00400107"}]}`),
		expect(importing("override=abort", `{"data":[{"key":"a","value":"9","labels":{"x":"y"}},{"key":"d","value":"4"}]}`),
			`{"success":[],"failure":[{"key":"a"},{"key":"d"}]}`),
		expect(importing("override=force", again), `{"success":[{"key":"a","value":"9"},{"key":"c"}]}`),
		expect(importing("override=force&label=env:test", `{"data":[{"key":"a","value":"5"}]}`), `{"success":[{"key":"a","labels":{"env":"test"}}]}`),
		expect(importing("override=force", `{"data":[{"key":"n","value":null}]}`), `{"success":[],"failure":[{"key":"n","error_code":"SVCSTG.00400652"}]}`),
		refused(importing("override=maybe", two), codeEngineInvalid),
		refused(importing("override=force", " "), codeItemFileEmpty),
		refused(importing("override=force", `{"data":[]}`), codeItemFileEmpty),
		refused(importing("override=force", `[`), codeItemFileInvalid),
		refused(importing("override=force&label=x", two), codeItemLabelInvalid),
		{line: "POST /v1/{project}/kie/file?override=force", body: `{}`, headers: []string{"x-engine-id", kept["engine"]}, status: 400, code: codeItemFileInvalid},
		{line: "POST /v1/{project}/kie/download", body: `{"ids":[]}`, headers: []string{"x-engine-id", kept["engine"]}, has: `{
			"metadata":{"version":"2.0.0"},"data":[{"key":"a","value":"9"},{"key":"b"},{"key":"c"},{"key":"a","value":"5"}]}`, keep: map[string]string{"first": "data.0.id"}},
		{line: "POST /v1/{project}/kie/download?label=env:test", body: `{"ids":[]}`, headers: []string{"x-engine-id", kept["engine"]}, has: `{"data":[{"value":"5"}]}`},
		{line: "POST /v1/{project}/kie/download", body: `{"ids":["{first}"]}`, headers: []string{"x-engine-id", kept["engine"]}, has: `{"data":[{"id":"{first}"}]}`},
		{line: "POST /v1/{project}/kie/download", body: `{"ids":["none"]}`, headers: []string{"x-engine-id", kept["engine"]}, status: 404, code: codeItemNotFound},
		{line: "POST /v1/{project}/kie/download", body: `{}`, headers: []string{"x-engine-id", kept["engine"]}, status: 400, says: "ids"},
	})
}
