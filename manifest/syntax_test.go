package manifest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/manifest"
)

// What is no YAML is told in words of whoever wrote it, with the place and what to do.
func TestSyntax(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: slipway.dev/v1\nkind: Release\nspec:\n"
	for name, c := range map[string]struct{ file, want string }{
		"a tab":                     {head + "\tapp: x\n", "line 4, column 1: a tab is no indentation in YAML, use spaces"},
		"a colon within a text":     {head + "  note: orders: fix\n", "line 4, column 15: a text with a colon and a space in it must be in quotes"},
		"a brace":                   {head + "  app: {platform: sae, region: cn\n  artifact: {image: x}\n", "in what begins in line 4: a { is not closed, or a comma is missing"},
		"a bracket":                 {head + "  gates: [a, b\n  note: x\n", "in what begins in line 4: a [ is not closed, or a comma is missing"},
		"an indentation":            {head + "  app:\n    platform: sae\n   region: cn\n", "in what begins in line 4: its lines are not indented alike, or one of them is no \"field: value\""},
		"a quote":                   {"kind: \"Release\n", "line 2: a quote is not closed"},
		"a text with @":             {"kind: @x\n", "line 1, column 7: a text that begins with @, ` or % must be in quotes"},
		"a text with a star":        {"kind: *x\n", "a text that begins with * must be in quotes"},
		"a backslash":               {"kind: \"a\\q\"\n", "line 1, column 9: in double quotes a backslash has a meaning; use single quotes, or two backslashes"},
		"no text":                   {"kind: \xff\n", "it must be text in UTF-8"},
		"what is nowhere explained": {"%x\na: 1\n", "found unknown directive name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Read(strings.NewReader(c.file), manifest.Overrides{})
			require.EqualError(t, err, "is neither YAML nor JSON: "+c.want)
		})
	}
}
