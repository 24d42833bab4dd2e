// Package promotion judges what may be promoted from one environment of an application to the next, by
// what the ledger has of both. It reads and changes nothing itself.
package promotion

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
)

// State is how far a promotion is.
type State string

// The states.
const (
	// Nothing: no release has Succeeded where is promoted from.
	Nothing State = "nothing"
	// Baking: the bake time is not over.
	Baking State = "baking"
	// Ready: it may be promoted.
	Ready State = "ready"
	// Held: it may not, for the reason that the verdict gives.
	Held State = "held"
	// Promoting: its release is under way.
	Promoting State = "promoting"
	// Done: the environment has it.
	Done State = "done"
)

// Question is what a promotion is judged by.
type Question struct {
	// Application is the document, and Step what it says.
	Application apps.Application
	Step        apps.Promotion
	// Source and Target are the records of the applications of both environments, in any order.
	Source, Target []ledger.Record
	Now            time.Time
}

// Verdict is how far a promotion is, and why.
type Verdict struct {
	From  string `json:"from"`
	To    string `json:"to"`
	State State  `json:"state"`
	// Source is the ID of the release that would be promoted, Artifact what it has brought, and Since when
	// it had Succeeded; zero where State is Nothing.
	Source   string           `json:"source,omitempty"`
	Artifact release.Artifact `json:"artifact,omitzero"`
	Since    time.Time        `json:"since,omitzero"`
	// Until is when the bake time ends, where it is not over.
	Until time.Time `json:"until,omitzero"`
	// ReleaseID is the release that brings the artifact on, or has brought it; empty where none does.
	ReleaseID string `json:"releaseId,omitempty"`
	// Reason says in words why the state is what it is.
	Reason string `json:"reason"`
}

// Judge says how far the promotion of what an environment runs is. What is promoted is the artifact that a
// release has Succeeded with last; configuration alone brings none.
func Judge(q Question) Verdict {
	v := Verdict{From: q.Step.From, To: q.Step.To}
	source, found := brought(q.Source)
	if !found {
		return v.is(Nothing, "no release has brought anything to %s yet", v.From)
	}
	v.Source, v.Artifact, v.Since = source.ReleaseID, source.Artifact, source.EndedAt
	if why := Withdrawn(source, q.Source); why != "" {
		return v.is(Held, "%s", why)
	}
	id := release.PromotionID(q.Application.Name, v.To, source.ReleaseID)
	if i := slices.IndexFunc(q.Target, func(r ledger.Record) bool { return r.ReleaseID == id }); i >= 0 {
		return v.promoted(q.Target[i], q.Target)
	}
	if has, runs := Runs(q.Target); runs && has.Artifact.Same(source.Artifact) {
		v.ReleaseID = has.ReleaseID
		return v.is(Done, "%s runs it already, since release %s", v.To, has.ReleaseID)
	}
	if until := source.EndedAt.Add(q.Step.After.Std()); q.Now.Before(until) {
		v.Until = until
		return v.is(Baking, "it bakes in %s until %s", v.From, until.UTC().Format(time.RFC3339))
	}
	return v.is(Ready, "release %s has Succeeded in %s", source.ReleaseID, v.From)
}

func (v Verdict) is(s State, format string, args ...any) Verdict {
	v.State, v.Reason = s, fmt.Sprintf(format, args...)
	return v
}

// promoted says how far the release is that promotes it.
func (v Verdict) promoted(r ledger.Record, target []ledger.Record) Verdict {
	v.ReleaseID = r.ReleaseID
	again := "to try it again: slipway release retry " + r.ReleaseID
	runs, known := Runs(target)
	switch {
	case known && r.Ended() && runs.Artifact.Same(v.Artifact):
		v.ReleaseID = runs.ReleaseID
		return v.is(Done, "release %s has brought it to %s", runs.ReleaseID, v.To)
	case !r.Ended():
		return v.is(Promoting, "release %s brings it to %s: %s", r.ReleaseID, v.To, cmp.Or(string(r.Progress.Phase), "not begun"))
	case r.Outcome == release.PhaseSucceeded:
		return v.is(Held, "release %s had brought it to %s, which runs %s by now; %s", r.ReleaseID, v.To, runs.Artifact.Public(), again)
	}
	return v.is(Held, "release %s, which was to bring it to %s, ended %s: %s; %s", r.ReleaseID, v.To, r.Outcome, r.Progress.Reason, again)
}

// Runs returns the record of what an application runs: the last release or rollback that has Succeeded with
// an artifact; false where there is none.
func Runs(records []ledger.Record) (ledger.Record, bool) {
	return last(records, func(r ledger.Record) bool {
		return r.Outcome == release.PhaseSucceeded && changes(r) && r.Artifact.Known()
	})
}

// brought returns the release that has brought an artifact last.
func brought(records []ledger.Record) (ledger.Record, bool) {
	return last(records, func(r ledger.Record) bool {
		p := r.Progress
		return r.Outcome == release.PhaseSucceeded && p.Operation == release.OperationRelease && !p.OnlyConfig && r.Artifact.Known()
	})
}

// last is the record of those that are chosen that has ended last.
func last(records []ledger.Record, chosen func(ledger.Record) bool) (found ledger.Record, any bool) {
	for _, r := range records {
		if chosen(r) && (!any || r.EndedAt.After(found.EndedAt)) {
			found, any = r, true
		}
	}
	return found, any
}

// changes reports whether a release changes what runs.
func changes(r ledger.Record) bool {
	return r.Progress.Operation == release.OperationRelease || r.Progress.Operation == release.OperationRollback
}

// Withdrawn says why what a release has brought is not to be promoted any more, by the records of its
// application: it has not Succeeded, or a rollback has left it, or is about to. It is empty where nothing
// is said against it.
func Withdrawn(source ledger.Record, records []ledger.Record) string {
	if source.Outcome != release.PhaseSucceeded {
		return fmt.Sprintf("release %s has not Succeeded: it is %s", source.ReleaseID, cmp.Or(source.Outcome, source.Progress.Phase, "not begun"))
	}
	back, found := ledger.Record{}, false
	for _, r := range records {
		later := !r.Ended() || r.EndedAt.After(source.EndedAt)
		open := !r.Ended() || r.Outcome == release.PhaseSucceeded || r.Outcome == release.PhaseNeedsAttention
		if r.Progress.Operation == release.OperationRollback && later && open && !r.Artifact.Same(source.Artifact) {
			back, found = r, true
		}
	}
	switch {
	case !found:
		return ""
	case back.Outcome == release.PhaseSucceeded:
		return fmt.Sprintf("release %s has rolled it back", back.ReleaseID)
	default:
		return fmt.Sprintf("release %s is to roll it back: it is %s", back.ReleaseID, cmp.Or(back.Outcome, back.Progress.Phase))
	}
}
