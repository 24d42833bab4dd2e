package cloud

import (
	"context"

	"go.temporal.io/sdk/activity"

	"slipway/activities/fault"
	"slipway/release"
)

// NothingNew asks for the next look at a change that shows nothing which the caller has not seen. The stages that it shows
// meanwhile are with the error: Temporal keeps that of the latest attempt, where people can read it, and no history does.
func NothingNew(ctx context.Context, seen release.Observation) error {
	why := "nothing new: " + string(seen.State)
	if seen.Message != "" {
		why += ", " + seen.Message
	}
	return fault.Unchanged(why, release.LookDelay(seen.State, int(activity.GetInfo(ctx).Attempt)), seen.Stages...)
}
