package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
)

type given struct {
	args []string
	env  map[string]string
	file string
}

func load(t *testing.T, g given) (*config.Values, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags, config.File())
	config.AddFlags(flags, config.HTTP("127.0.0.1:8080")...)
	config.AddFlags(flags, config.All()[:2]...)
	for _, group := range [][]config.Setting{config.Actor(), config.AsIdentity(), config.Signing(), config.Platforms(), config.Calls(), config.Worker(), config.Starter(), config.Setup(), config.Temporal(), config.Codec(""), config.Console(""), config.LinkKey(), config.Notifier(), config.Hooks(""), config.NATS()} {
		config.AddFlags(flags, group...)
	}
	args := g.args
	if g.file != "" {
		path := filepath.Join(t.TempDir(), "slipway.yaml")
		require.NoError(t, os.WriteFile(path, []byte(g.file), 0o600))
		args = append(args, "--config", path)
	}
	require.NoError(t, flags.Parse(args))
	return config.Load(flags, func(key string) string { return g.env[key] })
}

func TestValues_AListIsSeparatedByCommas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"": nil, " , ,": nil, "a": {"a"}, " a , b,c ": {"a", "b", "c"}, "a,POST b/c,*.d": {"a", "POST b/c", "*.d"}, "a b": {"a b"},
	} {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_GATES_ALLOW": text}})
		require.NoError(t, err)
		require.Equal(t, want, v.List(config.GatesAllow), text)
	}
}

func TestValues_Precedence(t *testing.T) {
	t.Parallel()
	for _, s := range config.All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			flag, env, file := []string{"--" + s.Name + "=by-flag"}, map[string]string{s.Env: "by-env"}, s.Name+": by-file\n"
			if s.Secret {
				flag = nil
			}
			steps := []struct {
				name, want, source string
				given              given
			}{
				{"environment over file", "by-env", "environment variable " + s.Env, given{env: env, file: file}},
				{"file over default", "by-file", "file ", given{file: file}},
				{"empty variable is unset", "by-file", "file ", given{env: map[string]string{s.Env: ""}, file: file}},
			}
			if flag != nil {
				steps = append(steps, struct {
					name, want, source string
					given              given
				}{"flag over environment", "by-flag", "flag --" + s.Name, given{args: flag, env: env, file: file}})
			}
			for _, step := range steps {
				v, err := load(t, step.given)
				require.NoError(t, err, step.name)
				require.Equal(t, step.want, v.String(s.Name), step.name)
				require.Contains(t, v.Source(s.Name), step.source, step.name)
				require.True(t, v.Said(s.Name), step.name)
			}
		})
	}
}

func TestValues_Defaults(t *testing.T) {
	t.Parallel()
	v, err := load(t, given{})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", v.String(config.HTTPAddr))
	require.Equal(t, "default", v.Source(config.HTTPAddr))
	require.False(t, v.Said(config.HTTPAddr))
	require.Empty(t, v.String(config.SAEEndpoint))
}

func TestValues_FileByEnvironment(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slipway.yaml")
	require.NoError(t, os.WriteFile(path, []byte("sae-region: cn-shenzhen\n"), 0o600))
	v, err := load(t, given{env: map[string]string{"SLIPWAY_CONFIG": path}})
	require.NoError(t, err)
	require.Equal(t, "cn-shenzhen", v.String(config.SAERegion))
}

func TestValues_ASwitchIsOnOrOff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "no": false, "false": false, "yes": true, "true": true} {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_CDEVENTS": text}})
		require.NoError(t, err)
		on, err := v.Switch(config.CDEvents)
		require.NoError(t, err)
		require.Equal(t, want, on, text)
	}
	v, err := load(t, given{args: []string{"--cdevents"}})
	require.NoError(t, err)
	on, err := v.Switch(config.CDEvents)
	require.NoError(t, err)
	require.True(t, on, "the flag alone means on")
	v, err = load(t, given{args: []string{"--cdevents=maybe"}})
	require.NoError(t, err)
	_, err = v.Switch(config.CDEvents)
	require.ErrorContains(t, err, `setting cdevents (flag --cdevents): "maybe" is neither yes nor no; write yes or no`)
	v, err = load(t, given{file: "cdevents: true\n"})
	require.NoError(t, err)
	on, err = v.Switch(config.CDEvents)
	require.NoError(t, err)
	require.True(t, on)
}

func TestValues_SecretsHaveNoFlag(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.AddFlags(flags, config.NATS()...)
	require.Nil(t, flags.Lookup(config.NATSPassword))
	require.NotNil(t, flags.Lookup(config.NATSUser))
}

func TestValues_ErrorsNameSettingAndRemedy(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		given given
		want  []string
	}{
		{"missing file", given{args: []string{"--config", "/nowhere/slipway.yaml"}}, []string{"setting config (flag --config)", "/nowhere/slipway.yaml", "readable YAML file"}},
		{"not YAML", given{file: "a: [\n"}, []string{"setting config", "readable YAML file"}},
		{"unknown key", given{file: "sae-regoin: x\n"}, []string{"unknown settings: sae-regoin", "sae-region"}},
		{"nested key", given{file: "sae-region: {id: x}\n"}, []string{"setting sae-region (file", "no single value"}},
		{"list", given{file: "nats-url: [a, b]\n"}, []string{"setting nats-url (file", "no single value"}},
		{"file in file", given{file: "config: other.yaml\n"}, []string{"unknown settings: config"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, c.given)
			var bad *config.Error
			require.ErrorAs(t, err, &bad)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}

func TestValues_Logger(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		env      map[string]string
		defaults config.LogDefaults
		want     string
		err      string
	}{
		{"role logs info as json", nil, config.ForRole(), `{"level":"info",`, ""},
		{"person is told warnings only", nil, config.ForPerson(), "", ""},
		{"console", map[string]string{"SLIPWAY_LOG_FORMAT": "console"}, config.ForRole(), "INF hello", ""},
		{"level", map[string]string{"SLIPWAY_LOG_LEVEL": "error"}, config.ForRole(), "", ""},
		{
			"unknown level",
			map[string]string{"SLIPWAY_LOG_LEVEL": "loud"},
			config.ForRole(), "",
			`setting log-level (environment variable SLIPWAY_LOG_LEVEL): "loud" is not a level; use trace, debug, info, warn or error`,
		},
		{"no fatal level", map[string]string{"SLIPWAY_LOG_LEVEL": "fatal"}, config.ForRole(), "", `"fatal" is not a level`},
		{"unknown format", map[string]string{"SLIPWAY_LOG_FORMAT": "xml"}, config.ForRole(), "", "use json or console"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, err := load(t, given{env: c.env})
			require.NoError(t, err)
			var out bytes.Buffer
			log, err := v.Logger(&out, c.defaults)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			log.Info().Msg("hello")
			if c.want == "" {
				require.Empty(t, out.String())
				return
			}
			require.Contains(t, out.String(), c.want)
		})
	}
}

func TestValues_NumbersAndDurations(t *testing.T) {
	t.Parallel()
	v, err := load(t, given{file: "sae-calls-per-second: 2.5\nsae-settle: 3s\n"})
	require.NoError(t, err)
	rate, err := v.Number(config.SAECallsPerSecond)
	require.NoError(t, err)
	require.InDelta(t, 2.5, rate, 0)
	settle, err := v.Duration(config.SAESettle)
	require.NoError(t, err)
	require.Equal(t, 3*time.Second, settle)

	unset, err := load(t, given{})
	require.NoError(t, err)
	rate, err = unset.Number(config.SAECallsPerSecond)
	require.NoError(t, err)
	require.Zero(t, rate)
	settle, err = unset.Duration(config.SAESettle)
	require.NoError(t, err)
	require.Zero(t, settle)

	for _, bad := range []string{"0", "-1", "many", "NaN", "Inf"} {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_SAE_CALLS_PER_SECOND": bad, "SLIPWAY_SAE_SETTLE": bad}})
		require.NoError(t, err)
		_, err = v.Number(config.SAECallsPerSecond)
		require.ErrorContains(t, err, "(environment variable SLIPWAY_SAE_CALLS_PER_SECOND): \""+bad+"\" is not a positive number")
		_, err = v.Duration(config.SAESettle)
		require.ErrorContains(t, err, "is not a positive duration; write for example 90s")
	}
}

func TestValues_Retentions(t *testing.T) {
	t.Parallel()
	read := func(text string) (time.Duration, error) {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_LEDGER_RETENTION": text}})
		require.NoError(t, err)
		return v.Retention(config.LedgerRetention)
	}
	for text, want := range map[string]time.Duration{
		"": 0, "400d": 400 * 24 * time.Hour, "1d": 24 * time.Hour, "36h": 36 * time.Hour, "1h0m": time.Hour, "none": config.Forever,
	} {
		got, err := read(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, bad := range []string{"400", "0d", "-1d", "1.5d", "d", "59m", "-1h", "forever", "70000d", "0"} {
		_, err := read(bad)
		require.ErrorContains(t, err, "setting ledger-retention (environment variable SLIPWAY_LEDGER_RETENTION): \""+bad+"\" is not a time of at least an hour; write for example 90d", bad)
	}
}

func TestValues_Sizes(t *testing.T) {
	t.Parallel()
	read := func(text string) (int64, error) {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_NATS_STREAM_SIZE": text}})
		require.NoError(t, err)
		return v.Size(config.StreamSize)
	}
	for text, want := range map[string]int64{"": 0, "512MiB": 512 << 20, "4GiB": 4 << 30, "none": config.Unlimited} {
		got, err := read(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, bad := range []string{"0", "1", "0MiB", "-1GiB", "1.5GiB", "1GB", "GiB", "99999999999GiB"} {
		_, err := read(bad)
		require.ErrorContains(t, err, "\""+bad+"\" is not a size; write for example 512MiB", bad)
	}
}

func TestValues_Counts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "1": 1, "5": 5} {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_NATS_REPLICAS": text}})
		require.NoError(t, err)
		got, err := v.Count(config.NATSReplicas, 5)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, bad := range []string{"0", "-1", "6", "3.5", "three"} {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_NATS_REPLICAS": bad}})
		require.NoError(t, err)
		_, err = v.Count(config.NATSReplicas, 5)
		require.ErrorContains(t, err, "setting nats-replicas (environment variable SLIPWAY_NATS_REPLICAS): \""+bad+"\" is not a whole number from 1 to 5; write for example 1 or 3")
	}
}

// TestValues_ThePageOnEncryptionNamesSettingsThatExist keeps docs/encryption.md true.
func TestValues_ThePageOnEncryptionNamesSettingsThatExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/encryption.md")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, s := range config.All() {
		known[s.Env], known["--"+s.Name] = true, true
	}
	named := regexp.MustCompile(`SLIPWAY_[A-Z_]+|--(?:payload|codec)-(?:keys?|listen|origins|token-file|without-token)`).FindAllString(string(page), -1)
	require.NotEmpty(t, named)
	for _, name := range named {
		require.True(t, known[name], name)
	}
	for _, s := range config.Codec("") {
		require.Contains(t, string(page), s.Env)
	}
}
