package workflows

import (
	"cmp"

	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// listen registers the query, the submission and the operators' commands.
func (l *lane) listen() error {
	if err := workflow.SetQueryHandler(l.root, release.QueryLane, l.show); err != nil {
		return err
	}
	err := workflow.SetUpdateHandlerWithOptions(l.root, release.UpdateSubmit, l.submit, workflow.UpdateHandlerOptions{
		Validator: l.admit, Description: "Submit a release to the lane",
	})
	if err != nil {
		return err
	}
	for _, each := range []struct {
		update, description string
		apply               func(workflow.Context, release.LaneCommand)
	}{
		{release.UpdateHold, "Let no further release begin", l.hold},
		{release.UpdateResume, "Let releases begin again", l.resume},
		{release.UpdateDrop, "Drop a waiting release", l.drop},
		{release.UpdateAllow, "Allow an artifact again that was rolled back", l.allow},
	} {
		err := workflow.SetUpdateHandlerWithOptions(l.root, each.update,
			func(ctx workflow.Context, c release.LaneCommand) (release.LaneState, error) {
				l.updates++
				l.ready(ctx)
				if err := l.Admit(each.update, c); err != nil {
					return release.LaneState{}, refused(err)
				}
				before := l.Held
				each.apply(ctx, c)
				l.tell(ctx, each.update, c, before)
				l.details()
				return l.State(), nil
			},
			workflow.UpdateHandlerOptions{
				Validator: func(_ workflow.Context, c release.LaneCommand) error {
					err := c.Validate(each.update)
					if l.looking == 0 {
						err = l.Admit(each.update, c)
					}
					if err != nil {
						return refused(err)
					}
					return nil
				},
				Description: each.description,
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// tell lets the world know what a person has done to the lane.
func (l *lane) tell(ctx workflow.Context, update string, c release.LaneCommand, before *release.Hold) {
	l.told++
	kind := release.LaneEventKind(update)
	l.events.queue = append(l.events.queue, release.Event{
		// The run is a part of the ID: a lane that has ended and begins anew counts from 1 again.
		ID: release.EventID(workflow.GetInfo(ctx).WorkflowExecution.RunID, l.told, kind), Kind: kind, At: workflow.Now(ctx),
		Lane: &release.LaneChange{
			App: l.App, By: c.By, Via: release.ViaUpdate, Reason: c.Reason, ReleaseID: c.ReleaseID, Artifact: c.Artifact, Before: before, After: l.Held,
		},
	})
}

func (l *lane) show() (release.LaneState, error) { return l.State(), nil }

func (l *lane) hold(ctx workflow.Context, c release.LaneCommand) {
	l.Hold(release.Hold{By: c.By, Reason: c.Reason, Since: workflow.Now(ctx)})
	l.makeRoom()
}

func (l *lane) resume(_ workflow.Context, _ release.LaneCommand) {
	l.Held = nil
	l.next()
	l.makeRoom()
}

func (l *lane) drop(_ workflow.Context, c release.LaneCommand) {
	for _, e := range l.LeaveWaiting(func(e release.LaneEntry) bool { return e.ReleaseID == c.ReleaseID }) {
		l.cancelWaiting(e, release.Command{By: c.By, Reason: cmp.Or(c.Reason, "dropped from the lane")})
	}
	l.makeRoom()
}

func (l *lane) allow(_ workflow.Context, c release.LaneCommand) { l.Allow(c.Artifact) }
