package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Deploy releases an artifact in one batch (strategy all).
func Deploy(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOutRelease(ctx, in, release.WorkflowDeploy)
}

// GrayRelease releases an artifact batch by batch (strategies batch and gray).
func GrayRelease(ctx workflow.Context, in release.Request) (release.Progress, error) {
	return carryOutRelease(ctx, in, release.WorkflowGrayRelease)
}

func carryOutRelease(ctx workflow.Context, in release.Request, workflowType string) (release.Progress, error) {
	spec := in.Spec.WithDefaults()
	if err := spec.Validate(); err != nil {
		return release.Progress{}, invalid(err)
	}
	if release.WorkflowFor(spec.Strategy.Type) != workflowType {
		return release.Progress{}, invalid(release.Problem{
			Field: "strategy.type", Message: string(spec.Strategy.Type) + " is not carried out by " + workflowType,
		})
	}
	if in.ID == "" {
		return release.Progress{}, invalid(release.Problem{Field: "id", Message: "must be the release ID"})
	}
	r := newRun(ctx, in.ID, spec)
	r.turn = !in.Queued
	return r.carryOut(ctx, r.release)
}

func invalid(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), string(release.FaultInvalid), err)
}

// release is the way of one release once its turn has come.
func (r *run) release(ctx workflow.Context) *ending {
	if e := r.prepare(ctx, ""); e != nil {
		return e
	}
	if e := r.suspendScaling(ctx); e != nil {
		return e
	}
	change, e := r.beginRollout(ctx)
	if e != nil {
		return e
	}
	return r.settle(ctx, r.follow(ctx, release.StepRollout, change))
}

// prepare reads the application, waits for change orders of others, and plans the
// batches. Nothing is changed yet. A versionID is resolved along the way.
func (r *run) prepare(ctx workflow.Context, versionID string) *ending {
	if e := r.snapshot(ctx, release.SnapshotInput{App: r.p.App, VersionID: versionID}); e != nil {
		return e
	}
	if r.snap.Busy != nil {
		if e := r.awaitIdle(ctx, versionID); e != nil {
			return e
		}
	}
	if d := r.stopped(ctx); d != nil {
		return end(release.PhaseAborted, "%s; nothing was changed", because(d))
	}
	plan, err := release.PlanBatches(r.p.Strategy, r.snap.Instances)
	if err != nil {
		return end(release.PhaseFailed, "%v; nothing was changed", err)
	}
	for i, n := range plan {
		r.p.Batches = append(r.p.Batches, release.Batch{Number: i + 1, Instances: n, State: release.BatchPending})
	}
	r.p.RollbackTo = new(r.snap.Version)
	return nil
}

func (r *run) snapshot(ctx workflow.Context, in release.SnapshotInput) *ending {
	snap, f := call[release.Snapshot](ctx, r.platform, release.VerbSnapshot, in)
	if f != nil {
		return end(release.PhaseFailed, "%v; nothing was changed", f)
	}
	r.snap = snap
	return nil
}

// awaitIdle waits until change orders that somebody else began have ended. The look is
// abandoned as soon as the release is stopped.
func (r *run) awaitIdle(ctx workflow.Context, versionID string) *ending {
	r.wait(ctx, release.AwaitOtherChange, 0, 0)
	defer r.leave()
	r.p.Reason = "waits for change order " + r.snap.Busy.ID + " (" + r.snap.Busy.Type + "), begun elsewhere"
	look, abandon := workflow.WithCancel(ctx)
	defer abandon()
	idle := r.platform.begin(look, release.VerbAwaitIdle, release.SnapshotInput{App: r.p.App, VersionID: versionID})
	_ = workflow.Await(ctx, func() bool { return idle.IsReady() || r.abort != nil || passed(r.total) })
	if d := r.stopped(ctx); d != nil {
		return end(release.PhaseAborted, "%s; nothing was changed", because(d))
	}
	r.p.Reason = ""
	r.snap = release.Snapshot{}
	if err := idle.Get(ctx, &r.snap); err != nil {
		return end(release.PhaseFailed, "%v; nothing was changed", newFault(release.VerbAwaitIdle, err))
	}
	return nil
}

// beginRollout begins the change order, exactly once.
func (r *run) beginRollout(ctx workflow.Context) (string, *ending) {
	if d := r.stopped(ctx); d != nil {
		return "", r.restored(ctx, end(release.PhaseAborted, "%s; nothing was deployed", because(d)))
	}
	r.enter(ctx, release.PhaseRollingOut, "")
	change, f := call[release.Change](ctx, r.platform, release.VerbBeginRollout, release.BeginRolloutInput{
		App: r.p.App, Artifact: r.p.Artifact, Strategy: r.p.Strategy,
		Token: release.Token(r.p.ReleaseID, string(release.StepRollout)), Watermark: r.snap.Watermark,
		RestoreScaling: !r.suspend,
	})
	if f != nil {
		return "", r.notBegun(ctx, f)
	}
	r.p.ChangeOrderID = change.ID
	return change.ID, nil
}

// notBegun ends a release whose change order could not be begun. Only when that is
// certain are the scaling rules put back; otherwise a person must look.
func (r *run) notBegun(ctx workflow.Context, f *fault) *ending {
	switch f.class {
	case release.FaultInvalid, release.FaultNotFound, release.FaultAuth, release.FaultBilling, release.FaultQuota, release.FaultConflict:
		return r.restored(ctx, end(release.PhaseFailed, "%v; nothing was deployed", f))
	case release.FaultUndecidable, release.FaultThrottled, release.FaultUnavailable, release.FaultAmbiguous, release.FaultUnchanged:
		return end(release.PhaseNeedsAttention, "%v; whether a change order was begun is unknown%s", f, r.heldRules())
	}
	return end(release.PhaseNeedsAttention, "%v; whether a change order was begun is unknown%s", f, r.heldRules())
}
