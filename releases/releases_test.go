package releases_test

import (
	"context"
	"errors"
	"fmt"
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
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

const id = "r-abcdefghijklmnop"

func start() time.Time { return time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC) }

func payload(t *testing.T, v any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(v)
	require.NoError(t, err)
	return p
}

func described(status enumspb.WorkflowExecutionStatus) *client.WorkflowExecutionDescription {
	d := &client.WorkflowExecutionDescription{}
	d.WorkflowExecution.ID, d.WorkflowExecution.RunID = release.WorkflowID(id), "run-1"
	d.Status, d.WorkflowStartTime = status, start()
	d.TypedSearchAttributes = temporal.NewSearchAttributes(
		temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet("sae/cn-hangzhou/app-1"),
		temporal.NewSearchAttributeKeyKeyword(release.SearchPhase).ValueSet(string(release.PhaseRollingOut)),
	)
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		d.WorkflowCloseTime = new(start().Add(time.Hour))
	}
	return d
}

// answering is a query's or update's answer.
type answering struct{ p release.Progress }

func (a answering) HasValue() bool { return true }

func (a answering) Get(out any) error {
	*out.(*release.Progress) = a.p
	return nil
}

func newClient(t *testing.T) (*mocks.Client, *releases.Client) {
	t.Helper()
	m := &mocks.Client{}
	m.Test(t)
	t.Cleanup(func() { m.AssertExpectations(t) })
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(asksForNames)).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil).Maybe()
	return m, releases.New(m)
}

// asksForNames reports whether a query is for what platforms call applications.
func asksForNames(in *workflowservice.ListWorkflowExecutionsRequest) bool {
	return strings.Contains(in.GetQuery(), release.SearchAppName+" IS NOT NULL")
}

func onDescribe(m *mocks.Client, d *client.WorkflowExecutionDescription, err error) {
	m.On("DescribeWorkflow", mock.Anything, release.WorkflowID(id), "").Return(d, err)
}

func onQuery(m *mocks.Client, answer converter.EncodedValue, err error) {
	m.On("QueryWorkflow", mock.Anything, release.WorkflowID(id), "run-1", release.QueryProgress).Return(answer, err)
}

func TestGet_Running(t *testing.T) {
	t.Parallel()
	parked := release.Progress{ReleaseID: id, Phase: release.PhaseAwaitingConfirm}
	visible := release.Progress{
		ReleaseID: id, App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "app-1"},
		Phase: release.PhaseRollingOut, AcceptedAt: start(),
	}
	noWorker := releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers (task queue slipway); the release is durable, waiting; start one: slipway worker; to see what is missing: slipway doctor"}
	cases := []struct {
		name string
		err  error
		want releases.Status[release.Progress]
	}{
		{"answers", nil, releases.Status[release.Progress]{Progress: parked}},
		{"no worker has polled", serviceerror.NewFailedPrecondition("no poller seen"), releases.Status[release.Progress]{Progress: visible, Partial: noWorker}},
		{"the worker has just gone", serviceerror.NewDeadlineExceeded("deadline"), releases.Status[release.Progress]{Progress: visible, Partial: noWorker}},
		{"not begun", serviceerror.NewWorkflowNotReady("no task yet"), releases.Status[release.Progress]{Progress: visible, Partial: releases.Partial{Reason: releases.PartialNotReady, Message: "the release does not answer yet: no task yet"}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
			onQuery(m, answering{parked}, c.err)
			status, err := r.Get(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, c.want, status)
		})
	}
}

func TestGet_EndedNeedsNoWorker(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	want := release.Progress{ReleaseID: id, Phase: release.PhaseRolledBack, Outcome: release.PhaseRolledBack}
	onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil)
	run := &mocks.WorkflowRun{}
	run.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*release.Progress) = want }).Return(nil)
	m.On("GetWorkflow", mock.Anything, release.WorkflowID(id), "run-1").Return(run)
	status, err := r.Get(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, releases.Status[release.Progress]{Progress: want, Closed: true}, status)
}

func TestGet_ClosedAbnormally(t *testing.T) {
	t.Parallel()
	held := []release.HeldRule{{Name: "cpu"}}
	for name, err := range map[string]error{"a worker tells how far it came": nil, "no worker": serviceerror.NewFailedPrecondition("no poller seen")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), nil)
			onQuery(m, answering{release.Progress{ReleaseID: id, Phase: release.PhaseRollingOut, ScalingRules: held, Awaiting: &release.Awaiting{}, Stalled: &release.Stall{}}}, err)
			status, getErr := r.Get(t.Context(), id)
			require.NoError(t, getErr)
			require.True(t, status.Closed)
			require.Equal(t, release.PhaseNeedsAttention, status.Progress.Outcome)
			require.Contains(t, status.Progress.Reason, "terminated at RollingOut")
			require.Equal(t, start().Add(time.Hour), status.Progress.EndedAt)
			require.Nil(t, status.Progress.Awaiting)
			require.Nil(t, status.Progress.Stalled, "nobody tries anything any more")
			if err == nil {
				require.Equal(t, held, status.Progress.ScalingRules)
			}
		})
	}
}

// What is said of a release that was ended from outside stays true: how far it was, whether it
// has begun anything, and why it failed.
func TestGet_ClosedAbnormallyReason(t *testing.T) {
	t.Parallel()
	const left = ": its change is followed no more; what it has not put back is restored by its lane, by the next release, or by: " +
		"slipway scaling recover --release " + id + "; look at the application on its platform"
	for name, c := range map[string]struct {
		status  enumspb.WorkflowExecutionStatus
		phase   release.Phase
		failure error
		want    string
		// closed is how it was closed, where it may have left something behind.
		closed string
	}{
		"terminated": {enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, release.PhaseRollingOut, nil, "its workflow was terminated at RollingOut" + left, "its workflow was terminated at RollingOut"},
		"queued":     {enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, release.PhaseQueued, nil, "its workflow was terminated at Queued: it waited for its turn and had begun nothing", ""},
		"failed": {
			enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, "", temporal.NewApplicationError("unknown field", "Invalid"),
			"its workflow failed (unknown field)" + left, "its workflow failed (unknown field)",
		},
		"timed out": {enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, release.PhasePaused, nil, "its workflow timed out at Paused" + left, "its workflow timed out at Paused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, described(c.status), nil)
			onQuery(m, answering{release.Progress{ReleaseID: id, Phase: c.phase}}, nil)
			if c.failure != nil {
				run := &mocks.WorkflowRun{}
				run.On("Get", mock.Anything, nil).Return(c.failure)
				m.On("GetWorkflow", mock.Anything, release.WorkflowID(id), "run-1").Return(run)
			}
			status, err := r.Get(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, c.want, status.Progress.Reason)
			require.Equal(t, c.closed, status.ClosedAbnormally)
		})
	}
}

func TestGet_ErrorsNameTheRemedy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		err  error
		want string
	}{
		{"unknown release", serviceerror.NewNotFound("workflow not found"), `there is no release "` + id + `"; its request may still wait for slipway starter; list them with: slipway release list`},
		{"unknown namespace", serviceerror.NewNamespaceNotFound("shop"), `namespace "shop" does not exist in Temporal; set TEMPORAL_NAMESPACE`},
		{"no Temporal", serviceerror.NewUnavailable("connection refused"), "Temporal does not answer: connection refused; check TEMPORAL_ADDRESS"},
		{"other", serviceerror.NewPermissionDenied("denied", ""), "denied"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, nil, c.err)
			_, err := r.Get(t.Context(), id)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestReleases_SendCommand(t *testing.T) {
	t.Parallel()
	confirm := release.Command{Kind: release.CommandConfirm, ID: "c-1", Batch: 1, By: "mei", Via: "update"}
	rolling := release.Progress{ReleaseID: id, Phase: release.PhaseRollingOut}
	late := client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded)
	unanswered := func(t *testing.T, _ release.Progress, err error) {
		t.Helper()
		var unanswered *releases.UnansweredError
		require.ErrorAs(t, err, &unanswered)
		require.ErrorContains(t, err, "may or may not count")
	}
	cases := []struct {
		name  string
		err   error
		ended *client.WorkflowExecutionDescription
		check func(t *testing.T, p release.Progress, err error)
	}{
		{"taken", nil, nil, func(t *testing.T, p release.Progress, err error) {
			t.Helper()
			require.NoError(t, err)
			require.Equal(t, rolling, p)
		}},
		{"refused", temporal.NewNonRetryableApplicationError("batch 1 does not wait", release.ErrorRefused, nil), nil, func(t *testing.T, _ release.Progress, err error) {
			t.Helper()
			require.Equal(t, &releases.RefusedError{ID: id, Reason: "batch 1 does not wait"}, err)
		}},
		{
			"ended", serviceerror.NewNotFound("workflow execution already completed"), described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED),
			func(t *testing.T, _ release.Progress, err error) {
				t.Helper()
				require.Equal(t, &releases.RefusedError{ID: id, Reason: "release " + id + " has ended: NeedsAttention"}, err)
			},
		},
		{"unanswered", late, described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), unanswered},
		{"unanswered, the server is first", client.NewWorkflowUpdateServiceTimeoutOrCanceledError(serviceerror.NewDeadlineExceeded("update")), described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), unanswered},
		{"unanswered, wrapped", fmt.Errorf("update: %w", serviceerror.NewDeadlineExceeded("update")), described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), unanswered},
		{"unanswered, the wait was canceled", serviceerror.NewCanceled("update"), described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), unanswered},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			ctx := t.Context()
			if errors.Is(c.err, error(late)) {
				passed, cancel := context.WithTimeout(ctx, 0)
				defer cancel()
				ctx = passed
			}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*release.Progress) = rolling }).Return(nil)
			m.On("UpdateWorkflow", mock.Anything, client.UpdateWorkflowOptions{
				UpdateID: "c-1", WorkflowID: release.WorkflowID(id), UpdateName: "confirm", Args: []any{confirm},
				WaitForStage: client.WorkflowUpdateStageCompleted,
			}).Return(handle, c.err)
			if c.ended != nil {
				onDescribe(m, c.ended, nil)
				if c.ended.WorkflowCloseTime != nil {
					onQuery(m, nil, serviceerror.NewFailedPrecondition("no poller seen"))
				}
			}
			p, err := r.SendCommand(ctx, id, confirm)
			c.check(t, p, err)
		})
	}
}

func TestSendCommand_ValidatesFirst(t *testing.T) {
	t.Parallel()
	_, r := newClient(t)
	_, err := r.SendCommand(t.Context(), id, release.Command{Kind: release.CommandConfirm, By: "mei"})
	require.ErrorContains(t, err, "batch: must be the number of the finished batch")
}

func TestReleases_List(t *testing.T) {
	t.Parallel()
	info := func(workflow string, status enumspb.WorkflowExecutionStatus) *workflowpb.WorkflowExecutionInfo {
		i := &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: workflow}, Type: &commonpb.WorkflowType{Name: "Deploy"},
			Status: status, StartTime: timestamppb.New(start()),
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
				release.SearchApp: payload(t, "sae/cn-hangzhou/app-1"), release.SearchPhase: payload(t, "RollingOut"),
			}},
		}
		if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			i.CloseTime = timestamppb.New(start().Add(time.Hour))
		}
		return i
	}
	m, r := newClient(t)
	const query = "WorkflowType IN ('Deploy', 'GrayRelease', 'Rollback', 'Restart', 'Rescale', 'Job') AND SlipwayApp = 'sae/cn-hangzhou/o\\'app' AND SlipwayPhase = 'RollingOut'"
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 3}).Return(
		&workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("next"), Executions: []*workflowpb.WorkflowExecutionInfo{
			info(release.WorkflowID(id), enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING),
		}}, nil)
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 2, NextPageToken: []byte("next")}).Return(
		&workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("more"), Executions: []*workflowpb.WorkflowExecutionInfo{
			info("by-hand", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), info("third", enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING),
		}}, nil)
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{Query: "WorkflowId IN ('by-hand')", PageSize: 1000}).Return(
		&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
			info("by-hand", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED),
		}}, nil)
	found, more, err := r.List(t.Context(), releases.Filter{App: "sae/cn-hangzhou/o'app", Phase: release.PhaseRollingOut, Limit: 2})
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, []releases.Listed{
		{ID: id, Kind: "Deploy", App: "sae/cn-hangzhou/app-1", Phase: "RollingOut", CreatedAt: start()},
		{ID: "by-hand", Kind: "Deploy", App: "sae/cn-hangzhou/app-1", Phase: "RollingOut", Stopped: "terminated", CreatedAt: start(), EndedAt: start().Add(time.Hour)},
	}, found)
}

// A release that was reset is one release: its newest run.
func TestReleases_ListShowsTheNewestRun(t *testing.T) {
	t.Parallel()
	run := func(id string, number int, ended bool) *workflowpb.WorkflowExecutionInfo {
		i := &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id), RunId: fmt.Sprint(number)}, Type: &commonpb.WorkflowType{Name: "Deploy"},
			Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(start().Add(time.Duration(number) * time.Minute)),
		}
		if ended {
			i.Status, i.CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, timestamppb.New(start().Add(time.Hour))
		}
		return i
	}
	const all = "WorkflowType IN ('Deploy', 'GrayRelease', 'Rollback', 'Restart', 'Rescale', 'Job')"
	old, reset, alone := run(id, 1, true), run(id, 2, false), run("r-2", 1, true)
	m, r := newClient(t)
	lists := func(query string, found ...*workflowpb.WorkflowExecutionInfo) {
		m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000}).
			Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: found}, nil)
	}
	lists(all, reset, alone, old)
	lists(all+" AND SlipwayPhase = 'Preparing'", old, alone)
	lists(all+" AND SlipwayPhase IN ('Preparing', 'Paused')", old, alone)
	lists("WorkflowId IN ('"+release.WorkflowID(id)+"', '"+release.WorkflowID("r-2")+"')", old, alone, reset)
	found, _, err := r.List(t.Context(), releases.Filter{})
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, id, found[0].ID)
	require.Empty(t, found[0].Stopped)
	require.Equal(t, "r-2", found[1].ID)

	for _, f := range []releases.Filter{{Phase: release.PhasePreparing}, {Phases: []release.Phase{release.PhasePreparing, release.PhasePaused}}} {
		found, _, err = r.List(t.Context(), f)
		require.NoError(t, err)
		require.Len(t, found, 1, "the old run is in that phase for ever")
		require.Equal(t, "r-2", found[0].ID)
	}
}

func TestList_ByEveryAttribute(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	const query = "WorkflowType IN ('Deploy', 'GrayRelease', 'Rollback', 'Restart', 'Rescale', 'Job') AND SlipwayOutcome = 'RolledBack'" +
		" AND SlipwayOperation = 'restart' AND SlipwayRequestedBy = 'ann\\'s pipeline' AND SlipwaySet = 's-abcdefghijklmnop'"
	attributes := map[string]*commonpb.Payload{
		release.SearchOutcome: payload(t, "RolledBack"), release.SearchOperation: payload(t, "restart"),
		release.SearchRequestedBy: payload(t, "ann's pipeline"), release.SearchSet: payload(t, setID),
	}
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{Query: query, PageSize: 1000}).Return(
		&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{{
			Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id)}, Type: &commonpb.WorkflowType{Name: "Restart"},
			StartTime: timestamppb.New(start()), SearchAttributes: &commonpb.SearchAttributes{IndexedFields: attributes},
		}}}, nil)
	found, _, err := r.List(t.Context(), releases.Filter{
		Outcome: release.PhaseRolledBack, Operation: release.OperationRestart, RequestedBy: "ann's pipeline", Set: setID,
	})
	require.NoError(t, err)
	require.Equal(t, []releases.Listed{{
		ID: id, Kind: "Restart", Outcome: "RolledBack", Operation: "restart", RequestedBy: "ann's pipeline", Set: setID, CreatedAt: start(),
	}}, found)
}

const setID = "s-abcdefghijklmnop"

// showing is a set's answer.
type showing struct{ p release.SetProgress }

func (s showing) HasValue() bool { return true }

func (s showing) Get(out any) error {
	*out.(*release.SetProgress) = s.p
	return nil
}

func TestReleases_GetSet(t *testing.T) {
	t.Parallel()
	waiting := release.SetProgress{SetID: setID, Phase: release.PhaseAwaitingConfirm, Awaiting: &release.Awaiting{Batch: 2}}
	at := func(status enumspb.WorkflowExecutionStatus, answer converter.EncodedValue, err error) (releases.Status[release.SetProgress], error) {
		m := &mocks.Client{}
		r := releases.New(m)
		m.On("DescribeWorkflow", mock.Anything, "set/"+setID, "").Return(described(status), nil)
		m.On("QueryWorkflow", mock.Anything, "set/"+setID, "run-1", release.QueryProgress).Return(answer, err)
		return r.GetSet(t.Context(), setID)
	}
	status, err := at(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, showing{waiting}, nil)
	require.NoError(t, err)
	require.Equal(t, releases.Status[release.SetProgress]{Progress: waiting}, status)

	status, err = at(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil, serviceerror.NewFailedPrecondition("no poller seen"))
	require.NoError(t, err)
	require.Equal(t, releases.Partial{Reason: releases.PartialNoWorker, Message: "no worker answers (task queue slipway); the set is durable, waiting; start one: slipway worker; to see what is missing: slipway doctor"}, status.Partial)
	require.Equal(t, release.PhaseRollingOut, status.Progress.Phase)

	status, err = at(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, showing{waiting}, nil)
	require.NoError(t, err)
	require.True(t, status.Closed)
	require.Equal(t, release.PhaseNeedsAttention, status.Progress.Outcome)
	require.Contains(t, status.Progress.Reason, "terminated at AwaitingConfirm: the releases that it has begun go on by themselves")
}

// Of the releases of a set those under way are asked where they stand, and the lane of one that is
// queued what it waits for.
func TestReleases_UnderWay(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	stalled := release.Progress{ReleaseID: "r-2", Stalled: &release.Stall{Doing: string(release.VerbBeginRollout)}}
	queued := release.Progress{
		ReleaseID: "r-3", App: app(), Phase: release.PhaseQueued, Reason: "its own reason",
		Awaiting: &release.Awaiting{Kind: release.AwaitQueue, Since: time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)},
	}
	onLane(m, stating{release.LaneState{
		Running: &release.LaneEntry{ReleaseID: "r-0"}, Waiting: []release.LaneEntry{{ReleaseID: "r-3"}},
	}}, nil, false)
	for id, answer := range map[string]release.Progress{"r-2": stalled, "r-3": queued} {
		m.On("DescribeWorkflow", mock.Anything, release.WorkflowID(id), "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
		m.On("QueryWorkflow", mock.Anything, release.WorkflowID(id), "run-1", release.QueryProgress).Return(answering{answer}, nil)
	}
	m.On("DescribeWorkflow", mock.Anything, release.WorkflowID("r-4"), "").Return(nil, serviceerror.NewUnavailable("away"))
	m.On("DescribeWorkflow", mock.Anything, release.WorkflowID("r-0"), "").Return(nil, serviceerror.NewUnavailable("away"))
	run := func(id string, s release.Standing, outcome release.Phase) release.SetStanding {
		return release.SetStanding{Run: release.SetRun{ReleaseID: id, Standing: s, Outcome: outcome}}
	}
	back := run("r-1", release.StandingStarted, release.PhaseSucceeded)
	back.Rollback = &release.SetRun{ReleaseID: "r-2", Standing: release.StandingStarted}
	set := release.SetProgress{SetID: setID, Waves: []release.WaveProgress{
		{Releases: []release.SetStanding{back, run("r-3", release.StandingQueued, ""), run("r-4", release.StandingStarted, "")}},
		{Releases: []release.SetStanding{run("r-5", "", "")}},
	}}
	waits := queued
	waits.Awaiting = &release.Awaiting{Kind: release.AwaitQueue, Since: queued.Awaiting.Since, Behind: "release r-0, which runs"}
	require.Equal(t, map[string]release.Progress{"r-2": stalled, "r-3": waits}, r.UnderWay(t.Context(), set))
	require.Nil(t, r.UnderWay(t.Context(), release.SetProgress{}))
}

func TestGetSet_NotFound(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	m.On("DescribeWorkflow", mock.Anything, "set/"+setID, "").Return(nil, serviceerror.NewNotFound("workflow not found"))
	_, err := r.GetSet(t.Context(), setID)
	require.EqualError(t, err, `there is no set "`+setID+`"; its request may still wait for slipway starter; list them with: slipway set list`)
}

func TestReleases_SendSetCommand(t *testing.T) {
	t.Parallel()
	confirm := release.Command{Kind: release.CommandConfirm, ID: "c-1", Batch: 2, By: "mei", Via: "update"}
	going := release.SetProgress{SetID: setID, Phase: release.PhaseRollingOut}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"taken":   {},
		"refused": {temporal.NewNonRetryableApplicationError("wave 2 does not wait", release.ErrorRefused, nil), "set " + setID + " refused: wave 2 does not wait"},
		"ended":   {serviceerror.NewNotFound("workflow execution already completed"), "set " + setID + " refused: set " + setID + " has ended: NeedsAttention"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*release.SetProgress) = going }).Return(nil)
			m.On("UpdateWorkflow", mock.Anything, client.UpdateWorkflowOptions{
				UpdateID: "c-1", WorkflowID: "set/" + setID, UpdateName: "confirm", Args: []any{confirm}, WaitForStage: client.WorkflowUpdateStageCompleted,
			}).Return(handle, c.err)
			if name == "ended" {
				m.On("DescribeWorkflow", mock.Anything, "set/"+setID, "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), nil)
				m.On("QueryWorkflow", mock.Anything, "set/"+setID, "run-1", release.QueryProgress).Return(showing{going}, nil)
			}
			p, err := r.SendSetCommand(t.Context(), setID, confirm)
			if c.want != "" {
				require.EqualError(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, going, p)
		})
	}
}

func TestReleases_ListSets(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	m.On("DescribeWorkflow", mock.Anything, "set/"+setID, "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
	m.On("ListWorkflow", mock.Anything, &workflowservice.ListWorkflowExecutionsRequest{
		Query: "WorkflowType = 'ReleaseSet' AND SlipwayPhase = 'RollingOut'", PageSize: 3,
	}).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "set/" + setID}, Type: &commonpb.WorkflowType{Name: "ReleaseSet"},
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(start()),
	}}}, nil)
	found, more, err := r.ListSets(t.Context(), releases.Filter{Phase: release.PhaseRollingOut, Limit: 2})
	require.NoError(t, err)
	require.False(t, more)
	require.Equal(t, []releases.Listed{{ID: setID, Kind: "ReleaseSet", CreatedAt: start()}}, found)
}

// A release that a set has not begun is found by the set that answers for it.
func TestPending(t *testing.T) {
	t.Parallel()
	const set = "s-abcdefghijklmnop"
	request := release.SetRequest{ID: set, Set: release.Set{Name: "checkout", Waves: []release.Wave{
		{Name: "back", Releases: []release.SetRelease{{Name: "stock", Spec: release.Spec{App: app()}}}},
		{Name: "front", Releases: []release.SetRelease{{Name: "shop", Spec: release.Spec{App: app()}}}},
	}}}
	p := request.Progress(start())
	p.Waves[0].Releases[0].Run.Standing = release.StandingStarted
	for name, c := range map[string]struct {
		id     string
		answer any
		want   string
	}{
		"it waits for its wave":  {release.SetReleaseID(set, "shop"), p, "it has not begun: it waits for wave 2 of 2 of set checkout (" + set + "), which is RollingOut; see: slipway set get " + set},
		"it has begun":           {release.SetReleaseID(set, "stock"), p, ""},
		"it is of another set":   {release.SetReleaseID("s-ponmlkjihgfedcba", "shop"), p, ""},
		"nobody answers":         {release.SetReleaseID(set, "shop"), nil, ""},
		"it is of no set at all": {id, p, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			n := namespace{m, t}
			if c.id != id {
				n.lists(release.WorkflowReleaseSet, map[string]release.Phase{release.SetWorkflowID(set): release.PhaseRollingOut})
			}
			n.answers(release.SetWorkflowID(set), release.QueryProgress, c.answer)
			pending, is := r.Pending(t.Context(), c.id)
			require.Equal(t, c.want != "", is)
			if is {
				require.Equal(t, c.want, pending.Text())
				require.Equal(t, app(), pending.App)
			}
		})
	}
}

// What cannot be an ID is not waited for.
func TestNotFoundError_NoID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"R-O36MABCDEFGHIJKL": `"R-O36MABCDEFGHIJKL" is no ID of a release, which must be r- and letters, digits, hyphens and underscores, `,
		"s-abc":              `"s-abc" is no ID of a set, which must be s- and 16 lower-case letters and digits; list them with: slipway set list`,
		"r-own_1":            `there is no release "r-own_1"; its request may still wait`,
	} {
		require.ErrorContains(t, &releases.NotFoundError{ID: id}, want)
	}
}
