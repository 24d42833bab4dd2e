package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/cli"
)

// The page that people read says what the commands say.
func TestReferenceOfCommandsIsUpToDate(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../../../docs/command-reference.md")
	require.NoError(t, err)
	want := strings.Split(cli.Reference(), "\n")
	for i, line := range strings.Split(string(got), "\n") {
		require.Less(t, i, len(want), "docs/command-reference.md has more lines; run make generate")
		require.Equal(t, want[i], line, "docs/command-reference.md:%d; run make generate", i+1)
	}
	require.Equal(t, strings.Join(want, "\n"), string(got), "docs/command-reference.md: run make generate")
}
