package servicestage

import (
	"context"
	"errors"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/servicestageclient"
)

// look reads all that tells how a change is: the component, its records, and the jobs that decide.
func (d *Driver) look(ctx context.Context, app release.App, id string) (l look, err error) {
	l = look{id: id, jobs: map[string]*servicestageclient.GetJobOutput{}}
	if l.reading, err = d.read(ctx, app); err != nil {
		return l, err
	}
	for _, job := range []string{id, l.decisive(), l.status.LastJobID} {
		if _, read := l.jobs[job]; read || job == "" {
			continue
		}
		if l.jobs[job], err = d.job(ctx, job); err != nil {
			return l, err
		}
	}
	if l.left() {
		l.before, err = d.before(ctx, l.reading, l.record().Version)
	}
	return l, err
}

// Observe returns when the change shows something that the caller has not seen. Until then it fails as
// unchanged with its own next delay, so that waiting costs neither history nor a worker.
func (d *Driver) Observe(ctx context.Context, in release.ObserveInput) (release.Observation, error) {
	l, err := d.look(ctx, in.App, in.ChangeID)
	if errors.Is(err, cloudapi.ErrNotFound) {
		return release.Observation{State: release.ChangeGone}, nil
	}
	if err != nil {
		return release.Observation{}, failed(err)
	}
	seen := l.observe()
	seen.Traffic = l.ledElsewhere(in.Traffic)
	if !release.Changed(in.Seen, seen) {
		return release.Observation{}, cloud.NothingNew(ctx, seen)
	}
	return seen, nil
}

// ConfirmBatch lets the rest of a gray release follow, in the pause after the first batch. A release that is past the
// pause is left alone, whatever is frozen since: the rest is at work, has failed or has ended.
func (d *Driver) ConfirmBatch(ctx context.Context, in release.ConfirmBatchInput) error {
	l, err := d.look(ctx, in.App, in.ChangeID)
	if err != nil {
		return missing(err)
	}
	if in.Batch != 1 || !l.paused() || !l.succeeded(l.decisive()) {
		return nil
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return err
	}
	_, err = d.act(ctx, l.place, servicestageclient.ActionContinueDeploy, nil)
	return failed(err)
}

// succeeded reports whether a job has ended well.
func (l look) succeeded(job string) bool {
	return l.jobs[job] != nil && l.jobs[job].Job.ExecutionStatus == servicestageclient.JobSucceeded
}

// AbortRollout returns to the version that served before. No job can be stopped: while one runs that is not possible now,
// and the verb is tried again. A release that has ended is left alone, be it by its own end or because the
// version before is on its way back. No freeze holds it.
func (d *Driver) AbortRollout(ctx context.Context, in release.AbortRolloutInput) (release.AbortRolloutResult, error) {
	l, err := d.look(ctx, in.App, in.ChangeID)
	if err != nil {
		return release.AbortRolloutResult{}, missing(err)
	}
	seen := l.observe()
	switch job := l.jobs[l.decisive()]; {
	case l.left():
		// One that ended as aborted has done what was wanted: by an earlier attempt, as likely as not.
		return release.AbortRolloutResult{Ended: seen.ReplacedBy != "" || l.returned()}, nil
	case seen.State.Ended() || job.Job.Finished() && l.record() == nil:
		return release.AbortRolloutResult{Ended: true}, nil
	case !job.Job.Finished():
		return release.AbortRolloutResult{}, cloud.NotYet(release.FaultNotNow,
			"job %s runs, and ServiceStage cannot stop a job: once it has ended, the version before is brought back", job.Job.JobID)
	}
	before, err := d.before(ctx, l.reading, l.record().Version)
	if err != nil {
		return release.AbortRolloutResult{}, failed(err)
	}
	if before == "" {
		return release.AbortRolloutResult{}, cloud.Refused(release.FaultNotFound, "there is no version before %s to return to", l.record().Version)
	}
	_, err = d.act(ctx, l.place, servicestageclient.ActionRollback, &servicestageclient.ActionParameters{Version: before})
	return release.AbortRolloutResult{}, failed(err)
}

// act carries out an action and returns the ID of its job.
func (d *Driver) act(ctx context.Context, p place, action string, parameters *servicestageclient.ActionParameters) (string, error) {
	out, err := cloud.Send(ctx, d.client.ComponentAction, &servicestageclient.ComponentActionInput{
		ApplicationID: p.application, ComponentID: p.component, Action: action, Parameters: parameters,
	})
	if err != nil {
		return "", err
	}
	return out.JobID, nil
}
