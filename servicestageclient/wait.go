package servicestageclient

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"slipway/cloudapi"
)

// Words for the status of a job. Of a task there is also JobSkipped, which is as good as JobSucceeded.
const (
	JobSubmitted       = "SUBMITTED"
	JobScheduled       = "SCHEDULED"
	JobRunning         = "RUNNING"
	JobSucceeded       = "SUCCEEDED"
	JobFailed          = "FAILED"
	JobPartiallyFailed = "PARTIALLY_FAILED"
	JobCancelled       = "CANCELLED"
	JobRollingBack     = "ROLLBACKING"
	JobRolledBack      = "ROLLBACKED"
	JobUnknown         = "UNKNOWN"
	JobSkipped         = "SKIPPED"
)

// Words for the status of a component, in [ComponentStatus].
const (
	ComponentInitializing    = "INITIALIZING"
	ComponentUpgrading       = "UPGRADING"
	ComponentStarting        = "STARTING"
	ComponentStopping        = "STOPPING"
	ComponentRestarting      = "RESTARTING"
	ComponentDeleting        = "DELETING"
	ComponentRunning         = "RUNNING"
	ComponentPending         = "PENDING"
	ComponentStopped         = "STOPPED"
	ComponentDown            = "DOWN"
	ComponentPartiallyFailed = "PARTIALLY_FAILED"
	ComponentFailed          = "FAILED"
	ComponentReserved        = "RESERVED"
	ComponentUnknown         = "UNKNOWN"
	ComponentDeleted         = "DELETED"
	// ComponentGraying: the first batch of a gray release is done and somebody has to decide. It is not in
	// the reference; newer clients of the vendor know it.
	ComponentGraying = "GRAYING"
)

// Actions of [Client.ComponentAction].
const (
	ActionStart            = "start"
	ActionStop             = "stop"
	ActionRestart          = "restart"
	ActionScale            = "scale"
	ActionRollback         = "rollback"
	ActionRollbackCurrent  = "rollback_current"
	ActionContinueDeploy   = "continue_deploy"
	ActionCheckGrayRelease = "check_gray_release"
	ActionModifyGrayRule   = "modify_gray_rule"
)

// Finished reports whether the job is over, for better or worse: only JobSucceeded is success. A job whose
// status is not known is not over.
func (j Job) Finished() bool {
	switch j.ExecutionStatus {
	case JobSucceeded, JobFailed, JobPartiallyFailed, JobCancelled, JobRolledBack:
		return true
	}
	return false
}

// Reason says why the first task that has failed did, empty when none has.
func (out *GetJobOutput) Reason() string {
	for _, task := range out.Tasks {
		if task.TaskStatus != JobFailed && task.TaskStatus != JobPartiallyFailed {
			continue
		}
		if reason := task.Reason(); reason != "" {
			return reason
		}
		return task.TaskName
	}
	return ""
}

// Reason is what the messages of a task say in words, or the code that they give.
func (t Task) Reason() string {
	var messages struct{ Message, Detail string }
	if json.Unmarshal([]byte(t.Messages), &messages) != nil {
		return t.Messages
	}
	if messages.Detail != "" {
		return messages.Detail
	}
	return messages.Message
}

// DefaultWaitDelay is the time between two looks at a job.
const DefaultWaitDelay = 5 * time.Second

// WaitOptions adjust Client.WaitJob. The zero value waits until the job is over.
type WaitOptions struct {
	// Seen is called with what each look shows, if it is not nil.
	Seen func(*GetJobOutput)
	// Delay is the time between two looks. Zero means DefaultWaitDelay.
	Delay time.Duration
	// Failures is how many looks in a row may fail with ErrUnavailable or ErrThrottled before
	// the wait gives up.
	Failures int
	// Sleep waits between looks; it returns early with an error when ctx ends. Nil sleeps by the clock.
	Sleep func(ctx context.Context, d time.Duration) error
}

// WaitJob looks at a job until it is over, and returns what it saw last. How it ended is in its status: a
// job that failed is no error. A gray release is not over when its job is: see [ComponentGraying].
//
// The wait ends with an error when a look fails, or when ctx ends, which then is what errors.Is
// finds; what was seen last comes with it. Give ctx a deadline: a job whose status the platform does not
// know may never be over.
func (c *Client) WaitJob(ctx context.Context, id string, options WaitOptions) (*GetJobOutput, error) {
	delay := options.Delay
	if delay == 0 {
		delay = DefaultWaitDelay
	}
	last, err := cloudapi.Waiter[*GetJobOutput]{
		Look: func(ctx context.Context) (*GetJobOutput, error) {
			out, err := c.GetJob(ctx, &GetJobInput{JobID: id})
			if err == nil && options.Seen != nil {
				options.Seen(out)
			}
			return out, err
		},
		Done:         func(seen *GetJobOutput) bool { return seen.Job != nil && seen.Job.Finished() },
		Delay:        func(*GetJobOutput) time.Duration { return delay },
		FailureDelay: delay, Failures: options.Failures, Sleep: options.Sleep,
	}.Wait(ctx)
	if _, ofLook := errors.AsType[*cloudapi.Error](err); err != nil && !ofLook {
		err = &cloudapi.Error{
			Client: product, Operation: "GetJob", Class: cloudapi.ErrUnavailable, Message: "job " + id + " was not awaited to its end", Err: err,
		}
	}
	return last, err
}
