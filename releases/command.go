package releases

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/releases/execution"
)

// SendCommand sends a command to a release and returns its progress right after. The errors
// are [release.Problems] of the command itself, [NotFoundError], [RefusedError],
// [UnansweredError] and [UnreachableError]. A command that is sent again with the same ID
// counts once.
func (c *Client) SendCommand(ctx context.Context, id string, cmd release.Command) (release.Progress, error) {
	return sendUpdate(ctx, c, commandUpdate[release.Progress]{id, workflowID(id), cmd, c.Get, release.Admit})
}

// SendSetCommand sends a command to a set in the same way.
func (c *Client) SendSetCommand(ctx context.Context, id string, cmd release.Command) (release.SetProgress, error) {
	return sendUpdate(ctx, c, commandUpdate[release.SetProgress]{id, release.CommandTargetID(id), cmd, c.GetSet, release.AdmitSet})
}

// commandUpdate is a command on its way as an update of a workflow.
type commandUpdate[P any] struct {
	id, workflowID string
	cmd            release.Command
	get            func(ctx context.Context, id string) (Status[P], error)
	admit          func(P, release.Command) (repeated bool, err error)
}

func sendUpdate[P any](ctx context.Context, c *Client, u commandUpdate[P]) (P, error) {
	var p P
	if err := u.cmd.Validate(); err != nil {
		return p, err
	}
	began := time.Now()
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: u.cmd.ID, WorkflowID: u.workflowID, UpdateName: string(u.cmd.Kind), Args: []any{u.cmd},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &p)
	}
	var gone *serviceerror.NotFound
	switch {
	case err == nil:
		return p, nil
	case refusal(err) != "":
		return p, &RefusedError{ID: u.id, Reason: refusal(err)}
	case errors.As(err, &gone):
		return p, u.tooLate(ctx)
	case unansweredInTime(ctx, err):
		return p, u.unanswered(ctx, c, time.Since(began).Round(time.Second))
	case ctx.Err() != nil:
		return p, context.Cause(ctx)
	}
	return p, classify(u.id, err)
}

// unansweredInTime reports whether the answer to an update was not there in time, unless the caller has
// given up. The wait may end before the context does, by the clock of the server and with an error of
// its own.
func unansweredInTime(ctx context.Context, err error) bool {
	if errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	_, waited := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err)
	_, deadline := errors.AsType[*serviceerror.DeadlineExceeded](err)
	_, canceled := errors.AsType[*serviceerror.Canceled](err)
	return waited || deadline || canceled || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil
}

// refusal is the reason with which a workflow refused an update; empty when it did not.
func refusal(err error) string {
	application, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || application.Type() != release.ErrorRefused {
		return ""
	}
	return application.Message()
}

// tooLate distinguishes what has ended from what never was: Temporal answers the same to both.
func (u commandUpdate[P]) tooLate(ctx context.Context) error {
	status, err := u.get(ctx, u.id)
	if err != nil {
		return err
	}
	if _, err := u.admit(status.Progress, u.cmd); err != nil {
		return &RefusedError{ID: u.id, Reason: err.Error()}
	}
	return &RefusedError{ID: u.id, Reason: "the " + string(subjectOf(u.id)) + " has ended"}
}

// unanswered distinguishes a missing worker from a missing Temporal once the time is up.
func (u commandUpdate[P]) unanswered(ctx context.Context, c *Client, waited time.Duration) error {
	calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	if _, err := c.temporal.DescribeWorkflow(calling, u.workflowID, ""); err != nil {
		return classify(u.id, err)
	}
	return &UnansweredError{ID: u.id, Waited: waited}
}

// CheckOpen makes sure that a release or a set is there and has not ended, so that it takes
// commands. It asks Temporal and no worker. The errors are [NotFoundError], [RefusedError] of what
// has ended, and [UnreachableError].
func (c *Client) CheckOpen(ctx context.Context, id string) error {
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflow(calling, release.CommandTargetID(id), "")
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return classify(id, err)
	}
	app, _ := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchApp))
	switch end := execution.EndOf(d.Status); end {
	case execution.Open:
		return nil
	case execution.Completed:
		how := "it has ended"
		if outcome, ok := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchOutcome)); ok {
			how += ": " + outcome
		}
		return &RefusedError{ID: id, Reason: how, App: app}
	case execution.Failed, execution.Canceled, execution.Terminated, execution.TimedOut:
		return &RefusedError{ID: id, Reason: end.Text(), App: app}
	}
	return nil
}
