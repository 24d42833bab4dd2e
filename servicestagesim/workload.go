package servicestagesim

import (
	"slices"
	"time"
)

// Values of component_status in version 3 and of status_detail.status in version 2.
const (
	statusInitializing    = "INITIALIZING"
	statusUpgrading       = "UPGRADING"
	statusGraying         = "GRAYING"
	statusStarting        = "STARTING"
	statusStopping        = "STOPPING"
	statusRestarting      = "RESTARTING"
	statusDeleting        = "DELETING"
	statusRunning         = "RUNNING"
	statusPending         = "PENDING"
	statusStopped         = "STOPPED"
	statusFailed          = "FAILED"
	statusPartiallyFailed = "PARTIALLY_FAILED"
)

// Values of fail_detail.
const (
	detailCreateFailed = "create_failed"
	detailDeleteFailed = "delete_failed"
)

// maxReplica bounds the replicas of a workload, and with them the batches of a release. The reference gives no limit.
const maxReplica = 10_000

// workload is what is deployed: its replicas, the versions it had, and what goes on with it.
type workload struct {
	// Replica is how many replicas there should be.
	Replica int `json:"replica"`
	// Hosts are the servers of a workload that runs on virtual machines.
	Hosts []string `json:"hosts,omitempty"`
	// Phase is the status that a job gave; empty where the replicas alone decide.
	Phase string `json:"phase,omitempty"`
	// FailDetail is what failed, in a word of the reference.
	FailDetail string `json:"failDetail,omitempty"`
	LastJob    string `json:"lastJob"`
	// Version is the one whose specification is shown: of the last release, or of what it went back to.
	Version string `json:"version"`
	// Previous is the version before the last release; empty where there is none to go back to.
	Previous string `json:"previous,omitempty"`
	// Serving are the replicas of the version in service, Next those of one that is being released.
	Serving replicas `json:"serving"`
	Next    replicas `json:"next"`
	// Releases are the records, oldest first.
	Releases []*release `json:"releases"`
	// Changed is when something changed last.
	Changed time.Time `json:"changed"`
}

// replicas are those that run a version.
type replicas struct {
	Version string `json:"version,omitempty"`
	Count   int    `json:"count"`
}

// release is a version that was released, with all jobs that deployed it.
type release struct {
	Version string `json:"version"`
	// Type is how it was deployed: deploy_strategy.type.
	Type  string        `json:"type"`
	Spec  specification `json:"spec"`
	Begun time.Time     `json:"begun"`
	Ended time.Time     `json:"ended,omitzero"`
	// Status is a word of the status of jobs.
	Status string `json:"status"`
	// Current tells that it is the version in service, Promoted that it once was.
	Current  bool         `json:"current"`
	Promoted bool         `json:"promoted"`
	Jobs     []releaseJob `json:"jobs"`
}

// releaseJob is a job that deployed a release, with what it was to do.
type releaseJob struct {
	ID           string `json:"id"`
	Type         string `json:"type"`
	FirstWeight  int    `json:"firstWeight,omitempty"`
	FirstReplica int    `json:"firstReplica,omitempty"`
	Replica      int    `json:"replica"`
	Remaining    int    `json:"remaining,omitempty"`
}

// release finds the record of a version; nil when there is none.
func (w *workload) release(version string) *release {
	for _, r := range w.Releases {
		if r.Version == version {
			return r
		}
	}
	return nil
}

// status is the status of the workload, with a pause shown as GRAYING.
func (w *workload) status(s *state) string {
	switch {
	case w.Phase != "":
		return w.Phase
	case w.available(s) < w.Replica:
		return statusPending
	}
	return statusRunning
}

// available counts the replicas that are ready.
func (w *workload) available(s *state) int {
	ready := 0
	for _, r := range []replicas{w.Serving, w.Next} {
		if release := w.release(r.Version); release != nil && s.Behaviours[release.Spec.Source.URL].Result != ResultUnready {
			ready += r.Count
		}
	}
	return ready
}

// blocked refuses a change while another goes on: the code is that of a release or of any other operation.
func (w *workload) blocked() *apiError {
	switch w.Phase {
	case statusInitializing, statusUpgrading, statusGraying:
		return refuse(codeReleasing, "the component is "+w.Phase)
	case statusStarting, statusStopping, statusRestarting, statusDeleting:
		return refuse(codeWrongStatus, "the component is "+w.Phase)
	}
	return nil
}

// among refuses an operation unless the workload has one of some statuses.
func (w *workload) among(s *state, statuses ...string) *apiError {
	if refused := w.blocked(); refused != nil {
		return refused
	}
	if status := w.status(s); !slices.Contains(statuses, status) {
		return refuse(codeWrongStatus, "the component is "+status)
	}
	return nil
}

// promote makes a version the one in service.
func (w *workload) promote(version string) {
	for _, r := range w.Releases {
		r.Current = r.Version == version
		r.Promoted = r.Promoted || r.Current
	}
}

// revert lets the version in service run alone again.
func (w *workload) revert() {
	w.Serving.Count, w.Next, w.Version = w.Replica, replicas{}, w.Serving.Version
}

// end notes how a release ended.
func (r *release) end(status string, at time.Time) {
	if r != nil {
		r.Status, r.Ended = status, at
	}
}
