package releases_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/release"
)

// What is offered for a release that has ended is of use now.
func TestNext_Outdated(t *testing.T) {
	t.Parallel()
	const runs = release.Phase("")
	type later struct {
		operation release.Operation
		outcome   release.Phase
	}
	ended := func(outcome release.Phase) release.Progress {
		return release.Progress{
			ReleaseID: id, App: app(), Phase: outcome, Outcome: outcome, Operation: release.OperationRelease, Artifact: release.Artifact{Image: "shop:2"},
			ScalingRules: []release.HeldRule{{Name: "cpu", Suspended: true}},
		}
	}
	deniedInLane := ended(release.PhaseFailed)
	deniedInLane.Denied = true
	denies := release.LaneState{App: app(), Denied: []release.Denial{{Artifact: release.Artifact{Image: "shop:2"}}}}
	holds := release.LaneState{
		App: app(), Held: &release.Hold{By: release.Slipway, ReleaseID: id}, Debts: []release.Debt{{ReleaseID: id, ScalingRules: []string{"cpu"}}},
	}
	byHand := release.LaneState{App: app(), Held: &release.Hold{By: "ann", Reason: "migration"}}
	no := []release.NextVerb{}
	for name, c := range map[string]struct {
		p     release.Progress
		since []later
		lane  release.LaneState
		query error
		// without are the steps of the release that are not offered.
		without []release.NextVerb
	}{
		"the newest":                  {ended(release.PhaseSucceeded), nil, release.LaneState{}, nil, no},
		"a later one has succeeded":   {ended(release.PhaseSucceeded), []later{{release.OperationRelease, release.PhaseSucceeded}}, release.LaneState{}, nil, []release.NextVerb{release.NextReturn}},
		"it was returned from":        {ended(release.PhaseSucceeded), []later{{release.OperationRollback, release.PhaseSucceeded}}, release.LaneState{}, nil, []release.NextVerb{release.NextReturn}},
		"a later one runs":            {ended(release.PhaseSucceeded), []later{{release.OperationRelease, runs}}, release.LaneState{}, nil, []release.NextVerb{release.NextReturn}},
		"a later one was rolled back": {ended(release.PhaseSucceeded), []later{{release.OperationRelease, release.PhaseRolledBack}}, release.LaneState{}, nil, no},
		"it was restarted since":      {ended(release.PhaseSucceeded), []later{{release.OperationRestart, release.PhaseSucceeded}}, release.LaneState{}, nil, no},
		"denied":                      {ended(release.PhaseRolledBack), nil, denies, nil, no},
		"allowed again":               {ended(release.PhaseRolledBack), nil, release.LaneState{}, nil, []release.NextVerb{release.NextAllow}},
		"held":                        {ended(release.PhaseNeedsAttention), nil, holds, nil, no},
		"looked after":                {ended(release.PhaseNeedsAttention), nil, release.LaneState{}, nil, []release.NextVerb{release.NextRecover, release.NextResumeLane}},
		"held by hand since":          {ended(release.PhaseNeedsAttention), nil, byHand, nil, []release.NextVerb{release.NextRecover, release.NextResumeLane}},
		"its lane is gone":            {ended(release.PhaseNeedsAttention), nil, holds, serviceerror.NewNotFound("workflow not found"), []release.NextVerb{release.NextRecover, release.NextResumeLane}},
		"its lane was terminated":     {deniedInLane, nil, denies, nil, []release.NextVerb{release.NextAllow}},
		"nobody answers":              {ended(release.PhaseNeedsAttention), nil, release.LaneState{}, serviceerror.NewFailedPrecondition("no poller seen"), no},
		"under way":                   {release.Progress{ReleaseID: id, App: app(), Phase: release.PhaseFinalizing}, nil, release.LaneState{}, nil, no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, r := newClient(t)
			onLane(m, stating{c.lane}, c.query, c.p.Phase == release.PhaseFailed)
			var infos []*workflowpb.WorkflowExecutionInfo
			for _, l := range append(c.since, later{c.p.Operation, c.p.Phase}) {
				info := &workflowpb.WorkflowExecutionInfo{
					Execution: &commonpb.WorkflowExecution{WorkflowId: "release/r-later", RunId: "run-1"}, StartTime: timestamppb.New(start()),
					Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
					SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
						release.SearchOperation: payload(t, string(l.operation)), release.SearchOutcome: payload(t, string(l.outcome)),
					}},
				}
				if l.outcome != runs {
					info.Status, info.CloseTime = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, timestamppb.New(start().Add(time.Hour))
				}
				infos = append(infos, info)
			}
			infos[len(infos)-1].Execution.WorkflowId = release.WorkflowID(id)
			m.On("ListWorkflow", mock.Anything, mock.MatchedBy(func(in *workflowservice.ListWorkflowExecutionsRequest) bool {
				return strings.HasSuffix(in.GetQuery(), " AND SlipwayPhase != 'Queued'") // what waits for its turn has replaced nothing
			})).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: infos}, nil).Maybe()
			without := []release.NextVerb{}
			outdated := r.Outdated(t.Context(), c.p)
			for _, s := range release.Next(c.p) {
				for _, verb := range outdated {
					if s.Verb == verb {
						without = append(without, verb)
					}
				}
			}
			require.Equal(t, c.without, without)
		})
	}
}
