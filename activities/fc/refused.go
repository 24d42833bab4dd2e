package fc

import (
	"context"

	"slipway/release"
)

const (
	noJobs    = "jobs"
	noTraffic = "traffic rules; strategy.weights says how much of the traffic the new version gets"
)

// BeginRestart is refused.
func (*Driver) BeginRestart(context.Context, release.BeginRestartInput) (release.Change, error) {
	return release.Change{}, noSuch("instances that could be restarted: it starts and ends them with the calls")
}

// ApplyTraffic is refused.
func (*Driver) ApplyTraffic(context.Context, release.ApplyTrafficInput) error {
	return noSuch(noTraffic)
}

// ClearTraffic is refused.
func (*Driver) ClearTraffic(context.Context, release.ClearTrafficInput) (release.ClearTrafficResult, error) {
	return release.ClearTrafficResult{}, noSuch(noTraffic)
}

// BeginJobUpdate is refused.
func (*Driver) BeginJobUpdate(context.Context, release.BeginJobUpdateInput) (release.Change, error) {
	return release.Change{}, noSuch(noJobs)
}

// RunJob is refused.
func (*Driver) RunJob(context.Context, release.RunJobInput) (release.JobRun, error) {
	return release.JobRun{}, noSuch(noJobs)
}

// ObserveRun is refused.
func (*Driver) ObserveRun(context.Context, release.ObserveRunInput) (release.JobRun, error) {
	return release.JobRun{}, noSuch(noJobs)
}

// StopRun is refused.
func (*Driver) StopRun(context.Context, release.StopRunInput) (release.JobRun, error) {
	return release.JobRun{}, noSuch(noJobs)
}
