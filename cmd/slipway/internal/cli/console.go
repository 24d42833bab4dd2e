package cli

import (
	"context"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/hooks"
	"slipway/setup"
)

// addrHooks is the default address of webhooks.
const addrHooks = "127.0.0.1:8091"

func (a *app) console() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "console",
		Short: "Take webhooks of registries and pipelines",
		Long: `Take webhooks of container registries and pipelines that tell of pushed images, and publish each to the stream
SLIPWAY_IN: POST /hooks/SECRET/SENDER, where SENDER is acr, harbor, dockerhub, generic or cdevents. A webhook is answered
with 202 only when JetStream has stored what it tells of. The address is loopback; put a server with TLS before it.
See docs/webhooks.md.`,
		Example: `  slipway console --hooks-secret-file hooks-secret --hooks-senders harbor,acr --harbor-token-file harbor-token
  slipway console --hooks-secret-file hooks-secret --hooks-senders generic --generic-key-file generic-key --identity slipway-console`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, config.NATS(), config.HTTP(addrConsole), config.Hooks(addrHooks), config.HooksIdentity())
	for _, name := range []string{config.HooksSecretFile, config.HarborTokenFile, config.GenericKeyFile, config.CDEventsTokenFile} {
		_ = cmd.MarkFlagFilename(name)
	}
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) error {
		c, err := connect.HooksSettings(v)
		if err != nil {
			return err
		}
		needs := setup.ConsoleNeeds(c.Identity)
		return a.runRole(cmd.Context(), cmd.Name(), v, duty{onNATS: true, needs: needs, metrics: roleMetrics(), serve: func(ctx context.Context, r *role) error {
			r.able(func(context.Context) error { return nil }) // NATS is asked beside
			if c.Addr == "" {
				<-ctx.Done()
				return nil
			}
			c.Publish, c.Metrics, c.Logger = hooks.ToJetStream(r.js), r.metrics, r.log
			server, err := hooks.Listen(ctx, c)
			if err != nil {
				return v.Bad(config.HooksAddr, err.Error(), "name a free address of this machine, for example "+addrHooks)
			}
			return server.Run(ctx)
		}})
	})
	return cmd
}
