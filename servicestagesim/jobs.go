package servicestagesim

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"slipway/internal/simframe"
)

// Values of the status of jobs and tasks.
const (
	jobSubmitted       = "SUBMITTED"
	jobRunning         = "RUNNING"
	jobSucceeded       = "SUCCEEDED"
	jobFailed          = "FAILED"
	jobPartiallyFailed = "PARTIALLY_FAILED"
	jobCancelled       = "CANCELLED"
	jobRollbacking     = "ROLLBACKING"
	jobRollbacked      = "ROLLBACKED"
)

// Values of job_type.
const (
	typeProvision   = "PROVISION"
	typeDeprovision = "DEPROVISION"
	typeDaily       = "DAILY_OPERATION"
)

// purpose is what a job is for: it decides what its end means.
type purpose string

const (
	forCreate      purpose = "create"
	forUpdate      purpose = "update"
	forGray        purpose = "gray"
	forContinue    purpose = "continue"
	forRollback    purpose = "rollback"
	forStart       purpose = "start"
	forStop        purpose = "stop"
	forRestart     purpose = "restart"
	forScale       purpose = "scale"
	forDelete      purpose = "delete"
	forSync        purpose = "sync"
	forAddon       purpose = "addon"
	forAddonDelete purpose = "addon-delete"
	forProvision   purpose = "provision"
)

// job is a change that takes time, task after task.
type job struct {
	ID      string  `json:"id"`
	Type    string  `json:"type"`
	Purpose purpose `json:"purpose"`
	// Operation is the one that began it.
	Operation string `json:"operation"`
	// Subject is the ID of the workload, the add-on or the environment that it is about.
	Subject string `json:"subject"`
	// Version is the release that it deploys.
	Version string    `json:"version,omitempty"`
	Created time.Time `json:"created"`
	// Number tells which of two jobs of the same time goes on first.
	Number uint64 `json:"number"`
	Status string `json:"status"`
	// At is the task that runs; -1 before the first.
	At    int     `json:"at"`
	Tasks []*task `json:"tasks"`
	// Due is when the next thing happens; zero when the job is over.
	Due time.Time `json:"due,omitzero"`
}

// task is a part of a job.
type task struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Index int      `json:"index"`
	Do    taskKind `json:"do"`
	// Count is how many replicas it is about.
	Count int `json:"count,omitempty"`
	// Hosts are the servers that it is about.
	Hosts  []string  `json:"hosts,omitempty"`
	Status string    `json:"status"`
	Detail string    `json:"detail,omitempty"`
	Begun  time.Time `json:"begun,omitzero"`
	Ended  time.Time `json:"ended,omitzero"`
	// Fails is how the task ends where it does not succeed.
	Fails *failure `json:"fails,omitempty"`
}

// failure is how a task fails: the status of its job, and the reason.
type failure struct {
	Status string `json:"status"`
	Detail string `json:"detail"`
}

// messages are those of a task: JSON in a text, empty braces when all is well. ECC00011 is the one code that the
// reference shows.
func (t *task) messages() string {
	if t.Detail == "" {
		return "{}"
	}
	text, err := json.Marshal(struct {
		Message string `json:"Message"`
		Detail  string `json:"Detail"`
	}{"ECC00011", t.Detail})
	if err != nil {
		return "{}" // two texts can always be encoded
	}
	return string(text)
}

// jobPlan is what a job is to be.
type jobPlan struct {
	purpose purpose
	kind    string
	subject string
	version string
	tasks   []*task
}

// start begins a job, with the faults that are meant for it. Tasks that change something are its batches.
func (c *call) start(plan jobPlan) *job {
	j := &job{
		ID: "JOB" + c.st.Draw("job"), Type: plan.kind, Purpose: plan.purpose, Operation: c.op.Name, Subject: plan.subject, Version: plan.version,
		Created: c.now, Number: c.st.Drawn, Status: jobSubmitted, At: -1, Tasks: plan.tasks, Due: c.now.Add(c.config.TaskTime),
	}
	target := c.st.Target(j.Operation, j.Subject)
	if queued := c.st.Faults.Take(target, FaultQueued); queued != nil {
		j.Due = j.Due.Add(queued.Delay)
	}
	batches := slices.Collect(func(yield func(*task) bool) {
		for _, t := range j.Tasks {
			if t.Do != taskWait && !yield(t) {
				return
			}
		}
	})
	for batch, fault := range c.st.Faults.TakeBatches(target, len(batches), FaultJobFails) {
		batches[batch-1].Fails = &failure{Status: cmp.Or(fault.Code, jobFailed), Detail: cmp.Or(fault.Message, "the task failed")}
	}
	for i, t := range j.Tasks {
		t.ID, t.Status = "Task-"+c.st.Draw("task"), jobSubmitted
		t.Index = 1 + 2*i // as those of the reference they have gaps
	}
	c.st.Jobs[j.ID] = j
	return j
}

// jobView is a job in an answer of version 3, in the spelling of its example.
type jobView struct {
	Status            string `json:"execution_status"`
	ID                string `json:"job_id"`
	Type              string `json:"job_type"`
	OrderID           string `json:"order_id"`
	ProjectID         string `json:"project_id"`
	ServiceInstanceID string `json:"service_instance_id"`
}

// taskView is a task in an answer of version 3.
type taskView struct {
	ID       string `json:"task_id"`
	Index    int    `json:"task_index"`
	Name     string `json:"task_name"`
	Status   string `json:"task_status"`
	Created  string `json:"created_at"`
	Updated  string `json:"update_at"`
	Messages string `json:"messages"`
}

func (j *job) show(t *task) taskView {
	begun := t.Begun
	if begun.IsZero() {
		begun = j.Created
	}
	updated := t.Ended
	if updated.IsZero() {
		updated = begun
	}
	return taskView{t.ID, t.Index, t.Name, t.Status, stamp(begun), stamp(updated), t.messages()}
}

// findJob finds the job that the path names.
func (c *call) findJob() (*job, *apiError) {
	id := c.params["job_id"]
	if j := c.st.Jobs[id]; j != nil {
		return j, nil
	}
	return nil, refuse(codeNoJob, simframe.Shorten(id))
}

// getJob serves GetJob. Without limit it has all tasks: clients look at the one whose number is task_count.
func getJob(c *call) (reply, *apiError) {
	j, refused := c.findJob()
	if refused != nil {
		return reply{}, refused
	}
	tasks := slices.Clone(j.Tasks)
	if strings.EqualFold(c.query.Get("desc"), "true") {
		slices.Reverse(tasks)
	}
	cut, refused := pageOf(c, tasks, len(tasks))
	if refused != nil {
		return reply{}, refused
	}
	shown := views(cut, j.show)
	return reply{body: map[string]any{
		"job":        jobView{Status: j.Status, ID: j.ID, Type: j.Type, ProjectID: c.config.ProjectID, ServiceInstanceID: j.Subject},
		"tasks":      shown,
		"task_count": len(j.Tasks),
	}}, nil
}
