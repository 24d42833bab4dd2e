// Package lanes says words to the lanes of applications through a Temporal client: for
// the starter, for sets of releases, and for the command line alike.
package lanes

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// Temporal is the part of Temporal's client that speaks to lanes; [client.Client] is
// one.
type Temporal interface {
	NewWithStartWorkflowOperation(o client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, o client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// Word is one word to the lane of an application.
type Word struct {
	App release.App
	// Name is the update, for example [release.UpdateSubmit], and Arg its argument.
	Name string
	Arg  any
	// ID is the identity of the word: said again with the same one, it counts once.
	ID string
}

// Say says something to the lane of an application, which starts if it does not
// run, and reads its answer. The error is Temporal's; what a lane refuses is an
// application error of type [release.ErrorRefused] or [release.ErrorBusy].
func Say(ctx context.Context, t Temporal, w Word, answer any) error {
	start := t.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       release.LaneID(w.App),
		TaskQueue:                release.WorkflowTaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "Releases of " + w.App.SearchValue(),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(w.App.SearchValue()),
		),
	}, release.WorkflowLane, release.LaneInput{App: w.App})
	handle, err := t.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID:     w.ID,
			WorkflowID:   release.LaneID(w.App),
			UpdateName:   w.Name,
			Args:         []any{w.Arg},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, answer)
}

// Submit hands a release to the lane of its application. However often it is said, it
// counts once.
func Submit(ctx context.Context, t Temporal, s release.Submission) (release.Receipt, error) {
	var receipt release.Receipt
	err := Say(ctx, t, Word{App: s.Spec.App, Name: release.UpdateSubmit, Arg: s, ID: s.ReleaseID}, &receipt)
	if err != nil {
		return release.Receipt{}, fmt.Errorf("submit: %w", err)
	}
	return receipt, nil
}

// IsGone reports whether Temporal has no workflow of the ID that it was asked for, or none that
// runs.
func IsGone(err error) bool {
	_, gone := errors.AsType[*serviceerror.NotFound](err)
	return gone
}
