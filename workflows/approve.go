package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// awaitApproval asks people, once, before the release changes anything, and waits until enough have
// approved.
func (h holding) awaitApproval(ctx workflow.Context) *fault {
	a := h.p.Approval
	if a == nil || a.Granted() { // it was, before the release was reset
		return h.stillApproved()
	}
	if f := h.awaitResume(ctx); f != nil { // nobody is asked about what is paused
		return f
	}
	h.askApproval(ctx)
	h.enter(ctx, release.PhaseAwaitingApproval, "")
	h.emit(release.EventApprovalWaiting)
	_ = workflow.Await(ctx, func() bool { return a.Granted() || h.abort != nil })
	h.endWait(ctx)
	if f := h.stopped(); f != nil {
		return f
	}
	h.enter(ctx, release.PhasePreparing, "")
	return h.refresh(ctx)
}

// askApproval begins to wait for the approval that the progress shows, which is for what the release
// brings now (R9).
func (r *run) askApproval(ctx workflow.Context) {
	a := r.p.Approval
	a.Ask(r.p, workflow.Now(ctx))
	r.wait(ctx, release.AwaitApproval, a.Batch, a.Within.Std())
}

// stillApproved refuses to go on where the application was changed meanwhile so that the release would bring
// something else than what people have approved.
func (r *run) stillApproved() *fault {
	a := r.p.Approval
	if !a.Granted() || a.Batch > 0 || a.About(r.p) {
		return nil
	}
	return &fault{class: release.FaultInvalid, text: fmt.Sprintf(
		"what the release would bring is not what was approved any more: that was %s, and by now it is %s", a.Artifact, r.p.Artifact.Public())}
}
