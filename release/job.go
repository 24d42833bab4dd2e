package release

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Job is what a release of operation job does with a job template besides bringing an artifact.
type Job struct {
	// Run executes the job once: after the artifact, where the release brings one.
	Run bool `json:"run"`
	// Command is what this run executes instead of the template's command, and Args are its
	// arguments; both are the template's where they are left out.
	Command []string `json:"command,omitempty"`
	Args    []string `json:"args,omitempty"`
	// Variables are environment variables of this run, merged by name with those of the template.
	Variables []Variable `json:"variables,omitempty"`
	// Instances is on how many instances it runs; 0 is as many as the template says.
	Instances int         `json:"instances,omitempty"`
	Runtime   *JobRuntime `json:"runtime,omitempty"`
}

// JobRuntime is how this run starts a code package instead of how the template does.
type JobRuntime struct {
	// Options are what the Java machine is started with, and Args the arguments of the program;
	// an empty text leaves the template's.
	Options string `json:"options,omitempty"`
	Args    string `json:"args,omitempty"`
}

// Runs reports whether the release executes a job.
func (s Spec) Runs() bool { return s.Job != nil && s.Job.Run }

// jobTitle says in a few words what is done with a job.
func (s Spec) jobTitle() string {
	switch {
	case s.Artifact == Artifact{}:
		return "run the job"
	case s.Runs():
		return "bring " + s.Artifact.Public() + " to the job and run it"
	default:
		return "bring " + s.Artifact.Public() + " to the job"
	}
}

// JobQuestion asks for a job template instead of an application.
type JobQuestion struct {
	// Run is the run that a release will ask for. One that the template does not allow is
	// FaultInvalid.
	Run *Job `json:"run,omitempty"`
}

// JobSnapshot is what a [Snapshot] has of a job template besides.
type JobSnapshot struct {
	// Runs marks the newest run of the template.
	Runs Mark `json:"runs,omitempty"`
}

// RunState is the state of a run of a job.
type RunState string

// The states of a run.
const (
	RunPending   RunState = "pending"
	RunRunning   RunState = "running"
	RunSucceeded RunState = "succeeded"
	RunFailed    RunState = "failed"
	// RunStopped was ended by the release before it was over.
	RunStopped RunState = "stopped"
	// RunGone is not known to the platform any more, before its end was seen.
	RunGone RunState = "gone"
)

// Ended reports whether the run is over, or nothing more will be known of it.
func (s RunState) Ended() bool { return s != "" && s != RunPending && s != RunRunning }

// JobRun is one run of a job, as the platform shows it.
type JobRun struct {
	// ID is the platform's own ID of the run.
	ID    string   `json:"id"`
	State RunState `json:"state"`
	// Message is the platform's own explanation.
	Message   string    `json:"message,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	// Active, Succeeded and Failed count its instances. An instance that fails may be tried again.
	Active    int64 `json:"active,omitempty"`
	Succeeded int64 `json:"succeeded,omitempty"`
	Failed    int64 `json:"failed,omitempty"`
}

// Text names the run and says how it stands, with the platform's explanation where it failed.
func (r JobRun) Text() string {
	s := fmt.Sprintf("run %s of the job ", r.ID)
	switch r.State {
	case RunPending:
		return s + "has not begun yet"
	case RunRunning:
		return s + "is running"
	case RunSucceeded:
		return s + "succeeded"
	case RunFailed:
		return s + strings.TrimSuffix("failed: "+r.Message, ": ")
	case RunStopped:
		return s + "was stopped"
	case RunGone:
		return s + "is not known to the platform any more"
	}
	return s + "is in an unknown state"
}

// jobAbortDoes says what an abort does to a job whose release has begun to change something.
func (p Progress) jobAbortDoes() string {
	switch {
	case p.Phase == PhaseRunning && p.ChangeID != "":
		return "stops the run and returns to " + p.before()
	case p.Phase == PhaseRunning:
		return "stops the run"
	default:
		return "stops it and returns to " + p.before()
	}
}

// BeginJobUpdateInput asks for the change that brings an artifact to a job template.
type BeginJobUpdateInput struct {
	App      App      `json:"app"`
	Artifact Artifact `json:"artifact"`
	Mark     Mark     `json:"mark,omitempty"`
	// Override passes over a freeze: always set on a release's own way back.
	Override bool `json:"override,omitempty"`
	// Again tells that an earlier call of the step was declined: see [FaultDeclined].
	Again bool `json:"again,omitempty"`
}

// Retried is the input of the next call after one that was declined: it looks first for the
// change of that one.
func (in BeginJobUpdateInput) Retried() any {
	in.Again = true
	return in
}

// RunJobInput asks for one run of a job.
type RunJobInput struct {
	App App `json:"app"`
	// Key names the run: the platform makes one run for a key, however often it is asked.
	Key string `json:"key"`
	Job Job    `json:"job"`
	// Override passes over a freeze.
	Override bool `json:"override,omitempty"`
}

// ObserveRunInput asks for what is new of a run.
type ObserveRunInput struct {
	App App `json:"app"`
	// Seen is the run as it was seen last; of one that was not seen, its ID.
	Seen JobRun `json:"seen"`
}

// StopRunInput ends a run that is not over. No freeze holds that.
type StopRunInput struct {
	App   App    `json:"app"`
	RunID string `json:"runId"`
}

// job checks what a release of a job needs, and what has no meaning to it.
func (v *validator) job(s Spec) {
	if s.Operation != OperationJob {
		v.check(s.Job == nil, "job", "has no meaning for a %s; use operation job", cmp.Or(s.Operation, OperationRelease))
		return
	}
	switch {
	case s.Artifact != Artifact{}:
		v.artifact(s.Artifact)
	default:
		v.check(s.Runs(), "artifact", "give what to bring to the job, or job.run to run it, or both")
	}
	v.check(s.Config == nil, "config", "has no meaning for a job: only its artifact is changed, and a run has its own variables and command under job")
	v.check(s.Scaling.Suspended() == v.on.Suspends, "scaling.suspend", "has no meaning for a job, which has no scaling rules; leave it out")
	for _, of := range []struct {
		field string
		given *int
	}{
		{"strategy.minReadyInstances", s.Strategy.MinReadyInstances},
		{"strategy.minReadyRatio", s.Strategy.MinReadyRatio},
		{"strategy.maxSurge", s.Strategy.MaxSurge},
		{"strategy.maxSurgeRatio", s.Strategy.MaxSurgeRatio},
	} {
		v.check(of.given == nil, of.field, "has no meaning for a job, which has no instances between its runs; leave it out")
	}
	if s.Job != nil {
		v.jobRun(*s.Job)
	}
}

func (v *validator) jobRun(j Job) {
	v.check(j.Run, "job.run", "must be true: the other fields say how the job runs")
	v.check(j.Instances >= 0 && j.Instances <= maxInstances, "job.instances", "must be 1-%d, or left out for as many as the template says", maxInstances)
	for i, word := range j.Command {
		v.word(fmt.Sprintf("job.command[%d]", i), word)
	}
	v.variables("job.variables", j.Variables, false)
	for i, variable := range j.Variables {
		v.check(!variable.Show, place("job.variables", i)+".show", "has no meaning here: the variables of a run are never shown")
	}
}
