package servicestagesim

import "time"

// waiting is a task that changes nothing.
func waiting(name string) *task { return &task{Name: name, Do: taskWait} }

// prepared are the tasks before the first batch: a build only where containers run what is no image.
func prepared(spec specification) []*task {
	tasks := []*task{waiting("SEPARATOR_PREPARE_RESOURCES")}
	if spec.builds() {
		tasks = append(tasks, waiting("SEPARATOR_BUILDING"))
	}
	return tasks
}

// builds reports whether an image has to be built for a version.
func (s specification) builds() bool {
	return s.Stack.DeployMode == modeContainer && s.Source.Kind != kindImage
}

// batches are tasks that each do the same to some replicas.
func batches(do taskKind, sizes []int) []*task {
	tasks := make([]*task, len(sizes))
	for i, size := range sizes {
		tasks[i] = &task{Name: "SEPARATOR_DEPLOYING", Do: do, Count: size}
	}
	return tasks
}

// surgeTask is what a batch of a gray release does.
func surgeTask(mode string) taskKind {
	switch mode {
	case surgeMirror:
		return taskBeside
	case surgeNoSurge:
		return taskReplace
	}
	return taskAdd
}

// rollout are the tasks that deploy a version as its strategy says; of a gray release the first batch.
func rollout(spec specification, replica int) []*task {
	tasks := prepared(spec)
	switch s := spec.Strategy; s.Type {
	case rolling:
		return append(tasks, batches(taskReplace, divide(replica, int(s.Rolling.Batches)))...)
	case gray:
		first := replica
		if s.Gray.Surge != surgeMirror {
			first = s.Gray.FirstReplica.value()
		}
		return append(tasks, batches(surgeTask(s.Gray.Surge), []int{first})...)
	}
	return append(tasks, batches(taskReplace, []int{replica})...)
}

// remaining are the tasks of the rest of a gray release: of the replicas that are left.
func remaining(spec specification, left int) []*task {
	g := spec.Strategy.Gray
	if g.Surge == surgeMirror {
		return []*task{waiting("SEPARATOR_PREPARE_RESOURCES"), {Name: "SEPARATOR_DEPLOYING", Do: taskRetire}}
	}
	sizes := divide(left, min(g.Remaining.value(), max(1, left)))
	return append([]*task{waiting("SEPARATOR_PREPARE_RESOURCES")}, batches(surgeTask(g.Surge), sizes)...)
}

// recordJob files a job in the record of the release that it deploys.
func (r *release) recordJob(id string, s strategy, replica int) {
	filed := releaseJob{ID: id, Type: s.Type, Replica: replica}
	if g := s.Gray; g != nil {
		filed.FirstWeight, filed.FirstReplica, filed.Remaining = g.FirstWeight.value(), g.FirstReplica.value(), g.Remaining.value()
	}
	r.Jobs = append(r.Jobs, filed)
}

// deploy begins the release of a version. What may not be was refused before.
func (c *call) deploy(id string, w *workload, version string, spec specification) *job {
	p := forUpdate
	switch {
	case len(w.Releases) == 0:
		p = forCreate
	case spec.Strategy.Type == gray:
		p = forGray
	}
	j := c.start(jobPlan{purpose: p, kind: typeProvision, subject: id, version: version, tasks: rollout(spec, w.Replica)})
	r := &release{Version: version, Type: spec.Strategy.Type, Spec: spec, Begun: c.now, Status: jobRunning}
	r.recordJob(j.ID, spec.Strategy, w.Replica)
	w.Releases = append(w.Releases, r)
	w.Previous, w.Version, w.Next = w.Serving.Version, version, replicas{Version: version}
	w.occupy(j, statusUpgrading, c.now)
	if p == forCreate {
		w.Phase = statusInitializing
	}
	c.buildFor(id, spec)
	return j
}

// occupy notes that a job works on the workload.
func (w *workload) occupy(j *job, phase string, now time.Time) {
	w.Phase, w.FailDetail, w.LastJob, w.Changed = phase, "", j.ID, now
}
