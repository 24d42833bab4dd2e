package embedded_test

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/embedded"
)

// logBuffer is a writer that may be read while servers still write.
type logBuffer struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes.String()
}

// run starts both engines with the given log settings and closes them twice.
func run(t *testing.T, logger *slog.Logger, level slog.Leveler) {
	t.Helper()
	temporal, err := embedded.StartTemporal(t.Context(), embedded.TemporalConfig{
		DataDir: t.TempDir(), UIAddr: "127.0.0.1:0", Logger: logger, LogLevel: level,
	})
	require.NoError(t, err)
	nats, err := embedded.StartNATS(t.Context(), embedded.NATSConfig{Logger: logger, LogLevel: level})
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, temporal.Close())
		require.NoError(t, nats.Close())
	}
}

func TestLogger_ServersAreQuiet(t *testing.T) {
	t.Parallel()
	var lines logBuffer
	run(t, slog.New(slog.NewTextHandler(&lines, nil)), nil)
	require.Empty(t, lines.String())
}

func TestLogger_ServersSayWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	var lines logBuffer
	run(t, slog.New(slog.NewTextHandler(&lines, nil)), slog.LevelInfo)
	require.Contains(t, lines.String(), "component=temporal")
	require.Contains(t, lines.String(), "component=nats")
	require.Contains(t, lines.String(), "level=INFO")
}
