package cli

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/console"
	"slipway/console/access"
	"slipway/console/api"
	"slipway/console/link"
	"slipway/console/oidc"
	"slipway/console/problem"
	"slipway/console/session"
	"slipway/console/web"
	"slipway/health"
	"slipway/hooks"
	"slipway/releases"
	"slipway/setup"
)

// addrConsoleHTTP is the default address at which a console serves people and programs.
const addrConsoleHTTP = "127.0.0.1:8090"

// comeAgain is when to ask a console again that has not reached NATS yet.
const comeAgain = 5 * time.Second

// consoleHTTP is what a console serves to people and programs, from the start: while NATS was not reached yet, the API says so.
type consoleHTTP struct {
	addr, url string
	values    *config.Values
	// tokens are those by which people and programs sign in; nil where nobody can.
	tokens *access.Tokens
	// links are where pages lead to elsewhere.
	links web.Links
	// signed verifies the links of messages; nil opens none.
	signed *link.Signer
	// oidc is by whom people sign in with a browser; nil is nobody.
	oidc *oidc.Config
	// sessionTime is how long who has signed in with a browser stays so.
	sessionTime time.Duration
	js          atomic.Pointer[jetstream.JetStream]
	api         atomic.Pointer[http.Handler]
	// ended is closed once no request is under way any more.
	ended chan struct{}
}

// consoleHTTP reads the settings and the tokens. Where webhooks are taken and nothing is said of anything else, they are all that is
// served.
func (a *app) consoleHTTP(v *config.Values, webhooks bool) (*consoleHTTP, error) {
	p := &consoleHTTP{addr: v.String(config.ConsoleAddr), url: v.String(config.ConsoleURL), values: v, ended: make(chan struct{})}
	if webhooks && !slices.ContainsFunc(config.Console(""), func(s config.Setting) bool { return v.Said(s.Name) }) {
		p.addr = ""
	}
	if p.url != "" {
		if err := console.URLFault(p.url); err != nil {
			return nil, v.Bad(config.ConsoleURL, err.Error(), "write it as https://slipway.example")
		}
	}
	var err error
	if p.sessionTime, err = sessionTime(v); err != nil {
		return nil, err
	}
	if p.links, err = links(v); err != nil {
		return nil, err
	}
	if p.addr == "" {
		return p, nil
	}
	if p.signed, err = connect.LinkSigner(v); err != nil {
		return nil, err
	}
	if p.oidc, err = connect.OIDCSettings(v, p.addr); err != nil {
		return nil, err
	}
	path := v.String(config.ConsoleTokensFile)
	if path == "" {
		return p, nil
	}
	log, err := v.Logger(a.Stderr, config.ForRole())
	if err != nil {
		return nil, err
	}
	if p.tokens, err = access.OpenTokens(path, nil, log.With().Str("role", "console").Logger()); err != nil {
		return nil, v.Bad(config.ConsoleTokensFile, err.Error(), "see docs/console.md")
	}
	return p, nil
}

// sessionTime is how long a session lasts; zero is what package session has.
func sessionTime(v *config.Values) (time.Duration, error) {
	lasts, err := v.Duration(config.ConsoleSessionTime)
	if err == nil && lasts > session.MaxTime {
		err = v.Bad(config.ConsoleSessionTime, lasts.String()+" is too long", "name 24h or less")
	}
	return lasts, err
}

// links are where pages lead to elsewhere.
func links(v *config.Values) (web.Links, error) {
	l := web.Links{Temporal: v.String(config.ConsoleTemporalUI)}
	if err := web.LinkFault(l.Temporal); err != nil {
		return l, v.Bad(config.ConsoleTemporalUI, err.Error(), "write it as http://127.0.0.1:8233/namespaces/default")
	}
	var err error
	if l.Clouds, err = web.ParseClouds(v.List(config.ConsoleCloudLinks)); err != nil {
		return l, v.Bad(config.ConsoleCloudLinks, err.Error(), "write each as PLATFORM=https://CONSOLE/{region}/{id}")
	}
	return l, nil
}

// signsIn reports whether somebody can sign in: without, there is nothing to ask Temporal.
func (p *consoleHTTP) signsIn() bool { return p.tokens != nil || p.oidc != nil }

// needs are those of the webhooks that are taken, and of the API where it is served.
func (p *consoleHTTP) needs(c hooks.Config) func(jetstream.JetStream) *setup.Needs {
	return setup.ConsoleRole{Webhooks: c.Addr != "", Identity: c.Identity, API: p.signsIn()}.Needs
}

// checks are those of readiness.
func (p *consoleHTTP) checks() map[string]health.Check {
	if p.tokens == nil {
		return nil
	}
	return map[string]health.Check{"tokens": p.tokens.Check}
}

func (p *consoleHTTP) listen(ctx context.Context, r *role) (func(context.Context) error, error) {
	if p.addr == "" {
		close(p.ended)
		return func(context.Context) error { return nil }, nil
	}
	cfg := console.Config{Addr: p.addr, URL: p.url, API: p, Metrics: r.metrics, Logger: r.log}
	if err := p.pages(r, &cfg); err != nil {
		return nil, err
	}
	server, err := console.Listen(ctx, cfg)
	if err != nil {
		return nil, p.values.Bad(config.ConsoleAddr, err.Error(), "name a free address of this machine, for example "+addrConsoleHTTP)
	}
	return func(ctx context.Context) error {
		defer close(p.ended)
		return server.Run(ctx)
	}, nil
}

// pages sets how people sign in, and what they see.
func (p *consoleHTTP) pages(r *role, cfg *console.Config) error {
	sessions, door := p.newSessions(r), access.DoorConfig{Tokens: p.tokens, Logger: r.log}
	if p.signsIn() {
		door.Sessions = sessions
	}
	cfg.Door = access.NewDoor(door)
	var pages *web.Web
	signIn, err := p.newSignIn(r, sessions, func(w http.ResponseWriter, r *http.Request, why problem.Problem) { pages.Refuse(w, r, why) })
	if err != nil {
		return err
	}
	shown := web.Config{API: p, SignIn: web.SignInWith(cfg.Door, sessions), SignOut: web.SignOutOf(sessions), Links: p.links, Signed: p.signed, Logger: r.log}
	if signIn != nil {
		shown.SignInService, cfg.SignIn = signIn.Name(), signIn.Handler()
	}
	if pages, err = web.New(shown); err != nil {
		return err
	}
	cfg.Pages, cfg.Front, cfg.NotSignedIn, cfg.Refuse = pages.Pages(), pages.Front(), pages.NotSignedIn(), pages.Refuse
	return nil
}

// newSessions are those of people who have signed in with a browser.
func (p *consoleHTTP) newSessions(r *role) *session.Manager {
	return session.New(session.Config{
		JetStream: func() (jetstream.JetStream, bool) {
			js := p.js.Load()
			if js == nil {
				return nil, false
			}
			return *js, true
		},
		Tokens: p.tokens, Secure: strings.HasPrefix(p.url, "https://"), Time: p.sessionTime, Logger: r.log,
	})
}

// ServeHTTP answers what is below /api/.
func (p *consoleHTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	served := p.api.Load()
	if served == nil {
		natsAway().Write(w)
		return
	}
	(*served).ServeHTTP(w, r)
}

// serve has the API answer, and keeps the connections until the last request has an answer.
func (p *consoleHTTP) serve(ctx context.Context, r *role) error {
	p.js.Store(&r.js)
	if p.signsIn() {
		served := newAPI(ctx, r)
		p.api.Store(&served)
	}
	<-ctx.Done()
	<-p.ended
	return nil
}

// newAPI returns the JSON API, with the connections of the role.
func newAPI(ctx context.Context, r *role) http.Handler {
	return api.New(api.Config{Releases: releases.NewWith(r.temporal, r.data), JetStream: r.js, Logger: r.log, Ends: ctx.Done()})
}

type (
	listenFunc = func(context.Context, *role) (func(context.Context) error, error)
	serveFunc  = func(context.Context, *role) error
)

// bothListen opens two listeners, and serves both until one of them fails.
func bothListen(a, b listenFunc) listenFunc {
	return func(ctx context.Context, r *role) (func(context.Context) error, error) {
		first, err := a(ctx, r)
		if err != nil {
			return nil, err
		}
		second, err := b(ctx, r)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return first(ctx) })
			group.Go(func() error { return second(ctx) })
			return group.Wait()
		}, nil
	}
}

// bothServe does the work of both until both have ended.
func bothServe(a, b serveFunc) serveFunc {
	return func(ctx context.Context, r *role) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return a(ctx, r) })
		group.Go(func() error { return b(ctx, r) })
		return group.Wait()
	}
}
