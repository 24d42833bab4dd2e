package setuptest_test

import (
	"context"
	"os"
	"regexp"
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
	"slipway/audit"
	"slipway/authority"
	"slipway/devstack/embedded"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/policy"
	"slipway/release"
	"slipway/setup"
	"slipway/starter"
	"slipway/wire"
)

// listedRights are the subjects that docs/operations.md lists for each role and each kind of person.
func listedRights(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	rights := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (setup|worker|starter|console|notifier|[a-z, ]+ \\(person\\)) \\| (`.+`) \\|").FindAllStringSubmatch(string(page), -1) {
		for _, subject := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[2], -1) {
			rights[row[1]] = append(rights[row[1]], subject[1])
		}
	}
	require.Len(t, rights, 21, "the rows of the page")
	return rights
}

// accounts starts NATS with a user for everything, and one for each row of the page that may do
// what it lists and nothing else. It returns a connection of each.
func accounts(t *testing.T) map[string]jetstream.JetStream {
	t.Helper()
	users := []*server.User{{Username: "all", Password: "all"}}
	for who, subjects := range listedRights(t) {
		users = append(users, &server.User{Username: who, Password: who, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: subjects}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}})
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true, Users: users,
		JetStreamMaxStore: embedded.MaxStore,
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(s.Shutdown)
	require.True(t, s.ReadyForConnections(time.Minute))
	connections := map[string]jetstream.JetStream{}
	for _, user := range users {
		conn, err := nats.Connect(s.ClientURL(), nats.UserInfo(user.Username, user.Password),
			nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { t.Logf("%s: %v", user.Username, err) }))
		require.NoError(t, err)
		t.Cleanup(conn.Close)
		connections[user.Username], err = jetstream.New(conn)
		require.NoError(t, err)
	}
	return connections
}

// TestRights_WhatThePageListsIsEnough gives each role and each kind of person exactly what
// docs/operations.md lists, and lets them do what they are for.
func TestRights_WhatThePageListsIsEnough(t *testing.T) {
	t.Parallel()
	as := accounts(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	for _, c := range []setup.Config{{}, {}, {Storage: wire.Storage{MaxBytes: 8 << 20}, Ledger: ledger.Config{MaxAge: 500 * 24 * time.Hour}}} {
		done, err := setup.NATS(ctx, as["setup"], c)
		require.NoError(t, err, "creates, finds and changes")
		require.Len(t, done, 12)
	}
	require.NoError(t, setup.StarterNeeds(as["starter"]).Missing(ctx))
	require.NoError(t, setup.WorkerNeeds(as["worker"]).Missing(ctx))
	require.NoError(t, setup.NotifierNeeds(as["notifier"]).Missing(ctx))
	for _, identity := range []string{"", setup.UserConsole} {
		require.NoError(t, setup.ConsoleNeeds(identity)(as["console"]).Missing(ctx))
		require.NoError(t, setup.ConsoleRole{Webhooks: true, Identity: identity, API: true}.Needs(as["console"]).Missing(ctx))
	}

	// A starter at work: a message that can never be taken goes through all that it does on NATS
	// but writing the ledger, which its needs have tried.
	st, err := starter.New(starter.Config{}, starter.Dependencies{
		JetStream: as["starter"], Temporal: &mocks.Client{}, Ledger: ledger.New(as["starter"]), Authority: authority.NewStore(as["starter"]), Metrics: prometheus.NewRegistry(), Logger: zerolog.Nop(),
	})
	require.NoError(t, err)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- st.Run(running) }()
	_, err = as["asks for releases (person)"].Publish(ctx, "slipway.request.sae.shop", []byte("garbage"))
	require.NoError(t, err)
	_, err = as["commands releases (person)"].Publish(ctx, "slipway.command.r-1", []byte("garbage"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		dead, err := as["all"].Stream(ctx, wire.StreamDeadLetter)
		require.NoError(t, err)
		return dead.CachedInfo().State.Msgs == 2
	}, time.Minute, 20*time.Millisecond)
	stop()
	require.NoError(t, <-ended)

	books, calendar := ledger.New(as["looks things up (person)"]), wire.NewCalendars(as["looks things up (person)"])
	_, err = books.GetOf(ctx, release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	_, err = books.All(ctx, ledger.Filter{})
	require.NoError(t, err)
	require.NoError(t, wire.NewCalendars(as["edits freezes (person)"]).Edit(ctx, wire.CalendarChange{By: "ann", Reason: "incident"},
		func(c release.Calendar) (release.Calendar, error) { return c, nil }))
	_, _, err = calendar.Load(ctx)
	require.NoError(t, err)
	_, err = calendar.History(ctx)
	require.NoError(t, err)

	named := apps.NewStore(as["edits application documents (person)"])
	shop, err := named.Apply(ctx, apps.Application{
		Name:         "shop",
		Environments: []apps.Environment{{Name: "production", App: apps.At(release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"})}},
	}, apps.Edit{Change: documents.Change{By: "ann"}, Expected: documents.Any})
	require.NoError(t, err)
	for _, who := range []string{"starter", "looks things up (person)"} {
		_, err = apps.NewStore(as[who]).At(ctx, "shop", shop.Revision)
		require.NoError(t, err)
		_, err = apps.NewStore(as[who]).Get(ctx, "shp")
		require.ErrorContains(t, err, "did you mean shop?")
	}
	push := release.Push{Sequence: 1, StoredAt: time.Now(), Image: "registry.example/shop", Tag: "1", Sender: "harbor", Source: "/ci", EventID: "1"}
	told, err := wire.EncodeEvent(release.Event{ID: "push.1", Kind: push.Kind(), At: push.StoredAt, Push: &push}, push.StoredAt)
	require.NoError(t, err)
	_, err = as["starter"].PublishMsg(ctx, told)
	require.NoError(t, err)
	pushes, _, err := wire.Pushes(ctx, as["looks things up (person)"], wire.PushFilter{})
	require.NoError(t, err)
	require.NotEmpty(t, pushes)
	_, err = apps.NewStore(as["looks things up (person)"]).History(ctx, "shop")
	require.NoError(t, err)
	require.NoError(t, named.Delete(ctx, "shop", apps.Edit{Change: documents.Change{By: "ann"}, Expected: shop.Revision}))
	demanded := policy.NewStore(as["edits policies (person)"])
	watched, err := demanded.Apply(ctx, policy.Policy{Name: "watched", Scopes: []string{"*"}, Demands: policy.Demands{Watch: &policy.Watch{}}}, documents.Edit[policy.Policy]{Expected: documents.Any})
	require.NoError(t, err)
	found, err := policy.NewStore(as["starter"]).List(ctx)
	require.NoError(t, err)
	require.Len(t, found, 1)
	_, err = authority.NewStore(as["edits policies (person)"]).Load(ctx)
	require.NoError(t, err)
	_, err = policy.NewStore(as["looks things up (person)"]).History(ctx, "watched")
	require.NoError(t, err)
	require.NoError(t, demanded.Delete(ctx, "watched", documents.Edit[policy.Policy]{Expected: watched.Revision}))
	_, err = as["asks for releases as ann (person)"].Publish(ctx, "slipway.by.ann.request.sae.cn-hangzhou.shop", []byte("garbage"))
	require.NoError(t, err)
	_, err = as["commands releases as ann (person)"].Publish(ctx, "slipway.by.ann.command.sae.cn-hangzhou.shop.r-1", []byte("garbage"))
	require.NoError(t, err)
	speaks := as["speaks as ann by the command line, besides (person)"]
	_, err = ledger.New(speaks).Get(ctx, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	_, err = apps.NewStore(speaks).Get(ctx, "shp")
	require.Error(t, err)
	_, err = wire.NewDeadLetters(speaks).Last(ctx, "slipway.by.ann.request.sae.cn-hangzhou.shop")
	require.ErrorIs(t, err, wire.ErrNoDeadLetter)
	speaks = as["speaks by a shared user and the command line, besides (person)"]
	_, err = ledger.New(speaks).Get(ctx, "r-abcdefghijklmnop")
	require.ErrorIs(t, err, ledger.ErrNotFound)
	_, err = apps.NewStore(speaks).Get(ctx, "shp")
	require.Error(t, err)
	for _, subject := range []string{"slipway.request.sae.shop", "slipway.command.r-1"} {
		letter, err := wire.NewDeadLetters(speaks).Last(ctx, subject)
		require.NoError(t, err, subject)
		require.NotEmpty(t, letter.Reason)
	}
	who := authority.Document{Bindings: []authority.Binding{{Name: "all", Identities: []string{"*"}, Roles: authority.Roles(), Scopes: []string{"*"}}}}
	_, err = authority.NewStore(as["says who may do what (person)"]).Apply(ctx, who, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	looks := authority.NewStore(as["looks up who may do what (person)"])
	_, err = looks.Load(ctx)
	require.NoError(t, err)
	entries, err := looks.History(ctx, authority.Key)
	require.NoError(t, err)
	require.Len(t, entries, 1)

	log := audit.NewLog(as["reads the audit (person)"])
	changes := audit.Filter{Actions: []audit.Action{audit.ActionApply, audit.ActionFreeze, audit.ActionDelete}}
	var changed []audit.Entry
	require.Eventually(t, func() bool {
		changed, _, err = log.List(ctx, changes, 0)
		require.NoError(t, err)
		return len(changed) == 6
	}, time.Minute, 20*time.Millisecond)
	for _, e := range changed {
		_, err = log.Before(ctx, e)
		require.NoError(t, err)
	}

	_, err = as["worker"].Publish(ctx, "slipway.event.sae.shop.r-1.started", []byte("{}"))
	require.NoError(t, err)
	_, err = as["worker"].Publish(ctx, "slipway.request.app.shop.production", []byte("garbage"))
	require.NoError(t, err)
	_, err = apps.NewStore(as["worker"]).List(ctx)
	require.NoError(t, err)
	consumer, err := as["reads events (person)"].OrderedConsumer(ctx, wire.StreamEvents, jetstream.OrderedConsumerConfig{})
	require.NoError(t, err)
	_, err = consumer.Next(jetstream.FetchContext(ctx))
	require.NoError(t, err)
	dead, err := as["reads dead letters (person)"].Stream(ctx, wire.StreamDeadLetter)
	require.NoError(t, err)
	_, err = dead.GetMsg(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, wire.NewDeadLetters(as["replays and drops dead letters (person)"]).Drop(ctx, 1, wire.Handling{By: "li"}))
}

// TestRights_NoMoreThanIsListed so that the page is not true for a reason of its own.
func TestRights_NoMoreThanIsListed(t *testing.T) {
	t.Parallel()
	as := accounts(t)
	_, err := setup.NATS(t.Context(), as["all"], setup.Config{})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err = as["asks for releases (person)"].Publish(ctx, "slipway.command.r-1", []byte("{}"))
	require.Error(t, err, "who asks for releases commands none")
	for _, subject := range []string{"slipway.by.bo.request.sae.cn-hangzhou.shop", "slipway.request.sae.shop", "slipway.by.ann.command.sae.cn-hangzhou.shop.r-1"} {
		_, err = as["asks for releases as ann (person)"].Publish(ctx, subject, []byte("{}"))
		require.Error(t, err, "ann asks as ann only: %s", subject)
	}
	dead, err := as["reads dead letters (person)"].Stream(t.Context(), wire.StreamDeadLetter)
	require.NoError(t, err)
	require.Error(t, dead.DeleteMsg(ctx, 1), "who reads dead letters drops none")
}
