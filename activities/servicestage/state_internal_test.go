package servicestage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/servicestageclient"
)

// The versions and jobs of the table: a release by three batches, begun by job J1 and continued by J2, after the version
// old and a rejected one.
const (
	old, rejected, ours, later = "1.0.0", "1.0.1", "1.0.2", "1.0.3"
	jobOne, jobTwo, jobOther   = "J1", "J2", "J9"
)

// shown is a row of the table: what the platform shows.
type shown struct {
	status, version, last string
	// gray tells that the release waits after its first batch, continued that its rest was begun.
	gray, continued bool
	// newer tells that a release was begun after it.
	newer bool
	// jobs are the jobs by their IDs.
	jobs map[string]string
	// ready are the instances that are ready, of four.
	ready  int
	before string
	// action tells that the change is a job of no release.
	action bool
}

func (s shown) look() look {
	component := &servicestageclient.Component{Version: s.version, Replica: 4, Status: &servicestageclient.ComponentStatus{
		ComponentStatus: s.status, LastJobID: s.last, AvailableReplica: s.ready, FailDetail: "namespace_deleted",
	}}
	record := servicestageclient.ReleaseRecord{Version: ours, DeployType: servicestageclient.StrategyOneBatch}
	if s.gray {
		record.DeployType = servicestageclient.StrategyGray
	}
	if s.continued {
		record.Jobs = append(record.Jobs, servicestageclient.RecordJob{Sequence: 2, JobID: jobTwo})
	}
	if !s.action {
		record.Jobs = append(record.Jobs, servicestageclient.RecordJob{
			Sequence: 1, JobID: jobOne, JobInfo: &servicestageclient.RecordJobInfo{RemainingBatch: 2},
		})
	}
	l := look{id: jobOne, before: s.before, jobs: map[string]*servicestageclient.GetJobOutput{}}
	l.now, l.status = component, component.Status
	if s.newer {
		l.records = append(l.records, servicestageclient.ReleaseRecord{Version: later, Jobs: []servicestageclient.RecordJob{{Sequence: 1, JobID: jobOther}}})
	}
	l.records = append(l.records, record, servicestageclient.ReleaseRecord{Version: rejected}, servicestageclient.ReleaseRecord{Version: old})
	for id, status := range s.jobs {
		l.jobs[id] = &servicestageclient.GetJobOutput{Job: &servicestageclient.Job{JobID: id, ExecutionStatus: status}, Tasks: []servicestageclient.Task{
			{TaskStatus: servicestageclient.JobSucceeded},
			{TaskStatus: servicestageclient.JobFailed, Messages: `{"Message":"ECC00011","Detail":"Building failed."}`},
		}}
	}
	return l
}

// one is what is shown of a job alone.
func one(status string) map[string]string { return map[string]string{jobOne: status} }

// two is what is shown of a release that was continued.
func two(status string) map[string]string {
	return map[string]string{jobOne: "SUCCEEDED", jobTwo: status}
}

// beside is what is shown of a job beside the one of a release that has ended.
func beside(other string) map[string]string {
	return map[string]string{jobOne: "SUCCEEDED", jobOther: other}
}

// The tasks of a job are its stages, in their order, each with what it says.
func TestStages(t *testing.T) {
	t.Parallel()
	require.Nil(t, stages(&servicestageclient.GetJobOutput{}, 1))
	require.Equal(t, []release.Stage{
		{Batch: 2, Name: "check", State: release.BatchDone},
		{Batch: 2, Name: "build", State: release.BatchFailed, Message: "Building failed."},
		{Batch: 2, Name: "cancelled", State: release.BatchAborted},
		{Batch: 2, Name: "deploy", State: release.BatchPending},
		{Batch: 2, Name: "route", State: release.BatchRunning},
	}, stages(&servicestageclient.GetJobOutput{Tasks: []servicestageclient.Task{
		{TaskIndex: 4, TaskName: "deploy", TaskStatus: servicestageclient.JobSubmitted},
		{TaskIndex: 1, TaskName: "check", TaskStatus: servicestageclient.JobSkipped, Messages: "{}"},
		{TaskIndex: 2, TaskName: "build", TaskStatus: servicestageclient.JobPartiallyFailed, Messages: `{"Message":"ECC00011","Detail":"Building failed."}`},
		{TaskIndex: 5, TaskName: "route", TaskStatus: servicestageclient.JobRollingBack},
		{TaskIndex: 3, TaskName: "cancelled", TaskStatus: servicestageclient.JobCancelled},
	}}, 2))
}

// TestObserve_EachStateOfThePlatform is the table of what each state of a component, of its jobs and of its records means.
func TestObserve_EachStateOfThePlatform(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		shown shown
		want  release.ChangeState
		// batch and message are of a release at work, by of one that was replaced.
		batch       int
		message, by string
	}{
		"accepted":  {shown: shown{status: "UPGRADING", version: ours, last: jobOne, jobs: one("SUBMITTED")}, want: release.ChangePreparing, batch: 1},
		"scheduled": {shown: shown{status: "UPGRADING", version: ours, last: jobOne, jobs: one("SCHEDULED")}, want: release.ChangePreparing, batch: 1},
		"at work":   {shown: shown{status: "UPGRADING", version: ours, last: jobOne, jobs: one("RUNNING")}, want: release.ChangeRunning, batch: 1},
		"going back by itself": {
			shown: shown{status: "UPGRADING", version: ours, last: jobOne, jobs: one("ROLLBACKING")}, want: release.ChangeRunning, batch: 1,
		},
		"a job whose status is not known": {shown: shown{status: "UPGRADING", version: ours, last: jobOne, jobs: one("UNKNOWN")}, want: release.ChangePreparing, batch: 1},
		"done":                            {shown: shown{status: "RUNNING", version: ours, last: jobOne, jobs: one("SUCCEEDED"), ready: 4}, want: release.ChangeSucceeded, batch: 1},
		"done before the component says so": {
			shown: shown{status: "UPGRADING", version: ours, last: jobOne, jobs: one("SUCCEEDED")}, want: release.ChangeRunning, batch: 1,
		},
		"done, not ready": {
			shown: shown{status: "PENDING", version: ours, last: jobOne, jobs: one("SUCCEEDED"), ready: 2}, want: release.ChangeRunning, batch: 1,
			message: "2 of 4 instances are ready",
		},
		"done, stopped": {shown: shown{status: "STOPPED", version: ours, last: jobOne, jobs: one("SUCCEEDED")}, want: release.ChangeSucceeded, batch: 1},
		"done, down":    {shown: shown{status: "DOWN", version: ours, last: jobOne, jobs: one("SUCCEEDED")}, want: release.ChangeSucceeded, batch: 1},
		"done, and the component has failed": {
			shown: shown{status: "FAILED", version: ours, last: jobOne, jobs: one("SUCCEEDED")}, want: release.ChangeFailed, batch: 1, message: "namespace_deleted",
		},
		"done, and a part has failed": {
			shown: shown{status: "PARTIALLY_FAILED", version: ours, last: jobOne, jobs: one("SUCCEEDED")}, want: release.ChangeFailed, batch: 1, message: "namespace_deleted",
		},
		"done, a status that is not known": {shown: shown{status: "DANCING", version: ours, last: jobOne, jobs: one("SUCCEEDED")}, want: release.ChangePreparing, batch: 1},
		"failed":                           {shown: shown{status: "FAILED", version: ours, last: jobOne, jobs: one("FAILED")}, want: release.ChangeFailed, batch: 1, message: "Building failed."},
		"failed in part": {
			shown: shown{status: "PARTIALLY_FAILED", version: ours, last: jobOne, jobs: one("PARTIALLY_FAILED")}, want: release.ChangeFailed, batch: 1, message: "Building failed.",
		},
		"cancelled": {shown: shown{status: "FAILED", version: ours, last: jobOne, jobs: one("CANCELLED")}, want: release.ChangeFailed, batch: 1, message: "Building failed."},
		"gone back by itself": {
			shown: shown{status: "RUNNING", version: ours, last: jobOne, jobs: one("ROLLBACKED")}, want: release.ChangeFailed, batch: 1,
			message: "ServiceStage has gone back by itself: Building failed.",
		},
		"the pause": {
			shown: shown{status: "GRAYING", version: ours, last: jobOne, gray: true, jobs: one("SUCCEEDED"), ready: 4}, want: release.ChangeAwaitingConfirm, batch: 1,
		},
		"the pause as the reference has it": {
			shown: shown{status: "UPGRADING", version: ours, last: jobOne, gray: true, jobs: one("SUCCEEDED"), ready: 4}, want: release.ChangeAwaitingConfirm, batch: 1,
		},
		"the pause, not ready": {
			shown: shown{status: "GRAYING", version: ours, last: jobOne, gray: true, jobs: one("SUCCEEDED"), ready: 3}, want: release.ChangeRunning, batch: 1,
			message: "3 of 4 instances are ready",
		},
		"the pause after another job": {
			shown: shown{status: "GRAYING", version: ours, last: jobOther, gray: true, jobs: beside("SUCCEEDED"), ready: 4},
			want:  release.ChangeAwaitingConfirm, batch: 1,
		},
		"going on": {
			shown: shown{status: "UPGRADING", version: ours, last: jobTwo, gray: true, continued: true, jobs: two("RUNNING"), ready: 4}, want: release.ChangeRunning, batch: 2,
		},
		"going on by a job that is in no record": {
			shown: shown{status: "UPGRADING", version: ours, last: jobOther, gray: true, jobs: beside("RUNNING"), ready: 4},
			want:  release.ChangeRunning, batch: 2,
		},
		"gone on, done": {
			shown: shown{status: "RUNNING", version: ours, last: jobTwo, gray: true, continued: true, jobs: two("SUCCEEDED"), ready: 4}, want: release.ChangeSucceeded, batch: 3,
		},
		"gone on, failed, and waiting again": {
			shown: shown{status: "GRAYING", version: ours, last: jobTwo, gray: true, continued: true, jobs: two("FAILED"), ready: 4}, want: release.ChangeStuck, batch: 2,
			message: "the rest of the gray release has failed, and the component waits for a decision: Building failed.",
		},
		"gone on, failed, and waiting again as the reference has it": {
			shown: shown{status: "UPGRADING", version: ours, last: jobTwo, gray: true, continued: true, jobs: two("CANCELLED"), ready: 4}, want: release.ChangeStuck, batch: 2,
			message: "the rest of the gray release has failed, and the component waits for a decision: Building failed.",
		},
		"gone on, failed": {
			shown: shown{status: "FAILED", version: ours, last: jobTwo, gray: true, continued: true, jobs: two("FAILED"), ready: 4}, want: release.ChangeFailed, batch: 2,
			message: "Building failed.",
		},
		"the gray batch has failed": {
			shown: shown{status: "UPGRADING", version: ours, last: jobOne, gray: true, jobs: one("FAILED"), ready: 4}, want: release.ChangeFailed, batch: 1,
			message: "Building failed.",
		},
		"rolling back": {
			shown: shown{status: "UPGRADING", version: old, last: jobOther, gray: true, jobs: beside("RUNNING"), before: old}, want: release.ChangeRunning,
		},
		"rolled back": {
			shown: shown{status: "RUNNING", version: old, last: jobOther, gray: true, jobs: beside("SUCCEEDED"), before: old}, want: release.ChangeAborted,
		},
		"rolled back, not ready": {
			shown: shown{status: "PENDING", version: old, last: jobOther, gray: true, jobs: beside("SUCCEEDED"), before: old}, want: release.ChangeAborted,
		},
		"not rolled back": {
			shown: shown{status: "FAILED", version: old, last: jobOther, gray: true, jobs: beside("FAILED"), before: old}, want: release.ChangeFailed,
			message: "Building failed.",
		},
		"another release": {
			shown: shown{status: "UPGRADING", version: later, last: jobOther, newer: true, jobs: beside("RUNNING"), before: old},
			want:  release.ChangeAborted, by: jobOther,
		},
		"another version": {
			shown: shown{status: "RUNNING", version: rejected, last: jobOther, jobs: beside("SUCCEEDED"), before: old}, want: release.ChangeAborted, by: jobOther,
		},
		"another job after the end": {
			shown: shown{status: "RESTARTING", version: ours, last: jobOther, jobs: beside("RUNNING")}, want: release.ChangeRunning, batch: 1,
		},
		"another job after the end, done": {
			shown: shown{status: "RUNNING", version: ours, last: jobOther, jobs: beside("SUCCEEDED"), ready: 4}, want: release.ChangeSucceeded, batch: 1, by: jobOther,
		},
		"another job after the end, not ready": {
			shown: shown{status: "PENDING", version: ours, last: jobOther, jobs: beside("SUCCEEDED"), ready: 1}, want: release.ChangeRunning, batch: 1,
			message: "1 of 4 instances are ready",
		},
		"another job after the end, failed": {
			shown: shown{status: "FAILED", version: ours, last: jobOther, jobs: beside("FAILED")}, want: release.ChangeFailed, batch: 1, by: jobOther, message: "namespace_deleted",
		},
		"an action at work": {shown: shown{status: "RESTARTING", version: old, last: jobOne, action: true, jobs: one("RUNNING")}, want: release.ChangeRunning},
		"an action, done":   {shown: shown{status: "RUNNING", version: old, last: jobOne, action: true, jobs: one("SUCCEEDED"), ready: 4}, want: release.ChangeSucceeded},
		"an action, not ready": {
			shown: shown{status: "PENDING", version: old, last: jobOne, action: true, jobs: one("SUCCEEDED"), ready: 1}, want: release.ChangeRunning,
			message: "1 of 4 instances are ready",
		},
		"an action, failed": {
			shown: shown{status: "FAILED", version: old, last: jobOne, action: true, jobs: one("FAILED")}, want: release.ChangeFailed, message: "Building failed.",
		},
		"an action, and another": {
			shown: shown{status: "UPGRADING", version: old, last: jobOther, action: true, jobs: beside("RUNNING")}, want: release.ChangeSucceeded, by: jobOther,
		},
		"being deleted": {shown: shown{status: "DELETING", version: ours, last: jobOther, jobs: beside("RUNNING")}, want: release.ChangeGone},
		"deleted":       {shown: shown{status: "DELETED", version: ours, last: jobOther, jobs: beside("SUCCEEDED")}, want: release.ChangeGone},
		"forgotten":     {shown: shown{status: "RUNNING", version: ours, last: jobOne}, want: release.ChangeGone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := row.shown.look().observe()
			require.Equal(t, row.want, seen.State)
			require.Equal(t, row.batch, seen.Batch, "batch")
			require.Equal(t, row.message, seen.Message)
			require.Equal(t, row.by, seen.ReplacedBy)
		})
	}
}
