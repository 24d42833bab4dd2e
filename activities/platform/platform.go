// Package platform is the contract between the workflows and the clouds: what a driver of one
// carries out, and under which names the workflows find it.
package platform

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"slipway/release"
)

// Driver is one platform with one account, as a worker uses it.
type Driver interface {
	Verbs
	// Check makes one call that changes nothing and costs little, and returns nil where the
	// platform has accepted it: the credentials, the endpoint and the region are right. Its error
	// has a fault like that of a verb, and holds no secret. A platform that only asks for fewer
	// calls has accepted the credentials.
	Check(ctx context.Context) error
	// Instances lists the instances that run what a change brings, each once, and InstanceLog is
	// the end of what one of them has logged, in one line; empty where there is nothing. Gates ask
	// for them with every sample. Their errors are those of a verb that reads, and their texts hold
	// no secret.
	Instances(ctx context.Context, in release.InstancesInput) ([]release.Instance, error)
	InstanceLog(ctx context.Context, in release.InstanceLogInput) (string, error)
	// Lookup finds applications by their name, also one that nothing was released to yet; none is no error. Its
	// errors are those of a verb that reads.
	Lookup(ctx context.Context, in release.LookupInput) (release.Lookup, error)
}

// Verbs are what a driver carries out: a method for each of [release.Verbs], whose
// documentation says what it does and how it fails. Every error is one of package fault. A verb
// that reads can be called any number of times; one that begins a change sends its call once,
// and FindChange finds out what became of it.
type Verbs interface {
	Snapshot(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error)
	AwaitIdle(ctx context.Context, in release.SnapshotInput) (release.Snapshot, error)
	FindChange(ctx context.Context, in release.FindChangeInput) (release.FoundChange, error)
	BeginRollout(ctx context.Context, in release.BeginRolloutInput) (release.Change, error)
	Observe(ctx context.Context, in release.ObserveInput) (release.Observation, error)
	ConfirmBatch(ctx context.Context, in release.ConfirmBatchInput) error
	AbortRollout(ctx context.Context, in release.AbortRolloutInput) (release.AbortRolloutResult, error)
	BeginRollback(ctx context.Context, in release.BeginRollbackInput) (release.Change, error)
	BeginRestart(ctx context.Context, in release.BeginRestartInput) (release.Change, error)
	BeginRescale(ctx context.Context, in release.BeginRescaleInput) (release.Change, error)
	ApplyTraffic(ctx context.Context, in release.ApplyTrafficInput) error
	ClearTraffic(ctx context.Context, in release.ClearTrafficInput) (release.ClearTrafficResult, error)
	SetScaling(ctx context.Context, in release.SetScalingInput) (release.SetScalingResult, error)
	Verify(ctx context.Context, in release.VerifyInput) (release.Verification, error)
	BeginJobUpdate(ctx context.Context, in release.BeginJobUpdateInput) (release.Change, error)
	RunJob(ctx context.Context, in release.RunJobInput) (release.JobRun, error)
	ObserveRun(ctx context.Context, in release.ObserveRunInput) (release.JobRun, error)
	StopRun(ctx context.Context, in release.StopRunInput) (release.JobRun, error)
}

// Guard is asked by a driver right before each call that takes an application towards a new
// version, unless a freeze is to be passed over. It answers nil, or the error that the verb
// then fails with: one of type [release.FaultFrozen] does not retry, any other is tried again.
type Guard func(ctx context.Context, app release.App) error

// RegisterLookup registers the look-up of applications of a platform, which no release asks for, under its name.
func RegisterLookup(r worker.ActivityRegistry, p release.Platform, d Driver) {
	r.RegisterActivityWithOptions(d.Lookup, activity.RegisterOptions{Name: release.LookupActivity(p)})
}

// Register registers every verb of a platform under its name.
func Register(r worker.ActivityRegistry, p release.Platform, d Verbs) {
	for _, verb := range release.Verbs() {
		r.RegisterActivityWithOptions(method(d, verb), activity.RegisterOptions{Name: release.ActivityName(p, verb)})
	}
}

// method is the method of a driver that carries out a verb.
func method(d Verbs, v release.Verb) any {
	switch v {
	case release.VerbSnapshot:
		return d.Snapshot
	case release.VerbAwaitIdle:
		return d.AwaitIdle
	case release.VerbFindChange:
		return d.FindChange
	case release.VerbBeginRollout:
		return d.BeginRollout
	case release.VerbObserve:
		return d.Observe
	case release.VerbConfirmBatch:
		return d.ConfirmBatch
	case release.VerbAbortRollout:
		return d.AbortRollout
	case release.VerbBeginRollback:
		return d.BeginRollback
	case release.VerbBeginRestart:
		return d.BeginRestart
	case release.VerbBeginRescale:
		return d.BeginRescale
	case release.VerbApplyTraffic:
		return d.ApplyTraffic
	case release.VerbClearTraffic:
		return d.ClearTraffic
	case release.VerbSetScaling:
		return d.SetScaling
	case release.VerbVerify:
		return d.Verify
	case release.VerbBeginJobUpdate:
		return d.BeginJobUpdate
	case release.VerbRunJob:
		return d.RunJob
	case release.VerbObserveRun:
		return d.ObserveRun
	case release.VerbStopRun:
		return d.StopRun
	}
	return nil // Temporal refuses to register it
}
