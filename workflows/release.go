package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Deploy releases an artifact in one batch (strategy all).
func Deploy(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOut(ctx, in, release.WorkflowDeploy)
}

// GrayRelease releases an artifact batch by batch (strategies batch and gray).
func GrayRelease(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOut(ctx, in, release.WorkflowGrayRelease)
}

// Rollback returns an application to one of the versions it had before, at once or
// batch by batch.
func Rollback(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOut(ctx, in, release.WorkflowRollback)
}

// Restart restarts all instances of an application.
func Restart(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOut(ctx, in, release.WorkflowRestart)
}

// Rescale changes the number of instances of an application.
func Rescale(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOut(ctx, in, release.WorkflowRescale)
}

func carryOut(ctx workflow.Context, in release.Request, workflowType string) (release.Progress, error) {
	in.Spec = in.Spec.WithDefaults()
	if err := in.Spec.Validate(); err != nil {
		return release.Progress{}, invalid(err)
	}
	if in.Spec.Workflow() != workflowType {
		return release.Progress{}, invalid(release.Problem{
			Field: "spec", Message: "asks for " + in.Spec.Workflow() + ", which is not carried out by " + workflowType,
		})
	}
	if in.ID == "" {
		return release.Progress{}, invalid(release.Problem{Field: "id", Message: "must be the release ID"})
	}
	r := newRun(ctx, in)
	return r.carryOut(ctx)
}

func invalid(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), string(release.FaultInvalid), err)
}

// work is the way of one release once its turn has come.
func (r *run) work(ctx workflow.Context) *ending {
	if e := r.prepare(ctx); e != nil {
		return e
	}
	if f := r.awaitSchedule(ctx); f != nil {
		return r.untouched(f)
	}
	if e := r.suspendScaling(ctx); e != nil {
		return e
	}
	if e := r.applyTraffic(ctx); e != nil {
		return r.cleared(ctx, r.restored(ctx, e))
	}
	changeID, e := r.begin(ctx)
	if e == nil {
		e = r.settle(ctx, r.follow(ctx, release.StepRollout, changeID))
	}
	return r.cleared(ctx, e)
}

// prepare reads the application, waits for change orders of others, checks what can be
// checked, and plans the batches. Nothing is changed yet.
func (r *run) prepare(ctx workflow.Context) *ending {
	if f := r.read(ctx); f != nil {
		return r.untouched(f)
	}
	if f := r.stopped(); f != nil {
		return r.untouched(f)
	}
	return r.checkGates(ctx)
}

// plan divides the instances into batches. An adopted change order has its own, which
// are seen once it is followed.
func (r *run) plan() *fault {
	plan := []int{r.snap.Instances}
	if r.spec.Adopt == "" {
		var err error
		if plan, err = release.PlanBatches(r.p.Strategy, r.snap.Instances); err != nil {
			return &fault{class: release.FaultInvalid, text: err.Error()}
		}
	}
	r.p.Batches = nil
	for i, n := range plan {
		r.p.Batches = append(r.p.Batches, release.Batch{Number: i + 1, Instances: n, State: release.BatchPending})
	}
	return nil
}

// question is what the release wants to know of its application.
func (r *run) question() release.SnapshotInput {
	in := release.SnapshotInput{App: r.p.App, Traffic: !r.spec.Traffic.Empty(), Adopt: r.spec.Adopt}
	if r.spec.Operation == release.OperationRollback {
		in.Rollback = &release.RollbackQuestion{VersionID: r.spec.Version, Avoid: r.request.Avoid}
	}
	return in
}

// untouched ends a release that has changed nothing.
func (r *run) untouched(f *fault) *ending {
	if f.class == release.FaultFrozen {
		return end(release.PhaseAborted, "%s; nothing was changed", because(r.abort))
	}
	return end(release.PhaseFailed, "%v; nothing was changed", f)
}

// read reads the application once no change order of others is unfinished, and plans for
// what it finds.
func (r *run) read(ctx workflow.Context) *fault {
	snap, f := call[release.Snapshot](ctx, r.platform, release.VerbSnapshot, r.question())
	if f == nil && snap.Busy != nil {
		snap, f = r.awaitIdle(ctx, *snap.Busy, r.question())
	}
	if f != nil || r.abort != nil {
		return f
	}
	r.snap = snap
	if f := r.aim(); f != nil {
		return f
	}
	return r.plan()
}

// aim tells what is to run in the end and what is returned to on failure.
func (r *run) aim() *fault {
	switch r.spec.Operation {
	case release.OperationRollback:
		if r.snap.Wanted.ID == r.snap.Version.ID {
			return &fault{class: release.FaultInvalid, text: "the application runs version " + r.snap.Wanted.ID + " already"}
		}
		r.p.Artifact = r.snap.Wanted.Artifact
	case release.OperationRestart, release.OperationRescale:
		// The version stays: what runs is what is to run, and no version is returned to.
		r.p.Artifact = r.snap.Version.Artifact
		r.p.RollbackTo = &release.Version{Artifact: r.p.Artifact}
		return nil
	case release.OperationRelease:
	}
	r.p.RollbackTo = new(r.snap.Version)
	return nil
}

// awaitIdle waits until change orders that somebody else began have ended. The look is
// abandoned as soon as the release is stopped; then the snapshot is empty.
func (r *run) awaitIdle(ctx workflow.Context, other release.ForeignChange, question release.SnapshotInput) (release.Snapshot, *fault) {
	before := r.p.Reason
	r.wait(ctx, release.AwaitOtherChange, 0, 0)
	defer r.leave()
	r.p.Reason = "waits for change order " + other.ID + " (" + other.Type + "), begun elsewhere"
	look, abandon := workflow.WithCancel(ctx)
	defer abandon()
	idle := r.platform.begin(look, release.VerbAwaitIdle, question)
	stopped := r.abort
	_ = workflow.Await(ctx, func() bool { return idle.IsReady() || r.abort != stopped || passed(r.total) })
	var snap release.Snapshot
	if !idle.IsReady() {
		return snap, nil
	}
	r.p.Reason = before
	if err := idle.Get(ctx, &snap); err != nil {
		return release.Snapshot{}, newFault(release.VerbAwaitIdle, err)
	}
	return snap, nil
}

// begin begins the change order of the release, exactly once, or takes over the one that
// it adopts.
func (r *run) begin(ctx workflow.Context) (changeID string, e *ending) {
	if id := r.spec.Adopt; id != "" {
		r.enter(ctx, release.PhaseRollingOut, "")
		r.p.ChangeOrderID = id
		return id, nil
	}
	if r.abort == nil && !r.p.Paused {
		r.enter(ctx, release.PhaseRollingOut, "")
	}
	r.reachSafePoint(false)
	change, f := step[release.Change](ctx, r, r.order)
	if f != nil {
		return "", r.notBegun(ctx, f)
	}
	r.enter(ctx, release.PhaseRollingOut, "")
	r.p.ChangeOrderID = change.ID
	return change.ID, nil
}

// order is the verb that begins the change order, and its input.
func (r *run) order(override bool) (release.Verb, any) {
	switch r.spec.Operation {
	case release.OperationRollback:
		return release.VerbBeginRollback, release.BeginRollbackInput{
			App: r.p.App, Version: *r.snap.Wanted, Strategy: r.p.Strategy, Watermark: r.snap.Watermark,
			RestoreScaling: !r.suspends(), Override: override,
		}
	case release.OperationRestart:
		return release.VerbBeginRestart, release.BeginRestartInput{
			App: r.p.App, Watermark: r.snap.Watermark, RestoreScaling: !r.suspends(), Override: override,
		}
	case release.OperationRescale:
		return release.VerbBeginRescale, release.BeginRescaleInput{
			App: r.p.App, Instances: r.spec.Instances, Watermark: r.snap.Watermark, RestoreScaling: !r.suspends(), Override: override,
		}
	case release.OperationRelease:
	}
	return release.VerbBeginRollout, release.BeginRolloutInput{
		App: r.p.App, Artifact: r.p.Artifact, Strategy: r.p.Strategy,
		Token: release.Token(r.p.ReleaseID, string(release.StepRollout)), Watermark: r.snap.Watermark,
		RestoreScaling: !r.suspends(), Traffic: !r.spec.Traffic.Empty(), Override: override,
	}
}

// notBegun ends a release whose change order could not be begun. Only when that is
// certain are the scaling rules put back; otherwise a person must look.
func (r *run) notBegun(ctx workflow.Context, f *fault) *ending {
	switch f.class {
	case release.FaultFrozen:
		return r.restored(ctx, end(release.PhaseAborted, "%s; nothing was deployed", because(r.abort)))
	case release.FaultInvalid, release.FaultNotFound, release.FaultAuth, release.FaultBilling, release.FaultQuota, release.FaultConflict:
		return r.restored(ctx, end(release.PhaseFailed, "%v; nothing was deployed", f))
	case release.FaultUndecidable, release.FaultThrottled, release.FaultUnavailable, release.FaultAmbiguous, release.FaultUnchanged:
		return end(release.PhaseNeedsAttention, "%v; whether a change order was begun is unknown%s", f, r.heldRules())
	}
	return end(release.PhaseNeedsAttention, "%v; whether a change order was begun is unknown%s", f, r.heldRules())
}
