package sae

import (
	"context"
	"slices"
	"time"

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
		return undecidable("change order %s waits after batch %d, but has no batch after it", in.ChangeID, in.Batch)
	}
	if err := d.guarded(ctx, in.App, in.Override); err != nil {
		return err
	}
	_, err = d.client.ConfirmPipelineBatch(ctx, &saeclient.ConfirmPipelineBatchInput{
		PipelineID: o.Pipelines[in.Batch].PipelineID, Confirm: true,
	})
	if err != nil && !saeclient.HasCode(err, saeclient.CodePipelineCannotStartNextBatch) {
		return failed(err)
	}
	if _, waits, err = d.awaits(ctx, in); err != nil || !waits {
		return err
	}
	return again("the confirmation has not taken effect yet", time.Second)
}

// awaits reads the order and tells whether it waits for the confirmation of the batch.
func (d *Driver) awaits(ctx context.Context, in release.ConfirmBatchInput) (saeclient.DescribeChangeOrderData, bool, error) {
	o, err := d.knownOrder(ctx, in.ChangeID)
	return o, o.Status == saeclient.ChangeOrderWaitBatchConfirm && currentBatch(o) == in.Batch, err
}

// knownOrder reads a change order that must not be gone.
func (d *Driver) knownOrder(ctx context.Context, id string) (saeclient.DescribeChangeOrderData, error) {
	o, known, err := d.order(ctx, id)
	if err == nil && !known {
		err = refused(release.FaultNotFound, "the platform knows no change order %s", id)
	}
	return o, err
}

// AbortRollout tells SAE to abort the change order and roll it back; one that brings no
// version has nothing to roll back and is only aborted. An order that has ended already
// is left alone: the caller goes on observing it. No freeze holds it.
func (d *Driver) AbortRollout(ctx context.Context, in release.AbortRolloutInput) error {
	o, err := d.knownOrder(ctx, in.ChangeID)
	if err != nil || saeclient.ChangeOrderFinished(o.Status) {
		return err
	}
	err = d.abort(ctx, o, in.ChangeID)
	switch {
	case saeclient.HasCode(err, saeclient.CodeChangeOrderNotRunning):
		return nil
	case saeclient.HasCode(err, saeclient.CodeApplicationInvalidStatus) && !o.SupportRollback:
		return refused(release.FaultInvalid, "change order %s cannot be rolled back: %v", in.ChangeID, err)
	default:
		return failed(err)
	}
}

func (d *Driver) abort(ctx context.Context, o saeclient.DescribeChangeOrderData, id string) error {
	versionless := []string{saeclient.CoTypeRestartApplication, saeclient.CoTypeScaleOut, saeclient.CoTypeScaleIn}
	if slices.Contains(versionless, o.CoTypeCode) {
		_, err := d.client.AbortChangeOrder(ctx, &saeclient.AbortChangeOrderInput{ChangeOrderID: id})
		return err
	}
	_, err := d.client.AbortAndRollbackChangeOrder(ctx, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: id})
	return err
}
