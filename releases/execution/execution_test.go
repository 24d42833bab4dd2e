package execution_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"slipway/releases/execution"
)

func TestExecution_EndOf(t *testing.T) {
	t.Parallel()
	ends := map[enumspb.WorkflowExecutionStatus]execution.End{
		enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:  execution.Completed,
		enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:     execution.Failed,
		enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:   execution.Canceled,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED: execution.Terminated,
		enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:  execution.TimedOut,
	}
	for number, name := range enumspb.WorkflowExecutionStatus_name {
		status := enumspb.WorkflowExecutionStatus(number)
		end := execution.EndOf(status)
		require.Equal(t, ends[status], end, name)
		require.Equal(t, end != execution.Open && end != execution.Completed, end.Abnormal(), name)
	}
}

func TestExecution_Text(t *testing.T) {
	t.Parallel()
	for end, want := range map[execution.End]string{
		execution.Failed: "its workflow failed", execution.TimedOut: "its workflow timed out",
		execution.Canceled: "its workflow was canceled", execution.Terminated: "its workflow was terminated",
	} {
		require.Equal(t, want, end.Text())
	}
}

func TestExecution_Failure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"by itself":          {temporal.NewNonRetryableApplicationError("no such field", "Invalid", nil), "no such field"},
		"cannot be read":     {errors.New("connection refused"), ""},
		"without an account": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := &mocks.WorkflowRun{}
			run.On("Get", mock.Anything, nil).Return(c.err)
			require.Equal(t, c.want, execution.Failure(t.Context(), run))
		})
	}
}
