package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"slipway/releases"
)

// The bounds of completion: a shell waits for it at every press of a key.
const (
	completeTime  = 2 * time.Second
	completeCount = 50
)

// completeReleases completes the first argument with the IDs of releases.
func (a *app) completeReleases(filter releases.Filter) cobra.CompletionFunc {
	filter.Limit = completeCount
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, err := a.findReleases(cmd, filter)
		if err != nil {
			return cobra.AppendActiveHelp(nil, err.Error()), cobra.ShellCompDirectiveNoFileComp
		}
		var out []cobra.Completion
		for _, l := range found {
			out = append(out, cobra.CompletionWithDesc(l.ID, l.App+" "+string(l.Phase)))
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

func (a *app) findReleases(cmd *cobra.Command, filter releases.Filter) ([]releases.Listed, error) {
	v, err := a.values(cmd)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
	defer cancel()
	quiet := &app{World: World{Getenv: a.Getenv, Stdin: a.Stdin, Stdout: io.Discard, Stderr: io.Discard}}
	client, closeClient, err := quiet.releases(ctx, v)
	if err != nil {
		return nil, err
	}
	defer closeClient()
	found, _, err := client.List(ctx, filter)
	return found, err
}
