package ledger

import (
	"slices"
	"strings"
	"time"

	"slipway/release"
)

// judgement is what a release has shown about a version.
type judgement struct {
	version release.Version
	good    bool
	at      time.Time
	// releaseID tells apart what has ended at one time.
	releaseID string
}

// judges reports whether a release has ended that has moved the pointer to a version that is meant.
func (r Record) judges(app release.App) bool {
	return r.Ended() && r.App.WithDefaults() == app.WithDefaults()
}

// judgements are what a release has shown. One that succeeded has shown its artifact to be
// good with the configuration that it brought, and a rollback that succeeded has left the version
// that ran before it. One that had begun to change the application and ended otherwise has shown its
// artifact to be bad, with any configuration. What ended before it began a change, needs attention, or
// was released over itself, if only with another configuration, shows nothing.
func (r Record) judgements() []judgement {
	p := r.Progress
	says := func(v release.Version, good bool) judgement {
		return judgement{version: v, good: good, at: r.EndedAt, releaseID: r.ReleaseID}
	}
	switch p.Operation {
	case release.OperationRestart, release.OperationRescale, release.OperationJob:
		return nil // they bring nothing that a rollback could return to
	case release.OperationRelease, release.OperationRollback:
	}
	if r.Outcome == release.PhaseSucceeded {
		shown := []judgement{says(release.Version{ID: p.Version, Artifact: r.Artifact, Config: r.Config}, true)}
		if p.Operation == release.OperationRollback && p.RollbackTo != nil {
			shown = append(shown, says(*p.RollbackTo, false))
		}
		return shown
	}
	if !r.Ended() || r.Outcome == release.PhaseNeedsAttention || p.ChangeID == "" || !p.Discredits() {
		return nil
	}
	return []judgement{says(release.Version{ID: p.Version, Artifact: r.Artifact}, false)}
}

// lastGood returns the versions that are good, the one that has succeeded latest first: the
// latest judgement of each counts; and those that are bad. It leaves out what runs and what is to
// be avoided.
func lastGood(records []Record, running release.Version, avoid []release.Version) (good, bad []release.Version) {
	var all []judgement
	for _, r := range records {
		all = append(all, r.judgements()...)
	}
	slices.SortStableFunc(all, func(a, b judgement) int {
		if c := b.at.Compare(a.at); c != 0 {
			return c
		}
		return strings.Compare(b.releaseID, a.releaseID)
	})
	out := append([]release.Version{running}, avoid...)
	for _, j := range all {
		known := j.version.ID != "" || j.version.Artifact.Known()
		if !known || slices.ContainsFunc(out, j.version.Same) {
			continue
		}
		if j.good {
			good = append(good, j.version)
		} else {
			bad = append(bad, j.version)
		}
		out = append(out, j.version) // what is older about it does not count
	}
	return good, bad
}
