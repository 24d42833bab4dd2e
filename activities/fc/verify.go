package fc

import (
	"context"
	"errors"
	"slices"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// Verify reads back which versions serve, and how the one is configured that does: a version stays as it
// was published, so that one that is known by its ID needs no comparison.
func (d *Driver) Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	if in.Job {
		return release.Verification{}, cloud.NoSuch(d.traits, "jobs")
	}
	v, err := d.verify(ctx, in)
	return v, failed(noService(in.App, err))
}

func (d *Driver) verify(ctx context.Context, in release.VerifyInput) (v release.Verification, err error) {
	r := reading{app: in.App, versions: &reader{driver: d, service: in.App.ID, named: in.Want.Artifact.Part}}
	if r.provisions, err = d.provisions(ctx, in.App); err != nil {
		return v, err
	}
	if r.alias, err = d.alias(ctx, in.App); err != nil {
		return v, err
	}
	if !r.alias.exists {
		return v, noAlias(in.App)
	}
	for i, id := range r.alias.versions() {
		known, name, err := r.versions.version(ctx, id)
		if err != nil {
			return v, err
		}
		if i == 0 {
			r.live, r.part = known, name
		}
		v.Running = append(v.Running, release.Share{Version: known})
	}
	v.Configured, v.Wanted, v.Other = r.live, r.target(), r.alias.busy("")
	for _, p := range r.provisions {
		if p.function == r.part || r.part == "" {
			v.Instances += int(p.current)
		}
	}
	functions, err := r.versions.functions(ctx, r.live.ID)
	if gone(err) {
		v.Gone = r.live.ID == in.Want.ID
		return v, nil
	}
	if err != nil || in.Config == nil {
		return v, err
	}
	v.Differs = d.unlike(r, functions, *in.Config)
	return v, nil
}

// unlike names the settings of a config that the version that serves does not have.
func (d *Driver) unlike(r reading, functions map[string]function, asked release.Config) (names []string) {
	name := part(r.versions.named, functions)
	p := &preparation{changing: &changing{traits: d.traits, members: d.members, config: asked, now: functions[name]}, name: name}
	p.want = cloned(p.now)
	p.changes()
	p.sizes(r)
	for _, s := range p.Settings {
		names = append(names, s.Name)
	}
	return names
}

// Instances lists the instances that run what a change brings. Function Compute gives none of them an
// address.
func (d *Driver) Instances(ctx context.Context, in release.InstancesInput) ([]release.Instance, error) {
	version := in.ChangeID
	a, err := d.alias(ctx, in.App)
	if err != nil {
		return nil, failed(err)
	}
	if _, _, is := rescaleOf(version); is {
		version = a.serves()
	}
	if !slices.Contains(a.versions(), version) {
		return nil, nil
	}
	functions, err := d.functions(ctx, in.App.ID, version)
	if errors.Is(err, cloudapi.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, failed(err)
	}
	var list []release.Instance
	for _, name := range sorted(functions) {
		found, err := d.instances(ctx, in.App, name, version)
		if err != nil {
			return nil, failed(err)
		}
		for _, i := range found {
			list = append(list, release.Instance{ID: i.InstanceID})
		}
	}
	return list, nil
}

// InstanceLog is empty: what functions log is in the log service alone, which this API does not show.
func (*Driver) InstanceLog(context.Context, release.InstanceLogInput) (string, error) { return "", nil }

// Check reports whether Function Compute accepts the client's calls.
func (d *Driver) Check(ctx context.Context) error { return failed(TryAccess(ctx, d.client)) }

// TryAccess lists the services of the region, one at most. Its error is that of the call;
// [cloudapi.ErrAuth] means that the credentials are missing, wrong or lack a permission. A platform that
// throttles has accepted them.
func TryAccess(ctx context.Context, client *fcclient.Client) error {
	_, err := client.ListServices(ctx, &fcclient.ListServicesInput{Limit: new(1)})
	if errors.Is(err, cloudapi.ErrThrottled) || cloudapi.HasCode(err, fcclient.CodeResourceThrottled) {
		return nil
	}
	return err
}
