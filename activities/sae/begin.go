package sae

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/saeclient"
)

// BeginRollout begins the change order that brings the artifact; see [Driver.once].
//
// DeployApplication takes no idempotency token, so the release's own token is written
// into the order's description, by which ListChangeOrders can find it (SAE API reference
// ch. 12.3, 14.2).
func (d *Driver) BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginRollout, app: in.App, token: in.Token, mark: in.Mark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			params, err := d.deploymentOf(ctx, in)
			if err != nil {
				return "", err
			}
			return d.deploy(ctx, params)
		},
	})
}

// deploymentOf are the parameters of a deployment: those of the release, and of the configuration
// only what the application does not have already. It is read for that right before it is sent;
// nobody else can change it meanwhile without a change order, which would be in the way.
func (d *Driver) deploymentOf(ctx context.Context, in release.BeginRolloutInput) (map[string]string, error) {
	now := settings(nil)
	if in.Config != nil || in.Artifact.Image != "" {
		var err error
		if now, err = d.config(ctx, in.App.ID, ""); err != nil {
			return nil, err
		}
	}
	changed := d.changes(in.Config, now)
	lacking := d.traits.Lacking(release.ReleaseQuestion{Artifact: in.Artifact, Strategy: in.Strategy, Config: in.Config})
	if err := cloud.RefusedFor(slices.Concat(changed.problems, lacking)); err != nil {
		return nil, err
	}
	params := changed.params
	params[paramApp] = in.App.ID
	params[paramDescription] = in.Token + " " + in.Artifact.String()
	params[paramRestore] = strconv.FormatBool(in.RestoreScaling)
	if !in.Traffic.Empty() {
		params[paramByRoute] = strconv.FormatBool(true)
	}
	params[paramStrategy] = wireText(updateStrategy(in.Strategy))
	limits(params, in.Strategy)
	artifactParams(params, in.Artifact, now)
	return params, nil
}

// limits are how many instances stay ready during a change, and how many may be there above their
// number. Of the two ways to say either, a share wins on SAE: where a number is given, the share that
// an earlier deployment may have left is unset (SAE API reference ch. 12.3).
func limits(params map[string]string, s release.Strategy) {
	set := func(param string, n *int) {
		if n != nil {
			params[param] = strconv.Itoa(*n)
		}
	}
	if s.MinReadyInstances != nil {
		params[paramMinReadyRatio] = "-1"
	}
	set(paramMinReady, s.MinReadyInstances)
	set(paramMinReadyRatio, s.MinReadyRatio)
	set(paramSurge, s.MaxSurge)
	set(paramSurgeRatio, s.MaxSurgeRatio)
}

// artifactParams are what runs. What the application has already is not sent where it was read: the
// address of a package that is signed is known by a digest of it alone. What a role may pull is
// said of each registry anew, and a registry that the image is none of is cleared.
func artifactParams(params map[string]string, a release.Artifact, now settings) {
	has := now.artifact()
	switch p := a.Package; {
	case p != nil:
		params[paramPackageVersion] = p.Version
		if has.Package == nil || has.Package.URL != p.URL {
			params[paramPackage] = p.URL
		}
	case a.Image != "" && has.Image != a.Image:
		params[paramImage] = a.Image
	}
	kept := now.registry()
	r := cmp.Or(pulls(a, has.Image, kept), &release.Registry{})
	if a.Package == nil && *r != *cmp.Or(kept, &release.Registry{}) {
		params[paramRegistry], params[paramRegistryRole] = r.Instance, r.Role
	}
}

// deploy deploys with parameters as texts, which an empty one clears, and returns the ID of the
// change order.
func (d *Driver) deploy(ctx context.Context, params map[string]string) (string, error) {
	call := func(ctx context.Context, params map[string]string) (json.RawMessage, error) {
		return d.client.Call(ctx, opDeploy, params)
	}
	text, err := cloud.Send(ctx, call, params)
	if err != nil {
		return "", err
	}
	var answer struct{ Data settings }
	if err := json.Unmarshal(text, &answer); err != nil {
		answer.Data = nil // it was accepted, and named no change order
	}
	return answer.Data.text("ChangeOrderId"), nil
}

// BeginRollback begins the change order that brings a version back.
//
// RollbackApplication has no description, so an order of its type that is newer than
// the watermark is taken for the one whose answer was lost; two such orders cannot be
// told apart. The same holds for a restart and a rescale.
func (d *Driver) BeginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginRollback, app: in.App, mark: in.Mark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			if err := cloud.RefusedFor(d.traits.Lacking(release.ReleaseQuestion{Artifact: in.Version.Artifact, Strategy: in.Strategy})); err != nil {
				return "", err
			}
			out, err := cloud.Send(ctx, d.client.RollbackApplication, rollbackOf(in))
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		},
	})
}

func rollbackOf(in release.BeginRollbackInput) *saeclient.RollbackApplicationInput {
	out := &saeclient.RollbackApplicationInput{
		AppID: in.App.ID, VersionID: in.Version.ID,
		UpdateStrategy:                   new(updateStrategy(in.Strategy)),
		MinReadyInstances:                in.Strategy.MinReadyInstances,
		MinReadyInstanceRatio:            in.Strategy.MinReadyRatio,
		AutoEnableApplicationScalingRule: new(strconv.FormatBool(in.RestoreScaling)),
	}
	if in.Strategy.MinReadyInstances != nil {
		out.MinReadyInstanceRatio = new(-1) // see limits; SAE has no surge for a rollback
	}
	return out
}

// BeginRestart begins the change order that restarts all instances.
// Whether SAE switches on again the scaling rules that its order switched off can be said
// since 2024; the reference of before (ch. 12.10) does not have the parameter.
func (d *Driver) BeginRestart(ctx context.Context, in release.BeginRestartInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginRestart, app: in.App, mark: in.Mark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			out, err := cloud.Send(ctx, d.client.RestartApplication, &saeclient.RestartApplicationInput{
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
	if err := cloud.PartIn(d.traits, in.Part); err != nil {
		return release.Change{}, err
	}
	return d.once(ctx, beginning{
		verb: release.VerbBeginRescale, app: in.App, mark: in.Mark, override: in.Override, again: in.Again,
		met: func(ctx context.Context) (bool, error) {
			have, err := d.config(ctx, in.App.ID, "")
			return err == nil && have.replicas() == in.Instances, err
		},
		call: func(ctx context.Context) (string, error) {
			out, err := cloud.Send(ctx, d.client.RescaleApplication, &saeclient.RescaleApplicationInput{
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
