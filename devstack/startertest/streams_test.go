package startertest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"slipway/activities/events"
	"slipway/devstack/embedded"
	"slipway/release"
	"slipway/wire"
)

// bus returns a JetStream on a server of its own.
func bus(t *testing.T) (jetstream.JetStream, *embedded.NATS) {
	t.Helper()
	server, err := embedded.StartNATS(t.Context(), embedded.NATSConfig{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	conn, err := nats.Connect(server.URL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js, server
}

func config(t *testing.T, js jetstream.JetStream, stream string) jetstream.StreamConfig {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	require.NoError(t, err)
	return s.CachedInfo().Config
}

func TestStreams_EnsureStreamsCreatesThemAsDocumentedAndOnce(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	for range 2 {
		require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
		for _, want := range wire.Streams() {
			got := config(t, js, want.Name)
			require.Equal(t, want.Subjects, got.Subjects)
			require.Equal(t, want.Storage, got.Storage)
			require.Equal(t, want.Retention, got.Retention)
			require.Equal(t, want.Discard, got.Discard)
			require.Equal(t, want.MaxAge, got.MaxAge)
			require.Equal(t, want.MaxBytes, got.MaxBytes)
			require.Equal(t, want.Duplicates, got.Duplicates)
			require.Equal(t, want.DenyDelete, got.DenyDelete)
		}
	}
}

func TestStreams_EnsureStreamsSetsRightWhatMustHoldAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: wire.StreamIn, Subjects: []string{wire.AllRequests}, Retention: jetstream.WorkQueuePolicy,
		MaxBytes: 1 << 20, MaxAge: time.Hour, Storage: jetstream.MemoryStorage,
	})
	require.NoError(t, err)
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	got := config(t, js, wire.StreamIn)
	require.Equal(t, slices.Concat(wire.Requests(), wire.Commands(), wire.Artifacts()), got.Subjects)
	require.Equal(t, jetstream.DiscardNew, got.Discard)
	require.True(t, got.AllowDirect, "starters look at what comes before a message")
	require.Equal(t, time.Hour, got.Duplicates)
	require.EqualValues(t, wire.MaxMessage, got.MaxMsgSize)
	require.EqualValues(t, 1<<20, got.MaxBytes)
	require.Equal(t, time.Hour, got.MaxAge)
	require.Equal(t, jetstream.MemoryStorage, got.Storage)
}

func event(kind release.EventKind, reason string) release.Event {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) // long before it is published
	return release.Event{ID: release.EventID("r-1", 1, kind), Kind: kind, At: at, Progress: release.Progress{
		ReleaseID: "r-1", App: app("shop"), Phase: release.PhaseRollingOut, Reason: reason,
	}}
}

// published returns what the stream of events holds.
func published(t *testing.T, js jetstream.JetStream) []wire.LifecycleEvent {
	t.Helper()
	s, err := js.Stream(t.Context(), wire.StreamEvents)
	require.NoError(t, err)
	var out []wire.LifecycleEvent
	for seq := range s.CachedInfo().State.Msgs {
		raw, err := s.GetMsg(t.Context(), seq+1)
		require.NoError(t, err)
		e, err := wire.DecodeEvent(&nats.Msg{Subject: raw.Subject, Header: raw.Header, Data: raw.Data})
		require.NoError(t, err)
		require.Equal(t, wire.EventSubject(e.Progress.App, e.Progress.ReleaseID, e.Kind), raw.Subject)
		out = append(out, e)
	}
	return out
}

func TestStreams_EventsArePublishedInTheirOrderAndOnce(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	p, err := events.New(js, nil)
	require.NoError(t, err)
	in := release.PublishInput{Events: []release.Event{event(release.EventAccepted, ""), event(release.EventStarted, "")}}
	for range 3 {
		require.NoError(t, p.Publish(t.Context(), in))
	}
	got := published(t, js)
	require.Len(t, got, 2)
	for i, e := range got {
		want := in.Events[i]
		require.Equal(t, want.At, e.Time, "the time of the transition, not of its publication")
		want.At = time.Time{}
		require.Equal(t, want, e.Event)
	}
}

func TestStreams_AnEventThatCannotBeCarriedDoesNotHoldTheOthersUp(t *testing.T) {
	t.Parallel()
	js, _ := bus(t)
	require.NoError(t, wire.EnsureStreams(t.Context(), js, wire.Storage{}))
	p, err := events.New(js, nil)
	require.NoError(t, err)
	err = p.Publish(t.Context(), release.PublishInput{Events: []release.Event{
		event(release.EventAccepted, ""), event(release.EventStarted, string(make([]byte, wire.MaxPayload))), event(release.EventFailed, ""),
	}})
	requireFault(t, err, release.FaultInvalid)
	require.ErrorContains(t, err, "r-1.1.started")
	require.Len(t, published(t, js), 2)
}

func TestStreams_AnEventIsTriedAgainWhileTheBusIsAway(t *testing.T) {
	t.Parallel()
	js, server := bus(t)
	p, err := events.New(js, nil)
	require.NoError(t, err)
	in := release.PublishInput{Events: []release.Event{event(release.EventAccepted, "")}}
	requireFault(t, p.Publish(t.Context(), in), release.FaultUnavailable) // there is no stream

	require.NoError(t, server.Close())
	js.Conn().Close()
	requireFault(t, p.Publish(t.Context(), in), release.FaultUnavailable)
}

func requireFault(t *testing.T, err error, want release.Fault) {
	t.Helper()
	got, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, err)
	require.Equal(t, string(want), got.Type())
	require.Equal(t, !want.Retryable(), got.NonRetryable())
}
