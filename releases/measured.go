package releases

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"

	"slipway/release"
)

// Measured returns the verdicts of the gates of a release with all of their samples, as its history has them; a progress shows
// the latest [release.ShownSamples]. All of the history is read. The errors are those of [Client.Spec].
func (c *Client) Measured(ctx context.Context, id string) (found []release.GateResult, err error) {
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	events := c.temporal.GetWorkflowHistory(calling, workflowID(id), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	measuring := map[int64]bool{}
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return nil, classify(id, err)
		}
		if scheduled := e.GetActivityTaskScheduledEventAttributes(); scheduled.GetActivityType().GetName() == release.MeasureActivity {
			measuring[e.GetEventId()] = true
		}
		done := e.GetActivityTaskCompletedEventAttributes()
		if !measuring[done.GetScheduledEventId()] {
			continue
		}
		var result release.GateResult
		if err := c.converter.FromPayloads(done.GetResult(), &result); err != nil {
			return nil, fmt.Errorf("what a gate of release %s has measured cannot be read: %w", id, err)
		}
		found = append(found, result)
	}
	return found, nil
}
