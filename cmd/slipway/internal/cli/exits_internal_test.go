package cli

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// leaves calls do with every command that does something.
func leaves(cmd *cobra.Command, do func(*cobra.Command)) {
	for _, child := range cmd.Commands() {
		leaves(child, do)
	}
	if cmd.Runnable() && !cmd.HasSubCommands() && !cmd.Hidden {
		do(cmd)
	}
}

// Every help lists the codes that the command can end with, each once and with its meaning.
func TestExits_EveryCommandHasThem(t *testing.T) {
	t.Parallel()
	count := 0
	leaves((&app{}).root(), func(cmd *cobra.Command) {
		count++
		codes := map[string]bool{}
		for _, line := range regexp.MustCompile(`(?m)^  (\d+) +(\S.*)$`).FindAllStringSubmatch(cmd.Long, -1) {
			require.Falsef(t, codes[line[1]], "%s has code %s twice", cmd.CommandPath(), line[1])
			codes[line[1]] = true
		}
		has := func(want bool, all ...int) {
			for _, code := range all {
				require.Equalf(t, want, codes[fmt.Sprint(code)], "%s: code %d", cmd.CommandPath(), code)
			}
		}
		has(true, exitOK, exitError, exitUsage, exitInterrupted)
		has(cmd.Flag(flagTimeout) != nil, exitTimeout)
		submits := cmd.Flag("event-id") != nil && cmd.Flag(flagWait) != nil
		follows := submits || cmd.Name() == "watch" || cmd.Name() == "get" && cmd.Flag(flagWatch) != nil
		has(follows, exitRolledBack, exitAborted, exitFailed)
		if follows {
			has(true, exitAttention)
		}
	})
	require.Greater(t, count, 40)
}

// What a release, a lane or a set may refuse says so.
func TestExits_Refusals(t *testing.T) {
	t.Parallel()
	root := (&app{}).root()
	for _, path := range [][]string{
		{"release", "confirm"},
		{"release", "abort"},
		{"release", "override"},
		{"set", "confirm"},
		{"set", "abort"},
		{"lane", "hold"},
		{"lane", "allow"},
		{"scaling", "enable"},
		{"scaling", "restore"},
		{"scaling", "recover"},
	} {
		cmd, _, err := root.Find(path)
		require.NoError(t, err)
		require.Regexp(t, `(?m)^  7    \S`, cmd.Long, path)
	}
}
