package releases_test

import (
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
	"slipway/releases"
)

// What was released anew is undone by a rollback of the set, which says so before.
func TestSince(t *testing.T) {
	t.Parallel()
	const set = "s-abcdefghijklmnop"
	ended := func(id string, o release.Operation, of string, after time.Duration) *workflowpb.WorkflowExecutionInfo {
		attributes := map[string]*commonpb.Payload{release.SearchOperation: payload(t, string(o))}
		if of != "" {
			attributes[release.SearchSet] = payload(t, of)
		}
		return &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: release.WorkflowID(id), RunId: "run-1"}, Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
			StartTime: timestamppb.New(start()), CloseTime: timestamppb.New(start().Add(after)),
			SearchAttributes: &commonpb.SearchAttributes{IndexedFields: attributes},
		}
	}
	const own, later = time.Hour, 2 * time.Hour
	for name, c := range map[string]struct {
		policy  release.SetPolicy
		outcome release.Phase
		undone  bool
		latest  []*workflowpb.WorkflowExecutionInfo
		want    string
	}{
		"released anew": {
			release.SetRollback, release.PhaseSucceeded, false,
			[]*workflowpb.WorkflowExecutionInfo{ended("r-3", release.OperationRelease, "", 3*time.Hour), ended("r-2", release.OperationRelease, "", later)},
			"a rollback of the set undoes what was released since, too: stock (r-3)",
		},
		"rolled back by hand": {
			release.SetRollback, release.PhaseSucceeded, false,
			[]*workflowpb.WorkflowExecutionInfo{ended("r-2", release.OperationRollback, "", later)},
			"a rollback of the set undoes what was released since, too: stock (r-2)",
		},
		"released before":     {release.SetRollback, release.PhaseSucceeded, false, []*workflowpb.WorkflowExecutionInfo{ended("r-2", release.OperationRelease, "", own/2)}, ""},
		"restarted since":     {release.SetRollback, release.PhaseSucceeded, false, []*workflowpb.WorkflowExecutionInfo{ended("r-2", release.OperationRestart, "", later)}, ""},
		"by the set itself":   {release.SetRollback, release.PhaseSucceeded, false, []*workflowpb.WorkflowExecutionInfo{ended("r-2", release.OperationRelease, set, later)}, ""},
		"it is rolled back":   {release.SetRollback, release.PhaseSucceeded, true, nil, ""},
		"it failed":           {release.SetRollback, release.PhaseFailed, false, nil, ""},
		"it never rolls back": {release.SetStop, release.PhaseSucceeded, false, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			if c.latest != nil {
				m.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: c.latest}, nil)
			}
			standing := release.SetStanding{Name: "stock", App: app(), Run: release.SetRun{ReleaseID: "r-s-1", Outcome: c.outcome, EndedAt: start().Add(own)}}
			if c.undone {
				standing.Rollback = &release.SetRun{Outcome: release.PhaseSucceeded}
			}
			p := release.SetProgress{SetID: set, Phase: release.PhaseRollingOut, OnFailure: c.policy, Waves: []release.WaveProgress{{Number: 1, Releases: []release.SetStanding{standing}}}}
			require.Equal(t, c.want, releases.Undoes(r.Since(t.Context(), p)))
			p.Phase = release.PhaseFailed
			require.Empty(t, r.Since(t.Context(), p), "a set that has ended rolls nothing back")
		})
	}
}
