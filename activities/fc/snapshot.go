package fc

import (
	"context"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/release"
)

// reading is what a snapshot is made from.
type reading struct {
	app      release.App
	alias    alias
	versions *reader
	// live is the version that serves; zero before the first release.
	live release.Version
	// part is the function that is asked about: the one that is named, or the only one; empty where
	// that says nothing.
	part       string
	provisions []provision
}

// read reads the application, with the versions that are asked about. What is provisioned comes before the alias, so that a step that was made
// meanwhile is seen.
func (d *Driver) read(ctx context.Context, app release.App, asked reader) (r reading, err error) {
	r.app = app
	if r.provisions, err = d.provisions(ctx, app); err != nil {
		return r, noService(app, err)
	}
	list, err := d.published(ctx, app.ID)
	if err != nil {
		return r, noService(app, err)
	}
	asked.driver, asked.service, asked.list = d, app.ID, list
	r.versions = &asked
	if r.alias, err = d.alias(ctx, app); err != nil || !r.alias.exists {
		return r, err
	}
	r.live, r.part, err = r.versions.version(ctx, r.alias.serves())
	return r, err
}

// mark marks what was read.
func (r reading) mark() mark {
	m := mark{ETag: r.alias.etag, Main: r.alias.main, Weights: r.alias.weights, Newest: newest(r.versions.list), Targets: map[string]int64{}}
	for _, p := range r.provisions {
		m.Targets[p.function] = p.target
	}
	return m
}

// Snapshot reads what the application is: the version that serves, provisioned instances, scaling
// rules, a release that somebody else has open, and what else it is asked for.
func (d *Driver) Snapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	if err := cloud.AskedOf(d.traits, in); err != nil {
		return release.Snapshot{}, err
	}
	asked := reader{byRecord: in.Rollback != nil}
	switch {
	case in.Release != nil:
		asked.named = in.Release.Artifact.Part
	case in.Rescale != nil:
		asked.named = in.Rescale.Part
	}
	r, err := d.read(ctx, in.App, asked)
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	snap := release.Snapshot{
		AppName: in.App.ID, Version: r.live, Instances: r.target(), ScalingRules: rulesOf(r.provisions),
		Mark: r.mark().text(), Own: r.alias.own(in.Token), Busy: r.alias.busy(in.Token),
	}
	if in.Rollback != nil {
		if snap.Wanted, err = r.wanted(ctx, *in.Rollback); err != nil {
			return release.Snapshot{}, failed(err)
		}
	}
	if in.Rescale != nil {
		name, err := r.scalable(ctx)
		if err != nil {
			return release.Snapshot{}, failed(err)
		}
		snap.Instances = int(r.provisioned(name).target)
	}
	if in.Settings {
		if snap.Settings, err = d.has(ctx, r); err != nil {
			return release.Snapshot{}, failed(err)
		}
	}
	// What a release will change is not known yet where another one is open.
	if in.Release == nil || snap.Own != nil {
		return snap, nil
	}
	planned, err := d.planned(ctx, r, *in.Release)
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	if snap.Busy == nil || len(planned.Refused) == 0 {
		snap.Planned = planned
	}
	return snap, nil
}

// target is how many instances are to be provisioned: of the function that is asked about, or of all.
func (r reading) target() int {
	n := 0
	for _, p := range r.provisions {
		if p.function == r.part || r.part == "" {
			n += int(p.target)
		}
	}
	return n
}

// AwaitIdle answers a snapshot once nobody else has a release open, or once the open one is not as
// it is known any more.
func (d *Driver) AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	if err := cloud.AskedOf(d.traits, in); err != nil {
		return release.Snapshot{}, err
	}
	a, err := d.alias(ctx, in.App)
	if err != nil {
		return release.Snapshot{}, failed(noService(in.App, err))
	}
	if busy := a.busy(in.Token); in.Known.Unchanged(busy) || busy != nil && in.Known == nil {
		delay := release.LookDelay(release.ChangeAwaitingConfirm, int(activity.GetInfo(ctx).Attempt))
		return release.Snapshot{}, fault.Unchanged("version "+busy.ID+" has a part of the traffic", delay)
	}
	return d.Snapshot(ctx, in)
}

// BeginRestart is refused.
func (d *Driver) BeginRestart(context.Context, release.BeginRestartInput) (release.Change, error) {
	return release.Change{}, cloud.NoSuch(d.traits, "instances that could be restarted: it starts and ends them with the calls")
}
