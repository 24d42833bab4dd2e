package setuptest_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/authority"
	"slipway/internal/documents"
	"slipway/ledger"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// usersOf starts NATS by the configuration that is printed for users, and connects as each.
func usersOf(t *testing.T, users []setup.User) map[string]jetstream.JetStream {
	t.Helper()
	text := setup.ServerConfig(users, nil)
	for _, variable := range regexp.MustCompile(`\$(NATS_PASSWORD_[A-Z_]+)`).FindAllStringSubmatch(text, -1) {
		t.Setenv(variable[1], "secret-of-"+variable[1])
	}
	file := filepath.Join(t.TempDir(), "nats.conf")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	options, err := server.ProcessConfigFile(file)
	require.NoError(t, err, text)
	options.JetStream = true
	s := serve(t, *options)
	out := map[string]jetstream.JetStream{}
	for _, u := range options.Users {
		conn, err := nats.Connect(s.ClientURL(), nats.UserInfo(u.Username, u.Password), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
		require.NoError(t, err)
		t.Cleanup(conn.Close)
		out[u.Username], err = jetstream.New(conn)
		require.NoError(t, err)
	}
	require.Len(t, out, len(users))
	return out
}

// permitted reports whether the server lets a user publish to a subject.
func permitted(t *testing.T, js jetstream.JetStream, subject string) bool {
	t.Helper()
	conn := js.Conn()
	before := conn.LastError()
	// No stream takes it: it is meant for another one.
	require.NoError(t, conn.PublishMsg(&nats.Msg{Subject: subject, Header: nats.Header{jetstream.ExpectedStreamHeader: {"none"}}}))
	require.NoError(t, conn.FlushTimeout(time.Minute))
	now := conn.LastError()
	return now == before || !errors.Is(now, nats.ErrPermissionViolation) //nolint:errorlint // each refusal is an error of its own
}

// TestUsers_EachHasItsRightsAndNoOthers tries everything that there is to do on NATS as every user.
func TestUsers_EachHasItsRightsAndNoOthers(t *testing.T) { //nolint:paralleltest // the passwords stand in the environment
	const people = "people" // who share a user
	shared, err := setup.SharedUser(people)
	require.NoError(t, err)
	as := usersOf(t, slices.Concat(setup.ServiceUsers(), setup.RoleUsers(), []setup.User{shared}))
	_, err = setup.NATS(t.Context(), as[setup.UserSetup], setup.Config{})
	require.NoError(t, err)
	require.NoError(t, setup.StarterNeeds(as[setup.UserStarter]).Missing(t.Context()))
	require.NoError(t, setup.WorkerNeeds(as[setup.UserWorker]).Missing(t.Context()))
	require.NoError(t, setup.NotifierNeeds(as[setup.UserNotifier]).Missing(t.Context()))
	require.NoError(t, setup.ConsoleNeeds("")(as[setup.UserConsole]).Missing(t.Context()))
	require.NoError(t, setup.ConsoleNeeds(setup.UserConsole)(as[setup.UserConsole]).Missing(t.Context()))
	require.NoError(t, setup.ConsoleRole{API: true}.Needs(as[setup.UserConsole]).Missing(t.Context()))
	require.ErrorContains(t, setup.ConsoleRole{API: true}.Needs(as["viewer"]).Missing(t.Context()), "is not permitted to this user")
	require.ErrorContains(t, setup.ConsoleNeeds("ann")(as[setup.UserConsole]).Missing(t.Context()), "is not permitted to this user")
	require.NoError(t, setup.WorkerCDEventsNeeds(as[setup.UserWorker]).Missing(t.Context()))

	const viewer, requester, approver, operator, admin = "viewer", "requester", "approver", "operator", "admin"
	// The console shows what there is to who has signed in, and speaks for them.
	lookers := []string{viewer, approver, operator, admin, people, setup.UserConsole}
	everyRole := append([]string{requester}, lookers...)
	own := func(who, end string) string { return "slipway.by." + who + "." + end }
	for name, c := range map[string]struct {
		subject func(who string) string
		may     []string
	}{
		"ask as oneself":         {func(who string) string { return own(who, "request.sae.cn-hangzhou.shop") }, []string{requester, operator, setup.UserConsole}},
		"ask by name":            {func(who string) string { return own(who, "request.app.shop.production") }, []string{requester, operator, setup.UserStarter, setup.UserConsole}},
		"ask so for who pushed":  {func(string) string { return own("ann", "request.app.shop.production") }, []string{setup.UserStarter, setup.UserConsole}},
		"promote by itself":      {func(string) string { return "slipway.request.app.shop.production" }, []string{setup.UserWorker, setup.UserStarter, people, setup.UserConsole}},
		"ask for a set":          {func(who string) string { return own(who, "request.set.checkout") }, []string{requester, operator, setup.UserConsole}},
		"command as oneself":     {func(who string) string { return own(who, "command.sae.cn-hangzhou.shop.r-1") }, []string{approver, operator, setup.UserConsole}},
		"ask as somebody else":   {func(string) string { return own("ann", "request.sae.cn-hangzhou.shop") }, []string{setup.UserConsole}},
		"command as another one": {func(string) string { return own("ann", "command.sae.cn-hangzhou.shop.r-1") }, []string{setup.UserConsole}},
		"ask under any name":     {func(string) string { return "slipway.request.sae.shop" }, []string{people, setup.UserConsole}},
		"command so":             {func(string) string { return "slipway.command.r-1" }, []string{people, setup.UserConsole}},
		"tell of a push":         {func(string) string { return "slipway.artifact.shop" }, []string{setup.UserConsole}},
		"tell of it as oneself":  {func(who string) string { return own(who, "artifact.shop") }, []string{setup.UserConsole}},
		"tell of it as another":  {func(string) string { return own("ann", "artifact.shop") }, nil},
		"tell of it as CDEvent":  {func(string) string { return "slipway.cdevents.service.upgraded.r-1" }, []string{setup.UserWorker}},
		"tell of a release":      {func(string) string { return "slipway.event.sae.shop.r-1.started" }, []string{setup.UserWorker}},
		"tell what came of one":  {func(string) string { return "slipway.event.push.harbor.17.fired" }, []string{setup.UserWorker, setup.UserStarter}},
		"bury a message":         {func(string) string { return "slipway.deadletter.slipway.request.sae.shop" }, []string{setup.UserStarter}},
		"tell a channel":         {func(string) string { return "slipway.notify.now.team" }, []string{setup.UserNotifier, setup.UserConsole}},
		"tell it later":          {func(string) string { return "slipway.notify.later.team" }, []string{setup.UserNotifier}},
		"bury what it was told":  {func(string) string { return "slipway.deadletter.slipway.notify.now.team" }, []string{setup.UserStarter, setup.UserNotifier}},
		"take what it is told":   {func(string) string { return "$JS.API.CONSUMER.MSG.NEXT.SLIPWAY_NOTIFY.slipway-notify-team" }, []string{setup.UserNotifier}},
		"settle an event":        {func(string) string { return "$JS.ACK.SLIPWAY_EVENTS.slipway-notifier.1.1.1.1.0" }, []string{setup.UserNotifier}},
		"settle it for others":   {func(string) string { return "$JS.ACK.SLIPWAY_EVENTS.other.1.1.1.1.0" }, nil},
		"settle a message":       {func(string) string { return "$JS.ACK.SLIPWAY_IN.slipway-starter.1.1.1.1.0" }, []string{setup.UserStarter}},
		"take messages":          {func(string) string { return "$JS.API.CONSUMER.MSG.NEXT.SLIPWAY_IN.slipway-starter" }, []string{setup.UserStarter}},
		"take them otherwise":    {func(string) string { return "$JS.API.CONSUMER.CREATE.SLIPWAY_IN.other" }, []string{setup.UserStarter}},
		"write the ledger":       {func(string) string { return "$KV.slipway-ledger.probe" }, []string{setup.UserWorker, setup.UserStarter}},
		"read the ledger":        {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-ledger" }, append([]string{setup.UserWorker, setup.UserStarter, setup.UserNotifier}, everyRole...)},
		"freeze":                 {func(string) string { return "$KV.slipway-calendar.calendar" }, []string{operator, setup.UserConsole}},
		"name an application":    {func(string) string { return "$KV.slipway-apps.shop" }, []string{admin}},
		"read what names mean":   {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-apps" }, append([]string{setup.UserWorker, setup.UserStarter, setup.UserNotifier}, everyRole...)},
		"demand something":       {func(string) string { return "$KV.slipway-policies.production" }, []string{admin}},
		"read what is demanded":  {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-policies" }, append([]string{setup.UserStarter}, everyRole...)},
		"read sessions":          {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-sessions" }, []string{setup.UserConsole}},
		"read one of them":       {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-sessions.$KV.slipway-sessions.a" }, []string{setup.UserConsole}},
		"copy sessions":          {func(string) string { return "$JS.API.CONSUMER.CREATE.KV_slipway-sessions.mine" }, nil},
		"sign somebody in":       {func(string) string { return "$KV.slipway-sessions.a" }, []string{setup.UserConsole}},
		"say who may what":       {func(string) string { return "$KV.slipway-authority.authority" }, []string{admin}},
		"read who may what":      {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-authority.$KV.slipway-authority.authority" }, append([]string{setup.UserStarter}, lookers...)},
		"say of which groups":    {func(string) string { return "$KV.slipway-people.YW5u" }, []string{setup.UserConsole}},
		"read of which groups":   {func(string) string { return "$JS.API.DIRECT.GET.KV_slipway-people.$KV.slipway-people.YW5u" }, []string{setup.UserStarter, setup.UserConsole}},
		"copy who is in them":    {func(string) string { return "$JS.API.CONSUMER.CREATE.KV_slipway-people.mine" }, nil},
		"follow events":          {func(string) string { return "$JS.API.CONSUMER.CREATE.SLIPWAY_EVENTS.mine" }, everyRole},
		"list pushes":            {func(string) string { return "$JS.API.DIRECT.GET.SLIPWAY_EVENTS" }, append([]string{setup.UserStarter, setup.UserNotifier}, lookers...)},
		"read dead letters":      {func(string) string { return "$JS.API.DIRECT.GET.SLIPWAY_DEADLETTER" }, []string{operator, setup.UserConsole}},
		"read the audit":         {func(string) string { return "$JS.API.DIRECT.GET.SLIPWAY_AUDIT" }, []string{operator, admin}},
		"delete from the audit":  {func(string) string { return "$JS.API.STREAM.MSG.DELETE.SLIPWAY_AUDIT" }, nil},
		"purge the audit":        {func(string) string { return "$JS.API.STREAM.PURGE.SLIPWAY_AUDIT" }, nil},
		"tell of a lane":         {func(string) string { return "slipway.event.sae.shop.lane.held" }, []string{setup.UserWorker}},
		"tell of a dead letter":  {func(string) string { return "slipway.event.deadletter.request.17.replayed" }, []string{setup.UserWorker, operator, setup.UserConsole}},
		"read one's own": {func(who string) string {
			return "$JS.API.DIRECT.GET.SLIPWAY_DEADLETTER." + wire.DeadLetterSubject(own(who, "command.set.a.s-1"))
		}, []string{requester, approver, operator}},
		"read those of others": {func(string) string {
			return "$JS.API.DIRECT.GET.SLIPWAY_DEADLETTER." + wire.DeadLetterSubject(own("ann", "command.set.a.s-1"))
		}, nil},
		"read what was claimed": {func(string) string {
			return "$JS.API.DIRECT.GET.SLIPWAY_DEADLETTER." + wire.DeadLetterSubject("slipway.command.r-1")
		}, []string{people}},
		"take a consumer away": {func(string) string { return "$JS.API.CONSUMER.DELETE.SLIPWAY_EVENTS.other" }, nil},
		"pause a consumer":     {func(string) string { return "$JS.API.CONSUMER.PAUSE.SLIPWAY_EVENTS.other" }, nil},
		"reset a consumer":     {func(string) string { return "$JS.API.CONSUMER.RESET.KV_slipway-calendar.other" }, nil},
		"delete a dead letter": {func(string) string { return "$JS.API.STREAM.MSG.DELETE.SLIPWAY_DEADLETTER" }, []string{setup.UserConsole}},
		"delete a message":     {func(string) string { return "$JS.API.STREAM.MSG.DELETE.SLIPWAY_IN" }, nil},
		"purge requests":       {func(string) string { return "$JS.API.STREAM.PURGE.SLIPWAY_IN" }, nil},
		"delete the ledger":    {func(string) string { return "$JS.API.STREAM.DELETE.KV_slipway-ledger" }, nil},
		"change a stream":      {func(string) string { return "$JS.API.STREAM.UPDATE.SLIPWAY_IN" }, []string{setup.UserSetup}},
		"make a stream":        {func(string) string { return "$JS.API.STREAM.CREATE.other" }, nil},
		"anything else":        {func(string) string { return "orders.created" }, nil},
	} {
		for user, js := range as {
			require.Equal(t, slices.Contains(c.may, user), permitted(t, js, c.subject(user)), "%s: %s", user, name)
		}
	}

	// Nobody listens to anything but their own inboxes.
	for user, js := range as {
		before := js.Conn().LastError()
		sub, err := js.Conn().SubscribeSync("slipway.>")
		require.NoError(t, err)
		require.NoError(t, js.Conn().FlushTimeout(time.Minute))
		require.NotEqual(t, before, js.Conn().LastError(), user)
		require.NoError(t, sub.Unsubscribe())
	}

	// What is allowed is enough: a request, a command, a freeze, a document, and a look at all of it.
	spec := release.Spec{App: release.App{Platform: "sae", Region: "cn-hangzhou", ID: "shop"}, Artifact: release.Artifact{Image: "shop:1"}}.WithDefaults()
	msg, err := wire.EncodeRequest(wire.Origin{Source: "cli", ID: "1", Identity: requester}, spec)
	require.NoError(t, err)
	_, err = as[requester].PublishMsg(t.Context(), msg)
	require.NoError(t, err)
	msg, err = wire.EncodeVerifiedCommand(wire.Origin{Source: "cli", ID: "2", Identity: approver}, spec.App, "r-1", release.Command{Kind: release.CommandConfirm, Batch: 1})
	require.NoError(t, err)
	_, err = as[approver].PublishMsg(t.Context(), msg)
	require.NoError(t, err)
	msg, err = wire.EncodeCommand(wire.Origin{Source: "cli", ID: "3"}, "r-1", release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"})
	require.NoError(t, err)
	_, err = as[people].PublishMsg(t.Context(), msg)
	require.NoError(t, err)
	require.NoError(t, wire.NewCalendars(as[operator]).Edit(t.Context(), wire.CalendarChange{By: operator}, func(c release.Calendar) (release.Calendar, error) { return c, nil }))
	all := authority.Document{Bindings: []authority.Binding{{Name: "all", Identities: []string{"*"}, Roles: authority.Roles(), Scopes: []string{"*"}}}}
	_, err = authority.NewStore(as[admin]).Apply(t.Context(), all, documents.Edit[authority.Document]{Expected: documents.Any})
	require.NoError(t, err)
	_, err = authority.NewStore(as[viewer]).History(t.Context(), authority.Key)
	require.NoError(t, err)
	_, err = ledger.New(as[viewer]).All(t.Context(), ledger.Filter{})
	require.NoError(t, err)
	_, err = as[requester].OrderedConsumer(t.Context(), wire.StreamEvents, jetstream.OrderedConsumerConfig{})
	require.NoError(t, err)
}
