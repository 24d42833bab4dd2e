package release

import (
	"fmt"
	"strings"
)

// unblocking is what makes room in a lane that is full: the end of what runs, or of what waits.
func unblocking(s LaneState) []NextStep {
	var steps []NextStep
	if s.Running != nil {
		steps = append(steps, ShowRelease(s.Running.ReleaseID, "shows what the release that runs waits for"))
	}
	if len(s.Waiting) == 0 {
		return steps
	}
	last := s.Waiting[len(s.Waiting)-1]
	return append(steps, NextStep{
		Verb: NextDrop, Command: "slipway lane drop " + word(s.App.SearchValue()) + " " + word(last.ReleaseID), Does: "takes the latest release that waits out of the lane",
	})
}

// NextBehindLane returns what a person may do about a request that a full lane has no place for.
func NextBehindLane(s LaneState) []NextStep {
	steps := []NextStep{{Verb: NextShowLane, Command: "slipway lane get " + word(s.App.SearchValue()), Does: "shows what comes before it, and what makes room"}}
	if s.Held != nil {
		steps = append(steps, resumingLane(s.App, *s.Held))
	}
	return steps
}

// NextOfLane returns what a person may do next with a lane: look at the release that has left the
// application in need of attention, restore what ended releases owe, resume the lane where it is held,
// make room where it is full, and allow what was denied last.
func NextOfLane(s LaneState) []NextStep {
	var steps []NextStep
	if s.Held != nil && s.Held.ReleaseID != "" {
		steps = append(steps, NextStep{
			Verb: NextShowRelease, Command: "slipway release get " + word(s.Held.ReleaseID), Needed: true,
			Does: "shows why the application needs attention, and what helps",
		})
	}
	for _, d := range s.Debts {
		if len(d.ScalingRules) > 0 {
			steps = append(steps, NextStep{
				Verb: NextRecover, Command: "slipway scaling recover --release " + word(d.ReleaseID),
				Does: "puts back the scaling rules that release " + d.ReleaseID + " has left off: " + strings.Join(d.ScalingRules, ", "),
			})
		}
	}
	if s.Held != nil {
		steps = append(steps, resumingLane(s.App, *s.Held))
	}
	if s.Full != "" {
		steps = append(steps, unblocking(s)...)
	}
	if n := len(s.Denied); n > 0 {
		allow := allowing(s.App, s.Denied[n-1])
		if n > 1 {
			allow.Does += fmt.Sprintf(", the last of %d that are denied; --all allows all", n)
		}
		steps = append(steps, allow)
	}
	return steps
}

// resumingLane resumes a lane. Whoever has held it by hand knows why; where a release did, nobody
// has looked yet.
func resumingLane(app App, h Hold) NextStep {
	s := NextStep{
		Verb: NextResumeLane, Command: "slipway lane resume " + word(app.SearchValue()), Needed: true,
		Does: "lets releases begin again",
	}
	if h.ReleaseID != "" {
		s.Does += ", once somebody has looked at the application"
	}
	return s
}

// allowing allows what is denied, by its artifact. An address with a query is not written: it may be
// signed.
func allowing(app App, d Denial) NextStep {
	name := word(d.Artifact.String())
	if d.Artifact.Public() != d.Artifact.String() || d.Artifact == (Artifact{}) {
		name = "ARTIFACT"
	}
	return NextStep{
		Verb: NextAllow, Command: "slipway lane allow " + word(app.SearchValue()) + " --artifact " + name,
		Does: "lets " + d.Subject() + " be released again, which was rolled back",
	}
}
