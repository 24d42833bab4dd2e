package release

import "time"

// PlannedLane is the place that a release would take in the lane of its application.
type PlannedLane struct {
	// Held is why nothing new begins in the lane, and Full why it takes no release of the policy
	// queue: such a request is tried again until there is room.
	Held *Hold  `json:"held,omitempty"`
	Full string `json:"full,omitempty"`
	// Running is the release that runs, and Ahead how many come before this one, with it.
	Running string `json:"running,omitempty"`
	Ahead   int    `json:"ahead,omitempty"`
	// WaitsFor is what this release would wait for in the lane, in words; empty where it begins at once.
	WaitsFor string `json:"waitsFor,omitempty"`
	// Drops are the waiting releases that this one supersedes, Preempts is the one that it asks to
	// give way, and EndsWatch the one whose watch it ends, if that is still watched in its turn.
	Drops     []string `json:"drops,omitempty"`
	Preempts  string   `json:"preempts,omitempty"`
	EndsWatch string   `json:"endsWatch,omitempty"`
	// Debts are what releases before this one have left.
	Debts []Debt `json:"debts,omitempty"`
}

// StateActivity reads how the lane of an application stands, whether it runs or not:
// [StateInput] to [LaneState].
const StateActivity = "releases.LaneState"

// StateInput names the application of a lane.
type StateInput struct {
	App App `json:"app"`
}

// Plan returns the place that a release would take, and why the lane would refuse it; empty where it
// would not.
func (s LaneState) Plan(spec Spec, at time.Time) (place PlannedLane, refusal string) {
	l := LaneInput{App: s.App, Line: s.Waiting, Held: s.Held, Denied: s.Denied, Debts: s.Debts}
	if s.Running != nil {
		l.Line = append([]LaneEntry{*s.Running}, s.Waiting...)
		place.Running = s.Running.ReleaseID
	}
	place.Held, place.Debts = s.Held, s.Debts
	submission := Submission{Spec: spec}
	if refusal = l.Refusal(submission); refusal != "" {
		return place, refusal
	}
	if spec.Lane.Policy == LaneSupersede {
		for _, e := range l.LeaveWaiting(func(LaneEntry) bool { return true }) {
			place.Drops = append(place.Drops, e.ReleaseID)
		}
	} else {
		place.Full = s.Full
	}
	it := l.Join(submission.Place(at)) // without an ID, which only an event gives
	place.Ahead = l.Ahead(it.ReleaseID)
	if joined := l.State(); !it.Proceeded {
		place.WaitsFor = joined.WaitsFor(it.ReleaseID)
	}
	if running, by, preempted := l.Preempted(); preempted && by.ReleaseID == it.ReleaseID {
		place.Preempts = running.ReleaseID
	}
	if s.Running != nil && s.Running.Watched && s.Held == nil && place.Ahead == 1 {
		place.EndsWatch = s.Running.ReleaseID
	}
	return place, ""
}
