package starter

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// LaneTemporal is the part of Temporal's client that speaks to lanes; [client.Client] is
// one.
type LaneTemporal interface {
	NewWithStartWorkflowOperation(o client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// LaneUpdate is one word to the lane of an application.
type LaneUpdate struct {
	App release.App
	// Name is the update, for example [release.UpdateSubmit], and Arg its argument.
	Name string
	Arg  any
	// ID is the identity of the word: said again with the same one, it counts once.
	ID string
}

// UpdateLane says something to the lane of an application, which starts if it does not
// run, and reads its answer. The error is Temporal's; what a lane refuses is an
// application error of type [release.ErrorRefused] or [release.ErrorBusy].
func UpdateLane(ctx context.Context, t LaneTemporal, u LaneUpdate, answer any) error {
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
