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
	return say(ctx, c, saying[release.Progress]{id, workflowID(id), cmd, c.Look, release.Admit})
}

// SaySet hands a command to a set in the same way.
func (c *Client) SaySet(ctx context.Context, id string, cmd release.Command) (release.SetProgress, error) {
	return say(ctx, c, saying[release.SetProgress]{id, release.CommandTargetID(id), cmd, c.LookSet, release.AdmitSet})
}

// saying is one command on its way.
type saying[P any] struct {
	id, workflowID string
	cmd            release.Command
	look           func(ctx context.Context, id string) (LookAt[P], error)
	admit          func(P, release.Command) (repeated bool, err error)
}

func say[P any](ctx context.Context, c *Client, s saying[P]) (P, error) {
	var p P
	if err := s.cmd.Validate(); err != nil {
		return p, err
	}
	began := time.Now()
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: s.cmd.ID, WorkflowID: s.workflowID, UpdateName: string(s.cmd.Kind), Args: []any{s.cmd},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &p)
	}
	var late *client.WorkflowUpdateServiceTimeoutOrCanceledError
	var gone *serviceerror.NotFound
	switch {
	case err == nil:
		return p, nil
	case refusal(err) != "":
		return p, &RefusedError{ID: s.id, Reason: refusal(err)}
	case errors.As(err, &gone):
		return p, s.tooLate(ctx)
	case errors.As(err, &late) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return p, s.unanswered(ctx, c, time.Since(began).Round(time.Second))
	case ctx.Err() != nil:
		return p, context.Cause(ctx)
	}
	return p, classify(s.id, err)
}

// refusal is the reason with which a workflow refused an update; empty when it did not.
func refusal(err error) string {
	application, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || application.Type() != release.ErrorRefused {
		return ""
	}
	return application.Message()
}

// tooLate tells what has ended from what never was: Temporal answers the same to both.
func (s saying[P]) tooLate(ctx context.Context) error {
	look, err := s.look(ctx, s.id)
	if err != nil {
		return err
	}
	if _, err := s.admit(look.Progress, s.cmd); err != nil {
		return &RefusedError{ID: s.id, Reason: err.Error()}
	}
	return &RefusedError{ID: s.id, Reason: "the " + string(subjectOf(s.id)) + " has ended"}
}

// unanswered tells a missing worker from a missing Temporal once the time is up.
func (s saying[P]) unanswered(ctx context.Context, c *Client, waited time.Duration) error {
	asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
	defer cancel()
	if _, err := c.temporal.DescribeWorkflow(asking, s.workflowID, ""); err != nil {
		return classify(s.id, err)
	}
	return &UnansweredError{ID: s.id, Waited: waited}
}
