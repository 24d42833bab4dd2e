package ledger

import (
	"cmp"
	"slices"
	"time"

	"slipway/release"
)

// Report is what a release tells of itself.
type Report struct {
	Progress release.Progress
	// Transition numbers the transitions of the release, from 1; 0 where they have no numbers.
	// Reports without numbers count in the order in which they arrive.
	Transition uint64
}

// outcome is the end that the progress shows; empty where it shows none.
func (u Report) outcome() release.Phase {
	if p := u.Progress; p.Outcome == "" && p.Phase.Ended() {
		return p.Phase
	}
	return u.Progress.Outcome
}

// counts reports whether a record takes the report over what it has. Reports may come late
// and in any order, from several workers: an end always beats what has not ended, nothing
// beats an end but the same end, and otherwise the transition with the higher number wins.
// A report without a number wins over one without a number only.
func (r Record) counts(u Report) bool {
	switch end := u.outcome(); {
	case r.Lost != "":
		return false
	case r.Outcome != "" && r.Outcome != end:
		return false
	case r.Outcome == "" && end != "":
		return true
	case u.Transition == r.Transition && u.Transition > 0 && len(u.Progress.ScalingRules) == 0 && len(r.Progress.ScalingRules) > 0:
		return false // a release that was reset begins anew; what it held stands here alone (R13, R15)
	}
	return u.Transition >= r.Transition
}

// reported returns the record after a report. One that reports has been accepted.
func (r Record) reported(u Report) Record {
	r.Accepted = true
	if !r.counts(u) {
		return r
	}
	p := u.Progress
	p.Outcome = u.outcome()
	p.ScalingRules, p.Cut.Kept = r.kept(p)
	r.Outcome, r.StartedAt, r.EndedAt = p.Outcome, p.StartedAt, p.EndedAt
	r.Progress, r.Cut = p, p.Cut
	r.Progress.Cut = release.Cut{}
	r.Transition = max(r.Transition, u.Transition)
	r.RequestedBy, r.SetID = cmp.Or(r.RequestedBy, p.RequestedBy), cmp.Or(r.SetID, p.Set)
	r.RetryOf, r.ByName = cmp.Or(r.RetryOf, p.RetryOf), cmp.Or(r.ByName, p.ByName)
	r.Identity.Digest = cmp.Or(r.Identity.Digest, p.Digest)
	if p.Artifact != (release.Artifact{}) {
		r.Artifact = p.Artifact
	}
	if p.Outcome == release.PhaseSucceeded && p.Runs != nil {
		r.Config = p.Runs.Config
	}
	return r
}

// kept returns the rules of a report with what the record has kept of them, where the report had no
// room for it: they cannot be put back without.
func (r Record) kept(p release.Progress) (rules []release.HeldRule, cut int) {
	rules, cut = slices.Clone(p.ScalingRules), p.Cut.Kept
	for i := range rules {
		rule := &rules[i]
		for _, known := range r.Progress.ScalingRules {
			left := rule.Kept == nil && known.Kept != nil && !rule.Restored && !rule.Gone
			if left && cut > 0 && known.Name == rule.Name && known.Revision == rule.Revision {
				rule.Kept = known.Kept
				cut--
			}
		}
	}
	return rules, cut
}

// request is what a record says when the release is asked for.
func (r Record) request() Record {
	return Record{
		ReleaseID: r.ReleaseID, App: r.App, Identity: r.Identity, ByName: r.ByName, SetID: r.SetID, RetryOf: r.RetryOf, RequestedBy: r.RequestedBy,
		RequestedAt: r.RequestedAt, Sequence: r.Sequence, Artifact: r.Artifact, Accepted: r.Accepted,
	}
}

// askedAgain returns the record after a further request for the same release, which must
// have the same content. A record that was made of a progress alone takes the event of the
// request.
func (r Record) askedAgain(again Record) (Record, error) {
	if err := r.Identity.same(r.ReleaseID, again.Identity); err != nil {
		return r, err
	}
	if r.Identity.EventID == "" {
		r.Identity, r.SetID, r.RequestedAt, r.Sequence = again.Identity, cmp.Or(r.SetID, again.SetID), again.RequestedAt, again.Sequence
		r.RequestedBy, r.RetryOf = cmp.Or(r.RequestedBy, again.RequestedBy), cmp.Or(r.RetryOf, again.RetryOf)
	}
	r.Accepted = r.Accepted || again.Accepted
	return r, nil
}

// Loss is how and when a release was lost.
type Loss struct {
	// How says it in words, for example that its workflow was terminated.
	How string
	At  time.Time
}

// lost returns the record of a release that has ended without telling. An outcome that it
// has told stands; one that has told none needs attention.
func (r Record) lost(l Loss) Record {
	r.Accepted = true
	if r.Lost != "" {
		return r
	}
	r.Lost = cmp.Or(l.How, "nobody knows how")
	if r.Ended() {
		return r
	}
	r.Outcome, r.EndedAt = release.PhaseNeedsAttention, l.At
	p := r.Progress
	p.ReleaseID, p.App, p.Artifact, p.RetryOf = r.ReleaseID, r.App, r.Artifact, r.RetryOf
	p.Phase, p.Outcome, p.Reason, p.EndedAt = release.PhaseNeedsAttention, release.PhaseNeedsAttention, r.Lost, l.At
	p.Awaiting, p.Stalled, p.Paused = nil, nil, false
	p.Batches = slices.Clone(p.Batches)
	p.CloseBatches()
	r.Progress = p
	return r
}

// paid returns the record after a payment. What is not held, or was paid before, is no part
// of it, and a payment of nothing changes nothing.
func (r Record) paid(p Payment) Record {
	h := r.held()
	if p.All {
		p.Rules, p.Traffic, p.ChangeID = h.ScalingRules, h.Traffic, h.ChangeID
	}
	p.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(name string) bool { return !slices.Contains(h.ScalingRules, name) })
	p.Traffic = p.Traffic && h.Traffic
	p.All = p.All && h.More > 0
	if p.ChangeID != h.ChangeID {
		p.ChangeID = ""
	}
	if len(p.Rules) == 0 && !p.Traffic && !p.All && p.ChangeID == "" {
		return r
	}
	r.Paid = append(slices.Clone(r.Paid), p)
	return r
}

// held derives what is held from the latest progress and the payments. A release that ended
// in another way than by needing attention has put everything back.
func (r Record) held() Held {
	p := r.Progress
	if r.Ended() && r.Outcome != release.PhaseNeedsAttention {
		return Held{}
	}
	h := Held{More: r.Cut.Held, Traffic: p.LeavesTraffic(), ChangeID: p.ChangeID}
	for _, rule := range p.ScalingRules {
		if r.unsettled(rule) {
			h.ScalingRules = append(h.ScalingRules, rule.Name)
		}
	}
	for _, paid := range r.Paid {
		h.Traffic = h.Traffic && !paid.Traffic
		if paid.ChangeID == h.ChangeID {
			h.ChangeID = ""
		}
		if paid.All {
			h.More = 0
		}
	}
	return h
}

// unsettled reports whether a rule is still to be restored, and nobody has done it. One that is
// owed for another release is held by that one.
func (r Record) unsettled(rule release.HeldRule) bool {
	return !rule.Restored && !rule.Gone && rule.Owed == "" &&
		!slices.ContainsFunc(r.Paid, func(p Payment) bool { return slices.Contains(p.Rules, rule.Name) })
}
