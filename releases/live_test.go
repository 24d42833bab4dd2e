package releases_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
)

// One question lists what lives and what somebody must look at; of a release that was reset, the
// run that was left behind is none of both.
func TestListLive(t *testing.T) {
	t.Parallel()
	m, c := newClient(t)
	lives := execution("release/"+id, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, "run-2", start())
	gone := execution("release/r-terminatedtermi2", enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, "run-1", start())
	reset := execution("release/"+id, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, "run-1", start().Add(-time.Hour))
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
		return strings.Contains(in.GetQuery(), "ExecutionStatus = 'Running' OR CloseTime > '2026-11-22T18:00:00Z' AND (SlipwayOutcome = 'NeedsAttention' OR ")
	})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{lives, gone, reset}}, nil).Once()
	m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
		return strings.HasPrefix(in.GetQuery(), "WorkflowId IN (")
	})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{lives, gone, reset}}, nil).Once()
	found, more, err := c.ListLive(t.Context(), start().Add(-time.Hour), 500)
	require.NoError(t, err)
	require.False(t, more)
	require.Len(t, found, 2)
	require.Equal(t, id, found[0].ID)
	require.True(t, found[0].EndedAt.IsZero())
	require.Equal(t, "terminated", found[1].Stopped)
}

func execution(workflowID string, status enumspb.WorkflowExecutionStatus, run string, at time.Time) *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: run}, Type: &commonpb.WorkflowType{Name: release.WorkflowDeploy},
		Status: status, StartTime: timestamppb.New(at),
	}
	if status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		info.CloseTime = timestamppb.New(start())
	}
	return info
}
