package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// ReleaseSet carries several releases out as one: wave after wave, and the releases of a
// wave at the same time. Each is handed to the lane of its application, where it takes its
// turn like any other, and is a release in its own right, which can be watched, confirmed
// and aborted; the set waits for its end.
//
// When a release has not succeeded, the set's policy decides once its wave has ended: stop,
// go on, or roll back what has succeeded in the reverse order of the waves. Aborting a set
// aborts the releases that are under way and lets nothing new begin.
func ReleaseSet(ctx workflow.Context, in release.SetRequest) (release.SetProgress, error) {
	in.Set = in.Set.WithDefaults()
	if err := checked(ctx, in.Set.Validate); err != nil {
		return release.SetProgress{}, err
	}
	if !release.IsSetID(in.ID) {
		return release.SetProgress{}, invalid(release.Problem{Field: "id", Message: "must be the set ID"})
	}
	s := &set{p: in.Progress(workflow.Now(ctx)), request: in}
	return s.execute(ctx)
}

// set is one set under way.
type set struct {
	p       release.SetProgress
	request release.SetRequest
	inbox   *inbox
	events  *publisher
	// abort is the decision that stops the set, once there is one.
	abort *release.Decision
	// confirmed is the latest wave that was confirmed.
	confirmed int
	commands  commands[release.SetProgress]
	// until is when the total limit passes.
	until time.Time
}

// execute runs the set to its end in a context that outlives a cancellation.
func (s *set) execute(cancelled workflow.Context) (release.SetProgress, error) {
	ctx, _ := workflow.NewDisconnectedContext(cancelled)
	s.events = startPublisher(ctx, release.SetWorkflowID(s.p.SetID))
	s.takeCommands()
	s.inbox = newInbox(ctx, cancelled, s.commands.handle, s.commands.refuse)
	s.inbox.open(ctx)
	if err := s.commands.listen(ctx); err != nil {
		return s.p, err
	}
	s.startClock(ctx)
	s.enter(ctx, s.p.Phase, "")
	s.events.emitSet(&s.p, release.EventStarted)
	s.finish(ctx, s.lifecycle(ctx))
	s.events.flush(ctx)
	return s.p.Fit(release.MaxTold), workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// lifecycle is the life of a set: its waves, and its way back where there is one.
func (s *set) lifecycle(ctx workflow.Context) *ending {
	for i := range s.p.Waves {
		s.awaitConfirm(ctx, i)
		if s.abort != nil {
			break
		}
		s.runWave(ctx, i)
		s.events.emitSet(&s.p, release.EventWaveDone)
		next := release.AfterWave(s.p.OnFailure, s.p.Waves[i].Outcomes())
		if s.abort != nil || next == release.SetEnd {
			break
		}
		if next == release.SetGoBack {
			return s.goBack(ctx, i)
		}
	}
	return s.settled()
}

// settled is the ending of a set that does not go back.
func (s *set) settled() *ending {
	e := end(release.EndOfSet(s.p.Outcomes(), s.abort != nil), "%s", s.p.Shortfall())
	if s.abort != nil {
		e.reason = because(s.abort)
		e = e.and(s.p.Shortfall())
	}
	if e.outcome == release.PhaseSucceeded {
		return e
	}
	return e.and(s.left())
}

// left says in words which releases stay; empty where none does.
func (s *set) left() string {
	if left := s.p.Left(); len(left) > 0 {
		return "released and not rolled back: " + strings.Join(left, ", ")
	}
	return ""
}

// awaitConfirm waits for a person before a wave that wants one.
func (s *set) awaitConfirm(ctx workflow.Context, wave int) {
	w := s.p.Waves[wave]
	if s.abort != nil || w.Confirm != release.ConfirmManual {
		return
	}
	s.p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: w.Number, Since: workflow.Now(ctx), Until: s.until}
	s.enter(ctx, release.PhaseAwaitingConfirm, "")
	s.events.emitSet(&s.p, release.EventWaveWaiting)
	_ = workflow.Await(ctx, func() bool { return s.confirmed >= w.Number || s.abort != nil })
	s.p.Awaiting = nil
	if s.abort == nil {
		s.enter(ctx, release.PhaseRollingOut, "")
	}
}

// runWave runs the releases of a wave at the same time and returns when all have ended.
func (s *set) runWave(ctx workflow.Context, wave int) {
	done := workflow.NewWaitGroup(ctx)
	for j, r := range s.request.Set.Waves[wave].Releases {
		standing := &s.p.Waves[wave].Releases[j]
		done.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer done.Done()
			p := s.carry(ctx, s.request.Submission(r), &standing.Run)
			if p.RollbackTo != nil {
				standing.RollbackTo = p.RollbackTo.ID
			}
		})
	}
	done.Wait(ctx)
}

// goBack rolls back what has succeeded up to a wave, the latest wave first. It has the
// time of the whole set again.
func (s *set) goBack(ctx workflow.Context, from int) *ending {
	why := s.p.Shortfall()
	s.enter(ctx, release.PhaseRollingBack, why)
	s.startClock(ctx)
	for i := from; i >= 0; i-- {
		s.undoWave(ctx, i)
		if release.AfterUndo(s.p.Waves[i].Undone()) == release.SetEnd {
			return end(release.PhaseNeedsAttention, "%s", s.p.Shortfall()).and(s.left())
		}
	}
	return end(release.PhaseRolledBack, "%s", why)
}

// undoWave rolls back the releases of a wave that have succeeded, at the same time.
func (s *set) undoWave(ctx workflow.Context, wave int) {
	done := workflow.NewWaitGroup(ctx)
	for j, r := range s.request.Set.Waves[wave].Releases {
		standing := &s.p.Waves[wave].Releases[j]
		if standing.Run.Outcome != release.PhaseSucceeded || r.Spec.Operation == release.OperationRestart {
			continue // nothing was changed that could be put back
		}
		undo := s.request.Undo(r, standing.RollbackTo)
		standing.Rollback = &release.SetRun{ReleaseID: undo.ReleaseID}
		if standing.RollbackTo == "" {
			standing.Rollback.Outcome, standing.Rollback.Reason = release.PhaseFailed, "the version that ran before is not known"
			continue
		}
		done.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer done.Done()
			s.carry(ctx, undo, standing.Rollback)
		})
	}
	done.Wait(ctx)
}

// startClock lets the total limit abort the set as a person would.
func (s *set) startClock(ctx workflow.Context) {
	limit := s.request.Set.Limits.Total
	s.until = workflow.Now(ctx).Add(limit.Std())
	until := s.until
	s.inbox.arm(ctx, "limit of the set", limit.Std(), func(ctx workflow.Context) {
		if s.until.Equal(until) && s.abort == nil { // else the way back has a clock of its own
			s.abort = s.commands.record(byLimit(ctx, release.CommandAbort, fmt.Sprintf("the set was not done within %s", limit)))
		}
	})
}

// finish records the outcome and tells it.
func (s *set) finish(ctx workflow.Context, e *ending) {
	s.p.Awaiting = nil
	s.p.Outcome = e.outcome
	s.p.EndedAt = workflow.Now(ctx)
	s.enter(ctx, e.outcome, e.reason)
	if kind, ok := e.outcome.Outcome(); ok {
		s.events.emitSet(&s.p, kind)
		s.events.ended(decidedNow(ctx, s.inbox, s.p.Decisions))
	}
}

// enter moves the set to a phase and makes it searchable.
func (s *set) enter(ctx workflow.Context, next release.Phase, reason string) {
	s.p.Phase, s.p.Reason = next, reason
	showSearchable(ctx, next, next.SearchAttributes())
	workflow.SetCurrentDetails(ctx, s.p.Details())
}
