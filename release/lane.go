package release

import "time"

// The names under which workflows and their handlers are registered with Temporal.
const (
	WorkflowDeploy             = "Deploy"
	WorkflowGrayRelease        = "GrayRelease"
	WorkflowRollback           = "Rollback"
	WorkflowToggleScalingRules = "ToggleScalingRules"
	WorkflowLane               = "Lane"

	// QueryProgress answers a release's [Progress].
	QueryProgress = "progress"
	// QueryLane answers a lane's [LaneState].
	QueryLane = "lane"
	// UpdateSubmit hands a [Submission] to a lane and answers a [Receipt].
	UpdateSubmit = "submit"
	// SignalProceed tells a queued release that its turn has come.
	SignalProceed = "proceed"
)

// The types of the application errors with which workflows answer an update.
const (
	// ErrorRefused means that the update does not apply; saying it again is no use.
	ErrorRefused = "Refused"
	// ErrorBusy means that the lane cannot take more just now; try again later.
	ErrorBusy = "Busy"
)

// The search attributes of releases and lanes; `slipway setup` registers them.
const (
	// SearchApp is the application as platform/region/id (Keyword).
	SearchApp = "SlipwayApp"
	// SearchPhase is the phase of a release (Keyword).
	SearchPhase = "SlipwayPhase"
)

// SearchValue returns the application's value of [SearchApp].
func (a App) SearchValue() string { return string(a.Platform) + "/" + a.Region + "/" + a.ID }

// WorkflowFor returns the workflow type that carries out a strategy.
func WorkflowFor(t StrategyType) string {
	if t == StrategyAll {
		return WorkflowDeploy
	}
	return WorkflowGrayRelease
}

// Request is the input of the workflows Deploy and GrayRelease: one release.
type Request struct {
	// ID is the release ID, see [ID].
	ID   string `json:"id"`
	Spec Spec   `json:"spec"`
	// Queued makes the release wait for the signal proceed before it begins.
	Queued bool `json:"queued,omitempty"`
}

// RollbackRequest is the input of the workflow Rollback.
type RollbackRequest struct {
	// ID is the release ID of the rollback.
	ID  string `json:"id"`
	App App    `json:"app"`
	// VersionID is the platform's ID of the version to return to.
	VersionID string `json:"versionId"`
	Limits    Limits `json:"limits,omitzero"`
	// Scaling says whether rules are suspended meanwhile.
	Scaling     Scaling `json:"scaling,omitzero"`
	RequestedBy string  `json:"requestedBy,omitempty"`
	Note        string  `json:"note,omitempty"`
}

// WithDefaults returns the request with every unset limit at its default.
func (r RollbackRequest) WithDefaults() RollbackRequest {
	r.Limits = Spec{Limits: r.Limits}.WithDefaults().Limits
	return r
}

// Validate lists every problem of the request at once, as [Problems], or returns nil.
func (r RollbackRequest) Validate() error {
	v := &validator{}
	v.check(r.ID != "", "id", "must be the release ID")
	v.app(r.App)
	v.check(r.VersionID != "", "versionId", "must be the platform's ID of a version of the application")
	v.limits(r.Limits)
	return v.err()
}

// ToggleRequest is the input of the workflow ToggleScalingRules.
type ToggleRequest struct {
	App App `json:"app"`
	// Names are the rules to switch; none means all of the application's rules.
	Names  []string `json:"names,omitempty"`
	Enable bool     `json:"enable"`
}

// ToggleResult is the result of the workflow ToggleScalingRules: the rules read back.
type ToggleResult struct {
	Rules []ScalingRule `json:"rules,omitempty"`
}

// Submission is one request handed to the lane of its application.
type Submission struct {
	// ReleaseID is derived from the event, see [ID].
	ReleaseID string `json:"releaseId"`
	Spec      Spec   `json:"spec"`
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
)

// Receipt is the answer to a [Submission].
type Receipt struct {
	ReleaseID string   `json:"releaseId"`
	Standing  Standing `json:"standing"`
	// Ahead is the number of releases that come before this one.
	Ahead int `json:"ahead,omitempty"`
}

// LaneInput is the input of the workflow Lane.
type LaneInput struct {
	App App `json:"app"`
}

// LaneState is the answer of the query lane.
type LaneState struct {
	App     App        `json:"app"`
	Running *LaneEntry `json:"running,omitempty"`
	// Waiting are the queued releases in the order of their turn.
	Waiting []LaneEntry `json:"waiting,omitempty"`
}

// LaneEntry is one release in a lane.
type LaneEntry struct {
	ReleaseID string    `json:"releaseId"`
	Artifact  Artifact  `json:"artifact"`
	Since     time.Time `json:"since"`
}
