package sae

import (
	"context"
	"errors"
	"slices"

	"slipway/release"
	"slipway/saeclient"
)

// adopt turns a snapshot into that of an application whose change order, begun
// elsewhere, the release is to follow: what ran before it, and which scaling rules were
// on before it.
func (d *Driver) adopt(ctx context.Context, in release.SnapshotInput, r reading, snap *release.Snapshot) error {
	out, err := d.client.DescribeChangeOrder(ctx, &saeclient.DescribeChangeOrderInput{ChangeOrderID: in.Adopt})
	if errors.Is(err, saeclient.ErrNotFound) {
		return refused(release.FaultNotFound, "the platform knows no change order %s", in.Adopt)
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
	case o.AppID != in.App.ID:
		return refused(release.FaultInvalid, "change order %s belongs to another application", in.Adopt)
	case saeclient.ChangeOrderFinished(o.Status):
		return refused(release.FaultInvalid, "change order %s has ended", in.Adopt)
	case !bringsVersion(o.CoTypeCode):
		return refused(release.FaultInvalid, "change order %s (%s) brings no version", in.Adopt, o.CoTypeCode)
	case at.IsZero():
		return refused(release.FaultInvalid, "change order %s has no time of creation", in.Adopt)
	}
	if snap.Version, err = d.before(ctx, in.App.ID, r, o); err != nil {
		return err
	}
	for i, rule := range r.rules {
		if disabled := rule.LastDisableTime; !disabled.IsZero() && !disabled.Before(at) {
			snap.ScalingRules[i].Enabled = true
		}
	}
	return nil
}

// before finds the version that ran before an unfinished change order.
//
// Until the order is at work, that is the configured one. From then on the configuration
// shows the new version; the old one is what other instances still run, or else the
// newest version that was created before the order and is not the one that it brings.
func (d *Driver) before(ctx context.Context, appID string, r reading, o saeclient.DescribeChangeOrderData) (release.Version, error) {
	earlier := slices.DeleteFunc(newestVersions(r.versions), func(v version) bool { return !v.CreateTime.Before(o.CreateTime) })
	if state := changeState(o.Status, o.SubStatus); state == release.ChangePreparing || state == release.ChangeAwaitingApproval {
		if id := versionID(earlier, r.running); id != "" {
			return release.Version{ID: id, Artifact: r.running}, nil
		}
	}
	others, err := d.otherImages(ctx, appID, r.running)
	if err != nil {
		return release.Version{}, err
	}
	if len(others) == 1 {
		return release.Version{ID: versionID(earlier, others[0]), Artifact: others[0]}, nil
	}
	brought := versionID(r.versions, r.running)
	for _, v := range earlier {
		if v.ID != brought {
			found, err := d.version(ctx, appID, v.ID)
			if err != nil {
				return release.Version{}, err
			}
			return *found, nil
		}
	}
	return release.Version{}, refused(release.FaultInvalid, "nothing can be told of what ran before change order %s", o.ChangeOrderID)
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
