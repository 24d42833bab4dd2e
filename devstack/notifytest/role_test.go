package notifytest_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/apps"
	"slipway/devstack/scenario"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/setup"
)

// receiver is a service that takes webhooks.
type receiver struct {
	mu sync.Mutex
	// ids are those of what came, in order, and titles what it said.
	ids    []string
	bodies []string
	// before happens before the first one is answered.
	before func()
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.ids, r.bodies = append(r.ids, req.Header.Get("Idempotency-Key")), append(r.bodies, string(body))
	before := r.before
	r.before = nil
	r.mu.Unlock()
	if before != nil {
		before()
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.ids...)
}

// The notifier is killed after a service has taken a message, before it has an answer, and so before NATS knows. The next one sends that
// message once more, with the same ID, and all others once; a stream that is a channel has each once.
func TestRole_KilledBetweenSendingAndAcknowledging(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	h := newHouse(t)
	_, err := setup.NATS(h.ctx, h.js, setup.Config{})
	require.NoError(t, err)
	_, err = h.js.CreateStream(h.ctx, jetstream.StreamConfig{Name: "ELSEWHERE", Subjects: []string{"elsewhere.>"}, Duplicates: time.Hour})
	require.NoError(t, err)
	hook := &receiver{}
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	file := write("notifications.yaml", fmt.Sprintf(`apiVersion: slipway.dev/v1
kind: Notifications
spec:
  channels:
    - {name: hook, type: webhook, urlFile: %s, secretFile: %s}
    - {name: bus, type: nats, subject: elsewhere.team}
  rules:
    - {to: [hook, bus], when: [all]}
`, write("hook.url", server.URL), write("hook.secret", secret)))
	_, err = apps.NewStore(h.js).Apply(h.ctx, apps.Application{
		Name: "shop", Environments: []apps.Environment{{Name: "production", App: apps.At(app())}},
	}, documents.Edit[apps.Application]{Expected: documents.Any})
	require.NoError(t, err)
	launch := scenario.Launch{Binary: binary, Role: "notifier", Log: io.Discard, Env: map[string]string{
		"NATS_URL": h.nats.URL(), "SLIPWAY_NOTIFICATIONS": file, "SLIPWAY_CONSOLE_URL": "https://slipway.example",
		"SLIPWAY_LINK_KEY_FILE": write("link-key", strings.Repeat("l", 64)),
	}}
	process, err := launch.Start(h.ctx)
	require.NoError(t, err)
	killed := make(chan error, 1)
	hook.before = func() { killed <- process.Kill() }
	h.until("it reads events", func() bool {
		c, err := h.js.Consumer(h.ctx, "SLIPWAY_EVENTS", "slipway-notifier")
		return err == nil && c.CachedInfo().NumWaiting > 0
	})
	h.event("r-abcdefghijklmnop", 1, release.EventBatchWaiting, waits(1, h.now()))
	require.NoError(t, <-killed)
	h.event("r-abcdefghijklmnop", 2, release.EventBatchConfirmed, nil)
	h.event("r-abcdefghijklmnop", 3, release.EventSucceeded, ends)

	again, err := launch.Start(h.ctx)
	require.NoError(t, err)
	h.untilRead()
	h.untilEmpty()
	require.NoError(t, again.Stop())
	got := hook.got()
	require.Len(t, got, 4)
	require.Equal(t, 1, twice(got))
	require.Contains(t, hook.bodies[0], "https://slipway.example/go/", "it leads to the second look")
	require.Contains(t, hook.bodies[0], `"title":"shop/production`, "it is of what people know by its name")
	stream, err := h.js.Stream(h.ctx, "ELSEWHERE")
	require.NoError(t, err)
	require.EqualValues(t, 3, stream.CachedInfo().State.Msgs)
	require.Empty(t, h.letters())
}
