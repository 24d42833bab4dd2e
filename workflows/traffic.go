package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// traffic is the traffic rule of a release, while it uses the place of the application's own.
type traffic struct {
	// touched tells that the release has, or may have, put its own rule there.
	touched bool
	// kept is the application's own traffic rule.
	kept *release.KeptTraffic
}

// ruleApart reports whether the release has a traffic rule that is set and removed apart from its change.
func (r *run) ruleApart() bool {
	return !r.spec.Traffic.Empty() && r.platform.traits().TrafficApart
}

// rulesWithin are the traffic rules of the release that are a part of its change, and end with it; nil where it has none.
func (r *run) rulesWithin() *release.Traffic {
	if r.spec.Traffic.Empty() || r.platform.traits().TrafficApart {
		return nil
	}
	return r.spec.Traffic
}

// applyTraffic sets the traffic rule of the release before the rollout begins: no
// platform takes one while a change runs.
func (r *run) applyTraffic(ctx workflow.Context) *ending {
	if !r.ruleApart() {
		return nil
	}
	for {
		_, f := step(ctx, r, func(override bool) call[struct{}] {
			t := r.platform.applyTraffic(release.ApplyTrafficInput{
				App: r.p.App, ReleaseID: r.p.ReleaseID, Traffic: *r.spec.Traffic, Kept: r.traffic.kept, Override: override,
			})
			if !r.traffic.touched {
				t.task = t.sentOnce() // until the rule may be set, that is to be known of
			}
			return t
		})
		switch {
		case f == nil:
			r.traffic.applied(&r.p)
			return nil
		case f.actedMaybe():
			// The rule may be set by now, so it is cleared in the end as if it was there.
			r.traffic.applied(&r.p)
			r.late = workflow.Now(ctx)
		case f.class == release.FaultStopped:
			r.late = workflow.Now(ctx)
			return decided(r.abort).end(release.PhaseAborted, "; nothing was deployed")
		default:
			return end(release.PhaseFailed, "%v; nothing was deployed", f)
		}
	}
}

// applied shows that the rule of the release is, or may be, in the place of the
// application's own. From now on what is read there is not the application's own any more.
func (t *traffic) applied(p *release.Progress) {
	t.touched = true
	p.Traffic = &release.TrafficState{Applied: true}
	if t.kept != nil {
		p.Traffic.Kept = t.kept.Name
	}
}

// cleared removes the traffic rule of the release, whatever its end is, and puts back
// the application's own. A rule that stays turns the outcome into NeedsAttention, which
// names it.
func (r *run) cleared(ctx workflow.Context, e *ending) *ending {
	if !r.traffic.touched {
		return r.clearedWithin(e)
	}
	result, f := conclude(ctx, &r.caller, r.platform.clearTraffic(release.ClearTrafficInput{
		App: r.p.App, ReleaseID: r.p.ReleaseID, Traffic: *r.spec.Traffic, Kept: r.traffic.kept, Late: r.late,
	}))
	switch {
	case f != nil:
		return e.needsAttention("; the traffic rule of the release could not be removed: %v", f)
	case result.Foreign:
		r.p.Traffic.Note = "changed by somebody meanwhile, and left so"
		return e.and("somebody has changed the traffic rule meanwhile; it was left so")
	default:
		r.p.Traffic.Cleared = true
		return e
	}
}

// clearedWithin shows that traffic rules which are a part of the change have ended with it. Where it is not known how the
// change has ended, neither is whether they have.
func (r *run) clearedWithin(e *ending) *ending {
	if r.rulesWithin() != nil && r.p.Traffic != nil && e.outcome != release.PhaseNeedsAttention {
		r.p.Traffic.Cleared = true
	}
	return e
}
