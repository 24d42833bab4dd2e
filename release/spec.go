package release

import (
	"cmp"
	"time"
)

// The envelope of a release file.
const (
	// APIVersion is the version of the release file format and of a request's data.
	APIVersion = "slipway.dev/v1"
	// KindRelease is the kind of a release file.
	KindRelease = "Release"
)

// Operation is what a release does with its application.
type Operation string

// The operations.
const (
	// OperationRelease brings an artifact. It is the default.
	OperationRelease Operation = "release"
	// OperationRollback returns to a version that the application had before.
	OperationRollback Operation = "rollback"
	// OperationRestart restarts all instances.
	OperationRestart Operation = "restart"
	// OperationRescale changes the number of instances.
	OperationRescale Operation = "rescale"
	// OperationJob brings an artifact to a job template, runs its job once, or both.
	OperationJob Operation = "job"
)

// Platform names a serverless application platform.
type Platform string

// The platforms.
const (
	// PlatformSAE is Alibaba Cloud Serverless App Engine.
	PlatformSAE Platform = "sae"
	// PlatformFC is Alibaba Cloud Function Compute 2.0.
	PlatformFC Platform = "fc"
	// PlatformServiceStage is Huawei Cloud ServiceStage.
	PlatformServiceStage Platform = "servicestage"
)

// StrategyType says how instances are replaced.
type StrategyType string

// The strategies.
const (
	// StrategyAll replaces all instances in one batch.
	StrategyAll StrategyType = "all"
	// StrategyBatch replaces the instances in equal batches.
	StrategyBatch StrategyType = "batch"
	// StrategyGray replaces a few instances first, then the rest in batches.
	StrategyGray StrategyType = "gray"
)

// ConfirmMode says who lets the next batch begin.
type ConfirmMode string

// The confirm modes.
const (
	// ConfirmManual waits for a person after every batch but the last.
	ConfirmManual ConfirmMode = "manual"
	// ConfirmAuto goes on without a person after the bake time, once the gates have
	// passed.
	ConfirmAuto ConfirmMode = "auto"
)

// TimeoutPolicy says what happens when nobody confirms in time.
type TimeoutPolicy string

// The timeout policies.
const (
	// TimeoutAbort rolls the release back.
	TimeoutAbort TimeoutPolicy = "abort"
	// TimeoutContinue goes on with the next batch.
	TimeoutContinue TimeoutPolicy = "continue"
	// TimeoutHold stays parked until the total limit, then asks for attention.
	TimeoutHold TimeoutPolicy = "hold"
)

// TimeoutPolicies lists all timeout policies.
func TimeoutPolicies() []TimeoutPolicy {
	return []TimeoutPolicy{TimeoutAbort, TimeoutContinue, TimeoutHold}
}

// LanePolicy says what a submission does to the ones waiting before it.
type LanePolicy string

// The lane policies.
const (
	// LaneQueue waits for its turn behind all earlier submissions.
	LaneQueue LanePolicy = "queue"
	// LaneSupersede drops all that wait and takes their place; what runs is not
	// interrupted.
	LaneSupersede LanePolicy = "supersede"
	// LaneReject is refused where anything runs or waits.
	LaneReject LanePolicy = "reject"
)

// Spec is what a release asks for: the data of a request event and the spec of a
// release file. Only App is required, and the artifact of a release; [Spec.WithDefaults]
// fills the rest.
type Spec struct {
	App App `json:"app"`
	// Operation is what is done: a release unless it says otherwise.
	Operation Operation `json:"operation,omitempty"`
	// Artifact is what a release brings; other operations have none, but a rescale may name its Part. A
	// release that brings configuration may leave it out: then what runs stays.
	Artifact Artifact `json:"artifact,omitzero"`
	// Config is what a release changes of the application's configuration; nil changes nothing.
	Config *Config `json:"config,omitempty"`
	// Job is how a job runs; nil where it is not to run.
	Job *Job `json:"job,omitempty"`
	// Version is the platform's ID of the version that a rollback returns to; empty means
	// the last good one.
	Version string `json:"version,omitempty"`
	// Instances is the number of instances that a rescale asks for.
	Instances int      `json:"instances,omitempty"`
	Strategy  Strategy `json:"strategy,omitzero"`
	// Approval asks people before anything is changed; nil asks nobody.
	Approval *Approval `json:"approval,omitempty"`
	// Traffic holds the traffic rules of a gray release.
	Traffic  *Traffic `json:"traffic,omitempty"`
	Scaling  Scaling  `json:"scaling,omitzero"`
	Rollback Rollback `json:"rollback,omitzero"`
	Limits   Limits   `json:"limits,omitzero"`
	Lane     Lane     `json:"lane,omitzero"`
	// Freeze says what freezes mean to this release.
	Freeze FreezePolicy `json:"freeze,omitzero"`
	// Policy names policies that do not hold this release.
	Policy PolicyOverride `json:"policy,omitzero"`
	// Adopt is the ID of a change, begun elsewhere, that the release takes over
	// instead of beginning one of its own.
	Adopt string `json:"adopt,omitempty"`
	// RetryOf is the ID of the release that this one repeats. It is recorded, and decides nothing.
	RetryOf     string `json:"retryOf,omitempty"`
	RequestedBy string `json:"requestedBy,omitempty"`
	Note        string `json:"note,omitempty"`
}

// OnlyConfig reports whether the spec asks for configuration alone: what runs stays.
func (s Spec) OnlyConfig() bool {
	return s.Operation.brings() && s.Adopt == "" && s.Config != nil && !s.Artifact.Known()
}

// App is the application a release changes.
type App struct {
	Platform Platform `json:"platform"`
	// Region is the platform's region ID, for example cn-hangzhou.
	Region string `json:"region"`
	// ID is the platform's own application ID, or that of a job template (both AppId on SAE), or
	// the name of a service (on Function Compute).
	ID string `json:"id"`
	// Qualifier names which of the pointers to a version of the application a release moves (an
	// alias on Function Compute); empty takes the platform's default, see [Traits].
	Qualifier string `json:"qualifier,omitempty"`
}

// WithDefaults returns the application with its qualifier at the platform's default, where the platform
// has qualifiers and none is named.
func (a App) WithDefaults() App {
	a.Qualifier = cmp.Or(a.Qualifier, traitsFor(a.Platform).Qualifier)
	return a
}

// Unqualified returns the application as a whole: whichever of its pointers releases move, they stand in
// one lane.
func (a App) Unqualified() App {
	a.Qualifier = ""
	return a
}

// Artifact is what is to run: exactly one of Image and Package.
type Artifact struct {
	// Image is a container image reference.
	Image string `json:"image,omitempty"`
	// Package is a code package in the platform's storage.
	Package *Package `json:"package,omitempty"`
	// Registry is the registry instance that holds the image, where the platform needs to know
	// it; nil takes the application's.
	Registry *Registry `json:"registry,omitempty"`
	// Part is the part of the application that the artifact is for, or whose configuration or number of
	// instances is changed (a function on Function Compute); it may be left out where the application has
	// one part.
	Part string `json:"part,omitempty"`
}

// Registry is an enterprise registry that an image is pulled from.
type Registry struct {
	// Instance is the platform's ID of the registry (AcrInstanceId on SAE).
	Instance string `json:"instance"`
	// Role is the role that may pull from a registry of another account (AcrAssumeRoleArn on
	// SAE); empty for one of the application's own.
	Role string `json:"role,omitempty"`
}

// Package is a code package (jar, war, zip) by address and version.
type Package struct {
	URL     string `json:"url"`
	Version string `json:"version"`
}

// String names the artifact as people write it, or the part alone that it is for.
func (a Artifact) String() string {
	switch {
	case a.Image != "":
		return a.Image
	case a.Package != nil && a.Package.Version != "":
		return a.Package.URL + "@" + a.Package.Version
	case a.Package != nil:
		return a.Package.URL
	case a.Part != "":
		return a.Part
	default:
		return "unknown artifact"
	}
}

// Known reports whether the artifact says what runs.
func (a Artifact) Known() bool { return a.Image != "" || a.Package != nil }

// Same reports whether two artifacts are the same thing to run, for the same part where both name one.
func (a Artifact) Same(b Artifact) bool {
	if a.Part != "" && b.Part != "" && a.Part != b.Part {
		return false
	}
	if a.Package == nil || b.Package == nil {
		return a.Package == b.Package && a.Image == b.Image
	}
	return *a.Package == *b.Package && a.Image == b.Image
}

// Strategy says how instances are replaced and who lets each batch begin.
type Strategy struct {
	Type StrategyType `json:"type,omitempty"`
	// Gray is the number of instances in the first batch (gray only).
	Gray int `json:"gray,omitempty"`
	// Weights are the percentages of the traffic that the new version gets after each batch but the
	// last, which gives it all (gray only, where the platform shifts traffic; see [Traits]).
	Weights []int `json:"weights,omitempty"`
	// Batches is the number of batches: all of them for batch, those after the gray
	// batch for gray.
	Batches int         `json:"batches,omitempty"`
	Confirm ConfirmMode `json:"confirm,omitempty"`
	// Approval asks people about each finished batch but the last, in the place of the one who confirms
	// it; nil does not.
	Approval *Approval `json:"approval,omitempty"`
	// Bake is how long a finished batch runs before the next one may begin.
	Bake Duration `json:"bake,omitzero"`
	// MinReadyInstances is the number of instances that stay ready during the change;
	// unset leaves it to the platform, 0 allows an outage.
	MinReadyInstances *int `json:"minReadyInstances,omitempty"`
	// MinReadyRatio says the same in percent of the instances, rounded up; at most one of the
	// two is given.
	MinReadyRatio *int `json:"minReadyRatio,omitempty"`
	// MaxSurge is how many instances may be there above their number during the change, and
	// MaxSurgeRatio the same in percent, rounded up; at most one of the two is given. Unset
	// leaves it to the platform.
	MaxSurge      *int `json:"maxSurge,omitempty"`
	MaxSurgeRatio *int `json:"maxSurgeRatio,omitempty"`
	// Gates are checked after each finished batch but the last, once it has baked.
	Gates []Gate `json:"gates,omitempty"`
	// Watch watches the new version after the last batch; nil does not.
	Watch *Watch `json:"watch,omitempty"`
	// Schedule holds batches back until a time of day.
	Schedule []BatchSchedule `json:"schedule,omitempty"`
}

// Scaling says what happens to the application's scaling rules meanwhile.
type Scaling struct {
	// Suspend switches the enabled rules off before the change and exactly those on
	// again after it. Unset means what is usual on the platform, see [Traits].
	Suspend *bool `json:"suspend,omitempty"`
}

// Suspended reports whether the rules are to be suspended.
func (s Scaling) Suspended() bool { return s.Suspend == nil || *s.Suspend }

// Rollback is the policy after a failed rollout.
type Rollback struct {
	// OnFailure rolls back to the version that ran before. Unset means true. It only
	// matters where the platform does not roll back by itself.
	OnFailure *bool `json:"onFailure,omitempty"`
}

// Wanted reports whether a failed rollout is to be rolled back.
func (r Rollback) Wanted() bool { return r.OnFailure == nil || *r.OnFailure }

// Limits bound every wait of a release.
type Limits struct {
	// Confirm is how long a batch waits for a person.
	Confirm Duration `json:"confirm,omitzero"`
	// PlatformApproval is how long a change waits for the platform's own approval.
	PlatformApproval Duration `json:"platformApproval,omitzero"`
	// Queue is how long the release waits for its turn.
	Queue Duration `json:"queue,omitzero"`
	// Total is how long the release may take once its turn has come.
	Total Duration `json:"total,omitzero"`
	// OnConfirmTimeout says what happens when Confirm has passed.
	OnConfirmTimeout TimeoutPolicy `json:"onConfirmTimeout,omitempty"`
}

// Lane says how the release takes its place among those of the same application.
type Lane struct {
	Policy LanePolicy `json:"policy,omitempty"`
	// Preempt makes the release the next one and asks what runs to give way: it is
	// aborted where no batch is in progress. Releases that preempt keep their order among
	// themselves.
	Preempt bool `json:"preempt,omitempty"`
}

// FreezePolicy says what freezes mean to a release.
type FreezePolicy struct {
	// Override is the reason why freezes do not hold this release; it is recorded.
	Override string `json:"override,omitempty"`
}

// The defaults of a spec.
const (
	DefaultConfirmLimit          = Duration(24 * time.Hour)
	DefaultPlatformApprovalLimit = Duration(72 * time.Hour)
	DefaultQueueLimit            = Duration(168 * time.Hour)
	DefaultTotalLimit            = Duration(168 * time.Hour)
)

// WithDefaults returns the spec with every unset field at its default.
func (s Spec) WithDefaults() Spec {
	on := traitsFor(s.App.Platform)
	s.App = s.App.WithDefaults()
	s.Operation = cmp.Or(s.Operation, OperationRelease)
	s.Strategy = s.Strategy.withDefaults(on)
	s.Approval = s.Approval.withDefaults()
	st := &s.Strategy
	st.Gates = gatesWithDefaults(st.Gates)
	if st.Watch != nil {
		st.Watch = new(st.Watch.withDefaults())
	}
	s.Limits.Confirm = cmp.Or(s.Limits.Confirm, DefaultConfirmLimit)
	if on.Approval {
		s.Limits.PlatformApproval = cmp.Or(s.Limits.PlatformApproval, DefaultPlatformApprovalLimit)
	}
	s.Limits.Queue = cmp.Or(s.Limits.Queue, DefaultQueueLimit)
	s.Limits.Total = cmp.Or(s.Limits.Total, DefaultTotalLimit)
	s.Limits.OnConfirmTimeout = cmp.Or(s.Limits.OnConfirmTimeout, TimeoutAbort)
	s.Lane.Policy = cmp.Or(s.Lane.Policy, LaneQueue)
	if s.Scaling.Suspend == nil {
		s.Scaling.Suspend = new(on.Suspends)
	}
	if s.Rollback.OnFailure == nil {
		s.Rollback.OnFailure = new(true)
	}
	return s
}

// withDefaults fills how the batches of a strategy are divided, where they replace instances, and who
// lets each begin: a person, where the platform waits for one.
func (s Strategy) withDefaults(on Traits) Strategy {
	s.Type, s.Approval = cmp.Or(s.Type, StrategyAll), s.Approval.withDefaults()
	if s.Type != StrategyGray && s.Type != StrategyBatch {
		return s
	}
	usual := ConfirmManual
	if !on.PausesAfter(s.Type, 1) {
		usual = ConfirmAuto // nobody could confirm
	}
	s.Confirm = cmp.Or(s.Confirm, usual)
	switch {
	case on.Step != StepInstances:
	case s.Type == StrategyGray:
		s.Gray, s.Batches = cmp.Or(s.Gray, 1), cmp.Or(s.Batches, 1)
	default:
		s.Batches = cmp.Or(s.Batches, 2)
	}
	return s
}
