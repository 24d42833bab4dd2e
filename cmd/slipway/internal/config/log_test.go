package config_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/config"
)

func TestLog_ALogHasNoSecrets(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "console"} {
		v, err := load(t, given{env: map[string]string{"SLIPWAY_LOG_FORMAT": format}})
		require.NoError(t, err)
		var out bytes.Buffer
		log, err := v.Logger(&out, config.ForRole())
		require.NoError(t, err)
		log.Warn().Err(errors.New("get https://b.oss/shop.jar?OSSAccessKeyId=x&Signature=hush: refused")).
			Str("password", "hush").Msg("Authorization: Bearer hushhushhushhush1")
		require.NotContains(t, out.String(), "hush", format)
		require.Contains(t, out.String(), "https://b.oss/shop.jar", format)
	}
}
