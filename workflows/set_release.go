package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// submitLimit is how long a release is tried to be handed to its lane.
const submitLimit = time.Hour

// carry submits a release, waits for its end, and aborts it when the set is aborted. It
// records where the release stands and returns its last progress.
func (s *set) carry(ctx workflow.Context, sub release.Submission, run *release.SetRun) release.Progress {
	run.StartedAt = workflow.Now(ctx)
	receipt, err := submit(ctx, sub)
	if err != nil {
		run.Outcome, run.Reason, run.EndedAt = unsubmitted(err), reason(err), workflow.Now(ctx)
		if run.Outcome == release.PhaseNeedsAttention {
			run.Reason = "whether it was submitted is unknown: " + run.Reason
		}
		return release.Progress{}
	}
	run.Standing = receipt.Standing
	s.passOn(ctx, run)
	ending := awaitEnd(ctx, sub.Spec.App, sub.ReleaseID)
	run.End(ending, workflow.Now(ctx))
	return ending.Progress
}

// submit hands a release to the lane of its application. What comes after a lost answer
// begins nothing twice.
func submit(ctx workflow.Context, sub release.Submission) (release.Receipt, error) {
	options := activityOptions(sub.Spec.App, priorityChange)
	options.ScheduleToCloseTimeout = submitLimit
	options.Summary = release.Summary(sub)
	var receipt release.Receipt
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), release.SubmitActivity, sub).Get(ctx, &receipt)
	return receipt, err
}

// unsubmitted is the outcome of a release that could not be submitted: only a refusal is
// certain, in any other case it may have begun.
func unsubmitted(err error) release.Phase {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if ok && app.Type() == release.ErrorRefused {
		return release.PhaseFailed
	}
	return release.PhaseNeedsAttention
}

// passOn tells a release under way to abort once the set is aborted. A signal that fails
// means that the release has ended meanwhile, of which the set learns anyway.
func (s *set) passOn(ctx workflow.Context, run *release.SetRun) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		_ = workflow.Await(ctx, func() bool { return s.abort != nil || run.Outcome != "" })
		if run.Outcome != "" {
			return
		}
		_ = workflow.SignalExternalWorkflow(ctx, release.WorkflowID(run.ReleaseID), "", string(release.CommandAbort), release.Command{
			By: s.abort.By, Via: release.ViaSet, AtSafePoint: s.abort.AtSafePoint,
			Reason: release.Shorten("set " + s.p.SetID + " was " + because(s.abort)), // the reason alone may have the length that is taken
		}).Get(ctx, nil)
	})
}
