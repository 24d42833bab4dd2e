package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConfig_TheZeroValueIsAGoodOne(t *testing.T) {
	t.Parallel()
	require.NoError(t, Config{}.WithDefaults().Validate())
	err := Config{GiveUp: -1, Retry: time.Second, MostRetry: time.Millisecond, Send: time.Minute, AckWait: time.Second, Stale: -1, Drain: -1}.Validate()
	for _, field := range []string{"GiveUp", "MostRetry", "AckWait", "Stale", "Drain"} {
		require.ErrorContains(t, err, "Config."+field)
	}
	require.ErrorContains(t, Dependencies{Channels: []Channel{{}}}.validate(), "Dependencies.JetStream is missing")
}

// A delay doubles with each failure, has a bound, and is up to a quarter shorter.
func TestDelay(t *testing.T) {
	t.Parallel()
	n := &Notifier{cfg: Config{}.WithDefaults()}
	for failures, want := range map[uint64]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 10: 512 * time.Second, 11: 10 * time.Minute, 12: 10 * time.Minute,
		1000: 10 * time.Minute, 1 << 63: 10 * time.Minute,
	} {
		for range 100 {
			delay := n.delay(failures)
			require.LessOrEqual(t, delay, want, failures)
			require.GreaterOrEqual(t, delay, want-want/4-1, failures)
		}
	}
}
