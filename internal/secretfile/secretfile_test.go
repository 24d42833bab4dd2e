package secretfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/internal/secretfile"
)

func file(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	require.NoError(t, os.Chmod(path, mode)) // past the umask
	return path
}

func TestSecretfile_Reads(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o600, 0o400, 0o440, 0o660} {
		content, err := secretfile.Read(file(t, "hunter2\n", mode))
		require.NoError(t, err, "%o", mode)
		require.Equal(t, "hunter2\n", string(content))
	}
	largest := strings.Repeat("x", secretfile.MaxSize)
	content, err := secretfile.Read(file(t, largest, 0o600))
	require.NoError(t, err)
	require.Equal(t, largest, string(content))
}

func TestSecretfile_Refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ path, want string }{
		"readable by others":  {file(t, "hunter2", 0o604), "is open to every user of this machine (mode 0604); say: chmod o-rwx "},
		"writable by others":  {file(t, "hunter2", 0o602), "chmod o-rwx"},
		"one byte too many":   {file(t, "hunter2"+strings.Repeat("x", secretfile.MaxSize-6), 0o600), "is larger than 1024 bytes"},
		"a directory":         {t.TempDir(), "is no file"},
		"what does not exist": {filepath.Join(t.TempDir(), "nowhere"), "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := secretfile.Read(c.path)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// A secret is mounted by Kubernetes as a link to a file of the same volume.
func TestSecretfile_FollowsLinks(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(file(t, "hunter2", 0o600), link))
	content, err := secretfile.Read(link)
	require.NoError(t, err)
	require.Equal(t, "hunter2", string(content))
}
