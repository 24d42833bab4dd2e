package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"slipway/devstack/embedded"
	"slipway/devstack/stack"
	"slipway/release"
)

// ServeCommand is `serve nats` and `serve temporal`: the servers as processes of their own, for a [System] to start.
func ServeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Run one server of a chaos run", Hidden: true,
		SilenceUsage: true, SilenceErrors: true,
	}
	cmd.AddCommand(serveNATS(), serveTemporal())
	return cmd
}

func serveNATS() *cobra.Command {
	c := embedded.NATSConfig{Cluster: &embedded.NATSCluster{}}
	cmd := &cobra.Command{
		Use: "nats", Short: "Run one NATS server of a cluster", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Logger = serverLogger(cmd.ErrOrStderr())
			return serve(cmd.Context(), func(ctx context.Context) (io.Closer, error) { return embedded.StartNATS(ctx, c) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Addr, "addr", "", "loopback address for clients")
	f.StringVar(&c.DataDir, "data-dir", "", "directory of the streams")
	f.StringVar(&c.Cluster.Server, "name", "", "name of the server")
	f.StringVar(&c.Cluster.Addr, "cluster-addr", "", "loopback address for other servers")
	f.StringSliceVar(&c.Cluster.Routes, "route", nil, "address of another server")
	return cmd
}

func serveTemporal() *cobra.Command {
	c := embedded.TemporalConfig{Namespace: stack.Namespace, Keywords: release.SearchNames()}
	cmd := &cobra.Command{
		Use: "temporal", Short: "Run a Temporal server", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.Logger = serverLogger(cmd.ErrOrStderr())
			return serve(cmd.Context(), func(ctx context.Context) (io.Closer, error) { return embedded.StartTemporal(ctx, c) })
		},
	}
	cmd.Flags().StringVar(&c.Addr, "addr", "", "loopback address")
	cmd.Flags().StringVar(&c.DataDir, "data-dir", "", "directory of the database")
	return cmd
}

func serverLogger(w io.Writer) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(zerolog.New(w).With().Timestamp().Logger()))
}

// serve runs a server until a signal comes or the context ends.
func serve(ctx context.Context, start func(context.Context) (io.Closer, error)) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	server, err := start(ctx)
	if err != nil {
		return err
	}
	<-ctx.Done()
	return server.Close()
}

// Child runs ServeCommand with the arguments of a process that is nothing else, and returns its exit code.
func Child(ctx context.Context, args []string, stderr io.Writer) int {
	cmd := ServeCommand() //nolint:contextcheck // it takes its context from cobra
	cmd.SetArgs(args)
	cmd.SetErr(stderr)
	if err := cmd.ExecuteContext(ctx); err != nil && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintln(stderr, "error:", err)
		return 1
	}
	return 0
}
