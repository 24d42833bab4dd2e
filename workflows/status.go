package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// status is where a release stands: what its query answers, what Temporal's UI shows, and what
// the world is told.
type status struct {
	p release.Progress
	// events publishes the transitions; nil where nobody is told.
	events *publisher
	// details shows in Temporal's UI where the release stands; nil where nobody looks.
	details func(string)
	// still tells that the world was told that the release stands still.
	still bool
	// until is when total passes.
	until time.Time
	// deadline ends what the release waits for just now.
	deadline *limit
}

// enter moves the release to a phase and makes it searchable.
func (s *status) enter(ctx workflow.Context, next release.Phase, reason string) {
	s.p.Reason = reason
	defer s.show()
	if s.p.Phase == next {
		return
	}
	if !s.p.Phase.CanBecome(next) {
		workflow.GetLogger(ctx).Error("phase out of order", "from", s.p.Phase, "to", next)
	}
	s.p.Phase = next
	showSearchable(ctx, next, s.p.SearchAttributes())
}

// show tells Temporal's UI where the release stands, which writes no history.
func (s *status) show() {
	if s.details != nil {
		s.details(s.p.Details())
	}
}

// startWait shows what the release waits for, and until when; something else ends the wait.
func (s *status) startWait(ctx workflow.Context, kind release.AwaitKind, batch int, until time.Time) {
	s.startAwaiting(ctx, release.Awaiting{Kind: kind, Batch: batch, Until: until})
}

// startAwaiting shows what the release waits for from now on.
func (s *status) startAwaiting(ctx workflow.Context, a release.Awaiting) {
	s.endWait(ctx)
	a.Since = workflow.Now(ctx)
	s.p.Awaiting = &a
	s.show()
}

// endWait ends a wait, whose time counts from then on.
func (s *status) endWait(ctx workflow.Context) {
	s.deadline.cancel()
	s.p.Waited += s.p.Awaiting.Lasted(workflow.Now(ctx))
	s.p.Awaiting, s.deadline = nil, nil
	s.show()
}

// awaits is what the release waits for just now; empty when for nothing.
func (s *status) awaits() release.AwaitKind {
	if s.p.Awaiting == nil {
		return ""
	}
	return s.p.Awaiting.Kind
}

// emit tells the world of a transition. A run that only tidies up after another one tells
// nothing.
func (s *status) emit(kind release.EventKind) {
	if s.events != nil {
		s.events.emit(&s.p, kind)
	}
}

// emitStalled tells the world, once, that the release stands still.
func (s *status) emitStalled() {
	if s.still {
		return
	}
	s.still = true
	s.emit(release.EventStalled)
}

// emitMoving tells the world that the release moves again, once nothing keeps it any more.
func (s *status) emitMoving() {
	if s.still && s.p.Stalled == nil && s.awaits() != release.AwaitOtherChange {
		s.still = false
		s.emit(release.EventMoving)
	}
}

// showStall shows what is tried in vain. A further failure of the same task, or of another
// one that is tried in its place, belongs to the same standing still.
func (s *status) showStall(ctx workflow.Context, t task, f *fault) {
	now := workflow.Now(ctx)
	stall := &release.Stall{Doing: t.doing, Fault: f.class, Failure: f.text, Since: t.began, At: now, Until: s.until}
	if stall.Since.IsZero() {
		stall.Since = now.Add(-release.Patience)
	}
	if !t.until.IsZero() {
		stall.Until = t.until
	}
	if was := s.p.Stalled; was != nil && was.Doing == t.doing {
		stall.Since = was.Since
	}
	s.p.Stalled = stall
	s.show()
}

// showStalled shows that a task is tried in vain, and tells the world when that begins.
func (s *status) showStalled(ctx workflow.Context, t task, f *fault) {
	s.showStall(ctx, t, f)
	s.emitStalled()
}

// clearStall shows that a task is not tried in vain any more.
func (s *status) clearStall(doing string) {
	if s.p.Stalled != nil && s.p.Stalled.Doing == doing {
		s.p.Stalled = nil
		s.emitMoving()
		s.show()
	}
}

// showSearchable makes searchable what a release or set shows of itself in its next phase: at once, so
// that it costs a history one event.
func showSearchable(ctx workflow.Context, next release.Phase, all []release.SearchAttribute) {
	key := temporal.NewSearchAttributeKeyKeyword(release.SearchPhase)
	if shown, ok := workflow.GetTypedSearchAttributes(ctx).GetKeyword(key); ok && shown == string(next) {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, searchAttributeUpdates(all)...); err != nil {
		workflow.GetLogger(ctx).Error("phase is not searchable", "error", err)
	}
}

// searchAttributeUpdates are search attributes as Temporal takes them.
func searchAttributeUpdates(all []release.SearchAttribute) []temporal.SearchAttributeUpdate {
	updates := make([]temporal.SearchAttributeUpdate, len(all))
	for i, a := range all {
		updates[i] = temporal.NewSearchAttributeKeyKeyword(a.Name).ValueSet(a.Value)
	}
	return updates
}
