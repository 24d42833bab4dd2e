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
		r.RequestURI = r.URL.RequestURI()
		r.Header.Set("X-Auth-Token", w.token)
		before := h.frozen(t)
		answer := httptest.NewRecorder()
		h.sim.ServeHTTP(answer, r)
		require.Len(t, answer.Header().Get("X-Request-Id"), 36)
		require.NotEqual(t, http.StatusInternalServerError, answer.Code, answer.Body.String())
		if answer.Body.Len() > 0 {
			require.True(t, json.Valid(answer.Body.Bytes()), answer.Body.String())
		}
		if answer.Code >= http.StatusBadRequest && bytes.Contains(answer.Body.Bytes(), []byte(`"`+codeInvalid+`"`)) {
			require.JSONEq(t, before, h.frozen(t))
		}
		h.advance(t, farAway)
		require.NoError(t, h.sim.Restore([]byte(h.frozen(t))))
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
