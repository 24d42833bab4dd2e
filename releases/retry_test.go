package releases_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"slipway/release"
	"slipway/releases"
)

// begun is the history of a release that was asked for with a spec.
func begun(t *testing.T, dc converter.DataConverter, s release.Spec) client.HistoryEventIterator {
	t.Helper()
	in, err := dc.ToPayloads(release.Request{ID: id, Spec: s, Set: setID})
	require.NoError(t, err)
	return &history{events: []*historypb.HistoryEvent{
		{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: in},
		}},
		{},
	}}
}

// history is a history as Temporal's client reads it.
type history struct {
	events []*historypb.HistoryEvent
	err    error
}

func (h *history) HasNext() bool { return h.err != nil || len(h.events) > 0 }

func (h *history) Next() (*historypb.HistoryEvent, error) {
	if h.err != nil {
		return nil, h.err
	}
	next := h.events[0]
	h.events = h.events[1:]
	return next, nil
}

func onHistory(m *mocks.Client, h client.HistoryEventIterator) {
	m.On("GetWorkflowHistory", mock.Anything, release.WorkflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Return(h)
}

// wholeSpec has every kind of field.
func wholeSpec() release.Spec {
	return release.Spec{
		App: app(), Artifact: release.Artifact{Image: "shop:2"}, Adopt: "co-1", RequestedBy: "ci", Note: "n",
		Strategy: release.Strategy{Type: release.StrategyBatch, Schedule: []release.BatchSchedule{{Batch: 2, At: "02:00", Zone: "UTC"}}},
		Freeze:   release.FreezePolicy{Override: "orders are lost"}, RetryOf: "r-before",
	}
}

// encoding is a converter that stands for one with keys.
func encoding() converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}))
}

func TestSpec_IsReadWithTheConverterOfTheConnection(t *testing.T) {
	t.Parallel()
	m := &mocks.Client{}
	onHistory(m, begun(t, encoding(), wholeSpec()))
	found, err := releases.NewWith(m, encoding()).Spec(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, wholeSpec(), found)

	m = &mocks.Client{}
	onHistory(m, begun(t, encoding(), wholeSpec()))
	_, err = releases.New(m).Spec(t.Context(), id)
	require.ErrorContains(t, err, "what release "+id+" was asked for with cannot be read")
}

func TestSpec_OfWhatTemporalDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]*history{"never or no more": {err: serviceerror.NewNotFound("gone")}, "nothing of it": {}} {
		m, r := newClient(t)
		onHistory(m, h)
		_, err := r.Spec(t.Context(), id)
		var missing *releases.NotFoundError
		require.ErrorAs(t, err, &missing, name)
	}
	m, r := newClient(t)
	onHistory(m, &history{err: serviceerror.NewUnavailable("away")})
	_, err := r.Spec(t.Context(), id)
	var unreachable *releases.UnreachableError
	require.ErrorAs(t, err, &unreachable)
}

func TestRetry_OfWhatHasEnded(t *testing.T) {
	t.Parallel()
	for _, outcome := range []release.Phase{release.PhaseSucceeded, release.PhaseRolledBack, release.PhaseAborted, release.PhaseFailed} {
		m, r := newClient(t)
		onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED), nil)
		run := &mocks.WorkflowRun{}
		run.On("Get", mock.Anything, mock.Anything).Run(func(args mock.Arguments) {
			*args.Get(1).(*release.Progress) = release.Progress{ReleaseID: id, Phase: outcome, Outcome: outcome}
		}).Return(nil)
		m.On("GetWorkflow", mock.Anything, release.WorkflowID(id), "run-1").Return(run)
		onHistory(m, begun(t, converter.GetDefaultDataConverter(), wholeSpec()))
		found, _, err := r.Retry(t.Context(), id)
		require.NoError(t, err)
		want := wholeSpec()
		want.RetryOf, want.Adopt = id, ""
		require.Equal(t, want, found)
	}
}

func TestRetry_OfWhatHasNotEnded(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
	onQuery(m, nil, serviceerror.NewFailedPrecondition("no poller seen")) // also where no worker answers
	_, _, err := r.Retry(t.Context(), id)
	var refused *releases.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "it has not ended: it is RollingOut; wait for its end, or abort it: slipway release abort "+id, refused.Reason)
}

func TestRetry_OfWhatIsUnknown(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	onDescribe(m, nil, serviceerror.NewNotFound("gone"))
	_, _, err := r.Retry(t.Context(), id)
	var missing *releases.NotFoundError
	require.ErrorAs(t, err, &missing)
}

// A release whose workflow was terminated is repeated once its lane does not count it any more.
func TestRetry_OfWhatWasTerminated(t *testing.T) {
	t.Parallel()
	mine, other := release.LaneEntry{ReleaseID: id}, release.LaneEntry{ReleaseID: "r-other"}
	for _, c := range []struct {
		name  string
		state release.LaneState
		lane  error
		want  string
	}{
		{"the lane knows", release.LaneState{App: app(), Running: &other, Waiting: []release.LaneEntry{other}}, nil, ""},
		{"it runs, as far as the lane knows", release.LaneState{App: app(), Running: &mine}, nil, "its lane does not know yet that it is gone"},
		{"it waits, as far as the lane knows", release.LaneState{App: app(), Running: &other, Waiting: []release.LaneEntry{other, mine}}, nil, "its lane does not know yet"},
		{"the lane does not answer", release.LaneState{}, serviceerror.NewFailedPrecondition("no poller seen"), "cannot be told: no worker answers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onDescribe(m, described(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED), nil)
			onQuery(m, answering{release.Progress{ReleaseID: id, Phase: release.PhaseRollingOut}}, nil)
			onHistory(m, begun(t, converter.GetDefaultDataConverter(), wholeSpec()))
			m.On("DescribeWorkflow", mock.Anything, release.LaneID(app()), "").Return(described(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING), nil)
			m.On("QueryWorkflow", mock.Anything, release.LaneID(app()), "", release.QueryLane).Return(stating{c.state}, c.lane)
			found, _, err := r.Retry(t.Context(), id)
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, id, found.RetryOf)
		})
	}
}
