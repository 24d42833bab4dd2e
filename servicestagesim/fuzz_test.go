package servicestagesim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRequests sends requests of any method, target and body: each is answered by JSON or nothing, with a request ID and
// never by an error of the server; what was refused as invalid has changed nothing; and the state can always be
// written down and read again. {app}, {env} and {web} in the target are what there is.
func FuzzRequests(f *testing.F) {
	w := direct(f).deployed(f)
	for _, seed := range []struct{ method, target, body string }{
		{http.MethodPost, "environments", `{"name":"other","vpc_id":"v","labels":[{"key":"a","value":"bb"}]}`},
		{http.MethodPut, "environments/{env}/resources", `{"resources":[{"id":"a","type":"elb"}]}`},
		{http.MethodPost, "environments/{env}/iac-resources", `{"iac_resources":[{"id":"a","name":"b","type":"rds","vars_body":{"c":1}}]}`},
		{http.MethodPost, "environments/{env}/addons", `{"name":"sermantInjector","cce_id":"a","cse_id":"b"}`},
		{http.MethodPut, "applications/{app}/configuration", `{"environment_id":"{env}","configuration":{"env":[{"name":"a","value":"b"}]}}`},
		{http.MethodPut, "applications/{app}/components/{web}", update("2.0.0", grayBy(10, 1, 2))},
		{http.MethodPut, "applications/{app}/components/{web}", update("2.0.0", rollingIn(2)+`,"affinity":{},"envs":[{"name":"A","value":"b","inner":false}],"liveness_probe":{}`)},
		{http.MethodPut, "applications/{app}/components/{web}", `{"version":"2.0.0","deploy_strategy":{"type":"GrayRelease","gray_release":{"type":"content","replica_surge_mode":"MIRROR","rule_match_mode":"any","rules":{"type":"header","key":"a","value":"b","condition":"in"}}}}`},
		{http.MethodPost, "applications/{app}/components/{web}/action", acting("scale", `{"replica":"7"}`)},
		{http.MethodPost, "applications/{app}/components/{web}/action", acting("rollback", `{"version":"1.0.0"}`)},
		{http.MethodPost, "applications/{app}/components", `{"create_mode":"import","name":"old","workload_name":"old"}`},
		{http.MethodGet, "components?limit=1&offset=0&order_by=name&order=asc", ""},
		{http.MethodGet, "applications/{app}/components/{web}/records?limit=0", ""},
		{http.MethodPost, "runtimestacks/action", `{"action":"Supported","parameters":{"runtimestacks":[{"id":"x"}]}}`},
		{http.MethodPost, "configs/import", "--x\r\n\r\n--x--"},
		{http.MethodDelete, "configs/%2e%2e", ""},
	} {
		f.Add(seed.method, seed.target, seed.body)
	}
	snapshot, err := w.sim.Snapshot()
	require.NoError(f, err)
	named := strings.NewReplacer("{app}", w.app, "{env}", w.env, "{web}", w.web)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		h := direct(t)
		require.NoError(t, h.sim.Restore(snapshot))
		prefix := "http://servicestage.test/v3/" + h.sim.config.ProjectID + "/cas/"
		r, err := http.NewRequestWithContext(t.Context(), method, prefix+named.Replace(target), strings.NewReader(named.Replace(body)))
		if err != nil {
			return // no request
		}
		r.Header.Set("X-Auth-Token", w.token)
		h.takesAny(t, r)
	})
}

// takesAny sends a request that may be anything, and checks what holds for all of them.
func (h *harness) takesAny(t *testing.T, r *http.Request) {
	t.Helper()
	r.RequestURI = r.URL.RequestURI()
	before := h.frozen(t)
	answer := httptest.NewRecorder()
	h.sim.ServeHTTP(answer, r)
	require.Len(t, answer.Header().Get("X-Request-Id"), 36)
	if !bytes.Contains(answer.Body.Bytes(), []byte(codeRepoRemote)) { // what a provider refuses has this status
		require.NotEqual(t, http.StatusInternalServerError, answer.Code, answer.Body.String())
	}
	if answer.Body.Len() > 0 {
		require.True(t, json.Valid(answer.Body.Bytes()), answer.Body.String())
	}
	for _, code := range []string{codeInvalid, codeRepoInvalid, codeEngineInvalid, codeRegistryInvalid} {
		if answer.Code >= http.StatusBadRequest && bytes.Contains(answer.Body.Bytes(), []byte(`"`+code+`"`)) {
			require.JSONEq(t, before, h.frozen(t))
		}
	}
	h.advance(t, farAway)
	require.NoError(t, h.sim.Restore([]byte(h.frozen(t))))
}

// FuzzGroups is FuzzRequests for the groups of operations beside version 3: {project}, {app}, {component}, {instance}, {engine}
// and {cart} in the target are what there is.
func FuzzGroups(f *testing.F) {
	h := direct(f)
	kept := tell(f, h, append(append(signIn(), cart()...), append(withInstance(),
		step{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("one"), keep: map[string]string{"engine": "id"}},
		step{line: "POST /v1/{project}/kie/kv", body: `{"key":"k"}`, keep: map[string]string{"item": "id"}},
	)...))
	for _, seed := range []struct{ method, target, body string }{
		{http.MethodPut, instancePath, upgrade("1.0.1", "swr.test/cart:2")},
		{http.MethodPost, instancePath + "/action", `{"action":"scale","parameters":{"replica":3}}`},
		{http.MethodDelete, instancePath + "?force=true", ""},
		{http.MethodGet, instancePath + "/snapshots?limit=101&offset=0&order=asc", ""},
		{http.MethodPatch, cas2 + "/environments/{env}/resources", `{"add_optional_resources":[{"id":"a","type":"elb"}]}`},
		{http.MethodPut, cas2 + "/applications/{app}/components/{component}", `{"source":{"kind":"code","spec":{"repo_url":"https://example.com/a.git"}}}`},
		{http.MethodPost, "/v1/{project}/git/files/tom/shop/a:b/c?ref=main", `{"message":"m","content":"YQ=="}`},
		{http.MethodPost, "/v1/{project}/git/repos/tom/shop/tags?ref=main", `{"name":"v1","description":"d"}`},
		{http.MethodPost, "/v1/{project}/kie/file?override=force", "--x\r\nContent-Disposition: form-data; name=upload_file\r\n\r\n{\"data\":[]}\r\n--x--"},
		{http.MethodPost, "/v1/{project}/kie/download?label=a:b&match=exact", `{"ids":[]}`},
		{http.MethodGet, "/v3/{project}/configuration/items?dimensionsInfo=a%40b%23c&keyFilter=.", ""},
		{http.MethodPut, "/v1/default/kie/kv/{item}", `{"value":"v"}`},
		{http.MethodDelete, "/v4/default/registry/microservices/{cart}?force=true", ""},
		{http.MethodPost, "/v4/default/registry/microservices/{cart}/instances", `{"instance":{"hostName":"h","endpoints":["a"],"healthCheck":{"mode":"push","interval":1,"times":1}}}`},
		{http.MethodPost, "/v4/default/registry/instances/action?type=query", `{"services":[{"service":{"environment":"","appId":"shop","serviceName":"cart"},"rev":"0"}]}`},
		{http.MethodPut, "/v4/default/registry/dependencies", `{"dependencies":[{"consumer":{"environment":"","appId":"shop","serviceName":"cart"}}]}`},
		{http.MethodPost, "/v2/{project}/enginemgr/engines", securedEngine("two", "secret")},
		{http.MethodGet, "/assembling/v1/jobs?page=1&per_page=1", ""},
	} {
		f.Add(seed.method, seed.target, seed.body)
	}
	snapshot, err := h.sim.Snapshot()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		fresh := direct(t)
		require.NoError(t, fresh.sim.Restore(snapshot))
		for name, value := range kept {
			target = strings.ReplaceAll(target, "{"+name+"}", value)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://servicestage.test"+target, strings.NewReader(body))
		if err != nil {
			return // no request
		}
		for name, value := range map[string]string{
			"X-Auth-Token": h.token, "X-Repo-Auth": "mine", "X-Engine-Id": kept["engine"], "Content-Type": "multipart/form-data; boundary=x",
		} {
			r.Header.Set(name, value)
		}
		fresh.takesAny(t, r)
	})
}

// FuzzImport reads archives of any form: what is accepted has files with names, types and a content, in a bounded number.
func FuzzImport(f *testing.F) {
	f.Add(archive(f, map[string]string{"group/file.yaml": "a: b", "other/file.properties": "a=b"}))
	f.Add(archive(f, map[string]string{"file.yaml": "a: b"}))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, text []byte) {
		files, refused := unpack(text)
		if refused != nil {
			require.Equal(t, codeInvalid, refused.Code)
			return
		}
		require.NotEmpty(t, files)
		require.LessOrEqual(t, len(files), maxArchiveFiles)
		for _, file := range files {
			require.True(t, isName(file.group) && isName(file.name))
			require.Contains(t, []string{"yaml", "properties"}, file.kind)
		}
	})
}
