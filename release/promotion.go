package release

import "time"

// PromotedFrom says which release of another environment a release brings on.
type PromotedFrom struct {
	// Environment is that of the release; in a request it may be left out.
	Environment string `json:"environment,omitempty"`
	// Release is the ID of the release, whose artifact is brought.
	Release string `json:"release"`
	// Now is the reason for which the bake time was passed over; empty where it was not.
	Now string `json:"now,omitempty"`
}

// Validate lists every problem at once, as [Problems] without a field around them, or returns nil.
func (f PromotedFrom) Validate() error {
	v := &validator{}
	v.check(f.Environment == "" || IsName(f.Environment), "environment", "%.*q is not %s", MaxID, f.Environment, NameWords)
	v.check(CheckReleaseID(f.Release) == nil, "release", "%.*q is not the ID of a release, such as r-jh54bxm6nzk3dfk5", MaxID, f.Release)
	v.check(len(f.Now) <= MaxWords, "now", "has %d bytes; at most %d are taken", len(f.Now), MaxWords)
	return v.err()
}

// PromotionID returns the release ID of a promotion: derived from the environment that it goes to and the
// release that it brings on, so that the same promotion is one release, whoever asks for it and however
// often.
func PromotionID(application, environment, releaseID string) string {
	return releasePrefix + derive("promotion", application, environment, releaseID)
}

// WorkflowPromotion is the workflow that promotes by itself what has Succeeded: [PromotionRequest] to
// [PromotionResult].
const WorkflowPromotion = "Promotion"

// PromotionWorkflowID returns the Temporal workflow ID of the promotion of a release.
func PromotionWorkflowID(releaseID string) string { return "promotion/" + releaseID }

// The activities of promotions.
const (
	// StandsActivity says whether the release that was promoted stands where it was promoted from:
	// [StandsInput] to [Stands].
	StandsActivity = "promotion.Stands"
	// PromoteActivity promotes a release that has ended to wherever its document says, as far as it may be
	// just now: [PromotionRequest] to [PromotionResult].
	PromoteActivity = "promotion.Promote"
)

// StandsInput names the release that is promoted.
type StandsInput struct {
	ReleaseID string `json:"releaseId"`
}

// Stands says whether a release may still be promoted.
type Stands struct {
	// Withdrawn says why not; empty where it may.
	Withdrawn string `json:"withdrawn,omitempty"`
}

// PromotionRequest names a release that has Succeeded.
type PromotionRequest struct {
	Application string `json:"application"`
	Environment string `json:"environment"`
	ReleaseID   string `json:"releaseId"`
}

// PromotionResult is where a release was promoted to, and why it was not where it was not.
type PromotionResult struct {
	// Steps are those that the document promotes by itself.
	Steps []PromotionStep `json:"steps,omitempty"`
	// Next is when the next bake time ends; zero where none is under way.
	Next time.Time `json:"next,omitzero"`
}

// PromotionStep is what became of a promotion to one environment.
type PromotionStep struct {
	To string `json:"to"`
	// ReleaseID is the release that was asked for; empty where none was.
	ReleaseID string `json:"releaseId,omitempty"`
	// Reason says why none was, or that its bake time is under way.
	Reason string `json:"reason,omitempty"`
}
