package workflows_test

import (
	"cmp"
	"maps"
	"slices"

	"slipway/release"
)

// memory is what the ledger keeps of releases, for worlds in which it is the only one that
// knows; the stage guards it.
type memory struct {
	records map[string]record
	// published are the places of the requests in their stream.
	published map[string]release.Published
}

// record is what the ledger has of a release.
type record struct {
	release.Progress

	published release.Published
	lost      bool
	paid      []release.Debt
}

// open finds what the ledger tells a lane, see activities/releases.
func (m *memory) open(found *release.Living, add func(release.LaneEntry)) {
	for _, id := range slices.Sorted(maps.Keys(m.records)) {
		r := m.records[id]
		if r.Outcome == "" && !r.lost {
			add(release.LaneEntry{ReleaseID: id, Operation: r.Operation, Artifact: r.Artifact, Proceeded: true})
		}
		if d := r.owes(); !d.Empty() {
			found.Debts = append(found.Debts, d)
		}
		if r.begun() && (found.Latest == nil || found.Latest.Published.Before(r.published)) {
			found.Latest = &release.Begun{ReleaseID: id, Published: r.published}
		}
	}
}

func (r record) begun() bool {
	under := r.Phase != "" && r.Phase != release.PhaseQueued && r.Outcome == ""
	return r.published.Sequence > 0 && (under || r.ChangeID != "")
}

// owes is what the release has left and nobody has paid.
func (r record) owes() release.Debt {
	if r.Outcome != release.PhaseNeedsAttention && !r.lost {
		return release.Debt{}
	}
	in := release.LaneInput{}
	in.Owe(r.Owes())
	in.PayOff(r.paid)
	if len(in.Debts) == 0 {
		return release.Debt{}
	}
	return in.Debts[0]
}

// accept records a release that its lane has, and that has told nothing yet.
func (m *memory) accept(s release.Submission) {
	if _, known := m.records[s.ReleaseID]; known {
		return
	}
	m.records[s.ReleaseID] = record{
		Progress:  release.Progress{ReleaseID: s.ReleaseID, App: s.Spec.App, Operation: s.Spec.Operation, Artifact: s.Spec.Artifact},
		published: m.published[s.ReleaseID],
	}
}

// take records what was told of a release.
func (m *memory) take(e release.Event) {
	p := e.Progress
	r, known := m.records[p.ReleaseID]
	_, ends := p.Phase.Outcome()
	again := p.Transition == r.Transition && len(p.ScalingRules) == 0 && len(r.ScalingRules) > 0
	if known && (r.lost || r.Outcome != "" || !ends && (p.Transition < r.Transition || again)) {
		return
	}
	r.Progress, r.published = p, m.published[p.ReleaseID]
	if ends {
		r.Outcome = p.Phase
		for _, d := range p.Paid() {
			debtor := m.records[d.ReleaseID]
			debtor.paid = append(debtor.paid, d)
			m.records[d.ReleaseID] = debtor
		}
	}
	m.records[p.ReleaseID] = r
}

// settle records that a release was lost.
func (m *memory) settle(in release.SettleInput) {
	r := m.records[in.Progress.ReleaseID]
	if r.Outcome == "" || r.Outcome == release.PhaseNeedsAttention {
		r.Progress = in.Progress
		r.Outcome = cmp.Or(r.Outcome, release.PhaseNeedsAttention)
	}
	r.lost = r.lost || in.Lost != ""
	m.records[in.Progress.ReleaseID] = r
}
