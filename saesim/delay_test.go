package saesim

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDelay measures wall time on the fake clock of a bubble.
func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := deployed(t, 2)
		for _, d := range []time.Duration{time.Second, 2 * time.Second} {
			h.fault(t, Fault{Kind: FaultDelay, Delay: d})
		}
		began := time.Now()
		h.must(t, "DescribeApplicationStatus")
		require.Equal(t, 3*time.Second, time.Since(began), "delays add up")
		h.must(t, "DescribeApplicationStatus")
		require.Equal(t, 3*time.Second, time.Since(began))
	})
}
