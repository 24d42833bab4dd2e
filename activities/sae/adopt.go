package sae

import (
	"context"
	"errors"
	"slices"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

// adopt turns a snapshot into that of an application whose change order, begun
// elsewhere, the release is to follow: what ran before it, which scaling rules were on
// before it, and how it replaces the instances.
func (d *Driver) adopt(ctx context.Context, id string, r reading, snap *release.Snapshot) error {
	out, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: id})
	if errors.Is(err, cloudapi.ErrNotFound) {
		return cloud.Refused(release.FaultNotFound, "the platform knows no change order %s", id)
	}
	if err != nil {
		return err
	}
	o := out.Data
	if err := present("DescribeChangeOrder", o); err != nil {
		return err
	}
	at := o.CreateTime
	switch {
	case o.AppID != r.appID:
		return cloud.Refused(release.FaultInvalid, "change order %s belongs to another application", id)
	case saeclient.ChangeOrderFinished(o.Status):
		return cloud.Refused(release.FaultInvalid, "change order %s has ended", id)
	case !bringsVersion(o.CoTypeCode):
		return cloud.Refused(release.FaultInvalid, "change order %s (%s) brings no version", id, o.CoTypeCode)
	case at.IsZero():
		return cloud.Refused(release.FaultInvalid, "change order %s has no time of creation", id)
	}
	if snap.Version, err = d.before(ctx, r, o); err != nil {
		return err
	}
	snap.Adopted = adoptedChange(o, r.config)
	for i, rule := range r.rules {
		if disabled := rule.LastDisableTime; !disabled.IsZero() && !disabled.Before(at) {
			snap.ScalingRules[i].Enabled = true
		}
	}
	return nil
}

// adoptedChange tells how a change order replaces the instances. Newer answers of SAE hold
// its strategy. The configuration of an application holds the strategy of its deployment,
// which is that of the order once the order is at work; a rollback's is kept nowhere (SAE
// API reference ch. 10.1, 12.12). Otherwise no more can be told than whether there are
// several batches.
func adoptedChange(o saeclient.DescribeChangeOrderData, config settings) *release.AdoptedChange {
	if own := o.ApplicationUpdateStrategy; own != nil {
		s := strategyOf(*own)
		return &release.AdoptedChange{Strategy: s.Type, Batches: batchesOf(s, o, config.replicas())}
	}
	if all := (release.Strategy{Type: release.StrategyAll}); batchCount(o) <= 1 {
		return &release.AdoptedChange{Strategy: all.Type, Batches: batchesOf(all, o, config.replicas())}
	}
	if c := config.strategy(); c != nil && o.CoTypeCode == saeclient.CoTypeDeploy && atWork(o) {
		s := strategyOf(*c)
		if batches := batchesOf(s, o, config.replicas()); batches != nil {
			return &release.AdoptedChange{Strategy: s.Type, Batches: batches}
		}
	}
	return &release.AdoptedChange{Strategy: release.StrategyBatch}
}

func batchCount(o saeclient.DescribeChangeOrderData) int { return max(o.BatchCount, len(o.Pipelines)) }

// batchesOf are the numbers of instances of an order's batches, which no answer holds; none
// when the strategy does not make as many batches as the order has.
func batchesOf(s release.Strategy, o saeclient.DescribeChangeOrderData, instances int) []int {
	if s.Type != release.StrategyAll && s.Batches < 1 || s.Gray < 0 {
		return nil // a platform's answer has not been validated
	}
	planned, err := planBatches(s, instances)
	if err != nil || len(planned) != batchCount(o) {
		return nil
	}
	batches := make([]int, len(planned))
	for i, b := range planned {
		batches[i] = b.Instances
	}
	return batches
}

// strategyOf is a strategy of SAE in neutral words; a single batch has no type.
func strategyOf(s saeclient.UpdateStrategy) release.Strategy {
	strategy := release.Strategy{Type: release.StrategyAll}
	if s.BatchUpdate != nil && s.Type != "" {
		strategy.Type, strategy.Batches = release.StrategyBatch, s.BatchUpdate.Batch
	}
	if s.GrayUpdate != nil && s.Type == saeclient.StrategyGrayBatch {
		strategy.Type, strategy.Gray = release.StrategyGray, s.GrayUpdate.Gray
	}
	return strategy
}

// atWork reports whether a change order has begun to change the application.
func atWork(o saeclient.DescribeChangeOrderData) bool {
	state := changeState(o.Status, o.SubStatus)
	return state != release.ChangePreparing && state != release.ChangeAwaitingPlatformApproval
}

// before finds the version that ran before an unfinished change order.
//
// Until the order is at work, that is the configured one. From then on the configuration
// shows the new version; the old one is what other instances still run, or else the
// newest version that was created before the order and is not the one that it brings.
func (d *Driver) before(ctx context.Context, r reading, o saeclient.DescribeChangeOrderData) (release.Version, error) {
	known, running := r.versions, r.running
	earlier := slices.DeleteFunc(slices.Clone(known.all), func(v version) bool { return !v.CreateTime.Before(o.CreateTime) })
	if !atWork(o) {
		same := slices.DeleteFunc(slices.Clone(earlier), func(v version) bool { return !holds(v, running.Artifact) })
		id, err := known.find(ctx, running, same)
		if err != nil || id != "" {
			running.ID = id
			return running, err
		}
	}
	others, err := d.otherImages(ctx, r.appID, running.Artifact)
	if err != nil {
		return release.Version{}, err
	}
	for _, v := range earlier {
		if len(others) == 1 && !holds(v, others[0]) || v.ID == running.ID {
			continue
		}
		return known.get(ctx, v.ID)
	}
	if len(others) == 1 {
		return release.Version{Artifact: others[0]}, nil
	}
	return release.Version{}, cloud.Refused(release.FaultInvalid, "nothing can be told of what ran before change order %s", o.ChangeOrderID)
}

// otherImages are the images that instances run besides the configured one. Instances do
// not show the address of a package, so packages are not told apart here.
func (d *Driver) otherImages(ctx context.Context, appID string, running release.Artifact) ([]release.Artifact, error) {
	if running.Package != nil {
		return nil, nil
	}
	instances, err := d.instances(ctx, appID)
	if err != nil {
		return nil, err
	}
	var others []release.Artifact
	for _, i := range instances {
		a := instanceArtifact(i, running)
		if !samePlace(a, running) && !slices.ContainsFunc(others, a.Same) {
			others = append(others, a)
		}
	}
	return others, nil
}
