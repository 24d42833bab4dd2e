package releases

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/lanes"
	"slipway/release"
)

// attendInterval is the time between two looks at the lane of a release that waits.
const attendInterval = time.Minute

// Attend sees to it that a release which waits has a lane that knows of it. It submits the
// release again, every minute: a lane that runs has the answer already, by the identity of
// the update, which costs no history; one that was lost starts by that, and finds the release.
//
// It never succeeds: the release ends it. Its errors have the types [release.FaultUnchanged]
// and [release.FaultUnavailable], which both retry.
func (r *Releases) Attend(ctx context.Context, s release.Submission) error {
	if activity.GetInfo(ctx).Attempt > 1 { // it was submitted right before
		calling, cancel := context.WithTimeout(ctx, submitTime)
		defer cancel()
		_, err := lanes.Submit(calling, r.temporal, s)
		if _, said := errors.AsType[*temporal.ApplicationError](err); err != nil && !said {
			return unavailable(err)
		}
	}
	return temporal.NewApplicationErrorWithOptions("the release waits for its turn", string(release.FaultUnchanged),
		temporal.ApplicationErrorOptions{NextRetryDelay: attendInterval, Category: temporal.ApplicationErrorCategoryBenign})
}

// WaitsFor says in words what a release waits for in its lane.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) WaitsFor(ctx context.Context, in release.Ref) (string, error) {
	asking, cancel := context.WithTimeout(ctx, placeTime)
	defer cancel()
	var state release.LaneState
	answer, err := r.temporal.QueryWorkflow(asking, release.LaneID(in.App), "", release.QueryLane)
	if isGone(err) {
		return state.WaitsFor(in.ReleaseID), nil
	}
	if err == nil {
		err = answer.Get(&state)
	}
	if err != nil {
		return "", unavailable(err)
	}
	return state.WaitsFor(in.ReleaseID), nil
}
