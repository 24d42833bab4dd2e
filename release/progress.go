package release

import (
	"encoding/json"
	"slices"
	"time"
)

// BatchState is the state of one batch.
type BatchState string

// The states of a batch.
const (
	BatchPending   BatchState = "pending"
	BatchRunning   BatchState = "running"
	BatchDone      BatchState = "done"
	BatchFailed    BatchState = "failed"
	BatchConfirmed BatchState = "confirmed"
	// BatchAborted was in progress when the release was broken off.
	BatchAborted BatchState = "aborted"
)

// AwaitKind says what a parked release waits for.
type AwaitKind string

// The kinds of waiting.
const (
	// AwaitQueue waits for the releases before it in its lane.
	AwaitQueue AwaitKind = "queue"
	// AwaitOtherChange waits for the end of an unfinished change of the application: one that
	// somebody else began, or on the way back its own that hangs.
	AwaitOtherChange AwaitKind = "other-change"
	// AwaitBake lets a finished batch run for the bake time.
	AwaitBake AwaitKind = "bake"
	// AwaitConfirm waits for a person to confirm a batch.
	AwaitConfirm AwaitKind = "confirm"
	// AwaitApproval waits for enough people to approve the release, or a finished batch.
	AwaitApproval AwaitKind = "approval"
	// AwaitPlatformApproval waits for the platform's approval of the change.
	AwaitPlatformApproval AwaitKind = "platform-approval"
	// AwaitGates measures the gates after a batch.
	AwaitGates AwaitKind = "gates"
	// AwaitResume waits for the end of a pause.
	AwaitResume AwaitKind = "resume"
	// AwaitSchedule waits for the time of day at which the next batch may begin.
	AwaitSchedule AwaitKind = "schedule"
	// AwaitWatch waits for the end of the time for which the new version is watched.
	AwaitWatch AwaitKind = "watch"
	// AwaitFreeze waits for the end of a freeze.
	AwaitFreeze AwaitKind = "freeze"
)

// Progress is the public picture of a release: the answer of the query "progress",
// the data of lifecycle events and the result of the workflow. Times are RFC 3339.
type Progress struct {
	ReleaseID string `json:"releaseId"`
	// Transition is the number of the latest transition that the world was told of, from 1.
	Transition uint64 `json:"transition,omitempty"`
	App        App    `json:"app"`
	// ByName is set where the release was asked for by the name of its application: the document, its
	// environment and its revision.
	ByName *ByName `json:"byName,omitempty"`
	// AppName is what the platform calls the application, for people; empty until it was read.
	AppName string `json:"appName,omitempty"`
	// Operation is what is done with the application.
	Operation Operation `json:"operation,omitempty"`
	// Artifact is what is to run in the end; for a rollback it is known once the version is.
	Artifact Artifact `json:"artifact"`
	// Config is the digest of the configuration that was asked for with it, see [Config.Digest]; empty
	// where none was.
	Config string `json:"config,omitempty"`
	// Version is the platform's ID of the version that the release brings; empty while it is not known,
	// and where the platform gives it only later.
	Version string `json:"version,omitempty"`
	// OnlyConfig tells that no artifact was asked for: the one that ran before stays, and configuration
	// alone is changed.
	OnlyConfig bool `json:"onlyConfig,omitempty"`
	// Settings are the settings that the release changes, as the platform has planned them: the values
	// of most are digests. They are known once the application was read.
	Settings []Setting `json:"settings,omitempty"`
	Phase    Phase     `json:"phase"`
	// Outcome is the phase in which the release ended; empty while it has not.
	Outcome Phase `json:"outcome,omitempty"`
	// Reason says in words why the release stands where it stands.
	Reason string `json:"reason,omitempty"`
	// Denied tells that the release has not begun because its lane denies its artifact or configuration,
	// which was rolled back.
	Denied bool `json:"denied,omitempty"`
	// Refused tells that the release was refused as it was asked for, before it has changed anything: the
	// same once more is refused again, unless the application has changed.
	Refused bool `json:"refused,omitempty"`
	// Warning is what somebody should know of the release although it stands against nothing, as it was
	// planned; empty where there is nothing.
	Warning  string   `json:"warning,omitempty"`
	Strategy Strategy `json:"strategy"`
	// ChangeID is the platform's ID of the latest change of this release.
	ChangeID string `json:"changeId,omitempty"`
	// Stages are what the platform has done for the latest change that has failed. Of a change at work a release does not keep
	// them; whoever asks Temporal fills them in.
	Stages []Stage `json:"stages,omitempty"`
	// UnfinishedChange is the change of the application that had not ended, or may not have,
	// when the release ended NeedsAttention.
	UnfinishedChange string `json:"unfinishedChange,omitempty"`
	// RollbackTo is the version that ran before and is returned to on failure; nil while it is not
	// known, and where the application had none.
	RollbackTo *Version `json:"rollbackTo,omitempty"`
	// Runs is what the application runs on every instance, as it was read last before the end of
	// the release; nil before it, and where that is not known or versions are mixed.
	Runs *Version `json:"runs,omitempty"`
	// RunsMixed says in words which versions the application runs on how many instances, where
	// they are mixed; there is no Runs then.
	RunsMixed string    `json:"runsMixed,omitempty"`
	Batches   []Batch   `json:"batches,omitempty"`
	Awaiting  *Awaiting `json:"awaiting,omitempty"`
	// Approval is where the approval stands that the release asks for, or has asked for last; nil where
	// it asks for none.
	Approval *ApprovalState `json:"approval,omitempty"`
	// Waited is how long the release has waited since StartedAt, in the waits that are over:
	// for a person, a time, a freeze or an unfinished change. Measuring gates is no waiting.
	Waited Duration `json:"waited,omitempty"`
	// Stalled is what is tried in vain just now; nil while nothing is.
	Stalled      *Stall     `json:"stalled,omitempty"`
	ScalingRules []HeldRule `json:"scalingRules,omitempty"`
	// Named are releases before this one whose traffic rule may still be in force, which this
	// one has said in its reason.
	Named []string `json:"named,omitempty"`
	// Traffic is the traffic rule of the release; nil where there is none.
	Traffic *TrafficState `json:"traffic,omitempty"`
	// Gates are the verdicts of the gates so far.
	Gates []GateResult `json:"gates,omitempty"`
	// Job is the run of the job that the release has asked for; nil while it has not.
	Job *JobRun `json:"job,omitempty"`
	// Paused tells that a person lets nothing new begin.
	Paused      bool       `json:"paused,omitempty"`
	Decisions   []Decision `json:"decisions,omitempty"`
	RequestedBy string     `json:"requestedBy,omitempty"`
	// Asked is what else it was asked for with that decides about it; nil where that is not known any more.
	Asked *Asked `json:"asked,omitempty"`
	// Admission is what the starter said of who asked.
	Admission Admission `json:"admission,omitzero"`
	// Set is the ID of the set that the release belongs to; empty where it belongs to none.
	Set string `json:"set,omitempty"`
	// RetryOf is the ID of the release that this one repeats; empty where it repeats none.
	RetryOf string `json:"retryOf,omitempty"`
	// Digest is that of the content that was asked for, see [Spec.Digest].
	Digest string `json:"digest,omitempty"`
	Note   string `json:"note,omitempty"`
	// AcceptedAt is when the lane took the release, and StartedAt when its turn came: zero before, and
	// where it never has.
	AcceptedAt time.Time `json:"acceptedAt,omitzero"`
	StartedAt  time.Time `json:"startedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	// Cut counts what was left out, see [Progress.Fit] and [Progress.Prune].
	Cut Cut `json:"cut,omitzero"`
}

// StandsSince returns when the release began to stand as it stands now: since when it is stalled, waits, has
// ended, or its batch runs or has ended, or somebody has confirmed it. It is zero where that is not known, as of a partial progress.
func (p Progress) StandsSince() time.Time {
	switch {
	case p.Stalled != nil:
		return p.Stalled.Since
	case p.Phase.Ended():
		return p.EndedAt
	case p.Awaiting != nil:
		return p.Awaiting.Since
	}
	since := p.StartedAt
	if p.Job != nil && p.Job.StartedAt.After(since) {
		since = p.Job.StartedAt
	}
	for _, b := range p.Batches {
		for _, at := range []time.Time{b.StartedAt, b.EndedAt} {
			if at.After(since) {
				since = at
			}
		}
	}
	for _, d := range p.Decisions {
		if d.Refused == "" && d.At.After(since) {
			since = d.At
		}
	}
	return since
}

// Name is what people call the application of the release: application/environment where it was asked
// for so, what its platform calls it otherwise; empty where that is not known.
func (p Progress) Name() string {
	if p.ByName != nil {
		return p.ByName.String()
	}
	return p.AppName
}

// Identity is the release ID; empty while nothing is known.
func (p Progress) Identity() string { return p.ReleaseID }

// Brings is the version that the release brings, as far as it is known.
func (p Progress) Brings() Version { return Version{ID: p.Version, Artifact: p.Artifact} }

// ChangeText is the latest change of the release for people: its ID, and what it is on the platform.
func (p Progress) ChangeText() string {
	words := traitsFor(p.App.Platform).ChangeWords(p.ChangeID)
	if p.ChangeID == "" || words == "" || p.Operation == OperationJob {
		return p.ChangeID
	}
	return p.ChangeID + " (" + words + ")"
}

// Waits reports whether the release waits for something.
func (p Progress) Waits() bool { return p.Awaiting != nil }

// Clone returns a copy that shares nothing with p.
func (p Progress) Clone() Progress {
	p.Settings = slices.Clone(p.Settings)
	p.Batches = slices.Clone(p.Batches)
	p.Stages = slices.Clone(p.Stages)
	p.ScalingRules = slices.Clone(p.ScalingRules)
	p.Decisions = slices.Clone(p.Decisions)
	p.Gates = slices.Clone(p.Gates)
	p.Approval, p.Asked = p.Approval.clone(), p.Asked.clone()
	if p.Traffic != nil {
		p.Traffic = new(*p.Traffic)
	}
	if p.Awaiting != nil {
		p.Awaiting = new(*p.Awaiting)
	}
	if p.Job != nil {
		p.Job = new(*p.Job)
	}
	if p.Stalled != nil {
		p.Stalled = new(*p.Stalled)
	}
	return p
}

// Discredits reports whether a release that did not succeed says something against its artifact: not
// where the application is known to have run the same one before, because configuration alone was
// changed, it was released over itself, or was returned to by its name. That it runs in the end, because
// nothing could be returned to, speaks not for it.
func (p Progress) Discredits() bool {
	before := p.RollbackTo
	switch {
	case p.OnlyConfig:
		return false
	case before == nil:
		return true
	case before.ID != "" && before.ID == p.Version:
		return false
	}
	return !before.Artifact.Known() || !before.Artifact.Same(p.Artifact)
}

// WithoutKept returns the progress without what was kept of scaling rules: who reads of a release
// need not know it.
func (p Progress) WithoutKept() Progress {
	p.ScalingRules = slices.Clone(p.ScalingRules)
	for i := range p.ScalingRules {
		p.ScalingRules[i].Kept = nil
	}
	return p
}

// CloseBatches ends the batch in progress of a release that has its outcome: nobody follows it any
// more.
func (p *Progress) CloseBatches() {
	for i := range p.Batches {
		b := &p.Batches[i]
		switch {
		case b.State != BatchRunning:
		case p.Outcome == PhaseSucceeded:
			b.State, b.EndedAt = BatchDone, p.EndedAt
		default:
			b.State, b.EndedAt = BatchAborted, p.EndedAt
		}
	}
}

// Batch is one batch of a release.
type Batch struct {
	// Number counts from 1, the gray batch first.
	Number int `json:"number"`
	// Instances is the number of instances the batch replaces, as planned; 0 where the platform shifts
	// traffic instead, and where the application has none.
	Instances int `json:"instances,omitempty"`
	// Weight is the percentage of the traffic that the new version has after the batch, where the
	// platform shifts traffic.
	Weight    int        `json:"weight,omitempty"`
	State     BatchState `json:"state"`
	StartedAt time.Time  `json:"startedAt,omitzero"`
	EndedAt   time.Time  `json:"endedAt,omitzero"`
}

// Awaiting is what a parked release waits for, and until when.
type Awaiting struct {
	Kind AwaitKind `json:"kind"`
	// Batch is the finished batch that is to be confirmed or approved; 0 where none is meant.
	Batch int       `json:"batch,omitempty"`
	Since time.Time `json:"since"`
	// Until is when the limit passes; zero where there is none.
	Until time.Time `json:"until,omitzero"`
	// OnTimeout is what happens then, where the release says so: of a wait for a confirmation or an approval.
	OnTimeout TimeoutPolicy `json:"onTimeout,omitempty"`
	// Behind says in words which release comes before it in its lane, or who holds the lane and why.
	// A release does not know it; whoever asks its lane fills it in.
	Behind string `json:"behind,omitempty"`
	// ChangeID is the unfinished change whose end is awaited.
	ChangeID string `json:"changeId,omitempty"`
	// Stuck tells that this change does not end by itself: it waits for somebody.
	Stuck bool `json:"stuck,omitempty"`
	// Freeze is the name of the freeze that holds the release.
	Freeze string `json:"freeze,omitempty"`
	// Stop tells that this freeze is a [Stop], which lasts until somebody lifts it.
	Stop bool `json:"stop,omitempty"`
}

// Lasted is how long a wait has lasted, to the millisecond, that is over; nothing where there was
// none, or where gates were measured.
func (a *Awaiting) Lasted(now time.Time) Duration {
	if a == nil || a.Kind == AwaitGates {
		return 0
	}
	return Duration(max(0, now.Sub(a.Since).Truncate(time.Millisecond)))
}

// HeldRule is a scaling rule that was enabled before the first change of the release.
type HeldRule struct {
	Name string `json:"name"`
	// Suspended tells that the release has switched the rule off, and read it back so. Until
	// then it may be on or off: the switching is under way, or was not begun.
	Suspended bool `json:"suspended,omitempty"`
	// Restored tells that the rule was enabled again and read back so.
	Restored bool `json:"restored"`
	// Revision is the platform's name of what the rule said.
	Revision string `json:"revision,omitempty"`
	// Kept is the rule itself, where it is switched off by being taken away: see [ScalingRule]. It is
	// nil once the rule was put back.
	Kept json.RawMessage `json:"kept,omitempty"`
	// Owed is the release that has left the rule off, which this one pays for; empty where
	// the release has switched it off itself.
	Owed string `json:"owed,omitempty"`
	// Gone tells that the rule does not exist any more.
	Gone bool `json:"gone,omitempty"`
	// Note tells what somebody has done to the rule meanwhile.
	Note string `json:"note,omitempty"`
}

// Rule is the rule as it was, to be put back.
func (r HeldRule) Rule() ScalingRule {
	return ScalingRule{Name: r.Name, Revision: r.Revision, Kept: r.Kept}
}

// TrafficState is the traffic rule of a release.
type TrafficState struct {
	// Applied tells that the release's rule is in force; one that is a part of the change, since that has begun.
	Applied bool `json:"applied"`
	// Kept is the name of the application's own rule, which is put back at the end.
	Kept string `json:"kept,omitempty"`
	// Cleared tells that the release's rule is gone and the application's own is back, or that it has ended with the change.
	Cleared bool `json:"cleared"`
	// Note tells what somebody has done to the rule meanwhile.
	Note string `json:"note,omitempty"`
}

// Decision is a person's word, or a limit's, as it was taken.
type Decision struct {
	Kind CommandKind `json:"kind"`
	// ID is the identity of the message that brought the word, where it had one.
	ID string `json:"id,omitempty"`
	// Batch is the batch that was confirmed, approved or rejected. A standing confirmation has none; each batch that
	// it lets pass has a decision of its own, of the same ID, with the time at which nothing but a freeze held it any more.
	Batch int `json:"batch,omitempty"`
	// All tells that a standing confirmation was given, or has let the batch pass.
	All bool `json:"all,omitempty"`
	// ChangeID is the change that the word was bound to; empty where it was bound to none.
	ChangeID string `json:"changeId,omitempty"`
	// Version is the version that a rollback named.
	Version string `json:"version,omitempty"`
	// AtSafePoint tells that an abort waited until no batch was in progress.
	AtSafePoint bool `json:"atSafePoint,omitempty"`
	// Denied tells that a lane has aborted the release because it denies its artifact.
	Denied bool      `json:"denied,omitempty"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	// Via is the way the word came: event, update, signal, cancel or limit.
	Via string `json:"via,omitempty"`
	// Source is the source of the event that brought the word.
	Source string `json:"source,omitempty"`
	// Verified tells that By is proven, and not only claimed.
	Verified bool `json:"verified,omitempty"`
	// SignedBy names the key of the authority document whose signature proves it; empty where the word was not signed.
	SignedBy string `json:"signedBy,omitempty"`
	Note     string `json:"note,omitempty"`
	// Refused is the reason why the word changed nothing; empty when it counted.
	Refused string `json:"refused,omitempty"`
}

// Stopping says that somebody or a limit has stopped the release, so that it does nothing
// towards its end any more, and how; empty where nothing has, and where the phase says it.
func (p Progress) Stopping() string {
	if p.Phase.Ended() || p.Phase == PhaseRollingBack || p.Phase == PhaseFinalizing {
		return ""
	}
	switch d, _ := p.StoppedBy(); d.Kind {
	case CommandAbort:
		return "being aborted"
	case CommandRollback:
		return "being rolled back"
	case CommandReject:
		return "being ended: it was rejected"
	case CommandConfirm, CommandPause, CommandResume, CommandOverride, CommandApprove:
	}
	return ""
}

// StoppedBy returns the latest decision that has stopped the release; false where none has. One
// that waits for a safe point has not while a batch is in progress.
func (p Progress) StoppedBy() (Decision, bool) {
	runs := p.Phase == PhaseRunning || slices.ContainsFunc(p.Batches, func(b Batch) bool { return b.State == BatchRunning })
	for _, d := range slices.Backward(p.Decisions) {
		if d.Kind.Stops() && d.Refused == "" && (!d.AtSafePoint || !runs) {
			return d, true
		}
	}
	return Decision{}, false
}

// ConfirmedBy returns the decision that has confirmed, or approved as the last that was missing, the finished batch at which a pause, a freeze
// or the time of day holds the release, be it of this batch or of all of the change; false where
// nobody has.
func (p Progress) ConfirmedBy() (Decision, bool) {
	a := p.Awaiting
	if a == nil || a.Batch == 0 || a.Kind != AwaitResume && a.Kind != AwaitFreeze && a.Kind != AwaitSchedule {
		return Decision{}, false
	}
	for _, d := range slices.Backward(p.Decisions) {
		approved := d.Kind == CommandApprove && p.Approval.Granted()
		if d.Kind != CommandConfirm && !approved || d.Refused != "" {
			continue
		}
		if d.Batch == a.Batch || d.All && d.Batch == 0 && d.ChangeID == p.ChangeID {
			return d, true
		}
	}
	return Decision{}, false
}

// PausedBy returns the latest pause that counted; false where none is known.
func (p Progress) PausedBy() (Decision, bool) {
	for _, d := range slices.Backward(p.Decisions) {
		if d.Kind == CommandPause && d.Refused == "" {
			return d, true
		}
	}
	return Decision{}, false
}
