package cli

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/cmd/slipway/internal/render"
	"slipway/release"
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
// error, both without control characters. The directive says whether the order of what is found
// is kept. What find connects to prints nothing.
func (a *app) complete(order cobra.ShellCompDirective, find finder) cobra.CompletionFunc {
	always := a.completeAlways(order, find)
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return always(cmd, args, word)
	}
}

// completeAlways completes in the same way whatever arguments there are: a flag, or a further
// argument, for which find reads those before it.
func (a *app) completeAlways(order cobra.ShellCompDirective, find finder) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		quiet := &app{Env: Env{Getenv: a.Getenv, Stdin: a.Stdin, Stdout: io.Discard, Stderr: io.Discard}}
		var found []cobra.Completion
		err := quiet.withValues(func(cmd *cobra.Command, _ []string, v *config.Values) (err error) {
			ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
			defer cancel()
			ctx, end := quiet.denials.Watch(ctx)
			defer end()
			found, err = find(ctx, &call{app: quiet, cmd: cmd, args: args, values: v})
			return err
		})(cmd, args)
		if err != nil {
			return cobra.AppendActiveHelp(nil, render.Clean(connect.Explain(err))), cobra.ShellCompDirectiveNoFileComp
		}
		return cleaned(found), cobra.ShellCompDirectiveNoFileComp | order
	}
}

// cleaned are completions that move no cursor. A value that would have to be changed for that is
// left out, since what then stood there would name something else.
func cleaned(found []cobra.Completion) []cobra.Completion {
	var offered []cobra.Completion
	for _, each := range found {
		value, about, described := strings.Cut(each, "\t")
		switch {
		case render.Clean(value) != value:
		case described:
			offered = append(offered, cobra.CompletionWithDesc(value, render.Clean(about)))
		default:
			offered = append(offered, value)
		}
	}
	return offered
}

// completeReleases completes the first argument with the IDs of releases.
func (a *app) completeReleases(filter releases.Filter) cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveKeepOrder, findReleases(filter, describedID))
}

// describedID is the ID of a release or a set, with what it is of and where it stands.
func describedID(l releases.Listed) cobra.Completion {
	return cobra.CompletionWithDesc(l.ID, cmp.Or(l.Name, l.App)+" "+string(l.Phase))
}

// completeSets completes the first argument with the IDs of sets.
func (a *app) completeSets(filter releases.Filter) cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveKeepOrder, findSets(filter))
}

// completeApps completes the first argument with applications that were released.
func (a *app) completeApps(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return a.complete(cobra.ShellCompDirectiveDefault, findNamesAnd(findApps()))(cmd, args, word)
}

// completeHeld completes the first argument with the applications whose lanes are held.
func (a *app) completeHeld() cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveDefault, func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		err = withTemporal(func(ctx context.Context, c *call) error {
			lanes, _, err := c.client.ListLanes(ctx, releases.LaneFilter{Limit: completeCount})
			for _, l := range lanes {
				if l.State != nil && l.State.Held != nil {
					found = append(found, cobra.CompletionWithDesc(l.App, "held by "+l.State.Held.By+": "+l.State.Held.Reason))
				}
			}
			return err
		})(ctx, c)
		return found, err
	})
}

// completeSwitched completes the first argument with the applications whose scaling rules are switched
// by hand just now.
func (a *app) completeSwitched() cobra.CompletionFunc {
	return a.complete(cobra.ShellCompDirectiveDefault, func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		err = withTemporal(func(ctx context.Context, c *call) (err error) {
			found, err = c.client.Switched(ctx, completeCount)
			return err
		})(ctx, c)
		return found, err
	})
}

// completeRules completes an application, and then the names of its scaling rules, which a worker
// of its region reads.
func (a *app) completeRules(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeApps(cmd, args, word)
	}
	return a.completeAlways(cobra.ShellCompDirectiveDefault, func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		err = ofApp(func(ctx context.Context, c *call, app release.App) error {
			rules, err := c.client.ScalingRules(ctx, app)
			for _, r := range rules {
				if !slices.Contains(args[1:], r.Name) {
					found = append(found, r.Name)
				}
			}
			return err
		})(ctx, c)
		return found, err
	})(cmd, args, word)
}

// findDenied offers the artifacts that the lane of the first argument denies.
func findDenied(ctx context.Context, c *call) (found []cobra.Completion, err error) {
	err = ofApp(func(ctx context.Context, c *call, app release.App) error {
		status, err := c.client.GetLane(ctx, app)
		if err == nil && status.State != nil {
			for _, d := range status.State.Denied {
				found = append(found, d.Artifact.String())
			}
		}
		return err
	})(ctx, c)
	return found, err
}

// ofApp connects to Temporal for an action about the application that the first argument names.
func ofApp(do func(context.Context, *call, release.App) error) action {
	return func(ctx context.Context, c *call) error {
		if len(c.args) == 0 {
			return nil // the application comes later on the line
		}
		app, err := c.appOf(ctx, argApp, c.args[0])
		if err != nil {
			return err
		}
		return withTemporal(func(ctx context.Context, c *call) error { return do(ctx, c, app) })(ctx, c)
	}
}

// completeFlag completes the values of a flag with what find returns.
func (a *app) completeFlag(cmd *cobra.Command, flag string, find finder) {
	_ = cmd.RegisterFlagCompletionFunc(flag, a.completeAlways(cobra.ShellCompDirectiveKeepOrder, find))
}

// findApps offers the applications that were released.
func findApps() finder {
	return findReleases(releases.Filter{}, func(l releases.Listed) cobra.Completion { return l.App })
}

// findSets offers the IDs of sets.
func findSets(filter releases.Filter) finder {
	filter.Limit = completeCount
	return func(ctx context.Context, c *call) (found []cobra.Completion, err error) {
		err = withTemporal(func(ctx context.Context, c *call) error {
			listed, _, err := c.client.ListSets(ctx, filter)
			for _, l := range listed {
				found = append(found, describedID(l))
			}
			return err
		})(ctx, c)
		return found, err
	}
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
