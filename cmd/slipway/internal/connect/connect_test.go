package connect_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/rs/zerolog"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"slipway/activities/cloud"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
)

// setup returns settings from arguments and environment; files are laid into HOME first.
func setup(t *testing.T, args []string, env, files map[string]string) (*config.Values, func(string) string) {
	t.Helper()
	home := t.TempDir()
	for name, text := range files {
		path := filepath.Join(home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	all := map[string]string{"HOME": home}
	maps.Copy(all, env)
	getenv := func(key string) string { return os.Expand(all[key], func(string) string { return home }) }
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	for _, group := range [][]config.Setting{config.Temporal(), config.Codec("127.0.0.1:0"), config.NATS(), config.Platforms()} {
		config.AddFlags(flags, group...)
	}
	require.NoError(t, flags.Parse(args))
	v, err := config.Load(flags, getenv)
	require.NoError(t, err)
	return v, getenv
}

const profile = ".config/temporalio/temporal.toml"

func TestConnect_TemporalOptions(t *testing.T) {
	t.Parallel()
	file := map[string]string{profile: "[profile.default]\naddress = \"file:7233\"\nnamespace = \"of-file\"\n[profile.other]\naddress = \"other:7233\"\n"}
	cases := []struct {
		name               string
		args               []string
		env, files         map[string]string
		address, namespace string
	}{
		{"default", nil, nil, nil, "localhost:7233", "default"},
		{"profile file", nil, nil, file, "file:7233", "of-file"},
		{"named profile", nil, map[string]string{"TEMPORAL_PROFILE": "other"}, file, "other:7233", "default"},
		{"environment over profile", nil, map[string]string{"TEMPORAL_ADDRESS": "env:7233"}, file, "env:7233", "of-file"},
		{
			"flag over environment",
			[]string{"--temporal-address", "flag:7233", "--temporal-namespace", "of-flag"},
			map[string]string{"TEMPORAL_ADDRESS": "env:7233", "TEMPORAL_NAMESPACE": "of-env"},
			file, "flag:7233", "of-flag",
		},
		{"elsewhere", nil, map[string]string{"TEMPORAL_CONFIG_FILE": "$HOME/t.toml"}, map[string]string{"t.toml": "[profile.default]\naddress = \"t:1\"\n"}, "t:1", "default"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, c.args, c.env, c.files)
			o, err := connect.TemporalOptions(v, getenv)
			require.NoError(t, err)
			require.Equal(t, c.address, o.HostPort)
			require.Equal(t, c.namespace, o.Namespace)
		})
	}
}

func TestConnect_TemporalOptionsTakeTLSAndKey(t *testing.T) {
	t.Parallel()
	v, getenv := setup(t, nil, map[string]string{"TEMPORAL_API_KEY": "key"}, nil)
	o, err := connect.TemporalOptions(v, getenv)
	require.NoError(t, err)
	require.NotNil(t, o.ConnectionOptions.TLS)
	require.NotNil(t, o.Credentials)

	v, getenv = setup(t, nil, map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "/nowhere/ca.pem"}, nil)
	_, err = connect.TemporalOptions(v, getenv)
	require.ErrorContains(t, err, "/nowhere/ca.pem")
	require.ErrorContains(t, err, "check TEMPORAL_TLS_*")

	v, getenv = setup(t, nil, map[string]string{"TEMPORAL_PROFILE": "missing"}, nil)
	_, err = connect.TemporalOptions(v, getenv)
	require.ErrorContains(t, err, "TEMPORAL_PROFILE")
}

// A codec server that is configured is used, by whichever way it was said.
func TestConnect_TemporalOptionsUseTheCodecServer(t *testing.T) {
	t.Parallel()
	codec := converter.NewPayloadCodecHTTPHandler(converter.NewZlibCodec(converter.ZlibCodecOptions{AlwaysEncode: true}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer example" || r.Header.Get("X-Namespace") != "default" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		codec.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for name, c := range map[string]struct{ env, files map[string]string }{
		"environment": {env: map[string]string{"TEMPORAL_CODEC_ENDPOINT": server.URL, "TEMPORAL_CODEC_AUTH": "Bearer example"}},
		"profile":     {files: map[string]string{profile: "[profile.default]\ncodec = { endpoint = \"" + server.URL + "\", auth = \"Bearer example\" }\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, nil, c.env, c.files)
			o, err := connect.TemporalOptions(v, getenv)
			require.NoError(t, err)
			payload, err := o.DataConverter.ToPayload("secret")
			require.NoError(t, err)
			require.Equal(t, "binary/zlib", string(payload.GetMetadata()[converter.MetadataEncoding]))
			var back string
			require.NoError(t, o.DataConverter.FromPayload(payload, &back))
			require.Equal(t, "secret", back)
		})
	}
}

func TestConnect_ACodecServerThatCannotBeAskedIsRefused(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"no URL":               {"TEMPORAL_CODEC_ENDPOINT": "codec:8081"},
		"another scheme":       {"TEMPORAL_CODEC_ENDPOINT": "ftp://user:hidden@codec"},
		"a key without a lock": {"TEMPORAL_CODEC_AUTH": "hidden"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, nil, env, nil)
			_, err := connect.TemporalOptions(v, getenv)
			require.ErrorContains(t, err, "check TEMPORAL_CODEC_ENDPOINT")
			require.NotContains(t, err.Error(), "hidden")
		})
	}
}

func TestConnect_TemporalNamesItsAddress(t *testing.T) {
	t.Parallel()
	_, err := connect.Temporal(t.Context(), client.Options{HostPort: "127.0.0.1:1"}, zerolog.Nop())
	require.ErrorContains(t, err, "connect to Temporal at 127.0.0.1:1")
	require.ErrorContains(t, err, "--temporal-address")
}

const contexts = ".config/nats/context/"

func natsOptions(t *testing.T, o connect.NATSOptions) nats.Options {
	t.Helper()
	out := nats.GetDefaultOptions()
	for _, option := range o.Options {
		require.NoError(t, option(&out))
	}
	return out
}

func TestConnect_NATSSettings(t *testing.T) {
	t.Parallel()
	full := `{"description":"shop","url":"nats://ctx:4222","user":"ctx-user","password":"ctx-pass","inbox_prefix":"_in","jetstream_domain":"hub","nkey":"","socks_proxy":""}`
	cases := []struct {
		name       string
		args       []string
		env, files map[string]string
		url        string
		check      func(t *testing.T, o nats.Options, n connect.NATSOptions)
	}{
		{"default", nil, nil, nil, nats.DefaultURL, func(t *testing.T, o nats.Options, _ connect.NATSOptions) {
			t.Helper()
			require.Empty(t, o.User+o.Token)
			require.Nil(t, o.UserJWT)
		}},
		{"user and password", nil, map[string]string{"NATS_URL": "nats://env:4222", "NATS_USER": "u", "NATS_PASSWORD": "p"}, nil, "nats://env:4222", func(t *testing.T, o nats.Options, _ connect.NATSOptions) {
			t.Helper()
			require.Equal(t, []string{"u", "p"}, []string{o.User, o.Password})
		}},
		{"user without password is a token", nil, map[string]string{"NATS_USER": "tok"}, nil, nats.DefaultURL, func(t *testing.T, o nats.Options, _ connect.NATSOptions) {
			t.Helper()
			require.Equal(t, "tok", o.Token)
			require.Empty(t, o.User)
		}},
		{"creds", nil, map[string]string{"NATS_CREDS": "$HOME/x.creds"}, map[string]string{"x.creds": "-"}, nats.DefaultURL, func(t *testing.T, o nats.Options, _ connect.NATSOptions) {
			t.Helper()
			require.NotNil(t, o.UserJWT)
		}},
		{"context", nil, map[string]string{"NATS_CONTEXT": "shop"}, map[string]string{contexts + "shop.json": full}, "nats://ctx:4222", func(t *testing.T, o nats.Options, n connect.NATSOptions) {
			t.Helper()
			require.Equal(t, []string{"ctx-user", "ctx-pass", "_in", "hub"}, []string{o.User, o.Password, o.InboxPrefix, n.Domain})
		}},
		{"context with files", nil, map[string]string{"NATS_CONTEXT": "shop"}, map[string]string{
			contexts + "shop.json": `{"url":"","creds":"~/x.creds","tls_first":true}`, "x.creds": "-",
		}, nats.DefaultURL, func(t *testing.T, o nats.Options, _ connect.NATSOptions) {
			t.Helper()
			require.NotNil(t, o.UserJWT)
			require.True(t, o.TLSHandshakeFirst)
		}},
		{
			"settings over context",
			[]string{"--nats-context", "shop", "--nats-url", "nats://flag:4222", "--nats-creds", "testdata/any.creds"},
			nil,
			map[string]string{contexts + "shop.json": full},
			"nats://flag:4222", func(t *testing.T, o nats.Options, _ connect.NATSOptions) {
				t.Helper()
				require.Empty(t, o.User+o.Password)
				require.NotNil(t, o.UserJWT)
				require.Equal(t, "_in", o.InboxPrefix)
			},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, c.args, c.env, c.files)
			o, err := connect.NATSSettings(v, getenv)
			require.NoError(t, err)
			require.Equal(t, c.url, o.URL)
			c.check(t, natsOptions(t, o), o)
		})
	}
}

func TestConnect_NATSSettingsTakeAnNKey(t *testing.T) {
	t.Parallel()
	pair, err := nkeys.CreateUser()
	require.NoError(t, err)
	seed, err := pair.Seed()
	require.NoError(t, err)
	v, getenv := setup(t, nil, map[string]string{"NATS_NKEY": "$HOME/user.nk"}, map[string]string{"user.nk": string(seed)})
	o, err := connect.NATSSettings(v, getenv)
	require.NoError(t, err)
	want, err := pair.PublicKey()
	require.NoError(t, err)
	require.Equal(t, want, natsOptions(t, o).Nkey)
}

func TestConnect_NATSSettingsRefuse(t *testing.T) {
	t.Parallel()
	inContext := func(text string) map[string]string { return map[string]string{contexts + "shop.json": text} }
	shop := map[string]string{"NATS_CONTEXT": "shop"}
	cases := []struct {
		name       string
		env, files map[string]string
		want       []string
	}{
		{"no context", shop, nil, []string{"setting nats-context (environment variable NATS_CONTEXT)", `there is no context "shop"`, "nats context ls"}},
		{"broken context", shop, inContext(`{"password": hunter2}`), []string{"is not a context of the nats command line"}},
		{"nsc", shop, inContext(`{"nsc":"nsc://op/acc/user"}`), []string{"uses nsc, which is not supported"}},
		{"proxy", shop, inContext(`{"socks_proxy":"socks5://x"}`), []string{"uses socks_proxy"}},
		{"vault", shop, inContext(`{"creds":"op://vault/hunter2"}`), []string{"creds: refers to a secret by op://"}},
		{"inline", shop, inContext(`{"creds":"data:;base64,hunter2"}`), []string{"creds: holds a secret inline"}},
		{"vaulted password", shop, inContext(`{"user":"u","password":"env://hunter2"}`), []string{"password refers to a secret by env://"}},
		{"missing creds", map[string]string{"NATS_CREDS": "/nowhere/x.creds"}, nil, []string{"setting nats-creds (environment variable NATS_CREDS)", "/nowhere/x.creds"}},
		{"missing CA", map[string]string{"NATS_CA": "/nowhere/ca.pem"}, nil, []string{"setting nats-ca", "/nowhere/ca.pem"}},
		{"certificate alone", map[string]string{"NATS_CERT": "$HOME/c.pem"}, map[string]string{"c.pem": "-"}, []string{"set both nats-cert and nats-key"}},
		{"no seed", map[string]string{"NATS_NKEY": "$HOME/n.nk"}, map[string]string{"n.nk": "hunter2"}, []string{"setting nats-nkey", "holds no NKEY seed"}},
		{"bad URL", map[string]string{"NATS_URL": "nats://u:hunter2@ho st:4222"}, nil, []string{"setting nats-url", "write nats://host:4222"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, nil, c.env, c.files)
			_, err := connect.NATSSettings(v, getenv)
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestConnect_NATSNamesTheRemedy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args       []string
		env, files map[string]string
		want       string
	}{
		"a flag":    {args: []string{"--nats-url", "nats://127.0.0.1:1"}, want: "connect to NATS at nats://127.0.0.1:1 (flag --nats-url): "},
		"a context": {args: []string{"--nats-context", "shop"}, files: map[string]string{contexts + "shop.json": `{"url":"nats://127.0.0.1:1"}`}, want: "connect to NATS at nats://127.0.0.1:1 (NATS context shop): "},
		"passwords": {
			env:  map[string]string{"NATS_URL": "nats://me:hunter2@127.0.0.1:1, tls://hunter2@127.0.0.1:2"},
			want: "connect to NATS at nats://127.0.0.1:1,tls://127.0.0.1:2 (environment variable NATS_URL): ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, c.args, c.env, c.files)
			o, err := connect.NATSSettings(v, getenv)
			require.NoError(t, err)
			_, err = connect.NATS(t.Context(), o, "test")
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "check NATS_URL or --nats-url, NATS_CONTEXT and NATS_CREDS")
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	v, getenv := setup(t, nil, nil, nil)
	o, err := connect.NATSSettings(v, getenv)
	require.NoError(t, err)
	require.Equal(t, "nats://127.0.0.1:4222 (the default)", o.Where())
}

func TestConnect_Platforms(t *testing.T) {
	t.Parallel()
	const region = "cn-hangzhou"
	v, _ := setup(t, nil, map[string]string{"SLIPWAY_SAE_ENDPOINT": "ftp://x", "SLIPWAY_FC_ENDPOINT": "ftp://x", "SLIPWAY_FC_ACCOUNT_ID": "123"}, nil)
	_, err := connect.SAE(v, connect.Caller{Region: region})
	require.ErrorContains(t, err, "SLIPWAY_SAE_ENDPOINT")
	_, err = connect.FC(v, connect.Caller{Region: region})
	require.ErrorContains(t, err, "check SLIPWAY_FC_REGION, SLIPWAY_FC_ACCOUNT_ID, SLIPWAY_FC_ENDPOINT")

	v, _ = setup(t, nil, map[string]string{"SLIPWAY_FC_ACCOUNT_ID": "123"}, nil)
	onSAE, err := connect.SAE(v, connect.Caller{Region: region, UserAgent: "test"})
	require.NoError(t, err)
	require.Equal(t, region, onSAE.Region())
	require.Less(t, onSAE.Timeout(), cloud.DefaultSettle, "a call that was lost has ended by then")
	onFC, err := connect.FC(v, connect.Caller{Region: region, UserAgent: "test"})
	require.NoError(t, err)
	require.Equal(t, "123", onFC.AccountID())
	require.Less(t, onFC.Timeout(), cloud.DefaultSettle, "a call that was lost has ended by then")

	_, err = connect.ServiceStage(v, connect.Caller{Region: "cn-north-4"})
	require.ErrorContains(t, err, "check SLIPWAY_SERVICESTAGE_REGION, SLIPWAY_SERVICESTAGE_PROJECT_ID, SLIPWAY_SERVICESTAGE_ENDPOINT and the credentials of Huawei Cloud (HUAWEICLOUD_SDK_AK")
	v, _ = setup(t, nil, map[string]string{"SLIPWAY_SERVICESTAGE_PROJECT_ID": "p123"}, nil)
	onServiceStage, err := connect.ServiceStage(v, connect.Caller{Region: "cn-north-4", UserAgent: "test"})
	require.NoError(t, err)
	require.Equal(t, "p123", onServiceStage.ProjectID())
	require.Less(t, onServiceStage.Timeout(), cloud.DefaultSettle, "a call that was lost has ended by then")
}
