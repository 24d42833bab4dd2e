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
	"slipway/wire"
)

// receiver is a service that takes webhooks.
type receiver struct {
	mu sync.Mutex
	// ids are those of what came, in order, and titles what it said.
	ids    []string
	bodies []string
	// before happens before each one is answered, by how many have come; nil is nothing.
	before func(count int)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.ids, r.bodies = append(r.ids, req.Header.Get("Idempotency-Key")), append(r.bodies, string(body))
	before, count := r.before, len(r.ids)
	r.mu.Unlock()
	if before != nil {
		before(count)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.ids...)
}

// role is the notifier as operators run it, which tells a service that takes webhooks, and a stream, of everything.
type role struct {
	*house

	hook   *receiver
	launch scenario.Launch
}

func newRole(t *testing.T) *role {
	t.Helper()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	r := &role{house: newHouse(t), hook: &receiver{}}
	_, err := setup.NATS(r.ctx, r.js, setup.Config{})
	require.NoError(t, err)
	_, err = r.js.CreateStream(r.ctx, jetstream.StreamConfig{Name: "ELSEWHERE", Subjects: []string{"elsewhere.>"}, Duplicates: time.Hour})
	require.NoError(t, err)
	server := httptest.NewServer(r.hook)
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
	_, err = apps.NewStore(r.js).Apply(r.ctx, apps.Application{
		Name: "shop", Environments: []apps.Environment{{Name: "production", App: apps.At(app())}},
	}, documents.Edit[apps.Application]{Expected: documents.Any})
	require.NoError(t, err)
	r.launch = scenario.Launch{Binary: binary, Role: "notifier", Env: map[string]string{
		"NATS_URL": r.nats.URL(), "SLIPWAY_NOTIFICATIONS": file, "SLIPWAY_CONSOLE_URL": "https://slipway.example",
		"SLIPWAY_LINK_KEY_FILE": write("link-key", strings.Repeat("l", 64)),
	}}
	return r
}

// starts starts a notifier, and waits until it reads events.
func (r *role) starts() *scenario.Process {
	r.t.Helper()
	process, err := r.launch.Start(r.ctx)
	require.NoError(r.t, err)
	r.until("it reads events", func() bool {
		c, err := r.js.Consumer(r.ctx, wire.StreamEvents, wire.ConsumerNotifier)
		return err == nil && c.CachedInfo().NumWaiting > 0
	})
	return process
}

// onTheBus is how many messages the stream has that is a channel.
func (r *role) onTheBus() uint64 {
	r.t.Helper()
	stream, err := r.js.Stream(r.ctx, "ELSEWHERE")
	require.NoError(r.t, err)
	return stream.CachedInfo().State.Msgs
}

// The notifier is killed after a service has taken a message, before it has an answer, and so before NATS knows. The next one sends that
// message once more, with the same ID, and all others once; a stream that is a channel has each once.
func TestRole_KilledBetweenSendingAndAcknowledging(t *testing.T) {
	t.Parallel()
	r := newRole(t)
	process := r.starts()
	killed := make(chan error, 1)
	r.hook.before = func(count int) {
		if count == 1 {
			killed <- process.Kill()
		}
	}
	r.event("r-abcdefghijklmnop", 1, release.EventBatchWaiting, waits(1, r.now()))
	require.NoError(t, <-killed)
	r.event("r-abcdefghijklmnop", 2, release.EventBatchConfirmed, nil)
	r.event("r-abcdefghijklmnop", 3, release.EventSucceeded, ends)

	again := r.starts()
	r.untilRead()
	r.untilEmpty()
	require.NoError(t, again.Stop())
	got := r.hook.got()
	require.Len(t, got, 4)
	require.Equal(t, 1, twice(got))
	require.Contains(t, r.hook.bodies[0], "https://slipway.example/go/", "it leads to the second look")
	require.Contains(t, r.hook.bodies[0], `"title":"shop/production`, "it is of what people know by its name")
	require.EqualValues(t, 3, r.onTheBus())
	require.Empty(t, r.letters())
}

// Notifiers are killed again and again, while they send and while they acknowledge. Nothing is lost; a service that takes webhooks gets at most
// one message twice for each that was killed, and a stream each once.
func TestRole_KilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const kills, each = 5, 40
	r := newRole(t)
	armed, dead := make(chan *scenario.Process, 1), make(chan error, 1)
	r.hook.before = func(count int) {
		if count%(each/2) != 0 {
			return
		}
		select {
		case process := <-armed:
			if count%each == 0 { // the message is being sent
				dead <- process.Kill()
				return
			}
			go func() { dead <- process.Kill() }() // it is answered meanwhile, or is not
		default: // the next one has not been started yet
		}
	}
	process := r.starts()
	for round := range kills {
		armed <- process
		for i := range each {
			r.publish(release.Event{
				ID: fmt.Sprintf("e-%d-%d", round, i), Kind: release.EventAccepted,
				Progress: release.Progress{ReleaseID: fmt.Sprintf("r-%016d", round*each+i), Transition: 1, App: app(), Phase: release.PhasePreparing},
			})
		}
		require.NoError(t, <-dead)
		process = r.starts()
	}
	r.untilRead()
	r.untilEmpty()
	require.NoError(t, process.Stop())
	got := r.hook.got()
	const events = kills * each
	t.Logf("events=%d kills=%d webhooks_twice=%d stream_twice=%d", events, kills, twice(got), r.onTheBus()-events)
	require.LessOrEqual(t, twice(got), kills)
	require.Len(t, got, events+twice(got), "nothing is lost")
	require.EqualValues(t, events, r.onTheBus())
	require.Empty(t, r.letters())
}
