package cli

import (
	"context"
	"io"
	"os"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/top"
	"slipway/releases"
)

func (a *app) top() *cobra.Command {
	cmd := withColor(withSettings(&cobra.Command{
		Use:   "top",
		Short: "Watch and steer all releases in a live view",
		Long: `Watch and steer all releases in a live view, which fills the terminal: what waits for
whom and since when, what is stalled and why, how far each batch is, which lanes are held.
What needs somebody stands at the top. Where NATS answers, promotions that are held are shown
below, with what helps.

Enter opens a release. The keys c, a, p and r confirm, abort, pause and resume the release
that is chosen; each asks first, and is bound to the batch, the artifact and the change that
the release shows. / filters, s sorts, ? lists all keys, q quits.

While Temporal or the workers are away the view stays, and says since when it is stale.`,
		Example: `  slipway top
  slipway top --no-color
  slipway top --by ann@example.com`,
		GroupID: groupReleases,
		Args:    arguments(),
	}, config.Temporal(), config.NATS(), config.Actor()))
	cmd.RunE = a.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) error {
		s := a.screen(cmd)
		if !s.live() || !interactive(a.Stdin) {
			return &usageError{"slipway top needs a terminal for its picture and its keys; for a file or a pipe use slipway release list -w, slipway waiting, or slipway release watch ID"}
		}
		return a.runTop(cmd.Context(), v, s)
	})
	return cmd
}

// runTop connects to Temporal and shows the view. Nothing is logged: a line in between would
// spoil the picture.
func (a *app) runTop(ctx context.Context, v *config.Values, s *screen) error {
	options, err := connect.TemporalOptions(v, a.Getenv)
	if err != nil {
		return err
	}
	if _, err := connect.NATSSettings(v, a.Getenv); err != nil {
		return err // whether NATS can be reached does not matter, but what was said of it does
	}
	c, err := connect.Temporal(ctx, options, zerolog.Nop())
	if err != nil {
		return err
	}
	defer c.Close()
	return top.Run(ctx, top.FromTemporal(releases.New(c)), top.Terminal{In: a.Stdin, Out: a.Stdout}, top.Options{
		Namespace: options.Namespace, Address: options.HostPort, By: a.actor(v), Color: s.color, Zone: s.zone, Promotions: a.heldPromotions(v),
	})
}

// interactive reports whether somebody can press keys.
func interactive(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
