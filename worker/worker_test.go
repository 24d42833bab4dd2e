package worker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/worker"
)

// An activity that waits for another one needs a slot beside it, and Temporal bounds the requests
// that wait for a task.
func TestWorker_TuningHasBounds(t *testing.T) {
	t.Parallel()
	for field, tuning := range map[string]worker.Tuning{
		"Activities must be from 2 to 1000000":      {Activities: 1},
		"WorkflowTasks must be from 2 to 1000000":   {WorkflowTasks: worker.MostSlots + 1},
		"ActivityPollers must be from 1 to 100":     {ActivityPollers: 101},
		"WorkflowPollers must be from 2 to 100":     {WorkflowPollers: 101},
		"CachedWorkflows must be from 1 to 1000000": {CachedWorkflows: worker.MostSlots + 1},
	} {
		require.ErrorContains(t, worker.Config{Tuning: tuning}.Validate(), "Config.Tuning."+field)
	}
	most := worker.Tuning{Activities: 2, WorkflowTasks: 2, ActivityPollers: 100, WorkflowPollers: 100, CachedWorkflows: worker.MostSlots}
	require.NotContains(t, worker.Config{Tuning: most}.Validate().Error(), "Tuning")
}

func TestWorker_ConfigListsEveryProblem(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Config{Platforms: []worker.Platform{{CallsPerSecond: -1}}, Deployment: worker.Deployment{Name: "slipway"}, Tuning: worker.Tuning{
		Activities: -1, WorkflowTasks: 1, ActivityPollers: -1, WorkflowPollers: 1, CachedWorkflows: -1,
	}})
	require.ErrorContains(t, worker.Config{}.Validate(), "Config.Platforms is missing")
	for _, field := range []string{
		"Tuning.Activities", "Tuning.WorkflowTasks", "Tuning.ActivityPollers", "Tuning.WorkflowPollers", "Tuning.CachedWorkflows",
		"Temporal", "JetStream", "Platforms[0] needs a name and a region", "Platforms[0].Driver", "Platforms[0].CallsPerSecond", "Deployment",
	} {
		require.ErrorContains(t, err, "Config."+field)
	}
}
