package releases_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

func app() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-1"}
}

func service() release.App {
	return release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "live"}
}

// stating is a lane's answer.
type stating struct{ s release.LaneState }

func (a stating) HasValue() bool { return true }

func (a stating) Get(out any) error {
	*out.(*release.LaneState) = a.s
	return nil
}

func heldLane() release.LaneState {
	return release.LaneState{App: app(), Held: &release.Hold{By: "mei", Reason: "migration", Since: start()}}
}

func TestLane_GetLane(t *testing.T) {
	t.Parallel()
	const unanswered = "no worker answers (task queue slipway), so what runs and waits in the lane is not known; start one: slipway worker; to see what is missing: slipway doctor"
	const lost = "the lane does not run, although release " + id + " is under way: the lane was terminated, or that release was begun without it; " +
		"the next release, or one that waits, starts the lane again"
	running := described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	ended := described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	never := serviceerror.NewNotFound("workflow not found")
	held := heldLane()
	idle := releases.LaneStatus{State: &release.LaneState{App: app()}}
	cases := []struct {
		name      string
		described *client.WorkflowExecutionDescription
		err       error
		query     error
		// release is one that is listed as running.
		release *client.WorkflowExecutionDescription
		want    releases.LaneStatus
	}{
		{"at work", running, nil, nil, nil, releases.LaneStatus{Since: start(), State: &held}},
		{"no worker", running, nil, serviceerror.NewFailedPrecondition("no poller seen"), nil, releases.LaneStatus{Since: start(), Partial: releases.Partial{Reason: releases.PartialNoWorker, Message: unanswered}}},
		{"ended", ended, nil, nil, nil, idle},
		{"never was", nil, never, nil, nil, idle},
		{"terminated while a release runs", described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), nil, nil, running, releases.LaneStatus{Partial: releases.Partial{Reason: releases.PartialLaneMissing, Message: lost}}},
		{"forgotten while a release runs", nil, never, nil, running, releases.LaneStatus{Partial: releases.Partial{Reason: releases.PartialLaneMissing, Message: lost}}},
		{"ended with its last release", ended, nil, nil, ended, idle},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("DescribeWorkflow", mock.Anything, release.LaneID(app()), "").Return(c.described, c.err)
			if c.described == running {
				m.On("QueryWorkflow", mock.Anything, release.LaneID(app()), "", release.QueryLane).Return(stating{heldLane()}, c.query)
			} else {
				listsRunning(m, c.release)
			}
			status, err := r.GetLane(t.Context(), app())
			require.NoError(t, err)
			c.want.App = app().SearchValue()
			require.Equal(t, c.want, status)
		})
	}
}

// A release that is queued says what it waits for: a lane that is held is no other release.
func TestLane_WaitsFor(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: id, App: app(), Phase: release.PhaseQueued}
	held := heldLane()
	held.Waiting = []release.LaneEntry{{ReleaseID: id}}
	behind := release.LaneState{Running: &release.LaneEntry{ReleaseID: "r-first"}, Waiting: held.Waiting}
	for name, c := range map[string]struct {
		state release.LaneState
		err   error
		want  string
	}{
		"a held lane":         {held, nil, "the lane, held since 2026-11-22T19:00:00Z by mei: migration"},
		"a release before it": {behind, nil, "release r-first, which runs"},
		"waits no more":       {heldLane(), nil, ""},
		"no worker":           {held, serviceerror.NewFailedPrecondition("no poller seen"), ""},
		"no lane":             {held, serviceerror.NewNotFound("workflow not found"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onLane(m, stating{c.state}, c.err, false)
			m.On("DescribeWorkflow", mock.Anything, release.WorkflowID("r-first"), "").Return(nil, serviceerror.NewUnavailable("away")).Maybe()
			got := r.WithTurn(t.Context(), p)
			require.Empty(t, got.Reason, "the reason is the release's own")
			if c.want == "" {
				require.Nil(t, got.Awaiting)
				return
			}
			require.Equal(t, &release.Awaiting{Kind: release.AwaitQueue, Behind: c.want}, got.Awaiting)
		})
	}
}

// listsRunning lets Temporal list a release as running that it describes so; none where it is nil.
func listsRunning(m *mocks.Client, d *client.WorkflowExecutionDescription) {
	var listed []*workflowpb.WorkflowExecutionInfo
	if d != nil {
		listed = append(listed, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id), RunId: "run-1"}})
		m.On("DescribeWorkflow", mock.Anything, release.WorkflowID(id), "run-1").Return(d, nil)
	}
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowType IN ('Deploy', 'GrayRelease', 'Rollback', 'Restart', 'Rescale', 'Job') AND SlipwayApp = 'sae/cn-hangzhou/app-1'" +
			" AND ExecutionStatus = 'Running'", PageSize: 6,
	}).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: listed}, nil)
}

// atWork lets Temporal list lanes that are at work.
func atWork(t *testing.T, m *mocks.Client, names ...string) {
	t.Helper()
	in := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, name := range names {
		in.Executions = append(in.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "lane/" + name}, StartTime: timestamppb.New(start()),
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{release.SearchApp: payload(t, name)}},
		})
	}
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowType = 'Lane' AND ExecutionStatus = 'Running'", PageSize: 5,
	}).Return(in, nil)
}

// One lane that does not answer, or answers with an error, hides no other.
func TestListLanes_OneHidesNoOther(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	atWork(t, m, "a", "b", "c", "d", "e")
	m.On("QueryWorkflow", mock.Anything, "lane/a", "", release.QueryLane).Return(nil, serviceerror.NewDeadlineExceeded("deadline")).Once()
	m.On("QueryWorkflow", mock.Anything, "lane/b", "", release.QueryLane).Return(nil, serviceerror.NewQueryFailed("nondeterministic\na stack")).Once()
	m.On("QueryWorkflow", mock.Anything, "lane/c", "", release.QueryLane).Return(nil, serviceerror.NewNotFound("it has ended")).Once()
	m.On("QueryWorkflow", mock.Anything, "lane/d", "", release.QueryLane).Return(stating{heldLane()}, nil).Once()
	found, more, err := r.ListLanes(t.Context(), releases.LaneFilter{Limit: 4})
	require.NoError(t, err)
	require.True(t, more)
	held := heldLane()
	require.Equal(t, []releases.LaneStatus{
		{App: "a", Since: start(), Partial: releases.Partial{Reason: releases.PartialNoAnswer, Message: "there was no answer in time"}},
		{App: "b", Since: start(), Partial: releases.Partial{Reason: releases.PartialFailing, Message: "its workflow answers with an error: nondeterministic"}},
		{App: "d", Since: start(), State: &held},
	}, found)
}

// While no worker answers at all, few lanes are asked: they have the same workers, and each
// question waits.
func TestListLanes_NoWorker(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	names := strings.Split("abcdefghijklmnopqrst", "")
	in := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, name := range names {
		in.Executions = append(in.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: "lane/" + name}})
	}
	m.On("ListWorkflow", mock.Anything, mock.Anything).Return(in, nil)
	m.On("QueryWorkflow", mock.Anything, mock.Anything, "", release.QueryLane).Return(nil, serviceerror.NewFailedPrecondition("no poller seen"))
	found, _, err := r.ListLanes(t.Context(), releases.LaneFilter{NeedsPerson: true})
	require.NoError(t, err)
	require.Len(t, found, len(names))
	for _, l := range found {
		require.Equal(t, releases.PartialNoWorker, l.Partial.Reason)
	}
	require.LessOrEqual(t, queries(m), 15)
}

// queries counts the workflows that were asked.
func queries(m *mocks.Client) (n int) {
	for _, call := range m.Calls {
		if call.Method == "QueryWorkflow" {
			n++
		}
	}
	return n
}

// What a lane would refuse is not asked for; where it does not answer, it decides later.
func TestLane_Admits(t *testing.T) {
	t.Parallel()
	bad := release.Denial{Artifact: release.Artifact{Image: "shop:2"}, ReleaseID: "r-1", Since: start(), Reason: "errors"}
	denies := release.LaneState{App: app(), Denied: []release.Denial{bad}}
	brings := func(image string) release.Spec {
		return release.Spec{App: app(), Artifact: release.Artifact{Image: image}}
	}
	for name, c := range map[string]struct {
		spec  release.Spec
		state release.LaneState
		query error
		ended bool
		want  string
	}{
		"denied": {brings("shop:2"), denies, nil, false, "lane sae/cn-hangzhou/app-1 refused: " + bad.String() +
			"; allow it with: slipway lane allow sae/cn-hangzhou/app-1 --artifact shop:2"},
		"another artifact":                 {brings("shop:3"), denies, nil, false, ""},
		"allowed again":                    {brings("shop:2"), release.LaneState{App: app()}, nil, false, ""},
		"a rollback":                       {release.Spec{App: app(), Operation: release.OperationRollback}, denies, nil, false, ""},
		"no lane":                          {brings("shop:2"), denies, serviceerror.NewNotFound("workflow not found"), false, ""},
		"ended since, such as by a person": {brings("shop:2"), denies, nil, true, ""},
		"no worker":                        {brings("shop:2"), denies, serviceerror.NewFailedPrecondition("no poller seen"), false, ""},
		"no Temporal":                      {brings("shop:2"), denies, serviceerror.NewUnavailable("connection refused"), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onLane(m, stating{c.state}, c.query, c.ended)
			err := r.Admits(t.Context(), c.spec)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.want)
			require.ErrorAs(t, err, new(*releases.RefusedError))
		})
	}
}

// onLane is a lane that answers with a state or an error, also where it has ended.
func onLane(m *mocks.Client, answer stating, query error, ended bool) {
	d := described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	if ended {
		d = described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED)
	}
	var never error
	if _, gone := errors.AsType[*serviceerror.NotFound](query); gone {
		never = query
	}
	m.On("DescribeWorkflow", mock.Anything, release.LaneID(app()), "").Return(d, never).Maybe()
	m.On("QueryWorkflow", mock.Anything, release.LaneID(app()), "", release.QueryLane).Return(answer, query).Maybe()
}

// answered is an update that a lane has answered.
func answered(s release.LaneState) *mocks.WorkflowUpdateHandle {
	handle := &mocks.WorkflowUpdateHandle{}
	handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*release.LaneState) = s }).Return(nil)
	return handle
}

// starting stands for the start of a lane.
type starting struct {
	client.WithStartWorkflowOperation
}

func TestUpdateLane_HoldStartsALane(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	command := release.LaneCommand{By: "mei", Reason: "migration"}
	start := starting{}
	m.On("NewWithStartWorkflowOperation", mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
		at, ok := o.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchApp))
		return ok && at == "sae/cn-hangzhou/app-1" && o.ID == "lane/sae/cn-hangzhou/app-1" && o.TaskQueue == release.WorkflowTaskQueue &&
			o.WorkflowIDConflictPolicy == enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
	}), release.WorkflowLane, release.LaneInput{App: app()}).Return(start)
	m.On("UpdateWithStartWorkflow", mock.Anything, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: "u-1", WorkflowID: "lane/sae/cn-hangzhou/app-1", UpdateName: "hold", Args: []any{command},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	}).Return(answered(heldLane()), nil)
	state, err := r.UpdateLane(t.Context(), releases.LaneUpdate{App: app(), Name: release.UpdateHold, ID: "u-1", Command: command})
	require.NoError(t, err)
	require.Equal(t, heldLane(), state)
}

func TestLane_UpdateLane(t *testing.T) {
	t.Parallel()
	late := client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded)
	cases := []struct {
		name  string
		err   error
		limit time.Duration
		want  string
	}{
		{"taken", nil, time.Minute, ""},
		{"refused", temporal.NewNonRetryableApplicationError("the lane is not held", release.ErrorRefused, nil), time.Minute, "lane sae/cn-hangzhou/app-1 refused: the lane is not held"},
		{"idle", serviceerror.NewNotFound("workflow not found"), time.Minute, "lane sae/cn-hangzhou/app-1 refused: the lane is idle"},
		{"unanswered", late, 0, "no worker answered for lane sae/cn-hangzhou/app-1"},
		{"unanswered, the server is first", late, time.Minute, "no worker answered for lane sae/cn-hangzhou/app-1"},
		{"no Temporal", serviceerror.NewUnavailable("connection refused"), time.Minute, "Temporal does not answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			ctx, cancel := context.WithTimeout(t.Context(), c.limit)
			defer cancel()
			command := release.LaneCommand{By: "mei"}
			m.On("UpdateWorkflow", mock.Anything, client.UpdateWorkflowOptions{
				UpdateID: "u-1", WorkflowID: "lane/sae/cn-hangzhou/app-1", UpdateName: "resume", Args: []any{command},
				WaitForStage: client.WorkflowUpdateStageCompleted,
			}).Return(answered(release.LaneState{App: app()}), c.err)
			state, err := r.UpdateLane(ctx, releases.LaneUpdate{App: app(), Name: release.UpdateResume, ID: "u-1", Command: command})
			if c.want == "" {
				require.NoError(t, err)
				require.Equal(t, release.LaneState{App: app()}, state)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

// Scripts read why nothing is known of a lane as "partial".
func TestLaneStatus_JSON(t *testing.T) {
	t.Parallel()
	for want, status := range map[string]releases.LaneStatus{
		`{"app":"a","partial":"no worker answers"}`: {App: "a", Partial: releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers"}},
		`{"app":"a"}`: {App: "a"},
	} {
		got, err := json.Marshal(status)
		require.NoError(t, err)
		require.JSONEq(t, want, string(got))
	}
}

// A release that waits behind one that stands still says so, and at what.
func TestLane_WaitsForAStalledRelease(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	onLane(m, stating{release.LaneState{Running: &release.LaneEntry{ReleaseID: "r-first"}, Waiting: []release.LaneEntry{{ReleaseID: id}}}}, nil, false)
	m.On("DescribeWorkflow", mock.Anything, release.WorkflowID("r-first"), "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
	m.On("QueryWorkflow", mock.Anything, release.WorkflowID("r-first"), mock.Anything, release.QueryProgress).
		Return(answering{release.Progress{ReleaseID: "r-first", Stalled: &release.Stall{Doing: "BeginChange"}}}, nil)
	got := r.WithTurn(t.Context(), release.Progress{ReleaseID: id, App: app(), Phase: release.PhaseQueued})
	require.Equal(t, "release r-first, which stands still: BeginChange", got.Awaiting.Behind)
}
