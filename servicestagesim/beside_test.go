package servicestagesim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/loosejson"
)

// What goes to an engine needs no authorization while no engine asks for one, but what is sent must be right.
func TestEngines_WhoMayCallThem(t *testing.T) {
	t.Parallel()
	const services = "/v4/default/registry/microservices"
	h := newHarness(t)
	for name, tt := range map[string]struct {
		path    string
		headers []string
		status  int
		code    string
	}{
		"nobody":                         {services, nil, http.StatusOK, ""},
		"nobody, for the project":        {"/v4/{project}/registry/microservices", nil, http.StatusOK, ""},
		"nobody, for another project":    {"/v4/other/registry/microservices", nil, http.StatusForbidden, codeForbidden},
		"nobody, to configuration items": {"/v1/default/kie/kv", nil, http.StatusOK, ""},
		"somebody by a token of IAM":     {services, []string{"X-Auth-Token", h.token}, http.StatusOK, ""},
		"a token that is none":           {services, []string{"X-Auth-Token", "x"}, http.StatusUnauthorized, codeUnauthorized},
		"a signature that is none":       {services, []string{"Authorization", "SDK-HMAC-SHA256 Access=x, SignedHeaders=x-sdk-date, Signature=0"}, http.StatusUnauthorized, codeUnauthorized},
		"a token of no engine":           {services, []string{"Authorization", "Bearer x"}, http.StatusUnauthorized, codeBearerRefused},
		"an engine's token elsewhere":    {"/v3/{project}/cas/applications", []string{"Authorization", "Bearer x"}, http.StatusUnauthorized, codeUnauthorized},
		"default elsewhere":              {"/v3/default/cas/applications", []string{"X-Auth-Token", h.token}, http.StatusForbidden, codeForbidden},
		"nobody, to engines themselves":  {"/v2/{project}/enginemgr/engines", nil, http.StatusUnauthorized, codeUnauthorized},
		"nobody, to files of items":      {"/v1/{project}/kie/download", nil, http.StatusUnauthorized, codeUnauthorized},
	} {
		method := http.MethodGet
		if strings.HasSuffix(tt.path, "download") {
			method = http.MethodPost
		}
		r := h.request(t, method+" "+tt.path, "")
		r.Header.Del("X-Auth-Token")
		for i := 0; i < len(tt.headers); i += 2 {
			r.Header.Set(tt.headers[i], tt.headers[i+1])
		}
		got := h.do(t, r)
		require.Equal(t, tt.status, got.status, "%s: %s", name, got.raw)
		require.Contains(t, string(got.raw), tt.code, name)
	}
}

// The groups have refusals of different forms.
func TestRefusals_HaveTheFormOfTheirGroup(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for line, members := range map[string][]string{
		"GET /v2/{project}/cas/applications/none":             {"error_code", "error_msg"},
		"GET /v1/{project}/git/repos/namespaces":              {"error_code", "error_msg"},
		"GET /assembling/v1/builds/none/phases":               {"error_code", "error_msg"},
		"GET /v2/{project}/enginemgr/engines/none":            {"errorCode", "errorMessage", "detail"},
		"GET /v4/{project}/registry/microservices/none":       {"errorCode", "errorMessage", "detail"},
		"GET /v1/{project}/kie/kv/none":                       {"error_code", "error_message", "detail"},
		"POST /v1/{project}/kie/download":                     {"error_code", "error_message", "detail"},
		"GET /v3/{project}/configuration/items?keyFilter=%5B": {"error_code", "error_message", "detail"},
	} {
		got := h.send(t, line, "")
		require.GreaterOrEqual(t, got.status, 400, line)
		require.Len(t, got.body, len(members), line)
		for _, member := range members {
			require.NotEmpty(t, got.text(member), "%s: %s", line, member)
		}
	}
}

// A state that the simulator could not rely on is not put back.
func TestRestore_RefusesWhatTheGroupsCouldNotRelyOn(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tell(t, h, append(signIn(
		step{line: "POST /v1/{project}/git/repos/tom/shop/hooks", body: `{"secret":"s","url":"https://example.com/hook"}`, headers: mine()},
		step{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("one")},
		step{line: "POST /v1/{project}/kie/kv", body: `{"key":"k"}`},
		step{line: "POST /v4/default/registry/microservices", body: `{"service":{"serviceName":"cart"},"instances":[{"hostName":"h","endpoints":[]}]}`},
	), inTown(
		step{line: "POST " + cas2 + "/applications/{app}/components", body: `{"name":"cart","runtime":"Java8","category":"Common","source":{"kind":"artifact","spec":{"storage":"obs","type":"package","url":"obs://b/cart.jar"}}}`},
	)...))
	whole, err := h.sim.Snapshot()
	require.NoError(t, err)
	require.NoError(t, h.sim.Restore(whole))
	for name, change := range map[string]func(*state){
		"an authorization under another name": func(s *state) { s.Git.Authorizations["x"] = s.Git.Authorizations["mine"] },
		"a repository that is null":           func(s *state) { s.Git.Repositories["9"] = nil },
		"a branch without a commit":           func(s *state) { s.Git.Repositories["1"].Branches["x"] = "none" },
		"a commit without a parent": func(s *state) {
			s.Git.Repositories["1"].Commits["x"] = &commit{Parent: "none"}
		},
		"a commit without a content": func(s *state) {
			s.Git.Repositories["1"].Commits["x"] = &commit{Files: map[string]string{"a": "none"}}
		},
		"a hook that is null":     func(s *state) { s.Git.Repositories["1"].Hooks[0] = nil },
		"an engine without a job": func(s *state) { clear(s.Engines.Jobs) },
		"a job that is null":      func(s *state) { s.Engines.Jobs[1] = nil },
		"an item that is newer":   func(s *state) { s.Items.Revision = 0 },
		"a service that is null":  func(s *state) { s.Registry.Services["x"] = nil },
		"an instance that is null": func(s *state) {
			for _, m := range s.Registry.Services {
				m.Instances["x"] = nil
			}
		},
		"a build that takes no time": func(s *state) {
			for _, j := range s.Builds.Jobs {
				j.Builds[0].Takes = 0
			}
		},
		"a build job that is null":              func(s *state) { s.Builds.Jobs["x"] = nil },
		"a component of version 2 that is null": func(s *state) { s.Blueprints["x"] = nil },
	} {
		st, err := h.sim.store.Decode(whole)
		require.NoError(t, err)
		change(st)
		spoilt, err := loosejson.Encode(st)
		require.NoError(t, err)
		require.Error(t, h.sim.Restore(spoilt), name)
	}
}

func TestStatusPage_ShowsTheGroups(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	tell(t, h, append(signIn(
		step{line: "POST /v2/{project}/enginemgr/engines", body: openEngine("engine-one")},
		step{line: "POST /v1/{project}/kie/kv", body: `{"key":"k"}`},
		step{line: "POST /v4/default/registry/microservices", body: `{"service":{"serviceName":"basket"}}`},
	), inTown(
		step{line: "POST " + cas2 + "/applications/{app}/components", body: `{"name":"cart","runtime":"Java8","category":"Common","source":{"kind":"artifact","spec":{"storage":"obs","type":"package","url":"obs://b/cart.jar"}}}`},
	)...))
	w := httptest.NewRecorder()
	h.sim.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/_servicestagesim/", http.NoBody))
	for _, text := range []string{"engine-one", "default/basket", "https://github.com/tom/shop.git", "Configuration items: 1. Builds that go on: 1."} {
		require.Contains(t, w.Body.String(), text)
	}
}
