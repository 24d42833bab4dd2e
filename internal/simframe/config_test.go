package simframe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/internal/simframe"
)

func TestClockOf(t *testing.T) {
	t.Parallel()
	given := simframe.SteppedClock(time.Now())
	require.Same(t, given, simframe.ClockOf(given, 0))
	require.InEpsilon(t, 1, simframe.ClockOf(nil, 0).Speed(), 0)
	require.InEpsilon(t, 10, simframe.ClockOf(nil, 10).Speed(), 0)
}

func TestKeysOf(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]string{"id": "secret"}, simframe.KeysOf(nil, "id", "secret"))
	given := map[string]string{"a": "b"}
	kept := simframe.KeysOf(given, "id", "secret")
	require.Equal(t, given, kept)
	clear(given)
	require.Len(t, kept, 1, "a copy")
}
