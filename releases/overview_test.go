package releases_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
	"slipway/releases"
)

// A full lane hides neither what runs nor what has ended, and what is not listed is counted.
func TestOverview_AFullLane(t *testing.T) {
	t.Parallel()
	m, r := newClient(t)
	at := func(id, app, name string, minute int, phase release.Phase) *workflowpb.WorkflowExecutionInfo {
		i := visible(t, id, app, name)
		i.SearchAttributes.IndexedFields[release.SearchPhase] = payload(t, string(phase))
		i.Status, i.StartTime = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, timestamppb.New(start().Add(time.Duration(minute)*time.Minute))
		if phase.Ended() {
			i.Status, i.CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, timestamppb.New(start().Add(time.Hour))
		}
		return i
	}
	runs, over := at("r-runs", "sae/a/1", "shop", 0, release.PhaseAwaitingConfirm), at("r-over", "sae/a/2", "mail", 0, release.PhaseSucceeded)
	var queue []*workflowpb.WorkflowExecutionInfo
	for i := 99; i >= 0; i-- {
		queue = append(queue, at(fmt.Sprintf("r-q%02d", i), "sae/a/1", "shop", i+1, release.PhaseQueued))
	}
	queue = append(queue, at("r-alone", "sae/a/3", "pay", 200, release.PhaseQueued), at("r-runs", "sae/a/1", "shop", 0, release.PhaseQueued))
	lists := func(contained string, infos ...*workflowpb.WorkflowExecutionInfo) {
		m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
			return strings.Contains(in.GetQuery(), contained)
		})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: infos}, nil)
	}
	lists("SlipwayPhase != 'Queued'", runs, over)
	lists("WorkflowId IN ('release/r-over')", over)
	lists("SlipwayPhase = 'Queued' AND ExecutionStatus = 'Running'", queue...)
	ids := func(limit int) (ids []string, o releases.Overview) {
		o, err := r.Overview(t.Context(), releases.Filter{Limit: limit})
		require.NoError(t, err)
		for _, l := range o.Found {
			ids = append(ids, l.ID)
		}
		return ids, o
	}
	all, o := ids(20)
	require.Equal(t, []string{"r-runs", "r-alone", "r-q02", "r-q01", "r-q00", "r-over"}, all)
	require.False(t, o.More)
	require.Equal(t, []releases.Queue{{App: "sae/a/1", AppName: "shop", Unlisted: 97}}, o.Queues)
	few, o := ids(2)
	require.Equal(t, []string{"r-runs", "r-alone"}, few)
	require.True(t, o.More)
}
