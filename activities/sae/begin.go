package sae

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/saeclient"
)

// BeginRollout begins the change order that brings the artifact, exactly once.
//
// DeployApplication takes no idempotency token, so the release's own token is written
// into the order's description, by which ListChangeOrders can find it (SAE API reference
// ch. 12.3, 14.2).
func (d *Driver) BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	deploy := &saeclient.DeployApplicationInput{
		AppID:                            in.App.ID,
		UpdateStrategy:                   new(updateStrategy(in.Strategy)),
		MinReadyInstances:                in.Strategy.MinReadyInstances,
		ChangeOrderDesc:                  new(in.Token + " " + in.Artifact.String()),
		AutoEnableApplicationScalingRule: new(in.RestoreScaling),
	}
	if p := in.Artifact.Package; p != nil {
		deploy.PackageURL, deploy.PackageVersion = &p.URL, &p.Version
	} else {
		deploy.ImageURL = &in.Artifact.Image
	}
	mine := func(o order) bool { return strings.HasPrefix(o.Description, in.Token+" ") }
	return d.once(ctx, &saeclient.ListChangeOrdersInput{AppID: in.App.ID, Key: &in.Token}, mine,
		func(ctx context.Context) (string, error) {
			out, err := d.client.DeployApplication(ctx, deploy)
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		})
}

// BeginRollback begins the change order that brings a version back, exactly once.
//
// RollbackApplication has no description, so an order of its type that is newer than
// the watermark is taken for the one whose answer was lost; two such orders cannot be
// told apart.
func (d *Driver) BeginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error) {
	mine := func(o order) bool {
		at := orderTime(o.CreateTime)
		return o.CoTypeCode == saeclient.CoTypeDeployHistroy && !at.Before(in.Watermark.At) &&
			!slices.Contains(in.Watermark.Known, o.ChangeOrderID)
	}
	return d.once(ctx, &saeclient.ListChangeOrdersInput{AppID: in.App.ID, CoType: new(saeclient.CoTypeDeployHistroy)}, mine,
		func(ctx context.Context) (string, error) {
			out, err := d.client.RollbackApplication(ctx, &saeclient.RollbackApplicationInput{
				AppID:                            in.App.ID,
				VersionID:                        in.Version.ID,
				UpdateStrategy:                   new(saeclient.UpdateStrategy{}),
				AutoEnableApplicationScalingRule: new(strconv.FormatBool(in.RestoreScaling)),
			})
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		})
}

// updateStrategy translates a strategy (SAE API reference ch. 12.3). A single batch is
// the empty text.
func updateStrategy(s release.Strategy) saeclient.UpdateStrategy {
	if s.Type == release.StrategyAll {
		return saeclient.UpdateStrategy{}
	}
	batches := &saeclient.BatchUpdate{Batch: s.Batches, ReleaseType: saeclient.ReleaseManual}
	if s.Confirm == release.ConfirmAuto {
		batches.ReleaseType = saeclient.ReleaseAuto
		batches.BatchWaitTime = new(int(s.Bake.Std() / time.Minute))
	}
	if s.Type == release.StrategyBatch {
		return saeclient.UpdateStrategy{Type: saeclient.StrategyBatch, BatchUpdate: batches}
	}
	return saeclient.UpdateStrategy{
		Type: saeclient.StrategyGrayBatch, BatchUpdate: batches, GrayUpdate: &saeclient.GrayUpdate{Gray: s.Gray},
	}
}

// once sends a call that begins a change order, unless an earlier attempt already did.
//
// Every attempt but the first looks before it sends. An attempt whose answer was lost
// asks for the next one only after the settle delay, so an order that is not found by
// then was never begun. An attempt that died with its worker is followed by the next
// one only after the attempt's own time limit, which is longer still.
func (d *Driver) once(ctx context.Context, list *saeclient.ListChangeOrdersInput, mine func(order) bool,
	send func(context.Context) (string, error),
) (release.Change, error) {
	if activity.GetInfo(ctx).Attempt > 1 {
		found, err := d.find(ctx, list, mine)
		if err != nil || found.ID != "" {
			return found, err
		}
	}
	id, err := send(ctx)
	switch {
	case err == nil:
		return release.Change{ID: id}, nil
	case errors.Is(err, saeclient.ErrAmbiguous):
		return release.Change{}, temporal.NewApplicationErrorWithOptions(err.Error(), string(release.FaultAmbiguous),
			temporal.ApplicationErrorOptions{NextRetryDelay: d.settle})
	case saeclient.HasCode(err, saeclient.CodeChangeOrderRunning):
		// The order that is in the way may be our own.
		found, lookErr := d.find(ctx, list, mine)
		if lookErr != nil || found.ID != "" {
			return found, lookErr
		}
	}
	return release.Change{}, failed(err)
}

// find looks for the change order of an earlier attempt.
func (d *Driver) find(ctx context.Context, list *saeclient.ListChangeOrdersInput, mine func(order) bool) (release.Change, error) {
	orders, err := d.orders(ctx, list)
	if err != nil {
		return release.Change{}, failed(err)
	}
	orders = slices.DeleteFunc(orders, func(o order) bool { return !mine(o) })
	switch len(orders) {
	case 0:
		return release.Change{}, nil
	case 1:
		return release.Change{ID: orders[0].ChangeOrderID, Adopted: true}, nil
	default:
		return release.Change{}, undecidable("%d change orders could be the one whose answer was lost", len(orders))
	}
}
