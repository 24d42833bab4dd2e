package worker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/worker"
)

func TestConfigListsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Config{CallsPerSecond: -1, Deployment: worker.Deployment{Name: "slipway"}})
	for _, field := range []string{"Temporal", "JetStream", "SAE", "CallsPerSecond", "Deployment"} {
		require.ErrorContains(t, err, "Config."+field)
	}
}
