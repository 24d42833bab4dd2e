package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway/cmd/slipway/internal/config"
	"slipway/internal/compattest"
)

// TestCompat_Commands: what scripts write: commands with their arguments and aliases, flags with their types and defaults, exit
// codes, and settings. What the operations of slipway api take is said by the clouds.
func TestCompat_Commands(t *testing.T) {
	t.Parallel()
	out := commandLines((&app{}).root())
	for _, s := range append([]config.Setting{config.File()}, config.All()...) {
		line := "setting " + s.Name + " $" + s.Env
		if s.Default != "" {
			line += " = " + s.Default
		}
		out = append(out, line)
	}
	for line := range strings.Lines(exitCodes) {
		code, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, err := strconv.Atoi(code); err == nil {
			out = append(out, "exit code "+code)
		}
	}
	compattest.Hold(t, "../../../../api/compat/cli.txt", out)
}

// commandLines are the lines of a command and of those within it.
func commandLines(cmd *cobra.Command) (out []string) {
	path := cmd.CommandPath()
	if cmd.Hidden {
		return nil
	}
	out = append(out, strings.TrimSuffix(cmd.UseLine(), " [flags]"))
	for _, alias := range cmd.Aliases {
		out = append(out, path+" also "+alias)
	}
	for note := range cmd.Annotations {
		if code, is := strings.CutPrefix(note, exitNote); is {
			out = append(out, path+" exits "+code)
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		line := fmt.Sprintf("%s --%s", path, f.Name)
		if isSetting(f.Name) { // which is described once
			out = append(out, line)
			return
		}
		if f.Shorthand != "" {
			line += " -" + f.Shorthand
		}
		line += " " + f.Value.Type()
		if !slices.Contains([]string{"", "[]"}, f.DefValue) {
			line += " = " + f.DefValue
		}
		out = append(out, line)
	})
	if cmd.HasParent() && cmd.Parent().Name() == "api" {
		return out
	}
	for _, child := range cmd.Commands() {
		out = append(out, commandLines(child)...)
	}
	return out
}
