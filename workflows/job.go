package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Job brings an artifact to a job template, runs its job once, or does both.
func Job(ctx workflow.Context, in *release.Request) (*release.Progress, error) {
	return execute(ctx, in, release.WorkflowJob)
}

// jobRelease is a release of a job. Its artifact is brought like that of an application, by a
// change that is followed to its end; the run comes after it, and its outcome is that of the
// release.
type jobRelease struct{ *run }

// work is the way of one release of a job once its turn has come.
func (j jobRelease) work(ctx workflow.Context) *ending {
	if e := (preparation{run: j.run}).prepare(ctx); e != nil {
		return e
	}
	if f := holding(j).awaitStart(ctx); f != nil {
		return j.untouched(f)
	}
	j.events.note(&j.p)
	if j.bringsArtifact() {
		if e := j.bring(ctx); e != nil {
			return e
		}
	}
	return j.runOnce(ctx)
}

// bringsArtifact reports whether the job gets another artifact.
func (r *run) bringsArtifact() bool {
	return r.spec.Operation != release.OperationJob || r.spec.Artifact != release.Artifact{}
}

// bring brings the artifact; it returns nil where the job is to run with it.
func (j jobRelease) bring(ctx workflow.Context) *ending {
	changeID, e := j.begin(ctx)
	if e != nil {
		return e
	}
	v := j.follow(ctx, release.StepRollout, changeID)
	if !j.spec.Runs() || v.act != release.ActSettleNew && !v.gone {
		return settlement(j).settle(ctx, v)
	}
	return j.arrived(ctx, v)
}

// arrived reads back, once, whether the job that is to run has its artifact; it returns nil where it
// has, and else how the release ends: what was not run has not succeeded.
func (j jobRelease) arrived(ctx workflow.Context, v followResult) *ending {
	j.giveTime(ctx)
	s := settlement(j)
	has, f := s.readBack(ctx, s.wantNew())
	switch {
	case f != nil:
		return v.why.end(release.PhaseNeedsAttention, ", but what the job has could not be read back: %v; it was not run", f)
	case has.OnlyRuns(j.p.Brings()):
		j.brought = true
		return nil
	case v.gone:
		return v.why.end(release.PhaseFailed, "; the job has %s; it was not run", has.Text())
	default:
		return v.why.end(release.PhaseNeedsAttention, ", but the job has %s; it was not run", has.Text())
	}
}

// runOnce runs the job, exactly once: the platform makes one run for the ID of the release,
// however often it is asked (R3).
func (j jobRelease) runOnce(ctx workflow.Context) *ending {
	before, f := j.runsBefore(ctx)
	if f != nil {
		return j.notRun(ctx, f)
	}
	j.reachSafePoint(true) // the artifact is there and the job does not run
	asked := false
	began, f := step(ctx, j.run, func(override bool) call[release.JobRun] {
		asked = true
		j.reachSafePoint(false)
		return j.platform.runJob(release.RunJobInput{App: j.p.App, Key: j.p.ReleaseID, Job: *j.spec.Job, Override: override})
	})
	switch {
	case f == nil:
		return j.followRun(ctx, began)
	case asked:
		return j.inDoubt(ctx, f, before)
	default:
		return j.notRun(ctx, f)
	}
}

// runsBefore marks the newest run of the job before the release asks for its own. It is read
// once: a later reading could know that one, too.
func (j jobRelease) runsBefore(ctx workflow.Context) (release.Mark, *fault) {
	snap := j.snap
	if j.brought {
		var f *fault
		if snap, f = question(ctx, preparation{run: j.run}, j.platform.snapshot(release.SnapshotInput{App: j.p.App})); f != nil {
			return nil, f
		}
	}
	if snap.Job == nil {
		return nil, &fault{class: release.FaultInvalid, text: "the platform did not tell which runs the job had"}
	}
	return snap.Job.Runs, nil
}

// inDoubt looks for a run that an attempt may have begun before the asking was broken off.
func (j jobRelease) inDoubt(ctx workflow.Context, why *fault, before release.Mark) *ending {
	j.giveTime(ctx)
	back := j.showDoubt(ctx, string(release.VerbRunJob), why)
	found, f := j.find(ctx, release.VerbRunJob, "", before)
	back()
	j.clearStall(string(release.VerbRunJob))
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%v; whether the job was run is unknown: %v", why, f)
	case found != nil:
		return j.followRun(ctx, release.JobRun{ID: found.ID, State: release.RunPending})
	default:
		return j.notRun(ctx, why)
	}
}

// notRun ends a release whose job was certainly not run.
func (j jobRelease) notRun(ctx workflow.Context, f *fault) *ending {
	switch {
	case j.abort != nil:
		return j.putBack(ctx, cause{because(j.abort) + "; the job was not run", j.abort}, release.PhaseAborted)
	default:
		return j.putBack(ctx, cause{text: f.String() + "; the job was not run"}, release.PhaseFailed)
	}
}

// followRun follows a run to its end. An abort, be it of a person or of a limit, stops it.
func (j jobRelease) followRun(ctx workflow.Context, job release.JobRun) *ending {
	j.p.Job = &job
	j.reachSafePoint(false)
	j.enter(ctx, release.PhaseRunning, "")
	j.emit(release.EventRunStarted)
	for !job.State.Ended() {
		seen, f := attempt(ctx, &j.caller, j.platform.observeRun(release.ObserveRunInput{App: j.p.App, Seen: job}), func() bool { return j.abort != nil })
		switch {
		case f == nil:
			job = seen
			j.p.Job = &job
			j.show()
		case f.class == release.FaultStopped:
			return j.stop(ctx, job)
		default:
			return end(release.PhaseNeedsAttention, "%v; run %s of the job may be unfinished", f, job.ID)
		}
	}
	return j.ended(ctx, job)
}

// stop ends the run of a release that was aborted. One that was over by then counts as it ended.
func (j jobRelease) stop(ctx workflow.Context, job release.JobRun) *ending {
	j.giveTime(ctx)
	ended, f := conclude(ctx, &j.caller, j.platform.stopRun(release.StopRunInput{App: j.p.App, RunID: job.ID}))
	if f != nil {
		return decided(j.abort).end(release.PhaseNeedsAttention, "; %v; run %s of the job may be unfinished", f, job.ID)
	}
	if ended.StartedAt.IsZero() {
		ended.StartedAt = job.StartedAt
	}
	j.p.Job = &ended
	if ended.State == release.RunSucceeded {
		return j.ended(ctx, ended)
	}
	return j.putBack(ctx, cause{because(j.abort) + "; " + ended.Text(), j.abort}, release.PhaseAborted)
}

// ended ends the release as its run has ended.
func (j jobRelease) ended(ctx workflow.Context, job release.JobRun) *ending {
	switch job.State {
	case release.RunSucceeded:
		j.enter(ctx, release.PhaseFinalizing, "")
		return end(release.PhaseSucceeded, "%s", job.Text())
	case release.RunFailed, release.RunStopped:
		return j.putBack(ctx, cause{text: job.Text()}, release.PhaseFailed)
	case release.RunGone, release.RunPending, release.RunRunning:
	}
	return end(release.PhaseNeedsAttention, "%s; whether it has done its work is unknown", job.Text())
}

// putBack ends a release whose job has not run to its end: the job gets the artifact back that it
// had before, unless the policy keeps the new one of a job that failed.
func (j jobRelease) putBack(ctx workflow.Context, why cause, outcome release.Phase) *ending {
	switch {
	case !j.brought:
		return why.end(outcome, "; the job was not changed")
	case outcome == release.PhaseFailed && !j.spec.Rollback.Wanted():
		return why.end(outcome, "; the job keeps %s", j.p.Artifact.Public())
	case !j.returnable():
		return why.end(release.PhaseNeedsAttention, "; the job keeps %s: what it had before is not known", j.p.Artifact.Public())
	}
	j.giveTime(ctx)
	e := settlement(j).rollBack(ctx, why)
	if e.outcome != release.PhaseRolledBack {
		return e
	}
	return why.end(outcome, "; the job has %s again", j.rollbackTo().Artifact.Public())
}
