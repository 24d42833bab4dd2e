package cloud

import (
	"context"

	"slipway/release"
)

// What a platform does not have is refused before anything begins, by its traits. A driver that is asked for it all the
// same refuses it by them, too.

// NoSuch refuses what a platform does not have.
func NoSuch(t release.Traits, what string) error {
	return Refused(release.FaultInvalid, "%s has no %s", t.Name, what)
}

// PartIn refuses a part of an application where there are none.
func PartIn(t release.Traits, part string) error {
	if part == "" || t.PartID != nil {
		return nil
	}
	return Refused(release.FaultInvalid, "artifact.part: %s", t.Why("artifact.part"))
}

// TrafficIn refuses the traffic rules of a release where they mean nothing.
func TrafficIn(t release.Traits, rules *release.Traffic) error {
	if rules.Empty() || t.Takes("traffic") {
		return nil
	}
	return Refused(release.FaultInvalid, "traffic: %s", t.Why("traffic"))
}

// AskedOf refuses a snapshot that asks for what the platform does not have.
func AskedOf(t release.Traits, in release.SnapshotInput) error {
	switch {
	case in.Job != nil && !t.Job:
		return NoSuch(t, jobs)
	case in.Adopt != "" && !t.Adopt:
		return Refused(release.FaultInvalid, "adopt: %s", t.Why("adopt"))
	case in.Rescale != nil:
		return PartIn(t, in.Rescale.Part)
	case in.Traffic && !t.TrafficApart:
		return NoSuch(t, traffic)
	}
	return nil
}

const (
	jobs    = "jobs"
	traffic = "traffic rules that are set apart from a change"
)

// NoJobs are the verbs of a platform without jobs, for its driver to embed.
type NoJobs struct{ Of release.Traits }

// BeginJobUpdate is refused.
func (n NoJobs) BeginJobUpdate(context.Context, release.BeginJobUpdateInput) (release.Change, error) {
	return release.Change{}, NoSuch(n.Of, jobs)
}

// RunJob is refused.
func (n NoJobs) RunJob(context.Context, release.RunJobInput) (release.JobRun, error) {
	return release.JobRun{}, NoSuch(n.Of, jobs)
}

// ObserveRun is refused.
func (n NoJobs) ObserveRun(context.Context, release.ObserveRunInput) (release.JobRun, error) {
	return release.JobRun{}, NoSuch(n.Of, jobs)
}

// StopRun is refused.
func (n NoJobs) StopRun(context.Context, release.StopRunInput) (release.JobRun, error) {
	return release.JobRun{}, NoSuch(n.Of, jobs)
}

// NoTraffic are the verbs of a platform whose traffic rules are none, or a part of a change ([release.Traits]
// TrafficApart), for its driver to embed.
type NoTraffic struct{ Of release.Traits }

// ApplyTraffic is refused.
func (n NoTraffic) ApplyTraffic(context.Context, release.ApplyTrafficInput) error {
	return NoSuch(n.Of, traffic)
}

// ClearTraffic is refused.
func (n NoTraffic) ClearTraffic(context.Context, release.ClearTrafficInput) (release.ClearTrafficResult, error) {
	return release.ClearTrafficResult{}, NoSuch(n.Of, traffic)
}
