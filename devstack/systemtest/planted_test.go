package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"slipway/devstack/scenario"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
	"slipway/saesim"
)

// askedValue is the value of a variable that this test asks for. It is no secret, but nobody
// needs to see it besides those who carry it out.
const askedValue = "asked4711value"

// keeping are parameters of an application that is full of secrets.
func keeping() map[string]string {
	return map[string]string{
		"Envs":    `[{"name":"PASSWORD","value":"` + hush + `"},{"name":"PLAIN","value":"` + hush + `"}]`,
		"OssAkId": "LTAI5t" + hush, "OssAkSecret": hush,
		"OssMountDescs": `[{"bucketName":"b","bucketPath":"/","mountPath":"/b","readOnly":true}]`,
		"Command":       "sh", "CommandArgs": `["-c","shop --key=` + hush + `"]`,
		"Liveness":                `{"exec":{"command":["sh","-c","probe ` + hush + `"]}}`,
		"PreStop":                 `{"exec":{"command":["sh","-c","leave ` + hush + `"]}}`,
		"SidecarContainersConfig": `[{"Name":"a","ImageUrl":"i:1","Cpu":500,"Memory":512,"Envs":"[{\"name\":\"A\",\"value\":\"` + hush + `\"}]"}]`,
	}
}

// askingFor is a release of an image and a configuration with the value.
func (h *house) askingFor(app release.App, st release.Strategy) release.Spec {
	s := spec(app, st)
	s.Config = &release.Config{
		Variables: []release.Variable{{Name: "PLAIN", Value: new(askedValue)}, {Name: "FRESH", Value: new(askedValue)}},
		Args:      []string{"-c", "shop " + askedValue},
	}
	return s
}

// releaseConfigurations releases an application that is full of secrets, with a value of its own: by
// plan, in batches and watched, with errors that quote it, failing, alone, and back; and runs a job.
func (h *house) releaseConfigurations() (ids []string) {
	h.t.Helper()
	job := h.runAJobOfSecrets()
	app := h.configured(keeping())
	plan, err := releases.New(h.Client).Plan(h.ctx, h.askingFor(app, gray()))
	require.NoError(h.t, err)
	require.Empty(h.t, plan.Refusals)

	watched := gray()
	watched.Watch = &release.Watch{For: release.Duration(2 * time.Second), Gates: []release.Gate{h.tellingGate()}}
	h.quote(app, saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Status: 503, Code: "System.Upgrading"})
	id, events := h.ask(h.t.Name()+"-watched", h.askingFor(app, watched))
	ids = append(ids, id)
	for batch := 1; batch <= 2; batch++ {
		h.until(events, release.EventBatchWaiting, batch)
		h.confirm(id, batch)
	}
	h.until(events, release.EventWatching, 0)
	h.requireOutcome(id, release.PhaseSucceeded)

	h.quote(app, saesim.Fault{Kind: saesim.FaultBatchFails})
	id, _ = h.ask(h.t.Name()+"-failing", h.another(app, "failing"))
	ids = append(ids, id)
	h.requireOutcome(id, release.PhaseRolledBack)

	alone := h.another(app, "alone")
	alone.Artifact = release.Artifact{}
	id, _ = h.ask(h.t.Name()+"-alone", alone)
	ids = append(ids, id)
	h.requireOutcome(id, release.PhaseSucceeded)

	h.quote(app, saesim.Fault{Kind: saesim.FaultError, Operation: "DeployApplication", Status: 400, Code: "InvalidParameter.WithMessage"})
	id, _ = h.ask(h.t.Name()+"-refused", h.another(app, "refused"))
	ids = append(ids, id)
	h.requireOutcome(id, release.PhaseFailed)

	back := spec(app, all())
	back.Artifact, back.Operation = release.Artifact{}, release.OperationRollback
	id, _ = h.ask(h.t.Name()+"-back", back)
	ids = append(ids, id)
	h.requireOutcome(id, release.PhaseSucceeded)
	h.requireOutcome(job, release.PhaseSucceeded)
	return append(ids, job)
}

// another is askingFor with something else to change.
func (h *house) another(app release.App, name string) release.Spec {
	s := h.askingFor(app, all())
	s.Artifact.Image += "-" + name
	s.Config.Variables[1].Value = new(askedValue + name)
	s.Config.Args = []string{"-c", "shop " + name + askedValue}
	return s
}

// tellingGate is a gate that asks somebody who tells secrets.
func (h *house) tellingGate() release.Gate {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("token=" + hush))
	}))
	h.t.Cleanup(server.Close)
	return release.Gate{Name: "telling", DryRun: true, Samples: 1, HTTP: &release.HTTPGate{URL: server.URL}}
}

// quote adds a fault whose message quotes what was asked, as the platform does.
func (h *house) quote(app release.App, f saesim.Fault) {
	h.t.Helper()
	f.AppID, f.Message = app.ID, `cannot apply [{"name":"PLAIN","value":"`+askedValue+`"},{"name":"PASSWORD","value":"`+hush+`"}]`
	_, err := h.Sim().AddFault(f)
	require.NoError(h.t, err)
}

func (h *house) requireOutcome(id string, want release.Phase) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.started(id) }, patience, 20*time.Millisecond)
	p := h.result(id)
	require.Equal(h.t, want, p.Outcome, p.Reason)
}

// runAJobOfSecrets asks for a run of a job whose template has secrets, once it was refused with words that quote.
func (h *house) runAJobOfSecrets() string {
	h.t.Helper()
	app, err := scenario.CreateJob(h.ctx, h.sae, "planted")
	require.NoError(h.t, err)
	_, err = h.sae.UpdateJob(h.ctx, &saeclient.UpdateJobInput{
		AppID: app.ID, Envs: []saeclient.EnvVar{{Name: "PASSWORD", Value: hush}}, Command: new("sh"), CommandArgs: new(`["-c","` + hush + `"]`),
	})
	require.NoError(h.t, err)
	h.awaitOrders(app)
	h.quote(app, saesim.Fault{Kind: saesim.FaultError, Operation: "ExecJob", Status: 503, Code: "System.Upgrading"})
	id, _ := h.ask(h.t.Name()+"-job", release.Spec{
		App: app, Operation: release.OperationJob, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "systemtest",
		Job: &release.Job{Run: true, Command: []string{"sh", "-c", askedValue}, Variables: []release.Variable{{Name: "MODE", Value: new(askedValue)}}},
	})
	return id
}

// whereAsked lists what has the value in histories: the kind of the workflow, of the event, and
// the activity.
func (h *house) whereAsked() (found []string) {
	h.t.Helper()
	list, err := h.Client.ListWorkflow(h.ctx, &workflowservice.ListWorkflowExecutionsRequest{})
	require.NoError(h.t, err)
	for _, w := range list.GetExecutions() {
		for _, e := range h.events(w.GetExecution()) {
			if strings.Contains(e.String(), askedValue) {
				found = append(found, w.GetType().GetName()+" "+kindOf(e))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func kindOf(e *historypb.HistoryEvent) string {
	if e.GetEventType() == enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
		return e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
	}
	return e.GetEventType().String()
}

// mayBeAsked are the places in histories that may have a value that was asked for: the request,
// where it is submitted and begun, and what the driver of the platform is asked.
func mayBeAsked() []string {
	return []string{
		"Deploy WorkflowExecutionStarted", "Deploy sae.BeginRollout", "Deploy sae.Snapshot", "Deploy sae.Verify",
		"GrayRelease WorkflowExecutionStarted", "GrayRelease sae.BeginRollout", "GrayRelease sae.Snapshot", "GrayRelease sae.Verify",
		"Job WorkflowExecutionStarted", "Job sae.RunJob", "Job sae.Snapshot",
		"Lane StartChildWorkflowExecutionInitiated", "Lane WorkflowExecutionUpdateAccepted",
		"Plan WorkflowExecutionStarted", "Plan sae.Snapshot",
	}
}
