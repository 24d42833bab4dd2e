package sae

import (
	"context"
	"strconv"

	"slipway/release"
	"slipway/saeclient"
)

// BeginRollout begins the change order that brings the artifact; see [Driver.once].
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
	if in.Traffic {
		deploy.EnableGreyTagRoute = new(true)
	}
	if p := in.Artifact.Package; p != nil {
		deploy.PackageURL, deploy.PackageVersion = &p.URL, &p.Version
	} else {
		deploy.ImageURL = &in.Artifact.Image
	}
	return d.once(ctx, beginning{
		verb: release.VerbBeginRollout, app: in.App, token: in.Token, watermark: in.Watermark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			out, err := send(ctx, d.client.DeployApplication, deploy)
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		},
	})
}

// BeginRollback begins the change order that brings a version back.
//
// RollbackApplication has no description, so an order of its type that is newer than
// the watermark is taken for the one whose answer was lost; two such orders cannot be
// told apart. The same holds for a restart and a rescale.
func (d *Driver) BeginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginRollback, app: in.App, watermark: in.Watermark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			out, err := send(ctx, d.client.RollbackApplication, &saeclient.RollbackApplicationInput{
				AppID:                            in.App.ID,
				VersionID:                        in.Version.ID,
				UpdateStrategy:                   new(updateStrategy(in.Strategy)),
				MinReadyInstances:                in.Strategy.MinReadyInstances,
				AutoEnableApplicationScalingRule: new(strconv.FormatBool(in.RestoreScaling)),
			})
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		},
	})
}

// BeginRestart begins the change order that restarts all instances.
// Whether SAE switches on again the scaling rules that its order switched off can be said
// since 2024; the reference of before (ch. 12.10) does not have the parameter.
func (d *Driver) BeginRestart(ctx context.Context, in release.BeginRestartInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginRestart, app: in.App, watermark: in.Watermark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			out, err := send(ctx, d.client.RestartApplication, &saeclient.RestartApplicationInput{
				AppID: in.App.ID, AutoEnableApplicationScalingRule: new(in.RestoreScaling),
			})
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		},
	})
}

// BeginRescale begins the change order that changes the number of instances.
func (d *Driver) BeginRescale(ctx context.Context, in release.BeginRescaleInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginRescale, app: in.App, watermark: in.Watermark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			out, err := send(ctx, d.client.RescaleApplication, &saeclient.RescaleApplicationInput{
				AppID: in.App.ID, Replicas: in.Instances, AutoEnableApplicationScalingRule: new(in.RestoreScaling),
			})
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		},
	})
}

// updateStrategy translates a strategy (SAE API reference ch. 12.3). A single batch is
// the empty text. Batches are always confirmed by hand, which is the release's: in its
// automatic mode SAE would go on through a freeze, a pause or a failed gate.
func updateStrategy(s release.Strategy) saeclient.UpdateStrategy {
	batches := &saeclient.BatchUpdate{Batch: s.Batches, ReleaseType: saeclient.ReleaseManual}
	switch s.Type {
	case release.StrategyBatch:
		return saeclient.UpdateStrategy{Type: saeclient.StrategyBatch, BatchUpdate: batches}
	case release.StrategyGray:
		return saeclient.UpdateStrategy{
			Type: saeclient.StrategyGrayBatch, BatchUpdate: batches, GrayUpdate: &saeclient.GrayUpdate{Gray: s.Gray},
		}
	case release.StrategyAll:
	}
	return saeclient.UpdateStrategy{}
}
