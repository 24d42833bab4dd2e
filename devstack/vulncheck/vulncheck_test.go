package vulncheck_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/vulncheck"
)

// database is one with a vulnerability of a function of a module, in all its versions.
func database(t *testing.T, module, function string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	const id, modified = "GO-2026-0001", "2026-11-30T12:00:00Z"
	for name, content := range map[string]any{
		"index/db.json":      map[string]any{"modified": modified},
		"index/modules.json": []any{map[string]any{"path": module, "vulns": []any{map[string]any{"id": id, "modified": modified}}}},
		"index/vulns.json":   []any{map[string]any{"id": id, "modified": modified}},
		"ID/" + id + ".json": map[string]any{
			"schema_version": "1.3.1", "id": id, "modified": modified, "published": modified, "summary": "It executes too much",
			"database_specific": map[string]any{"url": "https://example.com/" + id},
			"affected": []any{map[string]any{
				"package":            map[string]any{"name": module, "ecosystem": "Go"},
				"ranges":             []any{map[string]any{"type": "SEMVER", "events": []any{map[string]any{"introduced": "0"}}}},
				"ecosystem_specific": map[string]any{"imports": []any{map[string]any{"path": module, "symbols": []string{function}}}},
			}},
		},
	} {
		text, err := json.Marshal(content)
		require.NoError(t, err)
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	return folder
}

// The program is slipway-dist, whose commands are of cobra.
func TestPrograms(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "slipway-dist")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", program, "slipway/devstack/cmd/slipway-dist").CombinedOutput()
	require.NoError(t, err, string(out))
	for name, c := range map[string]struct {
		module, function string
		says             string
		err              error
	}{
		"a function that it has":                     {"github.com/spf13/cobra", "Command.ExecuteContext", "It executes too much", vulncheck.ErrFound},
		"a module that it has, without the function": {"github.com/spf13/cobra", "Command.Other", "No vulnerabilities found", nil},
		"a module that it has not":                   {"example.com/other", "F", "No vulnerabilities found", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var report bytes.Buffer
			err := vulncheck.Programs(t.Context(), "file://"+database(t, c.module, c.function), []string{program}, &report)
			require.ErrorIs(t, err, c.err)
			require.Contains(t, report.String(), c.says)
			require.Contains(t, report.String(), program)
		})
	}
}

// What was not looked for is no good news.
func TestPrograms_NothingIsReached(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(closed.Close)
	for database, says := range map[string]string{closed.URL: "status 404", "http://127.0.0.1:1": "connection refused"} {
		var report bytes.Buffer
		err := vulncheck.Programs(t.Context(), database, []string{"slipway"}, &report)
		require.ErrorAs(t, err, new(*vulncheck.UnreachableError))
		require.ErrorContains(t, err, database)
		require.ErrorContains(t, err, says)
		require.Empty(t, report.String())
	}
}

func TestPrograms_NoProgram(t *testing.T) {
	t.Parallel()
	var report bytes.Buffer
	err := vulncheck.Programs(t.Context(), "file://"+database(t, "example.com/other", "F"), []string{filepath.Join(t.TempDir(), "none")}, &report)
	require.Error(t, err)
	require.NotErrorIs(t, err, vulncheck.ErrFound)
}
