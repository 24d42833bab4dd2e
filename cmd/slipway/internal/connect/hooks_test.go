package connect_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/hooks"
)

func hooksSettings(t *testing.T, env map[string]string) (hooks.Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("console", pflag.ContinueOnError)
	config.AddFlags(flags, append(config.Hooks(""), config.HooksIdentity()...)...)
	v, err := config.Load(flags, func(key string) string { return env[key] })
	require.NoError(t, err)
	return connect.HooksSettings(v)
}

func TestHooksSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	first, second := strings.Repeat("a", hooks.MinSecret), strings.Repeat("b", hooks.MinSecret)
	good := file("good", first+"\n\n"+second+"\n")
	open := file("open", first)
	require.NoError(t, os.Chmod(open, 0o644))

	c, err := hooksSettings(t, nil)
	require.NoError(t, err)
	require.Empty(t, c.Addr, "without an address nothing else is asked for")

	c, err = hooksSettings(t, map[string]string{
		"SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SECRET_FILE": good, "SLIPWAY_HOOKS_SENDERS": "acr,harbor", "SLIPWAY_HARBOR_TOKEN_FILE": good, "SLIPWAY_IDENTITY": "slipway-console",
	})
	require.NoError(t, err)
	require.Equal(t, hooks.Config{
		Addr: "127.0.0.1:0", PathSecrets: map[string][]string{hooks.AnySender: {first, second}}, Senders: map[string][]string{"acr": nil, "harbor": {first, second}}, Identity: "slipway-console",
	}, c)

	own := file("own", "acr="+first+"\nharbor="+second+"\nharbor="+first+"\n")
	c, err = hooksSettings(t, map[string]string{
		"SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SECRET_FILE": own, "SLIPWAY_HOOKS_SENDERS": "acr,harbor", "SLIPWAY_HARBOR_TOKEN_FILE": good,
	})
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"acr": {first}, "harbor": {second, first}}, c.PathSecrets)

	for says, env := range map[string]map[string]string{
		"has a line SENDER=SECRET of a sender whose webhooks are not taken": {"SLIPWAY_HOOKS_SECRET_FILE": own},
		"has no secret for acr":                                               {"SLIPWAY_HOOKS_SECRET_FILE": file("harbor", "harbor="+first), "SLIPWAY_HOOKS_SENDERS": "acr,harbor"},
		"own-short holds no secret, or a line that is none":                   {"SLIPWAY_HOOKS_SECRET_FILE": file("own-short", "harbor=short")},
		"setting hooks-secret-file (default): is not set":                     {"SLIPWAY_HOOKS_SECRET_FILE": ""},
		"is open to every user of this machine":                               {"SLIPWAY_HOOKS_SECRET_FILE": open},
		"holds no secret, or a line that is none":                             {"SLIPWAY_HOOKS_SECRET_FILE": file("short", first+"\nshort\n")},
		"setting hooks-senders (default): is not set":                         {"SLIPWAY_HOOKS_SENDERS": ""},
		`"quay" is unknown; name some of acr, harbor, dockerhub`:              {"SLIPWAY_HOOKS_SENDERS": "quay"},
		"the webhooks of harbor are taken with it only":                       {"SLIPWAY_HARBOR_TOKEN_FILE": ""},
		"the webhooks of generic are taken with it only":                      {"SLIPWAY_HOOKS_SENDERS": "generic"},
		"is set, and webhooks of cdevents are not taken; name cdevents among": {"SLIPWAY_CDEVENTS_TOKEN_FILE": good},
		"cannot stand in a subject":                                           {"SLIPWAY_IDENTITY": "a.b"},
	} {
		all := map[string]string{"SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SECRET_FILE": good, "SLIPWAY_HOOKS_SENDERS": "harbor", "SLIPWAY_HARBOR_TOKEN_FILE": good}
		maps.Copy(all, env)
		_, err := hooksSettings(t, all)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), first)
	}
}
