package releases

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"slipway/lanes"
	"slipway/release"
)

// LaneLook is one look at the lane of an application.
type LaneLook struct {
	// App is the application as platform/region/id.
	App string `json:"app"`
	// Since is when the lane began to be at work; zero when it is idle, which is to say
	// that nothing runs, waits, is held or is denied.
	Since time.Time `json:"since,omitzero"`
	// State is what the lane says of itself; nil when nobody answers for it, or it is not at
	// work although a release is, and Lack says why.
	State *release.LaneState `json:"state,omitempty"`
	Lack  string             `json:"lack,omitempty"`
}

// noLaneWorker is the usual reason for a lack.
const noLaneWorker = "no worker answers, so what runs and waits in the lane is not known; check that slipway worker runs"

// Lanes looks at the lanes that are at work. More tells that the limit cut the list; 0
// is no limit.
func (c *Client) Lanes(ctx context.Context, limit int) (found []LaneLook, more bool, err error) {
	infos, more, err := c.find(ctx, search{query: fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Running'", release.WorkflowLane), limit: limit})
	if err != nil {
		return nil, false, err
	}
	lack := ""
	for _, info := range infos {
		l := LaneLook{App: keyword(info.GetSearchAttributes(), release.SearchApp), Since: info.GetStartTime().AsTime(), Lack: lack}
		if lack == "" {
			if l.State, l.Lack, err = c.askLane(ctx, info.GetExecution().GetWorkflowId()); err != nil {
				return nil, false, err
			}
			if l.Lack == noLaneWorker {
				lack = noLaneWorker // nobody answers for the other lanes either, and asking takes long
			}
		}
		found = append(found, l)
	}
	return found, more, nil
}

// Lane looks at the lane of an application. One that does not run is idle, unless a release of
// the application is under way: then it was terminated, and nobody knows its state.
func (c *Client) Lane(ctx context.Context, app release.App) (LaneLook, error) {
	look := LaneLook{App: app.SearchValue()}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflow(asking, release.LaneID(app), "")
	idle := err == nil && d.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if _, never := errors.AsType[*serviceerror.NotFound](err); never || idle {
		return c.idleLane(ctx, app)
	}
	if err != nil {
		return look, classify("", err)
	}
	look.Since = d.WorkflowStartTime
	look.State, look.Lack, err = c.askLane(ctx, release.LaneID(app))
	return look, err
}

// idleLane looks at a lane that does not run.
func (c *Client) idleLane(ctx context.Context, app release.App) (LaneLook, error) {
	look := LaneLook{App: app.SearchValue()}
	runs, err := c.underWay(ctx, app)
	switch {
	case err != nil:
		return look, err
	case runs == "":
		look.State = &release.LaneState{App: app}
	default:
		look.Lack = "the lane does not run, although release " + runs + " is under way: the lane was terminated, or that release was begun without it; " +
			"the next release, or one that waits, starts the lane again"
	}
	return look, nil
}

// fewReleases is how many releases of an application are looked at for one that is under way.
const fewReleases = 5

// underWay is a release of an application that is under way; empty where there is none.
func (c *Client) underWay(ctx context.Context, app release.App) (id string, err error) {
	query := Filter{App: app.SearchValue()}.query() + " AND ExecutionStatus = 'Running'"
	infos, _, err := c.find(ctx, search{query: query, limit: fewReleases})
	if err != nil {
		return "", err
	}
	for _, info := range infos {
		// The list may lag behind what has ended just now.
		d, err := c.temporal.DescribeWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		if err == nil && d.Status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return releaseID(info.GetExecution().GetWorkflowId()), nil
		}
	}
	return "", nil
}

// askLane queries a lane; lack says why nobody answers for it.
func (c *Client) askLane(ctx context.Context, laneID string) (state *release.LaneState, lack string, err error) {
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	state = &release.LaneState{}
	answer, err := c.temporal.QueryWorkflow(asking, laneID, "", release.QueryLane)
	if err == nil {
		err = answer.Get(state)
	}
	_, notReady := errors.AsType[*serviceerror.WorkflowNotReady](err)
	_, notMet := errors.AsType[*serviceerror.FailedPrecondition](err)
	switch {
	case err == nil:
		return state, "", nil
	case ctx.Err() != nil:
		return nil, "", context.Cause(ctx)
	case notReady:
		return nil, "the lane does not answer yet", nil
	case notMet, transient(err):
		return nil, noLaneWorker, nil
	}
	return nil, "", classify("", err)
}

// LaneWord is an operator's word to a lane.
type LaneWord struct {
	App release.App
	// Update is one of [release.UpdateHold], [release.UpdateResume], [release.UpdateDrop]
	// and [release.UpdateAllow].
	Update string
	// ID is the identity of the word; the same ID counts once.
	ID      string
	Command release.LaneCommand
}

// TellLane hands a word to a lane and returns its state right after. A lane that does not
// run starts when it is told to hold, and has nothing to resume, drop or allow. The
// errors are [RefusedError], [UnansweredError] and [UnreachableError].
func (c *Client) TellLane(ctx context.Context, w LaneWord) (release.LaneState, error) {
	began := time.Now()
	var state release.LaneState
	err := c.updateLane(ctx, w, &state)
	_, late := errors.AsType[*client.WorkflowUpdateServiceTimeoutOrCanceledError](err)
	_, gone := errors.AsType[*serviceerror.NotFound](err)
	about := w.App.SearchValue()
	switch {
	case err == nil:
		return state, nil
	case refusal(err) != "":
		return state, &RefusedError{ID: about, Of: SubjectLane, Reason: refusal(err)}
	case gone:
		return state, &RefusedError{ID: about, Of: SubjectLane, Reason: "the lane is idle: nothing runs or waits in it, and nothing is held or denied"}
	case late && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return state, &UnansweredError{ID: about, Of: SubjectLane, Waited: time.Since(began).Round(time.Second)}
	case ctx.Err() != nil:
		return state, context.Cause(ctx)
	}
	return state, classify("", err)
}

func (c *Client) updateLane(ctx context.Context, w LaneWord, state *release.LaneState) error {
	if w.Update == release.UpdateHold {
		return lanes.Say(ctx, c.temporal, lanes.Word{App: w.App, Name: w.Update, Arg: w.Command, ID: w.ID}, state)
	}
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: w.ID, WorkflowID: release.LaneID(w.App), UpdateName: w.Update, Args: []any{w.Command},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, state)
}
