package saesim

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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

// Values of ConcurrencyPolicy.
const (
	concurrencyForbid  = "Forbid"
	concurrencyReplace = "Replace"
)

const (
	opExecJob    = "ExecJob"
	paramJobID   = "JobId"
	paramTime    = "Time"
	jobReplaced  = "replaced by a later run"
	jobTimedOut  = "timeout"
	jobFailure   = "failed"
	jobTriggered = "manual-"
)

// jobHandlers are the operations on runs of jobs: two of the SAE API reference (ch. 13), and
// two that only today's service has.
func jobHandlers() map[string]handler {
	return map[string]handler{
		opExecJob:            execJob,
		"DescribeJobStatus":  describeJobStatus,
		"DescribeJobHistory": describeJobHistory,
		"DeleteHistoryJob":   deleteHistoryJob,
	}
}

// A JobTemplate is how the runs of an application as a job behave: every application can
// be run as one. Runs of a job template that CreateJob made behave as its settings say.
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

// jobPolicy is how runs behave.
type jobPolicy struct {
	instances   int
	concurrency string
	// backoff is how often a run that fails is repeated.
	backoff int
	// timeout is the longest that a run takes; 0 means any time.
	timeout   time.Duration
	suspended bool
}

// jobPolicy is how the application's runs behave.
func (a *application) jobPolicy() jobPolicy {
	p := jobPolicy{instances: max(a.Job.Instances, 1), suspended: a.Job.Suspended}
	if a.Job.Forbid {
		p.concurrency = concurrencyForbid
	}
	if !a.Template {
		return p
	}
	config := args(a.settings())
	p.instances, p.concurrency = min(max(runInstances(config), 1), maxJobInstances), config["ConcurrencyPolicy"]
	p.backoff = min(max(config.integerOr("BackoffLimit", 0), 0), maxBackoff)
	p.timeout = time.Duration(min(max(config.integerOr("Timeout", 0), 0), maxTimeout)) * time.Second
	return p
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
	// FailedAt is when an instance failed, for each attempt that failed.
	FailedAt []time.Time `json:"failedAt,omitempty"`
	// Stopped is why the run was ended before it was over, or empty.
	Stopped string `json:"stopped,omitempty"`
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

// stop ends a run that is not over. One that has not begun never ran.
func (j *job) stop(at time.Time, why string) {
	j.EndsAt, j.Fails, j.Stopped = at, true, why
	if at.Before(j.StartsAt) {
		j.StartsAt = at
	}
	j.FailedAt = slices.DeleteFunc(j.FailedAt, func(failed time.Time) bool { return failed.After(at) })
}

// play decides how a run goes: an attempt takes as long as a batch, and one that fails is
// repeated as often as the policy says.
func (j *job) play(each time.Duration, p jobPolicy, faults map[int]FaultKind) {
	at := j.StartsAt
	for attempt := 1; ; attempt++ {
		fault, broken := faults[attempt]
		if broken && fault == FaultHang {
			break
		}
		at = at.Add(each)
		if broken {
			j.FailedAt = append(j.FailedAt, at)
		}
		if !broken || attempt > p.backoff {
			j.EndsAt, j.Fails = at, broken
			break
		}
	}
	if limit := j.StartsAt.Add(p.timeout); p.timeout > 0 && (j.EndsAt.IsZero() || limit.Before(j.EndsAt)) {
		j.stop(limit, jobTimedOut)
	}
}

type execJobData struct {
	Data    string
	Msg     string
	Success string
	Code    string
}

// execJob serves ExecJob (SAE API reference ch. 13.1). An event ID that was used
// before answers with the run it made. A run waits for a quarter of the time of a
// batch, or until Time, and takes as long as a batch.
func execJob(c *call) (any, *apiError) {
	app, refused := c.workload()
	if refused != nil {
		return nil, refused
	}
	event, told := c.arg("EventId"), c.settings("AppId", "EventId", "Replicas", paramTime)
	for _, j := range app.Jobs {
		if event != "" && j.EventID == event {
			c.applies("Replicas", paramTime) // as all else: to the run that there is
			return jobStarted(j), nil
		}
	}
	policy := app.jobPolicy()
	j := &job{EventID: event, Config: told}
	if j.Instances, refused = c.runReplicas(policy); refused != nil {
		return nil, refused
	}
	if j.StartsAt, refused = c.runTime(); refused != nil {
		return nil, refused
	}
	if policy.suspended {
		return nil, refuse(codeJobSuspended)
	}
	for _, other := range app.Jobs {
		switch {
		case other.finished(c.now):
		case policy.concurrency == concurrencyForbid:
			return nil, refuse(codeJobForbidden)
		case policy.concurrency == concurrencyReplace:
			other.stop(c.now, jobReplaced)
		}
	}
	j.ID = jobTriggered + c.st.Draw("job")
	j.play(c.batch, policy, c.st.takeBatchFaults(c.op.Name, app.ID, policy.backoff+1))
	app.Jobs = append(app.Jobs, j)
	app.forgetRuns(c.now)
	return jobStarted(j), nil
}

// maxRuns is how many runs of an application or a template are kept.
const maxRuns = 1000

// forgetRuns drops the oldest runs beyond those that are kept, of those that are over:
// the whole state is written down after each call (reading).
func (a *application) forgetRuns(now time.Time) {
	beyond := len(a.Jobs) - maxRuns
	a.Jobs = slices.DeleteFunc(a.Jobs, func(j *job) bool {
		forgotten := beyond > 0 && j.finished(now)
		if forgotten {
			beyond--
		}
		return forgotten
	})
}

// runReplicas is how many instances a run has: a text, in this operation.
func (c *call) runReplicas(p jobPolicy) (int, *apiError) {
	if text := c.arg("Replicas"); text != "" {
		return parseRunReplicas(text)
	}
	return p.instances, nil
}

// parseRunReplicas reads a number of instances that is sent as a text.
func parseRunReplicas(text string) (int, *apiError) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil || n < 1:
		return 0, invalidParameter("Replicas", "it must be a number, and at least 1")
	case n > maxJobInstances:
		return 0, refuse(codeAppQuota, maxJobInstances)
	}
	return n, nil
}

// maxAhead is how far ahead a run can be planned: times beyond the year 9999 have no JSON,
// and the state is written as JSON (reading).
const maxAhead = 10 * 366 * 24 * time.Hour

// runTime is when a run begins: at Time, or at once when that has passed.
func (c *call) runTime() (time.Time, *apiError) {
	soon, text := c.now.Add(c.batch/4), c.arg(paramTime)
	if text == "" {
		return soon, nil
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", text)
	if err != nil {
		return soon, invalidParameter(paramTime, "it must be UTC, like 2006-01-02T15:04:05Z")
	}
	switch {
	case at.Before(soon):
		return soon, nil
	case at.After(c.now.Add(maxAhead)):
		return soon, invalidParameter(paramTime, "it must be within ten years")
	}
	return at, nil
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

// describeJobStatus serves DescribeJobStatus (SAE API reference ch. 13.2); without a
// JobId it describes the last run (reading). Its times are in seconds.
func describeJobStatus(c *call) (any, *apiError) {
	app, refused := c.workload()
	if refused != nil {
		return nil, refused
	}
	j, refused := c.run(app)
	if refused != nil {
		return nil, refused
	}
	return j.show(c.now), nil
}

// run is the run of an application that a call names, or the last one, which is nil when
// there was none.
func (c *call) run(app *application) (*job, *apiError) {
	id := c.arg(paramJobID)
	for _, j := range slices.Backward(app.Jobs) {
		if id == "" || j.ID == id {
			return j, nil
		}
	}
	if id != "" {
		return nil, refuse(codeObviously, paramJobID)
	}
	return nil, nil //nolint:nilnil // nothing has run, which is no error
}

// show describes a run; one that is nil is one that never was. One instance of an attempt
// that fails fails, and all of a run that is stopped.
func (j *job) show(now time.Time) jobData {
	if j == nil {
		return jobData{State: jobNotRun}
	}
	data := jobData{JobID: j.ID, State: j.state(now)}
	n := int64(j.Instances)
	if data.State != jobNotRun {
		data.StartTime = j.StartsAt.Unix()
	}
	for _, at := range j.FailedAt {
		if !now.Before(at) {
			data.Failed++
		}
	}
	switch data.State {
	case jobRunning:
		data.Active, data.Message = n, "running"
	case jobSucceeded:
		data.Succeeded, data.CompletionTime, data.Message = n, j.EndsAt.Unix(), "success"
	case jobFailed:
		data.Succeeded, data.CompletionTime, data.Message = n-1, j.EndsAt.Unix(), jobFailure
		if j.Stopped != "" {
			data.Succeeded, data.Failed, data.Message = 0, data.Failed+n, j.Stopped
		}
	}
	return data
}

type jobHistoryData struct {
	CurrentPage int
	Jobs        []jobData
	PageSize    int
	TotalSize   int
}

// describeJobHistory serves DescribeJobHistory, the newest run first (reading).
func describeJobHistory(c *call) (any, *apiError) {
	app, refused := c.workload()
	if refused != nil {
		return nil, refused
	}
	runs, state := []jobData{}, c.arg("State")
	for _, j := range slices.Backward(app.Jobs) {
		if state == "" || j.state(c.now) == state {
			runs = append(runs, j.show(c.now))
		}
	}
	p := c.page(defaultPageSize)
	return jobHistoryData{CurrentPage: p.Number, Jobs: cut(runs, p), PageSize: p.Size, TotalSize: len(runs)}, nil
}

// deleteHistoryJob serves DeleteHistoryJob. A run that is not over ends with its record
// (reading).
func deleteHistoryJob(c *call) (any, *apiError) {
	app, refused := c.workload()
	if refused != nil {
		return nil, refused
	}
	j, refused := c.run(app)
	if refused != nil {
		return nil, refused
	}
	app.Jobs = slices.DeleteFunc(app.Jobs, func(x *job) bool { return x == j })
	return done, nil
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
