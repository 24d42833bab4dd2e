package release_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

func aJob() release.Spec {
	return release.Spec{App: anApp(), Operation: release.OperationJob, Artifact: release.Artifact{Image: "shop:1"}, Job: &release.Job{Run: true}}
}

func TestJob_SaysWhatHasNoMeaningToIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*release.Spec)
		field  string
	}{
		"as it is":                  {func(*release.Spec) {}, ""},
		"only an image":             {func(s *release.Spec) { s.Job = nil }, ""},
		"only a run":                {func(s *release.Spec) { s.Artifact = release.Artifact{} }, ""},
		"a part alone":              {func(s *release.Spec) { s.Artifact = release.Artifact{Part: "web"} }, "artifact"},
		"neither":                   {func(s *release.Spec) { s.Artifact, s.Job = release.Artifact{}, nil }, "artifact"},
		"a registry of no image":    {func(s *release.Spec) { s.Artifact = release.Artifact{Registry: &release.Registry{Instance: "cri-1"}} }, "artifact"},
		"a job that does not run":   {func(s *release.Spec) { s.Job.Run = false }, "job.run"},
		"batches":                   {func(s *release.Spec) { s.Strategy.Type = release.StrategyBatch }, "strategy.type"},
		"traffic":                   {func(s *release.Spec) { s.Traffic = &release.Traffic{} }, "traffic"},
		"scaling rules":             {func(s *release.Spec) { s.Scaling.Suspend = new(false) }, "scaling.suspend"},
		"gates":                     {func(s *release.Spec) { s.Strategy.Gates = []release.Gate{httpGate()} }, "strategy.gates"},
		"configuration":             {func(s *release.Spec) { s.Config = &release.Config{} }, "config"},
		"instances that stay ready": {func(s *release.Spec) { s.Strategy.MinReadyInstances = new(1) }, "strategy.minReadyInstances"},
		"a version":                 {func(s *release.Spec) { s.Version = "v" }, "version"},
		"a number of instances":     {func(s *release.Spec) { s.Instances = 1 }, "instances"},
		"a change to take over":     {func(s *release.Spec) { s.Adopt = "c-1" }, "adopt"},
		"a variable twice": {func(s *release.Spec) {
			s.Job.Variables = []release.Variable{{Name: "A", Value: new("1")}, {Name: "A", Remove: true}}
		}, "job.variables[1].name"},
		"a variable of nothing": {func(s *release.Spec) { s.Job.Variables = []release.Variable{{Name: "A"}} }, "job.variables[0]"},
		"another operation":     {func(s *release.Spec) { s.Operation = release.OperationRelease }, "job"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := aJob()
			c.change(&s)
			problems, _ := errors.AsType[release.Problems](s.WithDefaults().Validate())
			var fields []string
			for _, p := range problems {
				fields = append(fields, p.Field)
			}
			if c.field == "" {
				require.Empty(t, fields)
				return
			}
			require.Contains(t, fields, c.field)
		})
	}
}

func TestJob_Title(t *testing.T) {
	t.Parallel()
	s := aJob()
	require.Equal(t, "bring shop:1 to the job and run it", s.Title())
	require.Equal(t, release.WorkflowJob, s.Workflow())
	s.Job = nil
	require.Equal(t, "bring shop:1 to the job", s.Title())
	s = aJob()
	s.Artifact = release.Artifact{}
	require.Equal(t, "run the job", s.Title())
}

func TestJob_SetThatRollsBackHasNoJob(t *testing.T) {
	t.Parallel()
	s := validSet()
	s.OnFailure = release.SetRollback
	s.Waves[0].Releases[0].Spec = aJob()
	require.ErrorContains(t, s.WithDefaults().Validate(), "waves[0].releases[0].spec.operation: a job cannot be rolled back")
}

func TestJob_Next(t *testing.T) {
	t.Parallel()
	p := release.Progress{
		ReleaseID: "r-a", App: anApp(), Operation: release.OperationJob, Phase: release.PhaseRunning, ChangeID: "c-1",
		RollbackTo: &release.Version{Artifact: release.Artifact{Image: "shop:0"}}, Job: &release.JobRun{ID: "run-1", State: release.RunRunning},
	}
	steps := release.Next(p)
	require.Len(t, steps, 1)
	require.Equal(t, release.NextAbort, steps[0].Verb)
	require.Equal(t, "stops the run and returns to shop:0", steps[0].Does)
	p.ChangeID = ""
	require.Equal(t, "stops the run", release.Next(p)[0].Does)
	p.Phase = release.PhaseSucceeded
	require.Empty(t, release.Next(p), "the version before is brought by no rollback")
	p.Phase = release.PhaseFailed
	require.Equal(t, release.NextRetry, release.Next(p)[0].Verb)
}

func TestJob_RunText(t *testing.T) {
	t.Parallel()
	for state, want := range map[release.RunState]string{
		release.RunPending: "run 7 of the job has not begun yet", release.RunRunning: "run 7 of the job is running",
		release.RunSucceeded: "run 7 of the job succeeded", release.RunFailed: "run 7 of the job failed: exit code 3",
		release.RunStopped: "run 7 of the job was stopped", release.RunGone: "run 7 of the job is not known to the platform any more",
		"odd": "run 7 of the job is in an unknown state",
	} {
		require.Equal(t, want, release.JobRun{ID: "7", State: state, Message: "exit code 3"}.Text())
	}
	require.Equal(t, "run 7 of the job failed", release.JobRun{ID: "7", State: release.RunFailed}.Text())
}
