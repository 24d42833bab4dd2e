package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"slipway/release"
)

// world is a stage on which a lane runs with the releases it starts. It plays the part
// of the Temporal server where the test environment has none: it tells how releases have
// ended, and lets them be lost.
type world struct {
	*stage
	interceptor.WorkerInterceptorBase

	// laneID is where updates and queries go; empty where the lane is the workflow under
	// test itself.
	laneID  string
	updates int
	// due counts what is still to happen on the stage.
	due int
	// laneRuns counts the runs of the lane.
	laneRuns int
	// lose is after what time a release or watchdog is lost, by workflow ID.
	lose map[string]time.Duration
	// endings and shown are guarded by stage.mu: activities read them.
	endings map[string]release.Ending
	// found are the results of watchdogs.
	found map[string]release.WatchdogResult
	shown map[string]func() (release.Progress, error)
	asked map[string][]release.SnapshotInput
	// loss is nil where nothing is lost but what lose tells.
	loss *loss
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, newStage(t))
}

// newWorldOn is a world on a stage that is set already.
func newWorldOn(t *testing.T, s *stage) *world {
	t.Helper()
	w := &world{
		stage: s, lose: map[string]time.Duration{}, endings: map[string]release.Ending{}, found: map[string]release.WatchdogResult{},
		shown: map[string]func() (release.Progress, error){}, asked: map[string][]release.SnapshotInput{},
	}
	w.env.SetWorkerOptions(worker.Options{Interceptors: w.interceptors(w)})
	w.env.RegisterActivityWithOptions(w.awaitEnd, activity.RegisterOptions{Name: release.AwaitEndActivity})
	w.env.RegisterActivityWithOptions(w.awaitWatchdog, activity.RegisterOptions{Name: release.AwaitWatchdogActivity})
	w.env.RegisterActivityWithOptions(w.lastProgress, activity.RegisterOptions{Name: release.LastProgressActivity})
	w.env.RegisterWorkflowWithOptions(w.around, workflow.RegisterOptions{Name: "Around"})
	w.env.RegisterWorkflowWithOptions(w.again, workflow.RegisterOptions{Name: "Again"})
	return w
}

// at runs something once the time has come so far; a world that ends before is an error.
func (w *world) at(d time.Duration, fn func()) {
	w.due++
	w.stage.at(d, func() {
		w.due--
		fn()
	})
}

func (w *world) requireOver() {
	w.t.Helper()
	require.True(w.t, w.env.IsWorkflowCompleted())
	require.NoError(w.t, w.env.GetWorkflowError())
	require.Zero(w.t, w.due, "the lane ended before all had happened that was to happen")
}

// around runs a lane as a child, so that it can continue as new in the same world.
func (w *world) around(ctx workflow.Context, in release.LaneInput) error {
	return workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: w.laneID, ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
	}), release.WorkflowLane, in).Get(ctx, nil)
}

// runLane runs a lane to its end.
func (w *world) runLane() {
	w.t.Helper()
	w.env.ExecuteWorkflow(release.WorkflowLane, release.LaneInput{App: w.app})
	w.requireOver()
}

// runContinuing runs a lane that continues as new after so many updates. It remembers
// something from the start, so that it waits for its first update; see forget.
func (w *world) runContinuing(in release.LaneInput) {
	w.t.Helper()
	w.env.ExecuteWorkflow("Around", in)
	w.requireOver()
}

// remembering is the input of a lane that does not end before forget.
func (w *world) remembering(maxUpdates int) release.LaneInput {
	w.laneID = release.LaneID(w.app)
	return release.LaneInput{
		App: w.app, MaxUpdates: maxUpdates,
		Denied: []release.Denial{{Artifact: release.Artifact{Image: "registry.example/old"}, ReleaseID: "r-old", Reason: "bad"}},
	}
}

func (w *world) forget(d time.Duration) {
	w.command(d, release.UpdateAllow, release.LaneCommand{By: "ann"})
}

// answered is what became of an update of a lane.
type answered struct {
	receipt  release.Receipt
	state    release.LaneState
	accepted bool
	answered bool
	rejected error
	err      error
}

func (a *answered) requireRejected(t *testing.T, kind, words string) {
	t.Helper()
	var app *temporal.ApplicationError
	require.ErrorAs(t, a.rejected, &app)
	require.Equal(t, kind, app.Type())
	require.Contains(t, app.Message(), words)
}

func (w *world) update(a *answered, name string, arg any) {
	callbacks := &testsuite.TestUpdateCallback{
		OnAccept: func() {
			a.accepted = true
			if w.loss != nil {
				w.loss.updates = append(w.loss.updates, said{a, name, arg})
			}
		},
		OnReject: func(err error) { a.rejected = err },
		OnComplete: func(result any, err error) {
			a.answered, a.err = true, err
			switch r := result.(type) {
			case release.Receipt:
				a.receipt = r
				if s, submitted := arg.(release.Submission); submitted && w.loss != nil {
					w.loss.accept(s)
				}
			case release.LaneState:
				a.state = r
			}
		},
	}
	w.updates++
	id := fmt.Sprint(w.updates)
	if w.laneID == "" {
		w.env.UpdateWorkflow(name, id, callbacks, arg)
		return
	}
	if err := w.env.UpdateWorkflowByID(w.laneID, name, id, callbacks, arg); err != nil {
		a.rejected = err
		if w.loss != nil {
			w.loss.pending = append(w.loss.pending, said{a, name, arg})
			w.env.SignalWorkflow(calls, nil)
		}
	}
}

// send hands a release to the lane after some time.
func (w *world) send(d time.Duration, id string, spec release.Spec) *answered {
	a := &answered{}
	w.at(d, func() {
		w.update(a, release.UpdateSubmit, release.Submission{ReleaseID: id, Spec: spec.WithDefaults()})
	})
	return a
}

func (w *world) command(d time.Duration, name string, c release.LaneCommand) *answered {
	a := &answered{}
	w.at(d, func() { w.update(a, name, c) })
	return a
}

func (w *world) lane() release.LaneState {
	w.t.Helper()
	id := w.laneID
	if id == "" {
		return w.laneState()
	}
	value, err := w.env.QueryWorkflowByID(id, release.QueryLane)
	require.NoError(w.t, err)
	var state release.LaneState
	require.NoError(w.t, value.Get(&state))
	return state
}

func ids(line []release.LaneEntry) []string {
	var all []string
	for _, e := range line {
		all = append(all, e.ReleaseID)
	}
	return all
}

// tell signals a release.
func (w *world) tell(d time.Duration, id string, c release.Command) {
	w.at(d, func() {
		require.NoError(w.t, w.env.SignalWorkflowByID(release.WorkflowID(id), string(c.Kind), c))
	})
}

func (w *world) abortRelease(d time.Duration, id string) {
	w.tell(d, id, release.Command{Kind: release.CommandAbort, By: "ann"})
}

// progressOf is the progress of a release, running or ended.
func (w *world) progressOf(id string) release.Progress {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	show := w.shown[release.WorkflowID(id)]
	require.NotNil(w.t, show, "release %s was never begun", id)
	p, err := show()
	require.NoError(w.t, err)
	return p
}

// requireEnded checks how a release ended, and that the world was told, once.
func (w *world) requireEnded(id string, outcome release.Phase, reason string) {
	w.t.Helper()
	p := w.progressOf(id)
	require.Equal(w.t, outcome, p.Outcome, "%s: %s", id, p.Reason)
	require.Contains(w.t, p.Reason, reason, id)
	kind, _ := outcome.Outcome()
	require.Len(w.t, w.told(id, kind), 1, "the event %s of %s", kind, id)
}

// told are the events of a kind that tell of a release.
func (w *world) told(id string, kind release.EventKind) []release.Event {
	return slices.DeleteFunc(w.onBus(), func(e release.Event) bool { return e.Progress.ReleaseID != id || e.Kind != kind })
}

// onBus are the events as the bus keeps them: each ID once.
func (w *world) onBus() []release.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kept []release.Event
	seen := map[string]bool{}
	for _, e := range w.events {
		if !seen[e.ID] {
			kept = append(kept, e)
		}
		seen[e.ID] = true
	}
	return kept
}

// order are the releases that began, in the order in which they did.
func (w *world) order() []string {
	var order []string
	for _, e := range w.onBus() {
		if e.Kind == release.EventStarted && e.Set == nil {
			order = append(order, e.Progress.ReleaseID)
		}
	}
	return order
}

// requireOneAtATime checks that no two releases were at work at the same time.
func (w *world) requireOneAtATime() {
	w.t.Helper()
	require.Empty(w.t, w.overlap())
}

// overlap tells which releases were at work at the same time; empty when none were.
func (w *world) overlap() string {
	events := w.onBus()
	began := w.order()
	var runs []release.Progress
	for _, e := range events {
		if e.Progress.Outcome != "" && slices.Contains(began, e.Progress.ReleaseID) {
			runs = append(runs, e.Progress)
		}
	}
	slices.SortFunc(runs, func(a, b release.Progress) int { return a.StartedAt.Compare(b.StartedAt) })
	for i := range len(runs) - 1 {
		if runs[i+1].StartedAt.Before(runs[i].EndedAt) {
			return fmt.Sprintf("%s began at %s, before %s ended at %s", runs[i+1].ReleaseID, runs[i+1].StartedAt, runs[i].ReleaseID, runs[i].EndedAt)
		}
	}
	return ""
}

func (w *world) awaitEnd(ctx context.Context, in release.AwaitEndInput) (release.Ending, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ending, ended := w.endings[release.WorkflowID(in.ReleaseID)]
	if !ended {
		return release.Ending{}, notEnded(ctx)
	}
	return ending, nil
}

func (w *world) awaitWatchdog(ctx context.Context, in release.AwaitEndInput) (release.WatchdogResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found, ended := w.found[release.WatchdogID(in.ReleaseID)]
	if !ended {
		return release.WatchdogResult{}, notEnded(ctx)
	}
	return found, nil
}

func notEnded(ctx context.Context) error {
	return temporal.NewApplicationErrorWithOptions("not ended", string(release.FaultUnchanged),
		temporal.ApplicationErrorOptions{NextRetryDelay: release.LookDelay(release.ChangeRunning, int(activity.GetInfo(ctx).Attempt))})
}

func (w *world) lastProgress(_ context.Context, in release.AwaitEndInput) (release.Progress, error) {
	w.mu.Lock()
	show := w.shown[release.WorkflowID(in.ReleaseID)]
	w.mu.Unlock()
	if show == nil {
		return release.Progress{}, temporal.NewNonRetryableApplicationError("no such workflow", string(release.FaultNotFound), nil)
	}
	return show()
}

func (w *world) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &worldInbound{WorkflowInboundInterceptorBase: interceptor.WorkflowInboundInterceptorBase{Next: next}, world: w}
}

type worldInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	world *world
}

func (i *worldInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&worldOutbound{WorkflowOutboundInterceptorBase: interceptor.WorkflowOutboundInterceptorBase{Next: out}, world: i.world})
}

// errLost is how a workflow ends that is lost: everything in it stops.
var errLost = errors.New("lost")

func (i *worldInbound) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	w, id := i.world, workflow.GetInfo(ctx).WorkflowExecution.ID
	if workflow.GetInfo(ctx).WorkflowType.Name == release.WorkflowLane {
		w.laneRuns++
	}
	if w.loss != nil && workflow.GetInfo(ctx).ParentWorkflowExecution != nil {
		return i.mortal(ctx, in)
	}
	after, lost := w.lose[id]
	if !lost {
		result, err := i.Next.ExecuteWorkflow(ctx, in)
		w.record(id, result, err)
		return result, err
	}
	ended, settle := workflow.NewFuture(ctx)
	var result any
	workflow.Go(ctx, func(ctx workflow.Context) {
		var err error
		result, err = i.Next.ExecuteWorkflow(ctx, in)
		settle.Set(nil, err)
	})
	// Not in the workflow's own context: the test environment lets its timers fire also after
	// the workflow has ended.
	apart, _ := workflow.NewDisconnectedContext(ctx)
	timer := workflow.NewTimer(apart, after)
	_ = workflow.Await(ctx, func() bool { return ended.IsReady() || timer.IsReady() })
	if ended.IsReady() {
		err := ended.Get(ctx, nil)
		w.record(id, result, err)
		return result, err
	}
	w.end(id, release.Ending{Lost: "terminated"})
	return nil, errLost
}

// record keeps the result of a workflow.
func (w *world) record(workflowID string, result any, err error) {
	if err != nil {
		return
	}
	switch r := result.(type) {
	case *release.Progress:
		w.end(workflowID, release.Ending{Progress: *r})
	case release.WatchdogResult:
		w.mu.Lock()
		w.found[workflowID] = r
		w.mu.Unlock()
	}
}

func (w *world) end(workflowID string, ending release.Ending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endings[workflowID] = ending
	if p := ending.Progress; ending.Lost == "" {
		w.shown[workflowID] = func() (release.Progress, error) { return p, nil }
		return
	}
	if show := w.shown[workflowID]; show != nil {
		p, err := show()
		p = p.Clone()
		w.shown[workflowID] = func() (release.Progress, error) { return p, err }
	}
}

type worldOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	world *world
}

func (o *worldOutbound) SetQueryHandler(ctx workflow.Context, name string, handler any) error {
	if show, ok := handler.(func() (release.Progress, error)); ok {
		w, id := o.world, workflow.GetInfo(ctx).WorkflowExecution.ID
		w.mu.Lock()
		w.shown[id] = show
		w.mu.Unlock()
	}
	if place, ok := handler.(func() (release.LaneEntry, error)); ok && o.world.loss != nil {
		o.world.loss.places[workflow.GetInfo(ctx).WorkflowExecution.ID] = place
	}
	return o.Next.SetQueryHandler(ctx, name, handler)
}

func (o *worldOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if in, ok := args[0].(release.SnapshotInput); ok {
		id := strings.TrimPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, "release/")
		o.world.asked[id] = append(o.world.asked[id], in)
	}
	if w := o.world; name == release.LivingActivity && w.loss != nil {
		away := w.busDown != nil && w.busDown()
		found := w.loss.lives(away)
		w.mu.Lock()
		w.living, w.living.LedgerAway = found, away
		w.mu.Unlock()
	}
	return o.Next.ExecuteActivity(ctx, name, args...)
}
