package hookstest_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/console/access"
	"slipway/devstack/scenario"
	"slipway/setup"
)

// A console lets in who has a token, from the start, and says what is away; webhooks go on while Temporal is.
func TestConsole_PeopleSignInAndWebhooksGoOn(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	server := bus(t, t.TempDir(), "")
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	_, err := setup.NATS(t.Context(), connect(t, server), setup.Config{})
	require.NoError(t, err)
	ann, bo := access.NewToken(), access.NewToken()
	tokens := secretFile(t, "tokens", access.Line("ann", ann, time.Time{}))
	var log lines
	process, err := scenario.Launch{Binary: binary, Role: "console", Log: &log, Env: map[string]string{
		"NATS_URL": server.URL(), "TEMPORAL_ADDRESS": "127.0.0.1:1", "SLIPWAY_CONSOLE_ADDR": "127.0.0.1:0", "SLIPWAY_CONSOLE_TOKENS_FILE": tokens,
		"SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SENDERS": "harbor", "SLIPWAY_HOOKS_SECRET_FILE": secretFile(t, "path", pathSecret),
		"SLIPWAY_HARBOR_TOKEN_FILE": secretFile(t, "harbor", harborToken),
	}}.Start(t.Context())
	require.NoError(t, err)
	health, url := log.address(t, "health and metrics are served"), log.address(t, "the console is served")
	require.Contains(t, get(t, url+"/").body, "slipway console token")

	status := func(token string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/nothing", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		return ask(t, req).status
	}
	require.Eventually(t, func() bool { return status(ann) == http.StatusNotFound }, patience, 50*time.Millisecond)
	require.Equal(t, http.StatusUnauthorized, status(bo))

	hook := log.address(t, "webhooks are taken") + "/hooks/" + pathSecret + "/harbor"
	require.Eventually(t, func() bool {
		return post(t, hook, harborPush, map[string]string{"Authorization": "Bearer " + harborToken}).status == http.StatusAccepted
	}, patience, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		report := get(t, health+"/readyz").body
		return strings.Contains(report, `"temporal"`) && !strings.Contains(report, `"nats"`) && !strings.Contains(report, `"tokens"`)
	}, patience, 50*time.Millisecond)

	// Another person comes; then somebody breaks the file, which keeps nobody out.
	write := func(lines ...string) {
		require.NoError(t, os.WriteFile(filepath.Clean(tokens), []byte(strings.Join(lines, "\n")), 0o600))
	}
	write(access.Line("ann", ann, time.Time{}), access.Line("bo", bo, time.Time{}))
	require.Eventually(t, func() bool { return status(bo) == http.StatusNotFound }, patience, time.Second)
	write("bo")
	require.Eventually(t, func() bool { return strings.Contains(get(t, health+"/readyz").body, "line 1 has 1 words") }, patience, 100*time.Millisecond)
	require.Equal(t, http.StatusNotFound, status(bo))

	metrics := get(t, health+"/metrics").body
	require.Contains(t, metrics, `slipway_console_requests_total{route="/api/",status="401"}`)
	require.NoError(t, process.Stop())
	for _, token := range []string{ann, bo} {
		require.NotContains(t, log.String()+metrics, token)
	}
}
