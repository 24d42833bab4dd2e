package servicestage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
)

// reading is a component as it was read, with its newest records.
type reading struct {
	place

	now *servicestageclient.Component
	// status is that of the component; never nil.
	status *servicestageclient.ComponentStatus
	// records are the newest ones, the newest first.
	records []servicestageclient.ReleaseRecord
}

// read reads a component, and then its records: a release that is begun in between is busy by its record alone, which
// the next look explains.
func (d *Driver) read(ctx context.Context, app release.App) (r reading, err error) {
	if r.place, err = d.place(ctx, app); err != nil {
		return r, err
	}
	if r.now, err = d.component(ctx, r.place, ""); err != nil {
		return r, err
	}
	r.status = cmp.Or(r.now.Status, &servicestageclient.ComponentStatus{})
	out, err := d.client.ListComponentRecords(ctx, &servicestageclient.ListComponentRecordsInput{
		ApplicationID: r.application, ComponentID: r.component, Limit: new(mostListed), Order: new("desc"),
	})
	if err != nil {
		return r, err
	}
	r.records = out.Records
	return r, nil
}

// component reads a component with the specification of a version, or with the present one where it is empty.
func (d *Driver) component(ctx context.Context, p place, version string) (*servicestageclient.Component, error) {
	in := &servicestageclient.GetComponentInput{ApplicationID: p.application, ComponentID: p.component}
	if version != "" {
		in.Version = &version
	}
	out, err := d.client.GetComponent(ctx, in)
	if err != nil {
		return nil, err
	}
	return &out.Component, nil
}

// job reads a job; nil where there is none.
func (d *Driver) job(ctx context.Context, id string) (*servicestageclient.GetJobOutput, error) {
	out, err := d.client.GetJob(ctx, &servicestageclient.GetJobInput{JobID: id, Limit: new(mostListed)})
	switch {
	case errors.Is(err, cloudapi.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case out.Job == nil:
		return nil, errShape("GetJob")
	}
	return out, nil
}

func errShape(operation string) error {
	return errors.New("servicestage: " + operation + ": the answer has an unexpected shape")
}

// recordOf is the record of a version; nil where it has none.
func (r reading) recordOf(version string) *servicestageclient.ReleaseRecord {
	at := slices.IndexFunc(r.records, func(one servicestageclient.ReleaseRecord) bool { return one.Version == version })
	if at < 0 {
		return nil
	}
	return &r.records[at]
}

// begunBy is the record of the release that a job has begun; nil where the job is that of an action.
func (r reading) begunBy(job string) *servicestageclient.ReleaseRecord {
	for i := range r.records {
		if firstJob(&r.records[i]) == job && job != "" {
			return &r.records[i]
		}
	}
	return nil
}

// ordered are the jobs of a record in their order.
func ordered(r *servicestageclient.ReleaseRecord) []servicestageclient.RecordJob {
	return slices.SortedStableFunc(slices.Values(r.Jobs), func(a, b servicestageclient.RecordJob) int { return a.Sequence - b.Sequence })
}

// jobsOf are the IDs of the jobs of a record in their order.
func jobsOf(r *servicestageclient.ReleaseRecord) (ids []string) {
	for _, j := range ordered(r) {
		ids = append(ids, j.JobID)
	}
	return ids
}

// firstJob is the job that has begun the release of a record; empty where the platform files none.
func firstJob(r *servicestageclient.ReleaseRecord) string {
	if ids := jobsOf(r); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// jobOf is the change that has begun the release of a record. Where the platform files no job, it is the
// component's last one while the component shows the version.
func (r reading) jobOf(record *servicestageclient.ReleaseRecord) string {
	if id := firstJob(record); id != "" || record.Version != r.now.Version {
		return id
	}
	return r.status.LastJobID
}

func isGray(r *servicestageclient.ReleaseRecord) bool {
	return r.DeployType == servicestageclient.StrategyGray
}

// serves is the version that is in service: that of the record which says so, or else the one that is shown.
func (r reading) serves() string {
	for _, one := range r.records {
		if one.CurrentUsed {
			return one.Version
		}
	}
	return r.now.Version
}

// moving reports whether the status is one of a component that is at work, or in the pause of a gray release.
func (r reading) moving() bool {
	switch r.status.ComponentStatus {
	case servicestageclient.ComponentInitializing, servicestageclient.ComponentUpgrading, servicestageclient.ComponentStarting,
		servicestageclient.ComponentStopping, servicestageclient.ComponentRestarting, servicestageclient.ComponentDeleting,
		servicestageclient.ComponentGraying:
		return true
	}
	return false
}

// failed reports whether the component shows that what was done last has failed.
func (r reading) failed() bool {
	s := r.status.ComponentStatus
	return s == servicestageclient.ComponentFailed || s == servicestageclient.ComponentPartiallyFailed
}

// stopped reports whether the component has no instances because somebody has stopped it.
func (r reading) stopped() bool {
	s := r.status.ComponentStatus
	return s == servicestageclient.ComponentStopped || s == servicestageclient.ComponentDown
}

// beside is the version that may run beside the one that is shown, empty for none: the one in service while another is released or
// has failed, or the newest one where the way back from it has failed. No operation lists the instances with their versions.
func (d *Driver) beside(ctx context.Context, r reading) (string, error) {
	if serves := r.serves(); serves != r.now.Version {
		return serves, nil
	}
	if !r.failed() || len(r.records) == 0 || r.records[0].Version == r.now.Version {
		return "", nil
	}
	last, err := d.job(ctx, r.status.LastJobID)
	if err != nil || last == nil || last.Job.ExecutionStatus == servicestageclient.JobSucceeded {
		return "", err
	}
	return r.records[0].Version, nil
}

// isGone reports whether the component is being deleted, or was.
func (r reading) isGone() bool {
	s := r.status.ComponentStatus
	return s == servicestageclient.ComponentDeleting || s == servicestageclient.ComponentDeleted
}

// open is the record of the release that is at work, or paused; nil where there is none.
func (r reading) open() *servicestageclient.ReleaseRecord {
	shown := r.recordOf(r.now.Version)
	if !r.moving() || shown == nil || shown.CurrentUsed || !slices.Contains(jobsOf(shown), r.status.LastJobID) {
		return nil
	}
	return shown
}

// busy is what is at work on the component by another's doing; nil where nothing is, or it is the release of a version.
func (d *Driver) busy(ctx context.Context, r reading, own string) (*release.ForeignChange, error) {
	if !r.moving() || own != "" && r.now.Version == own {
		return nil, nil
	}
	c := &release.ForeignChange{ID: r.status.LastJobID, Type: "job", Since: r.status.UpdateTime.UTC()}
	open := r.open()
	if open == nil {
		return c, nil
	}
	c.ID, c.Type = firstJob(open), open.DeployType
	if begun, err := time.Parse(time.RFC3339, open.BeginTime); err == nil {
		c.Since = begun.UTC()
	}
	c.Description = tokensOf(open.Version)
	if !isGray(open) {
		return c, nil
	}
	last, err := d.job(ctx, r.status.LastJobID)
	c.Stuck = last != nil && last.Job.Finished()
	return c, err
}

// versionOf is the version that the release with a token brings; false where a text is no token.
func versionOf(token string) (version string, is bool) {
	id, is := release.ReleaseOfToken(token)
	if !is {
		return "", false
	}
	return release.VersionNumber(id), true
}

// tokensOf are the tokens of the releases that may have given a component a version; empty where none has.
func tokensOf(version string) string {
	var tokens []string
	for _, id := range release.ReleasesOfVersion(version) {
		tokens = append(tokens, release.Token(id, string(release.StepRollout)))
	}
	return strings.Join(tokens, " ")
}

// own is the change of the release that brings a version; nil where it has begun none.
func (r reading) own(version string) *release.OwnChange {
	record := r.recordOf(version)
	if version == "" || record == nil {
		return nil
	}
	return &release.OwnChange{ID: r.jobOf(record), Version: version, Unfinished: r.moving() && r.now.Version == version}
}

// mark is what a snapshot keeps of the state in which it has found a component; see [release.Mark].
type mark struct {
	// Job is the last job of the component, and Version the one that is shown.
	Job     string `json:"job"`
	Version string `json:"version"`
	// Newest is the version of the newest record.
	Newest string `json:"newest,omitempty"`
}

// mark marks what was read.
func (r reading) mark() mark {
	m := mark{Job: r.status.LastJobID, Version: r.now.Version}
	if len(r.records) > 0 {
		m.Newest = r.records[0].Version
	}
	return m
}

// text is the mark as workflows keep it.
func (m mark) text() release.Mark { return json.RawMessage(cloud.Wire(m)) }

// readMark reads a mark that [mark.text] has written.
func readMark(m release.Mark) (out mark, err error) {
	if len(m) == 0 {
		return out, cloud.Refused(release.FaultInvalid, "the mark of what the component was is missing")
	}
	if err := json.Unmarshal(m, &out); err != nil {
		return out, cloud.Refused(release.FaultInvalid, "the mark of what the component was cannot be read: %v", err)
	}
	return out, nil
}

// inTheWay fails where something is at work, or was begun since the component was read.
func (d *Driver) inTheWay(ctx context.Context, r reading, seen mark) error {
	switch busy, err := d.busy(ctx, r, ""); {
	case err != nil:
		return err
	case busy != nil:
		return cloud.NotYet(release.FaultConflict, "job %s is unfinished: the component is %s", busy.ID, r.status.ComponentStatus)
	case r.status.LastJobID != seen.Job:
		return cloud.NotYet(release.FaultConflict, "job %s was begun elsewhere since the component was read", r.status.LastJobID)
	}
	return nil
}

// missing maps an error of the client, and says so in the words of a release where the component is not there.
func missing(err error) error {
	if errors.Is(err, errNoComponent) {
		return cloud.Refused(release.FaultNotFound, "app.id: the project has no component of this ID: name one that it has (slipway api servicestage ListComponents)")
	}
	return failed(err)
}
