package payload_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/payload"
)

// TestDocs_ThePageMakesAKey runs the commands with which docs/encryption.md begins.
func TestDocs_ThePageMakesAKey(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/encryption.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```sh\n")
	require.True(t, found)
	commands, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	sh := exec.CommandContext(t.Context(), "sh", "-eu", "-c", commands)
	sh.Dir = t.TempDir()
	out, err := sh.CombinedOutput()
	require.NoError(t, err, string(out))
	keys, err := payload.KeysFromFiles(filepath.Join(sh.Dir, "payload-keys"), "2026-11")
	require.NoError(t, err)
	require.True(t, codec(t, keys).Encrypts())
}
