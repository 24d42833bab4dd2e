package cli

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/hooks"
)

// addrHooks is the default address of webhooks.
const addrHooks = "127.0.0.1:8091"

func (a *app) console() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "console",
		Short: "Serve the API, and take webhooks of registries and pipelines",
		Long: `Serve people and programs that have signed in over HTTP, by the tokens of --console-tokens-file, see
docs/console.md: the API needs NATS and Temporal, and answers 503 while one of them is away. With
--console-oidc-issuer people sign in with a browser, by a provider of OpenID Connect.

Take webhooks of container registries and pipelines that tell of pushed images, and publish each to the stream
SLIPWAY_IN: POST /hooks/SECRET/SENDER, where SENDER is acr, harbor, dockerhub, generic or cdevents. A webhook is answered
with 202 only when JetStream has stored what it tells of. They need no Temporal. See docs/webhooks.md.

Both addresses are loopback; put a server with TLS before them. Where something is said of one of them alone,
the other is not served.`,
		Example: `  slipway console --console-tokens-file tokens
  slipway console --console-url https://slipway.example --console-oidc-issuer https://login.example/realms/house --console-oidc-client-id slipway --console-oidc-client-secret-file oidc-secret
  slipway console --hooks-secret-file hooks-secret --hooks-senders harbor,acr --harbor-token-file harbor-token
  slipway console --hooks-secret-file hooks-secret --hooks-senders generic --generic-key-file generic-key --identity slipway-console`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, config.Temporal(), config.NATS(), config.HTTP(addrConsole), config.Console(addrConsoleHTTP), config.LinkKey(), config.Hooks(addrHooks), config.HooksIdentity())
	for _, name := range []string{config.ConsoleTokensFile, config.ConsoleOIDCClientSecretFile, config.LinkKeyFile, config.HooksSecretFile, config.HarborTokenFile, config.GenericKeyFile, config.CDEventsTokenFile} {
		_ = cmd.MarkFlagFilename(name)
	}
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) error {
		c, err := connect.HooksSettings(v)
		if err != nil {
			return err
		}
		p, err := a.consoleHTTP(v, c.Addr != "")
		if err != nil {
			return err
		}
		if c.Addr == "" && p.addr == "" {
			return v.Bad(config.ConsoleAddr, "is empty, and no webhooks are taken: there is nothing to do", "name an address, for example "+addrConsoleHTTP)
		}
		w := &webhooks{cfg: c, values: v, ended: make(chan struct{})}
		return a.runRole(cmd.Context(), cmd.Name(), v, duty{
			onNATS: !p.signsIn(), later: true, needs: p.needs(c), checks: p.checks(), metrics: roleMetrics(),
			listen: bothListen(w.listen, p.listen), serve: bothServe(w.serve, p.serve),
		})
	})
	cmd.AddCommand(a.consoleToken())
	return cmd
}

// webhooks are taken from the start. While NATS was not reached yet, a sender is told to come again.
type webhooks struct {
	cfg    hooks.Config
	values *config.Values
	js     atomic.Pointer[jetstream.JetStream]
	// ended is closed once no webhook is under way any more.
	ended chan struct{}
}

func (w *webhooks) listen(ctx context.Context, r *role) (func(context.Context) error, error) {
	if w.cfg.Addr == "" {
		close(w.ended)
		return func(context.Context) error { return nil }, nil
	}
	w.cfg.Publish, w.cfg.Metrics, w.cfg.Logger = w.publish, r.metrics, r.log
	server, err := hooks.Listen(ctx, w.cfg)
	if err != nil {
		return nil, w.values.Bad(config.HooksAddr, err.Error(), "name a free address of this machine, for example "+addrHooks)
	}
	return func(ctx context.Context) error {
		defer close(w.ended)
		return server.Run(ctx)
	}, nil
}

func (w *webhooks) publish(ctx context.Context, msg *nats.Msg) (bool, error) {
	js := w.js.Load()
	if js == nil {
		return false, errors.New("NATS was not reached yet")
	}
	return hooks.ToJetStream(*js)(ctx, msg)
}

// serve lets webhooks through to NATS, and keeps the connection until the last one has an answer.
func (w *webhooks) serve(ctx context.Context, r *role) error {
	w.js.Store(&r.js)
	r.able(func(context.Context) error { return nil }) // NATS is asked beside
	<-ctx.Done()
	<-w.ended
	return nil
}
