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

func TestClocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		clocks := map[*Clock]time.Duration{FastClock(1): time.Minute, FastClock(10): 10 * time.Minute, FastClock(0.5): 30 * time.Second, SteppedClock(began): 0}
		time.Sleep(time.Minute) //nolint:forbidigo // the fake clock of the bubble
		for c, elapsed := range clocks {
			require.Equal(t, began.Add(elapsed), c.Now())
			now, err := c.Advance(time.Hour)
			require.NoError(t, err)
			require.Equal(t, began.Add(elapsed+time.Hour), now)
			_, err = c.Advance(-1)
			require.Error(t, err)
			c.CatchUp(began)
			require.Equal(t, now, c.Now(), "it never goes back")
			c.CatchUp(now.Add(time.Hour))
			require.Equal(t, now.Add(time.Hour), c.Now())
		}
	})
}
