package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
)

func TestNotifier_Settings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	const good = "apiVersion: slipway.dev/v1\nkind: Notifications\nspec:\n  channels: [{name: bus, type: nats, subject: team.releases}]\n  rules: [{to: [bus]}]\n"
	file, key := write("good.yaml", good), write("key", "0123456789abcdef0123456789abcdef")
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"nothing is said":        {nil, []string{"notifications", "is missing"}},
		"no such file":           {[]string{"--notifications", filepath.Join(dir, "none.yaml")}, []string{"there is no file"}},
		"no such channel":        {[]string{"--notifications", write("bad.yaml", good+"  waiting: [{after: 5m, tell: bsu}]\n")}, []string{"bad.yaml", "waiting[0].tell"}},
		"several at once":        {[]string{"--console-url", "slipway.example", "--give-up", "1s"}, []string{"notifications", "console-url", "give-up", "shorter than a minute"}},
		"links to no console":    {[]string{"--notifications", file, "--link-key-file", key}, []string{"link-key-file", "--console-url"}},
		"a duration that is not": {[]string{"--notifications", file, "--give-up", "3 days"}, []string{"give-up", "write for example 90s, 5m or 24h"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := notifierSettings(loadNotifier(t, c.args))
			require.Error(t, err)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	source, cfg, err := notifierSettings(loadNotifier(t, []string{"--notifications", file, "--console-url", "https://slipway.example", "--link-key-file", key, "--give-up", "24h"}))
	require.NoError(t, err)
	require.Equal(t, []string{"bus"}, source.Document.Names())
	require.Equal(t, "https://slipway.example", source.Console)
	require.NotNil(t, source.Signer)
	require.Equal(t, 24*time.Hour, cfg.GiveUp)
}

func loadNotifier(t *testing.T, args []string) *config.Values {
	t.Helper()
	flags := pflag.NewFlagSet("notifier", pflag.ContinueOnError)
	for _, group := range [][]config.Setting{{config.File()}, config.Notifier(), config.MessageLinks(), config.LinkKey()} {
		config.AddFlags(flags, group...)
	}
	require.NoError(t, flags.Parse(args))
	v, err := config.Load(flags, func(string) string { return "" })
	require.NoError(t, err)
	return v
}
