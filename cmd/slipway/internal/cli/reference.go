package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"slipway/cmd/slipway/internal/config"
	"slipway/internal/markdown"
)

const referenceHead = `<!-- Written by "make generate" from the commands in cmd/slipway; change them, not this page. -->
# Commands, one by one

What ` + "`slipway COMMAND --help`" + ` says of every command. What they are for stands in [the command line](commands.md). Every command also has
` + "`--help`" + `, and the settings ` + "`--config`, `--log-level` and `--log-format`" + `; ` + "`slipway completion SHELL`" + ` prints the completion of a shell.
A flag that is listed under settings is described [at the end](#settings), with its environment variable. What the
exit codes of commands mean is [one list](#slipway-exit-codes); every command lists those that it ends with.
`

// Reference returns docs/command-reference.md: every command with its help, its flags and
// their defaults, the exit codes, and the settings that several of them have.
func Reference() string {
	var b strings.Builder
	b.WriteString(referenceHead)
	describe(&b, Root())
	b.WriteString("\n## Settings\n\nThe names and the order in which they count are those of `slipway help settings`.\n\n| setting | environment | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, s := range append([]config.Setting{config.File()}, config.All()...) {
		flag := "`--" + s.Name + "`"
		if s.Secret {
			flag = "`" + s.Name + "`, no flag"
		}
		meaning, def := split(s.Usage, s.Default)
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", flag, s.Env, markdown.Cell(def), markdown.Cell(meaning))
	}
	return b.String()
}

// Root returns the command with all that are within it, for what describes them.
func Root() *cobra.Command { return (&app{}).root() }

// describe writes one command, and then those within it.
func describe(b *strings.Builder, cmd *cobra.Command) {
	fmt.Fprintf(b, "\n## %s\n\n```text\n%s\n```\n", cmd.CommandPath(), cmp.Or(cmd.Long, cmd.Short))
	if cmd.Runnable() && !cmd.HasSubCommands() {
		fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
	}
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(b, "\nAlso `%s`.\n", strings.Join(cmd.Aliases, "`, `"))
	}
	if cmd.Example != "" {
		fmt.Fprintf(b, "\n```sh\n%s\n```\n", regexp.MustCompile(`(?m)^  `).ReplaceAllString(cmd.Example, ""))
	}
	describeFlags(b, cmd)
	if cmd.HasParent() && cmd.Parent().Name() == "api" {
		describeOperations(b, cmd)
		return
	}
	for _, child := range cmd.Commands() {
		if !child.Hidden {
			describe(b, child)
		}
	}
}

// describeOperations writes the operations of a platform, which have the same flags, as one.
func describeOperations(b *strings.Builder, platform *cobra.Command) {
	operations := platform.Commands()
	fmt.Fprintf(b, "\n## %s OPERATION\n\nEach has the parameters of its operation; `--help` lists them.\n", platform.CommandPath())
	describeFlags(b, operations[0])
	b.WriteString("\n| operation | |\n| --- | --- |\n")
	for _, operation := range operations {
		fmt.Fprintf(b, "| `%s` | %s |\n", operation.Name(), markdown.Cell(operation.Short))
	}
}

// describeFlags writes the flags of a command alone, and names its settings.
func describeFlags(b *strings.Builder, cmd *cobra.Command) {
	var rows, shared []string
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden:
		case isSetting(f.Name):
			named := "`--" + f.Name + "`"
			if f.DefValue != "" {
				named += " (default `" + f.DefValue + "`)"
			}
			shared = append(shared, named)
		default:
			name := "`--" + f.Name + "`"
			if f.Shorthand != "" {
				name += ", `-" + f.Shorthand + "`"
			}
			meaning, def := split(f.Usage, f.DefValue)
			rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s |\n", name, f.Value.Type(), markdown.Cell(def), markdown.Cell(meaning)))
		}
	})
	if len(rows) > 0 {
		b.WriteString("\n| flag | type | default | meaning |\n| --- | --- | --- | --- |\n" + strings.Join(rows, ""))
	}
	if len(shared) > 0 {
		b.WriteString("\nSettings: " + strings.Join(shared, ", ") + ".\n")
	}
}

func isSetting(name string) bool {
	return slices.ContainsFunc(config.All(), func(s config.Setting) bool { return s.Name == name })
}

// split takes the default out of a help text that says it itself, because it is none that a
// flag could have, and returns it in place of the flag's.
func split(usage, def string) (meaning, shown string) {
	said := regexp.MustCompile(` \((default |required)([^)]*)\)`).FindStringSubmatch(usage)
	switch {
	case said != nil && said[1] == "required":
		return strings.Replace(usage, said[0], "", 1), said[1]
	case said != nil:
		return strings.Replace(usage, said[0], "", 1), said[2]
	case slices.Contains([]string{"", "0", "0s", "false", "[]"}, def):
		return usage, ""
	}
	return usage, "`" + def + "`"
}
