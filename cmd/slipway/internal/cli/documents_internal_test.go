package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"slipway/internal/markdown"
	"slipway/manifest"
)

// unverified begins the comment above a block that needs what no test has, and says what that is.
const unverified = "unverified: needs "

// ranBy is the comment above a block with commands of others that a test runs, all of its page. They are few, so that no page
// needs what its readers lack.
const ranBy = "run by devstack/stack"

// ranCommands are those commands.
func ranCommands() []string { return []string{"umask", "openssl", "date", "printf", "cut", "curl"} }

// pages are those that users read.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "deploy/*.md"} {
		paths, err := filepath.Glob("../../../../" + pattern)
		require.NoError(t, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			texts[strings.TrimPrefix(filepath.ToSlash(path), "../../../../")] = string(text)
		}
	}
	require.Contains(t, texts, "README.md")
	require.Contains(t, texts, "docs/concepts.md")
	return texts
}

// TestDocuments_EveryBlockIsHeldAgainstTheProgram goes through all blocks of code: commands of
// slipway are parsed by the commands themselves, release files by what reads them. A command of
// somebody else is excused by a comment above its block only, and listed.
func TestDocuments_EveryBlockIsHeldAgainstTheProgram(t *testing.T) {
	t.Parallel()
	var commands trees
	for path, text := range pages(t) {
		for _, block := range markdown.Blocks(text) {
			where := fmt.Sprintf("%s:%d", path, block.Line)
			kind, _, _ := strings.Cut(block.Info, " ")
			switch kind {
			case "sh":
				requireCommands(t, &commands, where, block)
			case "yaml":
				requireYAML(t, where, block.Text)
			case "json":
				require.True(t, json.Valid([]byte(block.Text)), "%s is not JSON", where)
			case "ini":
				requireDropIn(t, where, block.Text)
			case "text", "mermaid", "go": // nothing to run: go doc and a test of its own see to the last two
			default:
				require.Fail(t, "a block says what it is, so that none is passed over", "%s: %q", where, block.Info)
			}
			if strings.HasPrefix(block.Comment, unverified) {
				t.Logf("%s: %s", where, block.Comment)
			}
		}
	}
}

func requireCommands(t *testing.T, commands *trees, where string, block markdown.Block) {
	t.Helper()
	foreign := 0
	// The examples of the root say what they do in a column of its own.
	shell := regexp.MustCompile(`(?m) {3,}[^#\s].*$`).ReplaceAllString(block.Text, "")
	for _, words := range markdown.Commands(shell) {
		for len(words) > 0 && strings.Contains(words[0], "=") { // VARIABLE=value before a command
			words = words[1:]
		}
		if len(words) == 0 {
			continue
		}
		switch filepath.Base(words[0]) {
		case "slipway":
			if err := commands.parses(words[1:]); err != nil {
				t.Errorf("%s: %s: %v", where, strings.Join(words, " "), err)
			}
		case "make", "slipway-dev", "saesim": // archtest knows the targets, and devstack runs the others
		case "export", "cd", "cp", "mkdir", "echo", "cat", "head", "base64", "(umask", "077": // plain shell
		default:
			if strings.HasPrefix(where, "docs/api.md:") { // devstack runs its blocks
				continue
			}
			foreign++
			if block.Comment == ranBy {
				require.Contains(t, ranCommands(), words[0], where)
				continue
			}
			if strings.HasPrefix(where, "docs/command-reference.md:") { // generated: there is no place for a comment
				t.Logf("%s runs %q", where, words[0])
				continue
			}
			require.True(t, strings.HasPrefix(block.Comment, unverified),
				"%s runs %q, which no test does: say what it needs in a comment above the block: <!-- %s… -->", where, words[0], unverified)
		}
	}
	if strings.HasPrefix(block.Comment, unverified) {
		require.Positive(t, foreign, "%s needs nothing that a test has not", where)
	}
}

// complete is the root with the commands that cobra adds when it runs.
func complete() *cobra.Command {
	root := (&app{}).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("completion")
	return root
}

// trees are roots that are made once: one has hundreds of commands. A command keeps the flags that it was given, so that each
// is used once in a tree.
type trees []tree

type tree struct {
	root *cobra.Command
	used map[*cobra.Command]bool
}

// find finds the command of a command line in a tree in which it was not used.
func (t *trees) find(args []string) (cmd *cobra.Command, rest []string, err error) {
	for _, each := range *t {
		if cmd, rest, err = each.root.Find(args); err != nil || !each.used[cmd] {
			each.used[cmd] = true
			return cmd, rest, err
		}
	}
	*t = append(*t, tree{complete(), map[*cobra.Command]bool{}})
	return t.find(args)
}

// parses reports what is wrong with a command line: its command, flags or arguments.
func (t *trees) parses(args []string) error {
	cmd, rest, err := t.find(args)
	if err != nil {
		return fmt.Errorf("command: %w", err)
	}
	if slices.Contains(rest, "--help") || cmd.Name() == "help" {
		return nil
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	unlisted := cmd.Flags().Lookup(flagPath) // an operation by its method and path
	if cmd.HasSubCommands() && len(cmd.Flags().Args()) > 0 && (unlisted == nil || !unlisted.Changed) {
		return fmt.Errorf("%s has no command %q", cmd.CommandPath(), cmd.Flags().Arg(0))
	}
	if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
		return fmt.Errorf("arguments: %w", err)
	}
	if err := cmd.ValidateRequiredFlags(); err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	return cmd.ValidateFlagGroups()
}

// requireYAML reads a release file as a command would; a part of one is YAML.
func requireYAML(t *testing.T, where, text string) {
	t.Helper()
	var head struct {
		Kind string `yaml:"kind"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &head), where)
	var err error
	switch head.Kind {
	case "Release":
		_, err = manifest.Read(strings.NewReader(text), manifest.Overrides{})
	case "ReleaseSet":
		_, err = manifest.ReadSet(strings.NewReader(text), manifest.Overrides{})
	case "Application":
		_, err = manifest.ReadApplication(strings.NewReader(text))
	case "Policy":
		_, err = manifest.ReadPolicy(strings.NewReader(text))
	case "Notifications":
		_, err = manifest.ReadNotifications(strings.NewReader(text))
	}
	require.NoError(t, err, where)
}

// TestDocuments_CommandsInTheTextExist looks up what is named in the middle of a sentence or of
// a table, where arguments may be placeholders.
func TestDocuments_CommandsInTheTextExist(t *testing.T) {
	t.Parallel()
	root := complete()
	for path, text := range pages(t) {
		if path == "CHANGELOG.md" { // it tells of what was there once
			continue
		}
		for _, span := range markdown.Spans(text) {
			words := strings.Fields(span)
			if len(words) < 2 || filepath.Base(words[0]) != "slipway" || words[1] == "COMMAND" || words[1][0] == '-' {
				continue
			}
			cmd, rest, err := root.Find(words[1:])
			if err == nil {
				err = flagsExist(cmd, rest)
			}
			if err != nil || !cmd.HasParent() {
				t.Errorf("%s: `%s` is no command: %v", path, span, err)
			}
		}
	}
}

// flagsExist looks up the flags without reading their values.
func flagsExist(cmd *cobra.Command, args []string) error {
	if cmd.HasSubCommands() && len(args) > 0 && !strings.ContainsAny(args[0], "-…|") && strings.ToLower(args[0]) == args[0] && cmd.Name() != "help" {
		return fmt.Errorf("%s has no command %q", cmd.CommandPath(), args[0])
	}
	for _, arg := range args {
		name, long := strings.CutPrefix(arg, "--")
		name, _, _ = strings.Cut(name, "=")
		name = strings.TrimRight(name, ",;")
		if long && cmd.Flag(name) == nil && name != "help" && name != "" {
			return fmt.Errorf("%s has no flag --%s", cmd.CommandPath(), name)
		}
	}
	return nil
}

func TestDocuments_AWrongCommandIsSeen(t *testing.T) {
	t.Parallel()
	var commands trees
	for _, line := range []string{
		"slipway release submitt -f x", "slipway release get", "slipway release get r-1 r-2", "slipway release list --nosuch",
		"slipway rescale APP --instances many", "slipway nosuch",
	} {
		require.Error(t, commands.parses(strings.Fields(line)[1:]), line)
	}
	for _, line := range []string{"slipway release get ID", "slipway release list --all -o json", "slipway help settings", "slipway api sae DescribeChangeOrder ChangeOrderId=… -o json"} {
		require.NoError(t, commands.parses(strings.Fields(line)[1:]), line)
	}
	cmd, rest, err := complete().Find([]string{"release", "get", "ID", "--nosuch"})
	require.NoError(t, err)
	require.Error(t, flagsExist(cmd, rest))
}
