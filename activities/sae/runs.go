package sae

import (
	"context"
	"slices"
	"strings"
	"time"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/release"
	"slipway/saeclient"
)

// recentRuns is how many runs of a job one call reads.
const recentRuns = 100

type run = saeclient.DescribeJobHistoryDataJobs

// allRuns is a time before which no run was begun.
func allRuns() time.Time { return time.Unix(0, 1) }

// runs lists the newest runs of a job, and all that were begun since a time, unless it is zero.
// How SAE sorts the list is not stated: one that is not newest first is read to its end. A run
// that has not begun has no time.
func (d *Driver) runs(ctx context.Context, appID string, since time.Time) ([]run, error) {
	var all []run
	for page := 1; ; page++ {
		out, err := d.client.DescribeJobHistory(ctx, &saeclient.DescribeJobHistoryInput{
			AppID: appID, CurrentPage: &page, PageSize: new(recentRuns),
		})
		if err != nil {
			return nil, err
		}
		got := out.Data.Jobs
		all = append(all, got...)
		if len(got) == 0 || int64(len(all)) >= out.Data.TotalSize || runsReach(all, since) {
			return all, nil
		}
	}
}

// runsReach reports whether the runs, the newest of a list, go back to a time.
func runsReach(runs []run, since time.Time) bool {
	begun := slices.DeleteFunc(slices.Clone(runs), func(r run) bool { return r.StartTime.IsZero() })
	sorted := slices.IsSortedFunc(begun, func(a, b run) int { return b.StartTime.Compare(a.StartTime) })
	return len(begun) > 0 && sorted && (since.IsZero() || begun[len(begun)-1].StartTime.Before(since))
}

// runWatermark marks the newest of the runs. One that has not begun is known, too: it would be
// newer than every watermark.
func runWatermark(runs []run) watermark {
	return newest(runs, func(r run) (time.Time, string) { return r.StartTime, r.JobID })
}

// findRun looks for the run of a call whose answer was lost: the list shows no event ID, so that
// one that is newer than the watermark is taken for it. Two cannot be told apart.
func (d *Driver) findRun(ctx context.Context, in release.FindChangeInput) (release.FoundChange, error) {
	// Asked before the look, so that a look that finds nothing is late enough.
	left := d.frame.Settling(in.Since)
	mark, err := readMark(in.Mark)
	if err != nil {
		return release.FoundChange{}, err
	}
	runs, err := d.runs(ctx, in.App.ID, mark.At)
	if err != nil {
		return release.FoundChange{}, failed(err)
	}
	var found []string
	for _, r := range runs {
		if (r.StartTime.IsZero() || !r.StartTime.Before(mark.At)) && !slices.Contains(mark.Known, r.JobID) {
			found = append(found, r.JobID)
		}
	}
	switch {
	case len(found) > 1:
		return release.FoundChange{}, cloud.Undecidable("each of the runs %s could be the one whose answer was lost", strings.Join(found, ", "))
	case len(found) == 1:
		return release.FoundChange{Change: &release.Change{ID: found[0], Adopted: true}}, nil
	case left > 0:
		return release.FoundChange{}, fault.Unchanged("no run is found yet; the call may still be at work", left)
	default:
		return release.FoundChange{}, nil
	}
}
