package releases

import (
	"context"
	"errors"
	"fmt"
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

	"slipway/ledger"
	"slipway/release"
)

// shelf is a ledger with these records, which notes what it is told.
type shelf struct {
	affairs ledger.Affairs
	record  ledger.Record
	good    []release.Version
	err     error
	told    []string
}

func (s *shelf) Affairs(context.Context, release.App) (ledger.Affairs, error) {
	return s.affairs, s.err
}

func (s *shelf) GetOf(context.Context, release.App, string) (ledger.Record, error) {
	return s.record, s.err
}

func (s *shelf) LastGood(context.Context, release.App, release.Version, []release.Version) (good, bad []release.Version, err error) {
	return s.good, s.good, s.err
}

func (s *shelf) Update(_ context.Context, u ledger.Report) error {
	s.told = append(s.told, fmt.Sprintf("progress %s/%d", u.Progress.ReleaseID, u.Transition))
	return s.err
}

func (s *shelf) MarkLost(_ context.Context, _ release.App, id string, loss ledger.Loss) error {
	s.told = append(s.told, "lost "+id+": "+loss.How)
	return s.err
}

var errAway = fmt.Errorf("%w: away", ledger.ErrUnavailable)

func shop() release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "shop"}
}

// temporalWith lists these workflows as running, and knows how all ended that it lists or that
// are in ended.
func temporalWith(places map[string]release.LaneEntry, ended map[string]enumspb.WorkflowExecutionStatus, listed ...string) *mocks.Client {
	c := &mocks.Client{}
	var all []*workflowpb.WorkflowExecutionInfo
	for _, id := range listed {
		all = append(all, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
	}
	c.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(r *workflowservice.ListWorkflowExecutionsRequest) bool {
		return r.GetQuery() == "SlipwayApp = 'sae/cn-hangzhou/shop' AND ExecutionStatus = 'Running'"
	})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: all}, nil)
	c.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(
		func(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
			status, known := ended[id]
			if _, runs := places[id]; runs {
				status, known = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, true
			}
			if !known {
				return nil, serviceerror.NewNotFound("none")
			}
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status}}, nil
		})
	c.On("QueryWorkflow", mock.Anything, mock.Anything, "", release.QueryPlace).Return(
		func(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
			e := places[id]
			if e.ReleaseID == "" {
				return nil, serviceerror.NewQueryFailed("panic")
			}
			answer := &mocks.Value{}
			answer.On("Get", mock.Anything).Return(func(out any) error {
				*out.(*release.LaneEntry) = e //nolint:forcetypeassert // it is what is asked for
				return nil
			})
			return answer, nil
		})
	return c
}

func TestLiving_WhatLives(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	waiting := release.LaneEntry{ReleaseID: "r-w", Since: at}
	runs := release.LaneEntry{ReleaseID: "r-r", Since: at, Proceeded: true}
	running := map[string]release.LaneEntry{"release/r-w": waiting, "release/r-r": runs, "release/r-p": {}}
	closed := map[string]enumspb.WorkflowExecutionStatus{"release/r-done": enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}
	open := ledger.Affairs{Open: []ledger.Record{{ReleaseID: "r-w"}, {ReleaseID: "r-gone", RequestedAt: at}}}
	for name, c := range map[string]struct {
		listed []string
		also   []string
		ledger *shelf
		want   release.Living
	}{
		"nothing": {nil, nil, &shelf{}, release.Living{}},
		"what is listed, each once": {
			[]string{"release/r-w", "lane/sae/cn-hangzhou/shop", "release/r-r", "release/r-w"},
			[]string{"r-r"},
			&shelf{},
			release.Living{Releases: []release.LaneEntry{waiting, runs}},
		},
		"what is not listed yet":                {nil, []string{"r-w", "r-done", "r-never"}, &shelf{}, release.Living{Releases: []release.LaneEntry{waiting}}},
		"what has ended since":                  {[]string{"release/r-done"}, nil, &shelf{}, release.Living{}},
		"what does not tell its place":          {[]string{"release/r-p"}, nil, &shelf{}, release.Living{Releases: []release.LaneEntry{{ReleaseID: "r-p", Proceeded: true}}}},
		"what a watchdog looks after":           {[]string{"watchdog/r-lost"}, nil, &shelf{}, release.Living{Releases: []release.LaneEntry{{ReleaseID: "r-lost", Proceeded: true}}}},
		"what a watchdog and itself look after": {[]string{"watchdog/r-w"}, nil, &shelf{}, release.Living{Releases: []release.LaneEntry{waiting}}},
		"what has told no outcome":              {nil, nil, &shelf{affairs: open}, release.Living{Releases: []release.LaneEntry{waiting, {ReleaseID: "r-gone", Since: at, Proceeded: true}}}},
		"what has ended, and is being told": {
			[]string{"delivery/watchdog/r-gone", "delivery/release/r-r/2", "release/r-r"}, nil, &shelf{affairs: open}, release.Living{Releases: []release.LaneEntry{runs, waiting}},
		},
		"a ledger that is out of reach": {[]string{"release/r-r"}, nil, &shelf{err: errAway}, release.Living{Releases: []release.LaneEntry{runs}, LedgerAway: true}},
		"debts, and what has begun last": {nil, nil, &shelf{affairs: ledger.Affairs{
			Owing:  []ledger.Record{{ReleaseID: "r-0", Held: ledger.Held{ScalingRules: []string{"daily"}, Traffic: true}}},
			Latest: ledger.Record{ReleaseID: "r-9", Sequence: 9, RequestedAt: at},
		}}, release.Living{
			Debts:  []release.Debt{{ReleaseID: "r-0", ScalingRules: []string{"daily"}, Traffic: true}},
			Latest: &release.Begun{ReleaseID: "r-9", Published: release.Published{Sequence: 9, At: at}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got release.Living
			require.NoError(t, once{temporalWith(running, closed, c.listed...), c.ledger, release.LivingInput{App: shop(), Also: c.also}}.do(t, release.LivingActivity, &got))
			require.Equal(t, c.want, got)
		})
	}
}

func TestLiving_ALookThatTemporalDoesNotAnswerIsRepeated(t *testing.T) {
	t.Parallel()
	c := &mocks.Client{}
	c.On("ListWorkflow", mock.Anything, mock.Anything).Return(nil, away())
	requireFault(t, once{c, &shelf{}, release.LivingInput{App: shop()}}.do(t, release.LivingActivity, nil), release.FaultUnavailable, true)
}

func TestLiving_ALaneWaitsForTheLedger(t *testing.T) {
	t.Parallel()
	in := release.AwaitLedgerInput{App: shop()}
	require.NoError(t, once{&mocks.Client{}, &shelf{}, in}.do(t, release.AwaitLedgerActivity, nil))
	requireFault(t, once{&mocks.Client{}, &shelf{err: errAway}, in}.do(t, release.AwaitLedgerActivity, nil), release.FaultUnavailable, true)
}

func TestLiving_WhatTheLedgerRecalls(t *testing.T) {
	t.Parallel()
	ref := release.Ref{App: shop(), ReleaseID: "r-1"}
	known := &shelf{record: ledger.Record{Progress: release.Progress{ReleaseID: "r-1", Phase: release.PhaseRollingOut}}}
	var p release.Progress
	require.NoError(t, once{&mocks.Client{}, known, ref}.do(t, release.RecallActivity, &p))
	require.Equal(t, release.PhaseRollingOut, p.Phase)
	requireFault(t, once{&mocks.Client{}, &shelf{}, ref}.do(t, release.RecallActivity, nil), release.FaultNotFound, false)
	requireFault(t, once{&mocks.Client{}, &shelf{err: ledger.ErrNotFound}, ref}.do(t, release.RecallActivity, nil), release.FaultNotFound, false)
	requireFault(t, once{&mocks.Client{}, &shelf{err: errAway}, ref}.do(t, release.RecallActivity, nil), release.FaultUnavailable, true)
}

func TestLiving_WhatIsJudgedIsBounded(t *testing.T) {
	t.Parallel()
	in := release.JudgedInput{App: shop()}
	var judged release.Judged
	require.NoError(t, once{&mocks.Client{}, &shelf{good: make([]release.Version, release.MaxJudged+1)}, in}.do(t, release.JudgedActivity, &judged))
	require.Len(t, judged.Good, release.MaxJudged)
	require.Len(t, judged.Bad, release.MaxJudged)
	err := once{&mocks.Client{}, &shelf{err: errAway}, in}.do(t, release.JudgedActivity, nil)
	requireFault(t, err, release.FaultUnavailable, true)
	require.ErrorContains(t, err, "a rollback that names one needs not wait")
}

func TestLiving_WhatTheLedgerIsToldOfALoss(t *testing.T) {
	t.Parallel()
	p := release.Progress{ReleaseID: "r-1", App: shop(), Phase: release.PhaseRollingOut, Transition: 3}
	unknown := release.Progress{ReleaseID: "r-1", App: shop()}
	for name, c := range map[string]struct {
		in   release.SettleInput
		told []string
	}{
		"lost":                     {release.SettleInput{Progress: p, Lost: "terminated"}, []string{"progress r-1/3", "lost r-1: terminated"}},
		"ended by itself":          {release.SettleInput{Progress: p}, []string{"progress r-1/3"}},
		"lost without a last word": {release.SettleInput{Progress: unknown, Lost: "terminated"}, []string{"lost r-1: terminated"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &shelf{}
			require.NoError(t, once{&mocks.Client{}, l, c.in}.do(t, release.SettleActivity, nil))
			require.Equal(t, c.told, l.told)
			requireFault(t, once{&mocks.Client{}, &shelf{err: errAway}, c.in}.do(t, release.SettleActivity, nil), release.FaultUnavailable, true)
		})
	}
}

func TestLiving_WhatAReleaseWaitsFor(t *testing.T) {
	t.Parallel()
	ref := release.Ref{App: shop(), ReleaseID: "r-2"}
	answer := &mocks.Value{}
	answer.On("Get", mock.Anything).Return(func(out any) error {
		*out.(*release.LaneState) = release.LaneState{Running: &release.LaneEntry{ReleaseID: "r-1"}} //nolint:forcetypeassert // it is what is asked for
		return nil
	})
	for name, c := range map[string]struct {
		err   error
		words string
	}{
		"its lane answers":     {nil, "release r-1, which runs"},
		"there is no lane":     {serviceerror.NewNotFound("none"), "its lane, which did not know of it"},
		"nobody answers at it": {errors.New("no worker"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.On("QueryWorkflow", mock.Anything, "lane/sae/cn-hangzhou/shop", "", release.QueryLane).Return(answer, c.err)
			var words string
			err := once{m, &shelf{}, ref}.do(t, release.WaitsForActivity, &words)
			if c.words == "" {
				requireFault(t, err, release.FaultUnavailable, true)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.words, words)
		})
	}
}

func TestLiving_AReleaseThatWaitsCallsALaneThatWasLost(t *testing.T) {
	t.Parallel()
	sub := release.Submission{ReleaseID: "r-2", Spec: release.Spec{App: shop()}}
	describe := func(status enumspb.WorkflowExecutionStatus) *workflowservice.DescribeWorkflowExecutionResponse {
		return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{RunId: "run-1"}, Status: status,
		}}
	}
	for name, c := range map[string]struct {
		lane *workflowservice.DescribeWorkflowExecutionResponse
		err  error
		// called is the ID of the update; empty where the lane is not called.
		called string
		fails  bool
	}{
		"a lane that runs":          {lane: describe(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)},
		"a lane that was lost":      {lane: describe(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), called: "r-2/run-1"},
		"a lane that was forgotten": {err: serviceerror.NewNotFound("none"), called: "r-2/"},
		"Temporal is away":          {err: away(), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &mocks.Client{}
			m.Test(t)
			m.On("DescribeWorkflowExecution", mock.Anything, "lane/sae/cn-hangzhou/shop", "").Return(c.lane, c.err)
			if c.called != "" {
				handle := &mocks.WorkflowUpdateHandle{}
				handle.On("Get", mock.Anything, mock.Anything).Return(nil)
				m.On("NewWithStartWorkflowOperation", mock.Anything, release.WorkflowLane, mock.Anything).Return(nil)
				m.On("UpdateWithStartWorkflow", mock.Anything, mock.MatchedBy(func(o client.UpdateWithStartWorkflowOptions) bool {
					return o.UpdateOptions.UpdateID == c.called
				})).Return(handle, nil).Once()
			}
			r, err := New(m, &shelf{})
			require.NoError(t, err)
			err = r.attend(t.Context(), sub)
			require.Equal(t, c.fails, err != nil)
			m.AssertExpectations(t)
		})
	}
}

func TestLiving_HowALaneStands(t *testing.T) {
	t.Parallel()
	state := release.LaneState{App: shop(), Waiting: []release.LaneEntry{{ReleaseID: "r-w"}}}
	runs := release.LaneEntry{ReleaseID: "r-r", Proceeded: true}
	owing := ledger.Affairs{Owing: []ledger.Record{{ReleaseID: "r-o", Held: ledger.Held{ScalingRules: []string{"daily"}}}}}
	lane := release.LaneID(shop())
	running := map[string]enumspb.WorkflowExecutionStatus{lane: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	for name, c := range map[string]struct {
		statuses map[string]enumspb.WorkflowExecutionStatus
		query    error
		ledger   *shelf
		want     release.LaneState
		fails    bool
	}{
		"one that runs answers for itself": {statuses: running, ledger: &shelf{err: errAway}, want: state},
		"one that runs and does not answer": {
			statuses: running, query: serviceerror.NewQueryFailed("no worker"), ledger: &shelf{}, fails: true,
		},
		"one that does not run is made of what lives and what is owed": {
			statuses: map[string]enumspb.WorkflowExecutionStatus{lane: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED}, ledger: &shelf{affairs: owing},
			want: release.LaneState{App: shop(), Running: &runs, Waiting: []release.LaneEntry{}, Debts: []release.Debt{{ReleaseID: "r-o", ScalingRules: []string{"daily"}}}},
		},
		"one that never was, without the ledger": {ledger: &shelf{err: errAway}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := temporalWith(map[string]release.LaneEntry{"release/r-r": runs}, c.statuses, "release/r-r")
			answer := &mocks.Value{}
			answer.On("Get", mock.Anything).Return(func(out any) error {
				*out.(*release.LaneState) = state //nolint:forcetypeassert // it is what is asked for
				return nil
			})
			m.On("QueryWorkflow", mock.Anything, lane, "", release.QueryLane).Return(answer, c.query)
			var got release.LaneState
			err := once{m, c.ledger, release.StateInput{App: shop()}}.do(t, release.StateActivity, &got)
			if c.fails {
				requireFault(t, err, release.FaultUnavailable, true)
				return
			}
			require.NoError(t, err)
			got.Waiting = append([]release.LaneEntry{}, got.Waiting...)
			require.Equal(t, c.want, got)
		})
	}
}
