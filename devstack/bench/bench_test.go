package bench_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/bench"
)

// TestBench_AShortRunKeepsWithinWideBounds runs the short form of `make bench`. Other tests run beside it, so that the bounds are wide:
// they show what has become several times as slow. The aims are for a machine that does nothing else.
func TestBench_AShortRunKeepsWithinWideBounds(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("SLIPWAY_BIN") //nolint:forbidigo // the build says where the binary is
	require.NotEmpty(t, binary, "SLIPWAY_BIN must name a slipway binary; run `make test-system`")
	report, err := bench.Run(t.Context(), bench.Config{Slipway: binary, Short: true, Measured: func(row bench.Row) { t.Logf("bench %+v", row) }})
	require.NoError(t, err)
	latency := ratio(t, report, bench.RowLatency)
	require.Less(t, latency, 6.0, "times the floor from an event to the change")
	require.Greater(t, latency, 0.5, "less than the floor is not measured right")
	for _, rate := range []string{bench.RowAccepted, bench.RowFinished} {
		require.Greater(t, ratio(t, report, rate), 0.15, "of the floor: %s", rate)
	}
	killed, there := report.Row(bench.RowKilled)
	require.True(t, there)
	require.Less(t, killed.Slipway.Median, 60.0, "seconds until all move again")
}

// ratio is the median of a row that has a floor.
func ratio(t *testing.T, report bench.Report, what string) float64 {
	t.Helper()
	row, there := report.Row(what)
	require.True(t, there, what)
	require.NotNil(t, row.Ratio, what)
	return row.Ratio.Median
}
