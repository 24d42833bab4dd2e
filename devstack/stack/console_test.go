package stack_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/stack"
	"slipway/manifest"
	"slipway/release"
)

// TestConsole_APipelineReleasesAndWaits is what a pipeline does that has nothing but HTTP: it asks for a release, follows its
// events, confirms what waits, and reads how it ended.
func TestConsole_APipelineReleasesAndWaits(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	h := over(ctx, t, demo(ctx, t))

	spec, build := specOf(t, "gray-manual"), h.keyed("build-42")
	var asked struct{ ReleaseID, Source, EventID string }
	build.ask(http.MethodPost, "/api/v1/releases?wait=1m", spec, &asked)
	require.Equal(t, "urn:slipway:api:dev-admin", asked.Source)
	at := "/api/v1/releases/" + asked.ReleaseID

	again := asked
	build.ask(http.MethodPost, "/api/v1/releases", spec, &again)
	require.Equal(t, asked, again, "the answer was lost: the same key is the same release")
	other := build.do(http.MethodPost, "/api/v1/releases", strings.Replace(spec, "1.4.2", "1.4.3", 1))
	require.NoError(t, other.Body.Close())
	require.Equal(t, http.StatusConflict, other.StatusCode)

	events := h.events(at + "/events")
	var p release.Progress
	for batch := 1; batch < 3; batch++ {
		require.Eventually(t, func() bool {
			h.ask(http.MethodGet, at, "", &p)
			return p.Phase == release.PhaseAwaitingConfirm && p.Awaiting.Batch == batch
		}, patience, 100*time.Millisecond)
		h.ask(http.MethodPost, at+"/commands/confirm", "", &p)
	}
	p = release.Progress{}
	h.ask(http.MethodGet, at+"?wait=2m", "", &p)
	require.Equal(t, release.PhaseSucceeded, p.Outcome)
	require.Equal(t, "registry.example/shop:1.4.2", p.Artifact.Image)
	require.Len(t, p.Decisions, 2)
	for _, d := range p.Decisions {
		require.Equal(t, "dev-admin", d.By)
		require.True(t, d.Verified, "NATS lets nobody else publish in this name")
	}
	told := <-events
	require.Contains(t, told, "event: dev.slipway.release.accepted.v1\n")
	require.Contains(t, told, "event: dev.slipway.release.succeeded.v1\n", "the stream ends with the release")
}

// specOf is the spec of an example as JSON.
func specOf(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "examples", name+".yaml"))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	document, err := manifest.ReadRelease(file, manifest.Overrides{})
	require.NoError(t, err)
	document.Release.RequestedBy = "" // who has signed in asks
	out, err := json.Marshal(document.Release)
	require.NoError(t, err)
	return string(out)
}

// overHTTP is a console as a program sees it.
type overHTTP struct {
	ctx context.Context
	t   *testing.T
	at  stack.Console
	// key is sent as Idempotency-Key; empty sends none.
	key string
}

func over(ctx context.Context, t *testing.T, s *stack.Stack) *overHTTP {
	t.Helper()
	return &overHTTP{ctx: ctx, t: t, at: s.Console()}
}

// keyed sends its requests with a key.
func (h overHTTP) keyed(key string) *overHTTP {
	h.key = key
	return &h
}

func (h *overHTTP) do(method, path, body string) *http.Response {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx, method, h.at.URL+path, strings.NewReader(body))
	require.NoError(h.t, err)
	req.Header.Set("Authorization", "Bearer "+h.at.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if h.key != "" {
		req.Header.Set("Idempotency-Key", h.key)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(h.t, err)
	return resp
}

// ask sends a request that is answered with success, and reads the answer.
func (h *overHTTP) ask(method, path, body string, into any) {
	h.t.Helper()
	resp := h.do(method, path, body)
	defer func() { require.NoError(h.t, resp.Body.Close()) }()
	said, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	require.Less(h.t, resp.StatusCode, 300, "%s %s: %s", method, path, said)
	require.NoError(h.t, json.Unmarshal(said, into), "%s", said)
}

// events reads server-sent events until their end.
func (h *overHTTP) events(path string) <-chan string {
	h.t.Helper()
	resp := h.do(http.MethodGet, path, "") //nolint:bodyclose // by the reader
	require.Equal(h.t, http.StatusOK, resp.StatusCode)
	told := make(chan string, 1)
	go func() {
		defer func() { _ = resp.Body.Close() }()
		var text strings.Builder
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			text.WriteString(lines.Text() + "\n")
		}
		told <- text.String()
	}()
	return told
}
