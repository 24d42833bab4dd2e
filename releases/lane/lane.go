// Package lane sends updates to the lanes of applications through a Temporal client.
//
// It is the small half of package releases that is not for people: the starter and the
// activities of sets submit releases with it. They import it alone, so that what they
// depend on is Update-with-start, and not lists, queries and errors made for a front end.
package lane

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// Temporal is the part of Temporal's client that lanes are updated with; [client.Client] is
// one.
type Temporal interface {
	NewWithStartWorkflowOperation(o client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Update is one update of the lane of an application.
type Update struct {
	App release.App
	// Name is that of the update, for example [release.UpdateSubmit], and Arg its argument.
	Name string
	Arg  any
	// ID identifies the update: sent again with the same one, it counts once.
	ID string
}

// Send sends an update to the lane of an application, which starts if it does not run, and
// reads its answer. The error is Temporal's; what a lane refuses is an application error of
// type [release.ErrorRefused] or [release.ErrorBusy].
func Send(ctx context.Context, t Temporal, u Update, answer any) error {
	start := t.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       release.LaneID(u.App),
		TaskQueue:                release.WorkflowTaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Releases of " + u.App.SearchValue(),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(u.App.SearchValue()),
		),
	}, release.WorkflowLane, release.LaneInput{App: u.App})
	handle, err := t.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID:     u.ID,
			WorkflowID:   release.LaneID(u.App),
			UpdateName:   u.Name,
			Args:         []any{u.Arg},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, answer)
}

// Submit submits a release to the lane of its application. However often it is submitted, it
// counts once.
func Submit(ctx context.Context, t Temporal, s release.Submission) (release.Receipt, error) {
	var receipt release.Receipt
	err := Send(ctx, t, Update{App: s.Spec.App, Name: release.UpdateSubmit, Arg: s, ID: s.ReleaseID}, &receipt)
	if err != nil {
		return release.Receipt{}, fmt.Errorf("submit: %w", err)
	}
	return receipt, nil
}
