package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"slipway/cloudapi"
	"slipway/ledger"
	"slipway/release"
	"slipway/releases"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/wire"
)

// operator is who does what a plan has operators do.
const operator = "operator"

// act does what an operator does. What Temporal and NATS do not answer is tried again; what is refused, because there is nothing to do it
// to, is left.
func (r *Run) act(ctx context.Context, a Act) error {
	app := r.places[a.Application].App
	switch a.Kind {
	case ActHoldLane:
		return r.forAWhile(ctx, a, r.lane(app, release.UpdateHold, a), r.lane(app, release.UpdateResume, a))
	case ActFreeze:
		stop := release.Stop{Name: fmt.Sprintf("chaos-%d", a.At), Scope: release.Scope{Platform: app.Platform, Region: app.Region, App: app.ID}, Reason: "chaos"}
		return r.forAWhile(ctx, a, r.calendar("stop", stop, release.Calendar.WithStop), r.calendar("lift", stop, withoutStop))
	case ActTerminateLane:
		return again(ctx, func(ctx context.Context) error { return r.terminate(ctx, release.LaneID(app)) })
	case ActResetLane:
		return again(ctx, func(ctx context.Context) error { return r.reset(ctx, release.LaneID(app)) })
	case ActTerminateRelease:
		return r.toRelease(ctx, app, r.terminate)
	case ActResetRelease:
		return r.toRelease(ctx, app, r.reset)
	case ActForeignChange:
		r.foreignChange(ctx, a)
	case ActEnableRule:
		r.enableRule(ctx, a)
	case ActForget:
		return r.forget(ctx, a)
	}
	return nil
}

// again tries something until it succeeds or is refused.
func again(ctx context.Context, try func(context.Context) error) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, answerTime)
		err := try(attempt)
		cancel()
		_, refused := errors.AsType[*releases.RefusedError](err)
		_, missing := errors.AsType[*serviceerror.NotFound](err)
		_, invalid := errors.AsType[*serviceerror.InvalidArgument](err)
		if err == nil || refused || missing || invalid {
			return nil
		}
		if waited := cloudapi.Sleep(ctx, againInterval); waited != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
}

// forAWhile does something, and takes it back after a while.
func (r *Run) forAWhile(ctx context.Context, a Act, do, undo func(context.Context) error) error {
	if err := again(ctx, do); err != nil {
		return err
	}
	if err := cloudapi.Sleep(ctx, a.For); err != nil {
		return err
	}
	return again(ctx, undo)
}

func (r *Run) lane(app release.App, update string, a Act) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := r.releases.UpdateLane(ctx, releases.LaneUpdate{
			App: app, Name: update, ID: fmt.Sprintf("chaos-%d-%s", a.At, update), Command: release.LaneCommand{By: operator, Reason: "chaos"},
		})
		return err
	}
}

func withoutStop(c release.Calendar, s release.Stop) release.Calendar {
	c, _ = c.WithoutStop(s.Name)
	return c
}

func (r *Run) calendar(action string, s release.Stop, edit func(release.Calendar, release.Stop) release.Calendar) func(context.Context) error {
	return func(ctx context.Context) error {
		s.By, s.At = operator, time.Now()
		change := wire.CalendarChange{Action: action, Name: s.Name, By: operator, Reason: s.Reason, At: s.At}
		return wire.NewCalendars(r.access.JetStream).Edit(ctx, change, func(c release.Calendar) (release.Calendar, error) { return edit(c, s), nil })
	}
}

// toRelease does something to the workflow of the release that is under way in an application, if there is one.
func (r *Run) toRelease(ctx context.Context, app release.App, do func(context.Context, string) error) error {
	return again(ctx, func(ctx context.Context) error {
		open, err := r.ledger.All(ctx, ledger.Filter{App: app, Open: true, Chooses: func(r ledger.Record) bool { return !r.StartedAt.IsZero() }})
		if err != nil || len(open) == 0 {
			return err
		}
		r.notes.note(func(s *Sent) { s.Disturbed[open[0].ReleaseID] = true })
		return do(ctx, release.WorkflowID(open[0].ReleaseID))
	})
}

func (r *Run) terminate(ctx context.Context, workflowID string) error {
	return r.access.Temporal.TerminateWorkflow(ctx, workflowID, "", "by mistake")
}

// reset resets a workflow that runs to its first workflow task, as `temporal workflow reset` does.
func (r *Run) reset(ctx context.Context, workflowID string) error {
	d, err := r.access.Temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil || d.GetWorkflowExecutionInfo().GetCloseTime() != nil {
		return err
	}
	events := r.access.Temporal.GetWorkflowHistory(ctx, workflowID, d.GetWorkflowExecutionInfo().GetExecution().GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return err
		}
		if e.GetEventType() != enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			continue
		}
		_, err = r.access.Temporal.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: client.DefaultNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
			Reason: "by mistake", WorkflowTaskFinishEventId: e.GetEventId(), RequestId: fmt.Sprintf("%s %d", workflowID, e.GetEventId()),
		})
		return err
	}
	return nil // it has not run yet
}

// foreignChange releases an image at the console of SAE. Where a change is under way the console refuses another one.
func (r *Run) foreignChange(ctx context.Context, a Act) {
	image := fmt.Sprintf("registry.example/chaos:by-hand-%d", a.At)
	r.notes.note(func(s *Sent) { s.Foreign[a.Application] = append(s.Foreign[a.Application], image) }) // though nobody may answer
	_, _ = r.access.SAESim.BeginConsoleOrder(ctx, r.places[a.Application].App.ID, saesim.ConsoleRelease{Image: image, Description: "by hand"})
}

// enableRule enables a scaling rule that was not enabled.
func (r *Run) enableRule(ctx context.Context, a Act) {
	for rule, enabled := range r.places[a.Application].Before.Rules {
		if enabled {
			continue
		}
		_, err := r.access.SAE.EnableApplicationScalingRule(ctx, &saeclient.EnableApplicationScalingRuleInput{AppID: r.places[a.Application].App.ID, ScalingRuleName: rule})
		if err == nil {
			r.notes.note(func(s *Sent) { s.Enabled[a.Application] = append(s.Enabled[a.Application], rule) })
		}
		return
	}
}

// forget removes the history of the release of an application that was asked for last among those that have ended, as the retention of
// Temporal does, and asks for the same once more: the ledger alone knows then that it was released.
func (r *Run) forget(ctx context.Context, a Act) error {
	for i, q := range slices.Backward(r.plan.Requests) {
		if q.Application != a.Application || q.At > a.At {
			continue
		}
		_, id, err := r.encode(q)
		if err != nil {
			return err
		}
		var ended bool
		err = again(ctx, func(ctx context.Context) (err error) {
			ended, err = r.hasEnded(ctx, id)
			if err != nil || !ended {
				return err
			}
			return r.remove(ctx, release.WorkflowID(id))
		})
		if err != nil || !ended {
			continue
		}
		return r.faulty(ctx, Faulty{Kind: FaultyAgain, Request: i, EventID: fmt.Sprintf("forgotten-%d", a.At)})
	}
	return nil // nothing has ended yet
}

// hasEnded reports whether a release has ended by the ledger and its workflow is closed.
func (r *Run) hasEnded(ctx context.Context, id string) (bool, error) {
	record, err := r.ledger.Get(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return false, nil
	}
	if err != nil || !record.Ended() {
		return false, err
	}
	d, err := r.access.Temporal.DescribeWorkflowExecution(ctx, release.WorkflowID(id), "")
	return err == nil && d.GetWorkflowExecutionInfo().GetCloseTime() != nil, err
}

// remove removes a workflow that is closed.
func (r *Run) remove(ctx context.Context, workflowID string) error {
	_, err := r.access.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: workflowID},
	})
	return err
}
