package embedded_test

import (
	"log/slog"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
)

func startNATS(t *testing.T, cfg embedded.NATSConfig) *embedded.NATS {
	t.Helper()
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	server, err := embedded.StartNATS(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server
}

func jetStream(t *testing.T, server *embedded.NATS) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(server.URL())
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

func TestNATSFindsItsStreamsAgain(t *testing.T) {
	t.Parallel()
	cfg := embedded.NATSConfig{DataDir: t.TempDir()}
	server := startNATS(t, cfg)
	js := jetStream(t, server)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "REQUESTS", Subjects: []string{"request.>"}})
	require.NoError(t, err)
	_, err = js.Publish(t.Context(), "request.shop", []byte("deploy"), jetstream.WithMsgID("1"))
	require.NoError(t, err)
	require.NoError(t, server.Close())

	js = jetStream(t, startNATS(t, cfg))
	stream, err := js.Stream(t.Context(), "REQUESTS")
	require.NoError(t, err)
	message, err := stream.GetMsg(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, "deploy", string(message.Data))
	ack, err := js.Publish(t.Context(), "request.shop", []byte("deploy"), jetstream.WithMsgID("1"))
	require.NoError(t, err)
	require.True(t, ack.Duplicate, "the de-duplication window survives a restart")
}

func TestNATSKeepsNothingWithoutADirectory(t *testing.T) {
	t.Parallel()
	first := startNATS(t, embedded.NATSConfig{})
	_, err := jetStream(t, first).CreateStream(t.Context(), jetstream.StreamConfig{Name: "REQUESTS"})
	require.NoError(t, err)
	second := startNATS(t, embedded.NATSConfig{})
	_, err = jetStream(t, second).Stream(t.Context(), "REQUESTS")
	require.ErrorIs(t, err, jetstream.ErrStreamNotFound)
	require.NoError(t, first.Close())
	require.NoError(t, first.Close(), "closing twice is closing once")
}

func TestNATSRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken := startNATS(t, embedded.NATSConfig{DataDir: dir})
	takenAddr := taken.URL()[len("nats://"):]

	for name, test := range map[string]struct {
		cfg  embedded.NATSConfig
		want error
	}{
		"an address other machines reach": {embedded.NATSConfig{Addr: "0.0.0.0:0"}, embedded.ErrNotLoopback},
		"a taken port":                    {embedded.NATSConfig{Addr: takenAddr}, embedded.ErrAddressInUse},
		"a data directory in use":         {embedded.NATSConfig{DataDir: dir}, embedded.ErrDataDirInUse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := embedded.StartNATS(t.Context(), test.cfg)
			require.ErrorIs(t, err, test.want)
		})
	}
}
