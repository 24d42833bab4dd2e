package worker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/worker"
)

func TestConfigListsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Config{CallsPerSecond: -1, Deployment: worker.Deployment{Name: "slipway"}, Tuning: worker.Tuning{
		Activities: -1, WorkflowTasks: 1, ActivityPollers: -1, WorkflowPollers: 1, CachedWorkflows: -1,
	}})
	for _, field := range []string{
		"Tuning.Activities", "Tuning.WorkflowTasks", "Tuning.ActivityPollers", "Tuning.WorkflowPollers", "Tuning.CachedWorkflows",
		"Temporal", "JetStream", "SAE", "CallsPerSecond", "Deployment",
	} {
		require.ErrorContains(t, err, "Config."+field)
	}
}
