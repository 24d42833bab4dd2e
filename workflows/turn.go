package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// askLimit is how long a release tries to find out what it has waited for in vain.
const askLimit = 30 * time.Second

// place is the place of the release in its lane, as a lane asks for it that does not know.
func (r *run) place(ctx workflow.Context) release.LaneEntry {
	s := release.Submission{ReleaseID: r.p.ReleaseID, Spec: r.spec, Published: r.request.Published}
	e := s.Place(workflow.GetInfo(ctx).WorkflowStartTime)
	e.Proceeded = r.turn
	return e
}

// queueing is the wait of a release for its turn in the lane.
type queueing struct{ *run }

// awaitTurn waits in the lane until the releases before this one have ended, no longer than
// its limit (R6).
func (q queueing) awaitTurn(ctx workflow.Context) *ending {
	if q.turn {
		return nil
	}
	q.wait(ctx, release.AwaitQueue, 0, q.spec.Limits.Queue.Std())
	leave := q.attend(ctx)
	_ = workflow.Await(ctx, func() bool { return q.turn || q.abort != nil })
	leave()
	late := passed(q.deadline)
	q.endWait(ctx)
	if q.abort != nil {
		q.p.Denied = q.abort.Denied
		e := decided(q.abort).end(release.PhaseAborted, ", before its turn came; nothing was changed")
		if late {
			e = e.and(q.waitedFor(ctx))
		}
		return e
	}
	q.p.StartedAt, q.p.Waited = workflow.Now(ctx), 0
	return nil
}

// takeTurn takes the signal that the turn of the release has come.
func (r *run) takeTurn(c workflow.ReceiveChannel) {
	var turn release.Turn
	c.ReceiveAsync(&turn)
	if r.turn {
		return
	}
	if len(turn.Avoid) > 0 {
		r.request.Avoid = turn.Avoid
	}
	r.scaling.debts = turn.Debts
	r.turn = true
}

// attend sees to it, while the release waits, that there is a lane that knows of it: one that
// was lost is called, and finds the release (R15). The server repeats the look, so that
// waiting costs no history.
func (q queueing) attend(ctx workflow.Context) (leave workflow.CancelFunc) {
	options := readOptions(q.p.App)
	options.WaitForCancellation = false
	options.Summary = "see to it that there is a lane"
	ctx, leave = workflow.WithCancel(workflow.WithActivityOptions(ctx, options))
	workflow.ExecuteActivity(ctx, release.AttendActivity, release.Submission{ReleaseID: q.p.ReleaseID, Spec: q.spec, Published: q.request.Published})
	return leave
}

// waitedFor says in words what the release has waited for in vain.
func (q queueing) waitedFor(ctx workflow.Context) string {
	options := readOptions(q.p.App)
	options.ScheduleToCloseTimeout = askLimit
	options.Summary = "find out what the release waits for"
	words, err := ask[string](ctx, options, release.WaitsForActivity, release.Ref{App: q.p.App, ReleaseID: q.p.ReleaseID})
	if err != nil {
		return "what it waited for cannot be found out: " + reason(err)
	}
	return "it waited for " + words
}
