package servicestagesim

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const cas = " /v3/{project}/cas"

func TestEnvironments_AndTheirResources(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	path := cas + "/environments/" + w.env
	w.must(t, "PUT"+path+"/resources", `{"resources":[{"id":"c1","type":"cce","name":"cluster"},{"id":"e1","type":"elb"}]}`)
	require.Equal(t, []string{"c1", "e1"}, w.must(t, "GET"+path, "").texts("resources", "id"))
	w.must(t, "PUT"+path+"/resources", `{"resources":[{"id":"e2","type":"elb"}]}`)
	require.Equal(t, []string{"e2"}, w.must(t, "GET"+path+"/resources", "").texts("resources", "id"), "the list replaces the one before")
	w.must(t, "PUT"+path+"/resources", `{"resources":[]}`)
	require.Empty(t, w.must(t, "GET"+path+"/resources", "").list("resources"))
	changed := w.must(t, "PUT"+path, `{"name":"PROD","labels":[{"key":"team","value":"web"}]}`)
	require.Equal(t, []string{"PROD", ""}, []string{changed.text("name"), changed.text("description")}, "what is left out is cleared")
	w.send(t, "POST"+cas+"/environments", `{"name":"prod","vpc_id":"v"}`).refusedBy(t, codeEnvironmentExists)
	w.send(t, "DELETE"+path, "").refusedBy(t, codeEnvironmentInUse)
	w.must(t, w.about("DELETE", ""), "")
	w.send(t, "DELETE"+path, "").refusedBy(t, codeEnvironmentInUse)
	w.advance(t, time.Minute)
	w.send(t, w.about("GET", ""), "").refusedBy(t, codeNoComponent)
	require.Equal(t, http.StatusNoContent, w.send(t, "DELETE"+path, "").status)
	w.send(t, "GET"+path, "").refusedBy(t, codeNoEnvironment)
}

func TestEnvironments_Lists(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 7 {
		h.must(t, "POST"+cas+"/environments", fmt.Sprintf(`{"name":"e%d","vpc_id":"v","enterprise_project_id":"p%d"}`, (i*3)%7, i%2))
		h.advance(t, time.Second)
	}
	for query, want := range map[string][]string{
		"":                                    {"e4", "e1", "e5", "e2", "e6", "e3", "e0"},
		"?limit=2":                            {"e4", "e1"},
		"?limit=2&offset=6":                   {"e0"},
		"?limit=2&offset=7":                   {},
		"?limit=0":                            {},
		"?order=asc&limit=3":                  {"e0", "e3", "e6"},
		"?order_by=name&order=asc&limit=3":    {"e0", "e1", "e2"},
		"?order_by=nothing&limit=1":           {"e4"},
		"?name=e5":                            {"e5"},
		"?name=e":                             {},
		"?enterprise_project_id=p1&order=asc": {"e3", "e2", "e1"},
		"?order_by=update_time&order=asc&limit=1": {"e0"},
	} {
		g := h.must(t, "GET"+cas+"/environments"+query, "")
		require.Equal(t, want, g.texts("environments", "name"), query)
	}
	require.Equal(t, 3, h.must(t, "GET"+cas+"/environments?enterprise_project_id=p1&limit=1", "").number("count"), "the count is that of all pages")
}

func TestApplications(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	path := cas + "/applications/" + w.app
	require.Equal(t, 1, w.must(t, "GET"+path, "").number("component_count"))
	w.send(t, "POST"+cas+"/applications", `{"name":"shop"}`).refusedBy(t, codeApplicationExists)
	require.Equal(t, "shop", w.must(t, "PUT"+path, `{"description":"x"}`).text("name"), "what is left out stays")
	w.must(t, "PUT"+path+"/configuration", fmt.Sprintf(`{"environment_id":%q,"configuration":{"env":[{"name":"A","value":"1"},{"name":"B","value":"2"},{"name":"A","value":"3"}]}}`, w.env))
	read := w.must(t, "GET"+path+"/configuration?environment_id="+w.env, "")
	require.Equal(t, []string{"B", "A"}, read.texts("configuration.0.configuration.env", "name"), "the last of two counts")
	require.Equal(t, []string{"2", "3"}, read.texts("configuration.0.configuration.env", "value"))
	require.Equal(t, http.StatusNoContent, w.send(t, "DELETE"+path+"/configuration?environment_id="+w.env, "").status)
	require.Empty(t, w.must(t, "GET"+path+"/configuration", "").list("configuration"))
	w.send(t, "DELETE"+path+"/configuration", "").refusedBy(t, codeInvalid)
	w.send(t, "DELETE"+path, "").refusedBy(t, codeNotEmpty)
	options := w.must(t, "GET"+cas+"/components/filterOptions", "")
	require.Equal(t, []string{"shop"}, options.texts("filter_options.applications", "label"))
	require.Equal(t, []string{"prod"}, options.texts("filter_options.environments", "label"))
	w.must(t, w.about("DELETE", ""), "")
	w.advance(t, time.Minute)
	require.Equal(t, http.StatusNoContent, w.send(t, "DELETE"+path, "").status)
	w.send(t, "GET"+path, "").refusedBy(t, codeNoApplication)
}

func TestIaC_ResourcesAreMade(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	path := cas + "/environments/" + w.env + "/iac-resources"
	w.send(t, "POST"+path+"/provision", "").refusedBy(t, codeInvalid)
	w.must(t, "POST"+path, `{"iac_resources":[{"id":"db","name":"orders","type":"rds","vars_structure":[{"var_key":"","var_value":""}],"vars_body":{"size":"2"}}]}`)
	w.send(t, "POST"+path, `{"iac_resources":[{"id":"db","name":"orders","type":"rds"}]}`).refusedBy(t, codeInvalid)
	require.Equal(t, []string{iacInit}, w.must(t, "GET"+path, "").texts("iac_resources", "status"))
	g := w.must(t, "POST"+path+"/provision", "")
	require.Equal(t, []string{iacCreating, "ADD"}, []string{g.text("status"), g.text("execution_plan_items.0.action")})
	w.send(t, "POST"+path+"/provision", "").refusedBy(t, codeWrongStatus)
	w.send(t, "PUT"+path+"/db", `{"name":"x"}`).refusedBy(t, codeWrongStatus)
	w.advance(t, time.Minute)
	require.Equal(t, []string{iacCreated}, w.must(t, "GET"+path, "").texts("iac_resources", "status"))
	require.Equal(t, []string{"rds"}, w.must(t, "GET"+cas+"/environments/"+w.env+"/resources", "").texts("resources", "type"))
	changed := w.must(t, "PUT"+path+"/db", `{"custom_hcl":"x","deploy_vars_body":{"a":"b"}}`)
	require.Equal(t, []string{iacMarkUpdate, "ExecutionPlanApplySuccess"}, []string{changed.text("iac_resources.0.status"), changed.text("iac_task_status")})
	_, err := w.sim.AddFault(Fault{Kind: FaultJobFails})
	require.NoError(t, err)
	require.Equal(t, iacUpdating, w.must(t, "POST"+path+"/provision", "").text("status"))
	w.advance(t, time.Minute)
	runs := w.must(t, "GET"+path+"/provision-histories", "")
	require.Equal(t, []string{runFailed, runSucceeded}, runs.texts("list", "status"))
	require.Equal(t, []int{2, 1, 100}, []int{runs.number("total"), runs.number("pageNum"), runs.number("pageSize")})
	id := runs.text("list.1.id")
	require.Contains(t, w.must(t, "GET"+path+"/provision-histories/"+id, "").text("stack_resources"), iacCreated)
	events := w.must(t, "GET"+path+"/provision-histories/"+id+"/events", "")
	require.Equal(t, []string{"SUMMARY", iacCreated, iacCreating, "LOG"}, events.texts("stack_events", "event_type"))
	w.send(t, "GET"+path+"/provision-histories/none", "").refusedBy(t, codeNotFound)
	require.Empty(t, w.must(t, "DELETE"+path+"/db", "").list("iac_resources"))
	require.Empty(t, w.must(t, "GET"+cas+"/environments/"+w.env+"/resources", "").list("resources"))
}

func TestAddons(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	path := cas + "/environments/" + w.env + "/addons"
	require.Equal(t, []string{addonSermant}, w.must(t, "GET"+path+"-metadata", "").texts("addons", "name"))
	w.send(t, "POST"+path, `{"name":"sermantInjector","cce_id":"c1"}`).refusedBy(t, codeInvalid)
	made := w.must(t, "POST"+path, `{"name":"sermantInjector","cce_id":"c1","cse_id":"e1"}`)
	one := path + "/" + made.text("id")
	w.send(t, "POST"+path, `{"name":"sermantInjector","cce_id":"c1","cse_id":"e1"}`).refusedBy(t, codeNameExists)
	require.Equal(t, statusInitializing, w.must(t, "GET"+one, "").text("status"))
	w.must(t, w.about("DELETE", ""), "")
	w.advance(t, time.Minute)
	require.Contains(t, w.send(t, "DELETE"+cas+"/environments/"+w.env, "").refusedBy(t, codeEnvironmentInUse), "add-on")
	w.must(t, "POST"+one+"/action", `{"action":"restart"}`)
	w.send(t, "POST"+one+"/action", `{"action":"restart"}`).refusedBy(t, codeWrongStatus)
	w.advance(t, time.Minute)
	require.Equal(t, addonSucceeded, w.must(t, "GET"+one, "").text("status"))
	require.Equal(t, jobSucceeded, w.job(t, made.text("job_id")).text("job.execution_status"))
	_, err := w.sim.AddFault(Fault{Kind: FaultJobFails, Operation: "AddonAction"})
	require.NoError(t, err)
	w.must(t, "POST"+one+"/action", `{"action":"redeploy"}`)
	require.Equal(t, statusUpgrading, w.must(t, "GET"+one, "").text("status"))
	w.advance(t, time.Minute)
	require.Equal(t, []string{statusFailed}, w.must(t, "GET"+path, "").texts("addons", "status"))
	w.must(t, "DELETE"+one, "")
	w.advance(t, time.Minute)
	w.send(t, "GET"+one, "").refusedBy(t, codeNotFound)
}

func TestStacks(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	path := cas + "/runtimestacks"
	const body = `{"name":"CustomJdk","deploy_mode":"virtualmachine","type":"Java","version":"1.0.0","spec":{"parameters":{"jdk_url":"obs://b/jdk.tar.gz"}}}`
	made := w.must(t, "POST"+path, body)
	id := made.text("id")
	require.Equal(t, stackDisabled, made.text("status"))
	w.send(t, "POST"+path, body).refusedBy(t, codeNameExists)
	component := fmt.Sprintf(`{"name":"vm","version":"1.0.0","environment_id":%q,"replica":1,"runtime_stack":{"name":"CustomJdk","type":"Java","version":"1.0.0","deploy_mode":"virtualmachine"},`+
		`"source":{"kind":"package","storage":"obs","url":"obs://b/a.jar"},"refer_resources":[{"id":"h1","type":"ecs"}]}`, w.mixed(t))
	w.send(t, w.components("POST", ""), component).refusedBy(t, codeNoRuntime)
	require.Equal(t, http.StatusNoContent, w.send(t, "POST"+path+"/action", `{"action":"Supported","parameters":{"runtimestacks":[{"id":"`+id+`"}]}}`).status)
	w.must(t, w.components("POST", ""), component)
	require.Equal(t, 1, w.must(t, "GET"+path+"/"+id, "").number("component_count"))
	w.send(t, "DELETE"+path+"/"+id, "").refusedBy(t, codeWrongStatus)
	w.send(t, "PUT"+path+"/"+id, `{"name":"Other","deploy_mode":"virtualmachine","type":"Java","version":"1.0.0"}`).refusedBy(t, codeWrongStatus)
	w.must(t, "PUT"+path+"/"+id, `{"name":"CustomJdk","deploy_mode":"virtualmachine","type":"Java","version":"1.0.0","description":"ours"}`)
	list := w.must(t, "GET"+path, "")
	require.Equal(t, len(list.list("runtime_stacks")), list.number("total"))
	system := list.text("runtime_stacks.1.id")
	w.send(t, "DELETE"+path+"/"+system, "").refusedBy(t, codePermission)
	require.NotEmpty(t, w.must(t, "GET"+cas+"/innerimages", "").list("runtime_stacks"))
}

// mixed makes an environment that takes everything.
func (h *harness) mixed(t tester) string {
	t.Helper()
	return h.must(t, "POST"+cas+"/environments", `{"name":"mixed","vpc_id":"v"}`).text("id")
}
