package releases

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"

	"slipway/release"
	"slipway/releases/execution"
)

// LaneState returns how the lane of an application stands. One that does not run is made of what a
// lane finds when it starts: the releases that live, and what is owed.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) LaneState(ctx context.Context, in release.StateInput) (release.LaneState, error) {
	described, err := r.temporal.DescribeWorkflowExecution(ctx, release.LaneID(in.App), "")
	switch {
	case err != nil && !execution.IsGone(err):
		return release.LaneState{}, unavailable(err)
	case err == nil && described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		state, err := execution.Query[release.LaneState](ctx, r.temporal, execution.Question{
			WorkflowID: release.LaneID(in.App), Query: release.QueryLane, Within: placeTime,
		})
		if err != nil {
			return release.LaneState{}, unavailable(err)
		}
		return state, nil
	}
	living, err := r.Living(ctx, release.LivingInput{App: in.App})
	if err != nil {
		return release.LaneState{}, err
	}
	if living.LedgerAway {
		return release.LaneState{}, unavailableLedger(errors.New("what releases before this one have left is not known"))
	}
	lane := release.LaneInput{App: in.App}
	lane.Adopt(living)
	return lane.State(), nil
}
