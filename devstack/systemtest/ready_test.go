package systemtest_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/ledger"
	"slipway/wire"
)

// Both roles name what is missing on NATS, and are ready once setup has made it.
func TestReadyNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	for _, stream := range []string{wire.StreamIn, wire.StreamEvents, wire.StreamDeadLetter} {
		require.NoError(t, h.JetStream.DeleteStream(h.ctx, stream))
	}
	require.NoError(t, h.JetStream.DeleteKeyValue(h.ctx, ledger.Bucket))
	running := map[*scenario.Process]string{}
	for role, want := range map[string][]string{
		"worker":  {"stream SLIPWAY_EVENTS does not exist", "bucket slipway-ledger does not exist"},
		"starter": {"stream SLIPWAY_IN does not exist", "stream SLIPWAY_DEADLETTER does not exist", "bucket slipway-ledger does not exist"},
	} {
		env := h.Env()
		addr := &addressOf{found: make(chan string, 1)}
		env["SLIPWAY_HTTP_ADDR"] = "127.0.0.1:0"
		process, err := scenario.Launch{Binary: slipwayBinary(t), Role: role, Env: env, Log: addr}.Start(h.ctx)
		require.NoError(t, err)
		running[process] = <-addr.found
		for _, each := range want {
			h.untilReadySays(running[process], each+"; create it with: slipway setup")
		}
	}
	setup := exec.CommandContext(h.ctx, slipwayBinary(t), "setup")
	for key, value := range h.Env() {
		setup.Env = append(setup.Env, key+"="+value)
	}
	out, err := setup.CombinedOutput()
	require.NoError(t, err, string(out))
	for process, addr := range running {
		h.untilReadySays(addr, `{"ready":true}`)
		require.NoError(t, process.Stop())
	}
}

// addressOf finds the address of health in the log of a role.
type addressOf struct{ found chan string }

func (a *addressOf) Write(line []byte) (int, error) {
	if _, rest, ok := strings.Cut(string(line), `"addr":"`); ok {
		addr, _, _ := strings.Cut(rest, `"`)
		select {
		case a.found <- addr:
		default:
		}
	}
	return len(line), nil
}

// untilReadySays asks for the readiness of a role until the answer has the words.
func (h *house) untilReadySays(addr, words string) {
	h.t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		// A role that is not ready makes it exit with 1; what counts are the words.
		out, _ := exec.CommandContext(h.ctx, slipwayBinary(h.t), "healthz", "--ready", "--http-addr", addr).CombinedOutput()
		if strings.Contains(string(out), words) {
			return
		}
		select {
		case <-ticker.C:
		case <-h.ctx.Done():
			require.Fail(h.t, "waited in vain for "+words, string(out))
		}
	}
}

// A worker whose credentials SAE refuses would fail every release.
func TestReady_AWorkerWithWrongKeysIsNotReady(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, WithoutStarter: true})
	env := h.Env()
	addr := &addressOf{found: make(chan string, 1)}
	env["SLIPWAY_HTTP_ADDR"], env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "127.0.0.1:0", "wrong"
	process, err := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: env, Log: addr}.Start(h.ctx)
	require.NoError(t, err)
	h.untilReadySays(<-addr.found, "check the credentials of Alibaba Cloud")
	require.NoError(t, process.Stop())
}
