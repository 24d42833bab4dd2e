package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// patience bounds the waits; nothing takes it when all is well.
const patience = 3 * time.Minute

// anywhere are the flags for free ports.
func anywhere() []string {
	return []string{"--temporal-addr", "127.0.0.1:0", "--nats-addr", "127.0.0.1:0", "--sae-addr", "127.0.0.1:0", "--fc-addr", "127.0.0.1:0", "--servicestage-addr", "127.0.0.1:0", "--monitor-addr", "127.0.0.1:0", "--hooks-addr", "127.0.0.1:0", "--console-addr", "127.0.0.1:0", "--ui-addr", ""}
}

func TestRun_UpPrintsOneReadyLine(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	r, w := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"up", "-o", "json", "--without", "worker,starter", "--data-dir", t.TempDir()}, anywhere()...), w, &stderr)
		_ = w.Close()
	}()
	lines := bufio.NewReader(r)
	line, err := lines.ReadBytes('\n')
	require.NoError(t, err, stderr.String())
	var ready readyLine
	require.NoError(t, json.Unmarshal(line, &ready))
	require.True(t, ready.Ready)
	require.Len(t, ready.Apps, 3)
	require.Equal(t, []string{"fc/cn-hangzhou/shop"}, ready.Services)
	require.Equal(t, ready.Env["SLIPWAY_FC_ENDPOINT"], ready.FC)
	require.Len(t, ready.Components, 1)
	require.Regexp(t, `^servicestage/cn-north-4/[0-9a-f-]{36}$`, ready.Components[0])
	require.Equal(t, ready.Env["SLIPWAY_SERVICESTAGE_ENDPOINT"], ready.ServiceStage)
	for token, want := range map[string]int{ready.ConsoleToken: http.StatusNotFound, "": http.StatusUnauthorized} {
		require.Equal(t, want, statusOf(t, ready.Console+"/api/v1/nothing", token))
	}
	for _, key := range envOrder() {
		require.NotEmpty(t, ready.Env[key], key)
	}
	require.Len(t, ready.Env, len(envOrder()), "exactly what worker and starter need")
	require.Equal(t, "127.0.0.1", ready.Env["SLIPWAY_GATES_ALLOW"], "a worker of its own may ask what the gates of the examples ask")
	c, err := client.DialContext(ctx, client.Options{HostPort: ready.Env["TEMPORAL_ADDRESS"], Namespace: ready.Env["TEMPORAL_NAMESPACE"]})
	require.NoError(t, err, "ready means ready")
	c.Close()

	stop()
	rest, err := io.ReadAll(lines)
	require.NoError(t, err)
	require.Empty(t, rest, "one line, and nothing after it")
	require.Equal(t, 0, <-code, stderr.String())
}

// statusOf is that of the answer to a request with a token.
func statusOf(t *testing.T, url, token string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func TestRun_Version(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"--version"}, &stdout, &stderr))
	require.Regexp(t, `^slipway-dev \S+ .*go1\.[0-9.]+ \w+/\w+\n$`, stdout.String())
	require.Empty(t, stderr.String())
}

func TestRun_UpRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"role", `--without: "codec-server" cannot be left out; use worker, starter, console or several of them`, []string{"up", "--without", "codec-server"}},
		{"output", `--output: "xml" is unknown`, []string{"up", "-o", "xml"}},
		{"open address", "not a loopback address", append([]string{"up"}, append(anywhere(), "--temporal-addr", "0.0.0.0:0")...)},
		{"command", `unknown command "down"`, []string{"down"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			require.Equal(t, 1, run(t.Context(), tt.args, io.Discard, &stderr))
			require.Contains(t, stderr.String(), tt.want)
		})
	}
}

func TestRun_Demo(t *testing.T) {
	t.Parallel()
	slipway := os.Getenv("SLIPWAY_BIN")
	require.NotEmpty(t, slipway, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	var stdout, stderr bytes.Buffer
	require.Equal(t, 0, run(t.Context(), []string{"demo", "--slipway", slipway}, &stdout, &stderr), stderr.String())
	for _, want := range []string{"killed with SIGKILL", "Succeeded: one change order, scaling rules exactly as before: office-hours on, sale-weekend off"} {
		require.Contains(t, stdout.String(), want)
	}
}

func TestRun_DemoSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	require.Equal(t, 1, run(t.Context(), []string{"demo", "--slipway", filepath.Join(t.TempDir(), "slipway")}, io.Discard, &stderr))
	require.Contains(t, stderr.String(), "no such file")
}
