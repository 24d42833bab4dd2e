package calendartest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
	"slipway/release"
	"slipway/setup"
	"slipway/wire"
)

// broker starts a NATS server with JetStream; users are the accounts' users, none lets
// everybody in.
func broker(t *testing.T, users ...*server.User) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		DisableJetStreamBanner: true, NoLog: true, NoSigs: true, Users: users, JetStreamMaxStore: embedded.MaxStore,
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	require.True(t, s.ReadyForConnections(10*time.Second))
	return s
}

func connect(t *testing.T, s *server.Server, options ...nats.Option) jetstream.JetStream {
	t.Helper()
	// What a server refuses is seen in the answers.
	options = append(options, nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	conn, err := nats.Connect(s.ClientURL(), options...)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

// house is a NATS server that is set up.
func house(t *testing.T) (jetstream.JetStream, *wire.Calendars) {
	t.Helper()
	js := connect(t, broker(t))
	require.NoError(t, wire.EnsureCalendar(t.Context(), js, 0))
	return js, wire.NewCalendars(js)
}

func stop(name string) release.Stop {
	return release.Stop{Name: name, Reason: "database on fire", By: "li", At: time.Date(2026, time.July, 1, 9, 0, 0, 0, time.UTC)}
}

// adding puts a stop into the calendar.
func adding(name string) func(release.Calendar) (release.Calendar, error) {
	return func(c release.Calendar) (release.Calendar, error) { return c.WithStop(stop(name)), nil }
}

func TestCalendar_SetupCreatesTheBucketOnce(t *testing.T) {
	t.Parallel()
	js := connect(t, broker(t))
	_, _, err := wire.NewCalendars(js).Load(t.Context())
	require.ErrorIs(t, err, jetstream.ErrBucketNotFound)
	require.ErrorContains(t, err, "create it with: slipway setup")

	for _, want := range []setup.Action{setup.Created, setup.Unchanged} {
		done, err := setup.NATS(t.Context(), js, setup.Config{})
		require.NoError(t, err)
		require.Contains(t, done, setup.Result{Kind: "bucket", Name: "slipway-calendar", Action: want})
		require.Contains(t, done, setup.Result{Kind: "stream", Name: wire.StreamIn, Action: want})
	}
	kv, err := js.KeyValue(t.Context(), wire.CalendarBucket)
	require.NoError(t, err)
	status, err := kv.Status(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 20, status.History())
	require.Zero(t, status.TTL())
}

func TestCalendar_SetupRefusesABucketThatForgets(t *testing.T) {
	t.Parallel()
	js := connect(t, broker(t))
	_, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: wire.CalendarBucket, History: 5, TTL: time.Hour})
	require.NoError(t, err)
	done, err := setup.NATS(t.Context(), js, setup.Config{})
	require.ErrorContains(t, err, "set the max age of stream KV_slipway-calendar to 0")
	require.Len(t, done, len(wire.Streams())+7, "the streams, all kinds of documents, people, sessions, the ledger and the audit are prepared all the same")
}

func TestCalendarIsKept(t *testing.T) {
	t.Parallel()
	js, calendars := house(t)
	c, revision, err := calendars.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, release.Calendar{}, c, "one that was never written is empty")
	require.Zero(t, revision)

	window := release.FreezeWindow{
		Name: "night", Scope: release.Scope{Platform: release.PlatformSAE}, Reason: "nobody is awake",
		Days: []string{"Sat"}, Start: "22:00", End: "06:00", Zone: "Asia/Shanghai", By: "mei", At: stop("").At,
	}
	add := wire.CalendarChange{Action: "add", Name: "night", By: "mei", At: window.At}
	require.NoError(t, calendars.Edit(t.Context(), add, func(c release.Calendar) (release.Calendar, error) { return c.WithWindow(window), nil }))
	stopped := wire.CalendarChange{Action: "stop", Name: "incident", By: "li", Reason: "database on fire", At: window.At}
	require.NoError(t, calendars.Edit(t.Context(), stopped, adding("incident")))

	c, second, err := wire.NewCalendars(js).Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, release.Calendar{Windows: []release.FreezeWindow{window}, Stops: []release.Stop{stop("incident")}}, c)
	history, err := calendars.History(t.Context())
	require.NoError(t, err)
	require.Equal(t, []wire.CalendarRevision{{CalendarChange: stopped, Revision: second}, {CalendarChange: add, Revision: second - 1}}, history)
}

func TestCalendarSurvivesItsDeletion(t *testing.T) {
	t.Parallel()
	js, calendars := house(t)
	require.NoError(t, calendars.Edit(t.Context(), wire.CalendarChange{Action: "stop"}, adding("first")))
	kv, err := js.KeyValue(t.Context(), wire.CalendarBucket)
	require.NoError(t, err)
	require.NoError(t, kv.Delete(t.Context(), "calendar"))
	c, revision, err := calendars.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, release.Calendar{}, c)
	require.Zero(t, revision)
	require.NoError(t, calendars.Edit(t.Context(), wire.CalendarChange{Action: "stop"}, adding("second")))
	c, _, err = calendars.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, []release.Stop{stop("second")}, c.Stops)
	history, err := calendars.History(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"stop", "unknown", "stop"}, []string{history[0].Action, history[1].Action, history[2].Action})
}

func TestCalendar_NobodyOverwritesAnother(t *testing.T) {
	t.Parallel()
	js, calendars := house(t)
	const editors = 8
	var calls atomic.Int64
	everybody := make(chan struct{})
	var group sync.WaitGroup
	failures := make([]error, editors)
	for i := range editors {
		group.Go(func() {
			first := true
			failures[i] = wire.NewCalendars(js).Edit(t.Context(), wire.CalendarChange{}, func(c release.Calendar) (release.Calendar, error) {
				// All have read the empty calendar before the first of them writes.
				if first && calls.Add(1) == editors {
					close(everybody)
				}
				first = false
				<-everybody
				return adding(fmt.Sprint("stop-", i))(c)
			})
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(failures...))
	c, _, err := calendars.Load(t.Context())
	require.NoError(t, err)
	require.Len(t, c.Stops, editors)
}

func TestCalendar_EditThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	_, calendars := house(t)
	require.NoError(t, calendars.Edit(t.Context(), wire.CalendarChange{}, adding("incident")))
	_, before, err := calendars.Load(t.Context())
	require.NoError(t, err)

	nothing := errors.New("no such window")
	require.ErrorIs(t, calendars.Edit(t.Context(), wire.CalendarChange{}, func(release.Calendar) (release.Calendar, error) {
		return release.Calendar{}, nothing
	}), nothing)
	var problems release.Problems
	require.ErrorAs(t, calendars.Edit(t.Context(), wire.CalendarChange{}, adding("no good")), &problems)
	require.Equal(t, "stops[1].name", problems[0].Field)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, calendars.Edit(ctx, wire.CalendarChange{}, adding("late")), context.Canceled)

	_, after, err := calendars.Load(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestCalendar_EditGivesUpWhenOthersAreAlwaysFaster(t *testing.T) {
	t.Parallel()
	_, calendars := house(t)
	calls := 0
	err := calendars.Edit(t.Context(), wire.CalendarChange{}, func(c release.Calendar) (release.Calendar, error) {
		calls++
		return c, calendars.Edit(t.Context(), wire.CalendarChange{}, adding(fmt.Sprint("faster-", calls)))
	})
	require.ErrorContains(t, err, "nothing was changed, try again")
	require.Equal(t, 10, calls)
}

func TestCalendarThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	js, calendars := house(t)
	kv, err := js.KeyValue(t.Context(), wire.CalendarBucket)
	require.NoError(t, err)
	for _, value := range []string{`{"windows":[{"name":"x","moonPhase":"full"}]}`, `freeze!`, ``} {
		_, err = kv.Put(t.Context(), "calendar", []byte(value))
		require.NoError(t, err)
		_, _, err = calendars.Load(t.Context())
		require.ErrorContains(t, err, "key calendar of bucket slipway-calendar", value)
		require.Error(t, calendars.Edit(t.Context(), wire.CalendarChange{}, adding("x")), "what cannot be read is not overwritten")
	}
}

// The permissions are those that the documentation names.
func TestCalendar_LeastPermissions(t *testing.T) {
	t.Parallel()
	reading := []string{"$JS.API.STREAM.INFO.KV_slipway-calendar", "$JS.API.DIRECT.GET.KV_slipway-calendar.$KV.slipway-calendar.calendar"}
	writing := append([]string{"$KV.slipway-calendar.calendar"}, reading...)
	history := append([]string{"$JS.API.CONSUMER.*.KV_slipway-calendar.>"}, reading...)
	setting := append([]string{"$JS.API.INFO", "$JS.API.STREAM.CREATE.KV_slipway-calendar"}, reading...)
	user := func(name string, publish []string) *server.User {
		return &server.User{Username: name, Password: name, Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: publish}, Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}}
	}
	s := broker(t, user("operator", setting), user("worker", reading), user("person", writing), user("auditor", history))
	as := func(name string) jetstream.JetStream { return connect(t, s, nats.UserInfo(name, name)) }
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	require.NoError(t, wire.EnsureCalendar(ctx, as("operator"), 0))
	require.NoError(t, wire.NewCalendars(as("person")).Edit(ctx, wire.CalendarChange{Action: "stop"}, adding("incident")))
	require.NoError(t, wire.NewCalendars(as("person")).Edit(ctx, wire.CalendarChange{Action: "stop"}, adding("another")))
	c, _, err := wire.NewCalendars(as("worker")).Load(ctx)
	require.NoError(t, err)
	require.Len(t, c.Stops, 2)
	changes, err := wire.NewCalendars(as("auditor")).History(ctx)
	require.NoError(t, err)
	require.Len(t, changes, 2)

	short, stopWaiting := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer stopWaiting()
	require.Error(t, wire.NewCalendars(as("worker")).Edit(short, wire.CalendarChange{}, adding("no")))
}
