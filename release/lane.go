package release

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The names under which workflows and their handlers are registered with Temporal.
const (
	WorkflowDeploy             = "Deploy"
	WorkflowGrayRelease        = "GrayRelease"
	WorkflowRollback           = "Rollback"
	WorkflowRestart            = "Restart"
	WorkflowRescale            = "Rescale"
	WorkflowJob                = "Job"
	WorkflowToggleScalingRules = "ToggleScalingRules"
	WorkflowLane               = "Lane"
	WorkflowWatchdog           = "Watchdog"
	WorkflowReleaseSet         = "ReleaseSet"
	WorkflowDelivery           = "Delivery"

	// QueryProgress answers a release's [Progress], and a set's [SetProgress].
	QueryProgress = "progress"
	// QueryToggle answers how far a ToggleScalingRules has come, as a [ToggleResult].
	QueryToggle = "toggle"
	// QueryLane answers a lane's [LaneState].
	QueryLane = "lane"
	// UpdateSubmit hands a [Submission] to a lane and answers a [Receipt].
	UpdateSubmit = "submit"
	// UpdateHold, UpdateResume, UpdateDrop and UpdateAllow tell a lane a [LaneCommand]
	// and answer its [LaneState]: let nothing new begin, go on, drop a waiting release,
	// allow an artifact again that was rolled back.
	UpdateHold   = "hold"
	UpdateResume = "resume"
	UpdateDrop   = "drop"
	UpdateAllow  = "allow"
	// SignalProceed tells a queued release, by a [Turn], that its turn has come.
	SignalProceed = "proceed"
	// SignalSuccessor tells a running release that is to be watched, by a [Successor], which release
	// could begin if it ended.
	SignalSuccessor = "successor"
)

// The types of the application errors with which workflows answer an update.
const (
	// ErrorRefused means that the update does not apply; saying it again is no use.
	ErrorRefused = "Refused"
	// ErrorBusy means that the lane cannot take more just now; try again later.
	ErrorBusy = "Busy"
)

// WorkflowTypes returns the workflow types of releases.
func WorkflowTypes() []string {
	return []string{WorkflowDeploy, WorkflowGrayRelease, WorkflowRollback, WorkflowRestart, WorkflowRescale, WorkflowJob}
}

// Workflow returns the workflow type that carries out the spec.
func (s Spec) Workflow() string {
	switch s.Operation {
	case OperationRollback:
		return WorkflowRollback
	case OperationRestart:
		return WorkflowRestart
	case OperationRescale:
		return WorkflowRescale
	case OperationJob:
		return WorkflowJob
	case OperationRelease:
	}
	if s.Strategy.Type == StrategyAll || s.Strategy.Type == "" {
		return WorkflowDeploy
	}
	return WorkflowGrayRelease
}

// Title says in a few words what the spec asks for; it is shown in lists.
func (s Spec) Title() string {
	switch s.Operation {
	case OperationRollback:
		return "roll back to " + cmp.Or(s.Version, "the last good version")
	case OperationRestart:
		return "restart"
	case OperationRescale:
		return strings.TrimSpace("rescale "+s.Artifact.Part) + " to " + strconv.Itoa(s.Instances)
	case OperationJob:
		return s.jobTitle()
	case OperationRelease:
	}
	switch {
	case s.OnlyConfig():
		return ShortenLine("configuration: "+strings.Join(s.Config.parts(), ", "), maxSummary)
	case s.Config != nil:
		return s.Artifact.Public() + " with configuration"
	}
	return s.Artifact.Public()
}

// Request is the input of the workflows Deploy, GrayRelease, Rollback, Restart, Rescale and
// Job: one release.
type Request struct {
	// ID is the release ID, see [ID].
	ID   string `json:"id"`
	Spec Spec   `json:"spec"`
	// Checked tells that the spec was found valid when its lane took it. One that did not come
	// through a lane is checked by the workflow.
	Checked bool `json:"checked,omitempty"`
	// Queued makes the release wait for the signal proceed before it begins.
	Queued bool `json:"queued,omitempty"`
	// Refused is the reason why the lane does not let the release begin at all: it ends
	// at once, so that it can be found and the world is told.
	Refused string `json:"refused,omitempty"`
	// Denied tells that the artifact or the configuration is the reason, which was rolled back.
	Denied bool `json:"denied,omitempty"`
	// Avoid are versions that the lane knows to be bad: no last good version.
	Avoid []Version `json:"avoid,omitempty"`
	// Set is the ID of the set that the release belongs to; empty where it belongs to none.
	Set string `json:"set,omitempty"`
	// ByName is set where the release was asked for by the name of its application.
	ByName *ByName `json:"byName,omitempty"`
	// Published is where the release was asked for.
	Published Published `json:"published,omitzero"`
	// Debts are what releases before this one have left.
	Debts []Debt `json:"debts,omitempty"`
	// Admission is what the starter said of who asked.
	Admission Admission `json:"admission,omitzero"`
}

// Retry is what a release asks for that repeats this one. The change that was taken over has ended
// with it, so that the new release begins its own; and it belongs to no set, so that a note which says
// no more than that is left out.
func (r Request) Retry() Spec {
	s := r.Spec
	s.RetryOf, s.Adopt = r.ID, ""
	if r.Set != "" && strings.HasSuffix(s.Note, "("+r.Set+")") {
		s.Note = ""
	}
	return s
}

// ToggleRequest is the input of the workflow ToggleScalingRules.
type ToggleRequest struct {
	App App `json:"app"`
	// Names are the rules to switch; none means all of the application's rules.
	Names  []string `json:"names,omitempty"`
	Enable bool     `json:"enable"`
	// For is after what time the rules are switched back; zero leaves them.
	For Duration `json:"for,omitzero"`
	// By and Reason say who asks and why.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Validate lists every problem of the request at once, as [Problems], or returns nil.
func (r ToggleRequest) Validate() error {
	v, fit := measure(r)
	if !fit {
		return v.err()
	}
	v.on = traitsFor(r.App.Platform)
	v.unsupported(r.App, "app")
	v.app(r.App)
	v.actor("by", r.By)
	v.check(v.on.Scaling != ScalingNone, "app", "has no scaling rules to switch: the API of %s has none; a rescale changes the number of instances", v.on.Name)
	v.check(!v.on.TakesRulesAway() || r.Enable || r.For != 0, "for",
		"must be more than 0s to disable rules on %s, which has no switch for them: they are taken away, and put back after that time", v.on.Name)
	v.check(r.For >= 0 && r.For <= maxLimit, "for", "must be between 0s and %s", maxLimit)
	return v.err()
}

// ToggleInput is what a run of the workflow ToggleScalingRules begins with: a request alone, or with what
// the run before it has recorded.
type ToggleInput struct {
	ToggleRequest

	// Before are the rules that are meant as they were before any was switched. A run that switches rules
	// for a time begins with them, so that one that is reset to its beginning still knows what it is to
	// put back.
	Before []ScalingRule `json:"before,omitempty"`
}

// ToggleResult is the result of the workflow ToggleScalingRules.
type ToggleResult struct {
	// Rules are the rules as they were read back last.
	Rules []ScalingRule `json:"rules,omitempty"`
	// Switched are the names of the rules that were switched for a time; those that were
	// so already are not switched back either.
	Switched []string `json:"switched,omitempty"`
	// SwitchedBack tells that Switched were put back when the time had passed.
	SwitchedBack bool `json:"switchedBack,omitempty"`
	// Until is when Switched are put back, while that is awaited.
	Until time.Time `json:"until,omitzero"`
	// Waiting says in words what is waited for, and Stalled what is tried in vain, while the
	// switching is under way.
	Waiting string `json:"waiting,omitempty"`
	Stalled *Stall `json:"stalled,omitempty"`
}

// Submission is one request handed to the lane of its application.
type Submission struct {
	// ReleaseID is derived from the event, see [ID].
	ReleaseID string `json:"releaseId"`
	Spec      Spec   `json:"spec"`
	// Published is the place of the request in its stream, by which a lane orders what waits.
	Published Published `json:"published,omitzero"`
	// Set is the ID of the set that the release belongs to; empty where it belongs to none.
	Set string `json:"set,omitempty"`
	// ByName is set where the release was asked for by the name of its application.
	ByName *ByName `json:"byName,omitempty"`
	// Admission is what the starter says of who asked.
	Admission Admission `json:"admission,omitzero"`
}

// Standing is what became of a submission.
type Standing string

// The standings.
const (
	// StandingStarted began at once.
	StandingStarted Standing = "started"
	// StandingQueued waits for its turn.
	StandingQueued Standing = "queued"
	// StandingDuplicate was submitted before; nothing new was begun.
	StandingDuplicate Standing = "duplicate"
	// StandingRefused was recorded and ended at once; the receipt says why.
	StandingRefused Standing = "refused"
)

// Receipt is the answer to a [Submission].
type Receipt struct {
	ReleaseID string   `json:"releaseId"`
	Standing  Standing `json:"standing"`
	// Ahead is the number of releases that come before this one.
	Ahead int `json:"ahead,omitempty"`
	// Reason says why a release was refused, or why it waits although nothing is ahead.
	Reason string `json:"reason,omitempty"`
}

// LaneInput is the input of the workflow Lane: which it is, and what it remembers when
// it continues as new.
type LaneInput struct {
	App App `json:"app"`
	// Line are the releases that run (the first, once it has its turn) or wait.
	Line []LaneEntry `json:"line,omitempty"`
	Held *Hold       `json:"held,omitempty"`
	// Denied are the artifacts and configurations that were rolled back.
	Denied []Denial `json:"denied,omitempty"`
	// Latest is the request published last whose release has begun: one that was published
	// before it comes too late.
	Latest *Begun `json:"latest,omitempty"`
	// Debts are what releases that have ended have left.
	Debts []Debt `json:"debts,omitempty"`
	// Recent are the releases that were submitted lately: each counts once.
	Recent []Submitted `json:"recent,omitempty"`
	// MaxUpdates is after how many submissions and commands the lane continues as new;
	// 0 leaves that to Temporal, which suggests it when the history has grown long.
	MaxUpdates int `json:"maxUpdates,omitempty"`
}

// Submitted is a release that a lane remembers.
type Submitted struct {
	ReleaseID string `json:"releaseId"`
	// Digest is that of its content; empty where the lane has found the release itself.
	Digest string `json:"digest,omitempty"`
}

// LaneState is the answer of the query lane and of the updates that command it.
type LaneState struct {
	App     App        `json:"app"`
	Running *LaneEntry `json:"running,omitempty"`
	// Waiting are the queued releases in the order of their turn.
	Waiting []LaneEntry `json:"waiting,omitempty"`
	// Held tells that nothing new begins until somebody resumes the lane.
	Held *Hold `json:"held,omitempty"`
	// Full says why the lane takes no further release of the policy [LaneQueue]; empty where it does.
	Full string `json:"full,omitempty"`
	// Denied are the artifacts and configurations that were rolled back and are refused until allowed.
	Denied []Denial `json:"denied,omitempty"`
	// Debts are what releases that have ended have left; the next release pays or names them.
	Debts []Debt `json:"debts,omitempty"`
}

// LaneEntry is one release in a lane.
type LaneEntry struct {
	ReleaseID string    `json:"releaseId"`
	Operation Operation `json:"operation,omitempty"`
	Artifact  Artifact  `json:"artifact,omitzero"`
	// Config is the digest of the configuration that it asks for, see [Config.Digest]; empty where it
	// asks for none.
	Config string `json:"config,omitempty"`
	// RequestedBy and Since are who asked and when.
	RequestedBy string    `json:"requestedBy,omitempty"`
	Since       time.Time `json:"since"`
	// Published is the place of its request in the stream, by which what waits is ordered.
	Published Published `json:"published,omitzero"`
	// Supersedes tells that what waits and was published before it is dropped.
	Supersedes bool `json:"supersedes,omitempty"`
	// Preempt tells that it goes before all that do not, and asks what runs to give way.
	Preempt bool `json:"preempt,omitempty"`
	// Watched tells that it is watched in the end, and then gives way to the next one.
	Watched bool `json:"watched,omitempty"`
	// Override tells that freezes do not hold it.
	Override bool `json:"override,omitempty"`
	// Proceeded tells that its turn has come.
	Proceeded bool `json:"proceeded,omitempty"`
}

// Turn is what a release is told when its turn has come.
type Turn struct {
	// Avoid are the versions that the lane knows to be bad by now; it replaces those of
	// the request.
	Avoid []Version `json:"avoid,omitempty"`
	// Debts are what releases before it have left.
	Debts []Debt `json:"debts,omitempty"`
}

// Hold is why a lane lets nothing new begin.
type Hold struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	// ReleaseID is the release that left the application in need of attention.
	ReleaseID string `json:"releaseId,omitempty"`
}

// String says it in words.
func (h Hold) String() string {
	return fmt.Sprintf("held since %s by %s: %s", Moment(h.Since), h.By, h.Reason)
}

// Denial is an artifact that was rolled back, with whatever configuration it comes again; or the
// configuration of a release that was rolled back whose artifact had run before.
type Denial struct {
	Artifact Artifact `json:"artifact"`
	// Version is the platform's ID of the version that had brought it; empty where it has told none.
	Version string `json:"version,omitempty"`
	// Config is the digest of the configuration that is denied for this artifact, see [Config.Digest];
	// empty where the artifact itself is denied.
	Config    string    `json:"config,omitempty"`
	ReleaseID string    `json:"releaseId"`
	Since     time.Time `json:"since"`
	Reason    string    `json:"reason,omitempty"`
}

// String says it in words, without the query of an address: it goes into reasons and errors.
func (d Denial) String() string {
	return fmt.Sprintf("%s was rolled back on %s by release %s (%s)", d.Subject(), Moment(d.Since), d.ReleaseID, d.Reason)
}

// Subject names what is denied, without the query of an address.
func (d Denial) Subject() string {
	switch {
	case d.Config == "":
		return d.Artifact.Public()
	case d.Artifact == (Artifact{}):
		return "configuration " + d.Config
	}
	return "configuration " + d.Config + " for " + d.Artifact.Public()
}

// kind is what sort of thing is denied.
func (d Denial) kind() string {
	if d.Config == "" {
		return "artifact"
	}
	return "configuration"
}

// NewDenial is what a lane denies after a release that was rolled back: its artifact, or where that
// one had run before and is not bad, the configuration that came with it. It is false where the
// release says something against neither.
func NewDenial(p Progress, at time.Time) (Denial, bool) {
	d := Denial{Artifact: p.Artifact, Version: p.Version, ReleaseID: p.ReleaseID, Since: at, Reason: p.Reason}
	switch {
	case p.Discredits():
		return d, d.Artifact.Known()
	case p.RollbackTo != nil && p.OnlyConfig: // the platform may have given the package another version
		d.Artifact = p.RollbackTo.Artifact
	}
	d.Config = p.Config
	return d, d.Config != ""
}

// DeniedBy reports whether one of the denials is about what the release brings.
func (p Progress) DeniedBy(all []Denial) bool {
	a := p.Artifact
	if p.OnlyConfig {
		a = Artifact{}
	}
	return slices.ContainsFunc(all, func(d Denial) bool { return d.denies(a, p.Config) })
}

// same reports whether two denials are about the same.
func (d Denial) same(other Denial) bool {
	return d.Config == other.Config && d.Artifact.Same(other.Artifact)
}

// denies reports whether what a release would bring is denied. One that brings configuration alone
// names no artifact.
func (d Denial) denies(a Artifact, config string) bool {
	if d.Config == "" {
		return d.Artifact.Same(a)
	}
	return d.Config == config && (a == (Artifact{}) || d.Artifact.Same(a))
}

// The activities with which lanes, watchdogs and sets speak to releases that are not, or
// no longer, their children.
const (
	// SubmitActivity hands a release to the lane of its application: [Submission] to
	// [Receipt].
	SubmitActivity = "releases.Submit"
	// AttendActivity looks again and again, while a release waits for its turn, that its lane
	// knows of it: [Submission], without an answer.
	AttendActivity = "releases.Attend"
	// WaitsForActivity says in words what a release waits for in its lane: [Ref] to
	// a text.
	WaitsForActivity = "releases.WaitsFor"
	// JudgedActivity reads from the ledger which versions have shown to be good or bad:
	// [JudgedInput] to [Judged].
	JudgedActivity = "releases.Judged"
	// RecallActivity reads from the ledger how far a release had come: [Ref] to
	// [Progress]. One that the ledger does not know is FaultNotFound.
	RecallActivity = "releases.Recall"
	// SettleActivity records in the ledger that a release was lost, and what it holds still:
	// [SettleInput], without an answer.
	SettleActivity = "releases.Settle"
	// AwaitEndActivity waits until a release has ended: [AwaitEndInput] to [Ending].
	AwaitEndActivity = "releases.AwaitEnd"
	// LastProgressActivity reads the last progress of a release, even of one that was
	// terminated: [AwaitEndInput] to [Progress].
	LastProgressActivity = "releases.LastProgress"
	// AwaitWatchdogActivity waits until the watchdog of a release has ended:
	// [AwaitEndInput] to [WatchdogResult]. One that was lost is FaultNotFound.
	AwaitWatchdogActivity = "releases.AwaitWatchdog"
)

// AwaitEndInput names a release.
type AwaitEndInput struct {
	ReleaseID string `json:"releaseId"`
}

// Ref names a release of an application.
type Ref struct {
	App       App    `json:"app"`
	ReleaseID string `json:"releaseId"`
}

// JudgedInput names an application.
type JudgedInput struct {
	App App `json:"app"`
}

// Judged are the versions of an application that its releases have shown to be good, which
// they have succeeded with, or bad: aborted, rolled back, or left by a rollback. They are told apart
// by their IDs where the platform has told them, and by artifact and configuration; see [Version.Same].
type Judged struct {
	// Good is sorted by when a release has succeeded with it, the latest first. Both are cut to
	// [MaxJudged].
	Good []Version `json:"good,omitempty"`
	Bad  []Version `json:"bad,omitempty"`
}

// MaxJudged is how many good versions, and how many bad ones, are told at most.
const MaxJudged = 30

// SettleInput is what a watchdog has found and done.
type SettleInput struct {
	// Progress is the last that is known of the release, with what was put back since.
	Progress Progress `json:"progress"`
	// Lost says how the release was lost; empty where it has ended by itself.
	Lost string `json:"lost,omitempty"`
}

// Ending is how a release ended.
type Ending struct {
	// Progress is its result.
	Progress Progress `json:"progress"`
	// Lost says why there is no result: it was terminated, or failed, or never was.
	Lost string `json:"lost,omitempty"`
}

// WatchdogRequest is the input of the workflow Watchdog: a release that ended without a
// result.
type WatchdogRequest struct {
	ReleaseID string `json:"releaseId"`
	App       App    `json:"app"`
}

// WatchdogResult is what a lost release left behind and what became of it.
type WatchdogResult struct {
	// Lost says how the release was lost; empty when it has ended by itself.
	Lost string `json:"lost,omitempty"`
	// Restored are the scaling rules that were switched on again.
	Restored []string `json:"restored,omitempty"`
	// Owes is what could not be put back.
	Owes Debt `json:"owes,omitzero"`
	// Left says in words what a person must look at; empty when all is well.
	Left string `json:"left,omitempty"`
}

// Words says the result in words.
func (r WatchdogResult) Words() string {
	var words []string
	if r.Lost != "" {
		words = append(words, "release was lost ("+r.Lost+")")
	}
	if len(r.Restored) > 0 {
		words = append(words, "scaling rules restored: "+strings.Join(r.Restored, ", "))
	}
	if r.Left != "" {
		words = append(words, r.Left)
	}
	return strings.Join(words, "; ")
}
