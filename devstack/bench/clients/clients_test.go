package clients_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/devstack/bench/clients"
)

// mostAllocations bounds how many a client makes besides those of its floor, to check a call and to read an answer of up to 3 KiB.
const mostAllocations = 400

// TestMeasure_ClientsCostLittleMoreThanTheTransport bounds what the clients add to the bare transport. It is alone in its package, because allocations are counted
// for the process.
func TestMeasure_ClientsCostLittleMoreThanTheTransport(t *testing.T) { //nolint:paralleltest // it measures
	costs, err := clients.Measure(t.Context(), clients.Config{Turns: 3, Calls: 200})
	require.NoError(t, err)
	require.Len(t, costs, len(clients.Names()))
	for _, c := range costs {
		require.Len(t, c.Calls, 3)
		require.Len(t, c.Floors, 3)
		for i := range c.Calls {
			t.Logf("%s %s: %.0f calls a second, floor %.0f: %.2f ×; %.0f allocations, floor %.0f",
				c.Client, c.Operation, c.Calls[i], c.Floors[i], c.Calls[i]/c.Floors[i], c.Allocations, c.FloorAllocations)
		}
		require.Positive(t, c.FloorAllocations, c.Client)
		require.Less(t, c.Allocations-c.FloorAllocations, float64(mostAllocations), c.Client)
	}
}

func TestConfig_TellsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := clients.Measure(t.Context(), clients.Config{Turns: -1, Only: []string{"ossclient"}})
	require.ErrorContains(t, err, `Only has "ossclient"`)
	require.ErrorContains(t, err, "Turns is -1")
	require.ErrorContains(t, err, "Calls is 0")
}
