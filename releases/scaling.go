package releases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"slipway/release"
	"slipway/releases/execution"
)

// readAttempts bounds how often the platform is asked before its error is returned.
const readAttempts = 3

// ScalingRules reads the scaling rules of an application. A worker of its region reads
// them, as an activity without a workflow, so that nobody else needs to reach the
// platform.
func (c *Client) ScalingRules(ctx context.Context, app release.App) ([]release.ScalingRule, error) {
	snap, err := c.snapshot(ctx, "scaling-list", release.SnapshotInput{App: app})
	return snap.ScalingRules, err
}

// CheckRules refuses, with a [RefusedError], to switch rules that the application does not have. Any other error is that nobody knows
// which it has.
func (c *Client) CheckRules(ctx context.Context, in release.ToggleRequest) error {
	if len(in.Names) == 0 {
		return nil
	}
	rules, err := c.ScalingRules(ctx, in.App)
	if err != nil {
		return err
	}
	return missingRules(in, rules)
}

// missingRules is the refusal of names that no rule has; nil where each is one.
func missingRules(in release.ToggleRequest, rules []release.ScalingRule) error {
	var known, missing []string
	for _, r := range rules {
		known = append(known, r.Name)
	}
	for _, name := range in.Names {
		if !slices.Contains(known, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	there := "the application has none"
	if len(known) > 0 {
		there = "there are: " + strings.Join(known, ", ")
	}
	return &RefusedError{
		ID: in.App.SearchValue(), Of: SubjectScaling, Reason: "there is no rule " + strings.Join(missing, ", ") + "; " + there,
	}
}

// Running reads what an application runs, with all settings that its platform tells of, in the same way. Values that
// could be private are digests.
func (c *Client) Running(ctx context.Context, app release.App) (release.Snapshot, error) {
	return c.snapshot(ctx, "running", release.SnapshotInput{App: app, Settings: true})
}

// CheckVersion asks the platform, in the same way, whether an application can return to a version.
// Where the platform has no such version it is a [RefusedError] of the release that was to return
// to it.
func (c *Client) CheckVersion(ctx context.Context, id string, app release.App, version string) error {
	_, err := c.snapshot(ctx, "version-check", release.SnapshotInput{App: app, Rollback: &release.RollbackQuestion{VersionID: version}})
	application, answered := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case err == nil:
		return nil
	case answered && application.Type() == string(release.FaultNotFound):
		return &RefusedError{ID: id, Reason: application.Message() + "; the release was not stopped"}
	}
	return err
}

// snapshot lets a worker read an application; the purpose is a part of the activity's ID.
func (c *Client) snapshot(ctx context.Context, purpose string, in release.SnapshotInput) (snap release.Snapshot, err error) {
	in.App = in.App.WithDefaults()
	return snap, c.look(ctx, purpose+"/"+in.App.SearchValue(), looking{in.App, release.ActivityName(in.App.Platform, release.VerbSnapshot), in}, &snap)
}

// looking is an activity of a platform that only reads.
type looking struct {
	app      release.App
	activity string
	in       any
}

// look lets a worker of the region carry an activity out without a workflow; about is a part of its ID.
func (c *Client) look(ctx context.Context, about string, what looking, out any) error {
	limit := callTime
	if until, bounded := ctx.Deadline(); bounded {
		limit = time.Until(until)
	}
	handle, err := c.temporal.ExecuteActivity(ctx, client.StartActivityOptions{
		ID:                     about + "/" + uuid.NewString(),
		TaskQueue:              release.PlatformTaskQueue(what.app.Platform, what.app.Region),
		ScheduleToCloseTimeout: limit,
		RetryPolicy:            &temporal.RetryPolicy{MaximumAttempts: readAttempts},
	}, what.activity, what.in)
	if _, unknown := errors.AsType[*serviceerror.Unimplemented](err); unknown {
		return fmt.Errorf("this Temporal server has no activities without workflows: %w; upgrade it, or look at the application on the platform", err)
	}
	if err != nil {
		return classify("", err)
	}
	if err := handle.Get(ctx, out); err != nil {
		return c.unread(what.app, err)
	}
	return nil
}

// unread distinguishes a missing worker from what the platform answered.
func (c *Client) unread(app release.App, err error) error {
	timeout, late := errors.AsType[*temporal.TimeoutError](err)
	_, deadline := errors.AsType[*serviceerror.DeadlineExceeded](err)
	if deadline || errors.Is(err, context.DeadlineExceeded) || late && timeout.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE {
		return fmt.Errorf("no worker of %s/%s answered: %w; check that slipway worker runs with %s",
			app.Platform, app.Region, context.DeadlineExceeded, regionSetting(app.Platform, app.Region))
	}
	return c.platformError(err)
}

// platformError strips an error that came through Temporal down to what the platform
// said.
func (c *Client) platformError(err error) error {
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return &answeredError{application}
	}
	return classify("", err)
}

// answeredError is what the platform said, without the layers of Temporal.
type answeredError struct{ application *temporal.ApplicationError }

func (e *answeredError) Error() string {
	return fmt.Sprintf("%s (%s)", e.application.Message(), e.application.Type())
}

// Unwrap returns the error of the activity or the workflow.
func (e *answeredError) Unwrap() error { return e.application }

// Switching is a workflow that switches scaling rules or restores what a lost release
// has left off.
type Switching struct {
	// ID is its workflow ID.
	ID  string `json:"workflowId"`
	run client.WorkflowRun
	of  *Client
}

// scalingID is the ID of the workflow that switches the rules of an application: there
// is one at a time, so that none switches back what another has switched since.
func scalingID(app release.App) string { return "scaling/" + app.SearchValue() }

// Toggle begins to switch scaling rules. While rules of the same application are switched
// already, also for a time that has not passed, it is a [RefusedError].
func (c *Client) Toggle(ctx context.Context, in release.ToggleRequest) (Switching, error) {
	in.App = in.App.WithDefaults()
	if err := in.Validate(); err != nil {
		return Switching{}, err
	}
	id := scalingID(in.App)
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: release.WorkflowTaskQueue, StaticSummary: toggleTitle(in),
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    searchable(in.App),
	}, release.WorkflowToggleScalingRules, in)
	if _, busy := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); busy {
		return Switching{}, c.switchedAlready(ctx, in.App)
	}
	if err != nil {
		return Switching{}, classify("", err)
	}
	return Switching{ID: id, run: run, of: c}, nil
}

func searchable(app release.App) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(temporal.NewSearchAttributeKeyKeyword(release.SearchApp).ValueSet(app.SearchValue()))
}

// toggleTitle names what is switched, in Temporal's lists.
func toggleTitle(in release.ToggleRequest) string {
	title := "disable "
	if in.Enable {
		title = "enable "
	}
	if len(in.Names) == 0 {
		title += "all rules"
	}
	title += strings.Join(in.Names, ", ")
	if in.For > 0 {
		title += " for " + in.For.String()
	}
	if in.By != "" {
		title += " by " + in.By
	}
	return title
}

// switchedAlready returns who switches the rules just now.
func (c *Client) switchedAlready(ctx context.Context, app release.App) error {
	refused := &RefusedError{ID: app.SearchValue(), Of: SubjectScaling, Reason: "somebody switches them already"}
	if d, err := c.temporal.DescribeWorkflow(ctx, scalingID(app), ""); err == nil {
		what, _ := d.GetStaticSummary()
		if what != "" {
			refused.Reason += ": " + what
		}
		refused.Reason += ", since " + release.Moment(d.WorkflowStartTime)
	}
	refused.Reason += "; wait for its end, or end it now with: slipway scaling restore " + app.SearchValue()
	return refused
}

// Switched lists the applications whose scaling rules are switched by hand just now, as
// platform/region/id, of so many at most.
func (c *Client) Switched(ctx context.Context, limit int) (apps []string, err error) {
	query := "WorkflowType = " + literal(release.WorkflowToggleScalingRules) + Filter{Open: true}.attributes()
	infos, _, err := c.find(ctx, search{query: query, limit: limit})
	for _, info := range infos {
		apps = append(apps, listed(info).App)
	}
	return apps, err
}

// SwitchBack ends a switching for a time now: what it has switched is switched back. When
// there is none it is a [RefusedError].
func (c *Client) SwitchBack(ctx context.Context, app release.App) (Switching, error) {
	id := scalingID(app)
	d, err := c.temporal.DescribeWorkflow(ctx, id, "")
	_, never := errors.AsType[*serviceerror.NotFound](err)
	if never || err == nil && d.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return Switching{}, &RefusedError{ID: app.SearchValue(), Of: SubjectScaling, Reason: "none is switched for a time just now"}
	}
	if err == nil {
		err = c.temporal.CancelWorkflow(ctx, id, "") // it may have continued as new meanwhile
	}
	if err != nil {
		return Switching{}, classify("", err)
	}
	return Switching{ID: id, run: c.temporal.GetWorkflow(ctx, id, d.WorkflowExecution.RunID), of: c}, nil
}

// Recover begins to restore what a release has left behind that ended without a result.
// While the release is at work it is a [RefusedError]: it restores its rules itself.
func (c *Client) Recover(ctx context.Context, releaseID string) (Switching, error) {
	status, err := c.Get(ctx, releaseID)
	if err != nil {
		return Switching{}, err
	}
	if !status.Closed {
		return Switching{}, &RefusedError{ID: releaseID, Reason: "it is at work and restores its scaling rules itself; abort it if it must end"}
	}
	app := status.Progress.App
	if err := app.Validate(); err != nil {
		return Switching{}, fmt.Errorf("release %s does not tell which application it is of: %w", releaseID, err)
	}
	return c.lookAfter(ctx, app, releaseID)
}

// UntakenError means that Temporal has stored a request and that no worker has taken it in time.
type UntakenError struct {
	// ID is the workflow that was asked for.
	ID string
}

// Error implements error.
func (e *UntakenError) Error() string {
	return "the request is stored in Temporal, as workflow " + e.ID + "; no worker has taken it yet: it is carried out once one does; " + startWorker
}

// takenEvery is how often Temporal is asked whether a worker has taken a request.
const takenEvery = 100 * time.Millisecond

// Taken waits until a worker has taken what was asked for, and what that asks of the platform. Its
// error is an [UntakenError] where none has by the deadline of the context.
func (s Switching) Taken(ctx context.Context) error {
	ticker := time.NewTicker(takenEvery)
	defer ticker.Stop()
	for {
		d, err := s.of.temporal.DescribeWorkflowExecution(ctx, s.ID, s.run.GetRunID())
		switch {
		case err == nil && taken(d):
			return nil
		case err != nil && ctx.Err() == nil && !execution.Silent(err):
			return classify("", err)
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return context.Cause(ctx)
			}
			return &UntakenError{ID: s.ID}
		case <-ticker.C:
		}
	}
}

// taken reports whether no task of a workflow still waits for the first worker that takes it.
func taken(d *workflowservice.DescribeWorkflowExecutionResponse) bool {
	return d.GetPendingWorkflowTask() == nil && !slices.ContainsFunc(d.GetPendingActivities(), func(a *workflowpb.PendingActivityInfo) bool {
		return a.GetLastStartedTime() == nil
	})
}

// Wait waits for the end and reads the result.
func (s Switching) Wait(ctx context.Context, result any) error {
	err := s.run.Get(ctx, result)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("workflow %s: %w; it goes on", s.ID, context.Cause(ctx))
	}
	return s.of.platformError(err)
}
