package servicestage

import (
	"context"
	"slices"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/servicestageclient"
)

// before is the version that served before the release of another one; empty where there is none.
func (d *Driver) before(ctx context.Context, r reading, version string) (string, error) {
	at := slices.IndexFunc(r.records, func(one servicestageclient.ReleaseRecord) bool { return one.Version == version })
	for i := at + 1; i < len(r.records); i++ {
		served, err := d.served(ctx, &r.records[i])
		if err != nil || served {
			return r.records[i].Version, err
		}
	}
	return "", nil
}

// served reports whether a version was ever in service: whether a job that gave it all instances has succeeded. The first
// one of a gray release gives it some. The words for the status of a record are not documented.
func (d *Driver) served(ctx context.Context, r *servicestageclient.ReleaseRecord) (bool, error) {
	ids := jobsOf(r)
	if r.CurrentUsed || len(ids) == 0 { // an import has no job
		return true, nil
	}
	if isGray(r) {
		ids = ids[1:]
	}
	for _, id := range ids {
		job, err := d.job(ctx, id)
		if err != nil {
			return false, err
		}
		// One that the platform has forgotten says nothing against it.
		if job == nil || job.Job.ExecutionStatus == servicestageclient.JobSucceeded {
			return true, nil
		}
	}
	return false, nil
}

// mostVersionReads bounds how many versions are read to tell them apart.
const mostVersionReads = 20

// specified reads a version as it is specified.
func (d *Driver) specified(ctx context.Context, r reading, version string) (release.Version, error) {
	if version == r.now.Version {
		return d.versionOf(r.now), nil
	}
	c, err := d.component(ctx, r.place, version)
	if err != nil {
		return release.Version{}, err
	}
	v := d.versionOf(c)
	v.ID = version
	return v, nil
}

// versionOf is the version that a specification is.
func (d *Driver) versionOf(c *servicestageclient.Component) release.Version {
	return release.Version{ID: c.Version, Artifact: artifact(c.Source), Config: d.digest(specificationOf(c))}
}

// wanted answers which version a rollback returns to.
func (d *Driver) wanted(ctx context.Context, r reading, q release.RollbackQuestion) (*release.Version, error) {
	if q.VersionID != "" {
		record := r.recordOf(q.VersionID)
		if record == nil {
			return nil, noVersion(q.VersionID)
		}
		served, err := d.served(ctx, record)
		if err != nil {
			return nil, err
		}
		if !served {
			return nil, cloud.Refused(release.FaultInvalid, "version: %s was never in service, and ServiceStage returns to none that was not", q.VersionID)
		}
		v, err := d.specified(ctx, r, q.VersionID)
		return &v, err
	}
	found, err := d.lastGood(ctx, r, q)
	if err == nil && found == nil {
		err = cloud.Refused(release.FaultNotFound, "version: there is none to return to: each of the component's %d records serves now, never did, or is known to be bad; name the one that is meant", len(r.records))
	}
	return found, err
}

func noVersion(id string) error {
	return cloud.Refused(release.FaultNotFound, "version: the component has no version %s: name one of its records (slipway api servicestage ListComponentRecords)", id)
}

// lastGood finds the version that is known to be good, or else the newest one that serves no more and is not known to be
// bad. Nil is none.
func (d *Driver) lastGood(ctx context.Context, r reading, q release.RollbackQuestion) (*release.Version, error) {
	candidates, err := d.candidates(ctx, r, q.Avoid)
	if err != nil || len(candidates) == 0 {
		return nil, err
	}
	for _, good := range q.Good {
		for _, v := range candidates {
			if good.Same(v) && (good.ID == "" || good.ID == v.ID) {
				return &v, nil
			}
		}
	}
	return &candidates[0], nil
}

// candidates are the newest versions that were in service, are not shown any more and are not to be avoided. Where a release has failed
// the first one is what serves beside it.
func (d *Driver) candidates(ctx context.Context, r reading, avoid []release.Version) (all []release.Version, err error) {
	for i := range r.records {
		record := &r.records[i]
		if record.Version == r.now.Version || len(all) == mostVersionReads {
			continue
		}
		served, err := d.served(ctx, record)
		if err != nil {
			return nil, err
		}
		if !served {
			continue
		}
		v, err := d.specified(ctx, r, record.Version)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(avoid, v.Same) {
			all = append(all, v)
		}
	}
	return all, nil
}
