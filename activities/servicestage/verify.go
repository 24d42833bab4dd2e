package servicestage

import (
	"context"

	"slipway/activities/cloud"
	"slipway/release"
)

// Verify reads back which version the component runs, and how it is configured. While a release has not come to its end, or has
// failed, both versions may run.
func (d *Driver) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	if in.Job {
		return release.Verification{}, cloud.NoSuch(d.traits, "jobs")
	}
	v, err := d.verify(ctx, in)
	return v, missing(err)
}

func (d *Driver) verify(ctx context.Context, in release.VerifyInput) (v release.Verification, err error) {
	r, err := d.read(ctx, in.App)
	if err != nil {
		return v, err
	}
	v.Configured, v.Instances, v.Wanted = d.versionOf(r.now), r.status.AvailableReplica, r.now.Replica
	v.Running = []release.Share{{Version: v.Configured}}
	beside, err := d.beside(ctx, r)
	if err != nil {
		return v, err
	}
	if beside != "" {
		other, err := d.specified(ctx, r, beside)
		if err != nil {
			return v, err
		}
		v.Running = append([]release.Share{{Version: other}}, v.Running...)
	}
	if v.Other, err = d.busy(ctx, r, ""); err != nil || in.Config == nil {
		return v, err
	}
	for _, s := range d.preparation(r.now, release.ReleaseQuestion{Config: in.Config}).Settings {
		v.Differs = append(v.Differs, s.Name)
	}
	return v, nil
}
