package servicestage

import (
	"cmp"
	"fmt"
	"slices"

	"slipway/activities/cloud"
	"slipway/release"
	"slipway/servicestageclient"
)

// A look is what was read of a change at one moment.
type look struct {
	reading

	// id is the change: the job that has begun it.
	id string
	// jobs are those that decide, by their IDs: that of the change, the last one of its release, and the
	// component's last one. One that the platform does not know is missing.
	jobs map[string]*servicestageclient.GetJobOutput
	// before is the version that served before the release; read only where the release is left, empty for none.
	before string
}

// record is that of the release which the change has begun; nil for a rollback, a restart and a rescale.
func (l look) record() *servicestageclient.ReleaseRecord { return l.begunBy(l.id) }

// left reports whether the component shows another version than the one that the change brings.
func (l look) left() bool {
	record := l.record()
	return record != nil && l.now.Version != record.Version
}

// decisive is the job that tells how far the change is: the last one of its release. A continuation that
// is filed in no record is the component's last job.
func (l look) decisive() string {
	record := l.record()
	if record == nil {
		return l.id
	}
	ids := jobsOf(record)
	if isGray(record) && len(ids) == 1 && l.now.Version == record.Version {
		return cmp.Or(l.status.LastJobID, l.id)
	}
	return ids[len(ids)-1]
}

// observe says how a change is, from all that was read of it.
func (l look) observe() release.Observation {
	job := l.jobs[l.decisive()]
	switch {
	case l.isGone() || l.jobs[l.id] == nil || job == nil:
		return release.Observation{State: release.ChangeGone}
	case l.left():
		return l.observeLeft()
	}
	seen, undone := progress(job)
	switch {
	case !job.Job.Finished():
	case l.replaced():
		seen = l.superseded(seen, undone)
	case !undone:
		seen = l.settled()
	case seen.State == release.ChangeFailed && l.waitsAgain():
		seen.State, seen.Message = release.ChangeStuck, "the rest of the gray release has failed, and the component waits for a decision: "+seen.Message
	}
	seen = l.withBatches(seen)
	seen.Stages = stages(job, seen.Batch)
	return seen
}

// stages are the tasks of a job, in its order.
func stages(job *servicestageclient.GetJobOutput, batch int) []release.Stage {
	tasks := slices.SortedStableFunc(slices.Values(job.Tasks), func(a, b servicestageclient.Task) int { return cmp.Compare(a.TaskIndex, b.TaskIndex) })
	var stages []release.Stage
	for _, task := range tasks {
		stages = append(stages, release.Stage{
			Batch: batch, Name: task.TaskName, State: taskState(task.TaskStatus), Message: cloud.WithoutSecrets(noteOf(task)),
		})
	}
	return release.BoundedStages(stages)
}

// noteOf is the reason of a task, which may be the empty object of JSON.
func noteOf(task servicestageclient.Task) string {
	if reason := task.Reason(); reason != "{}" {
		return reason
	}
	return ""
}

func taskState(status string) release.BatchState {
	switch status {
	case servicestageclient.JobSucceeded, servicestageclient.JobSkipped:
		return release.BatchDone
	case servicestageclient.JobRunning, servicestageclient.JobRollingBack:
		return release.BatchRunning
	case servicestageclient.JobFailed, servicestageclient.JobPartiallyFailed:
		return release.BatchFailed
	case servicestageclient.JobCancelled, servicestageclient.JobRolledBack:
		return release.BatchAborted
	default: // not begun, or not known
		return release.BatchPending
	}
}

// superseded is how a change is whose jobs have ended, where somebody has begun another job since. A restart, a rescale
// or a look at the workload does not make a release whose instances are not ready a success: while the component shows
// the version of the release, it says when that has come to an end.
func (l look) superseded(seen release.Observation, undone bool) release.Observation {
	switch {
	case undone:
	case l.record() == nil:
		seen.State = release.ChangeSucceeded
	default:
		if seen = l.settled(); !seen.State.Ended() {
			return seen
		}
	}
	seen.ReplacedBy = l.status.LastJobID
	return seen
}

// waitsAgain reports whether a gray release waits for a decision after its rest has failed. Nothing else can be done with
// the component until it is taken back, or goes on.
func (l look) waitsAgain() bool {
	record := l.record()
	if record == nil || !isGray(record) {
		return false
	}
	s := l.status.ComponentStatus
	return s == servicestageclient.ComponentGraying || s == servicestageclient.ComponentUpgrading && l.decisive() != l.id
}

// replaced reports whether another job was begun after the last one of the change.
func (l look) replaced() bool {
	last := l.status.LastJobID
	return last != "" && last != l.decisive() && last != l.id
}

// progress is what a job says of a change; undone is false for one that has succeeded.
func progress(job *servicestageclient.GetJobOutput) (seen release.Observation, undone bool) {
	switch job.Job.ExecutionStatus {
	case servicestageclient.JobSucceeded:
		return seen, false
	case servicestageclient.JobRunning, servicestageclient.JobRollingBack:
		seen.State = release.ChangeRunning
	case servicestageclient.JobFailed, servicestageclient.JobPartiallyFailed, servicestageclient.JobCancelled:
		seen.State, seen.Message = release.ChangeFailed, why(job)
	case servicestageclient.JobRolledBack:
		seen.State, seen.Message = release.ChangeFailed, wentBack
		if reason := why(job); reason != "" {
			seen.Message += ": " + reason
		}
	default: // not begun, or not known
		seen.State = release.ChangePreparing
	}
	return seen, true
}

// wentBack says of a job that the platform has undone it. Nobody has told it to.
const wentBack = "ServiceStage has gone back by itself"

// why is the reason that a job gives for its end; empty where it gives none.
func why(job *servicestageclient.GetJobOutput) string {
	reason := job.Reason()
	for _, task := range job.Tasks { // a task that was cancelled has one, too
		reason = cmp.Or(reason, task.Reason())
	}
	return cloud.WithoutSecrets(reason)
}

// settled is how a change is whose jobs have all succeeded: what the component says.
func (l look) settled() release.Observation {
	switch l.status.ComponentStatus {
	case servicestageclient.ComponentRunning, servicestageclient.ComponentStopped, servicestageclient.ComponentDown:
		return release.Observation{State: release.ChangeSucceeded}
	case servicestageclient.ComponentPending:
		return l.unready()
	case servicestageclient.ComponentFailed, servicestageclient.ComponentPartiallyFailed:
		return release.Observation{State: release.ChangeFailed, Message: cloud.WithoutSecrets(l.status.FailDetail)}
	}
	switch {
	case l.paused() && l.status.AvailableReplica < l.now.Replica:
		return l.unready()
	case l.paused():
		return release.Observation{State: release.ChangeAwaitingConfirm}
	case l.moving():
		return release.Observation{State: release.ChangeRunning}
	}
	return release.Observation{State: release.ChangePreparing} // a status that is not known
}

func (l look) unready() release.Observation {
	return release.Observation{State: release.ChangeRunning, Message: fmt.Sprintf("%d of %d instances are ready", l.status.AvailableReplica, l.now.Replica)}
}

// paused reports whether the release waits after its first batch, where the last job has succeeded. The reference has no word for it, so that the
// component may still be upgrading; newer services say so.
func (l look) paused() bool {
	record := l.record()
	if record == nil || !isGray(record) || l.left() {
		return false
	}
	switch l.status.ComponentStatus {
	case servicestageclient.ComponentGraying:
		return true
	case servicestageclient.ComponentUpgrading:
		return cmp.Or(l.status.LastJobID, l.id) == l.id && len(record.Jobs) == 1
	}
	return false
}

// returned reports whether the release has gone back by itself.
func (l look) returned() bool {
	job := l.jobs[l.decisive()]
	return job != nil && job.Job.ExecutionStatus == servicestageclient.JobRolledBack
}

// observeLeft is how a release is whose version the component does not show any more: it was
// rolled back, or another one was begun.
func (l look) observeLeft() release.Observation {
	newer := slices.IndexFunc(l.records, func(r servicestageclient.ReleaseRecord) bool { return r.Version == l.now.Version }) <
		slices.IndexFunc(l.records, func(r servicestageclient.ReleaseRecord) bool { return firstJob(&r) == l.id })
	last := l.jobs[l.status.LastJobID]
	switch {
	case newer || l.before != l.now.Version:
		return release.Observation{State: release.ChangeAborted, ReplacedBy: l.status.LastJobID}
	case last != nil && !last.Job.Finished() || l.moving():
		return release.Observation{State: release.ChangeRunning}
	case last == nil:
		return release.Observation{State: release.ChangeAborted}
	}
	seen, _ := progress(last)
	return release.Observation{State: cmp.Or(seen.State, release.ChangeAborted), Message: seen.Message}
}

// withBatches adds the batches of a release. The platform shows none: the first job of a gray release is its
// first batch, and all others run through.
func (l look) withBatches(seen release.Observation) release.Observation {
	record := l.record()
	if record == nil {
		return seen
	}
	total := l.batches(record)
	seen.Batch = 1
	switch {
	case seen.State == release.ChangeSucceeded:
		seen.Batch = total
	case l.decisive() != l.id && seen.State != release.ChangeAwaitingConfirm:
		seen.Batch = min(2, total)
	}
	seen.Batches = make([]release.BatchChange, total)
	for i := range seen.Batches {
		switch n := i + 1; {
		case n < seen.Batch, n == seen.Batch && (seen.State == release.ChangeSucceeded || seen.State == release.ChangeAwaitingConfirm):
			seen.Batches[i].State = release.BatchDone
		case n == seen.Batch && seen.State == release.ChangeRunning:
			seen.Batches[i].State = release.BatchRunning
		default:
			seen.Batches[i].State = release.BatchPending
		}
	}
	return seen
}

// batches is how many batches a release has.
func (l look) batches(record *servicestageclient.ReleaseRecord) int {
	strategy := l.now.DeployStrategy
	switch {
	case isGray(record):
		if info := ordered(record)[0].JobInfo; info != nil && info.RemainingBatch > 0 {
			return 1 + info.RemainingBatch
		}
		return 2
	case strategy != nil && strategy.RollingRelease != nil && strategy.RollingRelease.Batches > 0:
		return strategy.RollingRelease.Batches
	}
	return 1
}
