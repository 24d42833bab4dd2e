package servicestage

import (
	"context"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/release"
)

// Snapshot reads what the component is: the version in service, its instances, what is at work on it, and what
// else it is asked for.
func (d *Driver) Snapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	if err := cloud.AskedOf(d.traits, in); err != nil {
		return release.Snapshot{}, err
	}
	snap, err := d.snapshot(ctx, in)
	return snap, missing(err)
}

func (d *Driver) snapshot(ctx context.Context, in release.SnapshotInput) (snap release.Snapshot, err error) {
	r, err := d.read(ctx, in.App)
	if err != nil {
		return snap, err
	}
	own, _ := versionOf(in.Token)
	snap = release.Snapshot{AppName: r.now.Name, Instances: r.now.Replica, Mark: r.mark().text(), Own: r.own(own)}
	if snap.Version, err = d.specified(ctx, r, r.serves()); err != nil {
		return snap, err
	}
	if snap.Running, err = d.mixed(ctx, r, snap.Version); err != nil {
		return snap, err
	}
	if snap.Busy, err = d.busy(ctx, r, own); err != nil {
		return snap, err
	}
	if in.Rollback != nil {
		if snap.Wanted, err = d.wanted(ctx, r, *in.Rollback); err != nil {
			return snap, err
		}
	}
	if in.Settings {
		if snap.Settings, err = d.has(ctx, r); err != nil {
			return snap, err
		}
	}
	if in.Release == nil || snap.Own != nil {
		return snap, nil
	}
	snap.Planned, err = d.planned(ctx, r, *in.Release)
	return snap, err
}

// mixed are the versions that may run where there is more than the one in service; nil where that one runs alone.
func (d *Driver) mixed(ctx context.Context, r reading, serves release.Version) ([]release.Share, error) {
	beside, err := d.beside(ctx, r)
	if err != nil || beside == "" {
		return nil, err
	}
	other := r.now.Version
	if other == serves.ID {
		other = beside
	}
	v, err := d.specified(ctx, r, other)
	return []release.Share{{Version: serves}, {Version: v}}, err
}

// AwaitIdle answers a snapshot once nothing is at work on the component by another's doing, or something else than what is
// known.
func (d *Driver) AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	snap, err := d.Snapshot(ctx, in)
	if err != nil || snap.Busy == nil || in.Known != nil && !in.Known.Unchanged(snap.Busy) {
		return snap, err
	}
	state := release.ChangeRunning
	if snap.Busy.Stuck {
		state = release.ChangeAwaitingConfirm
	}
	return release.Snapshot{}, fault.Unchanged("job "+snap.Busy.ID+" is unfinished", release.LookDelay(state, int(activity.GetInfo(ctx).Attempt)))
}
