package attempt

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

func start() time.Time { return time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC) }

func fails(f release.Fault, text string) error {
	return temporal.NewApplicationErrorWithOptions(text, string(f), temporal.ApplicationErrorOptions{NonRetryable: !f.Retryable()})
}

func again(f release.Fault, after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions("later", string(f), temporal.ApplicationErrorOptions{
		NextRetryDelay: after, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// step is an attempt, and what is to become of its error.
type step struct {
	begun, ended time.Duration
	err          error
	// nonRetryable wants the activity ended, delay another attempt after it; neither wants the error
	// as it is.
	nonRetryable bool
	delay        time.Duration
	// kept wants the activity to be remembered as failing.
	kept bool
}

func TestStall_Judge(t *testing.T) {
	t.Parallel()
	const s, m = time.Second, time.Minute
	away := fails(release.FaultUnavailable, "away")
	shown := release.Stall{
		Doing: "Observe", Fault: release.FaultUnavailable, Failure: "away", Since: start().Add(-10 * s), At: start().Add(-5 * s),
	}
	for name, test := range map[string]struct {
		shown release.Stall
		steps []step
	}{
		"told once patience is over": {release.Stall{}, []step{
			{begun: 0, ended: 0, err: away, delay: 1 * s, kept: true},
			{begun: 1 * s, ended: 1 * s, err: away, delay: 2 * s, kept: true},
			{begun: 3 * s, ended: 4 * s, err: away, delay: 2 * s, kept: true},
			{begun: 6 * s, ended: 6 * s, err: away, nonRetryable: true},
		}},
		"an attempt that takes long is part of the time": {release.Stall{}, []step{
			{begun: 0, ended: 5 * s, err: away, nonRetryable: true},
		}},
		"the class may change meanwhile": {release.Stall{}, []step{
			{begun: 0, ended: 0, err: fails(release.FaultThrottled, "slower"), delay: 1 * s, kept: true},
			{begun: 5 * s, ended: 5 * s, err: away, nonRetryable: true},
		}},
		"a look that worked lies between": {release.Stall{}, []step{
			{begun: 0, ended: 0, err: away, delay: 1 * s, kept: true},
			{begun: 1 * s, ended: 1 * s, err: again(release.FaultUnchanged, 10*s)},
			{begun: 11 * s, ended: 11 * s, err: away, delay: 1 * s, kept: true},
			{begun: 12 * s, ended: 12 * s, err: away, delay: 2 * s, kept: true},
		}},
		"a success": {shown, []step{
			{begun: 0, ended: 0, err: away, delay: 1 * s, kept: true},
			{begun: 1 * s, ended: 1 * s},
		}},
		"what never passes": {release.Stall{}, []step{
			{begun: 0, ended: 0, err: away, delay: 1 * s, kept: true},
			{begun: 9 * s, ended: 9 * s, err: fails(release.FaultInvalid, "no such thing")},
		}},
		"no fault of ours": {release.Stall{}, []step{
			{begun: 0, ended: 0, err: away, delay: 1 * s, kept: true},
			{begun: 9 * s, ended: 9 * s, err: errors.New("a defect")},
		}},
		"a delay of its own": {shown, []step{
			{begun: 0, ended: 0, err: again(release.FaultUnavailable, 10*m), kept: true},
		}},
		"another class than is shown": {shown, []step{
			{begun: 0, ended: 4 * s, err: fails(release.FaultConflict, "away"), delay: 1 * s, kept: true},
			{begun: 5 * s, ended: 5 * s, err: fails(release.FaultConflict, "away"), nonRetryable: true},
		}},
		"another text than is shown": {shown, []step{
			{begun: 0, ended: 6 * s, err: fails(release.FaultUnavailable, "gone"), nonRetryable: true},
		}},
		"it works again while a stall is shown": {shown, []step{
			{begun: 0, ended: 0, err: again(release.FaultUnchanged, 10*s), nonRetryable: true},
		}},
		"what is shown is tried ever less often": {shown, []step{
			{begun: 0, ended: 0, err: away, delay: 1 * s, kept: true},
			{begun: 1 * s, ended: 4*s + 999*time.Millisecond, err: away, delay: 2 * s, kept: true},
			{begun: 5 * s, ended: 5 * s, err: away, delay: 2500 * time.Millisecond, kept: true},
			{begun: 7 * s, ended: 8 * s, err: away, delay: 4 * s, kept: true},
			{begun: 12 * s, ended: 40 * s, err: away, delay: 20 * s, kept: true},
			{begun: 1 * m, ended: 1 * m, err: away, delay: 30 * s, kept: true},
			{begun: 9 * m, ended: 9 * m, err: away, delay: 30 * s, kept: true},
		}},
		"a first failure that took long": {shown, []step{
			{begun: 0, ended: 20 * s, err: away, delay: 10 * s, kept: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := start()
			i := New(Config{Now: func() time.Time { return now }})
			for n, step := range test.steps {
				now = start().Add(step.ended)
				got := i.attemptError(t.Context(), try{id: id{activity: "7"}, shown: test.shown, begun: start().Add(step.begun)}, step.err)
				where := fmt.Sprintf("step %d", n+1)
				requireJudged(t, step, got, where)
				require.Equal(t, step.kept, len(i.failing.found) == 1, where)
			}
		})
	}
}

func requireJudged(t *testing.T, want step, got error, where string) {
	t.Helper()
	if want.err == nil {
		require.NoError(t, got, where)
		return
	}
	if !want.nonRetryable && want.delay == 0 {
		require.Same(t, want.err, got, where)
		return
	}
	var before, after *temporal.ApplicationError
	require.ErrorAs(t, want.err, &before, where)
	require.ErrorAs(t, got, &after, where)
	require.Equal(t, want.nonRetryable, after.NonRetryable(), where)
	require.Equal(t, want.delay, after.NextRetryDelay(), where)
	require.Equal(t, before.Message(), after.Message(), where)
	require.Equal(t, before.Type(), after.Type(), where)
	require.Equal(t, before.Category(), after.Category(), where)
	if want.nonRetryable {
		require.Same(t, want.err, errors.Unwrap(after), where)
	}
}

func TestStall_LaterKeepsWhatLiesBelow(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	for name, test := range map[string]struct {
		err  error
		want func(err error) error
	}{
		"a cause": {temporal.NewApplicationErrorWithCause("away", "Unavailable", cause), func(error) error { return cause }},
		"details": {temporal.NewApplicationErrorWithCause("away", "Unavailable", cause, 7), func(err error) error { return err }},
		"nothing": {temporal.NewApplicationError("away", "Unavailable"), func(error) error { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var app *temporal.ApplicationError
			require.ErrorAs(t, test.err, &app)
			require.Equal(t, test.want(test.err), errors.Unwrap(retryAfter(app, time.Second)))
		})
	}
}

// An attempt that was stopped says nothing about what it tried.
func TestStall_JudgeCancelled(t *testing.T) {
	t.Parallel()
	i := New(Config{Now: start})
	shown := release.Stall{Fault: release.FaultThrottled}
	away := fails(release.FaultUnavailable, "away")
	for _, stopped := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		if stopped {
			cancel()
		}
		got := i.attemptError(ctx, try{shown: shown, begun: start()}, away)
		require.Equal(t, stopped, got == away) //nolint:errorlint // the very error
		require.Equal(t, stopped, len(i.failing.found) == 0)
		cancel()
	}
}

func TestStall_FailingIsBounded(t *testing.T) {
	t.Parallel()
	f := newFailing()
	nth := func(n int) id { return id{activity: strconv.Itoa(n)} }
	for n := range keptAtMost {
		f.record(nth(n), start(), start())
	}
	// The first fails again, so the second has waited for longest when another comes.
	f.record(nth(0), start(), start().Add(time.Second))
	f.record(nth(keptAtMost), start(), start().Add(time.Second))
	require.Len(t, f.found, keptAtMost)
	require.Contains(t, f.found, nth(0))
	require.NotContains(t, f.found, nth(1))

	retryAfter := start().Add(keptFor)
	since, first := f.record(nth(2), retryAfter, retryAfter)
	require.True(t, first, "what it did so long ago is forgotten")
	require.Equal(t, retryAfter, since)
	require.Len(t, f.found, 3, "those that failed within the time, and the new one")
	require.Equal(t, len(f.found), f.order.Len())
}

func TestStall_FailingTellsActivitiesApart(t *testing.T) {
	t.Parallel()
	f := newFailing()
	named := func(workflowID, runID, activityID string) id {
		return idOf(activity.Info{WorkflowExecution: workflow.Execution{ID: workflowID, RunID: runID}, ActivityID: activityID})
	}
	for _, other := range []id{named("w", "r", "1"), named("w", "r", "2"), named("w", "s", "1"), named("v", "r", "1")} {
		_, first := f.record(other, start(), start())
		require.True(t, first)
	}
	f.forget(named("w", "r", "2"))
	_, first := f.record(named("w", "r", "1"), start(), start())
	require.False(t, first)
}
