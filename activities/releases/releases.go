// Package releases are the activities that read releases from outside: with them a lane finds
// out which releases live and how one ended that is not its child any more, a release that
// waits makes sure that it has a lane, a watchdog reads the last progress of one that was
// lost, and a set submits its releases and waits for their ends.
package releases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"slipway/activities/fault"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases/execution"
	"slipway/releases/lane"
)

// Temporal is what is used of [client.Client].
type Temporal interface {
	lane.Temporal
	ListWorkflow(ctx context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	GetWorkflow(ctx context.Context, workflowID, runID string) client.WorkflowRun
	execution.Querier
}

// Ledger records releases besides Temporal; [ledger.Ledger] is one.
type Ledger interface {
	Affairs(ctx context.Context, app release.App) (ledger.Affairs, error)
	GetOf(ctx context.Context, app release.App, releaseID string) (ledger.Record, error)
	LastGood(ctx context.Context, app release.App, running release.Version, avoid []release.Version) (good, bad []release.Version, err error)
	Update(ctx context.Context, u ledger.Report) error
	MarkLost(ctx context.Context, app release.App, releaseID string, loss ledger.Loss) error
}

// Releases reads releases. It holds no state.
type Releases struct {
	temporal Temporal
	ledger   Ledger
}

// New returns the activities for the releases of one namespace.
func New(t Temporal, l Ledger) (*Releases, error) {
	if t == nil || l == nil {
		return nil, errors.New("releases: a Temporal client and a ledger are needed")
	}
	return &Releases{temporal: t, ledger: l}, nil
}

// Register registers the activities under their names.
func (r *Releases) Register(to worker.ActivityRegistry) {
	to.RegisterActivityWithOptions(r.Submit, activity.RegisterOptions{Name: release.SubmitActivity})
	to.RegisterActivityWithOptions(r.AwaitEnd, activity.RegisterOptions{Name: release.AwaitEndActivity})
	to.RegisterActivityWithOptions(r.AwaitWatchdog, activity.RegisterOptions{Name: release.AwaitWatchdogActivity})
	to.RegisterActivityWithOptions(r.Living, activity.RegisterOptions{Name: release.LivingActivity})
	to.RegisterActivityWithOptions(r.AwaitLedger, activity.RegisterOptions{Name: release.AwaitLedgerActivity})
	to.RegisterActivityWithOptions(r.Attend, activity.RegisterOptions{Name: release.AttendActivity})
	to.RegisterActivityWithOptions(r.WaitsFor, activity.RegisterOptions{Name: release.WaitsForActivity})
	to.RegisterActivityWithOptions(r.LaneState, activity.RegisterOptions{Name: release.StateActivity})
	to.RegisterActivityWithOptions(r.Judged, activity.RegisterOptions{Name: release.JudgedActivity})
	to.RegisterActivityWithOptions(r.Recall, activity.RegisterOptions{Name: release.RecallActivity})
	to.RegisterActivityWithOptions(r.Settle, activity.RegisterOptions{Name: release.SettleActivity})
	to.RegisterActivityWithOptions(r.LastProgress, activity.RegisterOptions{Name: release.LastProgressActivity})
}

// submitTime bounds the wait for a lane's answer, which needs a worker; the retry policy
// of the activity decides about what follows.
const submitTime = 10 * time.Second

// Submit hands a release to the lane of its application. An attempt that follows a lost
// answer starts nothing twice, because the lane deduplicates by the release's ID.
//
// Its errors have the types [release.ErrorRefused], which does not retry, and
// [release.ErrorBusy] and [release.FaultUnavailable], which do.
func (r *Releases) Submit(ctx context.Context, s release.Submission) (release.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, submitTime)
	defer cancel()
	receipt, err := lane.Submit(ctx, r.temporal, s)
	if err == nil {
		return receipt, nil
	}
	word, said := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case said && word.Type() == release.ErrorRefused:
		return release.Receipt{}, temporal.NewNonRetryableApplicationError(word.Message(), release.ErrorRefused, err)
	case said && word.Type() == release.ErrorBusy:
		return release.Receipt{}, temporal.NewApplicationErrorWithOptions(word.Message(), release.ErrorBusy, temporal.ApplicationErrorOptions{Cause: err})
	}
	return release.Receipt{}, unavailable(err)
}

// AwaitEnd returns how a release ended once it has. Until then it fails as unchanged with
// its own next delay, so that waiting costs neither history nor a worker.
//
// Its errors have the types [release.FaultUnchanged] and [release.FaultUnavailable],
// which both retry: a release that is not there counts as lost.
func (r *Releases) AwaitEnd(ctx context.Context, in release.AwaitEndInput) (release.Ending, error) {
	var ending release.Ending
	var err error
	ending.Lost, err = r.result(ctx, release.WorkflowID(in.ReleaseID), &ending.Progress)
	return ending, err
}

// AwaitWatchdog returns the result of a release's watchdog once it has ended, as
// [Releases.AwaitEnd] does that of the release. A watchdog without a result is an error of
// type [release.FaultNotFound], which does not retry.
func (r *Releases) AwaitWatchdog(ctx context.Context, in release.AwaitEndInput) (release.WatchdogResult, error) {
	var result release.WatchdogResult
	lost, err := r.result(ctx, release.WatchdogID(in.ReleaseID), &result)
	if lost != "" {
		err = fault.New(release.FaultNotFound, lost)
	}
	return result, err
}

// result reads the result of a workflow that has ended, or why there is none.
func (r *Releases) result(ctx context.Context, workflowID string, result any) (lost string, err error) {
	out, err := r.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if execution.IsGone(err) {
		return "there is no such workflow; its history may have expired", nil
	}
	if err != nil {
		return "", unavailable(err)
	}
	switch end := execution.EndOf(out.GetWorkflowExecutionInfo().GetStatus()); end {
	case execution.Completed:
		if err := r.temporal.GetWorkflow(ctx, workflowID, "").Get(ctx, result); err != nil {
			return "", unavailable(err)
		}
		return "", nil
	case execution.Failed:
		why := execution.Failure(ctx, r.temporal.GetWorkflow(ctx, workflowID, ""))
		return strings.TrimSuffix(string(end)+": "+why, ": "), nil
	case execution.Terminated, execution.Canceled, execution.TimedOut:
		return string(end), nil
	case execution.Open:
	}
	return "", pollAgain(ctx, workflowID)
}

// LastProgress reads the last progress of a release by its query, which Temporal answers
// for a terminated workflow as well, from its history.
//
// Its errors have the types [release.FaultNotFound], which does not retry, and
// [release.FaultUnavailable].
func (r *Releases) LastProgress(ctx context.Context, in release.AwaitEndInput) (release.Progress, error) {
	p, err := execution.Query[release.Progress](ctx, r.temporal, execution.Question{
		WorkflowID: release.WorkflowID(in.ReleaseID), Query: release.QueryProgress,
	})
	switch {
	case execution.ReasonOf(err) == execution.Forgotten:
		return p, fault.Because(release.FaultNotFound, err.Error(), err)
	case err != nil:
		return p, unavailable(err)
	}
	return p, nil
}

func unavailable(err error) error {
	return fault.Because(release.FaultUnavailable, fmt.Sprintf("temporal: %v", err), err)
}

// pollAgain is the error that schedules the next poll: soon at first, since most releases end
// within minutes.
func pollAgain(ctx context.Context, workflowID string) error {
	return fault.Unchanged(workflowID+" has not ended", release.LookDelay(release.ChangeRunning, int(activity.GetInfo(ctx).Attempt)))
}
