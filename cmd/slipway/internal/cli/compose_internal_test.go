package cli

import (
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"slipway/cmd/slipway/internal/config"
)

// notInCompose are the settings that the compose file passes to no role, and why.
func notInCompose() map[string]string {
	const file = "names a file, of which the containers have none"
	return map[string]string{
		config.NATSContext:    file,
		config.NATSCreds:      file + ": the NATS of the compose file has a user and a password",
		config.NATSUser:       "stands with the password in the file that SLIPWAY_CONFIG names",
		config.NATSPassword:   "is a secret, which stands in the file that SLIPWAY_CONFIG names",
		config.NATSNKey:       file,
		config.NATSCA:         file,
		config.NATSCert:       file,
		config.NATSKey:        file,
		config.CodecTokenFile: file + ": the codec server is published on loopback only",
	}
}

// hasSetting reports whether a command reads a setting. A secret has no flag; it belongs to who has the others of NATS.
func hasSetting(cmd *cobra.Command, s config.Setting) bool {
	return cmd.Flag(s.Name) != nil || s.Secret && cmd.Flag(config.NATSURL) != nil
}

// A setting in .env that does not reach the role is a setting that has no effect, in silence.
func TestComposePassesEverySettingToItsRole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docker-compose.yml")
	require.NoError(t, err)
	var file struct {
		Services map[string]struct {
			Environment map[string]any `yaml:"environment"`
		} `yaml:"services"`
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	root := (&app{}).root()
	left := notInCompose()
	seen := map[string]bool{}
	for _, role := range []string{"worker", "starter", "console", "notifier", "codec-server", "setup"} {
		cmd, _, err := root.Find([]string{role})
		require.NoError(t, err)
		require.Equal(t, role, cmd.Name())
		passed := slices.Collect(maps.Keys(file.Services[role].Environment))
		if role == "console" { // what takes webhooks is a service of its own
			passed = slices.AppendSeq(passed, maps.Keys(file.Services["hooks"].Environment))
		}
		require.NotEmpty(t, passed, role)
		for _, s := range append(config.All(), config.File()) {
			has := hasSetting(cmd, s)
			seen[s.Name] = seen[s.Name] || has
			switch {
			case !has, role == "codec-server" && (s.Name == config.TemporalAddress || s.Name == config.ConfigFile): // it connects to nothing
			case left[s.Name] != "":
				require.NotContains(t, passed, s.Env, "%s: %s", role, left[s.Name])
			default:
				require.Contains(t, passed, s.Env, "docker-compose.yml does not pass it to the %s", role)
			}
		}
	}
	for name := range left {
		require.True(t, seen[name], "no role has the setting %s any more", name)
	}
}
