package check

import (
	"fmt"

	"slipway/release"
	"slipway/wire"
)

// nothingAfterStop: once an abort, a rejection or a rollback has counted, no batch towards the new version is begun but the one that was on
// its way, and a release that was stopped before its turn has changed nothing. One that was reset tells of its batches from the beginning.
func nothingAfterStop(e evidence) (found []Violation) {
	stopped := map[string]release.Progress{}
	for _, ev := range e.events {
		p := ev.Progress
		if p.ReleaseID == "" || !versionChanges(p.Operation) || e.sent.Disturbed[p.ReleaseID] {
			continue
		}
		first, is := stopped[p.ReleaseID]
		if _, by := p.StoppedBy(); !is {
			if by {
				stopped[p.ReleaseID] = p
			}
			continue
		}
		for _, b := range p.Batches {
			if b.Number > reach(first) && b.State != release.BatchPending && b.State != release.BatchAborted {
				v := e.of("R11", "nothing after a stop", p.ReleaseID)
				v.Found = fmt.Sprintf("batch %d is %s in %s, and when the release was stopped batch %d was the last one that could begin", b.Number, b.State, ev.ID, reach(first))
				v.Where = wire.StreamEvents
				found = append(found, v)
			}
		}
	}
	for _, c := range e.changes {
		of := e.ownerOf(c)
		first, is := stopped[of]
		if is && c.step == string(release.StepRollout) && (first.Phase == release.PhaseQueued || first.StartedAt.IsZero() || first.Phase == release.PhaseAwaitingApproval) {
			v := e.of("R11", "nothing after a stop", of)
			v.Found, v.Where = fmt.Sprintf("%s %s was begun, and the release was stopped before", c.what, c.id), "the ledger of "+string(c.app.Platform)
			found = append(found, v)
		}
	}
	return found
}

func versionChanges(op release.Operation) bool { return op == release.OperationRelease || op == "" }

// reach is the number of the last batch that may have been on its way: the one that runs, or where all that have begun are done, the next
// one, which a confirmation, or nobody, has let begin.
func reach(p release.Progress) int {
	last := 0
	for _, b := range p.Batches {
		if b.State == release.BatchPending {
			continue
		}
		last = b.Number
		if b.State == release.BatchConfirmed || b.State == release.BatchDone && p.Strategy.Confirm == release.ConfirmAuto {
			last++
		}
	}
	return last
}
