package stats

import (
	"slices"
	"strings"
	"time"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
)

// Window is the time that figures are of: what has ended from Since on, and before Until.
type Window struct{ Since, Until time.Time }

func (w Window) has(at time.Time) bool { return !at.Before(w.Since) && at.Before(w.Until) }

// days is the length of the window.
func (w Window) days() float64 { return w.Until.Sub(w.Since).Hours() / 24 }

// Application is what figures are of.
type Application struct {
	// Name is that of the document, or what the application is on its platform where it has none.
	Name string
	// Environments stand in the order of promotion; the figures are those of the last one.
	Environments []Environment
}

// Environment is one place where the application runs; its name is empty where there is no document.
type Environment struct {
	Name string
	App  release.App
}

// FromDocument is the application of a document.
func FromDocument(a apps.Application) Application {
	out := Application{Name: a.Name}
	for _, e := range a.Environments {
		out.Environments = append(out.Environments, Environment{Name: e.Name, App: e.App.App()})
	}
	return out
}

// To is the application as if the environment of that name were its last one. The figures are those of this
// environment then.
func (a Application) To(environment string) Application {
	if i := slices.IndexFunc(a.Environments, func(e Environment) bool { return e.Name == environment }); i >= 0 {
		a.Name += "/" + environment
		a.Environments = a.Environments[:i+1]
	}
	return a
}

// OnPlatform is an application without a document.
func OnPlatform(app release.App) Application {
	return Application{Name: platformName(app), Environments: []Environment{{App: app}}}
}

// platformName is what an application is called that has no name: platform/region/id, and its pointer to a version
// where that is not the usual one.
func platformName(app release.App) string {
	if app.Qualifier == "" || app.Qualifier == app.Unqualified().WithDefaults().Qualifier {
		return app.SearchValue()
	}
	return app.SearchValue() + ":" + app.Qualifier
}

// undocumented are the applications of records that none of the known ones has, by their names.
func undocumented(records []ledger.Record, known []Application) (found []Application) {
	has := map[release.App]bool{}
	for _, a := range known {
		for _, e := range a.Environments {
			has[e.App.WithDefaults()] = true
		}
	}
	for _, r := range records {
		if app := r.App.WithDefaults(); !has[app] {
			has[app] = true
			found = append(found, OnPlatform(app))
		}
	}
	slices.SortFunc(found, func(a, b Application) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// brings reports whether a release was to bring an artifact.
func brings(r ledger.Record) bool {
	p := r.Progress
	return p.Operation == release.OperationRelease && !p.OnlyConfig && r.Artifact.Known()
}

// deployed reports whether a release is a deployment: it has brought an artifact, and Succeeded.
func deployed(r ledger.Record) bool { return r.Outcome == release.PhaseSucceeded && brings(r) }

// changed reports whether a release is one of those of which some fail: it was to bring an artifact, has ended, and
// had begun to change what runs. One that was refused, withdrawn or superseded before has changed nothing, and one
// that had to make way for another release has not failed.
func changed(r ledger.Record) bool {
	if !brings(r) || !r.Ended() || r.Outcome != release.PhaseSucceeded && r.Progress.ChangeID == "" {
		return false
	}
	by, stopped := r.Progress.StoppedBy()
	madeWay := r.Outcome == release.PhaseAborted && stopped && by.By == release.Slipway && by.Via != release.ViaLimit
	return !madeWay
}

// good reports whether after the release a version runs that is good: it or a rollback has Succeeded.
func good(r ledger.Record) bool {
	p := r.Progress
	return r.Outcome == release.PhaseSucceeded && (p.Operation == release.OperationRelease || p.Operation == release.OperationRollback)
}

// undone are the IDs of the deployments that a rollback has left, by the records of one environment in the order of
// their ends: what ran when the rollback Succeeded, if it is not what the rollback returned to.
func undone(records []ledger.Record) map[string]bool {
	out, runs := map[string]bool{}, ledger.Record{}
	for _, r := range records {
		if !good(r) || !r.Artifact.Known() || r.Progress.OnlyConfig {
			continue
		}
		if r.Progress.Operation == release.OperationRollback && deployed(runs) && !runs.Artifact.Same(r.Artifact) {
			out[runs.ReleaseID] = true
		}
		runs = r
	}
	return out
}

// origins are the records by the IDs of their releases: among them are those that have brought artifacts first.
type origins map[string]ledger.Record

// longestWay bounds how many promotions and retries are followed back.
const longestWay = 100

// of is the release that a release goes back to, through the promotions and retries by which it came; false where
// the records do not have it.
func (o origins) of(r ledger.Record) (ledger.Record, bool) {
	for range longestWay {
		before := r.RetryOf
		if r.ByName != nil && before == "" {
			before = r.ByName.PromotedFrom.Release
		}
		if before == "" {
			return r, true
		}
		first, known := o[before]
		if !known {
			return ledger.Record{}, false
		}
		r = first
	}
	return ledger.Record{}, false
}

// longestLain is how long before the request for it an artifact may have been published: as long as the ledger keeps a record where nothing
// else is said. A sender without a clock tells of 1970, which one such artifact would make the lead time of nine of ten.
const longestLain = ledger.DefaultMaxAge

// published is when somebody told that the artifact of a release was published, if not after it was asked for; false where nobody
// did, or told of a time that cannot be.
func published(r ledger.Record) (time.Time, bool) {
	if r.ByName == nil || r.ByName.Trigger.PushedAt.IsZero() {
		return time.Time{}, false
	}
	at, asked := r.ByName.Trigger.PushedAt, r.Asked()
	if at.Before(asked.Add(-longestLain)) {
		return time.Time{}, false
	}
	if asked.Before(at) {
		at = asked
	}
	return at, true
}
