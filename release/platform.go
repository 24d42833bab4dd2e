package release

import "time"

// Verb is one thing a platform can be told to do or asked. Each is an activity, named
// <platform>.<Verb>, on the platform's own task queue.
type Verb string

// The platform verbs.
const (
	// VerbSnapshot reads what the application is before a release touches it.
	VerbSnapshot Verb = "Snapshot"
	// VerbAwaitIdle answers a snapshot once no change order of the application is
	// unfinished.
	VerbAwaitIdle Verb = "AwaitIdle"
	// VerbBeginRollout begins the change order that brings the new version, once.
	VerbBeginRollout Verb = "BeginRollout"
	// VerbObserve returns when a change order shows something new.
	VerbObserve Verb = "Observe"
	// VerbConfirmBatch lets the batch after the given one begin.
	VerbConfirmBatch Verb = "ConfirmBatch"
	// VerbAbortRollout tells the platform to abort a change order and roll it back.
	VerbAbortRollout Verb = "AbortRollout"
	// VerbBeginRollback begins the change order that brings an old version back, once.
	VerbBeginRollback Verb = "BeginRollback"
	// VerbSetScaling enables or disables scaling rules and reads them back.
	VerbSetScaling Verb = "SetScaling"
	// VerbVerify reads back which version the application runs.
	VerbVerify Verb = "Verify"
)

// ActivityName returns the name under which a platform's verb is registered.
func ActivityName(p Platform, v Verb) string { return string(p) + "." + string(v) }

// PublishActivity is the activity that publishes lifecycle events.
const PublishActivity = "events.Publish"

// Fault is the type of an activity's error: it drives what is done about it.
type Fault string

// The faults. The first six do not retry.
const (
	FaultInvalid  Fault = "Invalid"
	FaultNotFound Fault = "NotFound"
	FaultAuth     Fault = "Auth"
	FaultBilling  Fault = "Billing"
	FaultQuota    Fault = "Quota"
	// FaultUndecidable is a change order that may or may not exist: fail closed.
	FaultUndecidable Fault = "Undecidable"
	// FaultConflict is refused because of what else goes on.
	FaultConflict    Fault = "Conflict"
	FaultThrottled   Fault = "Throttled"
	FaultUnavailable Fault = "Unavailable"
	// FaultAmbiguous may or may not have acted: look before saying it again.
	FaultAmbiguous Fault = "Ambiguous"
	// FaultUnchanged is no fault: there is nothing new yet, look again later.
	FaultUnchanged Fault = "Unchanged"
)

// Retryable tells whether trying again can help.
func (f Fault) Retryable() bool {
	switch f {
	case FaultInvalid, FaultNotFound, FaultAuth, FaultBilling, FaultQuota, FaultUndecidable:
		return false
	case FaultConflict, FaultThrottled, FaultUnavailable, FaultAmbiguous, FaultUnchanged:
		return true
	}
	return false
}

// Version is a version of an application that the platform can return to.
type Version struct {
	// ID is the platform's own version ID; empty when it keeps none for it.
	ID       string   `json:"id,omitempty"`
	Artifact Artifact `json:"artifact"`
}

// ScalingRule is a scaling rule of an application.
type ScalingRule struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
}

// Watermark marks the newest change order of an application at one moment: what is
// newer was begun later. At has a resolution of one second, so Known holds the IDs
// of all orders of that second.
type Watermark struct {
	At    time.Time `json:"at,omitzero"`
	Known []string  `json:"known,omitempty"`
}

// ForeignChange is an unfinished change order that this release did not begin.
type ForeignChange struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
}

// SnapshotInput asks for a [Snapshot].
type SnapshotInput struct {
	App App `json:"app"`
	// VersionID asks to resolve this version too; an unknown one is FaultNotFound.
	VersionID string `json:"versionId,omitempty"`
}

// Snapshot is an application before a release touches it.
type Snapshot struct {
	// Instances is the number of instances the application should have.
	Instances int `json:"instances"`
	// Version is what it runs now, and the target of a rollback.
	Version      Version        `json:"version"`
	ScalingRules []ScalingRule  `json:"scalingRules,omitempty"`
	Watermark    Watermark      `json:"watermark"`
	Busy         *ForeignChange `json:"busy,omitempty"`
	// Wanted is the version that VersionID asked for.
	Wanted *Version `json:"wanted,omitempty"`
}

// BeginRolloutInput asks for the change order that brings the artifact.
type BeginRolloutInput struct {
	App      App      `json:"app"`
	Artifact Artifact `json:"artifact"`
	Strategy Strategy `json:"strategy"`
	// Token is written into the order's description, see [Token].
	Token     string    `json:"token"`
	Watermark Watermark `json:"watermark"`
	// RestoreScaling lets the platform switch on again the rules that its order
	// switched off. A release that suspends rules restores them itself.
	RestoreScaling bool `json:"restoreScaling,omitempty"`
}

// BeginRollbackInput asks for the change order that brings a version back.
type BeginRollbackInput struct {
	App       App       `json:"app"`
	Version   Version   `json:"version"`
	Watermark Watermark `json:"watermark"`
	// RestoreScaling has the meaning of the rollout's.
	RestoreScaling bool `json:"restoreScaling,omitempty"`
}

// Change is a change order that was begun.
type Change struct {
	ID string `json:"id"`
	// Adopted tells that it was found after a lost answer rather than answered.
	Adopted bool `json:"adopted,omitempty"`
}

// ObserveInput asks for the next news of a change order.
type ObserveInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
	// Seen is the last observation; zero at first.
	Seen Observation `json:"seen,omitzero"`
}

// ConfirmBatchInput lets the batch after a finished one begin.
type ConfirmBatchInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
	// Batch is the finished batch, from 1.
	Batch int `json:"batch"`
}

// AbortRolloutInput aborts a change order and rolls it back.
type AbortRolloutInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
}

// SetScalingInput enables or disables the named rules.
type SetScalingInput struct {
	App App `json:"app"`
	// Names are the rules to switch; none means all of the application's rules.
	Names  []string `json:"names,omitempty"`
	Enable bool     `json:"enable"`
}

// PublishInput hands lifecycle events to the bus, in their order.
type PublishInput struct {
	Events []Event `json:"events"`
}

// SetScalingResult tells what became of each named rule.
type SetScalingResult struct {
	// Rules are the named rules as read back; a rule that exists no more is left out.
	Rules []ScalingRule `json:"rules,omitempty"`
}

// VerifyInput asks which version runs.
type VerifyInput struct {
	App App `json:"app"`
	// Want is what should run. The platform's answer may lag behind a change order that
	// has just ended, so a few looks are allowed before it is answered that it does not.
	Want Artifact `json:"want"`
}

// Verification is what an application was read back to run.
type Verification struct {
	// Configured is the artifact of the application's configuration.
	Configured Artifact `json:"configured"`
	// Running are the distinct artifacts of its instances; more than one means that
	// versions are mixed.
	Running []Artifact `json:"running,omitempty"`
	// Instances is the number of instances that were read.
	Instances int `json:"instances"`
}

// OnlyRuns tells whether every instance runs the artifact and the configuration says
// so too. An application without instances runs what its configuration says.
func (v Verification) OnlyRuns(a Artifact) bool {
	for _, r := range v.Running {
		if !r.Same(a) {
			return false
		}
	}
	return v.Configured.Same(a)
}

// Uniform tells whether the application runs one version only, whichever it is.
func (v Verification) Uniform() bool { return v.OnlyRuns(v.Configured) }
