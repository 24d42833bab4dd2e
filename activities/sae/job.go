package sae

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"

	"slipway/activities/cloud"
	"slipway/activities/fault"
	"slipway/cloudapi"
	"slipway/release"
	"slipway/saeclient"
)

type template = saeclient.DescribeJobData

// packageImage is the PackageType of a template that runs images.
const packageImage = "Image"

func (d *Driver) template(ctx context.Context, appID string) (template, error) {
	out, err := d.client.DescribeJob(ctx, &saeclient.DescribeJobInput{AppID: appID})
	if err != nil {
		return template{}, err
	}
	return out.Data, present("DescribeJob", out.Data)
}

// templateArtifact is what a template runs, with the registry that it is pulled from: no version
// keeps it, and what a job had before may have to be put back.
func templateArtifact(t template) release.Artifact {
	a := artifactOf(t.ImageURL, t.PackageURL, t.PackageVersion)
	if a.Image != "" {
		a.Registry = registryOf(t.AcrInstanceID, t.AcrAssumeRoleArn)
	}
	return a
}

// jobSnapshot reads what a job template is. It has no instances, scaling rules, traffic rule and
// versions of its own: what it runs is its artifact. The change orders come last, so that one
// that was begun meanwhile is seen.
func (d *Driver) jobSnapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error) {
	if in.Rollback != nil {
		return release.Snapshot{}, cloud.Refused(release.FaultInvalid, "a job template has no versions to return to by name")
	}
	t, err := d.template(ctx, in.App.ID)
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	if run := in.Job.Run; run != nil {
		if err := takes(t, *run); err != nil {
			return release.Snapshot{}, err
		}
	}
	runs, err := d.runs(ctx, in.App.ID, time.Time{})
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	orders, err := d.newestOrders(ctx, in.App.ID)
	if err != nil {
		return release.Snapshot{}, failed(err)
	}
	return release.Snapshot{
		AppName: t.AppName, Version: release.Version{Artifact: templateArtifact(t)}, Mark: watermarkOf(orders).mark(), Busy: unfinished(orders),
		Job: &release.JobSnapshot{Runs: runWatermark(runs).mark()},
	}, nil
}

// takes refuses a run that the template does not allow.
func takes(t template, run release.Job) error {
	switch {
	case t.Suspend:
		return cloud.Refused(release.FaultInvalid, "the job template is suspended: it begins no run until somebody resumes it on the platform")
	case t.PackageType == packageImage && run.Runtime != nil:
		return cloud.Refused(release.FaultInvalid, "job.runtime has no meaning for this job, which runs an image; use job.command and job.args")
	}
	return nil
}

// verifyJob reads back which artifact a job template has.
func (d *Driver) verifyJob(ctx context.Context, in release.VerifyInput) (release.Verification, error) {
	t, err := d.template(ctx, in.App.ID)
	if err != nil {
		return release.Verification{}, failed(err)
	}
	orders, err := d.newestOrders(ctx, in.App.ID)
	if err != nil {
		return release.Verification{}, failed(err)
	}
	v := release.Verification{Configured: release.Version{Artifact: named(in.Want.Artifact, templateArtifact(t))}, Other: unfinished(orders)}
	if v.Other == nil && !v.OnlyRuns(in.Want) && activity.GetInfo(ctx).Attempt < maxLooks {
		return release.Verification{}, fault.Unchanged("the job does not yet have "+in.Want.Public(), readBackDelay)
	}
	return v, nil
}

// BeginJobUpdate begins the change order that brings an artifact to a job template; see
// [Driver.once].
//
// UpdateJob takes no description, and no source prints which type its order has: any order that
// is newer than the watermark is taken for the one whose answer was lost. An enterprise registry
// stays that of the template unless another is given, see [pulls].
func (d *Driver) BeginJobUpdate(ctx context.Context, in release.BeginJobUpdateInput) (release.Change, error) {
	return d.once(ctx, beginning{
		verb: release.VerbBeginJobUpdate, app: in.App, mark: in.Mark, override: in.Override, again: in.Again,
		call: func(ctx context.Context) (string, error) {
			t, err := d.template(ctx, in.App.ID)
			if err != nil {
				return "", err
			}
			out, err := cloud.Send(ctx, d.client.UpdateJob, jobUpdate(in, t))
			if err != nil {
				return "", err
			}
			return out.Data.ChangeOrderID, nil
		},
	})
}

func jobUpdate(in release.BeginJobUpdateInput, t template) *saeclient.UpdateJobInput {
	update := &saeclient.UpdateJobInput{AppID: in.App.ID}
	if p := in.Artifact.Package; p != nil {
		update.PackageURL, update.PackageVersion = &p.URL, &p.Version
		return update
	}
	update.ImageURL = &in.Artifact.Image
	kept := registryOf(t.AcrInstanceID, t.AcrAssumeRoleArn)
	if r := cmp.Or(pulls(in.Artifact, t.ImageURL, kept), &release.Registry{}); kept != nil || *r != (release.Registry{}) {
		update.AcrInstanceID, update.AcrAssumeRoleArn = &r.Instance, &r.Role
	}
	return update
}

// RunJob executes a job once. ExecJob makes one run for an event ID (SAE API reference ch. 13.1),
// so that the call is sent again after a lost answer, and answers the run that there is.
func (d *Driver) RunJob(ctx context.Context, in release.RunJobInput) (release.JobRun, error) {
	exec, err := d.execution(ctx, in)
	if err != nil {
		return release.JobRun{}, answered(err)
	}
	if err := d.frame.Guarded(ctx, in.App, in.Override); err != nil {
		return release.JobRun{}, err
	}
	out, err := cloud.Send(ctx, d.client.ExecJob, exec)
	switch {
	case err != nil:
		return release.JobRun{}, failed(err)
	case out.Data.Data == "":
		return release.JobRun{}, fault.New(release.FaultAmbiguous, cloud.WithoutSecrets("the platform accepted the run but named none: "+out.Data.Msg))
	}
	return release.JobRun{ID: out.Data.Data, State: release.RunPending}, nil
}

// execution is the call that executes a job. Whether variables of a run take the place of all
// those of the template is not stated: a run that has some is sent the template's as well.
func (d *Driver) execution(ctx context.Context, in release.RunJobInput) (*saeclient.ExecJobInput, error) {
	exec := &saeclient.ExecJobInput{AppID: in.App.ID, EventID: &in.Key}
	args := in.Job.Args
	if command := in.Job.Command; len(command) > 0 {
		exec.Command, args = &command[0], slices.Concat(command[1:], args)
	}
	if len(args) > 0 {
		text, err := cloudapi.List[string](args).MarshalText()
		if err != nil {
			return nil, err
		}
		exec.CommandArgs = new(string(text))
	}
	if in.Job.Instances > 0 {
		exec.Replicas = new(strconv.Itoa(in.Job.Instances))
	}
	if r := in.Job.Runtime; r != nil {
		exec.JarStartOptions, exec.JarStartArgs = given(r.Options), given(r.Args)
	}
	if len(in.Job.Variables) > 0 {
		t, err := d.template(ctx, in.App.ID)
		if err != nil {
			return nil, err
		}
		exec.Envs = runVariables(t.Envs, in.Job.Variables)
	}
	return exec, nil
}

// runVariables are those of a template with those of a run merged into them by their names.
func runVariables(of []saeclient.EnvVar, run []release.Variable) cloudapi.List[saeclient.EnvVar] {
	all := slices.Clone(of)
	for _, v := range run {
		at := slices.IndexFunc(all, func(e saeclient.EnvVar) bool { return e.Name == v.Name })
		if v.Remove {
			if at >= 0 {
				all = slices.Delete(all, at, at+1)
			}
			continue
		}
		if at < 0 {
			at, all = len(all), append(all, saeclient.EnvVar{})
		}
		all[at] = envOf(v)
	}
	return all
}

// ObserveRun returns when the state of a run has changed; until then it fails as unchanged with
// its own next delay.
func (d *Driver) ObserveRun(ctx context.Context, in release.ObserveRunInput) (release.JobRun, error) {
	missed := missesSoFar(ctx)
	seen, known, err := d.runOf(ctx, in.App.ID, in.Seen.ID)
	switch {
	case err != nil:
		return release.JobRun{}, failed(err)
	case !known:
		patience := sight{ever: in.Seen.State != release.RunPending}.patience()
		if missed.Gone++; missed.Gone < patience {
			return release.JobRun{}, missed.again(ctx, "the run is not found")
		}
		gone := in.Seen
		gone.State, gone.Active = release.RunGone, 0
		return gone, nil
	case missed != (misses{}):
		activity.RecordHeartbeat(ctx, misses{})
	}
	if seen.State == in.Seen.State {
		return release.JobRun{}, fault.Unchanged("nothing new: "+string(seen.State),
			release.LookDelay(release.ChangeRunning, int(activity.GetInfo(ctx).Attempt)))
	}
	return seen, nil
}

// StopRun ends a run. SAE has no operation that only stops one: deleting it ends it with its
// record. One that is not found was deleted, by an earlier attempt as likely as not.
func (d *Driver) StopRun(ctx context.Context, in release.StopRunInput) (release.JobRun, error) {
	stopped := release.JobRun{ID: in.RunID, State: release.RunStopped, EndedAt: d.frame.Now().UTC().Truncate(time.Second)}
	run, known, err := d.runOf(ctx, in.App.ID, in.RunID)
	switch {
	case err != nil:
		return release.JobRun{}, failed(err)
	case !known:
		return stopped, nil
	case run.State.Ended():
		return run, nil
	}
	if _, err = cloud.Send(ctx, d.client.DeleteHistoryJob, &saeclient.DeleteHistoryJobInput{AppID: in.App.ID, JobID: in.RunID}); err != nil {
		return release.JobRun{}, failed(err)
	}
	// What was sent is read back, whoever cancels meanwhile.
	if _, known, err = d.runOf(context.WithoutCancel(ctx), in.App.ID, in.RunID); err != nil {
		return release.JobRun{}, failed(err)
	}
	if known {
		return release.JobRun{}, fault.Unchanged("the run has not been stopped yet", readBackDelay)
	}
	stopped.StartedAt = run.StartedAt
	return stopped, nil
}

// runOf reads a run; false tells that there is none. How SAE answers about a run that it does not
// know is not stated: what it refuses, or answers about another run, is looked for in the list.
func (d *Driver) runOf(ctx context.Context, appID, id string) (release.JobRun, bool, error) {
	out, err := d.client.DescribeJobStatus(ctx, &saeclient.DescribeJobStatusInput{AppID: appID, JobID: &id})
	switch {
	case err == nil && out.Data.JobID == id:
		s := out.Data
		return jobRun(run{
			JobID: s.JobID, State: s.State, Message: s.Message, StartTime: s.StartTime, CompletionTime: s.CompletionTime,
			Active: s.Active, Succeeded: s.Succeeded, Failed: s.Failed,
		}), true, nil
	case err != nil && !errors.Is(err, cloudapi.ErrInvalid) && !errors.Is(err, cloudapi.ErrNotFound):
		return release.JobRun{}, false, err
	}
	runs, err := d.runs(ctx, appID, allRuns())
	at := slices.IndexFunc(runs, func(r run) bool { return r.JobID == id })
	if err != nil || at < 0 {
		return release.JobRun{}, false, err
	}
	return jobRun(runs[at]), true, nil
}

// jobRun translates a run; only of one that has failed the message says more than its state.
func jobRun(r run) release.JobRun {
	out := release.JobRun{
		ID: r.JobID, State: runState(r.State), StartedAt: r.StartTime, EndedAt: r.CompletionTime,
		Active: r.Active, Succeeded: r.Succeeded, Failed: r.Failed,
	}
	if out.State == release.RunFailed {
		out.Message = cloud.WithoutSecrets(r.Message)
	}
	return out
}

// runState translates the state of a run (SAE API reference ch. 13.2).
func runState(state string) release.RunState {
	switch state {
	case "1":
		return release.RunSucceeded
	case "2":
		return release.RunFailed
	case "3":
		return release.RunRunning
	default:
		return release.RunPending
	}
}
