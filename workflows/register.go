package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Register registers every workflow under its name in package release.
func Register(r worker.WorkflowRegistry) {
	for name, fn := range map[string]any{
		release.WorkflowDeploy:             Deploy,
		release.WorkflowGrayRelease:        GrayRelease,
		release.WorkflowRollback:           Rollback,
		release.WorkflowRestart:            Restart,
		release.WorkflowRescale:            Rescale,
		release.WorkflowToggleScalingRules: ToggleScalingRules,
		release.WorkflowLane:               Lane,
		release.WorkflowWatchdog:           Watchdog,
	} {
		r.RegisterWorkflowWithOptions(fn, workflow.RegisterOptions{Name: name})
	}
}
