package releases_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"slipway/release"
	"slipway/releases"
)

// toggled is the answer of a switching.
type toggled struct{ r release.ToggleResult }

func (a toggled) HasValue() bool { return true }

func (a toggled) Get(out any) error {
	*out.(*release.ToggleResult) = a.r
	return nil
}

// holds lets Temporal know a lane with a debt and a release under way.
func holds(m *mocks.Client, answered error) {
	running := described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	m.On("DescribeWorkflow", mock.Anything, release.LaneID(app()), "").Return(running, nil)
	lane := release.LaneState{App: app(), Debts: []release.Debt{{ReleaseID: "r-lost", ScalingRules: []string{"rt", "paid"}}}}
	m.On("QueryWorkflow", mock.Anything, release.LaneID(app()), "", release.QueryLane).Return(stating{lane}, nil)
	listed := []*workflowpb.WorkflowExecutionInfo{{Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id), RunId: "run-1"}}}
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
		return in.GetQuery() == "WorkflowType IN ('Deploy', 'GrayRelease', 'Rollback', 'Restart', 'Rescale', 'Job') AND SlipwayApp = 'sae/cn-hangzhou/app-1'"+
			" AND ExecutionStatus = 'Running' AND SlipwayPhase != 'Queued'"
	})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: listed}, nil)
	onDescribe(m, running, nil)
	onQuery(m, answering{release.Progress{ReleaseID: id, RequestedBy: "ci", StartedAt: start(), ScalingRules: []release.HeldRule{
		{Name: "cpu", Suspended: true}, {Name: "back", Suspended: true, Restored: true}, {Name: "daily"},
	}}}, answered)
}

// switches lets Temporal know a switching by hand.
func switches(t *testing.T, m *mocks.Client, in release.ToggleRequest, answer func() (converter.EncodedValue, error)) {
	t.Helper()
	scalingID := "scaling/" + in.App.SearchValue()
	input, err := converter.GetDefaultDataConverter().ToPayloads(in)
	require.NoError(t, err)
	m.On("DescribeWorkflow", mock.Anything, scalingID, "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
	m.On("GetWorkflowHistory", mock.Anything, scalingID, "run-1", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Return(&history{events: []*historypb.HistoryEvent{
		{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
		}},
	}})
	m.On("QueryWorkflow", mock.Anything, scalingID, "run-1", release.QueryToggle).Return(answer())
}

// Each rule tells who holds it: a release, a lost one, or a person by hand.
func TestHoldsOf(t *testing.T) {
	t.Parallel()
	rules := []release.ScalingRule{{Name: "cpu"}, {Name: "back", Enabled: true}, {Name: "daily", Enabled: true}, {Name: "rt"}, {Name: "paid", Enabled: true}}
	ofRelease := releases.RuleHold{ReleaseID: id, By: "ci", Since: start()}
	begins := ofRelease
	begins.Pending = true
	hand := releases.RuleHold{By: "mei", Reason: "load test", Since: start()}
	pending, switched, unanswered := hand, hand, hand
	pending.Pending, pending.Waiting = true, "change co-1 was begun elsewhere"
	switched.Until, unanswered.Pending = start().Add(time.Hour), true
	in := release.ToggleRequest{App: app(), Names: []string{"back"}, For: release.Duration(time.Hour), By: "mei", Reason: "load test"}
	cases := map[string]struct {
		in       release.ToggleRequest
		shown    release.ToggleResult
		answered error
		back     releases.RuleHold
		missing  string
	}{
		"a switching that waits":     {in, release.ToggleResult{Waiting: pending.Waiting}, nil, pending, ""},
		"switched for a time":        {in, release.ToggleResult{Switched: []string{"cpu"}, Until: switched.Until}, nil, releases.RuleHold{}, ""},
		"nobody answers for its end": {in, release.ToggleResult{}, serviceerror.NewUnavailable("no worker"), unanswered, "(disable back for 1h by mei) is not known: no worker answers (task queue slipway); start one: slipway worker; to see what is missing: slipway doctor"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			holds(m, nil)
			switches(t, m, c.in, func() (converter.EncodedValue, error) { return toggled{c.shown}, c.answered })
			got, err := r.HoldsOf(t.Context(), app(), rules)
			if c.missing == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.missing)
			}
			cpu := &ofRelease
			if len(c.shown.Switched) > 0 {
				cpu = &switched // the person's hand stands before the release
			}
			want := []releases.RuleState{
				{ScalingRule: rules[0], Held: cpu},
				{ScalingRule: rules[1]},
				{ScalingRule: rules[2], Held: &begins},
				{ScalingRule: rules[3], Held: &releases.RuleHold{ReleaseID: "r-lost", Lost: true}},
				{ScalingRule: rules[4]},
			}
			if c.back != (releases.RuleHold{}) {
				want[1].Held = &c.back
			}
			require.Equal(t, want, got)
		})
	}
}

// A rule that is taken away to disable it is told as long as it is held, though the platform has none.
func TestHoldsOf_TakenAway(t *testing.T) {
	t.Parallel()
	until := start().Add(time.Hour)
	in := release.ToggleRequest{App: service(), For: release.Duration(time.Hour), By: "mei", Reason: "load test"}
	for name, c := range map[string]struct {
		shown release.ToggleResult
		want  []string
	}{
		"away for a time":     {release.ToggleResult{Switched: []string{"web.busy"}, Until: until}, []string{"web.night", "web.busy"}},
		"none was taken away": {release.ToggleResult{Waiting: "a change"}, []string{"web.night"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			m.On("DescribeWorkflow", mock.Anything, release.LaneID(service()), "").Return(nil, serviceerror.NewNotFound("workflow not found"))
			m.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
			switches(t, m, in, func() (converter.EncodedValue, error) { return toggled{c.shown}, nil })
			got, err := r.HoldsOf(t.Context(), service(), []release.ScalingRule{{Name: "web.night", Enabled: true}})
			require.NoError(t, err)
			var names []string
			for _, s := range got {
				names = append(names, s.Name)
			}
			require.Equal(t, c.want, names)
			if len(got) > 1 {
				require.Equal(t, &releases.RuleHold{By: "mei", Reason: "load test", Since: start(), Until: until}, got[1].Held)
				require.False(t, got[1].Enabled)
			}
		})
	}
}

// What was switched off by hand without an end is held by whoever did it, until it is on again.
func TestHoldsOf_SwitchedOffUntilFurtherNotice(t *testing.T) {
	t.Parallel()
	hand := &releases.RuleHold{By: "mei", Reason: "load test", Since: start()}
	for name, c := range map[string]struct {
		in   release.ToggleRequest
		want *releases.RuleHold
	}{
		"switched off":     {release.ToggleRequest{App: app(), By: "mei", Reason: "load test"}, hand},
		"another one":      {release.ToggleRequest{App: app(), Names: []string{"cpu"}, By: "mei", Reason: "load test"}, nil},
		"switched on":      {release.ToggleRequest{App: app(), Enable: true, By: "mei"}, nil},
		"that was for 1 h": {release.ToggleRequest{App: app(), For: release.Duration(time.Hour), By: "mei"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			holds(m, nil)
			input, err := converter.GetDefaultDataConverter().ToPayloads(c.in)
			require.NoError(t, err)
			m.On("DescribeWorkflow", mock.Anything, scalingID, "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil)
			m.On("GetWorkflowHistory", mock.Anything, scalingID, "run-1", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Return(&history{events: []*historypb.HistoryEvent{
				{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
					WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
				}},
			}})
			got, err := r.HoldsOf(t.Context(), app(), []release.ScalingRule{{Name: "night"}, {Name: "day", Enabled: true}, {Name: "cpu"}})
			require.NoError(t, err)
			require.Equal(t, c.want, got[0].Held)
			require.Nil(t, got[1].Held, "it is on")
			require.Equal(t, id, got[2].Held.ReleaseID, "a release holds it")
		})
	}
}

// What is not known of a release does not hide the rules.
func TestHoldsOf_ReleaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	holds(m, serviceerror.NewFailedPrecondition("no poller seen"))
	m.On("DescribeWorkflow", mock.Anything, scalingID, "").Return(nil, serviceerror.NewNotFound("workflow not found"))
	got, err := r.HoldsOf(t.Context(), app(), []release.ScalingRule{{Name: "cpu"}})
	require.ErrorContains(t, err, "which rules release "+id+" holds is not known: no worker answers")
	require.Equal(t, []releases.RuleState{{ScalingRule: release.ScalingRule{Name: "cpu"}}}, got)
}

// A lane that does not answer may know of rules that were left off: that is said.
func TestHoldsOf_LaneDoesNotAnswer(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	m.On("DescribeWorkflow", mock.Anything, release.LaneID(app()), "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
	m.On("QueryWorkflow", mock.Anything, release.LaneID(app()), "", release.QueryLane).Return(nil, serviceerror.NewFailedPrecondition("no poller seen"))
	m.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
	m.On("DescribeWorkflow", mock.Anything, scalingID, "").Return(nil, serviceerror.NewNotFound("workflow not found"))
	got, err := r.HoldsOf(t.Context(), app(), []release.ScalingRule{{Name: "cpu"}})
	require.ErrorContains(t, err, "which rules were left off is not known: no worker answers")
	require.Equal(t, []releases.RuleState{{ScalingRule: release.ScalingRule{Name: "cpu"}}}, got)
}

func TestCheckOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status enumspb.WorkflowExecutionStatus
		err    error
		want   string
	}{
		"open":       {enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil, ""},
		"ended":      {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, nil, "release " + id + " refused: it has ended"},
		"terminated": {enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, nil, "its workflow was terminated"},
		"never was":  {0, serviceerror.NewNotFound("workflow not found"), "there is no release"},
		"no answer":  {0, serviceerror.NewUnavailable("down"), "Temporal does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, described(c.status), c.err)
			err := r.CheckOpen(t.Context(), id)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}
