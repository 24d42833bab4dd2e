package sae

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// Observe returns when the change order shows something that the caller has not seen.
// Until then it fails as unchanged with its own next delay, so that waiting costs
// neither history nor a worker. A change order that shows less than was seen before is
// looked at again, and then reported as it is.
func (d *Driver) Observe(ctx context.Context, in release.ObserveInput) (release.Observation, error) {
	o, known, err := d.order(ctx, in.ChangeID, sight{ever: in.Seen.State != "", batch: in.Seen.Batch})
	if err != nil {
		return release.Observation{}, err
	}
	seen := release.Observation{State: release.ChangeGone}
	since := begunBy(in.Seen)
	if known {
		seen = observation(o)
		seen.Stages = d.stages(ctx, o, seen)
		since = o.CreateTime
	}
	if !release.Changed(in.Seen, seen) {
		return release.Observation{}, cloud.NothingNew(ctx, seen)
	}
	if !seen.State.Ended() {
		return seen, nil
	}
	orders, err := d.newestOrders(ctx, in.App.ID)
	if err != nil {
		return release.Observation{}, failed(err)
	}
	seen.ReplacedBy = replacement(orders, in.ChangeID, since)
	return seen, nil
}

// begunBy is a time at which a change order whose record is gone had begun; zero when
// nothing is known.
func begunBy(last release.Observation) time.Time {
	if len(last.Batches) == 0 {
		return time.Time{}
	}
	return last.Batches[0].StartedAt
}

// missesUntilGone is in how many looks one after the other a change order has to be
// unknown to the platform before it counts as gone, or has to show less than was seen
// before until that is believed: one may be a read that lags.
const missesUntilGone = 3

// missesUntilNeverThere is the same for a change order that nobody has seen yet: a fresh
// one may take a while to show up, so that half a minute passes before it counts as gone.
const missesUntilNeverThere = 15

// missDelay is the time between such looks.
const missDelay = 2 * time.Second

// misses counts, over the attempts of an activity, the latest looks that did not find the
// change order, and those that found it behind. The heartbeat keeps them.
type misses struct{ Gone, Behind int }

func missesSoFar(ctx context.Context) misses {
	var m misses
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &m); err != nil {
			return misses{}
		}
	}
	return m
}

// again keeps the count and asks for the next look.
func (m misses) again(ctx context.Context, why string) error {
	activity.RecordHeartbeat(ctx, m)
	return fault.Unchanged(why+"; looking again", missDelay)
}

// sight is what was seen of a change order before: whether it ever was, and the batch it
// was in.
type sight struct {
	ever  bool
	batch int
}

// patience is in how many looks the change order has to be missed until it is gone.
func (s sight) patience() int {
	if s.ever {
		return missesUntilGone
	}
	return missesUntilNeverThere
}

// order reads a change order; false tells that it is gone. One that has not ended and is
// in an earlier batch than it was seen in is read again before it is believed.
func (d *Driver) order(ctx context.Context, id string, before sight) (saeclient.DescribeChangeOrderData, bool, error) {
	var none saeclient.DescribeChangeOrderData
	missed := missesSoFar(ctx)
	out, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
	if errors.Is(err, cloudapi.ErrNotFound) {
		if missed.Gone++; missed.Gone >= before.patience() {
			return none, false, nil
		}
		return none, false, missed.again(ctx, "the change order is not found")
	}
	if err == nil {
		err = present("DescribeChangeOrder", out.Data)
	}
	if err != nil {
		return none, false, failed(err)
	}
	if !saeclient.ChangeOrderFinished(out.Data.Status) && currentBatch(out.Data) < before.batch {
		missed = misses{Behind: missed.Behind + 1}
		if missed.Behind < missesUntilGone {
			return none, false, missed.again(ctx, "the change order is in an earlier batch than before")
		}
		return out.Data, true, nil
	}
	if missed != (misses{}) {
		activity.RecordHeartbeat(ctx, misses{})
	}
	return out.Data, true, nil
}

// observation translates a change order (SAE API reference ch. 14.3).
func observation(o saeclient.DescribeChangeOrderData) release.Observation {
	seen := release.Observation{State: changeState(o.Status, o.SubStatus), Batch: currentBatch(o)}
	for i, p := range o.Pipelines {
		b := release.BatchChange{State: batchState(p.Status), StartedAt: p.StartTime}
		switch {
		case neverBegan(p, i+1, seen.Batch):
			b.State = release.BatchPending
		case saeclient.ChangeOrderFinished(p.Status):
			b.EndedAt = p.UpdateTime
		}
		seen.Batches = append(seen.Batches, b)
	}
	// ErrorMessage holds "success" where there is no error.
	if o.ErrorMessage != "success" {
		seen.Message = cloud.WithoutSecrets(o.ErrorMessage)
	}
	return seen
}

// neverBegan reports whether a batch had not begun when its order ended, which ends it, too.
func neverBegan(p saeclient.DescribeChangeOrderDataPipelines, number, current int) bool {
	early := saeclient.ChangeOrderFinished(p.Status) && p.Status != saeclient.ChangeOrderSuccess
	return early && (p.StartTime.IsZero() || current > 0 && number > current)
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
		return release.ChangeAwaitingPlatformApproval
	default:
		// 0 ready, 12 approved, and what SAE may add: not at work yet, look again.
		return release.ChangePreparing
	}
}

func batchState(status int) release.BatchState {
	switch status {
	case saeclient.ChangeOrderSuccess:
		return release.BatchDone
	case saeclient.ChangeOrderFail, saeclient.ChangeOrderSystemFail:
		return release.BatchFailed
	case saeclient.ChangeOrderAbort:
		return release.BatchAborted
	case saeclient.ChangeOrderRunning:
		return release.BatchRunning
	default:
		return release.BatchPending
	}
}
