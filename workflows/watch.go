package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// watching is a release that has brought its version and put everything back, while its new version
// is watched. It has given up nothing yet: its place in the lane is its own until it ends.
type watching struct {
	*run

	// end is how the release ends where nothing speaks against it.
	end *ending
	// batch is the last batch: who confirms it has seen enough.
	batch int
	gates *measurement
	// cancel ends the measuring.
	cancel workflow.CancelFunc
	// over ends the watch.
	over *limit
	// frozen is the freeze that holds the next release, so that it would gain nothing; open tells that
	// none does.
	frozen release.Freeze
	open   bool
	// asked tells that a person decides, because the watch was not conclusive, and doubt why.
	asked bool
	doubt string
}

// watched watches the new version of a release that would end well now, if it is to be watched, and
// answers how it ends.
func (w watching) watched(ctx workflow.Context, e *ending) *ending {
	if e.outcome != release.PhaseSucceeded || w.p.Strategy.Watch == nil {
		return e
	}
	w.end, w.batch = e, max(1, len(w.p.Batches))
	w.begin(ctx)
	for {
		var next func(workflow.Context) *ending
		_ = workflow.Await(ctx, func() bool {
			next = w.reaction(ctx)
			return next != nil
		})
		if e := next(ctx); e != nil {
			return e
		}
	}
}

// begin begins the watch. The limit of the release ends: what it was for is done, and the watch has a
// time of its own.
func (w *watching) begin(ctx workflow.Context) {
	watch := w.p.Strategy.Watch
	w.total.cancel()
	w.until = workflow.Now(ctx).Add(watch.For.Std())
	w.p.Paused, w.confirmed, w.atSafePoint = false, 0, true
	if w.later != nil && w.later.Via != release.ViaLane { // a lane wants no more than that the next one may begin
		w.reachSafePoint(true)
	}
	w.startWait(ctx, release.AwaitWatch, w.batch, w.until)
	w.over = w.inbox.arm(ctx, "end of the watch", watch.For.Std(), nil)
	var look workflow.Context
	look, w.cancel = workflow.WithCancel(ctx)
	w.gates = w.measureGates(look, watch.Gates, w.batch, w.until)
	w.enter(ctx, release.PhaseWatching, "")
	w.emit(release.EventWatching)
}

// takeSuccessor takes in which release could begin next.
func (r *run) takeSuccessor(c workflow.ReceiveChannel) {
	var next release.Successor
	c.ReceiveAsync(&next)
	r.next = next
}

// reaction is what there is to do; nil when there is nothing. Only the last of them waits itself, for as long
// as none of the others is due.
func (w *watching) reaction(ctx workflow.Context) func(workflow.Context) *ending {
	due := w.due(ctx)
	if due == nil && !w.asked && w.next.ReleaseID != "" {
		return w.giveWay
	}
	return due
}

// due is what there is to do besides giving way. A command or a limit that has counted goes first.
func (w *watching) due(ctx workflow.Context) func(workflow.Context) *ending {
	answered := w.gates.answered(ctx)
	switch {
	case w.abort != nil:
		return func(ctx workflow.Context) *ending { return w.goBack(ctx, decided(w.abort)) }
	case w.confirmed == w.batch:
		return w.ended
	case w.asked && passed(w.total) && w.after(release.LimitTotal, false) == release.LimitEnd:
		return w.undecided
	case w.asked:
		return nil
	case w.gates.failed(), passed(w.over) && (answered || len(w.gates.gates) == 0):
		return w.conclude
	default:
		return nil
	}
}

// conclude acts on the verdicts of the gates: at the end of the watch, or once one has failed.
func (w *watching) conclude(ctx workflow.Context) *ending {
	bad, doubt := w.gates.record(&w.p)
	switch {
	case len(bad) > 0:
		return w.goBack(ctx, cause{text: strings.Join(bad, "; ")})
	case len(doubt) > 0:
		w.ask(ctx, strings.Join(doubt, "; "))
		return nil
	default:
		return w.end
	}
}

// ask asks a person whether the version is good that its gates could not judge. From here on the release
// has the limits again that it has between batches.
func (w *watching) ask(ctx workflow.Context, doubt string) {
	w.asked, w.doubt = true, doubt
	w.startClock(ctx)
	w.wait(ctx, release.AwaitConfirm, w.batch, w.spec.Limits.Confirm.Std())
	w.enter(ctx, release.PhaseAwaitingConfirm, notConclusive+doubt)
	w.emit(release.EventBatchWaiting)
}

// undecided ends a release whose version nobody has judged, although policy holds it for a person.
func (w *watching) undecided(workflow.Context) *ending {
	return end(release.PhaseNeedsAttention, "the new version runs, and nobody has decided about it, whose watch was not conclusive: %s", w.doubt)
}

// ended ends a release that somebody, or policy in their place, has found good.
func (w *watching) ended(workflow.Context) *ending {
	by := "the watch was ended"
	if w.asked {
		by = "the watch was not conclusive (" + w.doubt + "), and the version was confirmed"
	}
	for _, d := range w.p.Decisions {
		if d.Kind == release.CommandConfirm && d.Refused == "" && d.Batch == w.batch {
			by += " by " + d.By
			if d.Note != "" {
				by += ": " + d.Note
			}
		}
	}
	return w.end.and(by)
}

// giveWay ends the watch for the release that waits behind this one, as soon as no freeze holds that: a
// chain of releases does not wait for watches, but a watch is not given up for nothing either.
func (w *watching) giveWay(ctx workflow.Context) *ending {
	if w.open || w.next.Override {
		return w.end.and("the watch was ended, because " + w.next.Words() + " waits")
	}
	waits := w.next
	_, f := attempt(ctx, &w.caller, holding{w.run}.openTask(w.frozen), func() bool { return w.next != waits || w.due(ctx) != nil })
	switch {
	case f == nil:
		w.open = true
	case f.class == release.FaultFrozen:
		w.frozen = f.freeze
		w.p.Reason = waits.Words() + " waits, and would be " + frozenBy(f.freeze)
		w.show()
	case f.class == release.FaultStopped: // something else is due, or another one waits, or none
		w.frozen, w.p.Reason = release.Freeze{}, ""
		w.show()
	default: // it cannot be found out; the next one asks itself before it changes anything
		w.open = true
	}
	return nil
}

// goBack returns to the version before. What the release had put back is suspended again first.
func (w *watching) goBack(ctx workflow.Context, why cause) *ending {
	s := settlement{w.run}
	if why.decision == nil && !w.spec.Rollback.Wanted() {
		return why.end(release.PhaseFailed, "; the new version runs on, because rollback.onFailure is false")
	}
	w.cancel()
	w.over.cancel()
	w.endWait(ctx)
	w.enterRollingBack(ctx, why.text)
	if w.abort != nil && w.abort.Version != "" {
		_ = s.resolveNamed(ctx) // where it is not found the version before is returned to, and the end says so
	}
	if w.rollbackTo().ID == "" {
		return why.end(release.PhaseNeedsAttention, "; not rolled back, because no version is known to return to; the new one runs on")
	}
	runs, f := s.readBack(ctx, s.stillNew())
	switch {
	case f != nil:
		return why.end(release.PhaseNeedsAttention, "; not rolled back, because what runs could not be read back: %v", f)
	case !runs.Holds(s.p.Brings()):
		return why.end(release.PhaseNeedsAttention, "; not rolled back, because somebody has changed the application meanwhile: it runs %s", runs.Words())
	}
	if e := s.suspendAgain(ctx, why); e != nil {
		return e
	}
	return s.rollBack(ctx, why)
}

// suspendAgain suspends the scaling rules for the way back. What it finds enabled is recorded before
// it is changed, as at the beginning: what was recorded then has been restored, and is settled (R1, R13).
func (s settlement) suspendAgain(ctx workflow.Context, why cause) *ending {
	if !s.suspends() {
		return nil
	}
	for tries := 0; ; tries++ {
		snap, f := s.readIdle(ctx)
		if f != nil {
			return why.end(release.PhaseNeedsAttention, "; not rolled back: %v", f)
		}
		if tries == 0 {
			s.scaling.recordAgain(snap.ScalingRules)
		} else { // one that is missing by now may be one that was taken away
			s.scaling.record(snap.ScalingRules)
		}
		if len(s.scaling.names()) == 0 {
			return nil
		}
		s.events.note(&s.p)
		result, f := insist(ctx, &s.caller, s.platform.setScaling(release.SetScalingInput{
			App: s.p.App, Rules: s.scaling.unrestored(), Override: true, // the way back is never held by a freeze
		}), s.homeBy)
		if f == nil {
			s.scaling.markSuspended(result.Rules)
			return nil
		}
		if f.class == release.FaultConflict && workflow.Now(ctx).Before(s.homeBy) {
			s.backOff(ctx, tries, f, never) // one may have been changed since it was read
			continue
		}
		s.late = workflow.Now(ctx)
		s.giveTime(ctx) // suspending has used it up
		return s.restored(ctx, why.end(release.PhaseNeedsAttention, "; not rolled back, because the scaling rules could not be suspended: %v", f))
	}
}
