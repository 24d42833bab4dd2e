package saesim

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestConcurrency_OneOfManyDeploymentsIsAccepted calls from many sides at once.
func TestConcurrency_OneOfManyDeploymentsIsAccepted(t *testing.T) {
	t.Parallel()
	h := deployed(t, 4)
	var group sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		group.Go(func() {
			statuses[i] = h.call(t, opDeploy, "ImageUrl", "registry.test/shop:2").status
			h.call(t, "ListChangeOrders")
			h.sim.Calls()
			h.sim.Orders("")
			_, _ = h.sim.Advance(time.Nanosecond)
		})
	}
	group.Wait()
	accepted := 0
	for _, status := range statuses {
		if status == 200 {
			accepted++
		}
	}
	require.Equal(t, 1, accepted)
	require.Len(t, h.sim.Orders(h.app), 2)
}
