package workflows

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// scaling are the scaling rules that a release has switched off and is to put back (R1).
type scaling struct {
	p *release.Progress
	// debts are the rules that releases before this one have left off.
	debts []release.Debt
	// touched tells that the release has, or may have, changed rules: what was recorded of them
	// before stays.
	touched bool
	// noted tells that the ledger knows what was recorded last.
	noted bool
	// traits tell how the platform disables a rule.
	traits release.Traits
	// leased tells that the release disables the rules that are enabled, and enables them again.
	leased bool
}

// newScaling are the scaling rules of a release of the application, as its progress has them.
func newScaling(on platform, p *release.Progress) scaling {
	return scaling{p: p, traits: on.traits(), leased: true}
}

// suspends reports whether the release switches scaling rules off and on itself. A change that
// was begun elsewhere has done so already.
func (r *run) suspends() bool { return r.spec.Scaling.Suspended() }

// suspendScaling disables the rules that are enabled. Their record stands in the history
// before anything is changed.
func (r *run) suspendScaling(ctx workflow.Context) *ending {
	if !r.suspends() || len(r.p.ScalingRules) == 0 || r.spec.Adopt != "" {
		return nil
	}
	for {
		result, f := step(ctx, r, func(override bool) call[release.SetScalingResult] {
			r.noteHeld() // they may have been read again
			t := r.platform.setScaling(release.SetScalingInput{App: r.p.App, Rules: r.scaling.unrestored(), Override: override})
			if !r.scaling.touched {
				t.task = t.sentOnce() // until something may have been switched off, that is to be known of
			}
			return t
		})
		switch {
		case f == nil:
			r.scaling.touched = true
			r.scaling.markSuspended(result.Rules)
			return nil
		case f.actedMaybe():
			// Some may be off by now: the rules to restore are those recorded before.
			r.scaling.touched, r.late = true, workflow.Now(ctx)
		case !r.scaling.touched:
			return r.untouched(f)
		case f.class == release.FaultStopped:
			r.late = workflow.Now(ctx)
			return r.restored(ctx, decided(r.abort).end(release.PhaseAborted, "; nothing was deployed"))
		default:
			return r.restored(ctx, end(release.PhaseFailed, "%v; nothing was deployed", f))
		}
	}
}

// noteHeld lets the ledger know what is recorded before anything is changed (R13, R15).
func (r *run) noteHeld() {
	if !r.scaling.noted {
		r.scaling.noted = true
		r.events.note(&r.p)
	}
}

// record records the rules that are enabled. Once the release may have switched one
// off itself, rules that were enabled meanwhile are added, and none is forgotten (R13).
func (s *scaling) record(rules []release.ScalingRule) {
	s.noted = false
	if !s.touched {
		s.p.ScalingRules = nil
	}
	for _, rule := range rules {
		owed := s.owedBy(rule.Name)
		switch held := s.held(rule.Name); {
		case held != nil && rule.Enabled && !held.Suspended:
			held.Kept = rule.Kept // somebody may have changed it since, and it was not taken away yet
		case held == nil && (rule.Enabled && s.restores() || owed != ""):
			s.p.ScalingRules = append(s.p.ScalingRules, release.HeldRule{
				Name: rule.Name, Revision: rule.Revision, Kept: rule.Kept, Owed: owed, Suspended: !rule.Enabled,
			})
		}
	}
	s.recordOwed(rules)
}

// restores reports whether a rule that is enabled is to be so in the end: the change itself may switch it
// off, but takes none away.
func (s *scaling) restores() bool { return s.leased || !s.traits.TakesRulesAway() }

// held is the record of a rule; nil where there is none.
func (s *scaling) held(name string) *release.HeldRule {
	for i := range s.p.ScalingRules {
		if s.p.ScalingRules[i].Name == name {
			return &s.p.ScalingRules[i]
		}
	}
	return nil
}

// named finds a rule among those that were read.
func named(rules []release.ScalingRule, name string) (release.ScalingRule, bool) {
	i := slices.IndexFunc(rules, func(rule release.ScalingRule) bool { return rule.Name == name })
	if i < 0 {
		return release.ScalingRule{}, false
	}
	return rules[i], true
}

// recordAgain records, before the rules are suspended once more, those that are enabled now. One that
// somebody has disabled since it was restored is theirs, and stays as it is.
func (s *scaling) recordAgain(rules []release.ScalingRule) {
	s.touched = true
	for i := range s.p.ScalingRules {
		held := &s.p.ScalingRules[i]
		switch rule, there := named(rules, held.Name); {
		case !there:
			held.Gone, held.Note = true, noteDeleted
		case rule.Enabled:
			*held = release.HeldRule{Name: held.Name, Revision: rule.Revision, Kept: rule.Kept, Owed: held.Owed}
		}
	}
	s.record(rules)
}

// recordOwed records the rules that are owed and do not exist. One that was taken away is put back as
// it was kept, or stays owed where that is not known; of another one nothing is owed any more.
func (s *scaling) recordOwed(rules []release.ScalingRule) {
	for _, d := range s.debts {
		for _, name := range d.ScalingRules {
			if _, there := named(rules, name); there || s.held(name) != nil {
				continue
			}
			rule := d.Rule(name)
			switch {
			case !s.traits.TakesRulesAway():
				s.p.ScalingRules = append(s.p.ScalingRules, release.HeldRule{Name: name, Owed: d.ReleaseID, Gone: true, Note: noteDeleted})
			case rule.Kept != nil:
				s.p.ScalingRules = append(s.p.ScalingRules, release.HeldRule{
					Name: name, Revision: rule.Revision, Kept: rule.Kept, Owed: d.ReleaseID, Suspended: true,
				})
			}
		}
	}
}

// noteDeleted is what is noted of a rule that does not exist any more.
const noteDeleted = "deleted by somebody meanwhile"

// owedBy is the release before this one that has left the rule off; empty when none has. Its
// debt is paid like what this release switches off itself (R1).
func (s *scaling) owedBy(rule string) string {
	for _, d := range s.debts {
		if slices.Contains(d.ScalingRules, rule) {
			return d.ReleaseID
		}
	}
	return ""
}

// stillOwed names what releases before this one have left and this one has not put back;
// empty when nothing is.
func (s *scaling) stillOwed() string {
	var left []string
	lane := release.LaneInput{Debts: s.debts}
	lane.PayOff(s.p.Paid())
	for _, d := range lane.Debts {
		left = append(left, d.Words())
		if d.Traffic {
			s.p.Named = append(s.p.Named, d.ReleaseID)
		}
	}
	return strings.Join(left, "; ")
}

// markSuspended shows the rules that were read back as switched off.
func (s *scaling) markSuspended(now []release.ScalingRule) {
	for i := range s.p.ScalingRules {
		held := &s.p.ScalingRules[i]
		if held.Restored { // by an earlier suspension, and left so by this one
			continue
		}
		rule, there := named(now, held.Name)
		held.Suspended = !rule.Enabled && (there || s.traits.TakesRulesAway())
	}
}

// unrestored are the rules that are still to be restored, as they were.
func (s *scaling) unrestored() []release.ScalingRule {
	var rules []release.ScalingRule
	for _, rule := range s.p.ScalingRules {
		if !rule.Restored && !rule.Gone {
			rules = append(rules, rule.Rule())
		}
	}
	return rules
}

// names are those of the rules that are still to be restored.
func (s *scaling) names() []string {
	return namesOf(s.unrestored())
}

// left names the rules that are left off, for a reason; empty when there are none.
func (s *scaling) left() string {
	names := s.names()
	if len(names) == 0 {
		return ""
	}
	return "; scaling rules left off: " + strings.Join(names, ", ")
}

// restore enables the very set of rules that was enabled before, and tells in words what
// somebody has done to a rule meanwhile, which is respected.
func (s *scaling) restore(ctx workflow.Context, c *caller) (changes string, f *fault) {
	result, f := conclude(ctx, c, c.platform.setScaling(release.SetScalingInput{
		App: s.p.App, Rules: s.unrestored(), Enable: true, Late: c.late,
		Override: true, // the way back is never held by a freeze
	}))
	if f != nil {
		return "", f
	}
	return s.compare(result.Rules), nil
}

// restored puts the rules back and then ends the release as asked. A rule that cannot be
// restored turns the outcome into NeedsAttention, which names it.
func (r *run) restored(ctx workflow.Context, e *ending) *ending {
	if len(r.scaling.names()) == 0 {
		return e
	}
	changes, f := r.scaling.restore(ctx, &r.caller)
	e = e.and(changes)
	left := r.scaling.left()
	switch {
	case left == "":
		return e
	case f != nil:
		return e.needsAttention("; %v%s", f, left)
	default:
		return e.needsAttention("%s", left)
	}
}

// compare records what has become of the held rules, and returns in words what somebody
// else has done to them.
func (s *scaling) compare(now []release.ScalingRule) string {
	var changes []string
	for i := range s.p.ScalingRules {
		held := &s.p.ScalingRules[i]
		if held.Restored {
			continue
		}
		switch rule, there := named(now, held.Name); {
		case !there && !s.traits.TakesRulesAway(): // else it is not put back yet
			held.Gone, held.Note = true, noteDeleted
		case rule.Enabled:
			held.Restored, held.Kept = true, nil
			if rule.Revision != held.Revision {
				held.Note = "changed by somebody meanwhile; it is enabled as changed"
			}
		}
		if held.Note != "" {
			changes = append(changes, "scaling rule "+held.Name+" was "+held.Note)
		}
	}
	return strings.Join(changes, "; ")
}

// describe names an outcome that another one replaces.
func (e *ending) describe() string {
	if e.reason == "" {
		return string(e.outcome)
	}
	return string(e.outcome) + ": " + e.reason
}
