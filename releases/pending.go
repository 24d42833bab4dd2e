package releases

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"slipway/release"
	"slipway/releases/execution"
)

// Pending is a release that a set under way has not begun.
type Pending struct {
	// Set is the set as it stands, and Wave the number of the wave that the release is of.
	Set  release.SetProgress
	Wave int
	App  release.App
}

// Text says what the release waits for.
func (p Pending) Text() string {
	return fmt.Sprintf("it has not begun: it waits for wave %d of %d of set %s (%s), which is %s; see: slipway set get %s",
		p.Wave, len(p.Set.Waves), p.Set.Name, p.Set.SetID, p.Set.Phase, p.Set.SetID)
}

// Pending finds the set under way that a release is of which it has not begun: Temporal has no
// workflow of that yet. It is false where there is none, or none that answers.
func (c *Client) Pending(ctx context.Context, id string) (found Pending, is bool) {
	if !release.IsSetReleaseID(id) {
		return Pending{}, false
	}
	query := "WorkflowType = " + literal(release.WorkflowReleaseSet) + Filter{Open: true}.attributes()
	infos, _, err := c.find(ctx, search{query: query, limit: mostAsked})
	if err != nil {
		return Pending{}, false
	}
	survey := newSurvey()
	questions, cancel := forSurvey(ctx)
	defer cancel()
	var mu sync.Mutex
	survey.Each(questions, forEach(infos, func(ctx context.Context, l listedAt) {
		p, err := execution.Ask(ctx, survey, func(ctx context.Context) (release.SetProgress, error) {
			return c.setReader(strings.TrimPrefix(l.ID, release.SetWorkflowID(""))).ask(ctx, "")
		})
		if err != nil {
			return
		}
		if pending, its := pendingIn(p, id); its {
			mu.Lock()
			defer mu.Unlock()
			found, is = pending, true
		}
	}))
	return found, is
}

// pendingIn finds a release among those that a set has not begun.
func pendingIn(p release.SetProgress, id string) (Pending, bool) {
	for _, w := range p.Waves {
		for _, r := range w.Releases {
			if r.Run.ReleaseID == id && r.Run.Standing == "" && r.Run.Outcome == "" {
				return Pending{Set: p, Wave: w.Number, App: r.App}, true
			}
		}
	}
	return Pending{}, false
}
