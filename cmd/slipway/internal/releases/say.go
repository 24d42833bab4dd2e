package releases

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// Say hands a command to a release and returns its progress right after. The errors are
// [NotFoundError], [RefusedError], [UnansweredError] and [UnreachableError].
func (c *Client) Say(ctx context.Context, id string, cmd release.Command) (release.Progress, error) {
	if err := cmd.Validate(); err != nil {
		return release.Progress{}, err
	}
	began := time.Now()
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: cmd.ID, WorkflowID: workflowID(id), UpdateName: string(cmd.Kind), Args: []any{cmd},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var p release.Progress
	if err == nil {
		err = handle.Get(ctx, &p)
	}
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var gone *serviceerror.NotFound
	switch {
	case err == nil:
		return p, nil
	case refusal(err) != "":
		return p, &RefusedError{ID: id, Reason: refusal(err)}
	case errors.As(err, &gone):
		return p, c.tooLate(ctx, id, cmd)
	case errors.As(err, &late) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return p, c.unanswered(ctx, id, time.Since(began).Round(time.Second))
	case ctx.Err() != nil:
		return p, context.Cause(ctx)
	}
	return p, classify(id, err)
}

// refusal is the reason with which a workflow refused an update; empty when it did not.
func refusal(err error) string {
	application, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || application.Type() != release.ErrorRefused {
		return ""
	}
	return application.Message()
}

// tooLate tells a release that has ended from one that never was: Temporal answers the
// same to both.
func (c *Client) tooLate(ctx context.Context, id string, cmd release.Command) error {
	look, err := c.Look(ctx, id)
	if err != nil {
		return err
	}
	if _, err := release.Admit(look.Progress, cmd); err != nil {
		return &RefusedError{ID: id, Reason: err.Error()}
	}
	return &RefusedError{ID: id, Reason: "the release has ended"}
}

// unanswered tells a missing worker from a missing Temporal once the time is up.
func (c *Client) unanswered(ctx context.Context, id string, waited time.Duration) error {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	if _, err := c.temporal.DescribeWorkflow(asking, workflowID(id), ""); err != nil {
		return classify(id, err)
	}
	return &UnansweredError{ID: id, Waited: waited}
}
