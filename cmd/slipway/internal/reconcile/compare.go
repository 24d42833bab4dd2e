package reconcile

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/releases/execution"
)

// The bounds of what is looked at.
const (
	// lookBack is how far back releases are compared by their latest change.
	lookBack = 30 * 24 * time.Hour
	// mostReleases is how many releases of each side are compared, the latest first.
	mostReleases = 2000
	// atOnce is how many releases are looked at side by side.
	atOnce = 8
)

// Sources are what is compared.
type Sources struct {
	Releases *releases.Client
	Ledger   *ledger.Ledger
}

// Comparison is what was found.
type Comparison struct {
	// Releases is how many were compared.
	Releases int
	// Differences are in no order.
	Differences []Difference
	// More tells that there are more releases than are compared.
	More bool
	// apps are the applications of the releases that were compared, the latest first.
	apps []release.App
}

// Compare holds what Temporal and the ledger say of releases against each other: of those that were changed within the last 30 days,
// 2000 of each at most. It needs no worker.
func (s Sources) Compare(ctx context.Context) (Comparison, error) {
	now := time.Now()
	listed, more, err := s.Releases.List(ctx, releases.Filter{Since: now.Add(-lookBack), Limit: mostReleases})
	if err != nil {
		return Comparison{}, err
	}
	records, err := s.Ledger.All(ctx, ledger.Filter{Since: now.Add(-lookBack), Limit: mostReleases})
	if err != nil {
		return Comparison{}, err
	}
	found := Comparison{More: more || len(records) == mostReleases}
	subjects := subjectsOf(listed, records)
	found.Releases = len(subjects)
	var suspect []subject
	for _, each := range subjects {
		if app := each.app.Unqualified(); !slices.Contains(found.apps, app) {
			found.apps = append(found.apps, app)
		}
		if judge(each.seen, each.record, now) != agree {
			suspect = append(suspect, each)
		}
	}
	found.Differences, err = s.lookAgain(ctx, suspect)
	return found, err
}

// subject is a release with what either side lists of it.
type subject struct {
	app    release.App
	id     string
	seen   sight
	record *ledger.Record
}

// subjectsOf are the releases that either side lists.
func subjectsOf(listed []releases.Listed, records []ledger.Record) []subject {
	var all []subject
	at := map[string]int{}
	for i, r := range records {
		at[r.ReleaseID] = len(all)
		all = append(all, subject{app: r.App, id: r.ReleaseID, record: &records[i]})
	}
	for _, l := range listed {
		ref, err := release.ParseApp(l.App)
		if err != nil || release.CheckReleaseID(l.ID) != nil {
			continue // it was begun by hand, without a lane
		}
		i, known := at[l.ID]
		if !known {
			i = len(all)
			at[l.ID] = i
			all = append(all, subject{app: ref.App, id: l.ID})
		}
		if all[i].seen.known {
			continue // an earlier run of it
		}
		all[i].seen = sight{known: true, end: endOf(l)}
	}
	return all
}

// endOf is how the workflow of a listed release has ended.
func endOf(l releases.Listed) execution.End {
	switch {
	case l.EndedAt.IsZero():
		return execution.Open
	case l.Stopped != "":
		return execution.End(l.Stopped)
	}
	return execution.Completed
}

// lookAgain asks both sides for each release by itself: a list follows what has just happened after a moment, and is cut. Temporal is
// asked first, because a release tells the ledger its outcome before its workflow ends.
func (s Sources) lookAgain(ctx context.Context, suspect []subject) ([]Difference, error) {
	found := make([]Difference, len(suspect))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, each := range suspect {
		group.Go(func() (err error) {
			found[i], err = s.difference(ctx, each)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(d Difference) bool { return d.verdict == agree && d.Remedy == "" }), nil
}

func (s Sources) difference(ctx context.Context, of subject) (Difference, error) {
	var err error
	if of.seen, err = s.see(ctx, of.id); err != nil {
		return Difference{}, err
	}
	record, err := s.Ledger.GetOf(ctx, of.app, of.id)
	switch {
	case err == nil:
		of.record = &record
	case errors.Is(err, ledger.ErrNotFound):
		of.record = nil
	default:
		return Difference{}, err
	}
	return s.describe(ctx, of, judge(of.seen, of.record, time.Now()))
}

// see asks Temporal for a release.
func (s Sources) see(ctx context.Context, id string) (seen sight, err error) {
	seen.end, seen.known, err = s.Releases.EndOf(ctx, id)
	return seen, err
}
