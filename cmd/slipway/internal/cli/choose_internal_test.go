package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"slipway/release"
	"slipway/releases"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	two := []releases.Listed{{ID: "r-one", App: "sae/cn-hangzhou/app-1", Phase: release.PhaseAwaitingConfirm}, {ID: "r-two", App: "sae/cn-hangzhou/app-2"}}
	for name, c := range map[string]struct {
		typed  string
		listed []releases.Listed
		id     string
		err    string
	}{
		"a number":      {"2\n", two, "r-two", ""},
		"no line end":   {"1", two, "r-one", ""},
		"none":          {"\n", two, "", `"" is none of 1-2`},
		"too many":      {"3\n", two, "", `"3" is none of 1-2`},
		"zero":          {"0\n", two, "", `"0" is none of 1-2`},
		"no candidates": {"1\n", nil, "", "missing argument ID, and there is no release that it could be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said bytes.Buffer
			a := &app{Env: Env{Stdin: strings.NewReader(c.typed), Stderr: &said}}
			id, err := a.choose(t.Context(), c.listed)
			require.Equal(t, c.id, id)
			if c.err != "" {
				require.EqualError(t, err, c.err)
				require.Equal(t, exitUsage, exitCode(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, "  1  r-one  AwaitingConfirm  sae/cn-hangzhou/app-1\n  2  r-two    sae/cn-hangzhou/app-2\nwhich one? [1-2] ", said.String())
		})
	}
}

// Who types nothing can still interrupt it.
func TestChoose_Interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, typist := io.Pipe()
	defer func() { _ = typist.Close() }()
	a := &app{Env: Env{Stdin: in, Stderr: io.Discard}}
	cancel()
	_, err := a.choose(ctx, []releases.Listed{{ID: "r-one"}})
	require.ErrorIs(t, err, context.Canceled)
}

// Only a person at a terminal is asked: a script that forgets the ID is told so.
func TestChoose_OnlyAtATerminal(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"confirm", "abort", "pause", "resume", "rollback", "get", "watch", "override"} {
		for _, interactive := range []bool{false, true} {
			cmd, _, err := (&app{Env: Env{Interactive: interactive}}).root().Find([]string{"release", name})
			require.NoError(t, err)
			err = cmd.ValidateArgs(nil)
			require.Equal(t, interactive, err == nil, "%s: %v", name, err)
			require.Error(t, cmd.ValidateArgs([]string{"s-abcdefghijklmnop"}), "a set is no release")
		}
	}
	asked := 0
	do := choosing(releases.Filter{}, func(context.Context, *call) error {
		asked++
		return nil
	})
	require.NoError(t, do(t.Context(), &call{args: []string{id}, cmd: &cobra.Command{}}), "an ID that is given is taken")
	require.Equal(t, 1, asked)
}
