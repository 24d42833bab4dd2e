package saesim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	codeJobForbidden = "JobForbidPolicy"
	codeJobSuspended = "JobSuspend"
)

// States of a job run (SAE API reference ch. 13.2).
const (
	jobNotRun    = "0"
	jobSucceeded = "1"
	jobFailed    = "2"
	jobRunning   = "3"
)

// maxJobInstances keeps the instances of a job run inside what an application may
// have.
const maxJobInstances = maxReplicas

// jobHandlers are the operations on jobs (SAE API reference ch. 13).
func jobHandlers() map[string]handler {
	return map[string]handler{"ExecJob": execJob, "DescribeJobStatus": describeJob}
}

// A JobTemplate is how the runs of an application as a job behave. The API of this
// version has no operation that makes a template; every application is one.
type JobTemplate struct {
	// Instances is how many instances a run has; 0 means 1.
	Instances int `json:"instances,omitempty"`
	// Forbid refuses a run while another is unfinished.
	Forbid bool `json:"forbid,omitempty"`
	// Suspended refuses every run.
	Suspended bool `json:"suspended,omitempty"`
}

// Validate tells what is wrong with the template.
func (t JobTemplate) Validate() error {
	if t.Instances < 0 || t.Instances > maxJobInstances {
		return fmt.Errorf("instances: must be from 0 to %d, is %d", maxJobInstances, t.Instances)
	}
	return nil
}

// job is one run of a job.
type job struct {
	ID        string    `json:"id"`
	EventID   string    `json:"eventId,omitempty"`
	Instances int       `json:"instances"`
	StartsAt  time.Time `json:"startsAt"`
	// EndsAt is zero for a run that hangs.
	EndsAt time.Time `json:"endsAt,omitzero"`
	Fails  bool      `json:"fails,omitempty"`
	// Config is what the run was told to execute, and with what environment.
	Config map[string]string `json:"config,omitempty"`
}

// state is the run's state at a time.
func (j *job) state(now time.Time) string {
	switch {
	case now.Before(j.StartsAt):
		return jobNotRun
	case j.EndsAt.IsZero() || now.Before(j.EndsAt):
		return jobRunning
	case j.Fails:
		return jobFailed
	}
	return jobSucceeded
}

func (j *job) finished(now time.Time) bool {
	state := j.state(now)
	return state == jobSucceeded || state == jobFailed
}

type execJobData struct {
	Data    string
	Msg     string
	Success string
	Code    string
}

// execJob serves ExecJob (SAE API reference ch. 13.1). An event ID that was used
// before answers with the run it made. A run waits for a quarter of the time of a
// batch and takes as long as one.
func execJob(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	event := c.arg("EventId")
	for _, j := range app.Jobs {
		if event != "" && j.EventID == event {
			return jobStarted(j), nil
		}
	}
	if app.Job.Suspended {
		return nil, refuse(codeJobSuspended)
	}
	for _, j := range app.Jobs {
		if app.Job.Forbid && !j.finished(c.now) {
			return nil, refuse(codeJobForbidden)
		}
	}
	j := &job{
		ID: "manual-" + c.st.draw("job"), EventID: event, Instances: max(c.integerOr("Replicas", app.Job.Instances), 1), StartsAt: c.now.Add(c.batch / 4),
		Config: c.settings("AppId", "EventId", "Replicas"),
	}
	j.EndsAt = j.StartsAt.Add(c.batch)
	switch c.st.takeTrouble(c.op.Name, app.ID, 1)[1] {
	case FaultHang:
		j.EndsAt = time.Time{}
	case FaultBatchFails, FaultSystemFails:
		j.Fails = true
	case FaultDelay, FaultDelayAfter, FaultArrivesLate, FaultDropBefore, FaultDropAfter, FaultTruncate, FaultError, FaultErrorAfter,
		FaultApproval, FaultNoRollback, FaultLate, FaultLateInList:
	}
	app.Jobs = append(app.Jobs, j)
	return jobStarted(j), nil
}

func jobStarted(j *job) execJobData {
	return execJobData{Data: j.ID, Msg: "success", Success: "true", Code: "200"}
}

type jobData struct {
	JobID          string `json:"JobId"`
	Active         int64
	Succeeded      int64
	Failed         int64
	StartTime      int64
	CompletionTime int64 `json:",omitempty"`
	Message        string
	State          string
}

// describeJob serves DescribeJobStatus (SAE API reference ch. 13.2); without a JobId
// it describes the last run (reading). Its times are in seconds.
func describeJob(c *call) (any, *apiError) {
	app, refused := c.app()
	if refused != nil {
		return nil, refused
	}
	id := c.arg("JobId")
	for _, j := range slices.Backward(app.Jobs) {
		if id == "" || j.ID == id {
			return j.show(c.now), nil
		}
	}
	if id != "" {
		return nil, refuse(codeObviously, "JobId")
	}
	return jobData{State: jobNotRun}, nil
}

// show describes a run. One instance of a run that fails fails.
func (j *job) show(now time.Time) jobData {
	data := jobData{JobID: j.ID, State: j.state(now)}
	n := int64(j.Instances)
	switch data.State {
	case jobRunning:
		data.Active, data.StartTime, data.Message = n, j.StartsAt.Unix(), "running"
	case jobSucceeded:
		data.Succeeded, data.StartTime, data.CompletionTime, data.Message = n, j.StartsAt.Unix(), j.EndsAt.Unix(), "success"
	case jobFailed:
		data.Failed, data.Succeeded, data.StartTime, data.CompletionTime, data.Message = 1, n-1, j.StartsAt.Unix(), j.EndsAt.Unix(), "failed"
	}
	return data
}

// SetJobTemplate decides how later runs of an application as a job behave.
func (s *Simulator) SetJobTemplate(appID string, t JobTemplate) error {
	if err := t.Validate(); err != nil {
		return fmt.Errorf("saesim: job: %w", err)
	}
	return s.withApp(appID, func(app *application) error {
		app.Job = t
		return s.save()
	})
}

func (s *Simulator) adminJob(w http.ResponseWriter, r *http.Request) {
	var t JobTemplate
	if s.admin().ReadJSON(w, r, &t) {
		s.admin().WriteDone(w, s.SetJobTemplate(r.PathValue("id"), t))
	}
}

// jobsConsistent checks that handlers can rely on what was read from a file.
func (a *application) jobsConsistent() error {
	for _, j := range a.Jobs {
		if j == nil || j.Instances < 1 || j.Instances > maxJobInstances {
			return errors.New("a job is null or has a wrong number of instances")
		}
	}
	return a.Job.Validate()
}
