package sae

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"slipway/release"
	"slipway/saeclient"
)

// Observe returns when the change order shows something that the caller has not seen.
// Until then it fails as unchanged with its own next delay, so that waiting costs
// neither history nor a worker.
func (d *Driver) Observe(ctx context.Context, in release.ObserveInput) (release.Observation, error) {
	out, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: in.ChangeID})
	if errors.Is(err, saeclient.ErrNotFound) {
		return release.Observation{State: release.ChangeGone}, nil
	}
	if err != nil {
		return release.Observation{}, failed(err)
	}
	seen := observation(out.Data)
	if !release.News(in.Seen, seen) {
		return release.Observation{}, again("nothing new: "+string(seen.State),
			release.LookDelay(seen.State, int(activity.GetInfo(ctx).Attempt)))
	}
	return seen, nil
}

// observation translates a change order (SAE API reference ch. 14.3).
func observation(o saeclient.DescribeChangeOrderData) release.Observation {
	seen := release.Observation{State: changeState(o.Status, o.SubStatus), Batch: currentBatch(o)}
	for _, p := range o.Pipelines {
		b := release.BatchChange{State: batchState(p.Status), StartedAt: milliseconds(p.StartTime)}
		if saeclient.ChangeOrderFinished(p.Status) {
			b.EndedAt = milliseconds(p.UpdateTime)
		}
		seen.Batches = append(seen.Batches, b)
	}
	// ErrorMessage holds "success" where there is no error.
	if o.ErrorMessage != "success" {
		seen.Message = o.ErrorMessage
	}
	return seen
}

// currentBatch counts from 1; 0 before the first.
func currentBatch(o saeclient.DescribeChangeOrderData) int {
	return 1 + slices.IndexFunc(o.Pipelines, func(p saeclient.DescribeChangeOrderDataPipelines) bool {
		return p.PipelineID == o.CurrentPipelineID
	})
}

// subStatusBroken is the SubStatus of a running order in which a batch has failed and
// which will not end by itself (SAE API reference ch. 12.4, 14.3).
const subStatusBroken = 1

func changeState(status, sub int) release.ChangeState {
	switch status {
	case saeclient.ChangeOrderRunning:
		if sub == subStatusBroken {
			return release.ChangeStuck
		}
		return release.ChangeRunning
	case saeclient.ChangeOrderSuccess:
		return release.ChangeSucceeded
	case saeclient.ChangeOrderFail:
		return release.ChangeFailed
	case saeclient.ChangeOrderAbort:
		return release.ChangeAborted
	case saeclient.ChangeOrderWaitBatchConfirm:
		return release.ChangeAwaitingConfirm
	case saeclient.ChangeOrderAutoBatchWait:
		return release.ChangeAwaitingBatch
	case saeclient.ChangeOrderSystemFail:
		return release.ChangeSystemFailed
	case saeclient.ChangeOrderWaitApproval:
		return release.ChangeAwaitingApproval
	default:
		// 0 ready, 12 approved, and what SAE may add: not at work yet, look again.
		return release.ChangePreparing
	}
}

func batchState(status int) release.BatchState {
	switch status {
	case saeclient.ChangeOrderSuccess:
		return release.BatchDone
	case saeclient.ChangeOrderFail, saeclient.ChangeOrderAbort, saeclient.ChangeOrderSystemFail:
		return release.BatchFailed
	case saeclient.ChangeOrderRunning:
		return release.BatchRunning
	default:
		return release.BatchPending
	}
}

func milliseconds(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// ConfirmBatch lets the batch after the given one begin and reads back that the change
// order has moved on. A batch that was confirmed before is left alone.
//
// The call wants the pipeline that follows the current one (SAE API reference ch. 5).
func (d *Driver) ConfirmBatch(ctx context.Context, in release.ConfirmBatchInput) error {
	o, err := d.order(ctx, in.ChangeID)
	if err != nil || !awaits(o, in.Batch) {
		return err
	}
	if in.Batch >= len(o.Pipelines) {
		return undecidable("change order %s waits after batch %d, but has no batch after it", in.ChangeID, in.Batch)
	}
	_, err = d.client.ConfirmPipelineBatch(ctx, &saeclient.ConfirmPipelineBatchInput{
		PipelineID: o.Pipelines[in.Batch].PipelineID, Confirm: true,
	})
	if err != nil && !saeclient.HasCode(err, saeclient.CodePipelineCannotStartNextBatch) {
		return failed(err)
	}
	if o, err = d.order(ctx, in.ChangeID); err != nil || !awaits(o, in.Batch) {
		return err
	}
	return again("the confirmation has not taken effect yet", time.Second)
}

// awaits tells whether the order waits for the confirmation of the finished batch.
func awaits(o saeclient.DescribeChangeOrderData, batch int) bool {
	return o.Status == saeclient.ChangeOrderWaitBatchConfirm && currentBatch(o) == batch
}

func (d *Driver) order(ctx context.Context, id string) (saeclient.DescribeChangeOrderData, error) {
	out, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
	if err != nil {
		return saeclient.DescribeChangeOrderData{}, failed(err)
	}
	return out.Data, nil
}

// AbortRollout tells SAE to abort the change order and roll it back. An order that has
// ended already is left alone: the caller goes on observing it.
func (d *Driver) AbortRollout(ctx context.Context, in release.AbortRolloutInput) error {
	o, err := d.order(ctx, in.ChangeID)
	if err != nil || saeclient.ChangeOrderFinished(o.Status) {
		return err
	}
	_, err = d.client.AbortAndRollbackChangeOrder(ctx, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: in.ChangeID})
	if saeclient.HasCode(err, saeclient.CodeChangeOrderNotRunning) {
		return nil
	}
	return failed(err)
}
