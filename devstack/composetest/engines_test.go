package composetest_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/dynamicconfig"

	"slipway/devstack/embedded"
)

// The settings of NATS, interpolated as compose does it, start the real server.
func TestEngines_NATSUnderstandsItsSettings(t *testing.T) {
	t.Parallel()
	project := load(t)
	file := filepath.Join(t.TempDir(), "slipway.conf")
	require.NoError(t, os.WriteFile(file, []byte(project.Configs["nats"].Content), 0o600))
	options, err := server.ProcessConfigFile(file)
	require.NoError(t, err)
	require.Equal(t, "/data", options.StoreDir, "where the volume is")
	require.Equal(t, "127.0.0.1", options.HTTPHost, "monitoring is for the health check alone")
	require.Equal(t, 8222, options.HTTPPort)

	options.Host, options.Port, options.HTTPPort = "127.0.0.1", server.RANDOM_PORT, 0
	options.StoreDir, options.NoSigs, options.NoLog, options.JetStreamMaxStore = t.TempDir(), true, true, embedded.MaxStore
	broker, err := server.NewServer(options)
	require.NoError(t, err)
	broker.Start()
	t.Cleanup(func() { broker.Shutdown(); broker.WaitForShutdown() })
	require.True(t, broker.ReadyForConnections(10*time.Second))

	_, err = nats.Connect(broker.ClientURL())
	require.ErrorIs(t, err, nats.ErrAuthorization)

	worker := project.Services["worker"].Environment
	conn, err := nats.Connect(broker.ClientURL(), nats.UserInfo(*worker["NATS_USER"], *worker["NATS_PASSWORD"]))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	_, err = js.AccountInfo(t.Context())
	require.NoError(t, err, "JetStream is on")
}

// A misspelt or removed setting of the Temporal server would be ignored in
// silence by the server itself.
func TestEngines_TemporalUnderstandsItsSettings(t *testing.T) {
	t.Parallel()
	settings := dynamicconfig.LoadYamlFile([]byte(read(t, root+"/deploy/temporal/dynamicconfig.yaml")))
	require.NoError(t, settings.Err())
	require.Empty(t, settings.Warnings)
	require.Equal(t, []dynamicconfig.ConstrainedValue{{Value: true}},
		settings.Map[dynamicconfig.MatchingEnableFairness.Key()])
}
