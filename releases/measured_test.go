package releases_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/mocks"

	"slipway/release"
	"slipway/releases"
)

// scheduled and completed are an activity in a history.
func scheduled(event int64, name string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventId: event, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
		ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{ActivityType: &commonpb.ActivityType{Name: name}},
	}}
}

func completed(t *testing.T, event int64, result any) *historypb.HistoryEvent {
	t.Helper()
	payloads, err := encoding().ToPayloads(result)
	require.NoError(t, err)
	return &historypb.HistoryEvent{EventId: event + 1, Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{
		ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: event, Result: payloads},
	}}
}

// Of a history only what gates have measured is read, with all samples and by the keys of the connection.
func TestMeasured(t *testing.T) {
	t.Parallel()
	samples := make([]release.Sample, 2*release.ShownSamples)
	want := release.GateResult{Name: "errors", Batch: 1, Verdict: release.VerdictPass, Reason: "all passed", Samples: samples}
	events := []*historypb.HistoryEvent{
		{EventId: 1},
		scheduled(5, release.MeasureActivity), scheduled(7, "another"), completed(t, 7, "something else"), completed(t, 5, want),
		scheduled(20, release.MeasureActivity), // which goes on
	}
	m := &mocks.Client{}
	onHistory(m, &history{events: events})
	found, err := releases.NewWith(m, encoding()).Measured(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, []release.GateResult{want}, found)

	m = &mocks.Client{}
	onHistory(m, &history{err: serviceerror.NewNotFound("gone")})
	_, err = releases.New(m).Measured(t.Context(), id)
	var missing *releases.NotFoundError
	require.ErrorAs(t, err, &missing)
}
