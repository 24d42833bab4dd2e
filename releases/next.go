package releases

import (
	"context"
	"slices"

	"slipway/release"
)

// latest is how many releases of an application are read to find out what came after one.
const latest = 20

// Outdated returns which steps of [release.Next] are of no use any more for a release that has ended:
// its application was released again since, its lane goes on, its artifact is allowed, what it had
// left behind is back. Of one that is under way, and where nobody answers, there are none.
func (c *Client) Outdated(ctx context.Context, p release.Progress) []release.NextVerb {
	offered := release.Next(p)
	if !p.Phase.Ended() || len(offered) == 0 {
		return nil
	}
	var verbs []release.NextVerb
	returns := slices.ContainsFunc(offered, func(s release.NextStep) bool { return s.Verb == release.NextReturn })
	if returns && c.replaced(ctx, p) {
		verbs = append(verbs, release.NextReturn)
	}
	if _, state, err := c.askLane(ctx, p.App); err == nil {
		if state == nil { // a lane that does not run holds, denies and owes nothing
			state = &release.LaneState{App: p.App}
		}
		verbs = append(verbs, stepsDone(p, *state)...)
	}
	return verbs
}

// stepsDone are the steps that are done, as the lane of a release that has ended knows.
func stepsDone(p release.Progress, s release.LaneState) (verbs []release.NextVerb) {
	if s.Held == nil || s.Held.ReleaseID != p.ReleaseID {
		verbs = append(verbs, release.NextResumeLane)
	}
	if !p.DeniedBy(s.Denied) {
		verbs = append(verbs, release.NextAllow)
	}
	if !slices.ContainsFunc(s.Debts, func(d release.Debt) bool { return d.ReleaseID == p.ReleaseID && len(d.ScalingRules) > 0 }) {
		verbs = append(verbs, release.NextRecover)
	}
	return verbs
}

// replaced reports whether another version of the application runs since, or may: the turn of a later
// release has come, or it has ended otherwise than with the version that ran before it.
func (c *Client) replaced(ctx context.Context, p release.Progress) bool {
	infos, more, err := c.find(ctx, search{query: Filter{App: p.App.SearchValue()}.query() + notQueued, limit: latest})
	if err != nil {
		return false
	}
	for _, info := range infos {
		l := listed(info)
		if l.ID == p.ReleaseID {
			return false
		}
		if l.Operation == release.OperationRestart || l.Operation == release.OperationRescale {
			continue
		}
		if l.EndedAt.IsZero() || l.Outcome == release.PhaseSucceeded || l.Outcome == release.PhaseNeedsAttention {
			return true
		}
	}
	return more
}
