// Package execution reads Temporal workflow executions: how they have ended, and what they answer to
// queries, or why they do not.
package execution

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// End is how a workflow execution has ended, as people read it.
type End string

// The ends. A workflow that continued as new goes on in its next run, and a paused one may be
// resumed: both are [Open].
const (
	Open       End = ""
	Completed  End = "completed"
	Failed     End = "failed"
	Canceled   End = "canceled"
	Terminated End = "terminated"
	TimedOut   End = "timed out"
)

// EndOf returns the end that a status of Temporal stands for.
func EndOf(s enumspb.WorkflowExecutionStatus) End {
	switch s {
	case enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return Completed
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:
		return Failed
	case enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return Canceled
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return Terminated
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return TimedOut
	case enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
	}
	return Open
}

// Abnormal reports whether the execution has ended without a result.
func (e End) Abnormal() bool { return e != Open && e != Completed }

// Text says of a workflow that it has ended so.
func (e End) Text() string {
	if e == Failed || e == TimedOut {
		return "its workflow " + string(e)
	}
	return "its workflow was " + string(e)
}

// Failure returns the message with which a workflow has failed; empty where it cannot be read
// or Temporal has none.
func Failure(ctx context.Context, run client.WorkflowRun) string {
	err := run.Get(ctx, nil)
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.Message()
	}
	if failed, ok := errors.AsType[*temporal.WorkflowExecutionError](err); ok {
		return failed.Error()
	}
	return ""
}

// IsGone reports whether Temporal has no workflow of the ID that it was asked for, or none that
// runs.
func IsGone(err error) bool {
	_, gone := errors.AsType[*serviceerror.NotFound](err)
	return gone
}
