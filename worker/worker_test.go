package worker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/worker"
)

func TestConfigListsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Config{CallsPerSecond: -1})
	for _, field := range []string{"Temporal", "JetStream", "SAE", "CallsPerSecond"} {
		require.ErrorContains(t, err, "Config."+field)
	}
}
