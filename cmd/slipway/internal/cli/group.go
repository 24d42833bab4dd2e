package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slipway/release"
)

// What an ID is of; they are also the names of the groups of commands.
const (
	kindRelease = "release"
	kindSet     = "set"
)

// kindOf tells by its ID a release from a set.
func kindOf(id string) string {
	if release.IsSetID(id) {
		return kindSet
	}
	return kindRelease
}

// idOf checks that a command gets one ID, and that it is not of the other group: what is said
// to a set would reach a release.
func idOf(group string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := arguments("ID")(cmd, args); err != nil {
			return err
		}
		id := args[0]
		kind := kindOf(id)
		if kind == group || kind == kindRelease && !strings.HasPrefix(id, "r-") {
			return nil
		}
		right := fmt.Sprintf("use: slipway %s %s %s", kind, cmd.Name(), id)
		if found, rest, err := cmd.Root().Find([]string{kind, cmd.Name()}); err != nil || len(rest) > 0 || found.Name() != cmd.Name() {
			right = fmt.Sprintf("there is no %s for it; see: slipway %s --help", cmd.Name(), kind)
		}
		return &usageError{fmt.Sprintf("%s is a %s; %s", id, kind, right)}
	}
}
