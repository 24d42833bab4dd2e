package chaos_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/chaos"
	"slipway/devstack/chaos/check"
	"slipway/devstack/chaos/fault"
	"slipway/devstack/chaos/system"
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

// TestRun_NoRuleIsViolated is a short run with a seed of its own. `make chaos` has longer ones.
func TestRun_NoRuleIsViolated(t *testing.T) {
	t.Parallel()
	slipway := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, slipway, "SLIPWAY_BIN must name a slipway binary with the simulators beside it; run `make test-system`")
	binaries := system.Beside(slipway)
	self, err := os.Executable()
	require.NoError(t, err)
	binaries.Server, binaries.ServerEnv = self, map[string]string{childEnv: "1"}
	report, err := chaos.Run(t.Context(), chaos.Config{
		Seed: 21, Releases: 25, Length: 20 * time.Second, Every: time.Second, Rest: 8 * time.Minute, Dir: t.TempDir(), Binaries: binaries,
		Progress: func(line string) { t.Log(line) },
	})
	require.NoError(t, err)
	t.Log(report.Text())
	require.Empty(t, report.Violations, "seed %d", report.Seed)
	require.NotEmpty(t, report.Faults)
	require.NotEmpty(t, report.Summary.Releases)
	require.Positive(t, report.Delivered)
}

func TestReport_Text(t *testing.T) {
	t.Parallel()
	text := chaos.Report{
		Seed: 7, Length: time.Minute, Wall: 90 * time.Second, Kinds: map[string]int{"kill worker": 2, "cut link": 1},
		Faults: []fault.Done{{}, {}, {Problem: "it was away"}},
		Summary: check.Summary{
			Releases: map[release.Platform]map[release.Phase]int{release.PlatformFC: {release.PhaseSucceeded: 3, release.PhaseAborted: 1}}, Messages: 9, Letters: 1,
		},
		Ends:       []system.End{{Part: "starter-1", Last: "first\nit lost its way\n"}},
		Recovery:   chaos.Recovery{Measured: 3, P50: time.Second, P99: 4 * time.Second},
		Violations: []check.Violation{{Rule: "R16", Check: "told once", Release: "r-1", Application: "shop", Found: "two ends", Where: "SLIPWAY_EVENTS"}},
	}.Text()
	for _, want := range []string{
		"seed 7: requests and faults over 1m0s, 1m30s in all", "faults: 3", "kill worker                     2", "(not as planned)                1",
		"releases: 4", "fc Succeeded", "dead letters: 1", "recovery after 3 faults: p50 1s, p99 4s", "starter-1 at 00:00:00: it lost its way",
		"violations: 1", "two ends",
	} {
		require.Contains(t, text, want)
	}
}
