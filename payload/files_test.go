package payload_test

import (
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/payload"
)

func TestFiles_KeyFilesInEachForm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"raw":        string(key(7)),
		"base64":     base64.StdEncoding.EncodeToString(key(7)),
		"base64-url": base64.RawURLEncoding.EncodeToString(key(7)) + "\n",
		"hex":        hex.EncodeToString(key(7)) + "\r\n",
		"HEX.upper":  strings.ToUpper(hex.EncodeToString(key(7))),
	} {
		write(t, dir, name, []byte(content))
	}
	write(t, dir, ".hidden", []byte("not a key"))
	keys, err := payload.KeysFromFiles(dir, "raw")
	require.NoError(t, err)
	require.Equal(t, "raw", keys.Current())
	for _, id := range []string{"raw", "base64", "base64-url", "hex", "HEX.upper"} {
		got, err := keys.Key(id)
		require.NoError(t, err, id)
		require.Equal(t, key(7), got, id)
	}
}

// A key that is put into the directory later is found without a restart.
func TestFiles_AKeyThatComesLaterIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "summer", key(2))
	keys, err := payload.KeysFromFiles(dir, "summer")
	require.NoError(t, err)
	c := codec(t, keys)
	sealed := encode(t, codec(t, autumn()), plain(t, "x"))
	_, err = decode(c, sealed)
	require.ErrorContains(t, err, `payload of key "autumn": there is no key file `+filepath.Join(dir, "autumn")+"; put it there")
	write(t, dir, "autumn", key(1))
	_, err = decode(c, sealed)
	require.NoError(t, err)
}

func TestFiles_KeyFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, content string
		mode          os.FileMode
		want          string
	}{
		"a password":     {"a", "hunter2hunter2hunter2hunter2hunt", 0o600, "holds no key; write 32 random bytes"},
		"a short key":    {"a", "hunter2", 0o600, "holds no key"},
		"an AES-128 key": {"a", hex.EncodeToString(key(1)[:16]), 0o600, "holds no key"},
		"a long key":     {"a", base64.StdEncoding.EncodeToString(append(key(1), 'x')), 0o600, "holds no key"},
		"empty":          {"a", "", 0o600, "holds no key"},
		"large":          {"a", strings.Repeat("hunter2", 200), 0o600, "is larger than 1024 bytes"},
		"for everybody":  {"a", string(key(1)), 0o644, "is open to every user of this machine (mode 0644); say: chmod o-rwx"},
		"no ID":          {"my key", string(key(1)), 0o600, `"my key" is no ID of a key`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "good", key(3))
			path := filepath.Join(dir, c.file)
			require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600))
			require.NoError(t, os.Chmod(path, c.mode))
			_, err := payload.KeysFromFiles(dir, "good")
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestFiles_ADirectoryOrACurrentKeyThatIsMissingIsRefused(t *testing.T) {
	t.Parallel()
	_, err := payload.KeysFromFiles("/nowhere/keys", "a")
	require.ErrorContains(t, err, "/nowhere/keys")
	_, err = payload.KeysFromFiles(t.TempDir(), "a")
	require.ErrorContains(t, err, "there is no key file")
	_, err = payload.KeysFromFiles(t.TempDir(), "../a")
	require.ErrorContains(t, err, "is no ID of a key")
}
