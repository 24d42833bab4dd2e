package check

import (
	"fmt"
	"slices"
	"time"

	"slipway/ledger"
	"slipway/release"
)

// clockPrecision is that of the platform which writes times down most coarsely.
const clockPrecision = time.Second

// oneChangeAStep: a platform has begun at most one change for each step of a release, and no change of an application before the one
// before it had ended; none is left unfinished but one that a release names.
func oneChangeAStep(e evidence) (found []Violation) {
	type step struct{ release, step string }
	begun, last := map[step]change{}, map[release.App]change{}
	for _, c := range e.changes {
		of := e.ownerOf(c)
		violation := func(rule, format string, args ...any) {
			v := e.of(rule, "one change per step", of)
			v.Application, v.Where = c.app.SearchValue(), "the ledger of "+string(c.app.Platform)
			v.Found = c.what + " " + c.id + " " + fmt.Sprintf(format, args...)
			found = append(found, v)
		}
		s := step{of, c.step}
		if first, twice := begun[s]; twice && of != "" {
			violation("R3", "is of step %s, for which %s was begun", c.step, first.id)
		}
		begun[s] = c
		before, is := last[c.app]
		if is && (before.ended.IsZero() || c.began.Before(before.ended.Add(-clockPrecision))) {
			violation("R2", "was begun before %s had ended", before.id)
		}
		last[c.app] = c
		if c.ended.IsZero() && !e.names(c) {
			violation("R4", "has not ended, and no release names it")
		}
	}
	return found
}

// ownerOf is the release that has begun a change; empty where its token is of none that the ledger knows.
func (e evidence) ownerOf(c change) string {
	at := slices.IndexFunc(e.records, func(r ledger.Record) bool { return slices.Contains(c.release, r.ReleaseID) })
	if at < 0 {
		return ""
	}
	return e.records[at].ReleaseID
}

// names reports whether a release says that it has left a change to a person.
func (e evidence) names(c change) bool {
	return slices.ContainsFunc(e.records, func(r ledger.Record) bool {
		return r.App.Unqualified() == c.app.Unqualified() && r.Owes() && r.Held.ChangeID == c.id
	})
}
