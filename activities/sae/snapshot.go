package sae

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/release"
	"slipway/saeclient"
)

// maxLooks bounds how often a read-back is repeated while SAE's answers lag.
const maxLooks = 8

// readBackDelay is the time between two read-backs.
const readBackDelay = 2 * time.Second

// reading is what a snapshot is made from.
type reading struct {
	appID    string
	config   settings
	versions *versions
	// running is what the application runs by its configuration.
	running release.Version
	rules   []scalingRule
	orders  []order
}

// read reads the application. The change orders come last, so that one that was begun
// meanwhile is seen.
func (d *Driver) read(ctx context.Context, appID string) (r reading, err error) {
	r.appID = appID
	if r.config, err = d.config(ctx, appID, ""); err != nil {
		return r, err
	}
	list, err := d.client.ListAppVersions(ctx, &saeclient.ListAppVersionsInput{AppID: &appID})
	if err != nil {
		return r, err
	}
	r.versions = &versions{driver: d, appID: appID, all: newestVersions(list.Data), read: map[string]settings{}}
	r.running = release.Version{Artifact: r.config.artifact(), Config: d.digest(r.config)}
	if r.running.ID, err = r.versions.find(ctx, r.running, r.versions.holding(r.running.Artifact)); err != nil {
		return r, err
	}
	if r.rules, err = d.scalingRules(ctx, appID); err != nil {
		return r, err
	}
	r.orders, err = d.newestOrders(ctx, appID)
	return r, err
}

// Snapshot reads what the application is: instances, version, scaling rules, the newest
// change order, and what else it is asked for.
func (d *Driver) Snapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	if in.Job != nil {
		return d.jobSnapshot(ctx, in)
	}
	if err := cloud.AskedOf(d.traits, in); err != nil {
		return release.Snapshot{}, err
	}
	r, err := d.read(ctx, in.App.ID)
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	snap := release.Snapshot{
		AppName:      r.config.text("AppName"),
		Instances:    r.config.replicas(),
		Version:      r.running,
		ScalingRules: domainRules(r.rules),
		Mark:         watermarkOf(r.orders).mark(),
		Own:          own(r.orders, in.Token),
	}
	snap.Busy = unfinished(r.orders, in.Adopt, snap.Own.Identity())
	if mayBeMixed(r.orders) {
		instances, err := d.instances(ctx, in.App.ID)
		if err != nil {
			return release.Snapshot{}, failed(err)
		}
		snap.Running = shares(instances, r.running.Artifact, r.running.Artifact)
	}
	if in.Adopt != "" {
		if err := d.adopt(ctx, in.Adopt, r, &snap); err != nil {
			return release.Snapshot{}, answered(err)
		}
	}
	if err := d.answer(ctx, in, r, &snap); err != nil {
		return release.Snapshot{}, answered(err)
	}
	if in.Settings {
		snap.Settings = d.has(r.config)
	}
	if in.Traffic {
		if snap.Traffic, err = d.keptTraffic(ctx, in.App.ID); err != nil {
			return release.Snapshot{}, answered(err)
		}
	}
	return snap, nil
}

// answer answers the questions about versions. What a release will change is not known yet where
// another change goes on, which may take away what stands against it.
func (d *Driver) answer(ctx context.Context, in release.SnapshotInput, r reading, snap *release.Snapshot) (err error) {
	if in.Rollback != nil {
		if snap.Wanted, err = d.wanted(ctx, r, *in.Rollback); err != nil {
			return err
		}
	}
	if in.Release == nil || snap.Own != nil {
		return nil
	}
	planned, err := d.planned(ctx, r, *in.Release)
	if err == nil && (snap.Busy == nil || len(planned.Refused) == 0) {
		snap.Planned = planned
	}
	return err
}

// answered maps an error of the client, and leaves one that is mapped already.
func answered(err error) error {
	if _, mapped := errors.AsType[*temporal.ApplicationError](err); mapped {
		return err
	}
	return failed(err)
}

// AwaitIdle answers a snapshot once no change order of the application is unfinished, but for the
// one to adopt, or once the unfinished one is not as it is known any more.
func (d *Driver) AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	orders, err := d.newestOrders(ctx, in.App.ID)
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	if busy := unfinished(orders, in.Adopt, own(orders, in.Token).Identity()); in.Known.Unchanged(busy) || busy != nil && in.Known == nil {
		return release.Snapshot{}, stillBusy(ctx, busy)
	}
	snap, err := d.Snapshot(ctx, in)
	if err == nil && in.Known.Unchanged(snap.Busy) { // the list lags
		return release.Snapshot{}, stillBusy(ctx, snap.Busy)
	}
	return snap, err
}

func stillBusy(ctx context.Context, with *release.ForeignChange) error {
	delay := release.LookDelay(release.ChangeAwaitingConfirm, int(activity.GetInfo(ctx).Attempt))
	return fault.Unchanged("change order "+with.ID+" is unfinished", delay)
}
