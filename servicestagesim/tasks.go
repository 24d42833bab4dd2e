package servicestagesim

import "time"

// taskKind is what a task does to a workload.
type taskKind string

const (
	// taskWait changes nothing.
	taskWait taskKind = "wait"
	// taskReplace takes replicas of the version in service away, and then adds as many of the next.
	taskReplace taskKind = "replace"
	// taskAdd adds replicas of the next version, and then takes as many of the one in service away.
	taskAdd taskKind = "add"
	// taskBeside adds replicas of the next version beside those in service.
	taskBeside taskKind = "beside"
	// taskRetire takes the replicas in service away.
	taskRetire taskKind = "retire"
	// taskReturn lets the version in service run alone again.
	taskReturn taskKind = "return"
	// taskStop takes all replicas away.
	taskStop taskKind = "stop"
	// taskStart adds what is missing of the version in service.
	taskStart taskKind = "start"
	// taskRestart takes all replicas away and adds them again.
	taskRestart taskKind = "restart"
	// taskScale changes the number of replicas.
	taskScale taskKind = "scale"
	// taskAct is the part of a job that is about no workload.
	taskAct taskKind = "act"
)

// begin is what a task does at its beginning.
func (t *task) begin(w *workload) {
	if w == nil {
		return
	}
	switch t.Do {
	case taskReplace:
		w.Serving.Count = max(0, w.Serving.Count-t.Count)
	case taskRestart, taskStop:
		w.Serving.Count = 0
	case taskScale:
		w.Serving.Count = min(w.Serving.Count, t.Count)
	case taskWait, taskAdd, taskBeside, taskRetire, taskReturn, taskStart, taskAct:
	}
}

// end is what a task has done when it succeeds.
func (t *task) end(w *workload) {
	if w == nil {
		return
	}
	switch t.Do {
	case taskReplace, taskBeside:
		w.Next.Count += t.Count
	case taskAdd:
		w.Next.Count += t.Count
		w.Serving.Count = max(0, w.Serving.Count-t.Count)
	case taskRetire:
		w.Serving.Count = 0
	case taskReturn:
		w.revert()
	case taskStart, taskRestart:
		w.Serving.Count = w.Replica
	case taskScale:
		w.Serving.Count, w.Replica = t.Count, t.Count
		if len(t.Hosts) > 0 {
			w.Hosts = t.Hosts
		}
	case taskWait, taskStop, taskAct:
	}
}

// startsReplicas reports whether a task needs the image or package of the next version.
func (t *task) startsReplicas() bool {
	switch t.Do {
	case taskReplace, taskAdd, taskBeside:
		return t.Count > 0
	case taskWait, taskRetire, taskReturn, taskStop, taskStart, taskRestart, taskScale, taskAct:
	}
	return false
}

// judge says how a task fails; nil when it succeeds.
func (j *job) judge(s *state, t *task) *failure {
	if t.Fails != nil {
		return t.Fails
	}
	w := s.workload(j.Subject)
	if w == nil || !t.startsReplicas() {
		return nil
	}
	r := w.release(j.Version)
	if r == nil {
		return nil
	}
	if s.Behaviours[r.Spec.Source.URL].Result == ResultMissing {
		return &failure{Status: jobFailed, Detail: "the source " + r.Spec.Source.URL + " could not be fetched: it does not exist"}
	}
	if key := r.Spec.reservedLabel(); key != "" {
		return &failure{Status: jobFailed, Detail: "the label key " + key + " is reserved"}
	}
	return nil
}

// goOn carries a job's next step out, at its time.
func (j *job) goOn(s *state, at time.Time, taskTime time.Duration) {
	j.Status = jobRunning
	w := s.workload(j.Subject)
	if j.At >= 0 {
		t := j.Tasks[j.At]
		t.Ended = at
		if failed := j.judge(s, t); failed != nil {
			t.Status, t.Detail = failed.Status, failed.Detail
			j.finish(s, failed.Status, at)
			return
		}
		t.Status = jobSucceeded
		t.end(w)
	}
	if j.At++; j.At == len(j.Tasks) {
		j.finish(s, jobSucceeded, at)
		return
	}
	t := j.Tasks[j.At]
	t.Status, t.Begun = jobRunning, at
	t.begin(w)
	j.Due = at.Add(taskTime)
}

// finish ends a job.
func (j *job) finish(s *state, status string, at time.Time) {
	j.Status, j.Due = status, time.Time{}
	for _, t := range j.Tasks {
		if t.Status == jobSubmitted {
			t.Status = jobCancelled
		}
	}
	switch j.Purpose {
	case forAddon, forAddonDelete:
		s.endAddonJob(j, status)
	case forProvision:
		s.endProvision(j, status, at)
	case forSync:
	case forCreate, forUpdate, forGray, forContinue, forRollback, forStart, forStop, forRestart, forScale, forDelete:
		if w := s.workload(j.Subject); w != nil {
			w.Changed = at
			s.endWorkloadJob(j, w, at)
		}
	}
}

// endWorkloadJob draws the consequences of a job's end for its workload.
func (s *state) endWorkloadJob(j *job, w *workload, at time.Time) {
	if j.Status != jobSucceeded {
		w.fail(j, at)
		return
	}
	w.Phase, w.FailDetail = "", ""
	switch j.Purpose {
	case forCreate, forUpdate, forContinue:
		w.settle(j.Version)
		w.release(j.Version).end(jobSucceeded, at)
	case forGray:
		w.Phase = statusGraying
	case forRollback:
		if w.Next.Version == j.Version {
			w.settle(j.Version)
		}
		w.promote(j.Version)
		w.Previous = ""
		w.endRolledBack(jobRollbacked, at)
	case forStop:
		w.Phase = statusStopped
	case forDelete:
		s.forgetWorkload(j.Subject)
	case forStart, forRestart, forScale, forSync, forAddon, forAddonDelete, forProvision:
	}
}

// settle makes the next version the one in service.
func (w *workload) settle(version string) {
	w.Serving, w.Next = w.Next, replicas{}
	w.promote(version)
}

// fail draws the consequences of a job that did not succeed. A release that ended by itself in a rollback leaves the version
// before; a gray release whose rest failed waits again.
func (w *workload) fail(j *job, at time.Time) {
	w.Phase = statusFailed
	if j.Status == jobPartiallyFailed {
		w.Phase = statusPartiallyFailed
	}
	switch j.Purpose {
	case forCreate:
		w.FailDetail = detailCreateFailed
		w.release(j.Version).end(j.Status, at)
	case forDelete:
		w.FailDetail = detailDeleteFailed
	case forUpdate, forGray, forContinue:
		switch {
		case j.Status == jobRollbacked:
			w.Phase, w.Previous = "", ""
			w.revert()
			w.release(j.Version).end(j.Status, at)
		case j.Purpose == forContinue:
			w.Phase = statusGraying
		default:
			w.release(j.Version).end(j.Status, at)
		}
	case forRollback:
		w.endRolledBack(jobFailed, at)
	case forStart, forStop, forRestart, forScale, forSync, forAddon, forAddonDelete, forProvision:
	}
}

// endRolledBack notes how the release ended that a rollback leaves.
func (w *workload) endRolledBack(status string, at time.Time) {
	for _, r := range w.Releases {
		if r.Status == jobRollbacking {
			r.end(status, at)
		}
	}
}
