package workflows_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"slipway/activities/platform"
	"slipway/activities/sae"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// makeJob makes a job template that has oldImage the application of the stage.
func (s *stage) makeJob(more func(*saeclient.CreateJobInput)) {
	s.t.Helper()
	in := &saeclient.CreateJobInput{
		AppName: "migrate", PackageType: "Image", ImageURL: new(oldImage), Replicas: 1, Workload: "job",
		Envs: []saeclient.EnvVar{{Name: "DB", Value: "orders"}, {Name: "MODE", Value: "nightly"}},
	}
	if more != nil {
		more(in)
	}
	made, err := s.client.CreateJob(s.t.Context(), in)
	require.NoError(s.t, err)
	s.app.ID = made.Data.AppID
	_, err = s.sim.Advance(s.env.Now().Sub(s.sim.Now()))
	require.NoError(s.t, err)
	_, err = s.sim.Advance(time.Minute)
	require.NoError(s.t, err)
	s.sim.ResetCalls()
}

func jobStage(t tester) *stage {
	t.Helper()
	s := newStage(t)
	s.makeJob(nil)
	return s
}

// job asks for a job with a new image that is run.
func (s *stage) job() release.Spec {
	return release.Spec{
		App: s.app, Operation: release.OperationJob, Artifact: release.Artifact{Image: newImage}, Job: &release.Job{Run: true}, RequestedBy: "ann",
	}
}

func (s *stage) template() saeclient.DescribeJobData {
	s.t.Helper()
	out, err := s.client.DescribeJob(s.t.Context(), &saeclient.DescribeJobInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	return out.Data
}

// runs are the states of all runs that the template has had and that were not deleted.
func (s *stage) runs() []string {
	s.t.Helper()
	out, err := s.client.DescribeJobHistory(s.t.Context(), &saeclient.DescribeJobHistoryInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	var states []string
	for _, r := range out.Data.Jobs {
		states = append(states, r.State)
	}
	return states
}

// jobOrders are the types of the change orders of the template after the one that made it.
func (s *stage) jobOrders() []string {
	s.t.Helper()
	out, err := s.client.ListChangeOrders(s.t.Context(), &saeclient.ListChangeOrdersInput{AppID: s.app.ID})
	require.NoError(s.t, err)
	var types []string
	for _, o := range out.Data.ChangeOrderList {
		if o.CoTypeCode != saeclient.CoTypeCreateApp {
			types = append(types, o.CoTypeCode)
		}
	}
	return types
}

const (
	runSucceeded = "1"
	runFailed    = "2"
)

func TestJob_AnImageIsBroughtAndTheJobRunsOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]saesim.Fault{
		"nothing is lost":                    {},
		"the answer of the update is lost":   {Kind: saesim.FaultDropAfter, Operation: "UpdateJob"},
		"the answer of the run is lost":      {Kind: saesim.FaultDropAfter, Operation: "ExecJob", Count: 3},
		"the run is refused after it began":  {Kind: saesim.FaultErrorAfter, Operation: "ExecJob", Code: "System.Upgrading"},
		"the answer of the look is lost":     {Kind: saesim.FaultDropAfter, Operation: "DescribeJobStatus", Count: 2},
		"the update cannot be sent at first": {Kind: saesim.FaultError, Operation: "UpdateJob", Code: "Throttling.User", Count: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobStage(t)
			if fault.Kind != "" {
				s.fault(fault)
			}
			p := s.run(s.job())
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
			require.Equal(t, "migrate", p.AppName)
			require.Equal(t, newImage, s.template().ImageURL)
			require.Equal(t, []string{saeclient.CoTypeDeploy}, s.jobOrders())
			require.Equal(t, []string{runSucceeded}, s.runs())
			require.Equal(t, release.RunSucceeded, p.Job.State)
			require.Contains(t, p.Reason, "run "+p.Job.ID+" of the job succeeded")
			require.False(t, p.Job.StartedAt.IsZero())
			require.False(t, p.Job.EndedAt.Before(p.Job.StartedAt))
			require.EqualValues(t, 1, p.Job.Succeeded)
			require.Equal(t, oldImage, p.RollbackTo.Artifact.Image)
			require.Contains(t, s.kinds(), release.EventRunStarted)
		})
	}
}

// lateRead finds what a job had before when it reads it back for the first time.
type lateRead struct {
	*sae.Driver

	early bool
}

func (l *lateRead) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	if !l.early {
		l.early = true
		return release.Verification{Configured: release.Version{Artifact: release.Artifact{Image: oldImage}}}, nil
	}
	return l.Driver.Verify(ctx, in)
}

// TestJob_OneThatWasNotRunHasNotSucceeded: its image is not read back after its update.
func TestJob_OneThatWasNotRunHasNotSucceeded(t *testing.T) {
	t.Parallel()
	s := newStageWith(t, slog.DiscardHandler, func(d *sae.Driver) platform.Driver { return &lateRead{Driver: d} })
	s.makeJob(nil)
	p := s.run(s.job())
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Empty(t, s.runs())
	require.Contains(t, p.Reason, "but the job has "+oldImage+"; it was not run")
}

func TestJob_OnlyTheImage(t *testing.T) {
	t.Parallel()
	s := jobStage(t)
	spec := s.job()
	spec.Job = nil
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, newImage, s.template().ImageURL)
	require.Empty(t, s.runs())
	require.Nil(t, p.Job)
}

func TestJob_OnlyARun(t *testing.T) {
	t.Parallel()
	s := jobStage(t)
	spec := s.job()
	spec.Artifact = release.Artifact{}
	spec.Job = &release.Job{
		Run: true, Command: []string{"migrate", "--to"}, Args: []string{"4", "a b"}, Instances: 2,
		Variables: []release.Variable{{Name: "DB", Value: new("or\"ders $1")}, {Name: "KEY", ConfigMap: &release.KeyOf{ID: "16", Key: "k"}}},
	}
	p := s.run(spec)
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Empty(t, s.jobOrders())
	require.Equal(t, oldImage, p.Artifact.Image)
	require.EqualValues(t, 2, p.Job.Succeeded)
	require.Empty(t, p.Batches)
	told, err := s.client.DescribeJob(t.Context(), &saeclient.DescribeJobInput{AppID: s.app.ID, JobID: &p.Job.ID})
	require.NoError(t, err)
	require.Equal(t, "migrate", told.Data.Command)
	require.Equal(t, `["--to","4","a b"]`, told.Data.CommandArgs)
	require.Equal(t, []saeclient.EnvVar{
		{Name: "DB", Value: `or"ders $1`},
		{Name: "MODE", Value: "nightly"},
		{Name: "KEY", ValueFrom: &saeclient.EnvSource{ConfigMapRef: &saeclient.ConfigMapKey{ConfigMapID: 16, Key: "k"}}},
	}, []saeclient.EnvVar(told.Data.Envs), "what the template has is kept")
}

func TestJob_ARunThatFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*release.Spec)
		reason string
		image  string
		orders int
	}{
		"the image before comes back": {func(*release.Spec) {}, "failed: failed; the job has " + oldImage + " again", oldImage, 2},
		"the new image stays": {
			func(s *release.Spec) { s.Rollback.OnFailure = new(false) },
			"failed: failed; the job keeps " + newImage, newImage, 1,
		},
		"nothing was brought": {func(s *release.Spec) { s.Artifact = release.Artifact{} }, "failed: failed; the job was not changed", oldImage, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobStage(t)
			s.fault(saesim.Fault{Kind: saesim.FaultBatchFails, Operation: "ExecJob"})
			spec := s.job()
			c.change(&spec)
			p := s.run(spec)
			require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
			require.Contains(t, p.Reason, c.reason)
			require.Equal(t, release.RunFailed, p.Job.State)
			require.Equal(t, "failed", p.Job.Message)
			require.Equal(t, c.image, s.template().ImageURL)
			require.Len(t, s.jobOrders(), c.orders)
			require.Equal(t, []string{runFailed}, s.runs())
			require.Equal(t, c.image, p.Runs.Artifact.Image)
		})
	}
}

func TestJob_AnUpdateThatFailsIsPutBackAndNothingRuns(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]saesim.FaultKind{"fails": saesim.FaultBatchFails, "fails within the platform": saesim.FaultSystemFails} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := jobStage(t)
			s.fault(saesim.Fault{Kind: kind, Operation: "UpdateJob"})
			p := s.run(s.job())
			require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
			require.Equal(t, oldImage, s.template().ImageURL)
			require.Empty(t, s.runs())
			require.Nil(t, p.Job)
		})
	}
}

func TestJob_Abort(t *testing.T) {
	t.Parallel()
	hangs := saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"}
	t.Run("stops the run and puts the image back", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		s.fault(hangs)
		s.abort(time.Hour)
		p := s.run(s.job())
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "too many errors; run "+p.Job.ID+" of the job was stopped")
		require.Equal(t, release.RunStopped, p.Job.State)
		require.Equal(t, oldImage, s.template().ImageURL)
		require.Empty(t, s.runs(), "a run that is deleted has ended")
	})
	t.Run("of a run alone", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		s.fault(hangs)
		s.abort(time.Hour)
		spec := s.job()
		spec.Artifact = release.Artifact{}
		p := s.run(spec)
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		require.Empty(t, s.jobOrders())
		require.Empty(t, s.runs())
	})
	t.Run("by the total limit", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		s.fault(hangs)
		spec := s.job()
		spec.Limits.Total = release.Duration(time.Hour)
		p := s.run(spec)
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		require.Contains(t, p.Reason, "was not done within 1h")
		require.Equal(t, oldImage, s.template().ImageURL)
		require.Empty(t, s.runs())
	})
	t.Run("while a run is asked for in vain", func(t *testing.T) {
		t.Parallel()
		for name, kind := range map[string]saesim.FaultKind{"that began": saesim.FaultDropAfter, "that did not begin": saesim.FaultDropBefore} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := jobStage(t)
				s.fault(hangs)
				s.fault(saesim.Fault{Kind: kind, Operation: "ExecJob", Count: 1000})
				s.abort(time.Hour)
				p := s.run(s.job())
				require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
				require.Equal(t, oldImage, s.template().ImageURL)
				require.Empty(t, s.runs())
			})
		}
	})
	t.Run("of what has just ended is too late", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		s.before("DescribeJobStatus", func() {
			_, err := s.sim.Advance(time.Hour)
			require.NoError(t, err)
			s.env.SignalWorkflow(string(release.CommandAbort), release.Command{By: "ann"})
		})
		p := s.run(s.job())
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Equal(t, []string{runSucceeded}, s.runs())
		require.Contains(t, p.Decisions[0].Refused, "too late")
	})
}

// TestJob_WaitsForRunsOfATemplateThatForbidsTwo tries until the run of somebody else is over.
func TestJob_WaitsForRunsOfATemplateThatForbidsTwo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.makeJob(func(in *saeclient.CreateJobInput) { in.ConcurrencyPolicy = new("Forbid") })
	s.fault(saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"})
	other, err := s.client.ExecJob(t.Context(), &saeclient.ExecJobInput{AppID: s.app.ID})
	require.NoError(t, err)
	s.at(time.Hour, func() {
		p := s.progress()
		require.NotNil(t, p.Stalled)
		require.Equal(t, string(release.VerbRunJob), p.Stalled.Doing)
		require.Contains(t, p.Stalled.Failure, "ongoing jobs exist")
		_, err := s.client.DeleteHistoryJob(t.Context(), &saeclient.DeleteHistoryJobInput{AppID: s.app.ID, JobID: other.Data.Data})
		require.NoError(t, err)
	})
	p := s.run(s.job())
	require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	require.Equal(t, []string{runSucceeded}, s.runs())
}

func TestJob_IsRefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	t.Run("the template is suspended", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		_, err := s.client.SuspendJob(t.Context(), &saeclient.SuspendJobInput{AppID: s.app.ID, Suspend: false})
		require.NoError(t, err)
		p := s.run(s.job())
		require.Equal(t, release.PhaseFailed, p.Outcome)
		require.Contains(t, p.Reason, "is suspended")
		require.Contains(t, p.Reason, "nothing was changed")
		require.Empty(t, s.jobOrders())
	})
	t.Run("there is no such template", func(t *testing.T) {
		t.Parallel()
		s := newStage(t)
		p := s.run(s.job())
		require.Equal(t, release.PhaseFailed, p.Outcome)
		require.Contains(t, p.Reason, "nothing was changed")
		require.Empty(t, s.orders(), "an application is no job template")
	})
}

// TestJob_FreezeHoldsTheRun and not what was begun before it.
func TestJob_FreezeHoldsTheRun(t *testing.T) {
	t.Parallel()
	frozen := release.Calendar{Stops: []release.Stop{{Name: "incident", Reason: "wait", By: "ann"}}}
	t.Run("until it is lifted", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		s.before("ListChangeOrders", func() {
			s.before("DescribeJobHistory", func() { s.freeze(frozen) })
		})
		s.at(time.Hour, func() {
			p := s.progress()
			require.Equal(t, release.PhasePaused, p.Phase, p.Reason)
			require.Equal(t, release.AwaitFreeze, p.Awaiting.Kind)
			require.Empty(t, s.runs())
			s.freeze(release.Calendar{})
		})
		p := s.run(s.job())
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		require.Equal(t, []string{runSucceeded}, s.runs())
		require.Equal(t, oldImage, p.RollbackTo.Artifact.Image, "what was read before the update stays what is returned to")
	})
	t.Run("unless it is passed over", func(t *testing.T) {
		t.Parallel()
		s := jobStage(t)
		s.freeze(frozen)
		spec := s.job()
		spec.Freeze.Override = "the fix"
		p := s.run(spec)
		require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
	})
}

func TestJob_CannotBePausedWhileItRuns(t *testing.T) {
	t.Parallel()
	s := jobStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"})
	s.say(time.Hour, release.Command{Kind: release.CommandPause})
	s.say(2*time.Hour, release.Command{Kind: release.CommandRollback})
	s.abort(3 * time.Hour)
	p := s.run(s.job())
	require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
	require.Contains(t, p.Decisions[0].Refused, "a run cannot be paused")
	require.Contains(t, p.Decisions[1].Refused, "a job has no versions to return to")
}

// TestJob_ARunThatSomebodyDeletes may or may not have done its work.
func TestJob_ARunThatSomebodyDeletes(t *testing.T) {
	t.Parallel()
	s := jobStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"})
	s.at(time.Hour, func() {
		_, err := s.client.DeleteHistoryJob(t.Context(), &saeclient.DeleteHistoryJobInput{AppID: s.app.ID, JobID: s.progress().Job.ID})
		require.NoError(t, err)
	})
	p := s.run(s.job())
	require.Equal(t, release.PhaseNeedsAttention, p.Outcome, p.Reason)
	require.Contains(t, p.Reason, "whether it has done its work is unknown")
	require.Equal(t, newImage, s.template().ImageURL)
}

// TestJob_WaitingCostsNothing: a run of hours has the history of one of minutes (R5).
func TestJob_WaitingCostsNothing(t *testing.T) {
	t.Parallel()
	costs := map[time.Duration]int{}
	for _, takes := range []time.Duration{10 * time.Minute, 6 * time.Hour} {
		s := jobStage(t)
		s.fault(saesim.Fault{Kind: saesim.FaultHang, Operation: "ExecJob"})
		s.abort(takes)
		p := s.run(s.job())
		require.Equal(t, release.PhaseAborted, p.Outcome, p.Reason)
		costs[takes] = s.cost.total()
	}
	require.Equal(t, costs[10*time.Minute], costs[6*time.Hour])
}

// TestJob_PropertyOfOneRun is R3 and R6 of jobs under any mix of lost answers, errors before and
// after the platform has acted, workers that die and aborts: there is one run at most, there is
// one where the release says so, and an aborted release leaves none behind.
func TestJob_PropertyOfOneRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := jobStage(rt)
		spec := s.job()
		if rapid.Bool().Draw(rt, "only a run") {
			spec.Artifact = release.Artifact{}
		}
		spec.Limits.Total = release.Duration(5 * time.Hour)
		s.drawJobTrouble(rt)
		p := s.run(spec)
		require.NoError(rt, s.sim.ClearFaults())
		s.death.strikes = nil
		require.True(rt, p.Outcome.Ended(), p.Reason)
		runs := s.runs()
		require.LessOrEqual(rt, len(runs), 1, "%s: %s", p.Outcome, p.Reason)
		require.LessOrEqual(rt, len(s.jobOrders()), 2, "%s: %s", p.Outcome, p.Reason)
		switch p.Outcome { //nolint:exhaustive // it has ended
		case release.PhaseSucceeded:
			require.Equal(rt, []string{runSucceeded}, runs)
		case release.PhaseAborted:
			require.NotContains(rt, runs, "3", p.Reason)
			require.Equal(rt, oldImage, s.template().ImageURL, p.Reason)
		case release.PhaseFailed, release.PhaseRolledBack:
			require.Equal(rt, oldImage, s.template().ImageURL, p.Reason)
		default:
			require.NotEmpty(rt, p.Reason)
		}
	})
}

func (s *stage) drawJobTrouble(t *rapid.T) {
	kinds := []saesim.FaultKind{saesim.FaultDropBefore, saesim.FaultDropAfter, saesim.FaultTruncate, saesim.FaultError, saesim.FaultErrorAfter}
	codes := []string{"", "Throttling.User", "System.Upgrading", "ServiceUnavailable"}
	operations := []string{"", "UpdateJob", "ExecJob", "ExecJob", "DescribeJobStatus", "DescribeJobHistory", "DeleteHistoryJob"}
	for range rapid.IntRange(0, 4).Draw(t, "faults") {
		f := saesim.Fault{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Operation: rapid.SampledFrom(operations).Draw(t, "at"), Count: rapid.IntRange(1, 4).Draw(t, "count"),
		}
		if f.Kind == saesim.FaultError || f.Kind == saesim.FaultErrorAfter {
			f.Code = rapid.SampledFrom(codes).Draw(t, "code")
			if f.Code == "ServiceUnavailable" {
				f.Status = http.StatusServiceUnavailable
			}
		}
		s.fault(f)
	}
	if kind := rapid.SampledFrom([]saesim.FaultKind{"", "", saesim.FaultBatchFails, saesim.FaultHang}).Draw(t, "fate"); kind != "" {
		s.fault(saesim.Fault{Kind: kind, Operation: rapid.SampledFrom([]string{"ExecJob", "ExecJob", "UpdateJob"}).Draw(t, "of")})
	}
	if rapid.Bool().Draw(t, "abort") {
		s.abort(time.Duration(rapid.IntRange(1, 300).Draw(t, "after")) * time.Second)
	}
	deaths := rapid.IntRange(0, 5).Draw(t, "deaths")
	every := rapid.IntRange(1, 6).Draw(t, "every")
	calls := 0
	s.death.strikes = func() bool {
		if calls++; deaths == 0 || calls%every > 0 {
			return false
		}
		deaths--
		return true
	}
}
