package workflows

import (
	"fmt"
	"slices"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// maxWaiting bounds the releases that wait in one lane.
const maxWaiting = 100

// Lane lets the releases of one application begin one at a time, in the order in which
// they were submitted. Every accepted release is a child workflow from the start, so
// that a waiting one can be listed, watched and aborted like a running one; the lane
// tells it when its turn has come.
//
// A lane ends when nothing runs or waits; the next submission starts it again. A lane
// whose history has grown long takes nothing more until it has drained, answering
// [release.ErrorBusy]. What it was is not needed afterwards: a release ID that was used
// before is refused by Temporal itself.
func Lane(ctx workflow.Context, in release.LaneInput) error {
	// The releases of a cancelled lane go on, and so does the lane until they have ended.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	l := &lane{app: in.App, root: ctx}
	if err := workflow.SetQueryHandler(ctx, release.QueryLane, l.state); err != nil {
		return err
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, release.UpdateSubmit, l.submit, workflow.UpdateHandlerOptions{
		Validator: l.admit, Description: "Submit a release to the lane",
	})
	if err != nil {
		return err
	}
	// The update that starts a lane comes with its first workflow task.
	return workflow.Await(ctx, func() bool {
		return len(l.line) == 0 && workflow.AllHandlersFinished(ctx)
	})
}

// lane is one application's line of releases; the first one runs.
type lane struct {
	app release.App
	// root outlives the update handlers that start children.
	root workflow.Context
	line []*entry
}

// entry is one release in the line.
type entry struct {
	release.LaneEntry
	child workflow.ChildWorkflowFuture
	// proceeded tells that its turn has come and that it knows.
	proceeded bool
}

func (l *lane) find(id string) int {
	return slices.IndexFunc(l.line, func(e *entry) bool { return e.ReleaseID == id })
}

// admit refuses what this lane cannot take.
func (l *lane) admit(ctx workflow.Context, s release.Submission) error {
	if s.Spec.App != l.app {
		return refused(release.Problem{Field: "app", Message: "is not the application of this lane"})
	}
	if err := s.Spec.Validate(); err != nil {
		return refused(err)
	}
	if l.find(s.ReleaseID) >= 0 {
		return nil
	}
	if len(l.line) > maxWaiting {
		return busy(fmt.Sprintf("%d releases wait already", len(l.line)-1))
	}
	if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
		return busy("the lane drains before it takes more")
	}
	return nil
}

func busy(why string) error { return temporal.NewApplicationError(why, release.ErrorBusy) }

// submit starts the release as a child and answers once Temporal has it.
func (l *lane) submit(ctx workflow.Context, s release.Submission) (release.Receipt, error) {
	receipt := release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingDuplicate}
	if l.find(s.ReleaseID) >= 0 {
		return receipt, nil
	}
	e := &entry{LaneEntry: release.LaneEntry{ReleaseID: s.ReleaseID, Artifact: s.Spec.Artifact, Since: workflow.Now(ctx)}}
	ahead := len(l.line)
	e.proceeded = ahead == 0
	l.line = append(l.line, e)
	e.child = workflow.ExecuteChildWorkflow(l.childOptions(s, e), s.Spec.Workflow(), release.Request{
		ID: s.ReleaseID, Spec: s.Spec, Queued: !e.proceeded,
	})
	err := e.child.GetChildWorkflowExecution().Get(ctx, nil)
	if err != nil {
		l.leave(e)
		if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return receipt, nil
		}
		return receipt, busy(err.Error())
	}
	workflow.Go(l.root, func(ctx workflow.Context) {
		// How the release ended is its own business; that it ended is all that matters.
		_ = e.child.Get(ctx, nil)
		l.leave(e)
	})
	receipt.Standing, receipt.Ahead = release.StandingQueued, ahead
	if e.proceeded {
		receipt.Standing = release.StandingStarted
	}
	return receipt, nil
}

func (l *lane) childOptions(s release.Submission, e *entry) workflow.Context {
	first := release.PhaseQueued
	if e.proceeded {
		first = release.PhasePreparing
	}
	return workflow.WithChildOptions(l.root, workflow.ChildWorkflowOptions{
		WorkflowID:            release.WorkflowID(s.ReleaseID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         s.Spec.Title(),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(s.Spec.App.SearchValue()),
			temporal.NewSearchAttributeKeyKeyword(release.SearchPhase).ValueSet(string(first)),
		),
	})
}

// leave takes a release out of the line and lets the first one begin.
func (l *lane) leave(e *entry) {
	l.line = slices.DeleteFunc(l.line, func(x *entry) bool { return x == e })
	if len(l.line) == 0 || l.line[0].proceeded {
		return
	}
	next := l.line[0]
	next.proceeded = true
	workflow.Go(l.root, func(ctx workflow.Context) {
		// A signal that fails means that the release has ended meanwhile; then its own
		// end lets the one behind it begin.
		_ = next.child.SignalChildWorkflow(ctx, release.SignalProceed, nil).Get(ctx, nil)
	})
}

func (l *lane) state() (release.LaneState, error) {
	s := release.LaneState{App: l.app}
	for i, e := range l.line {
		if i == 0 {
			s.Running = new(e.LaneEntry)
			continue
		}
		s.Waiting = append(s.Waiting, e.LaneEntry)
	}
	return s, nil
}
