package workflows

import (
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// Register registers every workflow under its name in package release.
//
// Where workers are versioned, a release ends on the version it began on, however long
// it waits, while a lane, which may outlive any version, moves to the newest one.
func Register(r worker.WorkflowRegistry) {
	for name, fn := range map[string]any{
		release.WorkflowDeploy:             Deploy,
		release.WorkflowGrayRelease:        GrayRelease,
		release.WorkflowRollback:           Rollback,
		release.WorkflowRestart:            Restart,
		release.WorkflowRescale:            Rescale,
		release.WorkflowJob:                Job,
		release.WorkflowToggleScalingRules: ToggleScalingRules,
		release.WorkflowLane:               Lane,
		release.WorkflowWatchdog:           Watchdog,
		release.WorkflowReleaseSet:         ReleaseSet,
		release.WorkflowDelivery:           Delivery,
		release.WorkflowPlan:               Plan,
		release.WorkflowPromotion:          Promotion,
	} {
		behavior := workflow.VersioningBehaviorPinned
		if name == release.WorkflowLane {
			behavior = workflow.VersioningBehaviorAutoUpgrade
		}
		r.RegisterWorkflowWithOptions(fn, workflow.RegisterOptions{Name: name, VersioningBehavior: behavior})
	}
}
