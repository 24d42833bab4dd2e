package attempt_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/activities/attempt"
	"slipway/release"
)

func unavailable() error {
	return temporal.NewApplicationError("no answer", string(release.FaultUnavailable), "a detail")
}

func unchanged(after time.Duration) error {
	return temporal.NewApplicationErrorWithOptions("nothing new", string(release.FaultUnchanged), temporal.ApplicationErrorOptions{
		NextRetryDelay: after, Category: temporal.ApplicationErrorCategoryBenign,
	})
}

// look carries an activity out in a workflow that has the given value under the stall's key,
// with a server that waits for an hour before another attempt unless it is told to come
// sooner. It tells when attempts were made, and how the activity ended.
func look(t *testing.T, key any, do func(attempt int32) error) ([]time.Duration, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{attempt.New(attempt.Config{Now: env.Now})},
	})
	var at []time.Duration
	begun := env.Now()
	env.RegisterActivityWithOptions(func(ctx context.Context) error {
		at = append(at, env.Now().Sub(begun).Round(time.Second/10))
		return do(activity.GetInfo(ctx).Attempt)
	}, activity.RegisterOptions{Name: "look"})
	var ended error
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithValue(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Minute,
			RetryPolicy: &temporal.RetryPolicy{
				InitialInterval: time.Hour, MaximumInterval: time.Hour, MaximumAttempts: 9,
				NonRetryableErrorTypes: []string{string(release.FaultAmbiguous)},
			},
		}), release.StallKey{}, key)
		ended = workflow.ExecuteActivity(ctx, "look").Get(ctx, nil)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
	return at, ended
}

func TestStall_WorkflowIsToldThatItStandsStill(t *testing.T) {
	t.Parallel()
	at, err := look(t, release.Stall{}, func(n int32) error {
		if n == 1 {
			return unchanged(time.Minute)
		}
		return unavailable()
	})
	var app, cause *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(release.FaultUnavailable), app.Type())
	require.Equal(t, "no answer", app.Message())
	require.True(t, app.NonRetryable())
	require.ErrorAs(t, app.Unwrap(), &cause)
	var detail string
	require.NoError(t, cause.Details(&detail))
	require.Equal(t, "a detail", detail)
	require.Equal(t, []time.Duration{0, 60 * time.Second, 61 * time.Second, 63 * time.Second, 65 * time.Second}, at)
}

func TestStall_WorkflowIsToldThatItMovesAgain(t *testing.T) {
	t.Parallel()
	at, err := look(t, release.Stall{Fault: release.FaultUnavailable, Failure: "no answer"}, func(n int32) error {
		if n < 3 {
			return unavailable()
		}
		return unchanged(time.Minute)
	})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(release.FaultUnchanged), app.Type())
	require.True(t, app.NonRetryable())
	require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
	require.Equal(t, []time.Duration{0, 1 * time.Second, 3 * time.Second}, at)
}

func TestStall_WorkflowThatDidNotAskIsNotTold(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]any{"nothing": nil, "something else": "a stall"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := look(t, key, func(n int32) error {
				if n < 3 {
					return unavailable()
				}
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, []time.Duration{0, time.Hour, 2 * time.Hour}, at)
		})
	}
}

// A lost answer ends the activity of a verb at once, and is still known as one.
func TestStall_ErrorThatTheWorkflowDoesNotRetryIsLeftToIt(t *testing.T) {
	t.Parallel()
	at, err := look(t, release.Stall{}, func(int32) error {
		return temporal.NewApplicationError("lost", string(release.FaultAmbiguous))
	})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(release.FaultAmbiguous), app.Type())
	require.Equal(t, "lost", app.Message())
	require.Len(t, at, 1)
}

func TestStallThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	at, err := look(t, release.Stall{Since: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}, func(int32) error { return nil })
	require.ErrorContains(t, err, "correct its times")
	require.Empty(t, at)
}

// called is one attempt of an activity that comes with the given header.
func called(t *testing.T, header *commonpb.Payload, i *attempt.Interceptor, do func() error) *temporal.ApplicationError {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetHeader(&commonpb.Header{Fields: map[string]*commonpb.Payload{release.StallHeader: header}})
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{i}})
	env.RegisterActivityWithOptions(func(context.Context) error { return do() }, activity.RegisterOptions{Name: "look"})
	_, err := env.ExecuteActivity("look")
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app
}

func TestStall_PatienceBeginsWithTheFirstAttempt(t *testing.T) {
	t.Parallel()
	header, err := converter.GetDefaultDataConverter().ToPayload(release.Stall{})
	require.NoError(t, err)
	for takes, nonRetryable := range map[time.Duration]bool{release.Patience - 1: false, release.Patience: true} {
		now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
		app := called(t, header, attempt.New(attempt.Config{Now: func() time.Time { return now }}), func() error {
			now = now.Add(takes)
			return unavailable()
		})
		require.Equal(t, nonRetryable, app.NonRetryable(), takes)
	}
}

// Headers are written and read with the converter of the client, which may encrypt.
func TestStallIsReadWithTheConverterOfTheClient(t *testing.T) {
	t.Parallel()
	zipped := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}))
	header, err := zipped.ToPayload(release.Stall{})
	require.NoError(t, err)
	for nonRetryable, dc := range map[bool]converter.DataConverter{true: zipped, false: nil} {
		now := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
		app := called(t, header, attempt.New(attempt.Config{Now: func() time.Time { return now }, DataConverter: dc}), func() error {
			now = now.Add(release.Patience)
			return unavailable()
		})
		require.Equal(t, nonRetryable, app.NonRetryable())
	}
}

// A header of another version is no reason to fail, and none to tell.
func TestStallThatCannotBeRead(t *testing.T) {
	t.Parallel()
	app := called(t, &commonpb.Payload{Data: []byte("?")}, attempt.New(attempt.Config{}), unavailable)
	require.False(t, app.NonRetryable())
	require.Zero(t, app.NextRetryDelay())
	require.NoError(t, app.Unwrap())
}
