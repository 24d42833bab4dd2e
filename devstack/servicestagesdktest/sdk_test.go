package servicestagesdktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	servicestage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/servicestage/v2"
	"github.com/stretchr/testify/require"

	"slipway/internal/jsontest"
	"slipway/servicestagesim"
)

// A step is one call of a method of the SDK.
type step struct {
	method string
	// request is the request as JSON, by the tags of the SDK's structs; names in braces stand for what earlier steps kept.
	request string
	// after is simulated time that passes before.
	after time.Duration
	// refused is the code of a refusal.
	refused string
	// has is JSON that the answer must contain, as the SDK has read it.
	has string
	// keep are names for values of the answer, by their places.
	keep map[string]string
}

// story are steps on one simulator.
type story struct {
	sim    *servicestagesim.Simulator
	client reflect.Value
	kept   map[string]string
	called map[string]bool
}

func newStory(t *testing.T) *story {
	t.Helper()
	sim, err := servicestagesim.New(servicestagesim.Config{Clock: servicestagesim.SteppedClock(time.Date(2026, time.November, 2, 8, 0, 0, 0, time.UTC))})
	require.NoError(t, err)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	credentials, err := basic.NewCredentialsBuilder().WithAk(servicestagesim.TestAccessKeyID).WithSk(servicestagesim.TestAccessKeySecret).
		WithProjectId(servicestagesim.DefaultProjectID).SafeBuild()
	require.NoError(t, err)
	http, err := servicestage.ServiceStageClientBuilder().WithEndpoint(server.URL).WithCredential(credentials).SafeBuild()
	require.NoError(t, err)
	return &story{
		sim: sim, client: reflect.ValueOf(servicestage.NewServiceStageClient(http)), kept: map[string]string{}, called: map[string]bool{},
	}
}

// fill puts what was kept into a text.
func (s *story) fill(text string) string {
	for _, name := range slices.Sorted(maps.Keys(s.kept)) {
		text = strings.ReplaceAll(text, "{"+name+"}", s.kept[name])
	}
	return text
}

// tell carries out steps.
func (s *story) tell(t *testing.T, steps []step) {
	t.Helper()
	for i, step := range steps {
		name := fmt.Sprintf("step %d, %s", i, step.method)
		if step.after > 0 {
			_, err := s.sim.Advance(step.after)
			require.NoError(t, err)
		}
		method := s.client.MethodByName(step.method)
		require.True(t, method.IsValid(), name)
		request := reflect.New(method.Type().In(0).Elem())
		if step.request != "" {
			require.NoError(t, json.Unmarshal([]byte(s.fill(step.request)), request.Interface()), name)
		}
		answers := method.Call([]reflect.Value{request})
		s.called[step.method] = true
		err, _ := reflect.TypeAssert[error](answers[1])
		if step.refused != "" {
			refusal, ok := errors.AsType[*sdkerr.ServiceResponseError](err)
			require.True(t, ok, "%s: %v", name, err)
			require.Equal(t, step.refused, refusal.ErrorCode, name)
			continue
		}
		require.NoError(t, err, name)
		s.check(t, name, step, answers[0].Interface())
	}
}

// check holds an answer against what a step wants, and keeps values of it.
func (s *story) check(t *testing.T, name string, step step, answer any) {
	t.Helper()
	text, err := json.Marshal(answer)
	require.NoError(t, err, name)
	if step.has != "" {
		require.Empty(t, jsontest.Lacks(text, s.fill(step.has)), "%s: %s", name, text)
	}
	var value any
	require.NoError(t, json.Unmarshal(text, &value), name)
	for as, place := range step.keep {
		found := jsontest.At(value, place)
		require.NotNil(t, found, "%s has no %s: %s", name, place, text)
		s.kept[as] = fmt.Sprint(found)
	}
}

// beyond are the methods that call what the reference does not have.
func beyond() []string { return []string{"ListComponentOverviews", "ListTemplates"} }

func TestSDK_AllItsOperations(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.tell(t, applications())
	s.tell(t, instances())
	s.tell(t, gitAuthorizations())
	redirect, err := url.Parse(s.kept["redirect"])
	require.NoError(t, err)
	s.kept["state"] = redirect.Query().Get("state")
	s.tell(t, gitRepositories())
	for i := range s.client.NumMethod() {
		method := s.client.Type().Method(i)
		if strings.HasSuffix(method.Name, "Invoker") {
			continue
		}
		require.Equal(t, !slices.Contains(beyond(), method.Name), s.called[method.Name], method.Name)
	}
}

func TestSDK_WhatTheReferenceDoesNotHaveIsRefused(t *testing.T) {
	t.Parallel()
	newStory(t).tell(t, []step{
		{method: "CreateApplication", request: `{"body":{"name":"shop"}}`, keep: map[string]string{"app": "id"}},
		{method: "ListComponentOverviews", request: `{"application_id":"{app}"}`, refused: "SVCSTG.00100404"},
		{method: "ListTemplates", refused: "APIGW.0101"},
	})
}

// applications are the calls about environments, applications and what can be deployed.
func applications() []step {
	const body = `{"application_id":"{app}","component_id":"{component}","body":`
	return []step{
		{method: "ListRuntimes", has: `{"runtimes":[{"type_name":"Docker"},{"type_name":"Java8"},{},{},{},{}]}`},
		{method: "ListFlavors", has: `{"flavors":[{"flavor_id":"MICRO-5G:0.5C:1G"},{},{},{},{}]}`},
		{method: "CreateEnvironment", request: `{"body":{"name":"town","deploy_mode":"container","vpc_id":"v","charge_mode":"provided","base_resources":[{"id":"c","type":"cce"}]}}`, has: `{"name":"town","charge_mode":"provided"}`, keep: map[string]string{"env": "id"}},
		{method: "ChangeEnvironment", request: `{"environment_id":"{env}","body":{"alias":"Town"}}`, has: `{"alias":"Town"}`},
		{method: "ChangeResourceInEnvironment", request: `{"environment_id":"{env}","body":{"add_optional_resources":[{"id":"default","type":"cse"}]}}`, has: `{"optional_resources":[{"id":"default"}]}`},
		{method: "ShowEnvironmentDetail", request: `{"environment_id":"{env}"}`, has: `{"id":"{env}","base_resources":[{"id":"c","type":"cce"}]}`},
		{method: "ListEnvironments", request: `{"limit":10,"order":"asc"}`, has: `{"count":1,"environments":[{"id":"{env}"}]}`},
		{method: "CreateApplication", request: `{"body":{"name":"shop"}}`, keep: map[string]string{"app": "id"}},
		{method: "ChangeApplication", request: `{"application_id":"{app}","body":{"description":"d"}}`, has: `{"description":"d"}`},
		{method: "ShowApplicationDetail", request: `{"application_id":"{app}"}`, has: `{"name":"shop","component_count":0}`},
		{method: "ListApplications", has: `{"count":1,"applications":[{"id":"{app}"}]}`},
		{method: "ChangeApplicationConfiguration", request: `{"application_id":"{app}","body":{"environment_id":"{env}","configuration":{"env":[{"name":"a","value":"1"}]}}}`, has: `{"environment_id":"{env}"}`},
		{method: "ShowApplicationConfiguration", request: `{"application_id":"{app}","environment_id":"{env}"}`, has: `{"configuration":[{"environment_id":"{env}","configuration":{"env":[{"name":"a","value":"1"}]}}]}`},
		{method: "DeleteApplicationConfiguration", request: `{"application_id":"{app}","environment_id":"{env}"}`},
		{method: "CreateComponent", request: `{"application_id":"{app}","body":{"name":"cart","runtime":"Java8","category":"MicroService","sub_category":"Java Chassis","source":{"kind":"artifact","spec":{"storage":"obs","type":"package","url":"obs://b/cart.jar"}}}}`, has: `{"name":"cart","runtime":"Java8","status":0}`, keep: map[string]string{"component": "id"}},
		{method: "ChangeComponent", request: body + `{"description":"d"}}`, has: `{"description":"d"}`},
		{method: "ShowComponentDetail", request: `{"application_id":"{app}","component_id":"{component}"}`, has: `{"id":"{component}","category":"MicroService","source":{"kind":"artifact","spec":{"url":"obs://b/cart.jar"}}}`},
		{method: "ListComponents", request: `{"application_id":"{app}"}`, has: `{"count":1,"components":[{"id":"{component}"}]}`},
	}
}

// instances are the calls about what is deployed, and the end of it all.
func instances() []step {
	const (
		path   = `"application_id":"{app}","component_id":"{component}","instance_id":"{instance}"`
		failed = "SVCSTG.00100432"
	)
	return []step{
		{
			method: "CreateInstance", request: `{"application_id":"{app}","component_id":"{component}","body":{"name":"cart-1","environment_id":"{env}","flavor_id":"MICRO-5G:0.5C:1G","replica":2,"version":"1.0.0",
			"artifacts":{"cart":{"storage":"obs","type":"package","url":"obs://b/cart-1.jar","auth":"iam"}},"refer_resources":[{"id":"c","type":"cce","parameters":{"namespace":"default"}}]}}`,
			keep: map[string]string{"instance": "instance_id", "job": "job_id"},
		},
		{method: "ShowJobDetail", request: `{"job_id":"{job}","instance_id":"{instance}"}`, has: `{"job":{"JOB_ID":"{job}","EXECUTION_STATUS":"SUBMITTED"}}`},
		{method: "ShowJobDetail", after: time.Minute, request: `{"job_id":"{job}","desc":"true"}`, has: `{"job":{"EXECUTION_STATUS":"SUCCEEDED"}}`},
		{method: "ShowInstanceDetail", request: `{` + path + `}`, has: `{"id":"{instance}","version":"1.0.0","status_detail":{"status":"RUNNING","available_replica":2,"last_job_status":"SUCCEEDED"}}`},
		{method: "ChangeInstance", request: `{` + path + `,"body":{"version":"1.0.1","artifacts":{"cart":{"storage":"obs","type":"package","url":"obs://b/cart-2.jar","auth":"iam"}}}}`, keep: map[string]string{"job": "job_id"}},
		{method: "ChangeInstance", request: `{` + path + `,"body":{"version":"1.0.2"}}`, refused: failed},
		{method: "ListInstances", after: time.Minute, request: `{"application_id":"{app}","component_id":"{component}","order_by":"create_time"}`, has: `{"count":1,"instances":[{"id":"{instance}","version":"1.0.1","status_detail":{"status":"RUNNING"}}]}`},
		{method: "ListInstanceSnapshots", request: `{` + path + `,"snapshot_order_by":"version","order":"asc"}`, has: `{"count":1,"snapshots":[{"version":"1.0.0","instance_id":"{instance}"}]}`},
		{method: "UpdateInstanceAction", request: `{` + path + `,"body":{"action":"rollback","parameters":{"version":"1.0.0"}}}`},
		{method: "UpdateInstanceAction", after: time.Minute, request: `{` + path + `,"body":{"action":"scale","parameters":{"replica":3}}}`},
		{method: "ShowInstanceDetail", after: time.Minute, request: `{` + path + `}`, has: `{"version":"1.0.0","status_detail":{"replica":3}}`},
		{method: "DeleteComponent", request: `{"application_id":"{app}","component_id":"{component}"}`, refused: "SVCSTG.00100402"},
		{method: "DeleteInstance", request: `{` + path + `}`, keep: map[string]string{"job": "job_id"}},
		{method: "ShowInstanceDetail", after: time.Minute, request: `{` + path + `}`, refused: "SVCSTG.00100412"},
		{method: "DeleteComponent", request: `{"application_id":"{app}","component_id":"{component}","force":true}`},
		{method: "DeleteApplication", request: `{"application_id":"{app}"}`},
		{method: "DeleteEnvironment", request: `{"environment_id":"{env}"}`},
		{method: "ShowEnvironmentDetail", request: `{"environment_id":"{env}"}`, refused: "SVCSTG.00100411"},
	}
}

// gitAuthorizations are the calls about authorizations.
func gitAuthorizations() []step {
	return []step{
		{method: "ShowRedirectUrl", request: `{"repo_type":"github"}`, keep: map[string]string{"redirect": "url"}},
		{method: "CreatePersonalAuth", request: `{"repo_type":"github","body":{"name":"mine","token":"t","host":"https://github.com/tom"}}`, has: `{"authorization":{"name":"mine","repo_user":"tom","avartar":"https://github.com/tom.png"}}`},
		{method: "CreatePasswordAuth", request: `{"repo_type":"bitbucket","body":{"name":"other","user":"u","password":"p"}}`, has: `{"authorization":{"token_type":"password"}}`},
		{method: "DeleteAuthorize", request: `{"name":"other"}`},
		{method: "ListAuthorizations", has: `{"count":1,"authorizations":[{"name":"mine","status":0}]}`},
	}
}

// gitRepositories are the calls about repositories; the SDK leaves the slashes of a file's path as they are.
func gitRepositories() []step {
	const (
		mine = `"X-Repo-Auth":"mine"`
		shop = mine + `,"namespace":"tom","project":"shop"`
		file = shop + `,"path":"src/app.go","ref":"main"`
	)
	return []step{
		{method: "CreateOAuth", request: `{"repo_type":"github","body":{"name":"oauth","code":"c","state":"{state}"}}`, has: `{"authorization":{"token_type":"oauth"}}`},
		{method: "ListNamespaces", request: `{` + mine + `}`, has: `{"namespaces":[{"id":"tom","name":"tom"}]}`},
		{method: "CreateProject", request: `{` + mine + `,"namespace":"tom","body":{"name":"shop"}}`, has: `{"name":"shop"}`, keep: map[string]string{"repo": "id", "clone": "clone_url"}},
		{method: "ShowProjectDetail", request: `{` + mine + `,"clone_url":"{clone}"}`, has: `{"namespace":"tom","project_id":"{repo}","project":"shop"}`},
		{method: "ListProjects", request: `{` + mine + `,"namespace":"tom"}`, has: `{"projects":[{"id":"{repo}"}]}`},
		{method: "ListBranches", request: `{` + shop + `}`, has: `{"branches":["main"]}`},
		{method: "CreateFile", request: `{` + file + `,"body":{"message":"m","content":"djE="}}`, has: `{"path":"src/app.go"}`},
		{method: "ShowContent", request: `{` + file + `}`, has: `{"path":"src/app.go","encoding":"base64","content":"djE="}`, keep: map[string]string{"sha": "sha"}},
		{method: "UpdateFile", request: `{` + file + `,"body":{"message":"m","content":"djI=","sha":"{sha}"}}`},
		{method: "UpdateFile", request: `{` + file + `,"body":{"message":"m","content":"djM=","sha":"{sha}"}}`, refused: "SVCSTG.REPO.0501"},
		{method: "CreateTag", request: `{` + shop + `,"ref":"main","body":{"name":"v1","description":"d"}}`, has: `{"name":"v1"}`},
		{method: "ListTags", request: `{` + shop + `}`, has: `{"tags":["v1"]}`},
		{method: "ListTrees", request: `{` + shop + `,"ref":"v1"}`, has: `{"paths":["README.md","src/app.go"]}`},
		{method: "ShowContent", request: `{` + file + `}`, keep: map[string]string{"sha": "sha"}},
		{method: "DeleteFile", request: `{` + file + `,"message":"m","sha":"{sha}"}`},
		{method: "ListCommits", request: `{` + shop + `}`, has: `{"commits":[{},{},{},{"message":"Initial commit"}]}`},
		{method: "DeleteTag", request: `{` + shop + `,"tag_name":"v1"}`},
		{method: "CreateHook", request: `{` + shop + `,"body":{"secret":"s","url":"https://example.com/hook"}}`, keep: map[string]string{"hook": "id"}},
		{method: "ListHooks", request: `{` + shop + `}`, has: `{"hooks":[{"id":"{hook}","callback_url":"https://example.com/hook"}]}`},
		{method: "DeleteHook", request: `{` + shop + `,"hook_id":"{hook}"}`},
	}
}
