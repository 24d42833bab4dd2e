package simframe_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestClocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		clocks := map[*simframe.Clock]time.Duration{simframe.FastClock(1): time.Minute, simframe.FastClock(10): 10 * time.Minute, simframe.FastClock(0.5): 30 * time.Second, simframe.SteppedClock(began): 0}
		time.Sleep(time.Minute) //nolint:forbidigo // the fake clock of the bubble
		for c, elapsed := range clocks {
			require.Equal(t, began.Add(elapsed), c.Now())
			now, err := c.Advance(time.Hour)
			require.NoError(t, err)
			require.Equal(t, began.Add(elapsed+time.Hour), now)
			_, err = c.Advance(-1)
			require.Error(t, err)
			_, err = c.Advance(math.MaxInt64)
			require.NoError(t, err, "three centuries")
			for err == nil {
				now, err = c.Advance(math.MaxInt64)
			}
			require.ErrorContains(t, err, "ends with the year 8999")
			require.Equal(t, now, c.Now(), "what is refused moves nothing")
			_, err = now.AddDate(200, 0, 0).MarshalJSON()
			require.NoError(t, err, "what is planned ahead can be written down")
			c.CatchUp(began)
			require.Equal(t, now, c.Now(), "it never goes back")
			c.CatchUp(now.Add(time.Hour))
			require.Equal(t, now.Add(time.Hour), c.Now())
		}
	})
}
