package servicestagesim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestComponents_CreatedAndListed(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.web = w.create(t, "api", `"replica":2`)
	require.Equal(t, []string{"INITIALIZING 1.0.0 0", "INITIALIZING 1.0.0 0", "INITIALIZING 1.0.0 0", "RUNNING 1.0.0 2"}, w.course(t, 3))
	list := w.must(t, "GET"+cas+"/components?order_by=name&order=asc", "")
	require.Equal(t, []string{"api", "web"}, list.texts("components", "name"))
	require.Equal(t, []string{"shop", "prod", "cce", "RUNNING"}, []string{
		list.text("components.0.application_name"), list.text("components.0.environment_name"), list.text("components.0.platform_type"),
		list.text("components.0.status.component_status"),
	})
	require.Equal(t, 1, w.must(t, "GET"+cas+"/components?component_name=api&application_name=shop", "").number("count"))
	require.Equal(t, 0, w.must(t, "GET"+cas+"/components?application_name=sho", "").number("count"), "names fit as a whole")
	require.Equal(t, 2, w.must(t, w.components("GET", ""), "").number("count"))
	require.Equal(t, "OK", w.must(t, w.about("PUT", "/refresh"), "").text("message"))
}

func TestComponents_ACreationThatFails(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.web = w.create(t, "api", `"replica":2,"labels":[{"key":"version","value":"x"}]`)
	w.advance(t, time.Minute)
	require.Equal(t, "FAILED 1.0.0 0", w.seen(t))
	g := w.read(t)
	require.Equal(t, detailCreateFailed, g.text("status.fail_detail"))
	require.Contains(t, string(w.job(t, g.text("status.last_job_id")).raw), "the label key version is reserved")
	w.must(t, w.about("PUT", ""), `{"version":"1.0.1","labels":[],`+image("2")+`}`)
	w.advance(t, time.Minute)
	require.Equal(t, "RUNNING 1.0.1 2", w.seen(t))
}

// What an update leaves out keeps its value; of what a version was made stays readable.
func TestComponents_Specifications(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	w.must(t, w.about("PUT", ""), update("2.0.0", `"limit_cpu":0.25,"envs":[{"name":"A","value":"1"},{"name":"CAS_APP_ID","value":"x"},{"name":"B","value":"2","inner":true}],"anything":{"new":[1]}`))
	w.advance(t, time.Minute)
	w.must(t, w.about("PUT", ""), `{"version":"3.0.0","source":{"kind":"image","storage":"swr","url":"swr.test/shop/web:3","commit_id":"abcdef01"},"affinity":{"az":[]},"liveness_probe":{},"envs":[]}`)
	g := w.read(t)
	require.InDelta(t, 0.25, g.at("limit_cpu"), 0, "what is left out stays")
	require.Equal(t, map[string]any{"new": []any{1.0}}, g.at("anything"), "what nobody knows is kept")
	require.Nil(t, g.at("source.commit_id"), "the commit is shown only of a version that is asked for")
	for _, name := range []string{"affinity", "anti_affinity", "storages", "logs", "external_accesses", "refer_resources", "labels"} {
		require.IsType(t, []any{}, g.at(name), name)
	}
	require.Nil(t, g.at("liveness_probe"))
	for _, env := range g.texts("envs", "name") {
		require.Regexp(t, "^(CAS|PAAS)_", env, "the platform's own are there")
	}
	require.Contains(t, g.texts("envs", "inner"), "false", "and not all of them are marked")
	third := w.must(t, w.about("GET", "?version=3.0.0"), "")
	require.Equal(t, "abcdef01", third.text("source.commit_id"))
	second := w.must(t, w.about("GET", "?version=2.0.0"), "")
	require.Equal(t, []string{"2.0.0", "swr.test/shop/web:2.0.0"}, []string{second.text("version"), second.text("source.url")})
	require.True(t, slices.Contains(second.texts("envs", "name"), "A") && !slices.Contains(second.texts("envs", "name"), "B"))
}

func TestComponents_Imported(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	g := w.must(t, w.components("POST", ""), fmt.Sprintf(
		`{"create_mode":"import","name":"legacy","workload_name":"legacy-1","environment_id":%q,"version":"1.0.0","workload_kind":"deployment",%s,%s}`, w.env, docker, cluster))
	w.web = g.text("instance_id")
	require.Equal(t, "RUNNING 1.0.0 1", w.seen(t))
	require.Equal(t, "legacy-1", w.read(t).text("workload_name"))
	require.Equal(t, 2, w.must(t, w.components("GET", ""), "").number("count"))
	w.must(t, w.about("PUT", ""), `{"version":"1.1.0",`+image("2")+`}`)
	w.advance(t, time.Minute)
	require.Equal(t, "RUNNING 1.1.0 1", w.seen(t))
}

func TestComponents_OnServers(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	g := w.must(t, w.components("POST", ""), fmt.Sprintf(
		`{"name":"vm","version":"1.0.0","environment_id":%q,"replica":1,"runtime_stack":{"name":"OpenJDK8","type":"Java","version":"1.1.1","deploy_mode":"virtualmachine"},`+
			`"source":{"kind":"package","storage":"obs","url":"obs://b/a.jar"},"refer_resources":[{"id":"h1","type":"ecs"}]}`, w.mixed(t)))
	w.web = g.text("component_id")
	w.advance(t, time.Minute)
	require.Equal(t, []any{"h1"}, w.read(t).at("refer_resources.0.parameters.hosts"))
	w.send(t, w.about("POST", "/action"), acting("scale", `{"replica":2}`)).refusedBy(t, codeInvalid)
	w.act(t, "scale", `{"hosts":["h1","h2"]}`)
	w.advance(t, time.Minute)
	require.Equal(t, "RUNNING 1.0.0 2", w.seen(t))
	require.Equal(t, []any{"h1", "h2"}, w.read(t).at("refer_resources.0.parameters.hosts"))
	w.send(t, w.about("PUT", ""), `{"version":"2.0.0","source":{"kind":"package","storage":"obs","url":"obs://b/a.jar"},`+grayBy(10, 1, 1)+`}`).refusedBy(t, codeInvalid)
}

func TestActions_Courses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		action, parameters string
		course             []string
	}{
		"stop":       {"stop", "", []string{"STOPPING 1.0.0 4", "STOPPING 1.0.0 4", "STOPPING 1.0.0 0", "STOPPED 1.0.0 0"}},
		"restart":    {"restart", `{"replica":0,"hosts":["string"],"version":"string"}`, []string{"RESTARTING 1.0.0 4", "RESTARTING 1.0.0 4", "RESTARTING 1.0.0 0", "RUNNING 1.0.0 4"}},
		"scale up":   {"scale", `{"replica":"6"}`, []string{"UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "RUNNING 1.0.0 6"}},
		"scale down": {"scale", `{"replica":1}`, []string{"UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "UPGRADING 1.0.0 1", "RUNNING 1.0.0 1"}},
		"to nothing": {"scale", `{"replica":0}`, []string{"UPGRADING 1.0.0 4", "UPGRADING 1.0.0 4", "UPGRADING 1.0.0 0", "RUNNING 1.0.0 0"}},
		"sync":       {"sync_workload", "", []string{"RUNNING 1.0.0 4", "RUNNING 1.0.0 4", "RUNNING 1.0.0 4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			job := w.act(t, tt.action, tt.parameters)
			require.Equal(t, tt.course, w.course(t, len(tt.course)-1))
			require.Equal(t, jobSucceeded, w.job(t, job).text("job.execution_status"))
			require.Equal(t, 1, w.must(t, w.about("GET", "/records"), "").number("count"), "only releases have records")
			if tt.action == "stop" {
				w.act(t, "start", "")
				require.Equal(t, []string{"STARTING 1.0.0 0", "STARTING 1.0.0 0", "STARTING 1.0.0 0", "RUNNING 1.0.0 4"}, w.course(t, 3))
			}
		})
	}
}

func TestActions_OfAGrayRelease(t *testing.T) {
	t.Parallel()
	w := serve(t, Config{Clock: SteppedClock(start()), PauseIsUpgrading: true}).deployed(t)
	w.release(t, "2.0.0", grayBy(10, 1, 1))
	w.advance(t, time.Minute)
	require.Equal(t, "UPGRADING 2.0.0 4", w.seen(t), "as the reference has no other word")
	require.Equal(t, "succeeded", w.must(t, w.about("POST", "/action"), acting("check_gray_release", "")).text("result"))
	require.Contains(t, w.send(t, w.about("POST", "/action"), acting("modify_gray_rule", "")).refusedBy(t, codeInvalid), "no documented body")
	w.act(t, "continue_deploy", "")
	w.advance(t, time.Minute)
	require.Equal(t, "RUNNING 2.0.0 4", w.seen(t))
}

func TestComponents_ADeletionThatFails(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	_, err := w.sim.AddFault(Fault{Kind: FaultJobFails, Operation: "DeleteComponent"})
	require.NoError(t, err)
	g := w.must(t, w.about("DELETE", ""), "")
	require.Equal(t, w.web, g.text("component_id"))
	require.Equal(t, "DELETING 1.0.0 4", w.seen(t))
	w.advance(t, time.Minute)
	require.Equal(t, detailDeleteFailed, w.read(t).text("status.fail_detail"))
	w.must(t, w.about("DELETE", ""), "")
	w.advance(t, time.Minute)
	w.send(t, w.about("GET", ""), "").refusedBy(t, codeNoComponent)
	require.Equal(t, jobSucceeded, w.job(t, w.lastJob(t)).text("job.execution_status"), "the job outlives the component")
}

// lastJob is the newest job there is.
func (w world) lastJob(t tester) string {
	t.Helper()
	w.sim.mu.Lock()
	defer w.sim.mu.Unlock()
	last := ""
	for id, j := range w.sim.st.Jobs {
		if last == "" || j.Number > w.sim.st.Jobs[last].Number {
			last = id
		}
	}
	return last
}

func TestJobs_TasksArePaged(t *testing.T) {
	t.Parallel()
	w := deployed(t)
	job := w.release(t, "2.0.0", rollingIn(4))
	w.advance(t, 2*time.Second)
	g := w.job(t, job)
	require.Equal(t, 5, g.number("task_count"))
	require.Equal(t, []string{jobSucceeded, jobRunning, jobSubmitted, jobSubmitted, jobSubmitted}, g.texts("tasks", "task_status"))
	require.Equal(t, []string{"1", "3", "5", "7", "9"}, g.texts("tasks", "task_index"))
	require.Equal(t, []string{"7", "5"}, w.job(t, job+"?desc=true&offset=1&limit=2").texts("tasks", "task_index"))
	require.Equal(t, w.web, g.text("job.service_instance_id"))
	w.web = w.create(t, "large", `"replica":150,`+rollingIn(150))
	require.Len(t, w.job(t, w.read(t).text("status.last_job_id")).list("tasks"), 151, "without a limit there are all tasks")
	require.Equal(t, typeProvision, g.text("job.job_type"))
}

// The requests that the reference prints are taken, with all that its tables lack.
func TestComponents_TheReferencesExamples(t *testing.T) {
	t.Parallel()
	for name, about := range map[string]string{
		"CreateComponent.request.json": "container", "CreateComponent.vm.request.json": "virtualmachine", "CreateComponent.worked.request.json": "container",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t)
			body := sample(t, name)
			body["environment_id"] = w.must(t, "POST"+cas+"/environments", fmt.Sprintf(`{"name":"another","vpc_id":"v","deploy_mode":%q}`, about)).text("id")
			if body["application_id"] != nil {
				body["application_id"] = w.app
			}
			w.web = w.must(t, w.components("POST", ""), text(t, body)).text("component_id")
			w.advance(t, time.Minute)
			require.Equal(t, statusRunning, w.read(t).text("status.component_status"))
		})
	}
	t.Run("an update", func(t *testing.T) {
		t.Parallel()
		w := deployed(t)
		body := sample(t, "UpdateComponent.worked.request.json")
		body["id"], body["name"] = w.web, "web"
		w.must(t, w.about("PUT", ""), text(t, body))
	})
}

// sample is a request that the reference prints.
func sample(t *testing.T, name string) map[string]any {
	t.Helper()
	written, err := os.ReadFile(filepath.Join("..", "servicestageclient", "testdata", "samples", name))
	require.NoError(t, err)
	var body map[string]any
	require.NoError(t, json.Unmarshal(written, &body))
	return body
}

func text(t *testing.T, body any) string {
	t.Helper()
	written, err := json.Marshal(body)
	require.NoError(t, err)
	return string(written)
}
