package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/activities/attempt"
)

// The SDK must not hold back the beats of a heartbeat timeout of ten seconds.
func TestWorker_BeatsReachTheServer(t *testing.T) {
	t.Parallel()
	attempts := attempt.New(attempt.Config{})
	options := Config{}.options(attempts)
	require.Contains(t, options.Interceptors, attempts)
	require.Positive(t, options.MaxHeartbeatThrottleInterval)
	require.Less(t, options.MaxHeartbeatThrottleInterval, 10*time.Second/3)
}

func TestWorker_TuningReachesTheSDK(t *testing.T) {
	t.Parallel()
	o := Config{Tuning: Tuning{Activities: 10, WorkflowTasks: 20, ActivityPollers: 3, WorkflowPollers: 4}}.options(attempt.New(attempt.Config{}))
	require.Equal(t, []int{10, 20, 3, 4}, []int{
		o.MaxConcurrentActivityExecutionSize, o.MaxConcurrentWorkflowTaskExecutionSize, o.MaxConcurrentActivityTaskPollers, o.MaxConcurrentWorkflowTaskPollers,
	})
}
