package setuptest_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/mocks"

	"slipway/apps"
	"slipway/authority"
	"slipway/authority/people"
	"slipway/devstack/embedded"
	"slipway/ledger"
	"slipway/policy"
	"slipway/setup"
	"slipway/starter"
	"slipway/wire"
)

// allowed are the rights that the page operations lists for all roles.
func allowed() []string {
	return []string{
		"slipway.event.>", "slipway.cdevents.>", "$JS.API.STREAM.INFO.SLIPWAY_EVENTS", "$JS.API.DIRECT.GET.SLIPWAY_EVENTS",
		"$JS.ACK.>", "$JS.API.CONSUMER.*.SLIPWAY_IN.>", "$JS.API.CONSUMER.MSG.NEXT.SLIPWAY_IN.>", "$JS.API.DIRECT.GET.SLIPWAY_IN",
		"slipway.deadletter.>", "$JS.API.STREAM.INFO.SLIPWAY_IN", "$JS.API.STREAM.INFO.SLIPWAY_DEADLETTER",
		"$JS.API.STREAM.INFO.KV_slipway-calendar", "$JS.API.DIRECT.GET.KV_slipway-calendar.$KV.slipway-calendar.calendar",
		"$JS.API.STREAM.INFO.KV_slipway-authority", "$JS.API.DIRECT.GET.KV_slipway-authority.$KV.slipway-authority.authority",
		"$JS.API.STREAM.INFO.KV_slipway-ledger", "$JS.API.DIRECT.GET.KV_slipway-ledger", "$JS.API.DIRECT.GET.KV_slipway-ledger.>", "$KV.slipway-ledger.>",
		"$JS.API.STREAM.INFO.KV_slipway-apps", "$JS.API.DIRECT.GET.KV_slipway-apps",
		"$JS.API.STREAM.INFO.KV_slipway-people", "$JS.API.DIRECT.GET.KV_slipway-people",
		"$JS.API.STREAM.INFO.KV_slipway-policies", "$JS.API.DIRECT.GET.KV_slipway-policies",
		"slipway.artifact.>", "slipway.by.slipway-console.artifact.>",
	}
}

// forDoctor are the rights that the page operations lists for the doctor.
func forDoctor() []string {
	return []string{
		"$JS.API.STREAM.INFO.SLIPWAY_IN", "$JS.API.STREAM.INFO.SLIPWAY_EVENTS", "$JS.API.STREAM.INFO.SLIPWAY_DEADLETTER",
		"$JS.API.STREAM.INFO.KV_slipway-calendar", "$JS.API.STREAM.INFO.KV_slipway-apps", "$JS.API.STREAM.INFO.KV_slipway-authority", "$JS.API.STREAM.INFO.KV_slipway-people", "$JS.API.STREAM.INFO.KV_slipway-policies", "$JS.API.STREAM.INFO.KV_slipway-sessions", "$JS.API.STREAM.INFO.KV_slipway-ledger", "$JS.API.STREAM.INFO.SLIPWAY_AUDIT", "$JS.API.STREAM.INFO.SLIPWAY_NOTIFY", "$JS.API.CONSUMER.INFO.SLIPWAY_EVENTS.slipway-notifier",
		"$JS.API.CONSUMER.INFO.SLIPWAY_IN.*", "$JS.API.DIRECT.GET.SLIPWAY_DEADLETTER",
	}
}

// serve starts a NATS server.
func serve(t *testing.T, o server.Options) *server.Server {
	t.Helper()
	o.Host, o.Port, o.StoreDir, o.NoSigs, o.NoLog = "127.0.0.1", server.RANDOM_PORT, t.TempDir(), true, true
	if o.JetStreamMaxStore == 0 {
		o.JetStreamMaxStore = embedded.MaxStore
	}
	s, err := server.NewServer(&o)
	require.NoError(t, err)
	s.Start()
	t.Cleanup(s.Shutdown)
	require.True(t, s.ReadyForConnections(time.Minute))
	return s
}

// bus starts NATS with a user for everything and one who lacks a right, and prepares it.
func bus(t *testing.T, lacks string) (all, limited jetstream.JetStream) {
	t.Helper()
	user := &server.User{Username: "limited", Password: "limited", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: allowed()}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}}
	if lacks != "" {
		user.Permissions.Publish.Deny = []string{lacks}
	}
	reader := &server.User{Username: "reader", Password: "reader", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Allow: forDoctor()}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}}
	s := serve(t, server.Options{JetStream: true, Users: []*server.User{{Username: "all", Password: "all"}, user, reader}})
	connect := func(name string) jetstream.JetStream {
		conn, err := nats.Connect(s.ClientURL(), nats.UserInfo(name, name), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		require.NoError(t, err)
		t.Cleanup(conn.Close)
		js, err := jetstream.New(conn)
		require.NoError(t, err)
		return js
	}
	all, limited = connect("all"), connect("limited")
	_, err := setup.NATS(t.Context(), all, setup.Config{})
	require.NoError(t, err)
	return all, limited
}

func TestNeeds_ARightThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for lacks, want := range map[string]struct{ starter, worker string }{
		"": {},
		"slipway.event.>": {
			starter: `stream SLIPWAY_EVENTS is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "slipway.event.push.probe"`,
			worker:  `stream SLIPWAY_EVENTS is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "slipway.event.probe"`,
		},
		"slipway.deadletter.>": {starter: `stream SLIPWAY_DEADLETTER is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "slipway.deadletter.probe"`},
		"$KV.slipway-ledger.>": {
			starter: `bucket slipway-ledger is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "$KV.slipway-ledger.probe"`,
			worker:  `bucket slipway-ledger is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "$KV.slipway-ledger.probe"`,
		},
		"$JS.ACK.>":                                 {starter: `stream SLIPWAY_IN is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "$JS.ACK.SLIPWAY_IN.slipway-starter.probe"`},
		"$JS.API.DIRECT.GET.SLIPWAY_IN":             {starter: `Publish to "$JS.API.DIRECT.GET.SLIPWAY_IN"`},
		"$JS.API.DIRECT.GET.SLIPWAY_EVENTS":         {starter: `Publish to "$JS.API.DIRECT.GET.SLIPWAY_EVENTS"`},
		"$JS.API.STREAM.INFO.SLIPWAY_EVENTS":        {starter: `stream SLIPWAY_EVENTS is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "$JS.API.STREAM.INFO.SLIPWAY_EVENTS"`, worker: `stream SLIPWAY_EVENTS is not permitted to this user (nats: permissions violation: Permissions Violation for Publish to "$JS.API.STREAM.INFO.SLIPWAY_EVENTS"`},
		"$JS.API.DIRECT.GET.KV_slipway-calendar.>":  {worker: `bucket slipway-calendar is not permitted to this user`},
		"$JS.API.DIRECT.GET.KV_slipway-ledger":      {starter: `bucket slipway-ledger is not permitted to this user`, worker: `bucket slipway-ledger is not permitted to this user`},
		"$JS.API.DIRECT.GET.KV_slipway-authority.>": {starter: `bucket slipway-authority is not permitted to this user`},
		"$JS.API.STREAM.INFO.KV_slipway-authority":  {starter: `bucket slipway-authority is not permitted to this user`},
		"$JS.API.STREAM.INFO.KV_slipway-calendar":   {worker: `bucket slipway-calendar is not permitted to this user`},
		"$JS.API.DIRECT.GET.KV_slipway-people":      {starter: `bucket slipway-people is not permitted to this user`},
		"$JS.API.DIRECT.GET.KV_slipway-policies":    {starter: `bucket slipway-policies is not permitted to this user`},
		"$JS.API.DIRECT.GET.KV_slipway-apps":        {starter: `bucket slipway-apps is not permitted to this user`, worker: `bucket slipway-apps is not permitted to this user`},
	} {
		t.Run(lacks, func(t *testing.T) {
			t.Parallel()
			all, limited := bus(t, lacks)
			requireMissing(t, setup.StarterNeeds(limited), want.starter)
			requireMissing(t, setup.WorkerNeeds(limited), want.worker)
			for _, stream := range wire.Streams() {
				s, err := all.Stream(t.Context(), stream.Name)
				require.NoError(t, err)
				require.Zero(t, s.CachedInfo().State.Msgs, "what was tried is stored nowhere")
			}
		})
	}
}

// A worker that tells of releases as CDEvents needs the right to, and one that does not needs it not.
func TestNeeds_OfCDEvents(t *testing.T) {
	t.Parallel()
	_, limited := bus(t, "slipway.cdevents.>")
	requireMissing(t, setup.WorkerNeeds(limited), "")
	requireMissing(t, setup.WorkerCDEventsNeeds(limited), `Publish to "slipway.cdevents.probe"`)
	_, whole := bus(t, "")
	requireMissing(t, setup.WorkerCDEventsNeeds(whole), "")
}

// requireMissing asks twice, because a right that is there is tried once.
func requireMissing(t *testing.T, n *setup.Needs, want string) {
	t.Helper()
	for range 2 {
		err := n.Missing(t.Context())
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// A message that can never be taken needs all rights of a starter but those to the ledger.
func TestNeeds_TheRightsThatAreListedAreEnoughForAStarter(t *testing.T) {
	t.Parallel()
	all, limited := bus(t, "")
	s, err := starter.New(starter.Config{}, starter.Dependencies{
		JetStream: limited, Temporal: &mocks.Client{}, Ledger: ledger.New(limited), Authority: authority.NewStore(limited), Metrics: prometheus.NewRegistry(), Logger: zerolog.Nop(),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for _, subject := range []string{"slipway.request.sae.shop", "slipway.command.r-1"} {
		_, err = all.Publish(ctx, subject, []byte("garbage"))
		require.NoError(t, err)
	}
	push, err := wire.EncodePublished(wire.Origin{}, wire.Published{Image: "registry.example/shop", Tag: "1", Sender: "harbor", Source: "/ci", EventID: "1"})
	require.NoError(t, err)
	_, err = all.PublishMsg(ctx, push)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		in, err := all.Stream(ctx, wire.StreamIn)
		require.NoError(t, err)
		dead, err := all.Stream(ctx, wire.StreamDeadLetter)
		require.NoError(t, err)
		events, err := all.Stream(ctx, wire.StreamEvents)
		require.NoError(t, err)
		return in.CachedInfo().State.Msgs == 0 && dead.CachedInfo().State.Msgs == 2 && events.CachedInfo().State.Msgs == 1
	}, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}

func TestNeeds_AStreamOrABucketThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	js, _ := bus(t, "")
	starter, worker := setup.StarterNeeds(js), setup.WorkerNeeds(js)
	requireMissing(t, starter, "")
	requireMissing(t, worker, "")
	for _, name := range []string{wire.StreamIn, wire.StreamDeadLetter, wire.StreamEvents} {
		require.NoError(t, js.DeleteStream(t.Context(), name))
	}
	for _, bucket := range []string{ledger.Bucket, wire.CalendarBucket, apps.Bucket, authority.Bucket, people.Bucket, policy.Bucket} {
		require.NoError(t, js.DeleteKeyValue(t.Context(), bucket))
	}
	const remedy = " does not exist; create it with: slipway setup"
	require.EqualError(t, starter.Missing(t.Context()),
		"stream SLIPWAY_IN"+remedy+"\nstream SLIPWAY_EVENTS"+remedy+"\nbucket slipway-apps"+remedy+"\nstream SLIPWAY_DEADLETTER"+remedy+"\nbucket slipway-ledger"+remedy+"\nbucket slipway-authority"+remedy+"\nbucket slipway-people"+remedy+"\nbucket slipway-policies"+remedy)
	require.EqualError(t, worker.Missing(t.Context()),
		"stream SLIPWAY_EVENTS"+remedy+"\nbucket slipway-calendar"+remedy+"\nbucket slipway-apps"+remedy+"\nbucket slipway-ledger"+remedy)

	_, err := setup.NATS(t.Context(), js, setup.Config{})
	require.NoError(t, err)
	require.NoError(t, starter.Missing(t.Context()))
	require.NoError(t, worker.Missing(t.Context()))
}

func TestNeeds_ARightIsTriedOnceSoThatNobodyIsBothered(t *testing.T) {
	t.Parallel()
	js, _ := bus(t, "")
	heard, err := js.Conn().SubscribeSync("slipway.event.>")
	require.NoError(t, err)
	needs := setup.WorkerNeeds(js)
	for range 3 {
		require.NoError(t, needs.Missing(t.Context()))
	}
	n, _, err := heard.Pending()
	require.NoError(t, err)
	require.Equal(t, 1, n)
}
