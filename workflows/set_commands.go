package workflows

import (
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// takeCommands prepares the set for commands. What a set does not take it refuses, and the
// refusal is recorded.
func (s *set) takeCommands() {
	s.commands = commands[release.SetProgress]{
		of: "set", decisions: &s.p.Decisions, apply: s.apply, tell: s.tellDecision, moved: s.moved,
		note:     func() { s.events.noteSet(&s.p) },
		admit:    func(c release.Command) (repeated bool, err error) { return release.AdmitSet(s.p, c) },
		progress: func() release.SetProgress { return s.p },
		answer:   func() release.SetProgress { return s.p.Fit(release.MaxTold) },
	}
}

// moved tells an update what to wait for: a parked set moves at once, and the answer shows
// where to.
func (s *set) moved(kind release.CommandKind) func() bool {
	before := s.p.Phase
	if !moves(before, kind) {
		return nil
	}
	return func() bool { return s.p.Phase != before }
}

// tellDecision lets the world know of what was said to the set, unless the end was told.
func (s *set) tellDecision() {
	if s.p.Outcome == "" {
		s.events.emitSet(&s.p, release.EventDecided)
	}
}

// apply gives a decision that counts its effect: a set takes a confirmation or an abort.
func (s *set) apply(ctx workflow.Context, d *release.Decision) {
	defer s.tellDecision()
	if d.Kind == release.CommandConfirm {
		s.confirmed = d.Batch
		return
	}
	s.abort, s.p.Reason = d, because(d)
	workflow.SetCurrentDetails(ctx, s.p.Details())
}
