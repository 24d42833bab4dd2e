package check

import (
	"fmt"

	"slipway/ledger"
	"slipway/release"
)

// inOrder: the requests of an application are released in the order in which JetStream has taken them, one after the other. A release of a set
// or without an event has no place in that order.
func inOrder(e evidence) (found []Violation) {
	for _, p := range e.sent.Places {
		found = append(found, e.turns(e.recordsOf(p.App))...)
	}
	records, last := e.recordsByID(), map[release.App]ledger.Record{}
	for _, c := range e.changes {
		r, known := records[e.ownerOf(c)]
		if !known || r.Sequence == 0 {
			continue
		}
		if before := last[c.app]; before.Sequence > r.Sequence {
			v := e.of("R14", "publishing order", r.ReleaseID)
			v.Found = fmt.Sprintf("%s %s was begun after that of %s, which was published later (%d, %d)", c.what, c.id, before.ReleaseID, r.Sequence, before.Sequence)
			v.Where = "the ledger of " + string(c.app.Platform)
			found = append(found, v)
		}
		last[c.app] = r
	}
	return found
}

// turns looks at the releases of an application in the order of their turns.
func (e evidence) turns(of []ledger.Record) (found []Violation) {
	for i := 1; i < len(of); i++ {
		before, r := of[i-1], of[i]
		// When the turn of one that was lost or reset was, and its end, nobody has seen.
		if before.Lost == "" && !e.sent.Disturbed[before.ReleaseID] && !e.sent.Disturbed[r.ReleaseID] && !before.EndedAt.IsZero() && r.StartedAt.Before(before.EndedAt) {
			v := e.of("R2", "one release at a time", r.ReleaseID)
			v.Found = fmt.Sprintf("its turn came at %s, and %s had its end at %s", release.Moment(r.StartedAt), before.ReleaseID, release.Moment(before.EndedAt))
			v.Where = ledger.Bucket
			found = append(found, v)
		}
	}
	return found
}
