package sae

import (
	"context"
	"slices"
	"time"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// ConfirmBatch lets the batch after the given one begin and reads back that the change
// order has moved on. A batch that was confirmed before is left alone, whatever is
// frozen since.
//
// The call wants the pipeline that follows the current one (SAE API reference ch. 5).
func (d *Driver) ConfirmBatch(ctx context.Context, in release.ConfirmBatchInput) error {
	o, waits, err := d.awaits(ctx, in)
	if err != nil || !waits {
		return err
	}
	if in.Batch >= len(o.Pipelines) {
		return cloud.Undecidable("change order %s waits after batch %d, but has no batch after it", in.ChangeID, in.Batch)
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return err
	}
	_, err = cloud.Send(ctx, d.client.ConfirmPipelineBatch, &saeclient.ConfirmPipelineBatchInput{
		PipelineID: o.Pipelines[in.Batch].PipelineID, Confirm: true,
	})
	switch {
	case err == nil, cloudapi.HasCode(err, saeclient.CodePipelineCannotStartNextBatch):
	case cloudapi.HasCode(err, saeclient.CodeChangeOrderRunning):
		// It is about this very order: no other one is to be waited for.
		return cloud.NotYet(release.FaultNotNow, "batch %d of change order %s cannot be confirmed now: %v", in.Batch, in.ChangeID, err)
	default:
		return failed(err)
	}
	// What was sent is read back, whoever cancels meanwhile.
	if _, waits, err = d.awaits(context.WithoutCancel(ctx), in); err != nil || !waits {
		return err
	}
	return fault.Unchanged("the confirmation has not taken effect yet", time.Second)
}

// awaits reads the order and reports whether it waits for the confirmation of the batch.
func (d *Driver) awaits(ctx context.Context, in release.ConfirmBatchInput) (saeclient.DescribeChangeOrderData, bool, error) {
	o, err := d.knownOrder(ctx, in.ChangeID, in.Batch)
	return o, o.Status == saeclient.ChangeOrderWaitBatchConfirm && currentBatch(o) == in.Batch, err
}

// knownOrder reads a change order that must not be gone; batch 0 tells that nobody may
// have seen it yet.
func (d *Driver) knownOrder(ctx context.Context, id string, batch int) (saeclient.DescribeChangeOrderData, error) {
	o, known, err := d.order(ctx, id, sight{ever: batch > 0, batch: batch})
	if err == nil && !known {
		err = cloud.Refused(release.FaultNotFound, "the platform knows no change order %s", id)
	}
	return o, err
}

// AbortRollout tells SAE to abort the change order and roll it back; one that brings no
// version has nothing to roll back and is only aborted. An order that has ended already
// is left alone. No freeze holds it.
func (d *Driver) AbortRollout(ctx context.Context, in release.AbortRolloutInput) (release.AbortRolloutResult, error) {
	o, err := d.knownOrder(ctx, in.ChangeID, 0)
	if err != nil {
		return release.AbortRolloutResult{}, err
	}
	if saeclient.ChangeOrderFinished(o.Status) {
		// One that ended as aborted has done what was wanted: by an earlier attempt whose
		// answer was lost, as likely as not.
		return release.AbortRolloutResult{Ended: o.Status != saeclient.ChangeOrderAbort}, nil
	}
	err = d.abort(ctx, o, in.ChangeID)
	switch {
	case cloudapi.HasCode(err, saeclient.CodeChangeOrderNotRunning):
		return release.AbortRolloutResult{Ended: true}, nil
	case cloudapi.HasCode(err, saeclient.CodeChangeOrderRunning):
		// SAE does not say when it answers so; it is about this order, and no other one is
		// to be waited for.
		return release.AbortRolloutResult{}, cloud.NotYet(release.FaultNotNow, "change order %s cannot be aborted now: %v", in.ChangeID, err)
	case cloudapi.HasCode(err, saeclient.CodeApplicationInvalidStatus) && !o.SupportRollback:
		return release.AbortRolloutResult{}, cloud.Refused(release.FaultInvalid, "change order %s cannot be rolled back: %v", in.ChangeID, err)
	default:
		return release.AbortRolloutResult{}, failed(err)
	}
}

func (d *Driver) abort(ctx context.Context, o saeclient.DescribeChangeOrderData, id string) error {
	versionless := []string{saeclient.CoTypeRestartApplication, saeclient.CoTypeScaleOut, saeclient.CoTypeScaleIn}
	if slices.Contains(versionless, o.CoTypeCode) {
		_, err := cloud.Send(ctx, d.client.AbortChangeOrder, &saeclient.AbortChangeOrderInput{ChangeOrderID: id})
		return err
	}
	_, err := cloud.Send(ctx, d.client.AbortAndRollbackChangeOrder, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: id})
	return err
}
