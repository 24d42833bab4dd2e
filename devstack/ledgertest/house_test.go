package ledgertest_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
	"slipway/ledger"
	"slipway/release"
)

// house is a NATS server with an empty ledger.
type house struct {
	server *server.Server
	js     jetstream.JetStream
	ledger *ledger.Ledger
}

func newHouse(t *testing.T) *house {
	t.Helper()
	s := start(t, server.Options{})
	h := &house{server: s, js: connect(t, s.ClientURL())}
	require.NoError(t, ledger.EnsureLedger(t.Context(), h.js, ledger.Config{}))
	h.ledger = ledger.New(h.js)
	return h
}

func connect(t *testing.T, url string, options ...nats.Option) jetstream.JetStream {
	t.Helper()
	// What a server refuses is seen in the answers.
	options = append(options, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	conn, err := nats.Connect(url, options...)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

// start starts a server as it is configured.
func start(t *testing.T, o server.Options) *server.Server {
	t.Helper()
	o.Host, o.Port, o.JetStream, o.StoreDir = "127.0.0.1", server.RANDOM_PORT, true, t.TempDir()
	if o.JetStreamMaxStore == 0 {
		o.JetStreamMaxStore = embedded.MaxStore
	}
	o.DisableJetStreamBanner, o.NoLog, o.NoSigs = true, true, true
	s, err := server.NewServer(&o)
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	require.True(t, s.ReadyForConnections(10*time.Second))
	return s
}

func app(id string) release.App {
	return release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: id}
}

func image(tag string) release.Artifact {
	return release.Artifact{Image: "registry.example/shop:" + tag}
}

// at is a time of the tests, some minutes after another one.
func at(minutes int) time.Time {
	return time.Date(2026, time.July, 1, 9, minutes, 0, 0, time.UTC)
}

// asked is a request for a release of application shop.
func asked(id, tag string, minute int) ledger.Record {
	spec := release.Spec{App: app("shop"), Artifact: image(tag)}
	return ledger.Record{
		ReleaseID: id, App: spec.App, Identity: ledger.Identity{Source: "https://ci.example/shop", EventID: id, Digest: spec.Digest()},
		RequestedBy: "mei", RequestedAt: at(minute), Sequence: 7, Artifact: spec.Artifact,
	}
}

// progress is the progress of such a release.
func progress(id, tag string, phase release.Phase) release.Progress {
	p := release.Progress{
		ReleaseID: id, App: app("shop"), Operation: release.OperationRelease, Artifact: image(tag), Phase: phase,
		ChangeID: "co-" + id, StartedAt: at(1),
		ScalingRules: []release.HeldRule{{Name: "cpu", Suspended: true}},
	}
	if phase.Ended() {
		p.Outcome, p.EndedAt = phase, at(9)
	}
	return p
}

func (h *house) get(t *testing.T, id string) ledger.Record {
	t.Helper()
	r, err := h.ledger.GetOf(t.Context(), app("shop"), id)
	require.NoError(t, err)
	return r
}

// create creates a record that does not exist yet.
func (h *house) create(t *testing.T, r ledger.Record) {
	t.Helper()
	_, created, err := h.ledger.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
}

func (h *house) update(t *testing.T, p release.Progress, number uint64) {
	t.Helper()
	require.NoError(t, h.ledger.Update(t.Context(), ledger.Report{Progress: p, Transition: number}))
}

// ids are the release IDs of records, in their order.
func ids(records []ledger.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, r.ReleaseID)
	}
	return out
}
