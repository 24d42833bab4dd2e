package cli

import (
	"context"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/health"
	"slipway/internal/buildinfo"
)

// The default addresses of the codec server, and of its health and metrics.
const (
	addrCodec       = "127.0.0.1:8082"
	addrCodecHealth = "127.0.0.1:8083"
)

func (a *app) codecServer() *cobra.Command {
	cmd := withSettings(&cobra.Command{
		Use:   "codec-server",
		Short: "Decrypt for Temporal's UI and command line",
		Long: `Decrypt what Temporal keeps for Temporal's UI and command line, over HTTP: POST /decode and
/encode. It has the same keys as the workers and serves one namespace. On loopback it needs
no token; on any other address every request brings one. Pages of a browser are answered
only when their origin is named.`,
		Example: `  slipway codec-server --payload-keys keys --payload-key 2026-11 --codec-origins http://localhost:8233
  temporal workflow show --codec-endpoint http://127.0.0.1:8082 --workflow-id release/r-abcdefghijklmnop`,
		GroupID: groupRoles,
		Args:    arguments(),
	}, config.Temporal(), config.Codec(addrCodec), config.HTTP(addrCodecHealth))
	_ = cmd.MarkFlagDirname(config.PayloadKeys)
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) error {
		return a.serveCodec(cmd.Context(), cmd.Name(), v)
	})
	return cmd
}

// serveCodec serves the codec beside its health until it is told to stop. It connects to
// nothing.
func (a *app) serveCodec(ctx context.Context, name string, v *config.Values) error {
	log, err := v.Logger(a.Stderr, config.ForRole())
	if err != nil {
		return err
	}
	log = log.With().Str("role", name).Logger()
	metrics := roleMetrics()
	c, err := connect.CodecServerSettings(v, a.Getenv)
	if err != nil {
		return err
	}
	c.Metrics, c.Logger = metrics, log
	server, err := connect.CodecServer(ctx, v, c)
	if err != nil {
		return err
	}
	well, err := health.Listen(ctx, health.Config{Addr: v.String(config.HTTPAddr), Metrics: metrics, Logger: log})
	if err != nil {
		return v.Bad(config.HTTPAddr, err.Error(), "name a free address of this machine, for example "+addrCodecHealth)
	}
	b := buildinfo.Read()
	log.Info().Str("version", b.Version).Str("revision", b.Revision).Msg("starting")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return server.Run(ctx) })
	group.Go(func() error { return well.Run(ctx) })
	err = group.Wait()
	log.Info().Msg("stopped")
	return err
}
