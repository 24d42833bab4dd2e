package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"slipway/apps"
	"slipway/authority"
	"slipway/cmd/slipway/internal/config"
	"slipway/internal/registry"
	"slipway/ledger"
	"slipway/release"
	"slipway/setup"
	"slipway/starter"
	"slipway/starter/overview"
	"slipway/stats"
)

// maxRequests is how many requests within a minute a starter may be told to take.
const maxRequests = 1_000_000

func (a *app) starter() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "starter",
		Short: "Take requests, commands and pushes from NATS to Temporal",
		Long: `Take requests and commands from the stream SLIPWAY_IN and hand them to Temporal. A message
is acknowledged only when Temporal has durably accepted it; one that no redelivery mends
goes to SLIPWAY_DEADLETTER with the reason. Any number of starters share the work; one that
dies loses nothing. A starter stops by itself after SIGINT or SIGTERM once the messages in
its hands are done.`,
		Example: `  slipway starter
  slipway starter --nats-url nats://nats.example:4222 --nats-creds /etc/slipway/nats.creds`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, append(roleSettings(addrStarter), config.Starter())...)
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) (err error) {
		var c starter.Config
		if c.RequestsPerMinute, err = v.Count(config.StarterRequests, maxRequests); err != nil {
			return err
		}
		return a.runRole(cmd.Context(), cmd.Name(), v, duty{traced: true, needs: setup.StarterNeeds, metrics: roleMetrics(), serve: func(ctx context.Context, r *role) error {
			s, err := starter.New(c, starter.Dependencies{
				JetStream: r.js, Temporal: r.temporal, Ledger: ledger.New(r.js), Authority: authority.NewStore(r.js), Metrics: r.metrics, Logger: r.log,
				Registry: registry.New(v.String(config.RegistryAuth)), Tracing: r.tracing,
			})
			if err != nil {
				return err
			}
			all, err := overview.New(overview.Config{
				Temporal: r.temporal, Calendar: apps.NewCalendar(r.js), JetStream: r.js, Logger: r.log,
				Figures: func(ctx context.Context, w stats.Window) (stats.Report, error) {
					return statsOf(ctx, r.js, release.AppRef{}, w)
				},
			})
			if err != nil {
				return err
			}
			if err := r.metrics.Register(all); err != nil {
				return err
			}
			attributes := setup.AttributesNeed(r.temporal)
			r.able(func(ctx context.Context) error { return errors.Join(attributes(ctx), s.Ready(ctx)) })
			return s.Run(ctx)
		}})
	})
	return cmd
}
