package releases_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

// planning is a server with workers, whose plans are these.
func planning(t *testing.T, m *mocks.Client, plan func(release.Spec) (release.Plan, error)) {
	t.Helper()
	m.On("DescribeTaskQueue", mock.Anything, mock.Anything, mock.Anything).Return(&workflowservice.DescribeTaskQueueResponse{
		Pollers: []*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(time.Now())}},
	}, nil)
	m.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
		return o.TaskQueue == "slipway" && strings.HasPrefix(o.ID, "plan/sae/cn-hangzhou/app-1/") &&
			o.WorkflowExecutionTimeout == release.PlanLimit && o.TypedSearchAttributes.Size() == 0
	}), release.WorkflowPlan, mock.Anything).Return(func(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
		run := &mocks.WorkflowRun{}
		run.On("Get", mock.Anything, mock.Anything).Return(func(_ context.Context, out any) error {
			p, err := plan(args[0].(release.Request).Spec) //nolint:forcetypeassert // it is what is sent
			*out.(*release.Plan) = p                       //nolint:forcetypeassert // it is what is asked for
			return err
		})
		return run, nil
	})
}

func planSpec() release.Spec {
	return release.Spec{App: app(), Artifact: release.Artifact{Image: "registry.example/shop:2"}}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"planned":             {nil, ""},
		"no worker of region": {temporal.NewNonRetryableApplicationError("none", string(release.FaultNoWorker), nil), "SLIPWAY_SAE_REGION=cn-hangzhou slipway worker"},
		"the platform says":   {temporal.NewNonRetryableApplicationError("Snapshot: it is away", string(release.FaultUnavailable), nil), "Snapshot: it is away (Unavailable)"},
		"nobody takes it":     {temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil), "no worker has answered within 1m0s"},
		"Temporal is away":    {serviceerror.NewUnavailable("connection refused"), "Temporal does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			planning(t, m, func(s release.Spec) (release.Plan, error) { return release.Plan{App: s.App}, c.err })
			plan, err := r.Plan(t.Context(), planSpec())
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, app(), plan.App)
		})
	}
}

func TestPlan_WithoutAWorkerNothingIsStarted(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	m.On("DescribeTaskQueue", mock.Anything, "slipway", enumspb.TASK_QUEUE_TYPE_WORKFLOW).Return(&workflowservice.DescribeTaskQueueResponse{}, nil)
	_, err := r.Plan(t.Context(), planSpec())
	require.ErrorAs(t, err, new(*releases.NoWorkerError))
}

func TestPlanSet_IsPlannedWaveByWave(t *testing.T) {
	t.Parallel()
	spec := func(image string) release.Spec {
		s := planSpec()
		s.Artifact.Image = image
		return s
	}
	set := release.Set{Name: "shops", Waves: []release.Wave{
		{Releases: []release.SetRelease{{Name: "stock", Spec: spec("good")}}},
		{Confirm: release.ConfirmManual, Releases: []release.SetRelease{{Name: "shop", Spec: spec("good")}, {Name: "cart", Spec: spec("bad")}}},
	}}
	answer := func(s release.Spec) (release.Plan, error) {
		p := release.Plan{Brings: &release.Version{Artifact: s.Artifact}}
		if s.Artifact.Image == "bad" {
			p.Refusals = []release.PlannedRefusal{{Reason: "it is bad"}}
		}
		return p, nil
	}
	m, r := newClient(t)
	planning(t, m, answer)
	plan, err := r.PlanSet(t.Context(), set, nil)
	require.NoError(t, err)
	require.True(t, plan.Refused())
	require.Equal(t, release.SetStop, plan.OnFailure)
	require.Equal(t, release.ConfirmManual, plan.Waves[1].Confirm)
	require.Equal(t, []string{"shop", "cart"}, []string{plan.Waves[1].Releases[0].Name, plan.Waves[1].Releases[1].Name})
	require.Equal(t, "bad", plan.Waves[1].Releases[1].Plan.Brings.Artifact.Image)

	m, r = newClient(t)
	planning(t, m, func(s release.Spec) (release.Plan, error) {
		if s.Artifact.Image == "bad" {
			return release.Plan{}, temporal.NewNonRetryableApplicationError("away", string(release.FaultUnavailable), nil)
		}
		return answer(s)
	})
	_, err = r.PlanSet(t.Context(), set, nil)
	require.ErrorContains(t, err, "release cart: away")
}
