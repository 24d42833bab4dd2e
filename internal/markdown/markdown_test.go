package markdown_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/markdown"
)

func TestBlocks(t *testing.T) {
	t.Parallel()
	document := "Text `a`\n\n<!-- unverified: needs X -->\n\n```sh\none # `no`\n```\n\n1. List\n\n   ```yaml\n   a:\n     b\n   ```\n\nand `b c`.\n```\nnever closed"
	require.Equal(t, []markdown.Block{
		{Line: 5, Info: "sh", Comment: "unverified: needs X", Text: "one # `no`\n"},
		{Line: 11, Info: "yaml", Text: "a:\n  b\n"},
		{Line: 17, Text: "never closed\n"},
	}, markdown.Blocks(document))
	require.Equal(t, []string{"a", "b c"}, markdown.Spans(document))
}

func TestCommands(t *testing.T) {
	t.Parallel()
	shell := "# only a comment\nID=$(slipway release submit -f a.yaml) && echo \"$ID\"\n" +
		"slipway release abort r-1 \\\n  --reason \"too slow | late\" # why\nhead -c 32 | base64 > file\n"
	require.Equal(t, [][]string{
		{"slipway", "release", "submit", "-f", "a.yaml"},
		{"ID=$SUBSTITUTED"},
		{"echo", "$ID"},
		{"slipway", "release", "abort", "r-1", "--reason", "too slow | late"},
		{"head", "-c", "32"},
		{"base64"},
	}, markdown.Commands(shell))
}

func TestCell(t *testing.T) {
	t.Parallel()
	require.Equal(t, `table, wide \| json`, markdown.Cell("table, wide | json"))
}
