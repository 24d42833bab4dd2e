package ledgertest_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"slipway/wire"
)

// What is said to `slipway setup`, by whichever way, is how things are kept.
func TestCommand_SetupCommandKeepsThingsAsItIsTold(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	s := start(t, server.Options{})
	file := t.TempDir() + "/slipway.yaml"
	require.NoError(t, os.WriteFile(file, []byte("nats-replicas: 1\nrequests-retention: 60d\n"), 0o600))
	cmd := exec.CommandContext(t.Context(), binary, "setup", "--config", file, "--ledger-retention", "800d", "--deadletter-retention", "none")
	cmd.Env = []string{"NATS_URL=" + s.ClientURL(), "TEMPORAL_ADDRESS=127.0.0.1:1", "SLIPWAY_EVENTS_RETENTION=36h"}
	out, err := cmd.Output()
	require.Error(t, err, "there is no Temporal")
	require.Regexp(t, `(?m)^bucket +slipway-ledger +created$`, string(out))

	js := connect(t, s.ClientURL())
	require.Equal(t, 60*day, kept(t, js, wire.StreamIn).MaxAge)
	require.Equal(t, 36*time.Hour, kept(t, js, wire.StreamEvents).MaxAge)
	require.Zero(t, kept(t, js, wire.StreamDeadLetter).MaxAge)
	require.Equal(t, 800*day, kept(t, js, "KV_slipway-ledger").MaxAge)
}
