package workflows

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// follow waits for the end of a release: as a child where this run has started it, else
// by an activity.
func (l *lane) follow(releaseID string) {
	child := l.children[releaseID]
	workflow.Go(l.root, func(ctx workflow.Context) {
		if child == nil {
			l.ended(ctx, releaseID, awaitEnd(ctx, l.App, releaseID))
			return
		}
		var ending release.Ending
		if err := child.Get(ctx, &ending.Progress); err != nil {
			ending.Lost = err.Error()
		}
		l.ended(ctx, releaseID, ending)
	})
}

// ended draws the conclusions from the end of a release and lets the next one begin.
func (l *lane) ended(ctx workflow.Context, releaseID string, ending release.Ending) {
	e, there := l.Entry(releaseID)
	if !e.Proceeded {
		// It has touched nothing: its place is free, whatever else is to be done.
		l.Leave(releaseID)
		l.makeRoom()
	}
	l.PayOff(ending.Progress.Paid())
	if ending.Lost != "" || there {
		l.recordOutcome(ctx, release.LaneEntry{ReleaseID: releaseID, Operation: e.Operation}, ending)
	}
	l.Leave(releaseID)
	delete(l.children, releaseID)
	delete(l.preempting, releaseID)
	delete(l.announced, releaseID)
	delete(l.cancelling, releaseID)
	l.next()
	l.makeRoom()
}

// recordOutcome remembers what is to be known of an end.
func (l *lane) recordOutcome(ctx workflow.Context, e release.LaneEntry, ending release.Ending) {
	p := ending.Progress
	l.AllowProven(p)
	well := ending.Lost == "" && p.Outcome != release.PhaseNeedsAttention && p.Outcome != release.PhaseRolledBack
	if well {
		return
	}
	switch {
	case ending.Lost != "":
		l.watch(ctx, e.ReleaseID)
	case p.Outcome == release.PhaseNeedsAttention:
		l.Hold(release.NewHold(e.ReleaseID, p.Reason, workflow.Now(ctx)))
		l.Owe(p.Owes())
	case e.Operation == release.OperationRelease:
		if d, bad := release.NewDenial(p, workflow.Now(ctx)); bad {
			l.deny(d)
		}
	}
}

// deny remembers what was rolled back, and drops the waiting releases that
// would bring it again.
func (l *lane) deny(d release.Denial) {
	l.Deny(d)
	for _, e := range l.DeniedWaiting(d) {
		l.cancelWaiting(e, release.Command{By: release.Slipway, Denied: true, Reason: d.Refusal(l.App)})
	}
}

// watch lets a watchdog look after a release that was lost, and holds the lane for what
// the watchdog could not put right.
func (l *lane) watch(ctx workflow.Context, releaseID string) {
	result, err := l.watchdog(ctx, releaseID)
	if err != nil {
		result.Left = "it was lost, and so was its watchdog: " + reason(err)
	}
	l.Owe(result.Owes)
	if result.Left != "" {
		l.Hold(release.NewHold(releaseID, result.Words(), workflow.Now(ctx)))
	}
}

// watchdog starts a watchdog and waits for its result; or it waits for the one that
// somebody else has started, such as a run of the lane before this one.
func (l *lane) watchdog(ctx workflow.Context, releaseID string) (result release.WatchdogResult, err error) {
	l.pendingSignals++
	child := workflow.ExecuteChildWorkflow(workflow.WithChildOptions(l.root, workflow.ChildWorkflowOptions{
		WorkflowID:        release.WatchdogID(releaseID),
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "what lost release " + releaseID + " has left",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(l.App.SearchValue()),
		),
	}), release.WorkflowWatchdog, release.WatchdogRequest{ReleaseID: releaseID, App: l.App})
	err = child.GetChildWorkflowExecution().Get(ctx, nil)
	l.pendingSignals--
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		options := readOptions(l.App)
		options.Summary = "wait for the watchdog of release " + releaseID
		return ask[release.WatchdogResult](ctx, options, release.AwaitWatchdogActivity, release.AwaitEndInput{ReleaseID: releaseID})
	}
	if err == nil {
		err = child.Get(ctx, &result)
	}
	return result, err
}

// awaitEnd waits until a release has ended. The server retries the look, so that waiting
// costs no history.
func awaitEnd(ctx workflow.Context, app release.App, releaseID string) release.Ending {
	ending, err := ask[release.Ending](ctx, readOptions(app), release.AwaitEndActivity, release.AwaitEndInput{ReleaseID: releaseID})
	if err != nil {
		return release.Ending{Lost: "how it ended cannot be found out: " + reason(err)}
	}
	return ending
}

// ask carries out an activity that asks what is known of releases.
func ask[Out any](ctx workflow.Context, options workflow.ActivityOptions, name string, in any) (out Out, err error) {
	if options.Summary == "" {
		options.Summary = release.Summary(in)
	}
	err = workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), name, in).Get(ctx, &out)
	return out, err
}

// readOptions are those of a look at a release.
func readOptions(app release.App) workflow.ActivityOptions { return activityOptions(app, priorityLook) }

// reason is an activity's error in its own words.
func reason(err error) string {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app.Message()
	}
	return err.Error()
}
