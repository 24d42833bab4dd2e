package workflows

import (
	"cmp"
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// admit refuses what this lane cannot take, or cannot take just now. Whoever submits is
// checked here, because not everybody comes through a starter.
func (l *lane) admit(_ workflow.Context, s release.Submission) error {
	if err := l.check(s); err != nil {
		return refused(err)
	}
	if why := l.Conflict(s); why != "" {
		return refused(release.Refusal(why))
	}
	if l.shouldContinueAsNew() && !l.Knows(s.ReleaseID) {
		return busy("the lane continues as new; try again")
	}
	if l.Knows(s.ReleaseID) || l.Refusal(s) != "" {
		return nil
	}
	if why := l.Full(s.Spec.Lane.Policy); why != "" {
		return busy(why)
	}
	return nil
}

// check lists every problem of a submission at once.
func (l *lane) check(s release.Submission) error {
	var all release.Problems
	if p, wrong := errors.AsType[release.Problem](release.CheckReleaseID(s.ReleaseID)); wrong {
		all = append(all, p)
	}
	if s.Spec.App.Unqualified() != l.App.Unqualified() {
		all = append(all, release.Problem{Field: "app", Message: "is not the application of this lane"})
	}
	if found, wrong := errors.AsType[release.Problems](s.Spec.WithDefaults().Validate()); wrong {
		all = append(all, found...)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func busy(why string) error { return temporal.NewApplicationError(why, release.ErrorBusy) }

// submit starts the release as a child and answers once Temporal has it.
func (l *lane) submit(ctx workflow.Context, s release.Submission) (release.Receipt, error) {
	l.updates++
	s.Spec = s.Spec.WithDefaults()
	l.ready(ctx)
	if why := l.Conflict(s); why != "" { // it came while the lane looked
		return release.Receipt{}, refused(release.Refusal(why))
	}
	if l.Knows(s.ReleaseID) {
		return release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingDuplicate}, nil
	}
	// What came in while the lane looked stays, also where the line is full by now: the server
	// keeps the answer to an update, so that nothing would let it in later.
	if why := l.Refusal(s); why != "" {
		return l.turnAway(ctx, s, why)
	}
	return l.take(ctx, s)
}

// turnAway starts a release that ends at once as refused.
func (l *lane) turnAway(ctx workflow.Context, s release.Submission, why string) (release.Receipt, error) {
	receipt := release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingRefused, Reason: why}
	known, err := l.startChild(ctx, s, release.Request{
		ID: s.ReleaseID, Spec: s.Spec, Set: s.Set, ByName: s.ByName, Admission: s.Admission, Checked: true, Refused: why, Denied: l.Denies(s.Spec),
	}, release.PhaseQueued)
	delete(l.children, s.ReleaseID)
	switch {
	case err != nil:
		return receipt, busy(err.Error())
	case known:
		l.lookAgain(ctx, s.ReleaseID)
		return release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingDuplicate}, nil
	}
	return receipt, nil
}

// take lets a release into the line.
func (l *lane) take(ctx workflow.Context, s release.Submission) (release.Receipt, error) {
	before := map[string]bool{}
	for _, e := range l.Waiting() {
		before[e.ReleaseID] = !s.Published.Before(e.Published)
	}
	e := l.Join(s.Place(workflow.Now(ctx)))
	in := release.Request{
		ID: s.ReleaseID, Spec: s.Spec, Set: s.Set, ByName: s.ByName, Checked: true,
		Published: s.Published, Admission: s.Admission, Queued: !e.Proceeded,
	}
	shown := release.PhaseQueued
	if e.Proceeded {
		shown, in.Debts = release.PhasePreparing, l.Debts
	}
	if e.Operation == release.OperationRollback {
		in.Avoid = l.Avoid()
	}
	known, err := l.startChild(ctx, s, in, shown)
	if err != nil || known {
		l.Leave(s.ReleaseID)
		delete(l.cancelling, s.ReleaseID)
		if known {
			l.lookAgain(ctx, s.ReleaseID)
		}
		l.next()
	}
	switch {
	case err != nil:
		return release.Receipt{}, busy(err.Error())
	case known:
		return release.Receipt{ReleaseID: s.ReleaseID, Standing: release.StandingDuplicate}, nil
	}
	l.follow(s.ReleaseID)
	if cmp.Or(s.Spec.Lane.Policy, release.LaneQueue) == release.LaneSupersede {
		l.supersede(s.ReleaseID, before)
	}
	l.makeRoom()
	l.details()
	return l.receipt(s.ReleaseID), nil
}

// supersede drops the releases that waited when this one came.
func (l *lane) supersede(by string, before map[string]bool) {
	for _, e := range l.LeaveWaiting(func(e release.LaneEntry) bool { return before[e.ReleaseID] }) {
		l.cancelWaiting(e, release.Command{By: release.Slipway, Reason: "superseded by release " + by})
	}
	l.next()
}

// receipt tells where a release of the line stands.
func (l *lane) receipt(releaseID string) release.Receipt {
	r := release.Receipt{ReleaseID: releaseID, Standing: release.StandingQueued, Ahead: l.Ahead(releaseID)}
	if e, there := l.Entry(releaseID); there && e.Proceeded {
		r.Standing = release.StandingStarted
	} else if l.Held != nil {
		r.Reason = "the lane is " + l.Held.String()
	}
	return r
}
