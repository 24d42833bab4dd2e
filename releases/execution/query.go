package execution

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"
)

// Querier is the part of Temporal's client that queries workflows; [client.Client] is one.
type Querier interface {
	QueryWorkflow(ctx context.Context, workflowID, runID, query string, args ...any) (converter.EncodedValue, error)
}

// Question is a query to one workflow.
type Question struct {
	WorkflowID string
	// RunID is empty for the newest run.
	RunID string
	// Query is its name.
	Query string
	// Within is how long the answer may take; 0 is as long as the context allows.
	Within time.Duration
}

// Query asks a workflow and reads its answer. The error is an [UnansweredError].
func Query[T any](ctx context.Context, of Querier, q Question) (T, error) {
	calling, cancel := ctx, context.CancelFunc(func() {})
	if q.Within > 0 {
		calling, cancel = context.WithTimeout(ctx, q.Within)
	}
	defer cancel()
	answer, err := of.QueryWorkflow(calling, q.WorkflowID, q.RunID, q.Query)
	switch {
	case err != nil && ctx.Err() != nil:
		return *new(T), &UnansweredError{Late, context.Cause(ctx)}
	case err != nil:
		return *new(T), &UnansweredError{reasonOf(err), err}
	}
	var value T
	if err := answer.Get(&value); err != nil {
		return *new(T), &UnansweredError{Unreadable, err}
	}
	return value, nil
}

// Reason is why there is no answer to a query.
type Reason string

// The reasons; it is empty where there is an answer.
const (
	// NoWorker means that no worker has answered in time, or that Temporal has not.
	NoWorker Reason = "no worker"
	// NotReady means that the workflow has not run yet.
	NotReady Reason = "not ready"
	// Failing means that a worker answers with an error: the workflow cannot go on either.
	Failing Reason = "failing"
	// Unreadable means that the answer cannot be read, for example without the key.
	Unreadable Reason = "unreadable"
	// Forgotten means that Temporal has no such workflow any more, or never had.
	Forgotten Reason = "forgotten"
	// Late means that the time to ask was over.
	Late Reason = "late"
	// NotAsked means that the question was not put, because there are too many.
	NotAsked Reason = "not asked"
	// Refused means any other error of Temporal, such as a missing permission.
	Refused Reason = "refused"
)

// UnansweredError means that there is no answer to a query.
type UnansweredError struct {
	Reason Reason
	// Cause is nil where the question was not put.
	Cause error
}

// Error implements error.
func (e *UnansweredError) Error() string {
	if e.Cause == nil {
		return string(e.Reason)
	}
	return e.Cause.Error()
}

// Unwrap returns the error of Temporal's client.
func (e *UnansweredError) Unwrap() error { return e.Cause }

// ReasonOf returns why a query has no answer; empty where there is one.
func ReasonOf(err error) Reason {
	if unanswered, ok := errors.AsType[*UnansweredError](err); ok {
		return unanswered.Reason
	}
	if err == nil {
		return ""
	}
	return reasonOf(err)
}

// reasonOf returns the reason that an error of Temporal's client stands for.
func reasonOf(err error) Reason {
	_, failing := errors.AsType[*serviceerror.QueryFailed](err)
	_, notReady := errors.AsType[*serviceerror.WorkflowNotReady](err)
	_, noPoller := errors.AsType[*serviceerror.FailedPrecondition](err)
	switch {
	case failing:
		return Failing
	case notReady:
		return NotReady
	case noPoller, Silent(err):
		return NoWorker
	case IsGone(err):
		return Forgotten
	}
	return Refused
}

// Silent reports whether Temporal itself has not answered: trying again may help.
func Silent(err error) bool {
	_, unavailable := errors.AsType[*serviceerror.Unavailable](err)
	_, late := errors.AsType[*serviceerror.DeadlineExceeded](err)
	_, exhausted := errors.AsType[*serviceerror.ResourceExhausted](err)
	return unavailable || late || exhausted || errors.Is(err, context.DeadlineExceeded)
}
