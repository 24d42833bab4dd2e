package servicestagesim

import (
	"slices"

	"slipway/internal/simframe"
)

// actionBody is the body of componentAction.
type actionBody struct {
	Action     string `json:"action"`
	Parameters struct {
		Replica *integer `json:"replica"`
		Hosts   []string `json:"hosts"`
		Version string   `json:"version"`
	} `json:"parameters"`
}

// An action begins a job, or answers at once with a result.
type action func(c *call, id string, w *workload, in actionBody) (reply, *apiError)

// actions are those of version 3 by their names [4.3.8, 8.3].
func actions() map[string]action {
	return map[string]action{
		"start":              startWorkload,
		"stop":               stopWorkload,
		"restart":            restartWorkload,
		"scale":              scaleWorkload,
		"rollback":           rollbackTo,
		"rollback_current":   rollbackCurrent,
		"continue_deploy":    continueDeploy,
		"check_gray_release": checkGray,
		"modify_gray_rule":   modifyGray,
		"sync_workload":      syncWorkload,
	}
}

// componentAction serves ComponentAction. Parameters that an action does not need are passed over, as the example of
// the reference sends them all.
func componentAction(c *call) (reply, *apiError) {
	of, refused := c.component()
	if refused != nil {
		return reply{}, refused
	}
	var in actionBody
	if refused := c.decode(&in, bodyRule{free: []string{"action"}}); refused != nil {
		return reply{}, refused
	}
	act := actions()[in.Action]
	if act == nil {
		return reply{}, refuse(codeNoAction, simframe.Shorten(in.Action))
	}
	return act(c, of.ID, &of.workload, in)
}

// act begins the job of an action.
func (c *call) act(w *workload, phase string, plan jobPlan) (reply, *apiError) {
	j := c.start(plan)
	w.occupy(j, phase, c.now)
	return reply{body: map[string]string{"job_id": j.ID, "component_id": plan.subject}}, nil
}

// whole is a job of a workload as it is, with one task.
func whole(p purpose, id string, do taskKind) jobPlan {
	return jobPlan{purpose: p, kind: typeDaily, subject: id, tasks: []*task{waiting("SEPARATOR_PREPARE_RESOURCES"), {Name: "SEPARATOR_OPERATING", Do: do}}}
}

func startWorkload(c *call, id string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.among(c.st, statusStopped); refused != nil {
		return reply{}, refused
	}
	return c.act(w, statusStarting, whole(forStart, id, taskStart))
}

func stopWorkload(c *call, id string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.among(c.st, statusRunning, statusPending); refused != nil {
		return reply{}, refused
	}
	return c.act(w, statusStopping, whole(forStop, id, taskStop))
}

func restartWorkload(c *call, id string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.among(c.st, statusRunning, statusPending); refused != nil {
		return reply{}, refused
	}
	return c.act(w, statusRestarting, whole(forRestart, id, taskRestart))
}

// scaleWorkload changes the number of replicas, on virtual machines by the list of servers.
func scaleWorkload(c *call, id string, w *workload, in actionBody) (reply, *apiError) {
	var k checker
	count := in.Parameters.Replica.value()
	if w.release(w.Version).Spec.Stack.DeployMode == modeVM {
		k.check(len(in.Parameters.Hosts) > 0, "parameters.hosts must be given for virtual machines")
		count = len(in.Parameters.Hosts)
	} else {
		k.check(in.Parameters.Replica != nil, "parameters.replica must be given")
	}
	k.check(count >= 0 && count <= maxReplica, "parameters.replica must be from 0 to %d, is %d", maxReplica, count)
	if refused := k.refusal(); refused != nil {
		return reply{}, refused
	}
	if refused := w.among(c.st, statusRunning, statusPending); refused != nil {
		return reply{}, refused
	}
	plan := whole(forScale, id, taskScale)
	plan.tasks[1].Count = count
	plan.tasks[1].Hosts = slices.Clone(in.Parameters.Hosts)
	return c.act(w, statusUpgrading, plan)
}

// rollbackTo goes back to the version of an earlier record.
func rollbackTo(c *call, id string, w *workload, in actionBody) (reply, *apiError) {
	version := in.Parameters.Version
	if version == "" {
		return reply{}, refuse(codeInvalid, "parameters.version must be given")
	}
	if refused := w.mayRollBack(c.st); refused != nil {
		return reply{}, refused
	}
	target := w.release(version)
	switch {
	case target == nil:
		return reply{}, refuse(codeNoSnapshot, simframe.Shorten(version))
	case !target.Promoted:
		return reply{}, refuse(codeWrongStatus, "version "+version+" was never in service")
	case w.Version == version && w.Phase == "":
		return reply{}, refuse(codeWrongStatus, "version "+version+" is in service")
	}
	return c.rollBack(id, w, target)
}

// rollbackCurrent goes back to the version before the last release, once.
func rollbackCurrent(c *call, id string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.mayRollBack(c.st); refused != nil {
		return reply{}, refused
	}
	if w.Previous == "" {
		return reply{}, refuse(codeWrongStatus, "there is no version before the last release to go back to")
	}
	return c.rollBack(id, w, w.release(w.Previous))
}

// mayRollBack refuses to go back while something goes on that does not wait for a decision.
func (w *workload) mayRollBack(s *state) *apiError {
	if w.Phase == statusGraying {
		return nil
	}
	return w.among(s, statusRunning, statusPending, statusFailed, statusPartiallyFailed)
}

// rollBack begins a rollback. Where the version in service is the wanted one, what was released beside it goes; otherwise
// all replicas are replaced at once.
func (c *call) rollBack(id string, w *workload, target *release) (reply, *apiError) {
	if left := w.release(w.Version); left != target {
		left.Status = jobRollbacking
	}
	tasks := []*task{waiting("SEPARATOR_PREPARE_RESOURCES")}
	if w.Serving.Version == target.Version {
		tasks = append(tasks, &task{Name: "SEPARATOR_ROLLBACK", Do: taskReturn})
	} else {
		tasks = append(tasks, &task{Name: "SEPARATOR_ROLLBACK", Do: taskReplace, Count: w.Replica})
		w.Next = replicas{Version: target.Version}
	}
	plan := jobPlan{purpose: forRollback, kind: typeDaily, subject: id, version: target.Version, tasks: tasks}
	answer, refused := c.act(w, statusUpgrading, plan)
	w.Version = target.Version
	target.recordJob(w.LastJob, strategy{Type: oneBatch}, w.Replica)
	return answer, refused
}

// paused refuses what only a gray release that waits for a decision can do.
func (w *workload) paused(s *state) *apiError {
	if w.Phase == statusGraying {
		return nil
	}
	return refuse(codeWrongStatus, "the component is "+w.status(s)+", no gray release waits")
}

// continueDeploy deploys the rest of a gray release.
func continueDeploy(c *call, id string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.paused(c.st); refused != nil {
		return reply{}, refused
	}
	r := w.release(w.Next.Version)
	plan := jobPlan{purpose: forContinue, kind: typeProvision, subject: id, version: r.Version, tasks: remaining(r.Spec, w.Replica-w.Next.Count)}
	answer, refused := c.act(w, statusUpgrading, plan)
	r.recordJob(w.LastJob, r.Spec.Strategy, w.Replica)
	return answer, refused
}

// checkGray tells that the rules of a gray release are in force.
func checkGray(c *call, _ string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.paused(c.st); refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]string{"result": "succeeded"}}, nil
}

// modifyGray refuses to change the rules of a gray release: no public document has the body that carries them.
func modifyGray(c *call, _ string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.paused(c.st); refused != nil {
		return reply{}, refused
	}
	return reply{}, refuse(codeInvalid, "modify_gray_rule has no documented body that carries rules; roll back, and release with other rules")
}

// syncWorkload reads the status of the workload again: what is shown here is never stale, so that its job changes
// nothing.
func syncWorkload(c *call, id string, w *workload, _ actionBody) (reply, *apiError) {
	if refused := w.among(c.st, statusRunning, statusPending, statusFailed, statusPartiallyFailed); refused != nil {
		return reply{}, refused
	}
	j := c.start(jobPlan{purpose: forSync, kind: typeDaily, subject: id, tasks: []*task{waiting("SEPARATOR_OPERATING")}})
	w.LastJob = j.ID
	return reply{body: map[string]string{"job_id": j.ID, "component_id": id}}, nil
}
