package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"slipway/console/problem"
	"slipway/release"
	"slipway/releases"
)

// listed is a list of the API.
type listed[T any] struct {
	Items   []T    `json:"items"`
	More    bool   `json:"more"`
	Partial string `json:"partial"`
}

// waiting is something that needs a person, as the API tells it.
type waiting struct {
	releases.Waiting

	Partial string `json:"partial"`
}

// Name is what people call what it is about.
func (w waiting) Name() string { return cmp.Or(w.Application, w.AppName, w.App, w.ID) }

// Page is where it is shown.
func (w waiting) Page() string {
	switch w.Subject {
	case releases.SubjectRelease:
		return "/releases/" + pathOf(w.ID)
	case releases.SubjectSet:
		return "/sets/" + pathOf(w.ID)
	case releases.SubjectLane, releases.SubjectScaling:
	}
	return "/lanes/" + w.App
}

// item is a release of a list.
type item struct{ releases.Listed }

// Name is what people call its application.
func (i item) Name() string { return cmp.Or(i.Application, i.AppName, i.App) }

// State is the phase in which it is, or has ended.
func (i item) State() release.Phase { return cmp.Or(i.Outcome, i.Phase) }

// listedReleases is a list of releases.
type listedReleases struct {
	listed[item]

	Queues []releases.Queue `json:"queues"`
}

// mostShown is how many releases the overview shows at most.
const mostShown = 100

// overview is what needs a person first, then what runs, then what has ended.
type overview struct {
	Waiting       listed[waiting]
	Running       []item
	Ended         []item
	More          bool
	Queues        []releases.Queue
	WaitingFailed *problem.Problem
}

func overviewPage(p *page) error {
	var o overview
	var found listedReleases
	var listing errgroup.Group
	listing.Go(func() error { return p.get("releases", url.Values{"limit": {strconv.Itoa(mostShown)}}, &found) })
	if err := p.get("waiting", nil, &o.Waiting); err != nil { // what runs is known all the same
		o.WaitingFailed = new(p.problemOf(err))
	}
	if err := listing.Wait(); err != nil {
		return err
	}
	o.More, o.Queues = found.More, found.Queues
	for _, r := range found.Items {
		if r.EndedAt.IsZero() && r.Outcome == "" {
			o.Running = append(o.Running, r)
		} else {
			o.Ended = append(o.Ended, r)
		}
	}
	return p.showList("overview", p.t("Overview"), o, len(found.Items)+len(o.Waiting.Items))
}

// releasesShown is a list of releases that were searched for.
type releasesShown struct {
	listedReleases

	// Query are the parameters of the search, and Phases and Operations what there is to choose from.
	Query              url.Values
	Phases, Operations []string
	Problem            *problem.Problem
}

// Of is a parameter of the search.
func (r releasesShown) Of(name string) string { return r.Query.Get(name) }

// filters are the parameters that the API takes for a list of releases, and a form can have.
func filters() []string {
	return []string{"app", "application", "phase", "operation", "requestedBy", "set", "since", "open", "limit"}
}

func releasesPage(p *page) error {
	asked := url.Values{}
	for _, name := range filters() {
		if value := p.URL.Query().Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	shown := releasesShown{Query: asked}
	for _, ph := range release.Phases() {
		shown.Phases = append(shown.Phases, string(ph))
	}
	for _, o := range []release.Operation{release.OperationRelease, release.OperationRollback, release.OperationRestart, release.OperationRescale, release.OperationJob} {
		shown.Operations = append(shown.Operations, string(o))
	}
	query := url.Values{"limit": {"100"}}
	for name, values := range asked {
		query[name] = slices.Clone(values)
	}
	if ph := query.Get("phase"); ph != "" {
		if _, ended := release.Phase(ph).Outcome(); ended {
			query.Del("phase")
			query.Set("outcome", ph)
		}
	}
	if err := p.get("releases", query, &shown.listedReleases); err != nil {
		why := p.problemOf(err)
		if why.Status != http.StatusUnprocessableEntity {
			return err
		}
		shown.Problem = &why
	}
	return p.showList("releases", p.t("Releases"), shown, len(shown.Items))
}
