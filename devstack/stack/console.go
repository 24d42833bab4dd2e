package stack

import (
	"cmp"
	"context"
	"crypto/rand"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"slipway/console"
	"slipway/console/access"
	"slipway/console/api"
	"slipway/console/link"
	"slipway/console/session"
	"slipway/console/web"
	"slipway/releases"
)

// consoleAdmin is who the token of a [Console] is of. The stack has no authority document, so that everybody may do everything.
const consoleAdmin = "dev-admin"

// Console is where people and programs are served.
type Console struct {
	// URL is that of the console; empty where none runs in this process.
	URL string
	// Token signs in who runs the stack, as Authorization: Bearer. It is made anew at each start and kept nowhere.
	Token string
}

// Console says where people and programs are served.
func (s *Stack) Console() Console { return s.console }

func (s *Stack) startConsole(ctx context.Context) error {
	token, log := access.NewToken(), s.config.Log.With().Str("role", "console").Logger()
	// ctx is that of the start, which may be over long before the stack ends.
	ends := make(chan struct{})
	tokens := access.SomeTokens(map[string]access.Person{token: {Identity: consoleAdmin}})
	key, err := link.New([]byte(rand.Text() + rand.Text()))
	if err != nil {
		return err
	}
	s.links = key
	sessions := session.New(session.Config{JetStream: func() (jetstream.JetStream, bool) { return s.JetStream, true }, Tokens: tokens, Logger: log})
	door := access.NewDoor(access.DoorConfig{Tokens: tokens, Sessions: sessions, Logger: log})
	served := api.New(api.Config{Releases: releases.NewWith(s.Client, s.data), JetStream: s.JetStream, Logger: log, Ends: ends})
	pages, err := web.New(web.Config{
		API: served, SignIn: web.SignInWith(door, sessions), SignOut: web.SignOutOf(sessions), Links: web.Links{Temporal: temporalUI(s.UI())}, Signed: s.links, Logger: log,
	})
	if err != nil {
		return err
	}
	server, err := console.Listen(ctx, console.Config{
		Addr: cmp.Or(s.config.ConsoleAddr, "127.0.0.1:0"), Metrics: prometheus.NewRegistry(), Logger: log, Door: door,
		API: served, Pages: pages.Pages(), Front: pages.Front(), NotSignedIn: pages.NotSignedIn(), Refuse: pages.Refuse,
	})
	if err != nil {
		return err
	}
	s.console = Console{URL: "http://" + server.Addr(), Token: token}
	s.run(ctx, "console", func(ctx context.Context) error {
		defer context.AfterFunc(ctx, func() { close(ends) })()
		return server.Run(ctx)
	})
	return s.startHooks(ctx)
}

// temporalUI is where Temporal's UI shows the workflows of the stack; empty where there is no UI.
func temporalUI(at string) string {
	if at == "" {
		return ""
	}
	return at + "/namespaces/" + Namespace
}
