package workflows

import "slipway/release"

// will is what people and limits want of a release (R11). Commands and limits change it; it
// governs every attempt of a step towards the new version.
type will struct {
	// turn is set when the release may begin.
	turn bool
	// abort is the decision that stops the release, once there is one, and later one that stops
	// it at the next safe point.
	abort, later *release.Decision
	// atSafePoint tells that no batch is in progress.
	atSafePoint bool
	// next is the release that could begin if this one ended.
	next release.Successor
	// override passes over freezes.
	override bool
	// confirmed is the latest batch that was confirmed and is not carried past yet.
	confirmed int
	// standing is the confirmation of all batches of a change; nil while there is none.
	standing *release.Decision
}

// apply gives a decision that counts its effect; whoever waits for it looks again.
func (w *will) apply(p *release.Progress, d *release.Decision) {
	switch d.Kind {
	case release.CommandConfirm:
		w.confirm(p, d)
	case release.CommandAbort, release.CommandRollback, release.CommandReject:
		if d.AtSafePoint && !w.atSafePoint {
			w.later = d
			return
		}
		w.abort = d
	case release.CommandPause:
		p.Paused = true
	case release.CommandResume:
		p.Paused = false
	case release.CommandOverride:
		w.override = true
	case release.CommandApprove:
		p.Approval.Take(*d)
		if p.Approval.Granted() {
			w.confirmed = p.Approval.Batch // 0 is none: that of the release comes before its batches
		}
	}
}

// confirm takes a confirmation of one batch or of all. That of all is also one of the batch
// that waits, whatever it waits for a person for: who gives it has that before them.
func (w *will) confirm(p *release.Progress, d *release.Decision) {
	if !d.All {
		w.confirmed = d.Batch
		return
	}
	w.standing = d
	if a := p.Awaiting; a != nil && a.Kind == release.AwaitConfirm {
		w.confirmed = a.Batch
	}
}

// stands reports whether all batches of the change are confirmed.
func (w *will) allConfirmed(changeID string) bool {
	return w.standing != nil && w.standing.ChangeID == changeID
}

// reachSafePoint notes whether the release is at a safe point, where no batch is in progress;
// there a decision counts that waited for it.
func (w *will) reachSafePoint(safe bool) {
	w.atSafePoint = safe
	if safe && w.later != nil && w.abort == nil {
		w.abort = w.later
	}
}

// changed returns a function that reports whether the will has changed since now; a pause is part
// of it.
func (w *will) changed(p *release.Progress) func() bool {
	type state struct{ stopped, paused, override bool }
	now := func() state { return state{w.abort != nil, p.Paused, w.override} }
	was := now()
	return func() bool { return now() != was }
}

// stopped is the fault of a step that was not carried out because the release was
// stopped; nil when it was not.
func (w *will) stopped() *fault {
	if w.abort == nil {
		return nil
	}
	return &fault{class: release.FaultStopped, text: because(w.abort)}
}
