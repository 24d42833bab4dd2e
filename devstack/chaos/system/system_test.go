package system_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"slipway/devstack/chaos/system"
	"slipway/devstack/scenario"
	"slipway/release"
)

// childEnv makes this test binary the program that serves NATS and Temporal.
const childEnv = "SLIPWAY_TEST_SERVES"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" { //nolint:forbidigo // the binary is its own child
		os.Exit(system.Child(context.Background(), os.Args[1:], os.Stderr)) //nolint:forbidigo // it is the server then
	}
	m.Run()
}

// patience bounds all that a test waits for: twenty times what it takes on a machine that does nothing else.
const patience = 7 * time.Minute

func start(t *testing.T) (context.Context, *system.System) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	slipway := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, slipway, "SLIPWAY_BIN must name a slipway binary with the simulators beside it; run `make test-system`")
	binaries := system.Beside(slipway)
	self, err := os.Executable()
	require.NoError(t, err)
	binaries.Server, binaries.ServerEnv = self, map[string]string{childEnv: "1"}
	s, err := system.Start(ctx, system.Config{Dir: t.TempDir(), Binaries: binaries, Speed: 20})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return ctx, s
}

// TestSystem_ReleasesWhateverIsAway shows that releases end though a server is lost and comes back, and that all that is said
// goes over the ways that can be spoiled.
func TestSystem_ReleasesWhateverIsAway(t *testing.T) {
	t.Parallel()
	ctx, s := start(t)
	access := s.Access()
	app, err := scenario.CreateApp(ctx, access.SAE, "shop")
	require.NoError(t, err)
	// While a cluster elects, it takes and tells nothing.
	elected := func(do func() error) {
		require.EventuallyWithT(t, func(c *assert.CollectT) { require.NoError(c, do()) }, patience, 100*time.Millisecond)
	}
	request := func(event string) (id string) {
		elected(func() (err error) {
			id, err = scenario.Request(ctx, access.JetStream, event, release.Spec{
				App: app, Artifact: release.Artifact{Image: "registry.example/shop:" + event}, Strategy: release.Strategy{Type: release.StrategyAll}, RequestedBy: "ann",
			})
			return err
		})
		return id
	}
	follow := func(id string) (events *scenario.Events) {
		elected(func() (err error) {
			events, err = scenario.Follow(ctx, access.JetStream, id)
			return err
		})
		return events
	}
	succeeds := func(id string) {
		events := follow(id)
		defer events.Stop()
		p, err := events.Until(ctx, release.EventSucceeded, 0)
		require.NoError(t, err)
		require.Equal(t, release.PhaseSucceeded, p.Phase)
	}
	succeeds(request("plain"))

	node := s.Part("nats-2")
	require.NoError(t, node.Kill())
	succeeds(request("without-a-node"))
	require.NoError(t, node.Start())
	require.NoError(t, node.AwaitReady(ctx))

	temporal := s.Part("temporal")
	require.NoError(t, temporal.Kill())
	waits := request("without-temporal")
	require.NoError(t, temporal.Start())
	succeeds(waits)

	for _, worker := range []string{"worker-1", "worker-2"} {
		require.NoError(t, s.Link(worker+" → sae").Cut())
	}
	waits = request("without-sae")
	events := follow(waits)
	defer events.Stop()
	_, err = events.Until(ctx, release.EventAccepted, 0)
	require.NoError(t, err)
	none, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err = events.Until(none, release.EventSucceeded, 0)
	require.ErrorIs(t, err, context.DeadlineExceeded, "a release has reached the platform on a way that is cut")
	require.NoError(t, s.Part("worker-1").Pause())
	require.NoError(t, s.Calm(ctx))
	_, err = events.Until(ctx, release.EventSucceeded, 0)
	require.NoError(t, err)
	require.Empty(t, s.Ends(), "no process has ended by itself")
	require.NotEmpty(t, s.Deliveries(), "the notifier tells the webhook of the run")
}
