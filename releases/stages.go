package releases

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"

	"slipway/release"
)

// Enriched is a progress with what others than the release itself know of it: see [Client.WithTurn], and
// [release.Progress.Stages] of a change that is at work.
func (c *Client) Enriched(ctx context.Context, p release.Progress) release.Progress {
	p = c.WithTurn(ctx, p)
	if p.ChangeID == "" || p.Phase.Ended() || p.Waits() {
		return p
	}
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflowExecution(calling, workflowID(p.ReleaseID), "")
	if err != nil {
		return p // it is shown without
	}
	for _, a := range d.GetPendingActivities() {
		if a.GetActivityType().GetName() != release.ActivityName(p.App.Platform, release.VerbObserve) {
			continue
		}
		if stages := c.stages(a); len(stages) > 0 {
			p.Stages = stages
		}
	}
	return p
}

// stages are those that the latest look at a change has shown, which has found nothing new and so is a failed attempt to
// Temporal.
func (c *Client) stages(look *workflowpb.PendingActivityInfo) (stages []release.Stage) {
	failure := look.GetLastFailure().GetApplicationFailureInfo()
	if failure.GetType() != string(release.FaultUnchanged) || len(failure.GetDetails().GetPayloads()) == 0 {
		return nil
	}
	if err := c.converter.FromPayloads(failure.GetDetails(), &stages); err != nil {
		return nil // encrypted with a key that is not here
	}
	return stages
}
