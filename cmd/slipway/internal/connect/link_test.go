package connect_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/console/link"
)

// One file is the key of who signs and of who verifies, however its last line ends; what is no key is refused with the remedy.
func TestLinkSigner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	of := func(path string) (*link.Signer, error) {
		flags := pflag.NewFlagSet("console", pflag.ContinueOnError)
		config.AddFlags(flags, config.LinkKey()...)
		v, err := config.Load(flags, func(key string) string { return map[string]string{"SLIPWAY_LINK_KEY_FILE": path}[key] })
		require.NoError(t, err)
		return connect.LinkSigner(v)
	}
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	none, err := of("")
	require.NoError(t, err)
	require.Nil(t, none)

	key := strings.Repeat("k", link.MinKey)
	signs, err := of(file("notifier", key))
	require.NoError(t, err)
	verifies, err := of(file("console", key+"\n"))
	require.NoError(t, err)
	now := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
	l := link.Link{Action: link.Confirm, ReleaseID: "r-abcdefghijklmnop", Batch: 1, Until: now.Add(time.Hour)}
	got, err := verifies.Verify(signs.Sign(l), now)
	require.NoError(t, err)
	require.Equal(t, l, got)

	open := file("open", key)
	require.NoError(t, os.Chmod(open, 0o644))
	for path, says := range map[string]string{file("short", key[1:]+"\n"): "must have 32 at least", open: "chmod o-rwx", filepath.Join(dir, "nowhere"): "no such file"} {
		_, err := of(path)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "link-key-file")
		require.ErrorContains(t, err, "openssl rand -hex 32")
		require.NotContains(t, err.Error(), "kkk")
	}
}
