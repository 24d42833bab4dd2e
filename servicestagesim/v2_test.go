package servicestagesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cas2 is the path of application management in version 2.
const cas2 = "/v2/{project}/cas"

// inTown makes an environment and an application by version 2.
func inTown(steps ...step) []step {
	return append([]step{
		{line: "POST " + cas2 + "/environments", body: `{"name":"town","deploy_mode":"container","vpc_id":"v","base_resources":[{"id":"c","type":"cce"}]}`, keep: map[string]string{"env": "id"}},
		{line: "POST " + cas2 + "/applications", body: `{"name":"shop"}`, keep: map[string]string{"app": "id"}},
	}, steps...)
}

// withInstance makes a component of an image with an instance cart-1 of version 1.0.0 in an environment.
func withInstance(steps ...step) []step {
	return inTown(append([]step{
		{line: "POST " + cas2 + "/applications/{app}/components", body: `{"name":"cart","runtime":"Docker","category":"Common","source":{"kind":"artifact","spec":{
			"storage":"swr","type":"image","url":"swr.test/cart:1"}}}`, keep: map[string]string{"component": "id"}},
		{
			line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", body: instance("cart-1", "1.0.0", 2), has: `{}`,
			keep: map[string]string{"instance": "instance_id", "job": "job_id"},
		},
		{line: "GET " + cas2 + "/jobs/{job}", after: time.Minute, has: `{"job":{"EXECUTION_STATUS":"SUCCEEDED"}}`},
	}, steps...)...)
}

func instance(name, version string, replica int) string {
	return fmt.Sprintf(`{"name":%q,"environment_id":"{env}","flavor_id":"MICRO-5G:0.5C:1G","replica":%d,"version":%q,
		"refer_resources":[{"id":"c","type":"cce","parameters":{"namespace":"default"}}]}`, name, replica, version)
}

// upgrade is the body that releases a version of an image.
func upgrade(version, image string) string {
	return fmt.Sprintf(`{"version":%q,"artifacts":{"cart":{"storage":"swr","type":"image","url":%q,"auth":"iam"}}}`, version, image)
}

const instancePath = cas2 + "/applications/{app}/components/{component}/instances/{instance}"

func TestVersion2_Stories(t *testing.T) {
	t.Parallel()
	tellAll(t, map[string][]step{
		"metadata": {
			{line: "GET " + cas2 + "/metadata/runtimes", has: `{"runtimes":[{"type_name":"Docker"},{"type_name":"Java8","display_name":"Java 8","container_default_port":8080},{},{},{},{}]}`},
			{line: "GET " + cas2 + "/metadata/flavors", has: `{"flavors":[{"flavor_id":"MICRO-5G:0.5C:1G","storage_size":"5G","num_cpu":"500m","memory_size":"1Gi","label":"Micro: 5G Storage, 0.5 CPU, 1G Memory","custom":false},{},{},{},{}]}`},
		},
		"an environment is changed and deleted": inTown(
			step{line: "GET " + cas2 + "/environments/{env}", has: `{"id":"{env}","name":"town","alias":null,"project_id":"{project}","charge_mode":"provided","base_resources":[{"id":"c","type":"cce"}],"optional_resources":[]}`},
			step{line: "PUT " + cas2 + "/environments/{env}", body: `{"alias":"Town","description":"d"}`, has: `{"name":"town","alias":"Town","description":"d"}`},
			step{
				line: "PATCH " + cas2 + "/environments/{env}/resources", body: `{"add_base_resources":[{"id":"c2","type":"cce"}],"add_optional_resources":[{"id":"default","type":"cse"}],"remove_resources":[{"id":"c","type":"cce"}]}`,
				has: `{"base_resources":[{"id":"c2"}],"optional_resources":[{"id":"default"}]}`,
			},
			step{line: "GET " + cas2 + "/environments", has: `{"count":1,"environments":[{"id":"{env}"}]}`},
			step{line: "DELETE " + cas2 + "/environments/{env}", status: 204},
			step{line: "GET " + cas2 + "/environments/{env}", status: 404, code: codeNoEnvironment},
		),
		"an application with its configuration": inTown(
			step{line: "PUT " + cas2 + "/applications/{app}", body: `{"description":"d"}`, has: `{"name":"shop","description":"d","unified_model":null}`},
			step{line: "PUT " + cas2 + "/applications/{app}/configuration", body: `{"environment_id":"{env}","configuration":{"env":[{"name":"a","value":"1"},{"name":"a","value":"2"}]}}`, has: `{"configuration":{"env":[{"name":"a","value":"2"}]}}`},
			step{line: "PUT " + cas2 + "/applications/{app}/configuration", body: `{"environment_id":"{env}","configuration":{"env":[{"name":".a","value":"1"}]}}`},
			step{line: "PUT /v3/{project}/cas/applications/{app}/configuration", body: `{"environment_id":"{env}","configuration":{"env":[{"name":".a","value":"1"}]}}`, status: 400, code: codeInvalid, says: "configuration.env[0].name"},
			step{line: "PUT " + cas2 + "/applications/{app}/configuration", body: `{"environment_id":"{env}","configuration":{"env":[{"name":"9","value":"1"}]}}`, status: 400, code: codeInvalid, says: "configuration.env[0].name"},
			step{line: "PUT " + cas2 + "/applications/{app}/configuration", body: `{"environment_id":"{env}","configuration":{"env":[{"name":"a","value":"2"}]}}`},
			step{line: "GET " + cas2 + "/applications/{app}/configuration", has: `{"configuration":[{"environment_id":"{env}","configuration":{"env":[{"value":"2"}]}}]}`},
			step{line: "DELETE " + cas2 + "/applications/{app}/configuration?environment_id={env}", status: 204},
			step{line: "GET " + cas2 + "/applications", has: `{"count":1,"applications":[{"component_count":0}]}`},
			step{line: "DELETE " + cas2 + "/applications/{app}", status: 204},
			step{line: "GET " + cas2 + "/applications/{app}", status: 404, code: codeNoApplication},
		),
		"an instance is read": withInstance(
			step{line: "GET " + instancePath, has: `{"id":"{instance}","name":"cart-1","version":"1.0.0","platform_type":"cce","flavor_id":"MICRO-5G:0.5C:1G",
				"artifacts":{"cart":{"type":"image","url":"swr.test/cart:1"}},"status_detail":{"status":"RUNNING","replica":2,"available_replica":2,"last_job_id":"{job}","last_job_status":"SUCCEEDED"}}`},
			step{line: "GET " + cas2 + "/applications/{app}/components/{component}/instances", has: `{"count":1,"instances":[{"id":"{instance}","component_name":"cart","application_name":"shop","environment_name":"town"}]}`},
			step{line: "GET " + cas2 + "/applications/{app}/components/{component}", has: `{"id":"{component}","status":0,"runtime":"Docker","build":null}`},
			step{line: "GET " + cas2 + "/applications/{app}", has: `{"component_count":1}`},
		),
		"an upgrade, a snapshot and the way back": withInstance(
			step{line: "PUT " + instancePath, body: upgrade("1.0.1", "swr.test/cart:2"), keep: map[string]string{"job": "job_id"}},
			step{line: "GET " + instancePath, has: `{"status_detail":{"status":"UPGRADING","last_job_id":"{job}"}}`},
			step{line: "PUT " + instancePath, body: upgrade("1.0.2", "swr.test/cart:3"), status: 409, code: codeReleasing},
			step{line: "GET " + instancePath, after: time.Minute, has: `{"version":"1.0.1","artifacts":{"cart":{"url":"swr.test/cart:2"}},"status_detail":{"status":"RUNNING"}}`},
			step{line: "GET " + instancePath + "/snapshots", has: `{"count":1,"snapshots":[{"version":"1.0.0","description":"{\"action\": \"New Version: 1.0.0\"}","instance_id":"{instance}"}]}`},
			step{line: "PUT " + instancePath, body: upgrade("1.0.0", "swr.test/cart:3"), status: 404, code: codeVersionUsed},
			step{line: "POST " + instancePath + "/action", body: `{"action":"rollback","parameters":{"version":"9.9.9"}}`, status: 404, code: codeNoSnapshot},
			step{line: "POST " + instancePath + "/action", body: `{"action":"rollback","parameters":{"version":"1.0.0"}}`},
			step{line: "GET " + instancePath, after: time.Minute, has: `{"version":"1.0.0","artifacts":{"cart":{"url":"swr.test/cart:1"}}}`},
		),
		"actions": withInstance(
			step{line: "POST " + instancePath + "/action", body: `{"action":"scale","parameters":{"replica":4}}`, keep: map[string]string{"job": "job_id"}},
			step{line: "GET " + instancePath, after: time.Minute, has: `{"status_detail":{"replica":4,"available_replica":4,"last_job_id":"{job}"}}`},
			step{line: "POST " + instancePath + "/action", body: `{"action":"stop"}`},
			step{line: "GET " + instancePath, after: time.Minute, has: `{"status_detail":{"status":"STOPPED","available_replica":0}}`},
			step{line: "POST " + instancePath + "/action", body: `{"action":"restart"}`, status: 409, code: codeWrongStatus},
			step{line: "POST " + instancePath + "/action", body: `{"action":"start"}`},
			step{line: "GET " + instancePath, after: time.Minute, has: `{"status_detail":{"status":"RUNNING","available_replica":4}}`},
			step{line: "POST " + instancePath + "/action", body: `{"action":"continue_deploy"}`, status: 400, code: codeNoAction},
			step{line: "POST " + instancePath + "/action", body: `{"action":"scale"}`, status: 400, code: codeInvalid, says: "replica"},
		),
		"an instance goes, then its component": withInstance(
			step{line: "DELETE " + cas2 + "/applications/{app}/components/{component}", status: 400, code: codeComponentDeployed},
			step{line: "DELETE " + cas2 + "/applications/{app}", status: 409, code: codeNotEmpty},
			step{line: "DELETE " + cas2 + "/environments/{env}", status: 409, code: codeEnvironmentInUse},
			step{line: "DELETE " + instancePath, keep: map[string]string{"job": "job_id"}},
			step{line: "DELETE " + instancePath, status: 409, code: codeNotDeletable},
			step{line: "GET " + instancePath, has: `{"status_detail":{"status":"DELETING"}}`},
			step{line: "GET " + cas2 + "/jobs/{job}", after: time.Minute, has: `{"job":{"JOB_TYPE":"DEPROVISION","EXECUTION_STATUS":"SUCCEEDED"}}`},
			step{line: "GET " + instancePath, status: 404, code: codeNoInstance},
			step{line: "DELETE " + cas2 + "/applications/{app}", status: 409, code: codeNotEmpty},
			step{line: "DELETE " + cas2 + "/applications/{app}/components/{component}", status: 204},
			step{line: "DELETE " + cas2 + "/applications/{app}", status: 204},
		),
		"by force an instance goes while it is upgraded, and a component with its instances": withInstance(
			step{line: "PUT " + instancePath, body: upgrade("1.0.1", "swr.test/cart:2"), keep: map[string]string{"upgrade": "job_id"}},
			step{line: "DELETE " + instancePath, status: 409, code: codeNotDeletable},
			step{line: "DELETE " + instancePath + "?force=true", keep: map[string]string{"job": "job_id"}},
			step{line: "GET " + cas2 + "/jobs/{job}", after: time.Minute, has: `{"job":{"EXECUTION_STATUS":"SUCCEEDED"}}`},
			step{line: "GET " + instancePath, status: 404, code: codeNoInstance},
			step{line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", body: instance("cart-2", "2.0.0", 1), keep: map[string]string{"instance": "instance_id"}},
			step{line: "DELETE " + cas2 + "/applications/{app}/components/{component}?force=true", status: 204},
			step{line: "GET " + cas2 + "/applications/{app}", after: time.Minute, has: `{"component_count":0}`},
		),
		"instances of a component share its versions in an environment": withInstance(
			step{line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", body: instance("cart-2", "1.0.0", 1), status: 404, code: codeVersionUsed},
			step{line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", body: instance("cart-1", "2.0.0", 1), status: 409, code: codeNameExists},
			step{line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", after: time.Second, body: instance("cart-2", "0.9.0", 1), keep: map[string]string{"second": "instance_id"}},
			step{line: "GET " + cas2 + "/applications/{app}/components/{component}/instances?order_by=version", has: `{"count":2,"instances":[{"id":"{instance}"},{"id":"{second}"}]}`},
			step{line: "GET " + cas2 + "/applications/{app}/components/{component}/instances?order_by=version&order=asc&limit=1", has: `{"count":2,"instances":[{"id":"{second}"}]}`},
			step{line: "GET " + cas2 + "/applications/{app}/components/{component}/instances", has: `{"instances":[{"id":"{second}"},{"id":"{instance}"}]}`},
			step{line: "PUT " + cas2 + "/applications/{app}/components/{component}/instances/{second}", after: time.Minute, body: upgrade("1.0.0", "swr.test/cart:2"), status: 404, code: codeVersionUsed},
		),
		"both versions show one world": withInstance(
			step{line: "GET /v3/{project}/cas/applications/{app}/components/{instance}", has: `{"id":"{instance}","name":"cart-1","version":"1.0.0","source":{"kind":"image","url":"swr.test/cart:1"},"status":{"component_status":"RUNNING","last_job_id":"{job}"}}`},
			step{line: "GET /v3/{project}/cas/jobs/{job}", has: `{"job":{"execution_status":"SUCCEEDED","service_instance_id":"{instance}"}}`},
			step{line: "GET /v3/{project}/cas/environments/{env}", has: `{"resources":[{"id":"c","type":"cce"}]}`},
			step{line: "POST /v3/{project}/cas/applications/{app}/components/{instance}/action", body: `{"action":"scale","parameters":{"replica":3}}`},
			step{line: "GET " + instancePath, after: time.Minute, has: `{"status_detail":{"replica":3}}`},
			step{line: "GET /v3/{project}/cas/applications/{app}/components/{instance}/records", has: `{"count":1,"records":[{"version":"1.0.0","current_used":true}]}`},
		),
	})
}

func TestVersion2_Refusals(t *testing.T) {
	t.Parallel()
	components := cas2 + "/applications/{app}/components"
	instances := components + "/{component}/instances"
	steps := map[string]step{
		"an environment without a cluster": {line: "POST " + cas2 + "/environments", body: `{"name":"x-1","deploy_mode":"container","vpc_id":"v","base_resources":[]}`, status: 400, code: codeNoResource},
		"an environment of another name":   {line: "POST " + cas2 + "/environments", body: `{"name":"Town","deploy_mode":"container","vpc_id":"v","base_resources":[{"id":"c","type":"cce"}]}`, status: 400, code: codeEnvironmentExists},
		"servers for containers":           {line: "POST " + cas2 + "/environments", body: `{"name":"x-1","deploy_mode":"container","vpc_id":"v","base_resources":[{"id":"e","type":"ecs"}]}`, status: 400, code: codeInvalid, says: "base_resources[0]"},
		"an environment without a mode":    {line: "POST " + cas2 + "/environments", body: `{"name":"x-1","vpc_id":"v","base_resources":[{"id":"c","type":"cce"}]}`, status: 400, code: codeInvalid, says: "deploy_mode"},
		"removing what is not there":       {line: "PATCH " + cas2 + "/environments/{env}/resources", body: `{"remove_resources":[{"id":"x","type":"cce"}]}`, status: 400, code: codeInvalid, says: "remove_resources[0]"},
		"adding what is there":             {line: "PATCH " + cas2 + "/environments/{env}/resources", body: `{"add_base_resources":[{"id":"c","type":"cce"}]}`, status: 400, code: codeInvalid, says: "already"},
		"an application twice":             {line: "POST " + cas2 + "/applications", body: `{"name":"shop"}`, status: 400, code: codeApplicationExists},
		"a component twice, in any case":   {line: "POST " + components, body: `{"name":"Cart","runtime":"Docker","category":"Common"}`, status: 409, code: codeNameExists},
		"a runtime that is none":           {line: "POST " + components, body: `{"name":"web","runtime":"Cobol","category":"Common"}`, status: 400, code: codeNoRuntime},
		"a category that is none":          {line: "POST " + components, body: `{"name":"web","runtime":"Docker","category":"Batch"}`, status: 400, code: codeInvalid, says: "category"},
		"a sub-category of another":        {line: "POST " + components, body: `{"name":"web","runtime":"Docker","category":"Webapp","sub_category":"Spring Cloud"}`, status: 400, code: codeInvalid, says: "sub_category"},
		"a source of nothing":              {line: "POST " + components, body: `{"name":"web","runtime":"Docker","category":"Common","source":{"kind":"artifact","spec":{}}}`, status: 400, code: codeInvalid, says: "source.spec.url"},
		"a component that is not there":    {line: "GET " + components + "/none", status: 404, code: codeNoComponent},
		"an application that is not there": {line: "GET " + cas2 + "/applications/none/components", status: 404, code: codeNoApplication},
		"an instance that is not there":    {line: "GET " + instances + "/none", status: 404, code: codeNoInstance},
		"an instance in no environment":    {line: "POST " + instances, body: `{"name":"cart-2","environment_id":"none","flavor_id":"MICRO-5G:0.5C:1G","replica":1,"version":"2.0.0","refer_resources":[{"id":"c","type":"cce"}]}`, status: 404, code: codeNoEnvironment},
		"an instance on no resource":       {line: "POST " + instances, body: `{"name":"cart-2","environment_id":"{env}","flavor_id":"MICRO-5G:0.5C:1G","replica":1,"version":"2.0.0","refer_resources":[]}`, status: 400, code: codeNoResource},
		"a version that is none":           {line: "POST " + instances, body: `{"name":"cart-2","environment_id":"{env}","flavor_id":"MICRO-5G:0.5C:1G","replica":1,"version":"two","refer_resources":[{"id":"c","type":"cce"}]}`, status: 400, code: codeInvalid, says: "version"},
		"a flavor that is none":            {line: "POST " + instances, body: `{"name":"cart-2","environment_id":"{env}","flavor_id":"TINY","replica":1,"version":"2.0.0","refer_resources":[{"id":"c","type":"cce"}]}`, status: 400, code: codeInvalid, says: "flavor_id"},
		"an instance's name with capitals": {line: "POST " + instances, body: `{"name":"Cart","environment_id":"{env}","flavor_id":"MICRO-5G:0.5C:1G","replica":1,"version":"2.0.0","refer_resources":[{"id":"c","type":"cce"}]}`, status: 400, code: codeInvalid, says: "name"},
		"an artifact of nothing":           {line: "PUT " + instancePath, body: `{"version":"2.0.0","artifacts":{"cart":{"storage":"swr","type":"image","auth":"iam"}}}`, status: 400, code: codeInvalid, says: "artifacts"},
		"a strategy that is none":          {line: "PUT " + instancePath, body: `{"version":"2.0.0","configuration":{"strategy":{"upgrade":"Gray"}}}`, status: 400, code: codeInvalid, says: "upgrade"},
		"an upgrade without a version":     {line: "PUT " + instancePath, body: `{}`, status: 400, code: codeInvalid, says: "version"},
		"a job that is not there":          {line: "GET " + cas2 + "/jobs/JOBnone", status: 404, code: codeNoJob},
		"a job of another instance":        {line: "GET " + cas2 + "/jobs/{job}?instance_id=x", status: 404, code: codeNoJob},
		"a limit that is no number":        {line: "GET " + cas2 + "/applications?limit=x", status: 400, code: codeInvalid, says: "limit"},
	}
	for name, s := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, newHarness(t), withInstance(s))
		})
	}
}

func TestVersion2_AComponentWithoutASourceNeedsArtifacts(t *testing.T) {
	t.Parallel()
	tell(t, newHarness(t), inTown(
		step{line: "POST " + cas2 + "/applications/{app}/components", body: `{"name":"web","runtime":"Docker","category":"Common"}`, keep: map[string]string{"component": "id"}},
		step{line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", body: instance("web-1", "1.0.0", 1), status: 400, code: codeNoArtifacts},
	))
}

// Version 2 counts as pages what version 3 refuses: 1000 is everything, and a number above 100 means 10.
func TestVersion2_LimitsOfPages(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 12 {
		tell(t, h, []step{{line: "POST " + cas2 + "/applications", body: fmt.Sprintf(`{"name":"app-%02d"}`, i)}})
	}
	for query, want := range map[string]int{"": 12, "?limit=1000": 12, "?limit=101": 10, "?limit=5": 5, "?limit=0": 0, "?limit=5&offset=10": 2, "?offset=12": 0} {
		got := h.send(t, "GET /v2/"+h.sim.config.ProjectID+"/cas/applications"+query, "")
		require.Equal(t, http.StatusOK, got.status)
		require.Len(t, got.list("applications"), want, query)
	}
	tell(t, h, []step{
		{line: "GET " + cas2 + "/applications?limit=2&order_by=name&order=asc", has: `{"count":12,"applications":[{"name":"app-00"},{"name":"app-01"}]}`},
		{line: "GET " + cas2 + "/applications?limit=1&order_by=shoesize", has: `{"applications":[{"name":"app-11"}]}`},
	})
}

// Terraform's provider judges a change of version 2 by the last task alone, first after five seconds: RUNNING goes on,
// SUCCEEDED ends it, and anything else is an error.
func TestVersion2_TerraformWaits(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	kept := tell(t, h, inTown(
		step{line: "POST " + cas2 + "/applications/{app}/components", body: `{"name":"cart","runtime":"Java8","category":"Common","source":{"kind":"artifact","spec":{"storage":"obs","type":"package","url":"obs://b/cart.jar"}}}`, keep: map[string]string{"component": "id"}},
		step{line: "POST " + cas2 + "/applications/{app}/components/{component}/instances", body: instance("cart-1", "1.0.0", 3), keep: map[string]string{"job": "job_id"}},
	))
	looks := 0
	for {
		_, err := h.sim.Advance(time.Second)
		require.NoError(t, err)
		got := h.send(t, "GET /v2/"+h.sim.config.ProjectID+"/cas/jobs/"+kept["job"], "")
		var answer struct {
			TaskCount int `json:"task_count"`
			Tasks     []struct {
				Status string `json:"task_status"`
			} `json:"tasks"`
		}
		require.NoError(t, json.Unmarshal(got.raw, &answer))
		require.Len(t, answer.Tasks, answer.TaskCount)
		looks++
		if status := answer.Tasks[answer.TaskCount-1].Status; status != jobRunning {
			require.Equal(t, jobSucceeded, status)
			require.Contains(t, string(got.raw), `"EXECUTION_STATUS":"SUCCEEDED"`)
			break
		}
		require.NotContains(t, string(got.raw), `"EXECUTION_STATUS":"SUCCEEDED"`)
	}
	require.Greater(t, looks, 2)
}

func TestVersion2_AFailedUpgradeTellsWhy(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Source: "swr.test/cart:none", Result: ResultMissing}))
	tell(t, h, withInstance(
		step{line: "PUT " + instancePath, body: upgrade("1.0.1", "swr.test/cart:none"), keep: map[string]string{"job": "job_id"}},
		step{line: "GET " + cas2 + "/jobs/{job}?limit=1&offset=1", after: time.Minute, has: `{"job":{"EXECUTION_STATUS":"FAILED"},"task_count":1,"tasks":[{"TASK_STATUS":"FAILED"}]}`, says: "does not exist"},
		step{line: "GET " + instancePath, has: `{"status_detail":{"status":"FAILED","last_job_status":"FAILED"}}`},
		step{line: "GET " + instancePath + "/snapshots", has: `{"count":0}`},
	))
}

func TestBuilds_AComponentOfVersion3BuildsWhatItReleases(t *testing.T) {
	t.Parallel()
	const components = "/v3/{project}/cas/applications/{app}/components"
	specification := func(version string) string {
		return `"name":"mailer","version":"` + version + `","source":{"kind":"package","storage":"obs","url":"obs://b/mailer-` + version + `.jar"}`
	}
	tell(t, newHarness(t), inTown(
		step{line: "POST " + components, body: `{` + specification("1.0.0") + `,"environment_id":"{env}","replica":1,"runtime_stack":{"name":"OpenJDK17","type":"Java","version":"1.3.6","deploy_mode":"container"},
			"refer_resources":[{"id":"c","type":"cce","parameters":{"namespace":"default"}}]}`, keep: map[string]string{"component": "component_id"}},
		step{line: "GET /assembling/v1/jobs?page=1&per_page=10", has: `{"total":1,"list":[{"job_name":"mailer"}]}`, keep: map[string]string{"job": "list.0.job_id"}},
		step{line: "PUT " + components + "/{component}", after: time.Minute, body: `{` + specification("1.0.1") + `}`},
		step{line: "GET /assembling/v1/jobs/{job}/builds?name=mailer", has: `{"total":2,"finished":1,"successful":1,"list":[{"build_state":"Building"},{"build_state":"Successful","duration":1}]}`},
	))
}

func TestVersion2_BuildsFollowTheSource(t *testing.T) {
	t.Parallel()
	h := serve(t, Config{Clock: SteppedClock(start()), Seed: 7, TaskTime: 6 * time.Second})
	require.NoError(t, h.sim.SetBehaviour(Behaviour{Source: "obs://b/none.jar", Result: ResultMissing}))
	source := func(url string) string {
		return `"source":{"kind":"artifact","spec":{"storage":"obs","type":"package","url":"` + url + `"}},"build":{"parameters":{"cluster_id":"c"}}`
	}
	tell(t, h, inTown(
		step{line: "POST " + cas2 + "/applications/{app}/components", body: `{"name":"cart","runtime":"Java8","category":"Common",` + source("obs://b/cart.jar") + `}`, keep: map[string]string{"component": "id", "job": "build.id"}},
		step{line: "GET /assembling/v1/jobs?page=1&per_page=10&job_name=cart", has: `{"total":1,"page":1,"per_page":10,"list":[{"job_id":"{job}","job_name":"cart"}]}`},
		step{line: "GET /assembling/v1/jobs/{job}/builds?name=cart", after: 1500 * time.Millisecond, has: `{"total":1,"finished":0,"list":[{"build_state":"Building","duration":1}]}`, keep: map[string]string{"build": "list.0.build_id"}},
		step{line: "GET /assembling/v1/builds/{build}/phases", has: `{"total":6,"list":[{"name":"Init","state":"Successful"},{"name":"Download","state":"Building"},{"state":"NotStarted"},{},{},{}]}`},
		step{line: "GET /assembling/v1/builds/{build}/logs?from=0", has: `{"phases":"Init,Download,PreProcess,Build,Artifact,PostProcess"}`, says: "Download: begins", keep: map[string]string{"next": "next"}},
		step{line: "GET /assembling/v1/builds/{build}/logs?from={next}", has: `{"buildlog":""}`},
		step{line: "GET /assembling/v1/builds/{build}/logs?from={next}", after: time.Minute, says: "PostProcess: Successful"},
		step{line: "PUT " + cas2 + "/applications/{app}/components/{component}", body: `{"name":"cart-two",` + source("obs://b/none.jar") + `}`, has: `{"build":{"id":"{job}"}}`},
		step{line: "GET /assembling/v1/jobs/{job}/builds?name=cart-two", after: time.Minute, has: `{"total":2,"finished":2,"successful":1,"list":[{"build_state":"Failed","duration":2},{"build_state":"Successful","duration":6}]}`, keep: map[string]string{"failed": "list.0.build_id"}},
		step{line: "GET /assembling/v1/builds/{failed}/phases", has: `{"list":[{"state":"Successful"},{"state":"Failed"},{"state":"NotStarted"},{"state":"NotStarted"},{"state":"NotStarted"},{"state":"NotStarted"}]}`},
		step{line: "GET /assembling/v1/builds/{failed}/logs?from=0", says: "obs://b/none.jar could not be fetched"},
		step{line: "PUT " + cas2 + "/applications/{app}/components/{component}", body: `{"description":"the same source"}`},
		step{line: "GET /assembling/v1/jobs/{job}/builds?name=cart-two", has: `{"total":2}`},
		step{line: "GET /assembling/v1/jobs/{job}/builds?name=cart", status: 404, code: codeNoJob},
		step{line: "GET /assembling/v1/jobs/{job}/builds", status: 400, says: "name"},
		step{line: "GET /assembling/v1/jobs?page=0&per_page=10", status: 400, says: "page"},
		step{line: "GET /assembling/v1/builds/none/phases", status: 404, code: codeNoJob},
		step{line: "GET /assembling/v1/builds/{build}/logs", status: 400, says: "from"},
	))
}
