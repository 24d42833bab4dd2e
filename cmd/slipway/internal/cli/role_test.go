package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/cli"
)

// running is a role under test and the lines of its log.
type running struct {
	lines *bufio.Scanner
	stop  context.CancelFunc
	code  chan int
}

// start runs a role whose servers do not answer.
func start(t *testing.T, args []string, env map[string]string) *running {
	t.Helper()
	all := map[string]string{"HOME": t.TempDir(), "TEMPORAL_ADDRESS": "127.0.0.1:1", "NATS_URL": "nats://127.0.0.1:1", "SLIPWAY_HTTP_ADDR": "127.0.0.1:0"}
	maps.Copy(all, env)
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	r := &running{lines: bufio.NewScanner(reader), stop: stop, code: make(chan int, 1)}
	t.Cleanup(func() { _ = reader.Close() })
	t.Cleanup(stop)
	go func() {
		r.code <- cli.Run(ctx, args, cli.Env{Getenv: func(key string) string { return all[key] }, Stdin: bytes.NewReader(nil), Stdout: io.Discard, Stderr: writer})
		_ = writer.Close()
	}()
	return r
}

// until reads the log up to a message and returns the line.
func (r *running) until(t *testing.T, message string) map[string]any {
	t.Helper()
	for r.lines.Scan() {
		line := map[string]any{}
		require.NoError(t, json.Unmarshal(r.lines.Bytes(), &line), r.lines.Text())
		if line["message"] == message {
			return line
		}
	}
	require.Fail(t, "the log ended without: "+message)
	return nil
}

func TestRoleWaitsForItsServersAndStopsWhenTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		env  map[string]string
	}{
		{[]string{"worker"}, map[string]string{"SLIPWAY_SAE_REGION": "cn-hangzhou", "SLIPWAY_SAE_ENDPOINT": "http://127.0.0.1:1"}},
		{[]string{"starter"}, nil},
	} {
		t.Run(c.args[0], func(t *testing.T) {
			t.Parallel()
			r := start(t, c.args, c.env)
			addr, _ := r.until(t, "health and metrics are served")["addr"].(string)
			waiting := r.until(t, "Temporal does not answer yet")
			require.Equal(t, c.args[0], waiting["role"])
			require.Contains(t, waiting["error"], "check TEMPORAL_ADDRESS")
			// From here on the log is read only so that the role can write it.
			stopped := make(chan struct{})
			go func() {
				defer close(stopped)
				for r.lines.Scan() {
				}
			}()

			code, out, _ := run(t, "healthz", "--http-addr", addr)
			require.Zero(t, code)
			require.JSONEq(t, `{"alive":true}`, out)
			code, out, talk := run(t, "healthz", "--ready", "--http-addr", addr)
			require.Equal(t, 1, code)
			require.Empty(t, out)
			require.Contains(t, talk, "503")
			require.Contains(t, talk, "not connected")

			served := metrics(t, addr)
			require.Contains(t, served, "go_goroutines")
			require.Regexp(t, `(?m)^slipway_build_info\{goversion="go1\..+",revision=".*",version=".+"\} 1$`, served)

			r.stop()
			require.Zero(t, <-r.code)
			<-stopped
		})
	}
}

func metrics(t *testing.T, addr string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

// run runs one command to its end.
func run(t *testing.T, args ...string) (code int, out, talk string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), args, cli.Env{Getenv: func(string) string { return "" }, Stdin: bytes.NewReader(nil), Stdout: &stdout, Stderr: &stderr})
	return code, stdout.String(), stderr.String()
}

// The codec server needs no other server, and stops when it is told.
func TestRole_CodecServerServesAndStops(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(keys, "2026-11"), []byte(strings.Repeat("0f", 32)), 0o600))
	r := start(t, []string{"codec-server"}, map[string]string{
		"SLIPWAY_PAYLOAD_KEYS": keys, "SLIPWAY_PAYLOAD_KEY": "2026-11", "SLIPWAY_CODEC_LISTEN": "127.0.0.1:0", "TEMPORAL_NAMESPACE": "shop",
		// For the other roles: the codec server asks nobody.
		"TEMPORAL_CODEC_ENDPOINT": "http://127.0.0.1:1",
	})
	addrs := map[string]string{}
	for len(addrs) < 2 && r.lines.Scan() {
		line := map[string]any{}
		require.NoError(t, json.Unmarshal(r.lines.Bytes(), &line), r.lines.Text())
		message, _ := line["message"].(string)
		if addr, listens := line["addr"].(string); listens {
			addrs[message] = addr
		}
		if message == "starting" {
			require.NotEmpty(t, line["version"])
		}
	}
	code, _, _ := run(t, "healthz", "--ready", "--http-addr", addrs["health and metrics are served"])
	require.Zero(t, code)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addrs["payloads are decoded"]+"/encode", strings.NewReader(`{"payloads":[{"data":"aGVsbG8="}]}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Namespace", "shop")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, string(text))
	require.NotContains(t, string(text), "aGVsbG8=")
	require.Contains(t, metrics(t, addrs["health and metrics are served"]), `slipway_codec_requests_total{path="/encode",status="200"} 1`)
	r.stop()
	require.Equal(t, "stopped", r.until(t, "stopped")["message"])
	require.Zero(t, <-r.code)
}
