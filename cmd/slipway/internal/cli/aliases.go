package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway/release"
)

// Flags that several commands have.
const (
	flagReason    = "reason"
	flagNote      = "note"
	flagToVersion = "to-version"
	flagBatch     = "batch"
	flagAll       = "all"
)

// aliasFlags lets every command that takes a reason or a note take it under either name, a
// version also under the name that kubectl has for it, and a variable under the one that helm has for values.
func aliasFlags(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		aliasFlags(child)
	}
	aliases := map[string]string{}
	alias := func(name, also string) {
		if f := cmd.Flags().Lookup(name); f != nil && cmd.Flags().Lookup(also) == nil {
			aliases[also] = name
			f.Usage += "; also --" + also
		}
	}
	alias(flagReason, flagNote)
	alias(flagNote, flagReason)
	alias(flagToVersion, "to-revision")
	alias(flagVariable, "set")
	if cmd.Flags().Lookup(flagBatch) != nil && cmd.Flags().Lookup(flagAll) != nil { // as "kubectl argo rollouts promote" has it
		alias(flagAll, "full")
	}
	if len(aliases) == 0 {
		return
	}
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if known, is := aliases[name]; is {
			name = known
		}
		return pflag.NormalizedName(name)
	})
}

// misplaced are the commands that people look for at the top, where other tools have them. Each
// names the right command, whatever flags it is given.
func misplaced() []*cobra.Command {
	var all []*cobra.Command
	for _, name := range []string{"submit", "list", "get", "watch", "status", "confirm", "abort", "pause", "resume", "override", "approve", "reject", "retry"} {
		all = append(all, &cobra.Command{
			Use: name, Hidden: true, DisableFlagParsing: true, Args: cobra.ArbitraryArgs,
			RunE: func(_ *cobra.Command, args []string) error {
				group := kindRelease
				if slices.ContainsFunc(args, release.IsSetID) {
					group = kindSet
				}
				return &usageError{`unknown command "` + name + `"; use: ` + strings.Join(append([]string{"slipway", group, name}, args...), " ")}
			},
		})
	}
	return all
}
