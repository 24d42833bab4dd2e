package servicestage

import (
	"context"

	"slipway/activities/cloud"
	"slipway/release"
)

const (
	noJobs    = "jobs"
	noTraffic = "traffic rules of an application; traffic.headers says which requests the gray batch gets, and is a part of the release"
	noRules   = "scaling rules; operation rescale changes the number of instances"
)

// noSuch refuses what ServiceStage does not have.
func noSuch(what string) error {
	return cloud.Refused(release.FaultInvalid, "ServiceStage has no %s", what)
}

// ApplyTraffic is refused.
func (*Driver) ApplyTraffic(context.Context, release.ApplyTrafficInput) error {
	return noSuch(noTraffic)
}

// ClearTraffic is refused.
func (*Driver) ClearTraffic(context.Context, release.ClearTrafficInput) (release.ClearTrafficResult, error) {
	return release.ClearTrafficResult{}, noSuch(noTraffic)
}

// SetScaling is refused.
func (*Driver) SetScaling(context.Context, release.SetScalingInput) (release.SetScalingResult, error) {
	return release.SetScalingResult{}, noSuch(noRules)
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

// Instances is refused: no operation lists the instances of a component, or gives their addresses.
func (*Driver) Instances(context.Context, release.InstancesInput) ([]release.Instance, error) {
	return nil, noSuch("list of a component's instances, so that no gate can ask them; give a gate the address of the component")
}

// InstanceLog is refused for the same reason.
func (*Driver) InstanceLog(context.Context, release.InstanceLogInput) (string, error) {
	return "", noSuch("list of a component's instances, and no logs of them")
}

// noParts refuses a part.
func noParts() error {
	return cloud.Refused(release.FaultInvalid, "artifact.part: has no meaning on ServiceStage, where a component has no parts; leave it out")
}
