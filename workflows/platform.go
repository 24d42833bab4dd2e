package workflows

import (
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Task priorities within a platform's task queue: what changes something goes before
// what only looks.
const (
	priorityChange = 2
	priorityLook   = 4
)

// attemptLimit bounds one attempt of an activity. A worker that dies in the middle of one
// is noticed sooner, by its heartbeats.
const attemptLimit = time.Minute

// heartbeatLimit is after what silence a worker counts as dead: within ten seconds.
const heartbeatLimit = 8 * time.Second

// pickupLimit is how long a task may wait for a worker before that is told: R17 gives a
// step ten seconds.
const pickupLimit = 8 * time.Second

// platform calls the verbs of one application's platform. It is where other platforms
// plug in: a verb is an activity named <platform>.<Verb> on the platform's own task queue.
// Each verb is a method here, with its types: a driver has the same (activities/platform).
type platform struct {
	app release.App
	// job tells that the application is a job template.
	job bool
}

func platformOf(app release.App, op release.Operation) platform {
	return platform{app: app, job: op == release.OperationJob}
}

// traits are what the platform can do; the zero value where it is not served.
func (p platform) traits() release.Traits {
	t, _ := release.TraitsOf(p.app.Platform)
	return t
}

// asked is the question for a snapshot, of a job template where the application is one.
func (p platform) asked(in release.SnapshotInput) release.SnapshotInput {
	if p.job && in.Job == nil {
		in.Job = &release.JobQuestion{}
	}
	return in
}

func (p platform) snapshot(in release.SnapshotInput) call[release.Snapshot] {
	return verb[release.Snapshot](p, release.VerbSnapshot, p.asked(in))
}

func (p platform) awaitIdle(in release.SnapshotInput) call[release.Snapshot] {
	return verb[release.Snapshot](p, release.VerbAwaitIdle, p.asked(in))
}

func (p platform) findChange(in release.FindChangeInput) call[release.FoundChange] {
	return verb[release.FoundChange](p, release.VerbFindChange, in)
}

func (p platform) beginRollout(in release.BeginRolloutInput) call[release.Change] {
	return verb[release.Change](p, release.VerbBeginRollout, in)
}

func (p platform) beginRollback(in release.BeginRollbackInput) call[release.Change] {
	return verb[release.Change](p, release.VerbBeginRollback, in)
}

func (p platform) beginRestart(in release.BeginRestartInput) call[release.Change] {
	return verb[release.Change](p, release.VerbBeginRestart, in)
}

func (p platform) beginRescale(in release.BeginRescaleInput) call[release.Change] {
	return verb[release.Change](p, release.VerbBeginRescale, in)
}

func (p platform) observe(in release.ObserveInput) call[release.Observation] {
	return verb[release.Observation](p, release.VerbObserve, in)
}

func (p platform) confirmBatch(in release.ConfirmBatchInput) call[struct{}] {
	return verb[struct{}](p, release.VerbConfirmBatch, in)
}

func (p platform) abortRollout(in release.AbortRolloutInput) call[release.AbortRolloutResult] {
	return verb[release.AbortRolloutResult](p, release.VerbAbortRollout, in)
}

func (p platform) applyTraffic(in release.ApplyTrafficInput) call[struct{}] {
	return verb[struct{}](p, release.VerbApplyTraffic, in)
}

func (p platform) clearTraffic(in release.ClearTrafficInput) call[release.ClearTrafficResult] {
	return verb[release.ClearTrafficResult](p, release.VerbClearTraffic, in)
}

func (p platform) setScaling(in release.SetScalingInput) call[release.SetScalingResult] {
	return verb[release.SetScalingResult](p, release.VerbSetScaling, in)
}

func (p platform) verify(in release.VerifyInput) call[release.Verification] {
	in.Job = p.job
	return verb[release.Verification](p, release.VerbVerify, in)
}

func (p platform) beginJobUpdate(in release.BeginJobUpdateInput) call[release.Change] {
	return verb[release.Change](p, release.VerbBeginJobUpdate, in)
}

func (p platform) runJob(in release.RunJobInput) call[release.JobRun] {
	return verb[release.JobRun](p, release.VerbRunJob, in)
}

func (p platform) observeRun(in release.ObserveRunInput) call[release.JobRun] {
	return verb[release.JobRun](p, release.VerbObserveRun, in)
}

func (p platform) stopRun(in release.StopRunInput) call[release.JobRun] {
	return verb[release.JobRun](p, release.VerbStopRun, in)
}

// activityOptions are those of an activity that concerns an application: tried again soon
// at first, and for as long as its task is wanted. One that is not wanted any more is
// waited for, because an attempt that is under way may act.
func activityOptions(app release.App, priority int) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: attemptLimit,
		HeartbeatTimeout:    heartbeatLimit,
		WaitForCancellation: true,
		RetryPolicy:         retries(),
		Priority:            temporal.Priority{PriorityKey: priority, FairnessKey: app.ID},
	}
}

// retries is how activities are tried again: soon at first, and for as long as their
// limits allow.
func retries() *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute}
}

// The errors with which an activity ends instead of being tried again by the server, beside
// those that never are: the workflow waits for a foreign change by looking, and a call that
// may have acted is looked for before it is sent again.
func conflicts() []string { return []string{string(release.FaultConflict)} }

func doubts() []string {
	return append(conflicts(), string(release.FaultAmbiguous), "TemporalTimeout:Heartbeat", "TemporalTimeout:StartToClose")
}

// verb returns the call of a verb that answers Out.
func verb[Out any](p platform, v release.Verb, in any) call[Out] { return call[Out]{p.task(v, in)} }

// task returns the activity of a verb with its options.
func (p platform) task(v release.Verb, in any) task {
	options := activityOptions(p.app, priorityChange)
	options.TaskQueue = release.PlatformTaskQueue(p.app.Platform, p.app.Region)
	options.ScheduleToStartTimeout = pickupLimit
	options.Summary = release.Summary(in)
	t := task{doing: string(v), name: release.ActivityName(p.app.Platform, v), options: options, in: in}
	switch v {
	case release.VerbAwaitIdle:
		t.options.Priority.PriorityKey = priorityLook
		t.options.Summary = "wait for changes begun elsewhere" // its input is that of a snapshot
	case release.VerbObserve, release.VerbObserveRun:
		t.options.Priority.PriorityKey = priorityLook
	case release.VerbConfirmBatch, release.VerbAbortRollout, release.VerbSetScaling, release.VerbApplyTraffic, release.VerbClearTraffic:
		t.options.RetryPolicy.NonRetryableErrorTypes = conflicts()
	case release.VerbBeginRollout, release.VerbBeginRollback, release.VerbBeginRestart, release.VerbBeginRescale, release.VerbBeginJobUpdate:
		t = t.sentOnce()
	case release.VerbSnapshot, release.VerbVerify, release.VerbFindChange, release.VerbRunJob, release.VerbStopRun:
	}
	return t
}

// sentOnce is the task that ends when it may have acted, instead of being tried again: as
// long as it has not ended nothing was sent.
func (t task) sentOnce() task {
	t.once = true
	t.options.RetryPolicy.NonRetryableErrorTypes = append(doubts(), string(release.FaultDeclined))
	return t
}

// retried is the task after a call of it that was declined, and true where there is one: a
// verb that looks for the change of that call before it sends again, each time.
func (t task) retried() (task, bool) {
	in, ok := t.in.(interface{ Retried() any })
	if !ok || t.again {
		return t, false
	}
	t.in, t.again = in.Retried(), true
	t.options.RetryPolicy = retries()
	t.options.RetryPolicy.NonRetryableErrorTypes = doubts()
	return t, true
}

// fault is an activity's error as a workflow handles it.
type fault struct {
	verb  release.Verb
	class release.Fault
	text  string
	// freeze is what holds the change back, for class FaultFrozen.
	freeze release.Freeze
	// unwanted tells that its task was ended because it was not wanted any more.
	unwanted bool
}

// String says which verb failed and why, in words fit for a reason. What no verb has
// found has none.
func (f *fault) String() string {
	if f.verb == "" {
		return f.text
	}
	return fmt.Sprintf("%s: %s", f.verb, f.text)
}

// err is the fault as the failure of a workflow.
func (f *fault) err() error {
	return temporal.NewNonRetryableApplicationError(f.String(), string(f.class), nil)
}

// newFault finds the class of an activity's error.
func newFault(doing string, err error) *fault {
	f := &fault{verb: release.Verb(doing), class: release.FaultAmbiguous, text: err.Error()}
	app, known := errors.AsType[*temporal.ApplicationError](err)
	if late, ok := errors.AsType[*temporal.TimeoutError](err); ok {
		return f.late(late.TimeoutType(), app)
	}
	switch {
	case known:
		f.class, f.text = release.Fault(app.Type()), app.Message()
		if f.class == release.FaultFrozen && app.HasDetails() {
			_ = app.Details(&f.freeze) // without it the freeze has no name and no end
		}
	case temporal.IsCanceledError(err):
		f.class, f.text = release.FaultStopped, "it is not wanted any more"
	}
	return f
}

// late is the fault of an activity whose time has run out; last is its last failure, nil
// when there was none.
func (f *fault) late(kind enumspb.TimeoutType, last *temporal.ApplicationError) *fault {
	switch kind {
	case enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START:
		f.class, f.text = release.FaultNoWorker, "no worker has taken the task within "+pickupLimit.String()+": none runs, or all are busy"
	case enumspb.TIMEOUT_TYPE_HEARTBEAT, enumspb.TIMEOUT_TYPE_START_TO_CLOSE:
		f.text = "the worker that carried it out has died or lost its connection"
	case enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, enumspb.TIMEOUT_TYPE_UNSPECIFIED:
		f.text = "no success within the limit"
		if last != nil {
			f.text += "; last: " + last.Message()
		}
	}
	return f
}

// actedMaybe reports whether the activity may have had its effect although it failed. The
// classes that a driver gives to what was certainly not sent, or was refused, say no.
func (f *fault) actedMaybe() bool {
	switch f.class {
	case release.FaultInvalid, release.FaultNotFound, release.FaultAuth, release.FaultBilling, release.FaultQuota, release.FaultUndecidable,
		release.FaultFrozen, release.FaultConflict, release.FaultNotNow, release.FaultThrottled, release.FaultUnavailable,
		release.FaultUnguarded, release.FaultUnchanged, release.FaultNoWorker, release.FaultStopped:
		return false
	case release.FaultDeclined, release.FaultAmbiguous:
	}
	return true
}
