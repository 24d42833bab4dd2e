package systemtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestJobs releases job templates on one stack.
func TestJobs(t *testing.T) {
	t.Parallel()
	shared := bring(t, stack.Config{})
	t.Cleanup(func() { end(t, shared) })
	for name, test := range map[string]func(*house){
		"an image and a run": jobThatSucceeds,
		"a run that fails":   jobThatFails,
		"lost answers":       jobWithLostAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(enter(t, shared))
		})
	}
}

// job creates a job template and releases it with an image and a run.
func (h *house) job(faults ...saesim.Fault) (app release.App, id string, events *scenario.Events) {
	h.t.Helper()
	app, err := scenario.CreateJob(h.ctx, h.sae, fmt.Sprintf("job%d", time.Now().UnixNano()%1e9))
	require.NoError(h.t, err)
	for _, f := range faults {
		f.AppID = app.ID
		_, err := h.Sim().AddFault(f)
		require.NoError(h.t, err)
	}
	id, err = scenario.Request(h.ctx, h.JetStream, h.t.Name(), release.Spec{
		App: app, Operation: release.OperationJob, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "systemtest",
		Job: &release.Job{Run: true, Command: []string{"migrate", "--all"}, Variables: []release.Variable{{Name: "MODE", Value: new("online")}}},
	})
	require.NoError(h.t, err)
	return app, id, h.follow(id)
}

// requireJob checks the image of a template and the states of its runs.
func (h *house) requireJob(app release.App, image string, states ...string) {
	h.t.Helper()
	described, err := h.sae.DescribeJob(h.ctx, &saeclient.DescribeJobInput{AppID: app.ID})
	require.NoError(h.t, err)
	require.Equal(h.t, image, described.Data.ImageURL)
	history, err := h.sae.DescribeJobHistory(h.ctx, &saeclient.DescribeJobHistoryInput{AppID: app.ID})
	require.NoError(h.t, err)
	var found []string
	for _, run := range history.Data.Jobs {
		found = append(found, run.State)
	}
	require.Equal(h.t, states, found)
}

func jobThatSucceeds(h *house) {
	app, id, events := h.job()
	p := h.until(events, release.EventRunStarted, 0)
	require.Equal(h.t, release.PhaseRunning, p.Phase)
	p = h.until(events, release.EventSucceeded, 0)
	require.Equal(h.t, release.RunSucceeded, p.Job.State)
	require.Equal(h.t, scenario.OldImage, p.RollbackTo.Artifact.Image)
	h.requireJob(app, scenario.NewImage, "1")
	require.Equal(h.t, p.Job, h.result(id).Job)
}

func jobThatFails(h *house) {
	app, _, events := h.job(saesim.Fault{Kind: saesim.FaultBatchFails, Operation: "ExecJob"})
	p := h.until(events, release.EventFailed, 0)
	require.Equal(h.t, release.RunFailed, p.Job.State)
	require.Contains(h.t, p.Reason, "failed: failed; the job has "+scenario.OldImage+" again")
	h.requireJob(app, scenario.OldImage, "2")
}

func jobWithLostAnswers(h *house) {
	app, _, events := h.job(
		saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "UpdateJob"}, saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "ExecJob", Count: 2},
	)
	h.until(events, release.EventSucceeded, 0)
	h.requireJob(app, scenario.NewImage, "1")
}

// TestSurvival_WorkerKilledWhileAJobIsAskedToRun dies while the call that runs the job is on its way:
// the next worker asks again, and the job has run once.
func TestSurvival_WorkerKilledWhileAJobIsAskedToRun(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	app, _, events := h.job(saesim.Fault{Kind: saesim.FaultDelayAfter, Operation: "ExecJob", Delay: 5 * time.Minute, Count: 1})
	require.Eventually(t, func() bool {
		out, err := h.sae.DescribeJobHistory(h.ctx, &saeclient.DescribeJobHistoryInput{AppID: app.ID})
		require.NoError(t, err)
		return len(out.Data.Jobs) == 1
	}, patience, 20*time.Millisecond, "the run has begun and nobody was answered")
	require.NoError(t, worker.Kill())

	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	p := h.until(events, release.EventSucceeded, 0)
	require.Equal(t, release.RunSucceeded, p.Job.State)
	h.requireJob(app, scenario.NewImage, "1")
	require.NoError(t, worker.Stop())
}
