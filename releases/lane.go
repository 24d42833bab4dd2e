package releases

import (
	"context"
	"errors"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"slipway/release"
	"slipway/releases/execution"
	"slipway/releases/lane"
)

// LaneStatus is what is known of the lane of an application at one moment.
type LaneStatus struct {
	// App is the application as platform/region/id.
	App string `json:"app"`
	// AppName is what the platform calls the application; empty where no release of it has read it yet.
	AppName string `json:"appName,omitempty"`
	// Since is when the lane began to be at work; zero when it is idle, which is to say
	// that nothing runs, waits, is held or is denied.
	Since time.Time `json:"since,omitzero"`
	// State is what the lane answers for itself; nil when nobody answers for it, or it is not at
	// work although a release is, and Partial is why.
	State   *release.LaneState `json:"state,omitempty"`
	Partial Partial            `json:"partial,omitzero"`
}

// ShownLane is a lane as it is shown.
type ShownLane struct {
	release.LaneState

	// AppName is what the platform calls the application; empty where it is not known.
	AppName string `json:"appName,omitempty"`
	// Unknown is why nothing else is known of the lane; empty where its state is.
	Unknown string `json:"unknown,omitempty"`
}

// Shown is the lane of an application as it is shown.
func (s LaneStatus) Shown(app release.App) ShownLane {
	if s.State == nil {
		return ShownLane{LaneState: release.LaneState{App: app}, Unknown: s.Partial.Message}
	}
	return ShownLane{LaneState: *s.State, AppName: s.AppName}
}

// nearCount is among how many releases applications are looked for whose name is near.
const nearCount = 200

// NeverReleased says of an application that there was no release of it, whose lane is idle besides, and which other one may be
// meant: nobody would notice that it was. It is empty where there was a release.
func (c *Client) NeverReleased(ctx context.Context, app release.App) (string, error) {
	found, _, err := c.List(ctx, Filter{App: app.SearchValue(), Limit: 1})
	if err != nil || len(found) > 0 {
		return "", err
	}
	status, err := c.GetLane(ctx, app)
	if err != nil || !status.Since.IsZero() {
		return "", err
	}
	others, _, err := c.List(ctx, Filter{Limit: nearCount})
	if err != nil {
		return "", err
	}
	var names []string
	for _, l := range others {
		if !slices.Contains(names, l.App) {
			names = append(names, l.App)
		}
	}
	return "Temporal remembers no release of this application" + release.DidYouMean(app.SearchValue(), names), nil
}

// lanesQuery chooses the lanes that are at work, of one application or of all.
func lanesQuery(app string) string {
	return "WorkflowType = " + literal(release.WorkflowLane) + Filter{App: app, Open: true}.attributes()
}

// LaneFilter chooses lanes; the zero value chooses all that are at work.
type LaneFilter struct {
	// NeedsPerson chooses those that say that they need a person: they are held, or releases have left something in them.
	NeedsPerson bool
	// Limit is how many to list at most; 0 lists all.
	Limit int
}

// ListLanes lists the lanes that are at work, and asks each for its state; one that does not answer,
// or cannot be read, is partial. More reports whether the limit cut the list.
func (c *Client) ListLanes(ctx context.Context, f LaneFilter) (found []LaneStatus, more bool, err error) {
	query := lanesQuery("")
	if f.NeedsPerson {
		query += " AND " + release.SearchPhase + " = " + literal(release.LaneNeedsPerson)
	}
	infos, more, err := c.find(ctx, search{query: query, limit: f.Limit})
	if err != nil {
		return nil, false, err
	}
	survey := newSurvey()
	questions, cancel := forSurvey(ctx)
	defer cancel()
	all := make([]LaneStatus, len(infos))
	gone := make([]bool, len(infos))
	survey.Each(questions, forEach(infos, func(ctx context.Context, l listedAt) {
		state, partial, there := ask(ctx, survey, question[*release.LaneState]{
			of:  aLane(),
			ask: func(ctx context.Context) (*release.LaneState, error) { return c.queryLane(ctx, l.ID) },
		})
		all[l.place], gone[l.place] = LaneStatus{App: l.App, Since: l.CreatedAt, State: state, Partial: partial}, !there
	}))
	if ctx.Err() != nil {
		return nil, false, context.Cause(ctx)
	}
	for i, l := range all {
		if !gone[i] {
			l.Partial = settled(survey, l.Partial)
			found = append(found, l)
		}
	}
	nameApps(ctx, c, found, func(l *LaneStatus) (app string, name *string) { return l.App, &l.AppName })
	return found, more, nil
}

// GetLane returns the status of the lane of an application. One that does not run is idle, unless a release of
// the application is under way: then it was terminated, and nobody knows its state.
func (c *Client) GetLane(ctx context.Context, app release.App) (LaneStatus, error) {
	status := LaneStatus{App: app.SearchValue(), AppName: c.appNames(ctx, []string{app.SearchValue()})[app.SearchValue()]}
	since, state, err := c.askLane(ctx, app)
	switch {
	case since.IsZero() && err != nil:
		return status, classify("", err)
	case since.IsZero():
		return c.idleLane(ctx, app, status)
	}
	status.Since, status.State = since, state
	status.Partial, err = aLane().whyPartial(ctx, err)
	return status, err
}

// askLane asks the lane of an application for its state, and returns since when it runs. One that does
// not run is not asked, and since is zero: Temporal would answer what it knew before it ended, which
// the lane that the next release starts does not know. The errors are those of Temporal.
func (c *Client) askLane(ctx context.Context, app release.App) (since time.Time, state *release.LaneState, err error) {
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	d, err := c.temporal.DescribeWorkflow(calling, release.LaneID(app), "")
	if execution.IsGone(err) || err == nil && d.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return time.Time{}, nil, nil
	}
	if err != nil {
		return time.Time{}, nil, err
	}
	state, err = c.queryLane(ctx, release.LaneID(app))
	return d.WorkflowStartTime, state, err
}

// waitsFor says what a release that is queued waits for in its lane: which release comes before it
// and whether that stands still, or who holds the lane and why. It is empty where the lane does not answer, or the release does not
// wait any more.
func (c *Client) waitsFor(ctx context.Context, p release.Progress) string {
	_, state, err := c.askLane(ctx, p.App)
	waits := func(e release.LaneEntry) bool { return e.ReleaseID == p.ReleaseID }
	if err != nil || state == nil || !slices.ContainsFunc(state.Waiting, waits) {
		return ""
	}
	if state.Running != nil { // where that does not answer, the lane's own words do
		running, err := c.Get(ctx, state.Running.ReleaseID)
		if stalled := running.Progress.Stalled; err == nil && stalled != nil {
			return "release " + state.Running.ReleaseID + ", which stands still: " + stalled.Doing
		}
	}
	return state.WaitsFor(p.ReleaseID)
}

// idleLane returns the status of a lane that does not run.
func (c *Client) idleLane(ctx context.Context, app release.App, status LaneStatus) (LaneStatus, error) {
	runs, err := c.underWay(ctx, app)
	switch {
	case err != nil:
		return status, err
	case runs == "":
		status.State = &release.LaneState{App: app}
	default:
		status.Partial = Partial{PartialLaneMissing, "the lane does not run, although release " + runs +
			" is under way: the lane was terminated, or that release was begun without it; " +
			"the next release, or one that waits, starts the lane again"}
	}
	return status, nil
}

// fewReleases is how many releases of an application are read to find one that is under way.
const fewReleases = 5

// underWay is a release of an application that is under way; empty where there is none.
func (c *Client) underWay(ctx context.Context, app release.App) (id string, err error) {
	query := Filter{App: app.SearchValue(), Open: true}.query()
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

// queryLane asks a lane for its state.
func (c *Client) queryLane(ctx context.Context, laneID string) (*release.LaneState, error) {
	state, err := execution.Query[release.LaneState](ctx, c.temporal, execution.Question{
		WorkflowID: laneID, Query: release.QueryLane, Within: callTime,
	})
	if err != nil {
		return nil, err
	}
	return &state, nil
}

// Admits returns a [RefusedError] where the lane of its application would refuse what the spec asks
// for, because the artifact was rolled back. It is nil where the lane lets it in, and where it does
// not answer: then it decides when the request reaches it.
func (c *Client) Admits(ctx context.Context, spec release.Spec) error {
	_, state, err := c.askLane(ctx, spec.App)
	if err != nil || state == nil {
		return nil //nolint:nilerr // a lane that does not run denies nothing, and of one that does not answer nothing is known
	}
	if d, denied := state.Denial(spec); denied {
		return &RefusedError{ID: spec.App.SearchValue(), Of: SubjectLane, Reason: d.Refusal(spec.App)}
	}
	return nil
}

// LaneUpdate is an operator's command to a lane.
type LaneUpdate struct {
	App release.App
	// Name is one of [release.UpdateHold], [release.UpdateResume], [release.UpdateDrop]
	// and [release.UpdateAllow].
	Name string
	// ID identifies the command; the same ID counts once.
	ID      string
	Command release.LaneCommand
}

// UpdateLane sends a command to a lane and returns its state right after. A lane that does not
// run starts for [release.UpdateHold], and has nothing to resume, drop or allow. The
// errors are [RefusedError], [UnansweredError] and [UnreachableError].
func (c *Client) UpdateLane(ctx context.Context, u LaneUpdate) (release.LaneState, error) {
	began := time.Now()
	var state release.LaneState
	err := c.sendLaneUpdate(ctx, u, &state)
	_, gone := errors.AsType[*serviceerror.NotFound](err)
	about := u.App.SearchValue()
	switch {
	case err == nil:
		return state, nil
	case refusal(err) != "":
		return state, &RefusedError{ID: about, Of: SubjectLane, Reason: refusal(err)}
	case gone:
		return state, &RefusedError{ID: about, Of: SubjectLane, Reason: "the lane is idle: nothing runs or waits in it, and nothing is held or denied"}
	case unansweredInTime(ctx, err):
		return state, &UnansweredError{ID: about, Of: SubjectLane, Waited: time.Since(began).Round(time.Second)}
	case ctx.Err() != nil:
		return state, context.Cause(ctx)
	}
	return state, classify("", err)
}

func (c *Client) sendLaneUpdate(ctx context.Context, u LaneUpdate, state *release.LaneState) error {
	if u.Name == release.UpdateHold {
		return lane.Send(ctx, c.temporal, lane.Update{App: u.App, Name: u.Name, Arg: u.Command, ID: u.ID}, state)
	}
	handle, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: u.ID, WorkflowID: release.LaneID(u.App), UpdateName: u.Name, Args: []any{u.Command},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, state)
}
