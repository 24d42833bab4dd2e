package releases

import (
	"context"
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
)

// askTime bounds one call to Temporal while looking.
const askTime = 5 * time.Second

// Look is one look at a release.
type Look struct {
	Progress release.Progress
	// Closed tells that the release will not move any more.
	Closed bool
	// Lack says why the progress holds only what Temporal itself knows (application,
	// phase, times); empty when it is whole.
	Lack string
}

// noWorker is the usual reason for a lack.
const noWorker = "no worker answers; the release is durable, waiting"

// Look looks at a release. It needs no worker for one that has ended.
func (c *Client) Look(ctx context.Context, id string) (Look, error) {
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflow(asking, workflowID(id), "")
	if err != nil {
		return Look{}, classify(id, err)
	}
	switch d.Status {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		var p release.Progress
		err := c.temporal.GetWorkflow(asking, workflowID(id), d.WorkflowExecution.RunID).Get(asking, &p)
		return Look{Progress: p, Closed: true}, classify(id, err)
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED,
		enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED:
		return c.ask(ctx, id, d)
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED,
		enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
	}
	return c.stray(ctx, id, d)
}

// ask queries the progress and falls back to what the description knows.
func (c *Client) ask(ctx context.Context, id string, d *client.WorkflowExecutionDescription) (Look, error) {
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var p release.Progress
	answer, err := c.temporal.QueryWorkflow(asking, workflowID(id), d.WorkflowExecution.RunID, release.QueryProgress)
	if err == nil {
		err = answer.Get(&p)
	}
	var notReady *serviceerror.WorkflowNotReady
	var notMet *serviceerror.FailedPrecondition
	switch {
	case err == nil:
		return Look{Progress: p}, nil
	case ctx.Err() != nil:
		return Look{}, ctx.Err()
	case errors.As(err, &notReady):
		return Look{Progress: described(id, d), Lack: "the release does not answer yet: " + notReady.Error()}, nil
	case errors.As(err, &notMet), transient(err):
		return Look{Progress: described(id, d), Lack: noWorker}, nil
	}
	return Look{}, classify(id, err)
}

// stray looks at a release whose workflow was ended from outside. Nobody brings it to an
// end, so it needs attention whatever it was at; a worker may still tell how far it came.
func (c *Client) stray(ctx context.Context, id string, d *client.WorkflowExecutionDescription) (Look, error) {
	l, err := c.ask(ctx, id, d)
	if err != nil {
		l = Look{Progress: described(id, d)}
	}
	was := l.Progress.Phase
	l.Closed, l.Lack = true, ""
	l.Progress.Phase, l.Progress.Outcome, l.Progress.Awaiting = release.PhaseNeedsAttention, release.PhaseNeedsAttention, nil
	l.Progress.Reason = "its workflow was " + stopped(d.Status) + " at " + string(was) +
		": nobody follows its change order or restores its scaling rules; look at the application on its platform"
	if d.WorkflowCloseTime != nil {
		l.Progress.EndedAt = *d.WorkflowCloseTime
	}
	return l, ctx.Err()
}

// described is the progress as far as Temporal knows it without a worker.
func described(id string, d *client.WorkflowExecutionDescription) release.Progress {
	p := release.Progress{ReleaseID: id, StartedAt: d.WorkflowStartTime}
	if app, ok := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchApp)); ok {
		p.App = parseApp(app)
	}
	if phase, ok := d.TypedSearchAttributes.GetKeyword(temporal.NewSearchAttributeKeyKeyword(release.SearchPhase)); ok {
		p.Phase = release.Phase(phase)
	}
	return p
}
