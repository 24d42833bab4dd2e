package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"slipway/saesim"
	"slipway/saesim/simadmin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// process is the program, running until it is stopped.
type process struct {
	ready  readyLine
	stderr *lockedBuffer
	stop   func() int
}

// lockedBuffer can be read while the program writes.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func noEnv(string) string { return "" }

func TestRun_Version(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitOK, run(t.Context(), []string{"--version"}, noEnv, &stdout, &stderr))
	require.Regexp(t, `^saesim \S+ .*go1\.[0-9.]+ \w+/\w+\n$`, stdout.String())
	require.Empty(t, stderr.String())
}

func begin(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stdout, feed := io.Pipe()
	p := &process{stderr: new(lockedBuffer)}
	code := make(chan int, 1)
	go func() {
		exit := run(ctx, append([]string{"-o", "json", "--addr", "127.0.0.1:0"}, args...), noEnv, feed, p.stderr)
		_ = feed.CloseWithError(errors.New("the program ended: " + p.stderr.String()))
		code <- exit
	}()
	p.stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { p.stop() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &p.ready))
	return p
}

func TestRun_ReadyLineTellsAllAClientNeeds(t *testing.T) {
	t.Parallel()
	p := begin(t, "--demo", "--region", "cn-beijing")
	require.True(t, p.ready.Ready)
	require.Equal(t, map[string]string{
		"SLIPWAY_SAE_ENDPOINT":            p.ready.SAE,
		"SLIPWAY_SAE_REGION":              "cn-beijing",
		"ALIBABA_CLOUD_ACCESS_KEY_ID":     saesim.TestAccessKeyID,
		"ALIBABA_CLOUD_ACCESS_KEY_SECRET": saesim.TestAccessKeySecret,
	}, p.ready.Env)
	require.Len(t, p.ready.Apps, 3)

	client := new(http.Client)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.ready.SAE+"/healthz", http.NoBody)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, exitOK, p.stop())
}

func TestRun_StateOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sae.json")
	first := begin(t, "--demo", "--speed", "0", "--state-file", file)
	require.Equal(t, exitOK, first.stop())
	second := begin(t, "--speed", "0", "--state-file", file)
	require.Equal(t, first.ready.Apps, second.ready.Apps)
	http := new(http.Client)
	defer http.CloseIdleConnections()
	clock, err := simadmin.New(second.ready.SAE, http).Clock(t.Context())
	require.NoError(t, err)
	require.Zero(t, clock.Speed, "speed 0 stands still")
}

func TestRun_WithoutJSONTheTalkGoesToStderr(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var stdout bytes.Buffer
	stderr := &untilReady{found: cancel}
	require.Equal(t, exitOK, run(ctx, []string{"--addr", "127.0.0.1:0", "--demo"}, noEnv, &stdout, stderr))
	require.Empty(t, stdout.String())
	require.Contains(t, stderr.String(), "application shop")
	require.Contains(t, stderr.String(), "sae=http://127.0.0.1:")
}

// untilReady stops the program when it says that it is ready.
type untilReady struct {
	lockedBuffer

	found func()
}

func (u *untilReady) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("application inventory")) {
		u.found()
	}
	return u.lockedBuffer.Write(p)
}

func TestRun_WrongCommandLines(t *testing.T) {
	t.Parallel()
	taken := begin(t)
	for name, tt := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown flag":     {[]string{"--fast"}, exitUsage, "unknown flag"},
		"argument":         {[]string{"up"}, exitUsage, "up"},
		"bad output":       {[]string{"-o", "yaml"}, exitUsage, "yaml"},
		"negative speed":   {[]string{"--speed", "-1"}, exitUsage, "Speed"},
		"bad region":       {[]string{"--region", "Mars"}, exitUsage, "Region"},
		"address is taken": {[]string{"--addr", taken.ready.SAE[len("http://"):]}, exitFailed, "in use"},
		"no such folder":   {[]string{"--demo", "--state-file", filepath.Join(t.TempDir(), "no", "file")}, exitFailed, "state file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			require.Equal(t, tt.code, run(t.Context(), tt.args, noEnv, &stdout, &stderr))
			require.Contains(t, stderr.String(), tt.says)
			require.Empty(t, stdout.String())
		})
	}
}

func TestRun_HelpHasExamples(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	env := func(name string) string {
		if name == "SAESIM_ADDR" {
			return "127.0.0.1:7777"
		}
		return ""
	}
	require.Equal(t, exitOK, run(t.Context(), []string{"--help"}, env, &stdout, &stderr))
	for _, text := range []string{"Examples:", "--demo", "--state-file", "127.0.0.1:7777", saesim.TestAccessKeyID} {
		require.Contains(t, stdout.String(), text)
	}
}
