package releases_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

// namespace is what Temporal has in it, and what workers answer.
type namespace struct {
	*mocks.Client
	t *testing.T
}

// lists lets Temporal list workflows of the type, each in its phase.
func (n namespace) lists(workflowType string, phases map[string]release.Phase) {
	var infos []*workflowpb.WorkflowExecutionInfo
	for id, phase := range phases {
		infos = append(infos, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run-1"}, StartTime: timestamppb.New(start()),
			Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
				release.SearchApp: payload(n.t, app().SearchValue()), release.SearchPhase: payload(n.t, string(phase)),
				release.SearchRequestedBy: payload(n.t, "ann"),
			}},
		})
	}
	n.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
		return strings.Contains(in.GetQuery(), "'"+workflowType+"'") && strings.Contains(in.GetQuery(), "ExecutionStatus = 'Running'")
	})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: infos}, nil).Once()
}

// answers lets a worker answer a query; none does where the answer is nil.
func (n namespace) answers(workflowID, query string, answer any) {
	d := described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	n.On("DescribeWorkflow", mock.Anything, workflowID, "").Return(d, nil).Maybe()
	var err error
	if answer == nil {
		err = serviceerror.NewFailedPrecondition("no poller seen")
	}
	n.On("QueryWorkflow", mock.Anything, workflowID, mock.Anything, query).Return(answerOf(answer), err).Maybe()
}

// refusesToAnswer fails the test where somebody asks the workflow.
func (n namespace) refusesToAnswer(workflowID string) {
	n.On("QueryWorkflow", mock.Anything, workflowID, mock.Anything, mock.Anything).Run(func(mock.Arguments) {
		require.Fail(n.t, workflowID+" was asked")
	}).Return(nil, errors.New("it was asked")).Maybe()
}

// ended lets Temporal have the result of a release.
func (n namespace) ended(p release.Progress) {
	n.On("DescribeWorkflow", mock.Anything, release.WorkflowID(p.ReleaseID), "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil)
	run := &mocks.WorkflowRun{}
	run.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) { *args.Get(1).(*release.Progress) = p }).Return(nil)
	n.On("GetWorkflow", mock.Anything, release.WorkflowID(p.ReleaseID), mock.Anything).Return(run)
}

// answerOf is an answer as the client of Temporal has it.
func answerOf(answer any) any {
	switch a := answer.(type) {
	case release.Progress:
		return answering{a}
	case release.SetProgress:
		return showing{a}
	case release.LaneState:
		return stating{a}
	}
	return answering{}
}

func commands(w releases.Waiting) (lines []string) {
	for _, s := range w.Next {
		if s.Needed {
			lines = append(lines, s.Command)
		}
	}
	return lines
}

func TestWaiting(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	at := func(minutes int) time.Time { return start().Add(time.Duration(minutes) * time.Minute) }
	of := func(id string, phase release.Phase, a *release.Awaiting) release.Progress {
		return release.Progress{
			ReleaseID: id, App: app(), Phase: phase, Awaiting: a, RequestedBy: "ann", StartedAt: start(), ChangeID: "c-1",
			Artifact: release.Artifact{Image: "shop:2"}, Batches: make([]release.Batch, 3),
		}
	}
	confirm := of("r-confirm", release.PhaseAwaitingConfirm, &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: at(5), Until: at(90)})
	approve := of("r-approve", release.PhaseAwaitingPlatformApproval, &release.Awaiting{Kind: release.AwaitPlatformApproval, Since: at(4)})
	paused := of("r-paused", release.PhasePaused, &release.Awaiting{Kind: release.AwaitResume, Since: at(2)})
	paused.Paused = true
	paused.Decisions = []release.Decision{{Kind: release.CommandPause, By: "mei", At: at(3), Note: "the logs"}}
	confirmed := of("r-confirmed", release.PhasePaused, &release.Awaiting{Kind: release.AwaitResume, Batch: 1, Since: at(2)})
	confirmed.Paused = true
	confirmed.Decisions = []release.Decision{{Kind: release.CommandConfirm, Batch: 1, By: "ann"}, {Kind: release.CommandPause, By: "mei", At: at(3)}}
	frozen := of("r-frozen", release.PhasePaused, &release.Awaiting{Kind: release.AwaitFreeze, Since: at(1), Until: at(60)})
	stopped := of("r-stopped", release.PhasePaused, &release.Awaiting{Kind: release.AwaitFreeze, Since: at(1), Freeze: "incident", Stop: true})
	behind := of("r-behind", release.PhasePreparing, &release.Awaiting{Kind: release.AwaitOtherChange, Since: at(2), ChangeID: "c-9", Stuck: true})
	short := of("r-brief", release.PhasePreparing, &release.Awaiting{Kind: release.AwaitOtherChange, Since: time.Now(), ChangeID: "c-9"})
	moving := of("r-moving", release.PhaseRollingOut, nil)
	stalled := of("r-stalled", release.PhaseRollingOut, nil)
	stalled.Stalled = &release.Stall{Doing: "sae.Observe", Fault: release.FaultUnavailable, Failure: "SAE is away", Since: at(6), Until: at(60)}
	n.lists(release.WorkflowDeploy, map[string]release.Phase{
		"release/r-confirm": "", "release/r-approve": "", "release/r-paused": "", "release/r-confirmed": "", "release/r-frozen": "", "release/r-moving": "", "release/r-stalled": "",
		"release/r-stopped": "", "release/r-behind": "", "release/r-brief": "",
	})
	for _, p := range []release.Progress{confirm, approve, paused, confirmed, frozen, moving, stalled, stopped, behind, short} {
		n.answers(release.WorkflowID(p.ReleaseID), release.QueryProgress, p)
	}
	n.lists(release.WorkflowReleaseSet, map[string]release.Phase{"set/s-one": release.PhaseAwaitingConfirm})
	n.answers("set/s-one", release.QueryProgress, release.SetProgress{
		SetID: "s-one", Name: "shop", Phase: release.PhaseAwaitingConfirm, Waves: make([]release.WaveProgress, 2), RequestedBy: "ann",
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2, Since: at(7)},
	})
	n.lists(release.WorkflowLane, map[string]release.Phase{"lane/a": release.LaneNeedsPerson, "lane/b": release.LaneNeedsPerson, "lane/c": ""})
	n.answers("lane/a", release.QueryLane, release.LaneState{
		App: app(), Held: &release.Hold{By: "mei", Reason: "migration", Since: at(8)}, Waiting: make([]release.LaneEntry, 2),
	})
	attention := of("r-attention", release.PhaseNeedsAttention, nil)
	attention.Outcome, attention.EndedAt = release.PhaseNeedsAttention, at(9)
	attention.ScalingRules = []release.HeldRule{{Name: "cpu", Suspended: true}}
	owing := of("r-owing", release.PhaseNeedsAttention, nil)
	owing.EndedAt = at(10)
	n.ended(attention)
	n.ended(owing)
	n.answers("lane/b", release.QueryLane, release.LaneState{
		App: app(), Held: new(release.NewHold("r-attention", "what runs is not known", at(9))),
		Debts: []release.Debt{{ReleaseID: "r-attention", ScalingRules: []string{"cpu"}}, {ReleaseID: "r-owing", Traffic: true}},
	})
	n.refusesToAnswer("lane/c") // it does not say that it needs somebody, and a release of it runs

	list, err := r.Waiting(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, releases.Partial{}, list.Partial)
	type brief struct {
		need  release.NeedKind
		id    string
		since time.Time
		text  string
		next  []string
	}
	var got []brief
	for _, w := range list.Found {
		got = append(got, brief{w.Need, w.ID, w.Since, w.Text, commands(w)})
	}
	const resumeLane = "slipway lane resume sae/cn-hangzhou/app-1"
	require.Equal(t, []brief{
		{release.NeedFreeze, "r-stopped", at(1), "somebody to lift stop incident", []string{"slipway freeze lift incident", "slipway release override r-stopped --reason ''"}},
		{
			release.NeedOtherChange, "r-behind", at(2), "the end of change c-9, begun elsewhere, which waits for somebody",
			[]string{"slipway api sae DescribeChangeOrder ChangeOrderId=c-9 --sae-region cn-hangzhou"},
		},
		{
			release.NeedResume, "r-confirmed", at(3), "paused by mei; batch 1 is confirmed by ann, and the pause holds batch 2 back",
			[]string{"slipway release resume r-confirmed"},
		},
		{release.NeedResume, "r-paused", at(3), "paused by mei: the logs", []string{"slipway release resume r-paused"}},
		{release.NeedPlatformApproval, "r-approve", at(4), "the platform's approval of change c-1", []string{""}},
		{release.NeedConfirm, "r-confirm", at(5), "confirmation of batch 1 of 3", []string{"slipway release confirm r-confirm --batch 1"}},
		{release.NeedHelp, "r-stalled", at(6), "it stands still: SAE is away; what helps: wait; if it lasts, find out whether the workers reach what they ask", []string{""}},
		{release.NeedConfirm, "s-one", at(7), "confirmation of wave 2 of 2 of set shop", []string{"slipway set confirm s-one --wave 2"}},
		{release.NeedLane, "", at(8), "the lane is held by mei: migration (2 wait in the lane)", []string{resumeLane}},
		{
			release.NeedAttention, "r-attention", at(9), "it needs attention, and its lane is held: release r-attention: what runs is not known",
			[]string{"slipway api sae DescribeApplicationStatus AppId=app-1 --sae-region cn-hangzhou", "slipway scaling recover --release r-attention", resumeLane},
		},
		{release.NeedRestore, "r-owing", at(10), "release r-owing has left its traffic rule, which may be in force", nil},
	}, got)
	require.Equal(t, at(90), list.Found[5].Until)
	require.Equal(t, "shop:2", list.Found[9].Artifact)
	require.Equal(t, "ann", list.Found[9].RequestedBy)
}

// TestWaiting_AFailingLane is seen although it says nothing of itself: nothing runs in it.
func TestWaiting_AFailingLane(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	n.lists(release.WorkflowDeploy, nil)
	n.lists(release.WorkflowReleaseSet, nil)
	n.lists(release.WorkflowLane, map[string]release.Phase{"lane/sick": ""})
	m.On("QueryWorkflow", mock.Anything, "lane/sick", "", release.QueryLane).Return(nil, serviceerror.NewQueryFailed("panic")).Once()
	list, err := r.Waiting(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, list.Found, 1)
	require.Equal(t, release.NeedHelp, list.Found[0].Need)
	require.Equal(t, 1, list.Asked)
}

// TestApprovals asks the releases alone that may wait for an approval: no lane, no set and none that moves.
func TestApprovals(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
		return strings.Contains(in.GetQuery(), release.SearchPhase+" IN ('AwaitingApproval', 'AwaitingConfirm')")
	})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Execution: &commonpb.WorkflowExecution{WorkflowId: "release/r-approve", RunId: "run-1"}, StartTime: timestamppb.New(start())},
		{Execution: &commonpb.WorkflowExecution{WorkflowId: "release/r-confirm", RunId: "run-1"}, StartTime: timestamppb.New(start())},
	}}, nil).Once()
	m.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil) // names of applications
	for id, kind := range map[string]release.AwaitKind{"r-approve": release.AwaitApproval, "r-confirm": release.AwaitConfirm} {
		n.answers(release.WorkflowID(id), release.QueryProgress, release.Progress{
			ReleaseID: id, App: app(), Phase: release.PhaseAwaitingConfirm, Batches: make([]release.Batch, 2), Awaiting: &release.Awaiting{Kind: kind, Batch: 1},
		})
	}

	list, err := r.Approvals(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, releases.Partial{}, list.Partial)
	require.Equal(t, 2, list.Asked)
	require.Len(t, list.Found, 1)
	require.Equal(t, "r-approve", list.Found[0].ID)
	require.Equal(t, release.NeedApproval, list.Found[0].Need)
}

// many are releases in a phase.
func many(n int, phase release.Phase) map[string]release.Phase {
	all := map[string]release.Phase{}
	for i := range n {
		all[fmt.Sprintf("release/r-many%d", i)] = phase
	}
	return all
}

// TestWaiting_NoWorker shows what Temporal knows, and asks few in vain.
func TestWaiting_NoWorker(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	phases := many(40, release.PhaseRollingOut)
	phases["release/r-confirm"] = release.PhaseAwaitingConfirm
	n.lists(release.WorkflowDeploy, phases)
	m.On("QueryWorkflow", mock.Anything, mock.Anything, "", release.QueryProgress).Return(nil, serviceerror.NewFailedPrecondition("no poller seen"))
	n.lists(release.WorkflowReleaseSet, map[string]release.Phase{"set/s-one": release.PhaseAwaitingConfirm})
	n.lists(release.WorkflowLane, map[string]release.Phase{"lane/a": ""})

	list, err := r.Waiting(t.Context(), app().SearchValue())
	require.NoError(t, err)
	require.Equal(t, releases.PartialNoWorker, list.Partial.Reason)
	var ids []string
	for _, w := range list.Found {
		require.Equal(t, releases.PartialNoWorker, w.Partial.Reason)
		ids = append(ids, w.ID)
	}
	require.Equal(t, []string{"r-confirm", "s-one"}, ids)
	require.Equal(t, []string{"slipway doctor"}, commands(list.Found[0]), "what waits is not known, so a confirmation would be refused")
	require.Equal(t, "ann", list.Found[0].RequestedBy)
	require.LessOrEqual(t, queries(m), 15)
	require.Equal(t, queries(m), list.Asked)
}

// TestWaiting_OneHidesNoOther lists all the others where one workflow is sick, one cannot be read
// and one is slow; and what is sick needs somebody.
func TestWaiting_OneHidesNoOther(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	fails := func(workflowID, query string, err error) {
		m.On("QueryWorkflow", mock.Anything, workflowID, "", query).Return(nil, err).Once()
	}
	n.lists(release.WorkflowDeploy, map[string]release.Phase{
		"release/r-slow": release.PhaseRollingOut, "release/r-sick": release.PhaseRollingOut,
		"release/r-unread": release.PhaseAwaitingConfirm, "release/r-paused": release.PhasePaused,
	})
	fails("release/r-slow", release.QueryProgress, serviceerror.NewDeadlineExceeded("deadline"))
	fails("release/r-sick", release.QueryProgress, serviceerror.NewQueryFailed("nondeterministic workflow\na stack"))
	fails("release/r-unread", release.QueryProgress, errors.New("key k-1 is missing"))
	n.answers("release/r-paused", release.QueryProgress, release.Progress{ReleaseID: "r-paused", App: app(), Phase: release.PhasePaused, Paused: true})
	n.lists(release.WorkflowReleaseSet, map[string]release.Phase{"set/s-sick": release.PhaseAwaitingConfirm, "set/s-gone": release.PhaseAwaitingConfirm})
	fails("set/s-sick", release.QueryProgress, serviceerror.NewQueryFailed("panic"))
	fails("set/s-gone", release.QueryProgress, serviceerror.NewNotFound("it has ended"))
	n.lists(release.WorkflowLane, map[string]release.Phase{
		"lane/sick": release.LaneNeedsPerson, "lane/slow": release.LaneNeedsPerson, "lane/held": release.LaneNeedsPerson,
	})
	fails("lane/sick", release.QueryLane, serviceerror.NewQueryFailed("panic"))
	fails("lane/slow", release.QueryLane, serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "too many"))
	n.answers("lane/held", release.QueryLane, heldLane())

	list, err := r.Waiting(t.Context(), "")
	require.NoError(t, err)
	type brief struct {
		need   release.NeedKind
		name   string
		text   string
		reason releases.PartialReason
	}
	var got []brief
	for _, w := range list.Found {
		got = append(got, brief{w.Need, cmp.Or(w.ID, "lane"), w.Text, w.Partial.Reason})
	}
	const answers = "its workflow answers with an error: "
	require.ElementsMatch(t, []brief{
		{release.NeedHelp, "r-sick", answers + "nondeterministic workflow", releases.PartialFailing},
		{release.NeedConfirm, "r-unread", "confirmation of a batch", releases.PartialUnreadable},
		{release.NeedResume, "r-paused", "paused", releases.PartialNone},
		{release.NeedHelp, "s-sick", answers + "panic", releases.PartialFailing},
		{release.NeedHelp, "lane", answers + "panic", releases.PartialFailing},
		{release.NeedLane, "lane", "the lane is held by mei: migration", releases.PartialNone},
	}, got)
	require.Equal(t, releases.PartialNoAnswer, list.Partial.Reason)
	require.Contains(t, list.Partial.Message, "1 cannot be read (key k-1 is missing), 2 did not answer in time: ")
}

// TestWaiting_TooMany asks those first whose phase says that they wait, and tells that not all
// were asked.
func TestWaiting_TooMany(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	phases := many(220, release.PhaseRollingOut)
	phases["release/r-confirm"] = release.PhaseAwaitingConfirm
	n.lists(release.WorkflowDeploy, phases)
	n.answers("release/r-confirm", release.QueryProgress, release.Progress{
		ReleaseID: "r-confirm", Phase: release.PhaseAwaitingConfirm, Batches: make([]release.Batch, 3),
		Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 2, Since: start()},
	})
	m.On("QueryWorkflow", mock.Anything, mock.Anything, "", release.QueryProgress).Return(answering{release.Progress{Phase: release.PhaseRollingOut}}, nil)
	n.lists(release.WorkflowReleaseSet, nil)
	n.lists(release.WorkflowLane, nil)
	list, err := r.Waiting(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, list.Found, 1)
	require.Equal(t, "confirmation of batch 2 of 3", list.Found[0].Text)
	require.Equal(t, 200, list.Asked)
	require.Contains(t, list.Partial.Message, "21 were not asked, because they are too many")
}

// TestWaiting_Deadline ends while there is time to show what has answered.
func TestWaiting_Deadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, r := newClient(t)
		n := namespace{m, t}
		phases := many(100, release.PhaseRollingOut)
		phases["release/r-paused"] = release.PhasePaused
		n.lists(release.WorkflowDeploy, phases)
		n.answers("release/r-paused", release.QueryProgress, release.Progress{ReleaseID: "r-paused", Phase: release.PhasePaused, Paused: true})
		m.On("QueryWorkflow", mock.Anything, mock.Anything, "", release.QueryProgress).
			Run(func(args mock.Arguments) { <-args.Get(0).(context.Context).Done() }).Return(nil, context.DeadlineExceeded)
		n.lists(release.WorkflowReleaseSet, nil)
		n.lists(release.WorkflowLane, map[string]release.Phase{"lane/a": release.LaneNeedsPerson})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		list, err := r.Waiting(ctx, "")
		require.NoError(t, err)
		require.Len(t, list.Found, 1)
		require.Contains(t, list.Partial.Message, "101 did not answer in time")
		require.Equal(t, 10*time.Second, time.Since(began))
	})
}

// TestWaiting_OfAnApplication asks for nothing of others.
func TestWaiting_OfAnApplication(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	n.lists(release.WorkflowDeploy, nil)
	n.lists(release.WorkflowReleaseSet, map[string]release.Phase{"set/s-one": release.PhaseAwaitingConfirm, "set/s-two": release.PhaseAwaitingConfirm})
	for id, of := range map[string]release.App{"s-one": app(), "s-two": {Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "app-2"}} {
		n.answers("set/"+id, release.QueryProgress, release.SetProgress{
			SetID: id, Phase: release.PhaseAwaitingConfirm, Awaiting: &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1, Since: start()},
			Waves: []release.WaveProgress{{Releases: []release.SetStanding{{App: of}}}},
		})
	}
	n.lists(release.WorkflowLane, nil)
	list, err := r.Waiting(t.Context(), app().SearchValue())
	require.NoError(t, err)
	require.Len(t, list.Found, 1)
	require.Equal(t, "s-one", list.Found[0].ID)
	for _, call := range m.Calls {
		if in, isList := call.Arguments.Get(1).(*workflowservice.ListWorkflowExecutionsRequest); isList && !strings.Contains(in.GetQuery(), release.WorkflowReleaseSet) {
			require.Contains(t, in.GetQuery(), "SlipwayApp = 'sae/cn-hangzhou/app-1'")
		}
	}
}

// TestFilter_Closed asks for what has ended, or is in one of some phases, and chooses the same.
func TestFilter_Closed(t *testing.T) {
	t.Parallel()
	const query = "WorkflowType IN ('Deploy', 'GrayRelease', 'Rollback', 'Restart', 'Rescale', 'Job')"
	for name, c := range map[string]struct {
		filter        releases.Filter
		query         string
		chosen, other releases.Listed
	}{
		"ended": {
			releases.Filter{Closed: true},
			query + " AND ExecutionStatus NOT IN ('Running', 'ContinuedAsNew')",
			releases.Listed{EndedAt: start()},
			releases.Listed{},
		},
		"in phases": {
			releases.Filter{Open: true, Phases: []release.Phase{release.PhasePaused, release.PhaseQueued}},
			query + " AND SlipwayPhase IN ('Paused', 'Queued') AND ExecutionStatus = 'Running'",
			releases.Listed{Phase: release.PhaseQueued},
			releases.Listed{Phase: release.PhaseRollingOut},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
				return in.GetQuery() == c.query
			})).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
			_, _, err := r.List(t.Context(), c.filter)
			require.NoError(t, err)
			require.True(t, c.filter.Chooses(c.chosen))
			require.False(t, c.filter.Chooses(c.other))
		})
	}
}

// TestFilter_Open asks for nothing that has ended, and chooses nothing that has.
func TestFilter_Open(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	n := namespace{m, t}
	n.lists(release.WorkflowDeploy, map[string]release.Phase{"release/r-one": release.PhaseQueued}) // wants ExecutionStatus = 'Running'
	found, _, err := r.List(t.Context(), releases.Filter{Open: true})
	require.NoError(t, err)
	require.Equal(t, "r-one", found[0].ID)
	open := releases.Filter{Open: true}
	require.True(t, open.Chooses(releases.Listed{}))
	require.False(t, open.Chooses(releases.Listed{EndedAt: start()}))
}
