package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Lane lets the releases of one application begin one at a time, in the order of their
// line. Every accepted release is a child workflow from the start, so that a waiting one
// can be listed, watched and aborted like a running one; the lane tells it when its turn
// has come. One that is not let in becomes a child all the same, which ends at once: it
// can be found, and the world is told.
//
// A lane ends when nothing runs or waits and there is nothing to remember: neither a hold
// nor an artifact that was rolled back. Else it stays, which costs nothing. When its
// history has grown long it continues as new with all that it knows; the releases of the
// line are no children of the new run, which speaks to them by signals and learns of
// their ends by an activity.
func Lane(ctx workflow.Context, in release.LaneInput) error {
	// The releases of a cancelled lane go on, and so does the lane until they have ended.
	root, _ := workflow.NewDisconnectedContext(ctx)
	l := &lane{
		LaneInput: in, root: root, looking: 1, preempting: map[string]bool{}, announced: map[string]release.Successor{}, cancelling: map[string]bool{},
		children: map[string]workflow.ChildWorkflowFuture{},
	}
	if err := l.listen(); err != nil {
		return err
	}
	l.events = startPublisher(root, workflow.GetInfo(root).WorkflowExecution.ID)
	workflow.Go(root, l.begin)
	// The update that starts a lane comes with its first workflow task.
	if err := workflow.Await(root, func() bool { return l.drained() && (l.over() || l.shouldContinueAsNew()) }); err != nil || l.over() {
		return err
	}
	return workflow.NewContinueAsNewError(root, release.WorkflowLane, l.LaneInput)
}

// lane is one application's line of releases, and what it needs while it runs. What must
// outlive this run is in the input.
type lane struct {
	release.LaneInput

	// root outlives the update handlers that start children.
	root workflow.Context
	// children are the releases that this run has started; others were started by runs
	// before it.
	children map[string]workflow.ChildWorkflowFuture
	// preempting are the running releases that were asked to give way.
	preempting map[string]bool
	// announced is the release that the one of the ID was told of last as its successor.
	announced map[string]release.Successor
	// cancelling are the releases that were dropped and have not ended yet.
	cancelling map[string]bool
	// looking counts the looks for releases that live which are under way: until they have
	// ended nobody is obeyed, and nothing begins.
	looking int
	// ledgerMissed tells that the ledger was away when the lane looked, and lookDue that it is back:
	// the lane looks again before another release begins.
	ledgerMissed, lookDue bool
	// pendingSignals counts what was sent and has not arrived yet.
	pendingSignals int
	// updates counts the updates of this run, and told the events of what people have done to the lane,
	// which events delivers: the run does not end before it has.
	updates int
	told    uint64
	events  *publisher
}

// drained reports whether nothing would be lost if this run ended.
func (l *lane) drained() bool {
	return l.looking == 0 && l.pendingSignals == 0 && len(l.events.queue) == 0 && len(l.cancelling) == 0 && workflow.AllHandlersFinished(l.root)
}

// over reports whether the lane has nothing to do and knows all that there is to know.
func (l *lane) over() bool { return l.Idle() && !l.ledgerMissed }

// shouldContinueAsNew reports whether the history has grown so long that the lane continues as new.
func (l *lane) shouldContinueAsNew() bool {
	return l.MaxUpdates > 0 && l.updates >= l.MaxUpdates || workflow.GetInfo(l.root).GetContinueAsNewSuggested()
}

// begin takes up the line where the run before this one left it. That run may have been
// lost or reset: the releases of the application that live are looked for first (R15).
func (l *lane) begin(ctx workflow.Context) {
	for _, e := range l.Line {
		if e.Proceeded {
			l.follow(e.ReleaseID)
		}
	}
	l.look(ctx)
	l.looking--
	l.next()
	l.makeRoom()
}

// look finds the releases of the application that live, and these beside them, and follows
// those that run and are not followed yet.
func (l *lane) look(ctx workflow.Context, also ...string) {
	living, err := ask[release.Living](ctx, readOptions(l.App), release.LivingActivity, release.LivingInput{App: l.App, Also: also})
	if err != nil { // it is tried until it succeeds: only an input that cannot be read fails it
		workflow.GetLogger(ctx).Error("the releases that live are not known", "error", err)
		return
	}
	for _, e := range l.Adopt(living) {
		l.follow(e.ReleaseID)
	}
	if living.LedgerAway && !l.ledgerMissed {
		l.ledgerMissed = true
		workflow.Go(l.root, l.awaitLedger)
	}
}

// awaitLedger looks again once the ledger is back: only it knows of a release that was lost before
// this run of the lane. What it finds is looked after while nothing else runs (R2).
func (l *lane) awaitLedger(ctx workflow.Context) {
	_, err := ask[struct{}](ctx, readOptions(l.App), release.AwaitLedgerActivity, release.AwaitLedgerInput{App: l.App})
	if err != nil { // it is tried until it succeeds
		workflow.GetLogger(ctx).Error("the ledger is not known to be back", "error", err)
	}
	l.lookDue = true
	_ = workflow.Await(ctx, func() bool { _, runs := l.Running(); return !runs && l.looking == 0 })
	l.ledgerMissed, l.lookDue = false, false
	l.lookAgain(ctx)
}

// lookAgain takes releases into the line that are there although the lane does not know of them,
// and these beside them: they live, or have ended.
func (l *lane) lookAgain(ctx workflow.Context, also ...string) {
	l.looking++
	l.look(ctx, also...)
	l.looking--
	l.next()
	l.makeRoom()
}

// ready waits until the lane may be spoken to.
func (l *lane) ready(ctx workflow.Context) {
	_ = workflow.Await(ctx, func() bool { return l.looking == 0 })
}

// next lets the first waiting release begin, unless one runs or the lane is held.
func (l *lane) next() {
	defer l.details()
	if l.looking > 0 || l.lookDue {
		return
	}
	e, ok := l.Next()
	if !ok {
		return
	}
	turn := release.Turn{Debts: l.Debts}
	if e.Operation == release.OperationRollback {
		turn.Avoid = l.Avoid()
	}
	l.signal(e.ReleaseID, release.SignalProceed, turn)
	if l.children[e.ReleaseID] == nil {
		l.follow(e.ReleaseID)
	}
}

// details shows in Temporal's UI where the lane stands, and makes it searchable while it needs a person.
func (l *lane) details() {
	workflow.SetCurrentDetails(l.root, l.Details())
	key := temporal.NewSearchAttributeKeyKeyword(release.SearchPhase)
	_, shown := workflow.GetTypedSearchAttributes(l.root).GetKeyword(key)
	update := key.ValueSet(release.LaneNeedsPerson)
	switch needs := l.NeedsPerson(); {
	case needs == shown:
		return
	case !needs:
		update = key.ValueUnset()
	}
	if err := workflow.UpsertTypedSearchAttributes(l.root, update); err != nil {
		workflow.GetLogger(l.root).Error("that the lane needs a person is not searchable", "error", err)
	}
}

// makeRoom lets the running release know for which one it is to make room.
func (l *lane) makeRoom() {
	l.announce()
	l.preempt()
}

// announce tells a running release that is watched in the end which one could begin if it ended.
func (l *lane) announce() {
	running, next, wanted := l.Successor()
	if !wanted || l.announced[running.ReleaseID] == next {
		return
	}
	l.announced[running.ReleaseID] = next
	l.signal(running.ReleaseID, release.SignalSuccessor, next)
}

// preempt asks the running release, once, to make room for one that preempts it.
func (l *lane) preempt() {
	running, by, preempted := l.Preempted()
	if !preempted || l.preempting[running.ReleaseID] {
		return
	}
	l.preempting[running.ReleaseID] = true
	reason := "preempted by release " + by.ReleaseID
	if by.RequestedBy != "" {
		reason += " of " + by.RequestedBy
	}
	l.abort(running, release.Command{By: release.Slipway, AtSafePoint: true, Reason: reason})
}

// abort tells a release to end.
func (l *lane) abort(e release.LaneEntry, c release.Command) {
	c.Via = release.ViaLane
	// It may quote what has that length already; too long a text would be refused.
	c.Reason = release.Shorten(c.Reason)
	l.signal(e.ReleaseID, string(release.CommandAbort), c)
}

// cancelWaiting tells a release to end that has left the line before its turn, and sees to it
// that it does: one that was lost meanwhile ends otherwise.
func (l *lane) cancelWaiting(e release.LaneEntry, c release.Command) {
	l.abort(e, c)
	l.cancelling[e.ReleaseID] = true
	if l.children[e.ReleaseID] == nil {
		l.follow(e.ReleaseID)
	}
}

// signal signals a release without waiting for it; the lane does not end before it has
// arrived. A signal that fails means that the release has ended meanwhile, of which the
// lane learns anyway.
func (l *lane) signal(releaseID, signal string, arg any) {
	l.pendingSignals++
	child := l.children[releaseID]
	workflow.Go(l.root, func(ctx workflow.Context) {
		if child != nil {
			_ = child.SignalChildWorkflow(ctx, signal, arg).Get(ctx, nil)
		} else {
			_ = workflow.SignalExternalWorkflow(ctx, release.WorkflowID(releaseID), "", signal, arg).Get(ctx, nil)
		}
		l.pendingSignals-- // not deferred: a run that is dropped from the cache unwinds its coroutines
	})
}

// startChild starts a release and returns once Temporal has it; known when Temporal had
// it before.
func (l *lane) startChild(ctx workflow.Context, s release.Submission, in release.Request, shown release.Phase) (known bool, err error) {
	child := workflow.ExecuteChildWorkflow(l.childOptions(ctx, s, shown), s.Spec.Workflow(), in)
	l.children[in.ID] = child
	err = child.GetChildWorkflowExecution().Get(ctx, nil)
	known = temporal.IsWorkflowExecutionAlreadyStartedError(err)
	if err != nil {
		delete(l.children, in.ID)
	}
	if err != nil && !known {
		return false, err
	}
	if !known { // else it has what it was submitted with first
		l.AddRecent(in.ID, s.Spec.Digest())
	}
	return known, nil
}

// childOptions are those of a release in the context of its submission, whose headers it has, but which does not cancel it.
func (l *lane) childOptions(ctx workflow.Context, s release.Submission, shown release.Phase) workflow.Context {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            release.WorkflowID(s.ReleaseID),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         s.Spec.Title(),
		TypedSearchAttributes: temporal.NewSearchAttributes(searchAttributeUpdates(s.SearchAttributes(shown))...),
	})
}
