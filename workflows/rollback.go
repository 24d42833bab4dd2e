package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Rollback brings an application back to one of its versions in one batch and ends
// RolledBack. Its progress is that of a release whose artifact is that version.
func Rollback(ctx workflow.Context, in release.RollbackRequest) (release.Progress, error) {
	in = in.WithDefaults()
	if err := in.Validate(); err != nil {
		return release.Progress{}, invalid(err)
	}
	r := newRun(ctx, in.ID, release.Spec{
		App: in.App, Strategy: release.Strategy{Type: release.StrategyAll}, Limits: in.Limits, Scaling: in.Scaling,
		RequestedBy: in.RequestedBy, Note: in.Note,
	})
	r.turn = true
	return r.carryOut(ctx, func(ctx workflow.Context) *ending { return r.returnTo(ctx, in) })
}

// returnTo is the way of a rollback once its turn has come.
func (r *run) returnTo(ctx workflow.Context, in release.RollbackRequest) *ending {
	if e := r.prepare(ctx, in.VersionID); e != nil {
		return e
	}
	r.p.Artifact, r.p.RollbackTo = r.snap.Wanted.Artifact, r.snap.Wanted
	if e := r.suspendScaling(ctx); e != nil {
		return e
	}
	if d := r.stopped(ctx); d != nil {
		return r.restored(ctx, end(release.PhaseAborted, "%s; nothing was changed", because(d)))
	}
	return r.rollBack(ctx, cmp.Or(in.Note, "asked for by "+cmp.Or(in.RequestedBy, "nobody named")))
}
