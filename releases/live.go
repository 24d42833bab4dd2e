package releases

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/release"
)

// ListLive lists the releases that are under way, and after them those that have ended since
// the given time so that a person must look at the application: with the outcome
// [release.PhaseNeedsAttention], or without a result because their workflow was closed. More
// reports whether the limit cut the list; 0 is no limit. It asks Temporal once for each page of 200,
// once for every 50 of a page that have ended, and for the names of applications; it asks no worker.
func (c *Client) ListLive(ctx context.Context, since time.Time, limit int) (found []Listed, more bool, err error) {
	query := fmt.Sprintf("WorkflowType IN (%s) AND (%s OR CloseTime > %s AND (%s = %s OR ExecutionStatus IN ('Failed', 'Canceled', 'Terminated', 'TimedOut')))",
		strings.Join(releaseTypes(), ", "), running, literal(since.UTC().Format(time.RFC3339)), release.SearchOutcome, literal(string(release.PhaseNeedsAttention)))
	// A release that was reset has a closed run behind its newest one.
	infos, more, err := c.find(ctx, search{query: query, limit: limit, changes: true})
	if err != nil {
		return nil, false, err
	}
	for _, info := range infos {
		found = append(found, listed(info))
	}
	nameApps(ctx, c, found, named)
	return found, more, nil
}
