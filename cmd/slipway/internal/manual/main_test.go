package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	folder := t.TempDir()
	require.NoError(t, write(folder, "v1.2.3", at))
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join(folder, path))
		require.NoError(t, err)
		return string(text)
	}
	page := read("man/man1/slipway-release-submit.1")
	require.Contains(t, page, `"Nov 2026" "Slipway v1.2.3" "Slipway"`)
	require.Contains(t, page, "--wait")
	require.FileExists(t, filepath.Join(folder, "man/man1/slipway.1"))
	require.FileExists(t, filepath.Join(folder, "man/man1/slipway-api-sae.1"))
	pages, err := os.ReadDir(filepath.Join(folder, "man/man1"))
	require.NoError(t, err)
	require.Less(t, len(pages), 200, "not one for each operation of each cloud")
	for shell, says := range map[string]string{"slipway.bash": "__start_slipway", "_slipway": "#compdef slipway", "slipway.fish": "complete -c slipway", "slipway.ps1": "Register-ArgumentCompleter -CommandName 'slipway'"} {
		require.Contains(t, read("completions/"+shell), says)
	}
	require.Error(t, write(filepath.Join(folder, "completions", "slipway.bash"), "v1.2.3", at), "a file is no folder")
}
