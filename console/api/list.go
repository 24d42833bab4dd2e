package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"slipway/release"
	"slipway/releases"
)

const (
	// defaultLimit is how many are listed unless another number is asked for, and mostListed how many at most.
	defaultLimit = 20
	mostListed   = 1000
)

// listed is a list as it is shown.
type listed[T any] struct {
	Items []T `json:"items"`
	// More tells that there are more than were asked for.
	More bool `json:"more,omitempty"`
	// Partial is why not all is known.
	Partial string `json:"partial,omitempty"`
}

// atMost is the list, cut where it is longer.
func (l listed[T]) atMost(limit int) listed[T] {
	if len(l.Items) > limit {
		l.Items, l.More = l.Items[:limit], true
	}
	if l.Items == nil {
		l.Items = []T{}
	}
	return l
}

// listedReleases is a list of releases.
type listedReleases struct {
	listed[releases.Listed]

	// Queues are the applications of which more releases wait for their turn than are listed.
	Queues []releases.Queue `json:"queues,omitempty"`
}

// The parameters of lists of releases.
const (
	paramApp         = "app"
	paramAppName     = "appName"
	paramApplication = "application"
	paramPhase       = "phase"
	paramOutcome     = "outcome"
	paramOperation   = "operation"
	paramRequestedBy = "requestedBy"
	paramSet         = "set"
	paramOpen        = "open"
	paramHeld        = "held"
	paramSince       = "since"
	paramArtifacts   = "artifacts"
	paramLimit       = "limit"
)

func listQuery() []string {
	return []string{
		paramApp, paramAppName, paramApplication, paramPhase, paramOutcome, paramOperation, paramRequestedBy, paramSet, paramOpen, paramSince, paramArtifacts, paramLimit,
	}
}

// filter reads which releases are asked for.
func (a *api) filter(ctx context.Context, query parameters) (releases.Filter, error) {
	in := reader{parameters: query}
	f := releases.Filter{
		AppName: query[paramAppName], Application: query[paramApplication], RequestedBy: query[paramRequestedBy], Set: query[paramSet],
		Phase: release.Phase(in.one(paramPhase, phases())), Outcome: release.Phase(in.one(paramOutcome, outcomes())),
		Operation: release.Operation(in.one(paramOperation, operations())), Open: in.flag(paramOpen), Artifacts: in.flag(paramArtifacts),
		Since: in.moment(paramSince, time.Now()), Limit: in.limit(),
	}
	if f.Set != "" && release.CheckSetID(f.Set) != nil {
		in.refuse(paramSet, "must be the ID of a set, which is s- and 16 lower-case letters and digits")
	}
	if ref, err := release.ParseApp(f.Application); f.Application != "" && (err != nil || !ref.ByName()) {
		in.refuse(paramApplication, "must be application or application/environment")
	}
	if text, given := query[paramApp]; given {
		app, err := a.app(ctx, text)
		if err != nil && problemOf(err).Status != http.StatusUnprocessableEntity {
			return f, err
		}
		if err != nil {
			in.wrong = append(in.wrong, problemOf(err).Errors...)
		}
		f.App = app.SearchValue()
	}
	return f, in.problems()
}

// listReleases lists releases: those under way first, then the latest ended. Those are left out that who asks may not look at.
func (a *api) listReleases(r *request) error {
	ctx := r.Context()
	f, err := a.filter(ctx, r.query)
	if err != nil {
		return err
	}
	may, all, err := r.views(ctx)
	if err != nil {
		return err
	}
	limit := f.Limit
	if !all {
		f.Limit = mostListed
	}
	out, err := a.overview(ctx, f)
	if err != nil {
		return err
	}
	if !all { // an application is judged by platform/region/id, as it is listed
		out.Items = slices.DeleteFunc(out.Items, func(l releases.Listed) bool { return !may(l.App) })
		out.Queues = slices.DeleteFunc(out.Queues, func(q releases.Queue) bool { return !may(q.App) })
	}
	out.listed = out.atMost(limit)
	return r.reply(http.StatusOK, out)
}

// overview lists without letting a queue hide the others, unless a phase was asked for.
func (a *api) overview(ctx context.Context, f releases.Filter) (out listedReleases, err error) {
	if f.Phase == "" && f.Outcome == "" {
		o, err := a.Releases.Overview(ctx, f)
		return listedReleases{listed[releases.Listed]{Items: o.Found, More: o.More}, o.Queues}, err
	}
	out.Items, out.More, err = a.Releases.List(ctx, f)
	return out, err
}

func phases() (names []string) {
	for _, p := range release.Phases() {
		names = append(names, string(p))
	}
	return names
}

func outcomes() (names []string) {
	for _, p := range release.Phases() {
		if _, ended := p.Outcome(); ended {
			names = append(names, string(p))
		}
	}
	return names
}

func operations() []string {
	return []string{
		string(release.OperationRelease), string(release.OperationRollback), string(release.OperationRestart), string(release.OperationRescale), string(release.OperationJob),
	}
}
