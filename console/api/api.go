package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"slipway/apps"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/console/access"
	"slipway/ledger"
	"slipway/releases"
	"slipway/wire"
)

// Prefix is what all paths of the API begin with.
const Prefix = "/api/v1/"

// Config is what the API stands on.
type Config struct {
	// Releases reads what Temporal has.
	Releases *releases.Client
	// JetStream has the events of releases, the ledger, and who may do what.
	JetStream jetstream.JetStream
	// Logger gets what callers are not told.
	Logger zerolog.Logger
	// Ends is closed when the role ends: streams of events and waits end then. nil never ends.
	Ends <-chan struct{}
	// Heartbeat is how often a stream of events shows that it is alive; 0 is 15 s.
	Heartbeat time.Duration
}

// api answers requests.
type api struct {
	Config

	authority *authority.Store
	people    *people.Store
	ledger    *ledger.Ledger
	apps      *apps.Store
	// calendars changes the calendar of freezes, and calendar reads it with what names stand for.
	calendars *wire.Calendars
	calendar  *apps.Calendar
	streams   *streams
}

// route is one method of one path.
type route struct {
	method, path string
	// query are the parameters that are taken; all others are refused.
	query []string
	// open tells that nobody needs to have signed in.
	open bool
	do   func(*api, *request) error
}

// routes are all that the API has.
func routes() []route {
	get, post := http.MethodGet, http.MethodPost
	lane := "lanes/{platform}/{region}/{id}"
	return []route{
		{method: get, path: "releases", query: listQuery(), do: (*api).listReleases},
		{method: post, path: "releases", query: []string{paramWait}, do: (*api).submitRelease},
		{method: get, path: "releases/{id}", query: []string{paramWait}, do: (*api).getRelease},
		{method: get, path: "releases/{id}/events", query: eventQuery(), do: (*api).releaseEvents},
		{method: post, path: "releases/{id}/commands/{kind}", do: (*api).commandRelease},
		{method: post, path: "plan", do: (*api).plan},
		{method: get, path: "sets", query: []string{paramPhase, paramOpen, paramLimit}, do: (*api).listSets},
		{method: post, path: "sets", query: []string{paramWait}, do: (*api).submitSet},
		{method: get, path: "sets/{id}", query: []string{paramWait}, do: (*api).getSet},
		{method: get, path: "sets/{id}/events", query: eventQuery(), do: (*api).setEvents},
		{method: post, path: "sets/{id}/commands/{kind}", do: (*api).commandSet},
		{method: get, path: "lanes", query: []string{paramHeld, paramLimit}, do: (*api).listLanes},
		{method: get, path: lane, do: (*api).getLane},
		{method: post, path: lane + "/commands/{kind}", do: (*api).commandLane},
		{method: get, path: "scaling/{platform}/{region}/{id}", do: (*api).listScaling},
		{method: post, path: "scaling/{platform}/{region}/{id}/commands/{kind}", do: (*api).commandScaling},
		{method: get, path: "waiting", query: []string{paramApp}, do: (*api).listWaiting},
		{method: get, path: "approvals", query: []string{paramApp}, do: (*api).listApprovals},
		{method: get, path: "applications", do: (*api).listApplications},
		{method: get, path: "applications/{name}", do: (*api).getApplication},
		{method: get, path: "applications/{name}/status", do: (*api).applicationStatus},
		{method: get, path: "applications/{name}/history", query: []string{paramEnvironment, paramLimit}, do: (*api).applicationHistory},
		{method: get, path: "events", do: (*api).allEvents},
		{method: get, path: "me", do: (*api).showMe},
		{method: get, path: "policies", do: (*api).listPolicies},
		{method: get, path: "policies/{name}", do: (*api).getPolicy},
		{method: get, path: "freezes", query: []string{paramApp, paramActive}, do: (*api).listFreezes},
		{method: post, path: "freezes", do: (*api).addFreeze},
		{method: http.MethodDelete, path: "freezes/{name}", query: []string{paramReason}, do: (*api).endFreeze},
		{method: get, path: "search", query: []string{paramText}, do: (*api).search},
		{method: get, path: "deadletters", query: []string{paramLimit}, do: (*api).listDeadLetters},
		{method: get, path: "deadletters/{sequence}", do: (*api).getDeadLetter},
		{method: post, path: "deadletters/{sequence}/commands/{kind}", do: (*api).commandDeadLetter},
		{method: get, path: "openapi.json", open: true, do: (*api).description},
	}
}

// New returns the handler of all paths below [Prefix]. Who asks is [access.Of] the context of a request: without one it is
// answered with 401, but for the description of the API itself.
func New(cfg Config) http.Handler {
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = heartbeat
	}
	js := cfg.JetStream
	a := &api{
		Config: cfg, authority: authority.NewStore(js), people: people.NewStore(js), ledger: ledger.New(js), apps: apps.NewStore(js),
		calendars: wire.NewCalendars(js), calendar: apps.NewCalendar(js), streams: newStreams(),
	}
	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, r := range routes() {
		mux.HandleFunc(r.method+" "+Prefix+r.path, func(w http.ResponseWriter, req *http.Request) { a.serve(w, req, r) })
		allowed[r.path] = append(allowed[r.path], r.method)
		if r.method == http.MethodGet {
			allowed[r.path] = append(allowed[r.path], http.MethodHead)
		}
	}
	for path, methods := range allowed {
		slices.Sort(methods)
		mux.HandleFunc(Prefix+path, func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			a.refuse(w, req, kindMethod.is("%s has no %s; it has %s", req.URL.Path, req.Method, strings.Join(methods, " and ")))
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		a.refuse(w, req, kindNotFound.is("there is no such path; what there is, says GET %sopenapi.json", Prefix))
	})
	return mux
}

// serve answers one request to a route.
func (a *api) serve(w http.ResponseWriter, req *http.Request, r route) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	who, signedIn := access.Of(req.Context())
	if !signedIn && !r.open {
		w.Header().Set("WWW-Authenticate", "Bearer")
		a.refuse(w, req, kindSignIn.is("nobody has signed in; send the header Authorization: Bearer TOKEN"))
		return
	}
	query, err := readQuery(req.URL.RawQuery, r.query)
	if err == nil {
		err = r.do(a, &request{Request: req, w: w, api: a, by: who.Identity, query: query})
	}
	if err != nil {
		a.refuse(w, req, err)
	}
}

// refuse answers with what went wrong, unless who has asked is gone.
func (a *api) refuse(w http.ResponseWriter, req *http.Request, err error) {
	if req.Context().Err() != nil {
		return
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		a.Logger.Warn().Err(err).Str("method", req.Method).Str("path", req.Pattern).Int("status", p.Status).Msg("a request to the API was not carried out")
	}
	p.Write(w)
}
