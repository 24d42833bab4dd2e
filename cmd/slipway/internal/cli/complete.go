package cli

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/releases"
)

// The bounds of completion: a shell waits for it at every press of a key.
const (
	completeTime  = 2 * time.Second
	completeCount = 50
)

// finder finds completions of the first argument.
type finder func(context.Context, *call) ([]cobra.Completion, error)

// complete lets the shell complete the first argument with what find returns, and shows its
// error. The directive says whether the order of what is found is kept. What find connects to prints nothing.
func (a *app) complete(order cobra.ShellCompDirective, find finder) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		quiet := &app{Env: Env{Getenv: a.Getenv, Stdin: a.Stdin, Stdout: io.Discard, Stderr: io.Discard}}
		var found []cobra.Completion
		err := quiet.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) (err error) {
			ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
			defer cancel()
			ctx, end := quiet.denials.Watch(ctx)
			defer end()
			found, err = find(ctx, &call{app: quiet, cmd: cmd, values: v})
			return err
		})(cmd, args)
		if err != nil {
			return cobra.AppendActiveHelp(nil, err.Error()), cobra.ShellCompDirectiveNoFileComp
		}
		return found, cobra.ShellCompDirectiveNoFileComp | order
	}
}

// completeReleases completes the first argument with the IDs of releases.
func (a *app) completeReleases(filter releases.Filter) cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveKeepOrder, findReleases(filter, func(l releases.Listed) cobra.Completion {
		return cobra.CompletionWithDesc(l.ID, l.App+" "+string(l.Phase))
	}))
}

// completeApps completes the first argument with applications that were released.
func (a *app) completeApps(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.complete(cobra.ShellCompDirectiveDefault, findReleases(releases.Filter{}, func(l releases.Listed) cobra.Completion { return l.App }))(cmd, args, word)
}

// findReleases offers of the latest releases what of returns, each once and nothing empty.
func findReleases(filter releases.Filter, of func(releases.Listed) cobra.Completion) finder {
	filter.Limit = completeCount
	return func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		err = withTemporal(func(ctx context.Context, c *call) error {
			listed, _, err := c.client.List(ctx, filter)
			for _, l := range listed {
				if offer := of(l); offer != "" && !slices.Contains(found, offer) {
					found = append(found, offer)
				}
			}
			return err
		})(ctx, c)
		return found, err
	}
}
