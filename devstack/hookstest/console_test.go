package hookstest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
	"slipway/devstack/scenario"
	"slipway/hooks"
	"slipway/setup"
	"slipway/wire"
)

// patience bounds every wait; no test takes it when all is well.
const patience = 2 * time.Minute

const (
	pathSecret  = "path-0123456789abcdef0123456789abcdef"
	harborToken = "harbor-0123456789abcdef0123456789abcd"
	genericKey  = "generic-0123456789abcdef0123456789abc"
	digest      = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
	harborPush  = `{"type":"PUSH_ARTIFACT","occur_at":1772355600,"operator":"ann","event_data":{"resources":[{"digest":"` + digest + `","tag":"1.4.2","resource_url":"harbor.example/team/shop:1.4.2"}],"repository":{"repo_full_name":"team/shop"}}}`
	genericPush = `{"image":"registry.example/team/shop","tag":"1.4.2","id":"build-42"}`
)

// lines is the log of a process.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// address waits until the log tells where something is served.
func (l *lines) address(t *testing.T, message string) string {
	t.Helper()
	pattern := regexp.MustCompile(`"addr":"([0-9.:]+)".*"message":"` + message + `"`)
	var found []string
	require.Eventually(t, func() bool {
		found = pattern.FindStringSubmatch(l.String())
		return found != nil
	}, patience, 20*time.Millisecond, "%s: %s", message, l)
	return "http://" + found[1]
}

func secretFile(t *testing.T, name, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(secret+"\n"), 0o600))
	return path
}

type answer struct {
	status     int
	retryAfter string
	body       string
}

func get(t *testing.T, url string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	return ask(t, req)
}

func post(t *testing.T, url, body string, header map[string]string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	require.NoError(t, err)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	return ask(t, req)
}

func ask(t *testing.T, req *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header.Get("Retry-After"), string(text)}
}

// bus starts NATS with its data in a folder, at an address; an empty one is any that is free.
func bus(t *testing.T, dir, addr string) *embedded.NATS {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := embedded.StartNATS(ctx, embedded.NATSConfig{DataDir: dir, Addr: addr})
	require.NoError(t, err)
	return s
}

func connect(t *testing.T, s *embedded.NATS) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(s.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

// A webhook that proves who it is of is a message in the stream, once; what is forged, old or oversized is refused; and while
// NATS is away, nothing is promised.
func TestConsole_WebhooksReachTheStream(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	dir := t.TempDir()
	server := bus(t, dir, "")
	js := connect(t, server)
	_, err := setup.NATS(t.Context(), js, setup.Config{})
	require.NoError(t, err)
	var log lines
	process, err := scenario.Launch{Binary: binary, Role: "console", Log: &log, Env: map[string]string{
		"NATS_URL": server.URL(), "SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SENDERS": "harbor,generic", "SLIPWAY_IDENTITY": setup.UserConsole,
		"SLIPWAY_HOOKS_SECRET_FILE": secretFile(t, "path", pathSecret), "SLIPWAY_HARBOR_TOKEN_FILE": secretFile(t, "harbor", harborToken),
		"SLIPWAY_GENERIC_KEY_FILE": secretFile(t, "generic", genericKey),
	}}.Start(t.Context())
	require.NoError(t, err)
	health := log.address(t, "health and metrics are served")
	url := log.address(t, "webhooks are taken") + "/hooks/" + pathSecret
	require.Eventually(t, func() bool { return get(t, health+"/readyz").status == http.StatusOK }, patience, 50*time.Millisecond)

	token := map[string]string{"Authorization": "Bearer " + harborToken}
	signed := func(at time.Time, key string) map[string]string {
		return map[string]string{hooks.HeaderTime: strconv.FormatInt(at.Unix(), 10), hooks.HeaderSignature: hooks.Sign(key, at, []byte(genericPush))}
	}
	for range 2 {
		got := post(t, url+"/harbor", harborPush, token)
		require.Equal(t, http.StatusAccepted, got.status, got.body)
	}
	require.Equal(t, http.StatusAccepted, post(t, url+"/generic", genericPush, signed(time.Now(), genericKey)).status)
	for name, c := range map[string]struct {
		sender, body string
		header       map[string]string
		status       int
	}{
		"forged":    {"/harbor", harborPush, map[string]string{"Authorization": "Bearer " + genericKey}, http.StatusUnauthorized},
		"wrong key": {"/generic", genericPush, signed(time.Now(), harborToken), http.StatusUnauthorized},
		"old":       {"/generic", genericPush, signed(time.Now().Add(-time.Hour), genericKey), http.StatusUnauthorized},
		"oversized": {"/harbor", harborPush + strings.Repeat(" ", hooks.MaxBody), token, http.StatusRequestEntityTooLarge},
		"not taken": {"/acr", harborPush, nil, http.StatusNotFound},
	} {
		require.Equal(t, c.status, post(t, url+c.sender, c.body, c.header).status, name)
	}
	require.Equal(t, http.StatusNotFound, post(t, strings.Replace(url, "path-", "other", 1)+"/harbor", harborPush, token).status)
	requirePushes(t, js, "harbor.example/team/shop:1.4.2@"+digest, "registry.example/team/shop:1.4.2")

	// NATS goes away, and comes again with what it had.
	require.NoError(t, server.Close())
	later := strings.Replace(harborPush, "1772355600", "1772355700", 1)
	require.Eventually(t, func() bool {
		got := post(t, url+"/harbor", later, token)
		return got.status == http.StatusServiceUnavailable && got.retryAfter == "5"
	}, patience, 50*time.Millisecond)
	server = bus(t, dir, strings.TrimPrefix(server.URL(), "nats://"))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	require.Eventually(t, func() bool {
		return post(t, url+"/harbor", later, token).status == http.StatusAccepted
	}, patience, 100*time.Millisecond)
	requirePushes(t, connect(t, server), "harbor.example/team/shop:1.4.2@"+digest, "registry.example/team/shop:1.4.2", "harbor.example/team/shop:1.4.2@"+digest)

	metrics := get(t, health+"/metrics").body
	require.Contains(t, metrics, `slipway_hooks_requests_total{result="stale",sender="generic"} 1`)
	require.NoError(t, process.Stop())
	for _, secret := range []string{pathSecret, harborToken, genericKey} {
		require.NotContains(t, log.String()+metrics, secret)
	}
}

// A console listens before NATS is there: what comes is told to come again, and what is forged that it is.
func TestConsole_BeforeNATS(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	var listen net.ListenConfig
	silent, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0") // whoever connects waits for a greeting
	require.NoError(t, err)
	addr := silent.Addr().String()
	const connected = `"message":"serving"`
	env := map[string]string{
		"NATS_URL": "nats://" + addr, "SLIPWAY_HOOKS_ADDR": "127.0.0.1:0", "SLIPWAY_HOOKS_SENDERS": "harbor",
		"SLIPWAY_HOOKS_SECRET_FILE": secretFile(t, "path", "harbor="+pathSecret), "SLIPWAY_HARBOR_TOKEN_FILE": secretFile(t, "harbor", harborToken),
	}
	var log lines
	process, err := scenario.Launch{Binary: binary, Role: "console", Log: &log, Env: env}.Start(t.Context())
	require.NoError(t, err)
	health, served := log.address(t, "health and metrics are served"), log.address(t, "webhooks are taken")
	require.NotContains(t, log.String(), connected)
	url, token := served+"/hooks/"+pathSecret+"/harbor", map[string]string{"Authorization": "Bearer " + harborToken}
	early := post(t, url, harborPush, token)
	require.Equal(t, http.StatusServiceUnavailable, early.status)
	require.Equal(t, "5", early.retryAfter)
	require.Equal(t, http.StatusUnauthorized, post(t, url, harborPush, nil).status)
	require.Equal(t, http.StatusServiceUnavailable, get(t, health+"/readyz").status)

	// An address that is taken is found at once.
	env["SLIPWAY_HOOKS_ADDR"] = strings.TrimPrefix(served, "http://")
	var second lines
	other, err := scenario.Launch{Binary: binary, Role: "console", Log: &second, Env: env}.Start(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return strings.Contains(second.String(), "hooks-addr") }, patience, 20*time.Millisecond)
	require.ErrorContains(t, other.Stop(), "address already in use")
	require.NotContains(t, second.String(), connected)

	require.NoError(t, silent.Close())
	server := bus(t, t.TempDir(), addr)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	_, err = setup.NATS(t.Context(), connect(t, server), setup.Config{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return post(t, url, harborPush, token).status == http.StatusAccepted && get(t, health+"/readyz").status == http.StatusOK
	}, patience, 100*time.Millisecond)
	require.NoError(t, process.Stop())
}

// requirePushes reads the stream.
func requirePushes(t *testing.T, js jetstream.JetStream, want ...string) {
	t.Helper()
	stream, err := js.Stream(t.Context(), wire.StreamIn)
	require.NoError(t, err)
	info, err := stream.Info(t.Context())
	require.NoError(t, err)
	var got []string
	for sequence := info.State.FirstSeq; sequence <= info.State.LastSeq; sequence++ {
		msg, err := stream.GetMsg(t.Context(), sequence)
		require.NoError(t, err)
		require.True(t, json.Valid(msg.Data))
		require.Equal(t, setup.UserConsole, wire.SubjectIdentity(msg.Subject))
		push, err := wire.DecodePublished(&nats.Msg{Subject: msg.Subject, Header: msg.Header, Data: msg.Data})
		require.NoError(t, err)
		got = append(got, push.String())
	}
	require.Equal(t, want, got)
}
