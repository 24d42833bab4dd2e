package waiting_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/bench/waiting"
)

// TestGray_ADayOfWaiting holds what docs/performance.md says: ten calls that do something, and then a look each five minutes.
func TestGray_ADayOfWaiting(t *testing.T) {
	t.Parallel()
	day, err := waiting.Gray(24 * time.Hour)
	require.NoError(t, err)
	week, err := waiting.Gray(7*24*time.Hour - time.Hour)
	require.NoError(t, err)
	require.Equal(t, waiting.Cost{Calls: 313, Looks: 303}, day)
	require.Equal(t, waiting.Cost{Calls: 2029, Looks: 2019}, week, "12 an hour")
	require.Equal(t, day.Calls-day.Looks, week.Calls-week.Looks, "waiting costs looks alone")
}

func TestGray_RefusesWhatNoReleaseWaits(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{-1, 0, 365 * 24 * time.Hour} {
		_, err := waiting.Gray(d)
		require.ErrorContains(t, err, "must be positive, and 168h0m0s at most")
	}
}
