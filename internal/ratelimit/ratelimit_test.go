package ratelimit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"slipway/internal/ratelimit"
)

func begin() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// Who has to wait takes nothing meanwhile.
func TestTake(t *testing.T) {
	t.Parallel()
	l := rate.NewLimiter(rate.Every(time.Minute), 2)
	require.Zero(t, ratelimit.Take(l, begin()))
	require.Zero(t, ratelimit.Take(l, begin()))
	for range 3 {
		require.Equal(t, time.Minute, ratelimit.Take(l, begin()))
	}
	require.Equal(t, 30*time.Second, ratelimit.Take(l, begin().Add(30*time.Second)))
	require.Zero(t, ratelimit.Take(l, begin().Add(time.Minute)))
}

func TestKeyed(t *testing.T) {
	t.Parallel()
	k := ratelimit.NewKeyed(rate.Every(time.Minute), 1, 2)
	require.Zero(t, k.Take("a", begin()))
	require.Zero(t, k.Take("b", begin()), "each key has its own")
	require.Equal(t, time.Minute, k.Take("a", begin()))
	require.Zero(t, k.Take("c", begin()), "those that are too many share one")
	require.Equal(t, time.Minute, k.Take("d", begin()))
	later := begin().Add(2 * time.Minute)
	require.Zero(t, k.Take("a", later))
	require.Zero(t, k.Take("d", later), "b had nothing to wait for and is forgotten")
	require.Equal(t, time.Minute, k.Take("d", later))
	require.Equal(t, time.Minute, k.Take("a", later), "a has, and is not")
}
