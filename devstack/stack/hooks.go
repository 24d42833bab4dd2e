package stack

import (
	"cmp"
	"context"
	"crypto/rand"

	"github.com/prometheus/client_golang/prometheus"

	"slipway/hooks"
	"slipway/wire"
)

// Hooks is where webhooks are taken.
type Hooks struct {
	// URL is that of all webhooks, with the secret of the path; the name of the sender follows: /harbor. It is empty where no
	// console runs in this process.
	URL string
	// Token is the token of Harbor and of CDEvents, and the key of generic webhooks.
	Token string
}

// Hooks says where webhooks are taken. The secrets are made anew at each start.
func (s *Stack) Hooks() Hooks { return s.hooks }

func (s *Stack) startHooks(ctx context.Context) error {
	path, token := rand.Text()+rand.Text(), rand.Text()+rand.Text()
	server, err := hooks.Listen(ctx, hooks.Config{
		Addr: cmp.Or(s.config.HooksAddr, "127.0.0.1:0"), PathSecrets: map[string][]string{hooks.AnySender: {path}},
		Senders: map[string][]string{
			wire.SenderACR: nil, wire.SenderDockerHub: nil,
			wire.SenderHarbor: {token}, wire.SenderGeneric: {token}, wire.SenderCDEvents: {token},
		},
		Publish: hooks.ToJetStream(s.JetStream), Metrics: prometheus.NewRegistry(), Logger: s.config.Log.With().Str("role", "console").Logger(),
	})
	if err != nil {
		return err
	}
	s.hooks = Hooks{URL: "http://" + server.Addr() + "/hooks/" + path, Token: token}
	s.run(ctx, "webhooks", server.Run)
	return nil
}
