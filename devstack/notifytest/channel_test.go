package notifytest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
	"slipway/notify"
	"slipway/notify/channel"
)

// A stream has a message once, however often it was sent; where there is no stream, the error says to make one.
func TestChannel_NATSHasAMessageOnce(t *testing.T) {
	t.Parallel()
	server, err := embedded.StartNATS(t.Context(), embedded.NATSConfig{DataDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	nc, err := nats.Connect(server.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	require.NoError(t, err)
	s, err := channel.New(notify.Channel{Name: "team", Type: notify.NATS, Subject: "team.releases"}, channel.Deps{NATS: js})
	require.NoError(t, err)
	m := notify.Message{ID: "7f9c/team", Title: "shop/api 等待确认", Lines: []string{"a"}, Language: notify.Chinese}
	require.ErrorContains(t, s.Send(t.Context(), m), "nats stream add --subjects team.releases")

	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "NOTIFICATIONS", Subjects: []string{"team.>"}})
	require.NoError(t, err)
	other := m
	other.ID = "7f9d/team"
	for _, each := range []notify.Message{m, m, other, m} {
		require.NoError(t, s.Send(t.Context(), each))
	}
	info, err := stream.Info(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(2), info.State.Msgs)
	first, err := stream.GetMsg(t.Context(), 1)
	require.NoError(t, err)
	var got notify.Message
	require.NoError(t, json.Unmarshal(first.Data, &got))
	require.Equal(t, m, got)

	m.Lines = []string{strings.Repeat("x", 2<<20)}
	var refused *channel.RefusedError
	require.ErrorAs(t, s.Send(t.Context(), m), &refused)
	require.ErrorContains(t, refused, "max_payload")
}
