package release

import (
	"encoding/json"
	"strings"
	"time"
)

// Verb is one thing a platform can be told to do or asked. Each is an activity, named
// <platform>.<Verb>, on the platform's own task queue.
type Verb string

// The platform verbs, each with the types of its input and its answer.
const (
	// VerbSnapshot reads what the application is before a release touches it.
	// [SnapshotInput] to [Snapshot].
	VerbSnapshot Verb = "Snapshot"
	// VerbAwaitIdle answers a snapshot once no change of the application is
	// unfinished, or another one is than the one that is known, or that one has come to wait
	// for somebody: then the snapshot is busy.
	// [SnapshotInput] to [Snapshot].
	VerbAwaitIdle Verb = "AwaitIdle"
	// VerbFindChange looks for the change of a verb whose answer was lost.
	// [FindChangeInput] to [FoundChange].
	VerbFindChange Verb = "FindChange"
	// VerbBeginRollout begins the change that brings the new version. Like each verb
	// that begins one, it sends nothing again after an answer was lost: see VerbFindChange.
	// [BeginRolloutInput] to [Change].
	VerbBeginRollout Verb = "BeginRollout"
	// VerbObserve returns when a change shows something new.
	// [ObserveInput] to [Observation].
	VerbObserve Verb = "Observe"
	// VerbConfirmBatch lets the batch after the given one begin.
	// [ConfirmBatchInput] to nothing.
	VerbConfirmBatch Verb = "ConfirmBatch"
	// VerbAbortRollout tells the platform to abort a change and roll it back.
	// Where the platform cannot do so yet, because it stops nothing that it is at, the verb fails with
	// [FaultNotNow] until it can.
	// [AbortRolloutInput] to [AbortRolloutResult].
	VerbAbortRollout Verb = "AbortRollout"
	// VerbBeginRollback begins the change that brings an old version back.
	// [BeginRollbackInput] to [Change].
	VerbBeginRollback Verb = "BeginRollback"
	// VerbBeginRestart begins the change that restarts all instances.
	// [BeginRestartInput] to [Change].
	VerbBeginRestart Verb = "BeginRestart"
	// VerbBeginRescale begins the change that changes the number of instances.
	// [BeginRescaleInput] to [Change].
	VerbBeginRescale Verb = "BeginRescale"
	// VerbApplyTraffic sets the traffic rule of a gray release.
	// [ApplyTrafficInput] to nothing.
	VerbApplyTraffic Verb = "ApplyTraffic"
	// VerbClearTraffic removes the traffic rule of a gray release and puts back the
	// application's own.
	// [ClearTrafficInput] to [ClearTrafficResult].
	VerbClearTraffic Verb = "ClearTraffic"
	// VerbSetScaling enables or disables scaling rules and reads them back.
	// [SetScalingInput] to [SetScalingResult].
	VerbSetScaling Verb = "SetScaling"
	// VerbVerify reads back which version the application runs.
	// [VerifyInput] to [Verification].
	VerbVerify Verb = "Verify"
	// VerbBeginJobUpdate begins the change that brings an artifact to a job template; it is
	// found like that of a restart.
	// [BeginJobUpdateInput] to [Change].
	VerbBeginJobUpdate Verb = "BeginJobUpdate"
	// VerbRunJob executes a job once: said again with the same key, it answers the run that
	// there is.
	// [RunJobInput] to [JobRun].
	VerbRunJob Verb = "RunJob"
	// VerbObserveRun returns when a run shows something new.
	// [ObserveRunInput] to [JobRun].
	VerbObserveRun Verb = "ObserveRun"
	// VerbStopRun ends a run, and answers how it has ended: one that was over before is left
	// as it is.
	// [StopRunInput] to [JobRun].
	VerbStopRun Verb = "StopRun"
)

// Verbs lists all verbs: what a driver of a platform carries out.
func Verbs() []Verb {
	return []Verb{
		VerbSnapshot, VerbAwaitIdle, VerbFindChange, VerbBeginRollout, VerbObserve, VerbConfirmBatch, VerbAbortRollout,
		VerbBeginRollback, VerbBeginRestart, VerbBeginRescale, VerbApplyTraffic, VerbClearTraffic, VerbSetScaling, VerbVerify,
		VerbBeginJobUpdate, VerbRunJob, VerbObserveRun, VerbStopRun,
	}
}

// ActivityName returns the name under which a platform's verb is registered.
func ActivityName(p Platform, v Verb) string { return string(p) + "." + string(v) }

// Version is a version of an application that the platform can return to.
type Version struct {
	// ID is the platform's own version ID; empty when it keeps none for it.
	ID       string   `json:"id,omitempty"`
	Artifact Artifact `json:"artifact"`
	// Config is a digest of its configuration, by which versions of one artifact are told apart:
	// sha256: and 12 hexadecimal digits; empty where it was not read.
	Config string `json:"config,omitempty"`
}

// Same reports whether two versions are the same thing to run: the same version of the platform, or
// the same artifact, with the same configuration where that of both is known. A platform may keep
// the same thing under several IDs.
func (v Version) Same(w Version) bool {
	if v.ID != "" && v.ID == w.ID {
		return true
	}
	return v.Artifact.Known() && v.Artifact.Same(w.Artifact) && (v.Config == "" || w.Config == "" || v.Config == w.Config)
}

// Is reports whether what was read back is a version, whatever its configuration: by their IDs where
// the platform tells that of what runs, else by their artifacts.
func (v Version) Is(w Version) bool {
	if v.ID != "" && w.ID != "" {
		return v.ID == w.ID
	}
	return v.Artifact.Same(w.Artifact)
}

// Public names the version for people: its artifact, or its ID where the artifact is not known.
func (v Version) Public() string {
	if v.ID != "" && !v.Artifact.Known() {
		return "version " + v.ID
	}
	return v.Artifact.Public()
}

// ScalingRule is a scaling rule of an application.
type ScalingRule struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	// Revision names what the rule says, whether it is enabled or not: another revision
	// means that somebody has changed the rule.
	Revision string `json:"revision,omitempty"`
	// Kept is the rule as it was read, where the platform has no switch for it, so that it is
	// disabled by being taken away and enabled by being put back; see [Traits]. Only the
	// platform's driver reads it.
	Kept json.RawMessage `json:"kept,omitempty"`
}

// Mark marks the newest change of an application at one moment: what is newer was begun later. Only
// the platform's driver writes and reads it, as JSON of its own; nil marks nothing.
type Mark = json.RawMessage

// ForeignChange is an unfinished change that this release did not begin.
type ForeignChange struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Description string `json:"description,omitempty"`
	// Stuck tells that it does not end by itself: it waits for somebody.
	Stuck bool `json:"stuck,omitempty"`
	// Since is when it was begun; zero where the platform does not say so.
	Since time.Time `json:"since,omitzero"`
}

// Unchanged reports whether two looks have shown the same unfinished change, which has not come to
// wait for somebody in between.
func (c *ForeignChange) Unchanged(later *ForeignChange) bool {
	return c != nil && later != nil && c.ID == later.ID && c.Stuck == later.Stuck
}

// Releases are the IDs of the releases that have begun the change, as its description tells: of several, one has. None is a change
// that was begun elsewhere, or by a release whose platform does not tell it.
func (c ForeignChange) Releases() (ids []string) {
	for word := range strings.FieldsSeq(c.Description) {
		if id, is := ReleaseOfToken(word); is && CheckReleaseID(id) == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// Words name the change for people, and who has begun it.
func (c ForeignChange) Words() string {
	by := "begun elsewhere"
	if of := c.Releases(); len(of) > 0 {
		by = "begun by release " + strings.Join(of, " or ")
	}
	return "change " + c.ID + " (" + c.Type + "), " + by
}

// SnapshotInput asks for a [Snapshot].
type SnapshotInput struct {
	App App `json:"app"`
	// Rollback asks to resolve the version to return to as well, and whether the
	// application can be rolled back at all.
	Rollback *RollbackQuestion `json:"rollback,omitempty"`
	// Rescale asks for the instances that a rescale will change.
	Rescale *RescaleQuestion `json:"rescale,omitempty"`
	// Release asks what a release will change, and whether the platform takes it. It is not
	// answered where there is an [OwnChange]: that one has begun to change it.
	Release *ReleaseQuestion `json:"release,omitempty"`
	// Traffic asks for the application's own traffic rule.
	Traffic bool `json:"traffic,omitempty"`
	// Settings asks for all settings of an application, to compare it with another one.
	Settings bool `json:"settings,omitempty"`
	// Token asks for the change that carries it: one that the release has begun itself
	// before it was reset.
	Token string `json:"token,omitempty"`
	// Adopt is the ID of a change, begun elsewhere, that the release is to follow;
	// one that has ended or is none that brings a version is FaultInvalid.
	Adopt string `json:"adopt,omitempty"`
	// Job asks for a job template instead of an application; nil asks for an application.
	Job *JobQuestion `json:"job,omitempty"`
	// Known is the unfinished change that [VerbAwaitIdle] is known to wait for.
	Known *ForeignChange `json:"known,omitempty"`
}

// ReleaseQuestion asks what a release will change, and what of it would be refused.
type ReleaseQuestion struct { //nolint:revive // beside RollbackQuestion
	// Artifact is what it brings; the zero value leaves what runs.
	Artifact Artifact `json:"artifact,omitzero"`
	Strategy Strategy `json:"strategy"`
	Config   *Config  `json:"config,omitempty"`
	// Traffic are its traffic rules; nil where it has none.
	Traffic *Traffic `json:"traffic,omitempty"`
}

// Planned is what a release will change.
type Planned struct {
	// Artifact is what is to run in the end: the one that was asked for, with the registry that
	// it is pulled from, or what runs. Where the platform takes no version of a package twice,
	// a release of configuration alone has a new version of the same package.
	Artifact Artifact `json:"artifact"`
	// Instances is the number of instances that the application will have.
	Instances int `json:"instances"`
	// Settings are the settings that will change, by their names.
	Settings []Setting `json:"settings,omitempty"`
	// Refused is what the platform would refuse of it, or does not fit to the application as it
	// is: every problem, with the numbers. Then nothing of the rest is carried out.
	Refused Problems `json:"refused,omitempty"`
	// Warning is what somebody should know of it although it stands against nothing, in words; empty
	// where there is nothing.
	Warning string `json:"warning,omitempty"`
	// PartUnknown tells that what is refused leaves open which part of the application is meant, so
	// that nothing is known of its instances.
	PartUnknown bool `json:"partUnknown,omitempty"`
}

// RescaleQuestion asks how many instances there are of what a rescale changes. A part that does not exist,
// or none where the application has several, is FaultInvalid.
type RescaleQuestion struct {
	// Part is the part of the application that is meant ([Artifact.Part]); empty where it has one.
	Part string `json:"part,omitempty"`
}

// RollbackQuestion asks for a version to return to. A version that does not exist is
// FaultNotFound; an application that cannot be rolled back is FaultInvalid.
type RollbackQuestion struct {
	// VersionID is the platform's ID of the version; empty asks for the last good one: the
	// first of Good that the platform keeps and that does not run, or else the newest that does
	// not run. It is none of Avoid.
	VersionID string `json:"versionId,omitempty"`
	// Good are versions that releases have succeeded with, the best first. Each has its ID where the
	// platform has told it, and is else known by its artifact; see [Version.Same].
	Good []Version `json:"good,omitempty"`
	// Avoid are versions that are known to be bad, likewise.
	Avoid []Version `json:"avoid,omitempty"`
}

// Snapshot is an application before a release touches it.
type Snapshot struct {
	// AppName is what the platform calls the application, for people.
	AppName string `json:"appName,omitempty"`
	// Instances is the number of instances the application should have, or the part of it that Rescale
	// or Release names.
	Instances int `json:"instances"`
	// Version is what it runs now, and the target of a rollback; zero where it has none yet. When a
	// change is adopted it is what ran before that change.
	Version Version `json:"version"`
	// ScalingRules are the rules as they are; when a change is adopted, a rule that
	// the change itself has switched off counts as enabled.
	ScalingRules []ScalingRule  `json:"scalingRules,omitempty"`
	Mark         Mark           `json:"mark,omitempty"`
	Busy         *ForeignChange `json:"busy,omitempty"`
	// Running is what its instances run, where the newest change that brought a version did not
	// succeed: versions may be mixed then, whatever the configuration says.
	Running []Share `json:"running,omitempty"`
	// Own is the change that carries the token that was asked for, nil where there is
	// none. It is never Busy.
	Own *OwnChange `json:"own,omitempty"`
	// Wanted is the version that Rollback asked for.
	Wanted *Version `json:"wanted,omitempty"`
	// Planned is what Release asked for.
	Planned *Planned `json:"planned,omitempty"`
	// Traffic is the application's own traffic rule, where it was asked for and there is one.
	Traffic *KeptTraffic `json:"traffic,omitempty"`
	// Settings are what the version that runs has of all that its platform tells of, by the names that a release would
	// change it by and in their order, each in Before; nil where they were not asked for.
	Settings []Setting `json:"settings,omitempty"`
	// Adopted is what is known of the change to adopt.
	Adopted *AdoptedChange `json:"adopted,omitempty"`
	// Job is what a job template has besides; nil of an application.
	Job *JobSnapshot `json:"job,omitempty"`
}

// OwnChange is a change that the release has begun before it was reset.
type OwnChange struct {
	ID string `json:"id"`
	// Version has the meaning of that of [Change].
	Version string `json:"version,omitempty"`
	// Unfinished tells that it is still at work.
	Unfinished bool `json:"unfinished,omitempty"`
}

// Identity is the ID of the change; empty when there is none.
func (c *OwnChange) Identity() string {
	if c == nil {
		return ""
	}
	return c.ID
}

// AdoptedChange is how a change that was begun elsewhere replaces the instances.
type AdoptedChange struct {
	Strategy StrategyType `json:"strategy"`
	// Batches are the numbers of instances of its batches; empty when it does not tell them.
	Batches []int `json:"batches,omitempty"`
}

// KeptTraffic is an application's own traffic rule, kept while a release uses its place.
type KeptTraffic struct {
	Name string `json:"name"`
	// Rule is the rule as it was read, and is written back so, whatever it says; only the
	// platform's driver reads it.
	Rule json.RawMessage `json:"rule"`
}

// BeginRolloutInput asks for the change that brings the artifact.
type BeginRolloutInput struct {
	App      App      `json:"app"`
	Artifact Artifact `json:"artifact"`
	Strategy Strategy `json:"strategy"`
	// Config is what is changed of the configuration; nil changes nothing.
	Config *Config `json:"config,omitempty"`
	// Token is written into the change's description, see [Token].
	Token string `json:"token"`
	Mark  Mark   `json:"mark,omitempty"`
	// RestoreScaling lets the platform switch on again the rules that its change
	// switched off. A release that suspends rules restores them itself.
	RestoreScaling bool `json:"restoreScaling,omitempty"`
	// Traffic are the traffic rules of the release; nil where it has none. Where they are set apart from
	// the change ([Traits.TrafficApart]), they are there already, and the change is told so.
	Traffic *Traffic `json:"traffic,omitempty"`
	// Override passes over a freeze.
	Override bool `json:"override,omitempty"`
	// Again tells that an earlier call of the step was declined: see [FaultDeclined].
	Again bool `json:"again,omitempty"`
}

// Retried is the input of the next call after one that was declined: it looks first for the
// change of that one.
func (in BeginRolloutInput) Retried() any {
	in.Again = true
	return in
}

// BeginRollbackInput asks for the change that brings a version back.
type BeginRollbackInput struct {
	App      App      `json:"app"`
	Version  Version  `json:"version"`
	Strategy Strategy `json:"strategy,omitzero"`
	Mark     Mark     `json:"mark,omitempty"`
	// RestoreScaling has the meaning of the rollout's.
	RestoreScaling bool `json:"restoreScaling,omitempty"`
	// Override passes over a freeze: always set on a release's own way back.
	Override bool `json:"override,omitempty"`
	// Again tells that an earlier call of the step was declined: see [FaultDeclined].
	Again bool `json:"again,omitempty"`
}

// Retried is the input of the next call after one that was declined: it looks first for the
// change of that one.
func (in BeginRollbackInput) Retried() any {
	in.Again = true
	return in
}

// BeginRestartInput asks for the change that restarts all instances.
type BeginRestartInput struct {
	App            App  `json:"app"`
	Mark           Mark `json:"mark,omitempty"`
	RestoreScaling bool `json:"restoreScaling,omitempty"`
	Override       bool `json:"override,omitempty"`
	// Again tells that an earlier call of the step was declined: see [FaultDeclined].
	Again bool `json:"again,omitempty"`
}

// Retried is the input of the next call after one that was declined: it looks first for the
// change of that one.
func (in BeginRestartInput) Retried() any {
	in.Again = true
	return in
}

// BeginRescaleInput asks for the change that changes the number of instances.
type BeginRescaleInput struct {
	App App `json:"app"`
	// Part is the part of the application that is meant ([Artifact.Part]); empty where it has one.
	Part           string `json:"part,omitempty"`
	Instances      int    `json:"instances"`
	Mark           Mark   `json:"mark,omitempty"`
	RestoreScaling bool   `json:"restoreScaling,omitempty"`
	Override       bool   `json:"override,omitempty"`
	// Again tells that an earlier call of the step was declined: see [FaultDeclined].
	Again bool `json:"again,omitempty"`
}

// Retried is the input of the next call after one that was declined: it looks first for the
// change of that one.
func (in BeginRescaleInput) Retried() any {
	in.Again = true
	return in
}

// Change is a change that was begun. A verb that begins one fails with one of these
// faults, beside those that every verb has: [FaultConflict] where another change is
// unfinished or was begun after the mark, so that what was read of the application is
// no longer true; [FaultAmbiguous] where the answer was lost; [FaultDeclined] where the call
// was sent and answered with an error that passes. Any other means that nothing was sent, or
// that it was refused for good.
type Change struct {
	ID string `json:"id"`
	// Version is the platform's ID of the version that the change brings; empty where the platform
	// gives it only later.
	Version string `json:"version,omitempty"`
	// Adopted tells that it was found after a lost answer rather than answered.
	Adopted bool `json:"adopted,omitempty"`
	// Nothing tells that there was nothing to change: the platform has taken the call, and has what was asked
	// for already. There is no change to follow then.
	Nothing bool `json:"nothing,omitempty"`
}

// FindChangeInput looks for the change that a verb may have begun: its answer was
// lost, or its worker died.
type FindChangeInput struct {
	App App `json:"app"`
	// Verb is the verb that may have begun it, Token its token where it has one, and
	// Mark the one that it was given. Of [VerbRunJob] it is the run that is looked for, by
	// the mark of runs.
	Verb  Verb   `json:"verb"`
	Token string `json:"token,omitempty"`
	Mark  Mark   `json:"mark,omitempty"`
	// Since is a time after which the call was not sent. Until the settle delay has passed
	// since then, a change that is not found may still be begun.
	Since time.Time `json:"since"`
}

// FoundChange is the answer of [VerbFindChange], given once it is certain. Several changes that
// could be the one are [FaultUndecidable].
type FoundChange struct {
	// Change is the change; nil when none was begun, and none will be any more.
	Change *Change `json:"change,omitempty"`
}

// ObserveInput asks for what is new of a change.
type ObserveInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
	// Seen is the last observation; zero at first.
	Seen Observation `json:"seen,omitzero"`
	// Traffic are the traffic rules that are a part of the change, which are read back as long as they lead
	// requests; nil where it has none.
	Traffic *Traffic `json:"traffic,omitempty"`
}

// ConfirmBatchInput lets the batch after a finished one begin.
type ConfirmBatchInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
	// Batch is the finished batch, from 1.
	Batch int `json:"batch"`
	// Override passes over a freeze.
	Override bool `json:"override,omitempty"`
}

// AbortRolloutInput aborts a change and rolls it back. The way back is never
// held by a freeze.
type AbortRolloutInput struct {
	App      App    `json:"app"`
	ChangeID string `json:"changeId"`
}

// AbortRolloutResult says whether there was something to abort.
type AbortRolloutResult struct {
	// Ended tells that the change had ended already, so that nothing was aborted.
	Ended bool `json:"ended,omitempty"`
}

// SetScalingInput enables or disables the named rules.
type SetScalingInput struct {
	App App `json:"app"`
	// Late is a time before which an earlier call about these rules was sent whose effect is
	// not known; zero when there is none. Nothing is read or changed before the settle delay
	// has passed since then.
	Late time.Time `json:"late,omitzero"`
	// Rules are the rules to switch, by their names; none means all that the application has. Where
	// a rule is disabled by being taken away, it is put back as it was kept, unless there is one of
	// its name again; and one that does not say what was kept of it is not taken away:
	// [FaultConflict].
	Rules  []ScalingRule `json:"rules,omitempty"`
	Enable bool          `json:"enable"`
	// Override passes over a freeze: always set when rules are put back.
	Override bool `json:"override,omitempty"`
}

// SetScalingResult tells what became of each named rule.
type SetScalingResult struct {
	// Rules are the named rules as read back; a rule that does not exist is left out, be it that
	// somebody has deleted it or that it was taken away.
	Rules []ScalingRule `json:"rules,omitempty"`
}

// ApplyTrafficInput sets the traffic rule of a release. An application has one rule at
// most: Kept is its own, whose place the release uses.
type ApplyTrafficInput struct {
	App App `json:"app"`
	// ReleaseID names the rule, so that it can be told from others.
	ReleaseID string       `json:"releaseId"`
	Traffic   Traffic      `json:"traffic"`
	Kept      *KeptTraffic `json:"kept,omitempty"`
	// Override passes over a freeze.
	Override bool `json:"override,omitempty"`
}

// ClearTrafficInput removes the traffic rule of a release and puts back Kept.
type ClearTrafficInput struct {
	App       App          `json:"app"`
	ReleaseID string       `json:"releaseId"`
	Traffic   Traffic      `json:"traffic"`
	Kept      *KeptTraffic `json:"kept,omitempty"`
	// Late has the meaning of that of [SetScalingInput].
	Late time.Time `json:"late,omitzero"`
}

// ClearTrafficResult tells what became of the application's traffic rule.
type ClearTrafficResult struct {
	// Foreign tells that somebody has changed the rule meanwhile; it was left alone.
	Foreign bool `json:"foreign,omitempty"`
}

// VerifyInput asks which version runs.
type VerifyInput struct {
	App App `json:"app"`
	// Want is the version that should run. The platform's answer may lag behind a change that
	// has just ended, so a few looks are allowed before it is answered that it does not. Where its ID is
	// known, the application should have its configuration, too.
	Want Version `json:"want"`
	// Config is what should hold of the configuration.
	Config *Config `json:"config,omitempty"`
	// Job tells that it is about a job template.
	Job bool `json:"job,omitempty"`
}

// Verification is what an application was read back to run.
type Verification struct {
	// Configured is the version that the application is configured to run.
	Configured Version `json:"configured"`
	// Running are the distinct versions of its instances, or of what answers its traffic; more than
	// one means that versions are mixed.
	Running []Share `json:"running,omitempty"`
	// Instances is the number of instances that were read, and Wanted how many the application
	// is to have.
	Instances int `json:"instances"`
	Wanted    int `json:"wanted,omitempty"`
	// Differs are the names of the settings that are not as they should be, as [Setting] has
	// them.
	Differs []string `json:"differs,omitempty"`
	// Gone tells that the platform keeps the version no longer that was asked about, so that Differs
	// says nothing of it.
	Gone bool `json:"gone,omitempty"`
	// Other is an unfinished change of the application: what runs may change again.
	Other *ForeignChange `json:"other,omitempty"`
}
