package cli

import (
	"context"
	"errors"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/releases"
)

// What a shell is offered moves no cursor: IDs, names and errors come from others, too.
func TestComplete_ForeignTextIsCleaned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found []cobra.Completion
		err   error
		want  []cobra.Completion
	}{
		"nothing":           {},
		"a plain value":     {found: []cobra.Completion{"office-hours"}, want: []cobra.Completion{"office-hours"}},
		"a release":         {found: []cobra.Completion{describedID(releases.Listed{ID: id, App: "shop", Phase: release.PhaseQueued})}, want: []cobra.Completion{id + "\tshop Queued"}},
		"a description":     {found: []cobra.Completion{describedID(releases.Listed{ID: id, Name: "a\x1b[2J\tb", Phase: "\x07"})}, want: []cobra.Completion{id + "\ta [2J b  "}},
		"a value":           {found: []cobra.Completion{"r-\x1b[2J", id, "a\nb\tc"}, want: []cobra.Completion{id}},
		"an error":          {err: errors.New("no\x1b[2J\nanswer"), want: cobra.AppendActiveHelp(nil, "no [2J answer")},
		"an error at midst": {found: []cobra.Completion{id}, err: errors.New("no answer"), want: cobra.AppendActiveHelp(nil, "no answer")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := &cobra.Command{}
			cmd.SetContext(t.Context())
			a := &app{Env: Env{Getenv: func(string) string { return "" }}}
			got, directive := a.completeAlways(cobra.ShellCompDirectiveKeepOrder, func(context.Context, *call) ([]cobra.Completion, error) {
				return c.found, c.err
			})(cmd, nil, "")
			require.Equal(t, c.want, got)
			require.NotZero(t, directive&cobra.ShellCompDirectiveNoFileComp)
		})
	}
}

// The strategies that are offered are those that the platform of the application has for the operation.
func TestComplete_Strategies(t *testing.T) {
	t.Parallel()
	const deploy, rollback = release.OperationRelease, release.OperationRollback
	for _, c := range []struct {
		args []string
		op   release.Operation
		want []cobra.Completion
	}{
		{nil, deploy, []cobra.Completion{"all", "batch", "gray"}},
		{[]string{"nonsense"}, deploy, []cobra.Completion{"all", "batch", "gray"}},
		{[]string{"sae/cn-hangzhou/shop"}, deploy, []cobra.Completion{"all", "batch", "gray"}},
		{[]string{"fc/cn-hangzhou/shop"}, deploy, []cobra.Completion{"all", "gray"}},
		{[]string{"fc/cn-hangzhou/shop"}, rollback, []cobra.Completion{"all"}},
	} {
		require.Equal(t, c.want, strategiesFor(c.args, c.op), "%s %v", c.op, c.args)
	}
}
