package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// applyTraffic sets the traffic rule of the release before the rollout begins: no
// platform takes one while a change order runs.
func (r *run) applyTraffic(ctx workflow.Context) *ending {
	if r.spec.Traffic.Empty() {
		return nil
	}
	r.p.Traffic = &release.TrafficState{}
	if r.snap.Traffic != nil {
		r.p.Traffic.Kept = r.snap.Traffic.Name
	}
	_, f := step[struct{}](ctx, r, func(override bool) (release.Verb, any) {
		return release.VerbApplyTraffic, release.ApplyTrafficInput{
			App: r.p.App, ReleaseID: r.p.ReleaseID, Traffic: *r.spec.Traffic, Kept: r.snap.Traffic, Override: override,
		}
	})
	switch {
	case f == nil:
		r.p.Traffic.Applied = true
		return nil
	case f.class == release.FaultFrozen:
		return end(release.PhaseAborted, "%s; nothing was deployed", because(r.abort))
	default:
		// A lost answer may have set the rule, so it is cleared as if it was there.
		r.p.Traffic.Applied = true
		return end(release.PhaseFailed, "%v; nothing was deployed", f)
	}
}

// cleared removes the traffic rule of the release, whatever its end is, and puts back
// the application's own. A rule that stays turns the outcome into NeedsAttention, which
// names it.
func (r *run) cleared(ctx workflow.Context, e *ending) *ending {
	if r.p.Traffic == nil || !r.p.Traffic.Applied {
		return e
	}
	result, f := call[release.ClearTrafficResult](ctx, r.platform, release.VerbClearTraffic, release.ClearTrafficInput{
		App: r.p.App, ReleaseID: r.p.ReleaseID, Traffic: *r.spec.Traffic, Kept: r.snap.Traffic,
	})
	switch {
	case f != nil:
		return end(release.PhaseNeedsAttention, "%s; the traffic rule of the release could not be removed: %v", e.describe(), f)
	case result.Foreign:
		r.p.Traffic.Note = "changed by somebody meanwhile, and left so"
		return e.and("somebody has changed the traffic rule meanwhile; it was left so")
	default:
		r.p.Traffic.Cleared = true
		return e
	}
}
