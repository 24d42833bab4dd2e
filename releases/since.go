package releases

import (
	"context"
	"slices"
	"strings"

	"slipway/release"
)

// Newer is a release that has succeeded after the one that a set had of the same application: a
// rollback of the set undoes it, too.
type Newer struct {
	// Name is that of the set's release, and App its application as platform/region/id.
	Name string `json:"name"`
	App  string `json:"app"`
	// ReleaseID is the latest that has succeeded since.
	ReleaseID string `json:"releaseId"`
}

// newerReleases is how many of the latest successes of an application are looked at.
const newerReleases = 10

// Since finds what was released anew of the applications that a set would roll back, or does, as
// far as Temporal remembers it. It is empty for a set that has ended, or never rolls back.
func (c *Client) Since(ctx context.Context, p release.SetProgress) []Newer {
	if p.OnFailure != release.SetRollback || p.Phase.Ended() {
		return nil
	}
	var set []release.SetStanding
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			if r.Run.Outcome == release.PhaseSucceeded && (r.Rollback == nil || r.Rollback.Outcome == "") {
				set = append(set, r)
			}
		}
	}
	all := make([]Newer, len(set))
	todo := make([]func(context.Context), len(set))
	for i, r := range set {
		todo[i] = func(ctx context.Context) {
			all[i] = Newer{Name: r.Name, App: r.App.SearchValue(), ReleaseID: c.newer(ctx, p.SetID, r)}
		}
	}
	newSurvey().Each(ctx, todo)
	return slices.DeleteFunc(all, func(n Newer) bool { return n.ReleaseID == "" })
}

// newer is the latest release of an application that has changed its version and succeeded after
// that of a set; empty where there is none, or Temporal does not answer.
func (c *Client) newer(ctx context.Context, setID string, r release.SetStanding) string {
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	latest, _, err := c.List(calling, Filter{App: r.App.SearchValue(), Outcome: release.PhaseSucceeded, Limit: newerReleases})
	if err != nil {
		return ""
	}
	var found Listed
	for _, l := range latest {
		changes := l.Operation == release.OperationRelease || l.Operation == release.OperationRollback
		if changes && l.Set != setID && l.EndedAt.After(r.Run.EndedAt) && l.EndedAt.After(found.EndedAt) {
			found = l
		}
	}
	return found.ID
}

// Undoes says in words what a rollback of a set would undo besides it; empty where that is nothing.
func Undoes(since []Newer) string {
	words := make([]string, len(since))
	for i, n := range since {
		words[i] = n.Name + " (" + n.ReleaseID + ")"
	}
	if len(words) == 0 {
		return ""
	}
	return "a rollback of the set undoes what was released since, too: " + strings.Join(words, ", ")
}
