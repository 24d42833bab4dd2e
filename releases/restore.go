package releases

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"slipway/release"
	"slipway/releases/execution"
)

// RecoverForgotten is [Client.Recover] for a release that Temporal does not know, because it was restored to
// a moment before the release or its history has expired. The application is what the ledger has: a
// watchdog restores what the ledger tells, and records that the release was lost. A release that Temporal knows is
// a [RefusedError].
func (c *Client) RecoverForgotten(ctx context.Context, app release.App, releaseID string) (Switching, error) {
	_, err := c.Get(ctx, releaseID)
	if err == nil {
		return Switching{}, &RefusedError{ID: releaseID, Reason: "Temporal knows it; recover it without its application"}
	}
	if _, forgotten := errors.AsType[*NotFoundError](err); !forgotten {
		return Switching{}, err
	}
	return c.lookAfter(ctx, app, releaseID)
}

// lookAfter begins the watchdog of a release, unless it is at work.
func (c *Client) lookAfter(ctx context.Context, app release.App, releaseID string) (Switching, error) {
	if err := app.Validate(); err != nil {
		return Switching{}, err
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: release.WatchdogID(releaseID), TaskQueue: release.WorkflowTaskQueue, StaticSummary: "restore what release " + releaseID + " has left behind",
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    searchable(app),
	}, release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: releaseID, App: app})
	if err != nil {
		return Switching{}, classify("", err)
	}
	return Switching{ID: run.GetID(), run: run, of: c}, nil
}

// Watchdog is what the watchdog of a release is doing, or has done.
type Watchdog struct {
	// Exists tells that there is one, and Open that it is at work.
	Exists, Open bool
	// Result is what it has found; zero where it is at work, or has ended without a result.
	Result release.WatchdogResult
}

// WatchdogOf reads the latest watchdog of a release. It needs no worker.
func (c *Client) WatchdogOf(ctx context.Context, releaseID string) (Watchdog, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	id := release.WatchdogID(releaseID)
	d, err := c.temporal.DescribeWorkflow(ctx, id, "")
	switch {
	case execution.IsGone(err):
		return Watchdog{}, nil
	case err != nil:
		return Watchdog{}, classify("", err)
	case execution.EndOf(d.Status) == execution.Open:
		return Watchdog{Exists: true, Open: true}, nil
	case execution.EndOf(d.Status) != execution.Completed:
		return Watchdog{Exists: true}, nil
	}
	w := Watchdog{Exists: true}
	return w, classify("", c.temporal.GetWorkflow(ctx, id, d.WorkflowExecution.RunID).Get(ctx, &w.Result))
}

// EndOf returns how the workflow of a release has ended; known is false where Temporal has none. It needs no worker.
func (c *Client) EndOf(ctx context.Context, releaseID string) (end execution.End, known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflow(ctx, workflowID(releaseID), "")
	if execution.IsGone(err) {
		return execution.Open, false, nil
	}
	if err != nil {
		return execution.Open, false, classify(releaseID, err)
	}
	return execution.EndOf(d.Status), true, nil
}

// Discard ends the workflow of a release, and before it that of its lane, so that nobody looks after the release: for one that
// has ended while Temporal was restored to a moment at which it ran. The next release of the application, or one that waits,
// starts the lane again, with what the ledger has of the application.
func (c *Client) Discard(ctx context.Context, app release.App, releaseID, reason string) error {
	for _, id := range []string{release.LaneID(app), workflowID(releaseID)} {
		if err := c.temporal.TerminateWorkflow(ctx, id, "", reason); err != nil && !execution.IsGone(err) {
			return classify(releaseID, err)
		}
	}
	return nil
}

// Look lets a worker read an application as it is on its platform, in the way of [Client.ScalingRules].
func (c *Client) Look(ctx context.Context, app release.App) (release.Snapshot, error) {
	return c.snapshot(ctx, "look", release.SnapshotInput{App: app})
}
