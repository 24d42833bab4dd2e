package releases_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

const scalingID = "scaling/sae/cn-hangzhou/app-1"

// snapped is an activity that has answered a snapshot, or failed.
type snapped struct {
	client.ActivityHandle

	rules []release.ScalingRule
	err   error
}

func (s snapped) Get(_ context.Context, out any) error {
	if s.err == nil {
		out.(*release.Snapshot).ScalingRules = s.rules
	}
	return s.err
}

func TestScalingRules(t *testing.T) {
	t.Parallel()
	rules := []release.ScalingRule{{Name: "cpu", Enabled: true}}
	cases := []struct {
		name         string
		started, got error
		want         string
	}{
		{"read", nil, nil, ""},
		{"no such application", nil, temporal.NewNonRetryableApplicationError("the application does not exist", "NotFound", nil), "the application does not exist (NotFound)"},
		{"no worker, told by us", nil, context.DeadlineExceeded, "no worker of sae/cn-hangzhou answered"},
		{"no worker, told by Temporal", nil, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, nil), "SLIPWAY_SAE_REGION=cn-hangzhou"},
		{"an old Temporal", serviceerror.NewUnimplemented("unknown method"), nil, "no activities without workflows"},
		{"no Temporal", serviceerror.NewUnavailable("connection refused"), nil, "Temporal does not answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("ExecuteActivity", mock.Anything, mock.MatchedBy(func(o client.StartActivityOptions) bool {
				return o.TaskQueue == "slipway-sae-cn-hangzhou" && o.ScheduleToCloseTimeout > 0
			}), "sae.Snapshot", release.SnapshotInput{App: app()}).Return(snapped{rules: rules, err: c.got}, c.started)
			got, err := r.ScalingRules(t.Context(), app())
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, rules, got)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A version that does not exist is refused before anything is stopped for it; what nobody can ask is
// no refusal.
func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err     error
		refused bool
		want    string
	}{
		"there":             {nil, false, ""},
		"not there":         {temporal.NewNonRetryableApplicationError("there is no version v-9", string(release.FaultNotFound), nil), true, "there is no version v-9; the release was not stopped"},
		"no worker":         {context.DeadlineExceeded, false, "no worker of sae/cn-hangzhou answered"},
		"the platform says": {temporal.NewNonRetryableApplicationError("no rights", string(release.FaultAuth), nil), false, "no rights (Auth)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			in := release.SnapshotInput{App: app(), Rollback: &release.RollbackQuestion{VersionID: "v-9"}}
			m.On("ExecuteActivity", mock.Anything, mock.Anything, "sae.Snapshot", in).Return(snapped{err: c.err}, nil)
			err := r.CheckVersion(t.Context(), id, app(), "v-9")
			_, refused := errors.AsType[*releases.RefusedError](err)
			require.Equal(t, c.refused, refused)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func onStart(m *mocks.Client, id, workflow string, in any) *mock.Call {
	return m.On("ExecuteWorkflow", mock.Anything, mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
		return o.ID == id && o.TaskQueue == release.WorkflowTaskQueue
	}), workflow, in)
}

// ended is the run of a workflow that ends with the result or the error.
func ended[T any](result T, err error) *mocks.WorkflowRun {
	run := &mocks.WorkflowRun{}
	run.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*T) = result }).Return(err)
	run.On("GetID").Return("its-id")
	run.On("GetRunID").Return("run-1")
	return run
}

func TestScaling_Toggle(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	in := release.ToggleRequest{App: app(), Names: []string{"cpu"}, For: release.Duration(time.Hour), By: "mei"}
	want := release.ToggleResult{Switched: []string{"cpu"}, SwitchedBack: true}
	onStart(m, scalingID, release.WorkflowToggleScalingRules, in).Return(ended(want, nil), nil)
	begun, err := r.Toggle(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, scalingID, begun.ID)
	var got release.ToggleResult
	require.NoError(t, begun.Wait(t.Context(), &got))
	require.Equal(t, want, got)
}

// What no worker has taken has not begun.
func TestSwitching_Taken(t *testing.T) {
	t.Parallel()
	in := release.ToggleRequest{App: app(), By: "mei"}
	started := timestamppb.New(start())
	for name, c := range map[string]struct {
		d     *workflowservice.DescribeWorkflowExecutionResponse
		taken bool
	}{
		"no worker": {&workflowservice.DescribeWorkflowExecutionResponse{PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{}}, false},
		"no worker of the region": {&workflowservice.DescribeWorkflowExecutionResponse{
			PendingActivities: []*workflowpb.PendingActivityInfo{{}},
		}, false},
		"at work": {&workflowservice.DescribeWorkflowExecutionResponse{
			PendingActivities: []*workflowpb.PendingActivityInfo{{LastStartedTime: started}},
		}, true},
		"ended": {&workflowservice.DescribeWorkflowExecutionResponse{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onStart(m, scalingID, release.WorkflowToggleScalingRules, in).Return(ended(release.ToggleResult{}, nil), nil)
			m.On("DescribeWorkflowExecution", mock.Anything, scalingID, mock.Anything).Return(c.d, nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begun, err := r.Toggle(ctx, in)
			require.NoError(t, err)
			err = begun.Taken(ctx)
			if c.taken {
				require.NoError(t, err)
				return
			}
			var untaken *releases.UntakenError
			require.ErrorAs(t, err, &untaken)
			require.ErrorContains(t, err, "the request is stored in Temporal, as workflow "+scalingID+"; no worker has taken it yet")
		})
	}
}

func TestToggle_RefusedTellsWhoSwitches(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	in := release.ToggleRequest{App: app(), Enable: true}
	onStart(m, scalingID, release.WorkflowToggleScalingRules, in).Return(nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", ""))
	m.On("DescribeWorkflow", mock.Anything, scalingID, "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
	_, err := r.Toggle(t.Context(), in)
	var refused *releases.RefusedError
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "since 2026-11-22T19:00:00Z")
	require.ErrorContains(t, err, "slipway scaling restore sae/cn-hangzhou/app-1")
}

func TestToggle_ValidatesFirst(t *testing.T) {
	t.Parallel()
	_, r := newClient(t)
	_, err := r.Toggle(t.Context(), release.ToggleRequest{App: app(), For: -1})
	require.ErrorContains(t, err, "for: must be between 0s and")
}

func TestSwitching_WaitReturnsThePlatformError(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	in := release.ToggleRequest{App: app()}
	failed := temporal.NewNonRetryableApplicationError("names: the application has no scaling rule x", string(release.FaultInvalid), nil)
	onStart(m, scalingID, release.WorkflowToggleScalingRules, in).Return(ended(release.ToggleResult{}, failed), nil)
	begun, err := r.Toggle(t.Context(), in)
	require.NoError(t, err)
	require.EqualError(t, begun.Wait(t.Context(), new(release.ToggleResult)), "names: the application has no scaling rule x (Invalid)")
}

func TestScaling_SwitchBack(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		described *client.WorkflowExecutionDescription
		err       error
		refused   bool
	}{
		{"for a time", described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil, false},
		{"the time has passed", described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil, true},
		{"never", nil, serviceerror.NewNotFound("workflow not found"), true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("DescribeWorkflow", mock.Anything, scalingID, "").Return(c.described, c.err)
			if !c.refused {
				m.On("CancelWorkflow", mock.Anything, scalingID, "").Return(nil)
				m.On("GetWorkflow", mock.Anything, scalingID, "run-1").Return(ended(release.ToggleResult{SwitchedBack: true}, nil))
			}
			begun, err := r.SwitchBack(t.Context(), app())
			if c.refused {
				require.ErrorContains(t, err, "none is switched for a time")
				return
			}
			require.NoError(t, err)
			var result release.ToggleResult
			require.NoError(t, begun.Wait(t.Context(), &result))
			require.True(t, result.SwitchedBack)
		})
	}
}

func TestScaling_Recover(t *testing.T) {
	t.Parallel()
	request := release.WatchdogRequest{ReleaseID: id, App: app()}
	cases := []struct {
		name   string
		status enumspb.WorkflowExecutionStatus
		answer converter.EncodedValue
		want   string
	}{
		{"terminated", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, nil, ""},
		{"at work", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, answering{release.Progress{ReleaseID: id, Phase: release.PhaseRollingOut}}, "it is at work"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, described(c.status), nil)
			if c.answer != nil {
				onQuery(m, c.answer, nil)
			} else {
				onQuery(m, nil, serviceerror.NewFailedPrecondition("no poller seen"))
				onStart(m, "watchdog/"+id, release.WorkflowWatchdog, request).Return(ended(release.WatchdogResult{Restored: []string{"cpu"}}, nil), nil)
			}
			begun, err := r.Recover(t.Context(), id)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			var result release.WatchdogResult
			require.NoError(t, begun.Wait(t.Context(), &result))
			require.Equal(t, []string{"cpu"}, result.Restored)
		})
	}
}

// A rule that does not exist is refused at once, with those that do; where nobody can read the rules that is no refusal.
func TestCheckRules(t *testing.T) {
	t.Parallel()
	check := func(rules []release.ScalingRule, failed error, names ...string) error {
		m, r := newClient(t)
		if len(names) > 0 {
			m.On("ExecuteActivity", mock.Anything, mock.Anything, "sae.Snapshot", mock.Anything).Return(snapped{rules: rules, err: failed}, nil)
		}
		return r.CheckRules(t.Context(), release.ToggleRequest{App: app(), Names: names})
	}
	rules := []release.ScalingRule{{Name: "cpu"}, {Name: "night"}}
	err := check(rules, nil, "cpu", "nosuch")
	require.EqualError(t, err, "scaling rules of sae/cn-hangzhou/app-1: refused: there is no rule nosuch; there are: cpu, night")
	require.ErrorAs(t, err, new(*releases.RefusedError))
	require.ErrorContains(t, check(nil, nil, "cpu", "nosuch"), "there is no rule cpu, nosuch; the application has none")
	require.NoError(t, check(rules, nil, "night", "cpu"))
	require.NoError(t, check(nil, nil), "all rules are meant, whichever there are")
	err = check(nil, context.DeadlineExceeded, "cpu")
	require.Error(t, err)
	_, refused := errors.AsType[*releases.RefusedError](err)
	require.False(t, refused)
}
