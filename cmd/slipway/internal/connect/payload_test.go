package connect_test

import (
	"context"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/connect"
	"slipway/payload"
	"slipway/payload/codecserver"
)

// keyFiles are two keys and a token; $HOME is where they lie.
func keyFiles() map[string]string {
	return map[string]string{
		"keys/2026-05": hex.EncodeToString([]byte(strings.Repeat("\x01", payload.KeySize))),
		"keys/2026-11": hex.EncodeToString([]byte(strings.Repeat("\x02", payload.KeySize))),
		"token":        "a-token-of-a-test\n",
		"short":        "hunter2",
	}
}

func TestPayload_TemporalOptionsEncrypt(t *testing.T) {
	t.Parallel()
	v, getenv := setup(t, nil, map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "2026-11"}, keyFiles())
	o, err := connect.TemporalOptions(v, getenv)
	require.NoError(t, err)
	p, err := o.DataConverter.ToPayload("secret")
	require.NoError(t, err)
	require.Equal(t, "binary/encrypted", string(p.GetMetadata()[converter.MetadataEncoding]))
	require.Equal(t, "2026-11", string(p.GetMetadata()[payload.MetadataKeyID]))
	require.NotContains(t, o.FailureConverter.ErrorToFailure(errors.New("secret")).String(), "secret")

	// The key that is said changes with the next start, and the other one still decrypts.
	v, getenv = setup(t, nil, map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "2026-05"}, keyFiles())
	other, err := connect.TemporalOptions(v, getenv)
	require.NoError(t, err)
	var back string
	require.NoError(t, other.DataConverter.FromPayload(p, &back))
	require.Equal(t, "secret", back)
}

func TestPayload_NothingIsEncryptedWithoutAKey(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"nothing said": nil,
		"decrypt only": {"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, nil, env, keyFiles())
			o, err := connect.TemporalOptions(v, getenv)
			require.NoError(t, err)
			p, err := o.DataConverter.ToPayload("open")
			require.NoError(t, err)
			require.Equal(t, `"open"`, string(p.GetData()))
			require.Equal(t, "open", o.FailureConverter.ErrorToFailure(errors.New("open")).GetMessage())
		})
	}
}

func TestPayloadSettingsRefuse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"a key without keys": {map[string]string{"SLIPWAY_PAYLOAD_KEY": "2026-11"}, "setting payload-key (environment variable SLIPWAY_PAYLOAD_KEY): names a key, and there is no directory of keys; set SLIPWAY_PAYLOAD_KEYS as well"},
		"keys without a key": {map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys"}, "has keys, and none is said to encrypt; set SLIPWAY_PAYLOAD_KEY to the name of a file there, or to none"},
		"an unknown key":     {map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "2027-01"}, "there is no key file"},
		"no directory":       {map[string]string{"SLIPWAY_PAYLOAD_KEYS": "/nowhere", "SLIPWAY_PAYLOAD_KEY": "2027-01"}, "/nowhere"},
		"no keys there":      {map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME", "SLIPWAY_PAYLOAD_KEY": "token"}, "holds no key"},
		"twice": {
			map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "2026-11", "TEMPORAL_CODEC_ENDPOINT": "http://user:hunter2@codec:8082"},
			"a codec server is configured as well; keep these keys, or TEMPORAL_CODEC_ENDPOINT",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, getenv := setup(t, nil, c.env, keyFiles())
			_, err := connect.TemporalOptions(v, getenv)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
			_, ok := errors.AsType[*config.Error](err)
			require.True(t, ok, "a wrong setting is wrong usage")
		})
	}
}

func TestPayload_CodecServerSettings(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "2026-11"}
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"loopback":        {nil, ""},
		"with a token":    {map[string]string{"SLIPWAY_CODEC_LISTEN": "0.0.0.0:0", "SLIPWAY_CODEC_TOKEN_FILE": "$HOME/token"}, ""},
		"shielded":        {map[string]string{"SLIPWAY_CODEC_LISTEN": "0.0.0.0:0", "SLIPWAY_CODEC_WITHOUT_TOKEN": "yes"}, ""},
		"with origins":    {map[string]string{"SLIPWAY_CODEC_ORIGINS": "http://localhost:8233, https://temporal.example"}, ""},
		"open":            {map[string]string{"SLIPWAY_CODEC_LISTEN": "0.0.0.0:0"}, "can be reached from other machines, and no token is asked for; set SLIPWAY_CODEC_TOKEN_FILE"},
		"a short token":   {map[string]string{"SLIPWAY_CODEC_TOKEN_FILE": "$HOME/short"}, "holds no token; write one word of at least 16 characters"},
		"no token file":   {map[string]string{"SLIPWAY_CODEC_TOKEN_FILE": "/nowhere"}, "setting codec-token-file (environment variable SLIPWAY_CODEC_TOKEN_FILE)"},
		"maybe a token":   {map[string]string{"SLIPWAY_CODEC_WITHOUT_TOKEN": "maybe"}, `"maybe" is neither yes nor no`},
		"every origin":    {map[string]string{"SLIPWAY_CODEC_ORIGINS": "*"}, `"*" is not an origin`},
		"a page":          {map[string]string{"SLIPWAY_CODEC_ORIGINS": "http://localhost:8233/"}, "is not an origin"},
		"no address":      {map[string]string{"SLIPWAY_CODEC_LISTEN": "nowhere"}, "setting codec-listen (environment variable SLIPWAY_CODEC_LISTEN)"},
		"without keys":    {map[string]string{"SLIPWAY_PAYLOAD_KEYS": "", "SLIPWAY_PAYLOAD_KEY": ""}, "setting payload-keys (default): is not set"},
		"another profile": {map[string]string{"TEMPORAL_PROFILE": "missing"}, "TEMPORAL_PROFILE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := maps.Clone(keys)
			maps.Copy(env, c.env)
			v, getenv := setup(t, nil, env, keyFiles())
			settings, err := connect.CodecServerSettings(v, getenv)
			if err == nil {
				require.Equal(t, "default", settings.Namespace)
				var s *codecserver.Server
				if s, err = connect.CodecServer(t.Context(), v, settings); err == nil {
					ended, end := context.WithCancel(t.Context())
					end()
					require.NoError(t, s.Run(ended))
				}
			}
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// A key file that everybody may read is refused wherever it is used.
func TestPayload_AKeyForEverybodyIsRefused(t *testing.T) {
	t.Parallel()
	v, getenv := setup(t, nil, map[string]string{"SLIPWAY_PAYLOAD_KEYS": "$HOME/keys", "SLIPWAY_PAYLOAD_KEY": "2026-11"}, keyFiles())
	require.NoError(t, os.Chmod(filepath.Join(getenv("SLIPWAY_PAYLOAD_KEYS"), "2026-05"), 0o644))
	_, err := connect.TemporalOptions(v, getenv)
	require.ErrorContains(t, err, "is open to every user of this machine")
}
