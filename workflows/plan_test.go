package workflows_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// planStage is a stage on which a release is planned.
type planStage struct {
	*stage

	// lane is how the lane stands; laneAway tells that it cannot be asked.
	lane     release.LaneState
	laneAway bool
	// did are the activities that the plan has begun.
	did []string
}

func newPlanStage(t tester) *planStage {
	t.Helper()
	s := &planStage{stage: newStage(t)}
	s.env.RegisterActivityWithOptions(func(context.Context, release.StateInput) (release.LaneState, error) {
		if s.laneAway {
			return release.LaneState{}, temporal.NewApplicationError("temporal: away", string(release.FaultUnavailable))
		}
		return s.lane, nil
	}, activity.RegisterOptions{Name: release.StateActivity})
	s.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.did = append(s.did, info.ActivityType.Name)
	})
	return s
}

// plan plans a release, and checks that it was a look and no more.
func (s *planStage) plan(spec release.Spec) release.Plan {
	s.t.Helper()
	began := s.env.Now()
	s.env.ExecuteWorkflow(release.WorkflowPlan, release.Request{Spec: spec})
	require.True(s.t, s.env.IsWorkflowCompleted())
	require.NoError(s.t, s.env.GetWorkflowError())
	var p release.Plan
	require.NoError(s.t, s.env.GetWorkflowResult(&p))
	require.Less(s.t, s.since(began), release.PlanLimit)
	s.requireOnlyLooks()
	return p
}

// requireOnlyLooks checks that nothing was changed, told or made searchable.
func (s *planStage) requireOnlyLooks() {
	s.t.Helper()
	reads := []string{
		release.StateActivity, release.JudgedActivity, release.CheckGatesActivity, release.FreezesActivity,
		release.ActivityName(release.PlatformSAE, release.VerbSnapshot), release.ActivityName(release.PlatformFC, release.VerbSnapshot),
	}
	for _, name := range s.did {
		require.Contains(s.t, reads, name)
	}
	require.Empty(s.t, s.kinds())
	require.Zero(s.t, s.cost.upserts, "a plan is not found among releases")
	require.Zero(s.t, s.cost.deliveries)
	for name, n := range s.sim.Calls().Operations {
		at := slices.IndexFunc(s.operations, func(o cloudapi.Operation) bool { return o.Name == name })
		require.False(s.t, s.operations[at].Mutates, "%s was called %d times", name, n)
	}
}

// reasons are the refusals in words.
func reasons(p release.Plan) []string {
	var all []string
	for _, r := range p.Refusals {
		all = append(all, r.String())
	}
	return all
}

func TestPlan_OfAGrayRelease(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	s.ownRule()
	s.sim.ResetCalls()
	spec := s.spec(gray())
	spec.Traffic = canary()
	spec.Strategy.Bake = release.Duration(10 * time.Minute)
	p := s.plan(spec)
	require.Empty(t, p.Refusals)
	require.Empty(t, p.Waits)
	require.Empty(t, p.Unknown)
	require.Equal(t, "shop", p.AppName)
	require.Equal(t, oldImage, p.Runs.Artifact.Image)
	require.Equal(t, newImage, p.Brings.Artifact.Image)
	require.Equal(t, release.PlannedInstances{Before: 5, After: 5}, *p.Instances)
	require.True(t, p.Return.Kept)
	require.True(t, p.Return.OnFailure)
	require.Equal(t, p.Runs.ID, p.Return.ID)
	var sizes []int
	for _, b := range p.Batches {
		sizes = append(sizes, b.Instances)
	}
	require.Equal(t, []int{1, 2, 2}, sizes)
	require.Equal(t, "runs for 10m; a person must confirm within 24h (else: abort)", p.Batches[0].Then.Text())
	require.Nil(t, p.Batches[2].Then)
	require.Equal(t, []release.PlannedRule{{Name: "daily"}}, p.ScalingRules, "the other rule is off already")
	require.Equal(t, release.PlannedTraffic{Kept: "own"}, *p.Traffic)
	require.Equal(t, p.At.Add(release.DefaultTotalLimit.Std()), p.FreezesUntil, "a person has as long as the release")
}

func TestPlan_OfOtherOperations(t *testing.T) {
	t.Parallel()
	t.Run("a rollback to the last good version", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		versions := s.released()
		s.sim.ResetCalls()
		p := s.plan(s.rollback(""))
		require.Empty(t, p.Refusals)
		require.Equal(t, versions[0], p.Brings.ID)
		require.Equal(t, oldImage, p.Brings.Artifact.Image)
		require.Equal(t, newImage, p.Return.Artifact.Image)
	})
	t.Run("a rescale", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		p := s.plan(release.Spec{App: s.app, Operation: release.OperationRescale, Instances: 8})
		require.Empty(t, p.Refusals)
		require.Equal(t, release.PlannedInstances{Before: 5, After: 8}, *p.Instances)
		require.Nil(t, p.Return, "a rescale is not put back")
	})
	t.Run("a restart", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		p := s.plan(release.Spec{App: s.app, Operation: release.OperationRestart})
		require.Empty(t, p.Refusals)
		require.Equal(t, oldImage, p.Brings.Artifact.Image)
	})
}

func TestPlan_OfAWatchedRelease(t *testing.T) {
	t.Parallel()
	for name, strategy := range map[string]release.Strategy{"all": {Type: release.StrategyAll}, "gray": gray()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPlanStage(t)
			strategy.Watch = &release.Watch{For: release.Duration(time.Hour)}
			p := s.plan(s.spec(strategy))
			require.Empty(t, p.Refusals)
			require.Equal(t, release.PlannedWatch{For: release.Duration(time.Hour)}, *p.Watch)
			require.NotEmpty(t, p.Batches)
			require.Nil(t, p.Batches[len(p.Batches)-1].Then)
		})
	}
	t.Run("a gate of the watch that may not be asked", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		spec := s.spec(release.Strategy{})
		spec.Strategy.Watch = &release.Watch{
			For:   release.Duration(time.Hour),
			Gates: []release.Gate{{Name: "health", HTTP: &release.HTTPGate{URL: "http://elsewhere.example/"}}},
		}
		require.Contains(t, strings.Join(reasons(s.plan(spec)), "\n"), "SLIPWAY_GATES_ALLOW")
	})
}

func TestPlan_OfAJob(t *testing.T) {
	t.Parallel()
	brought := release.Version{Artifact: release.Artifact{Image: oldImage}}
	t.Run("an image and a run", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		s.makeJob(nil)
		p := s.plan(s.job())
		require.Empty(t, p.Refusals)
		require.Equal(t, "migrate", p.AppName)
		require.Equal(t, oldImage, p.Runs.Artifact.Image)
		require.Equal(t, newImage, p.Brings.Artifact.Image)
		require.Equal(t, release.PlannedJob{Brings: true, Runs: true}, *p.Job)
		require.Equal(t, release.PlannedReturn{Version: brought, Kept: true, OnFailure: true}, *p.Return)
		require.Nil(t, p.Instances, "a template has none between its runs")
		require.Empty(t, p.Batches)
	})
	t.Run("only an image, which is kept", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		s.makeJob(nil)
		spec := s.job()
		spec.Job, spec.Rollback.OnFailure = nil, new(false)
		p := s.plan(spec)
		require.Empty(t, p.Refusals)
		require.Equal(t, release.PlannedJob{Brings: true}, *p.Job)
		require.Equal(t, release.PlannedReturn{Version: brought, Kept: true}, *p.Return)
	})
	t.Run("only a run", func(t *testing.T) {
		t.Parallel()
		s := newPlanStage(t)
		s.makeJob(nil)
		spec := s.job()
		spec.Artifact = release.Artifact{}
		p := s.plan(spec)
		require.Empty(t, p.Refusals)
		require.Equal(t, release.PlannedJob{Runs: true}, *p.Job)
		require.Nil(t, p.Return, "nothing is changed")
	})
}

func TestPlan_OfConfigurationAlone(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	spec := s.spec(release.Strategy{})
	spec.Artifact = release.Artifact{}
	spec.Config = &release.Config{Instances: new(7), Variables: []release.Variable{{Name: "LEVEL", Value: new("debug"), Show: true}}}
	p := s.plan(spec)
	require.Empty(t, p.Refusals)
	require.Equal(t, oldImage, p.Brings.Artifact.Image)
	require.Equal(t, release.PlannedInstances{Before: 5, After: 7}, *p.Instances)
	require.Equal(t, 7, p.Batches[0].Instances)
	require.ElementsMatch(t, []release.Setting{{Name: "instances", Before: "5", After: "7"}, {Name: "variables.LEVEL", After: "debug"}}, p.Settings)

	s = newPlanStage(t)
	spec.App = s.app
	spec.Config.Resources = &release.Resources{CPU: 32000}
	spec.Strategy.MinReadyInstances = new(9)
	var fields []string
	for _, r := range s.plan(spec).Refusals {
		fields = append(fields, r.Field)
	}
	require.Equal(t, []string{"config.resources", "strategy.minReadyInstances"}, fields)
}

// TestPlan_RefusalsAreTheReleasesOwn carries out each release in the same world as its plan.
func TestPlan_RefusalsAreTheReleasesOwn(t *testing.T) {
	t.Parallel()
	forbidden := release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: "http://elsewhere.example/"}}
	for name, spec := range map[string]func(*stage) release.Spec{
		"more batches than instances": func(s *stage) release.Spec {
			return s.spec(release.Strategy{Type: release.StrategyBatch, Batches: 9})
		},
		"too many gray instances": func(s *stage) release.Spec {
			return s.spec(release.Strategy{Type: release.StrategyGray, Gray: 4})
		},
		"a gate that may not be asked": func(s *stage) release.Spec { return s.gated(forbidden) },
		"a version that does not exist": func(s *stage) release.Spec {
			s.released()
			return s.rollback("0026ff7e-2b57-4127-bdd0-9bf202bb9ddf")
		},
		"the version that runs": func(s *stage) release.Spec { return s.rollback(s.released()[1]) },
		"no version to return to": func(s *stage) release.Spec {
			s.released()
			s.judged.Bad = []release.Version{{Artifact: release.Artifact{Image: oldImage}}}
			return s.rollback("")
		},
		"an application that does not exist": func(s *stage) release.Spec {
			spec := s.spec(release.Strategy{})
			spec.App.ID = "0026ff7e-2b57-4127-bdd0-9bf202bb9ddf"
			return spec
		},
		"a change to adopt that does not exist": func(s *stage) release.Spec {
			spec := s.spec(release.Strategy{})
			spec.Adopt = "0026ff7e-2b57-4127-bdd0-9bf202bb9ddf"
			return spec
		},
		"a job template that is suspended": func(s *stage) release.Spec {
			s.makeJob(nil)
			_, err := s.client.SuspendJob(s.t.Context(), &saeclient.SuspendJobInput{AppID: s.app.ID, Suspend: false})
			require.NoError(s.t, err)
			return s.job()
		},
		"a run that starts a package as the template of an image cannot": func(s *stage) release.Spec {
			s.makeJob(nil)
			spec := s.job()
			spec.Job.Runtime = &release.JobRuntime{Options: "-Xmx1g"}
			return spec
		},
		"a job template that does not exist": func(s *stage) release.Spec {
			spec := s.job()
			spec.App.ID = "0026ff7e-2b57-4127-bdd0-9bf202bb9ddf"
			return spec
		},
		"configuration that changes nothing": func(s *stage) release.Spec {
			spec := s.spec(release.Strategy{})
			spec.Artifact, spec.Config = release.Artifact{}, &release.Config{Instances: new(5)}
			return spec
		},
		"credentials that may not read": func(s *stage) release.Spec {
			s.fault(saesim.Fault{Kind: saesim.FaultError, Code: "Forbidden.RAM", Operation: "DescribeApplicationConfig", Count: 9})
			return s.spec(release.Strategy{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			carried := newStage(t)
			p := carried.run(spec(carried))
			require.Equal(t, release.PhaseFailed, p.Outcome, p.Reason)
			require.Equal(t, name != "credentials that may not read", p.Refused, "the same once more is refused again")

			planned := newPlanStage(t)
			asked := spec(planned.stage)
			planned.sim.ResetCalls()
			require.Equal(t, []string{strings.TrimSuffix(p.Reason, "; nothing was changed")}, reasons(planned.plan(asked)))
		})
	}
}

// TestPlan_CollectsEveryRefusal, while a release ends at its first.
func TestPlan_CollectsEveryRefusal(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	s.lane.App = s.app
	s.lane.Denied = []release.Denial{{Artifact: release.Artifact{Image: newImage}, ReleaseID: "r-old", Reason: "errors"}}
	spec := s.gated(release.Gate{Name: "health", HTTP: &release.HTTPGate{URL: "http://elsewhere.example/"}})
	spec.Strategy.Gray = 4
	all := reasons(s.plan(spec))
	require.Len(t, all, 3)
	require.Contains(t, all[0], "slipway lane allow")
	require.Contains(t, all[1], "strategy.gray")
	require.Contains(t, all[2], "SLIPWAY_GATES_ALLOW")
}

func TestPlan_ProblemsOfASpecNameTheirFieldsAndNothingIsAsked(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	spec := s.spec(release.Strategy{Type: "sideways"})
	spec.Artifact = release.Artifact{}
	p := s.plan(spec)
	var want release.Problems
	require.ErrorAs(t, spec.WithDefaults().Validate(), &want)
	require.Len(t, p.Refusals, len(want))
	for i, r := range p.Refusals {
		require.Equal(t, release.PlannedRefusal{Field: want[i].Field, Reason: want[i].Message}, r)
	}
	require.Empty(t, s.did)
}

// TestPlan_WaitsForNothing and says what a release would wait for.
func TestPlan_WaitsForNothing(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	other, err := s.sim.BeginConsoleOrder(s.app.ID, saesim.ConsoleRelease{Image: "registry.example/shop:by-hand"})
	require.NoError(t, err)
	s.sim.ResetCalls()
	s.freeze(release.Calendar{Windows: []release.FreezeWindow{
		{Name: "sale", Reason: "busy days", From: s.env.Now().Add(-time.Hour), To: s.env.Now().Add(time.Hour)},
		{Name: "next", Reason: "busier days", From: s.env.Now().Add(48 * time.Hour), To: s.env.Now().Add(72 * time.Hour)},
	}})
	s.lane = release.LaneState{
		App: s.app, Running: &release.LaneEntry{ReleaseID: "r-one", Proceeded: true}, Waiting: []release.LaneEntry{{ReleaseID: "r-two"}},
		Debts: []release.Debt{{ReleaseID: "r-zero", ScalingRules: []string{"night"}}},
	}
	spec := s.spec(gray())
	spec.Lane = release.Lane{Policy: release.LaneSupersede, Preempt: true}
	p := s.plan(spec)
	require.Empty(t, p.Refusals)
	require.Len(t, p.Waits, 3)
	require.Equal(t, "release r-one, which runs", p.Waits[0])
	require.Regexp(t, "^change "+other+` \(CoDeploy\), begun elsewhere, or by that release, unfinished since 2026-11-02T08:00:00Z$`, p.Waits[1])
	require.Equal(t, "the end of freeze sale: busy days", p.Waits[2])
	require.Equal(t, []string{"r-two"}, p.Lane.Drops)
	require.Equal(t, "r-one", p.Lane.Preempts)
	require.Equal(t, 1, p.Lane.Ahead)
	require.Equal(t, []release.PlannedRule{{Name: "night", Owed: "r-zero"}}, p.ScalingRules, "daily is off while the other change runs")
	require.Equal(t, []string{"sale", "next"}, []string{p.Freezes[0].Name, p.Freezes[1].Name})
	require.True(t, p.Freezes[0].From.IsZero())
}

// TestPlan_TheChangeOfTheReleaseThatRunsIsNotAnothers: it is waited for in the lane.
func TestPlan_TheChangeOfTheReleaseThatRunsIsNotAnothers(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	_, err := s.client.DeployApplication(t.Context(), &saeclient.DeployApplicationInput{
		AppID: s.app.ID, ImageURL: new(newImage), ChangeOrderDesc: new(release.Token("r-one", string(release.StepRollout))),
	})
	require.NoError(t, err)
	s.sim.ResetCalls()
	s.lane = release.LaneState{App: s.app, Running: &release.LaneEntry{ReleaseID: "r-one", Proceeded: true}}
	require.Equal(t, []string{"release r-one, which runs"}, s.plan(s.spec(release.Strategy{})).Waits)
}

// TestPlan_SaysWhatIsNotKnown: it can do without the lane and the calendar.
func TestPlan_SaysWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	s.laneAway = true
	s.calendarDown = func() bool { return true }
	p := s.plan(s.spec(release.Strategy{}))
	require.Empty(t, p.Refusals)
	require.Len(t, p.Unknown, 2)
	require.Contains(t, p.Unknown[0], "what runs and waits in the lane")
	require.Contains(t, p.Unknown[1], "which freezes hold or come")
	require.NotNil(t, p.Brings)
}

// TestPlan_APlatformThatIsAwayIsAnError and no plan: nothing can be said without it.
func TestPlan_APlatformThatIsAwayIsAnError(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	s.fault(saesim.Fault{Kind: saesim.FaultDropBefore, Operation: "DescribeApplicationConfig", Count: 100})
	began := s.env.Now()
	s.env.ExecuteWorkflow(release.WorkflowPlan, release.Request{Spec: s.spec(release.Strategy{})})
	require.Less(t, s.since(began), release.PlanLimit)
	var failed *temporal.ApplicationError
	require.ErrorAs(t, s.env.GetWorkflowError(), &failed)
	require.Contains(t, failed.Message(), "Snapshot")
	s.requireOnlyLooks()
}

func TestPlan_NeedsAnInput(t *testing.T) {
	t.Parallel()
	s := newPlanStage(t)
	s.env.ExecuteWorkflow(release.WorkflowPlan, (*release.Request)(nil))
	require.ErrorContains(t, s.env.GetWorkflowError(), "the workflow has no input")
}
