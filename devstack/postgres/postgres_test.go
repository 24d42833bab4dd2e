package postgres_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/postgres"
)

// A backup is of the moment at which it was made, and a server starts on it beside the one that it is of.
func TestPostgres_ABackupIsAServerOfItsOwn(t *testing.T) {
	t.Parallel()
	first, err := postgres.Start(t.Context(), "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, first.Close()) })
	backup := filepath.Join(filepath.Dir(first.Dir()), "backup")
	require.NoError(t, first.Backup(t.Context(), backup))
	require.Error(t, first.Backup(t.Context(), backup), "it is not written over")

	second, err := postgres.Start(t.Context(), backup)
	require.NoError(t, err)
	require.NotEqual(t, first.Addr(), second.Addr())
	for range 2 {
		require.NoError(t, second.Close())
	}
	_, err = os.Stat(backup)
	require.NoError(t, err, "a directory that was given stays")
}

func TestPostgres_ADirectoryThatIsNoneOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	_, err := postgres.Start(t.Context(), dir)
	require.ErrorContains(t, err, "start postgres: ")
}
