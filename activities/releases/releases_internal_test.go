package releases

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"slipway/release"
)

// That a lane and a watchdog learn what they need of a real server is tested in devstack;
// here is what each answer of Temporal means.

func away() error { return serviceerror.NewUnavailable("away") }

// server answers as Temporal would.
func server(t *testing.T, status enumspb.WorkflowExecutionStatus, describe, get error) *mocks.Client {
	t.Helper()
	c := &mocks.Client{}
	c.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status},
	}, describe)
	run := &mocks.WorkflowRun{}
	run.On("Get", mock.Anything, mock.Anything).Return(func(_ context.Context, out any) error {
		switch result := out.(type) {
		case *release.Progress:
			result.Outcome = release.PhaseSucceeded
		case *release.WatchdogResult:
			result.Restored = []string{"daily"}
		}
		return get
	})
	c.On("GetWorkflow", mock.Anything, mock.Anything, "").Return(func(context.Context, string, string) client.WorkflowRun { return run })
	return c
}

// do carries an activity out once.
func do(t *testing.T, c Temporal, name string, out any) error {
	t.Helper()
	return once{c, &shelf{}, release.AwaitEndInput{ReleaseID: "r-1"}}.do(t, name, out)
}

// once carries an activity out once.
type once struct {
	temporal Temporal
	ledger   Ledger
	in       any
}

func (o once) do(t *testing.T, name string, out any) error {
	t.Helper()
	r, err := New(o.temporal, o.ledger)
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	r.Register(env)
	value, err := env.ExecuteActivity(name, o.in)
	if err == nil && out != nil {
		require.NoError(t, value.Get(out))
	}
	return err
}

func requireFault(t *testing.T, err error, f release.Fault, retries bool) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(f), app.Type(), app.Message())
	require.Equal(t, retries, !app.NonRetryable())
}

func TestReleases_HowAReleaseEnded(t *testing.T) {
	t.Parallel()
	failed := temporal.NewNonRetryableApplicationError("no such field", "Invalid", nil)
	for name, c := range map[string]struct {
		status        enumspb.WorkflowExecutionStatus
		describe, get error
		lost          string
		fault         release.Fault
	}{
		"completed": {status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED},
		"failed":    {status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, get: failed, lost: "failed: no such field"},
		"failed, it does not say why": {
			status: enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, get: away(), lost: "failed",
		},
		"terminated":       {status: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, lost: "terminated"},
		"canceled":         {status: enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, lost: "canceled"},
		"timed out":        {status: enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, lost: "timed out"},
		"never was":        {describe: serviceerror.NewNotFound("none"), lost: "there is no such workflow; its history may have expired"},
		"still runs":       {status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, fault: release.FaultUnchanged},
		"is paused":        {status: enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED, fault: release.FaultUnchanged},
		"Temporal is away": {describe: away(), fault: release.FaultUnavailable},
		"its result cannot be fetched": {
			status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, get: away(), fault: release.FaultUnavailable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ending release.Ending
			err := do(t, server(t, c.status, c.describe, c.get), release.AwaitEndActivity, &ending)
			if c.fault != "" {
				requireFault(t, err, c.fault, true)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.lost, ending.Lost)
			if c.lost == "" {
				require.Equal(t, release.PhaseSucceeded, ending.Progress.Outcome)
			}
		})
	}
}

// TestReleases_ALookThatFindsNothingNewIsNoFailure: it is not counted or logged as one, and says
// itself when to look again.
func TestReleases_ALookThatFindsNothingNewIsNoFailure(t *testing.T) {
	t.Parallel()
	err := do(t, server(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil, nil), release.AwaitEndActivity, nil)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
	require.Equal(t, release.LookDelay(release.ChangeRunning, 1), app.NextRetryDelay())
}

func TestReleases_HowAWatchdogEnded(t *testing.T) {
	t.Parallel()
	var result release.WatchdogResult
	require.NoError(t, do(t, server(t, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, nil, nil), release.AwaitWatchdogActivity, &result))
	require.Equal(t, []string{"daily"}, result.Restored)
	err := do(t, server(t, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, nil, nil), release.AwaitWatchdogActivity, &result)
	requireFault(t, err, release.FaultNotFound, false)
	require.ErrorContains(t, err, "terminated")
	err = do(t, server(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil, nil), release.AwaitWatchdogActivity, &result)
	requireFault(t, err, release.FaultUnchanged, true)
}

func TestReleases_LastProgress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query, decode error
		fault         release.Fault
		retries       bool
	}{
		"answered":         {},
		"never was":        {query: serviceerror.NewNotFound("none"), fault: release.FaultNotFound},
		"no worker":        {query: serviceerror.NewQueryFailed("no worker"), fault: release.FaultUnavailable, retries: true},
		"cannot be read":   {decode: errors.New("garbled"), fault: release.FaultUnavailable, retries: true},
		"Temporal is away": {query: away(), fault: release.FaultUnavailable, retries: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := &mocks.Value{}
			answer.On("Get", mock.Anything).Return(func(out any) error {
				*out.(*release.Progress) = release.Progress{Phase: release.PhaseRollingOut} //nolint:forcetypeassert // it is what is asked for
				return c.decode
			})
			temporal := &mocks.Client{}
			temporal.On("QueryWorkflow", mock.Anything, "release/r-1", "", release.QueryProgress).Return(answer, c.query)
			var p release.Progress
			err := do(t, temporal, release.LastProgressActivity, &p)
			if c.fault != "" {
				requireFault(t, err, c.fault, c.retries)
				return
			}
			require.NoError(t, err)
			require.Equal(t, release.PhaseRollingOut, p.Phase)
		})
	}
}

func TestReleases_AClientIsNeeded(t *testing.T) {
	t.Parallel()
	_, err := New(nil, &shelf{})
	require.ErrorContains(t, err, "a Temporal client and a ledger are needed")
}
