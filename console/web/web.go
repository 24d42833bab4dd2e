package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"slipway/console/access"
	"slipway/console/link"
	"slipway/console/problem"
)

// Config is what the pages stand on.
type Config struct {
	// API answers below /api/v1/ who has signed in, see package api.
	API http.Handler
	// SignIn begins a session of whose the token is, and sets its cookie. The error is a [problem.Problem] where the token does not
	// count, or nobody can say whether it does.
	SignIn func(w http.ResponseWriter, r *http.Request, token string) error
	// SignOut ends the session of a request.
	SignOut func(w http.ResponseWriter, r *http.Request) error
	// SignInService is the name of the service by which people sign in at /sign-in/oidc; empty where there is none.
	SignInService string
	// Links are where pages lead to elsewhere.
	Links Links
	// Signed verifies the links of messages; nil opens none.
	Signed *link.Signer
	// Logger gets what people are not told.
	Logger zerolog.Logger
	// Now is the time; nil is that of the machine.
	Now func() time.Time
}

// Web has the pages.
type Web struct {
	cfg       Config
	languages []language
	assets    assets
	// pages are the templates of each page, in each language.
	pages map[string]map[string]*template.Template
}

// New reads templates and words, which are part of the binary.
func New(cfg Config) (*Web, error) {
	if cfg.API == nil || cfg.SignIn == nil || cfg.SignOut == nil {
		return nil, errors.New("web: Config.API, SignIn and SignOut are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	w := &Web{cfg: cfg}
	var err error
	if w.languages, err = readLanguages(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if w.assets, err = readAssets(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if w.pages, err = w.parse(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return w, nil
}

// route is one page.
type route struct {
	pattern string
	do      func(*page) error
}

// routes are the pages for who has signed in.
func routes() []route {
	return []route{
		{"GET /{$}", overviewPage},
		{"GET /releases", releasesPage},
		{"GET /releases/{id}", releasePage},
		{"GET /releases/{id}/commands/{kind}", commandPage},
		{"POST /releases/{id}/commands/{kind}", sendCommand},
		{"GET /sets", setsPage},
		{"GET /sets/{id}", setPage},
		{"GET /sets/{id}/commands/{kind}", setCommandPage},
		{"POST /sets/{id}/commands/{kind}", sendSetCommand},
		{"GET /approvals", approvalsPage},
		{"GET /applications", applicationsPage},
		{"GET /applications/{name}", applicationPage},
		{"GET /applications/{name}/promote/{environment}", promotePage},
		{"POST /applications/{name}/promote/{environment}", promote},
		{"GET /lanes", lanesPage},
		{"GET /lanes/{platform}/{region}/{id}", lanePageOf},
		{"GET /lanes/{platform}/{region}/{id}/commands/{kind}", laneCommandPage},
		{"POST /lanes/{platform}/{region}/{id}/commands/{kind}", sendLaneCommand},
		{"GET /lanes/{platform}/{region}/{id}/scaling", scalingPage},
		{"GET /lanes/{platform}/{region}/{id}/scaling/commands/{kind}", scalingCommandPage},
		{"POST /lanes/{platform}/{region}/{id}/scaling/commands/{kind}", sendScalingCommand},
		{"GET /freezes", freezesPage},
		{"GET /freezes/new", newFreezePage},
		{"POST /freezes", addFreeze},
		{"GET /freezes/{name}/end", freezeEndPage},
		{"POST /freezes/{name}/end", endFreeze},
		{"GET /dead-letters", lettersPage},
		{"GET /dead-letters/{sequence}", letterPage},
		{"GET /dead-letters/{sequence}/commands/{kind}", letterCommandPage},
		{"POST /dead-letters/{sequence}/commands/{kind}", sendLetterCommand},
		{"GET /search", searchPage},
		{"GET /deploy", deployPage},
		{"POST /deploy", deploy},
		{"GET " + link.Path + "{token}", linkPage},
	}
}

// open are the pages for everybody.
func open() []route {
	return []route{
		{"GET /sign-in", signInPage},
		{"POST /sign-in", signIn},
		{"POST /sign-out", signOut},
		{"POST /language", chooseLanguage},
	}
}

// Pages answers who has signed in, which [access.Of] says of a request.
func (w *Web) Pages() http.Handler {
	mux := w.mux(routes())
	mux.HandleFunc("/", func(out http.ResponseWriter, r *http.Request) {
		w.newPage(out, r).fail(problem.New(http.StatusNotFound, "there is no such page"))
	})
	return mux
}

// Front answers everybody: the pages on which people sign in, and what all pages are shown with.
func (w *Web) Front() http.Handler {
	mux := w.mux(open())
	mux.Handle("GET "+assetsPath, w.assets)
	return mux
}

func (w *Web) mux(of []route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range of {
		mux.HandleFunc(r.pattern, func(out http.ResponseWriter, req *http.Request) {
			p := w.newPage(out, req)
			if err := r.do(p); err != nil {
				p.fail(err)
			}
		})
	}
	return mux
}

// NotSignedIn sends who has not signed in to where that is done, and back to the page afterwards.
func (w *Web) NotSignedIn() http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		to := signInPath
		if r.Method == http.MethodGet && r.URL.Path != "/" {
			to += "?next=" + template.URLQueryEscaper(r.URL.RequestURI())
		}
		http.Redirect(out, r, to, http.StatusSeeOther)
	})
}

// Refuse answers with the page that says why something was refused.
func (w *Web) Refuse(out http.ResponseWriter, r *http.Request, why problem.Problem) {
	w.newPage(out, r).fail(why)
}

// newPage is the answer to one request.
func (w *Web) newPage(out http.ResponseWriter, r *http.Request) *page {
	who, _ := access.Of(r.Context())
	return &page{Web: w, w: out, Request: r, by: who.Identity, language: w.languageOf(r), now: w.cfg.Now().UTC()}
}
