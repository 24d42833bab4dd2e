package promotion

import (
	"context"
	"fmt"
	"slices"
	"time"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
)

// Standing is how one environment of an application stands, as the ledger has it.
type Standing struct {
	Environment string      `json:"environment"`
	App         release.App `json:"app"`
	// Runs is what the last release or rollback has Succeeded with; absent where none has.
	Runs *Running `json:"runs,omitempty"`
	// Open are the releases that have not ended, the one asked for first at the front.
	Open []UnderWay `json:"open,omitempty"`
	// Promotion is how far the promotion to this environment is; absent where nothing is promoted to it.
	Promotion *Verdict `json:"promotion,omitempty"`
}

// Running is what a release has brought.
type Running struct {
	ReleaseID string           `json:"releaseId"`
	Artifact  release.Artifact `json:"artifact"`
	// Version is the platform's, where it is known, and Config the digest of the configuration.
	Version string    `json:"version,omitempty"`
	Config  string    `json:"config,omitempty"`
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since"`
}

// UnderWay is a release that has not ended.
type UnderWay struct {
	ReleaseID string        `json:"releaseId"`
	Phase     release.Phase `json:"phase,omitempty"`
	// Awaits says in words what it waits for; empty where it waits for nothing.
	Awaits string `json:"awaits,omitempty"`
}

// Clock is when something is looked at, and in which zone its times are told; a nil Zone is UTC.
type Clock struct {
	Now  time.Time
	Zone *time.Location
}

// Standings reads how the environments of an application stand, in their order. The error is one of the ledger.
func Standings(ctx context.Context, known Ledger, a apps.Application, at Clock) ([]Standing, error) {
	records := map[string][]ledger.Record{}
	for _, e := range a.Environments {
		found, err := Records(ctx, known, e.App.App())
		if err != nil {
			return nil, err
		}
		records[e.Name] = found
	}
	out := make([]Standing, len(a.Environments))
	for i, e := range a.Environments {
		s := Standing{Environment: e.Name, App: e.App.App(), Runs: RunningOf(records[e.Name])}
		for _, r := range slices.Backward(records[e.Name]) {
			if !r.Ended() {
				s.Open = append(s.Open, underWay(r, at.Zone))
			}
		}
		if step, ok := a.PromotionTo(e.Name); ok {
			s.Promotion = new(Judge(Question{Application: a, Step: step, Source: records[step.From], Target: records[e.Name], Now: at.Now}))
		}
		out[i] = s
	}
	return out, nil
}

// RunningOf is what runs by the records of an application; nil where none tells.
func RunningOf(records []ledger.Record) *Running {
	r, ok := Runs(records)
	if !ok {
		return nil
	}
	return &Running{ReleaseID: r.ReleaseID, Artifact: r.Artifact, Version: r.Progress.Version, Config: r.Config, By: r.RequestedBy, Since: r.EndedAt}
}

// underWay is a release that has not ended.
func underWay(r ledger.Record, zone *time.Location) UnderWay {
	if zone == nil {
		zone = time.UTC
	}
	o := UnderWay{ReleaseID: r.ReleaseID, Phase: r.Progress.Phase}
	switch p := r.Progress; {
	case p.Awaiting != nil && p.Approval != nil && p.Awaiting.Kind == release.AwaitApproval:
		o.Awaits = fmt.Sprintf("approval, %d of %d", len(p.Approval.Given), p.Approval.Count)
	case p.Awaiting != nil:
		o.Awaits = p.Awaiting.Text(release.UnitBatch, zone)
	}
	return o
}
