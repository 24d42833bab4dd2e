package releases

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/fault"
	"slipway/release"
	"slipway/releases/execution"
	"slipway/releases/lane"
)

// attendInterval is the time between two checks of the lane of a release that waits.
const attendInterval = time.Minute

// Attend makes sure that a release which waits has a lane. It checks every minute; a lane that
// does not run was lost, because a release waits in it, and is started by submitting the
// release again, which it finds running.
//
// It never succeeds: the release ends it. Its errors have the types [release.FaultUnchanged]
// and [release.FaultUnavailable], which both retry.
func (r *Releases) Attend(ctx context.Context, s release.Submission) error {
	if activity.GetInfo(ctx).Attempt > 1 { // it was submitted right before
		ctx, cancel := context.WithTimeout(ctx, submitTime)
		defer cancel()
		if err := r.attend(ctx, s); err != nil {
			return unavailable(err)
		}
	}
	return fault.Unchanged("the release waits for its turn", attendInterval)
}

func (r *Releases) attend(ctx context.Context, s release.Submission) error {
	described, err := r.temporal.DescribeWorkflowExecution(ctx, release.LaneID(s.Spec.App), "")
	if err != nil && !execution.IsGone(err) {
		return err
	}
	info := described.GetWorkflowExecutionInfo()
	if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil
	}
	// An ID of its own: the server answers an update that a run has answered before it was lost
	// from that run, and starts nothing.
	err = lane.Send(ctx, r.temporal, lane.Update{
		App: s.Spec.App, Name: release.UpdateSubmit, Arg: s, ID: s.ReleaseID + "/" + info.GetExecution().GetRunId(),
	}, &release.Receipt{})
	if _, said := errors.AsType[*temporal.ApplicationError](err); said {
		return nil // the lane runs, and has found the release
	}
	return err
}

// WaitsFor returns a text that says what a release waits for in its lane.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) WaitsFor(ctx context.Context, in release.Ref) (string, error) {
	state, err := execution.Query[release.LaneState](ctx, r.temporal, execution.Question{
		WorkflowID: release.LaneID(in.App), Query: release.QueryLane, Within: placeTime,
	})
	if err != nil && execution.ReasonOf(err) != execution.Forgotten {
		return "", unavailable(err)
	}
	return state.WaitsFor(in.ReleaseID), nil
}
