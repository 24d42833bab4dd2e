package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// conclude carries out a verb of the way back or of the end: no command stops it, and no
// freeze; it has a day. A foreign change is waited for by looking.
func conclude[Out any](ctx workflow.Context, c *caller, t call[Out]) (Out, *fault) {
	if c.homeBy.IsZero() {
		c.giveTime(ctx)
	}
	for tries := 0; ; tries++ {
		out, f := insist(ctx, c, t, c.homeBy)
		if f == nil || f.class != release.FaultConflict {
			return out, f
		}
		if g := c.awaitConflict(ctx, f, tries); g != nil {
			return out, g
		}
	}
}

// giveTime gives what is put back or read back from now on its own time, whatever was before.
func (c *caller) giveTime(ctx workflow.Context) { c.homeBy = workflow.Now(ctx).Add(settleLimit) }

// insist carries a task out that no command stops, until a time.
func insist[Out any](ctx workflow.Context, c *caller, t call[Out], until time.Time) (Out, *fault) {
	t.began, t.until = workflow.Now(ctx), until
	return attempt(ctx, c, t, never)
}

func never() bool { return false }

// awaitConflict waits on the way back until a foreign change has ended; it returns why it
// waits no more.
func (c *caller) awaitConflict(ctx workflow.Context, conflict *fault, tries int) *fault {
	if _, f := c.readIdle(ctx); f != nil {
		return f
	}
	c.backOff(ctx, tries, conflict, never)
	if !workflow.Now(ctx).Before(c.homeBy) {
		return conflict
	}
	return nil
}

// The longest and shortest time between two tries of what the platform refuses although
// nothing can be seen that is in the way.
const (
	firstBackOff   = time.Second
	longestBackOff = time.Hour
)

// backOff waits, ever longer, before a verb that failed so is tried for the given number of
// times again; not at all before the first. The wait is shown.
func (c *caller) backOff(ctx workflow.Context, tries int, why *fault, unwanted func() bool) {
	if tries < 1 {
		return
	}
	d := longestBackOff
	if shift := tries - 1; shift < 12 {
		d = min(d, firstBackOff<<shift)
	}
	c.showStalled(ctx, task{doing: string(why.verb)}, why)
	_, _ = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: d, TimerOptions: workflow.TimerOptions{Summary: "before " + string(why.verb) + " is tried again"},
	}, unwanted)
}

// readIdle reads the application once no change of it is unfinished.
func (c *caller) readIdle(ctx workflow.Context) (release.Snapshot, *fault) {
	snap, f := conclude(ctx, c, c.platform.snapshot(release.SnapshotInput{App: c.p.App}))
	if f == nil && snap.Busy != nil {
		return c.awaitIdle(ctx, c.onTheWayBack(snap.Busy))
	}
	return snap, f
}

// otherChangeWait is a wait for changes that somebody else began.
type otherChangeWait struct {
	// other is the change, and question is what is asked of the application then.
	other    *release.ForeignChange
	question release.SnapshotInput
	unwanted func() bool
	// until is when the wait is given up; zero where the release's own limit ends it.
	until time.Time
}

// onTheWayBack is the wait for a change that no command ends. It may be the release's own, which
// the platform has not finished.
func (c *caller) onTheWayBack(other *release.ForeignChange) otherChangeWait {
	return otherChangeWait{other: other, question: release.SnapshotInput{App: c.p.App}, unwanted: never, until: c.homeBy}
}

// words name a change that is waited for.
func (c *caller) words(other *release.ForeignChange) string {
	if other.ID == c.p.ChangeID {
		return "its own change " + other.ID + " (" + other.Type + "), which has not ended"
	}
	return other.Words()
}

// awaitIdle waits until changes that somebody else began have ended, and answers
// the application as it is then. The wait is shown, and told like a step that stands still.
func (c *caller) awaitIdle(ctx workflow.Context, w otherChangeWait) (release.Snapshot, *fault) {
	before := c.p.Reason
	shown := w.until
	if shown.IsZero() {
		shown = c.until
	}
	c.startWait(ctx, release.AwaitOtherChange, 0, shown)
	c.showOther(ctx, w.other)
	c.emitStalled()
	snap, f := c.awaitOther(ctx, w)
	c.endWait(ctx)
	c.p.Reason = before
	c.show()
	c.emitMoving()
	return snap, f
}

// awaitOther carries the wait out, and shows which change it is for.
func (c *caller) awaitOther(ctx workflow.Context, w otherChangeWait) (release.Snapshot, *fault) {
	for known := w.other; ; {
		w.question.Known = known
		t := c.platform.awaitIdle(w.question)
		t.until = w.until
		snap, f := attempt(ctx, c, t, w.unwanted)
		switch {
		case f == nil:
			c.unfinished = ""
		case f.class != release.FaultStopped: // a wait that is not wanted any more says nothing of the end
			c.unfinished = known.ID
		}
		if f != nil || snap.Busy == nil {
			return snap, f
		}
		known = snap.Busy
		c.showOther(ctx, known)
	}
}

// showOther shows for which change the release waits. The wait for another change than before begins
// now: how long one has lasted tells whether it needs a person.
func (c *caller) showOther(ctx workflow.Context, other *release.ForeignChange) {
	if a := c.p.Awaiting; a.ChangeID != other.ID {
		now := workflow.Now(ctx)
		c.p.Waited += a.Lasted(now)
		a.Since = now
	}
	c.p.Awaiting.ChangeID, c.p.Awaiting.Stuck = other.ID, other.Stuck
	c.p.Reason = "waits for " + c.words(other)
	c.show()
}

// find looks for the change of a verb that may have acted. It answers nil once it is
// certain that there is none and none will come.
func (c *caller) find(ctx workflow.Context, v release.Verb, token string, mark release.Mark) (*release.Change, *fault) {
	now := workflow.Now(ctx)
	found, f := insist(ctx, c, c.platform.findChange(release.FindChangeInput{
		App: c.p.App, Verb: v, Token: token, Mark: mark, Since: now,
	}), now.Add(settleLimit))
	if f != nil {
		f.class = release.FaultUndecidable
	}
	return found.Change, f
}

func deref(c *release.Change) release.Change {
	if c == nil {
		return release.Change{}
	}
	return *c
}
