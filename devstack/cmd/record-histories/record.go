package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/fcclient"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestageclient"
	"slipway/wire"
)

// timeLimit bounds the recording.
const timeLimit = 10 * time.Minute

// recorder plays stories and writes down the histories.
type recorder struct {
	*stack.Stack

	dir string
	out io.Writer
	sae *saeclient.Client
	fc  *fcclient.Client
	ss  *servicestageclient.Client
	// probe answers 200 at /up and 503 elsewhere.
	probe *httptest.Server
	// byHand is the change order that was begun at the console last.
	byHand string
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) != 1 {
		return errors.New("usage: record-histories DIRECTORY")
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	s, err := stack.Start(ctx, stack.Config{Speed: 20, Settle: time.Second, Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &recorder{Stack: s, dir: args[0], out: out}
	r.probe = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path != "/up" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer r.probe.Close()
	if r.sae, err = s.SAEClient(); err != nil {
		return err
	}
	if r.fc, err = s.FCClient(); err != nil {
		return err
	}
	if r.ss, err = s.ServiceStageClient(); err != nil {
		return err
	}
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	for i, each := range stories() {
		if err := r.play(ctx, i, each); err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
	}
	if err := r.playLanes(ctx); err != nil {
		return fmt.Errorf("lanes: %w", err)
	}
	if err := r.playWatched(ctx); err != nil {
		return fmt.Errorf("watched: %w", err)
	}
	if err := r.playSet(ctx); err != nil {
		return fmt.Errorf("set: %w", err)
	}
	if err := r.playPromotion(ctx); err != nil {
		return fmt.Errorf("promotion: %w", err)
	}
	if err := r.playAlone(ctx); err != nil {
		return err
	}
	return r.playWithoutStream(ctx)
}

// play carries one story out and writes its release and, for the first, its lane.
func (r *recorder) play(ctx context.Context, i int, s story) error {
	create := anApp
	if s.create != nil {
		create = s.create
	}
	app, err := create(ctx, r, fmt.Sprintf("app%d", i))
	if err != nil {
		return err
	}
	if s.fault.Kind != "" {
		s.fault.AppID = app.ID
		if _, err := r.Sim().AddFault(s.fault); err != nil {
			return err
		}
	}
	if s.before != nil {
		if err := s.before(ctx, r, app); err != nil {
			return err
		}
	}
	spec := release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "ci"}
	if s.ask != nil {
		s.ask(r, &spec)
	}
	id, err := scenario.Request(ctx, r.JetStream, s.name, spec)
	if err != nil {
		return err
	}
	if err := r.sendCommands(ctx, s, id); err != nil {
		return err
	}
	if err := r.write(ctx, s.name, r.Client.GetWorkflow(ctx, release.WorkflowID(id), "")); err != nil || i > 0 {
		return err
	}
	return r.write(ctx, "lane", r.Client.GetWorkflow(ctx, release.LaneID(app), ""))
}

// sendCommands carries out the steps of the story, each when its event was published.
func (r *recorder) sendCommands(ctx context.Context, s story, id string) error {
	events, err := scenario.Follow(ctx, r.JetStream, id)
	if err != nil {
		return err
	}
	defer events.Stop()
	if _, err := events.Until(ctx, release.EventAccepted, 0); err != nil {
		return err
	}
	for n, w := range s.words {
		if _, err := events.Until(ctx, w.on, w.batch); err != nil {
			return err
		}
		if w.do != nil {
			if err := w.do(ctx, r); err != nil {
				return err
			}
			continue
		}
		w.command.ID = fmt.Sprintf("%s-%d", s.name, n)
		command, err := r.bound(ctx, id, w.command)
		if err != nil {
			return err
		}
		if err := scenario.Command(ctx, r.JetStream, id, command); err != nil {
			return err
		}
	}
	return nil
}

// bound is a command with what it must name of the release as it stands.
func (r *recorder) bound(ctx context.Context, id string, c release.Command) (release.Command, error) {
	if c.Kind != release.CommandApprove && !c.All {
		return c, nil
	}
	p, err := r.progress(ctx, id)
	if err != nil {
		return c, err
	}
	if c.All {
		c.Artifact, c.ChangeID = p.Artifact.String(), p.ChangeID
		return c, nil
	}
	bound := p.Deciding(c.Kind)
	bound.ID, bound.By = c.ID, c.By
	return bound, nil
}

// until waits for an event of a release.
func (r *recorder) until(ctx context.Context, id string, kind release.EventKind) error {
	events, err := scenario.Follow(ctx, r.JetStream, id)
	if err != nil {
		return err
	}
	defer events.Stop()
	_, err = events.Until(ctx, kind, 0)
	return err
}

func (r *recorder) edit(ctx context.Context, c release.Calendar) error {
	change := wire.CalendarChange{Action: "stop", Name: "line", By: "ops"}
	return wire.NewCalendars(r.JetStream).Edit(ctx, change, func(release.Calendar) (release.Calendar, error) { return c, nil })
}

// playAlone records the workflows that no event starts.
func (r *recorder) playAlone(ctx context.Context) error {
	app, err := scenario.CreateApp(ctx, r.sae, "alone")
	if err != nil {
		return err
	}
	service, err := scenario.CreateService(ctx, r.fc, "alone")
	if err != nil {
		return err
	}
	toggle := func(name string, in release.ToggleRequest) error {
		handle, err := r.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: name, TaskQueue: release.WorkflowTaskQueue}, release.WorkflowToggleScalingRules, in)
		if err != nil {
			return err
		}
		return r.write(ctx, name, handle)
	}
	if err := toggle("toggle", release.ToggleRequest{App: app}); err != nil {
		return err
	}
	for name, in := range map[string]release.ToggleRequest{
		"toggle-back":    {App: app, Enable: true, For: release.Duration(time.Second)},
		"fc-toggle-back": {App: service, For: release.Duration(time.Second)},
	} {
		if err := toggle(name, in); err != nil { // its first run has recorded the rules, the second one switches them
			return err
		}
		if err := r.write(ctx, name+"-recorded", r.Client.GetWorkflow(ctx, name, "")); err != nil {
			return err
		}
	}
	return nil
}

// playWithoutStream records a release that ends while the stream of events is missing, and the
// delivery of what it could not tell.
func (r *recorder) playWithoutStream(ctx context.Context) error {
	app, err := scenario.CreateApp(ctx, r.sae, "without-stream")
	if err != nil {
		return err
	}
	if err := r.JetStream.DeleteStream(ctx, wire.StreamEvents); err != nil {
		return err
	}
	spec := release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "ci"}.WithDefaults()
	id := release.ID(app, scenario.Source, "without-stream")
	handle, err := r.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: release.WorkflowID(id), TaskQueue: release.WorkflowTaskQueue,
	}, spec.Workflow(), release.Request{ID: id, Spec: spec})
	if err != nil {
		return err
	}
	if err := r.write(ctx, "deploy-handed-over", handle); err != nil {
		return err
	}
	if err := wire.EnsureStreams(ctx, r.JetStream, wire.Storage{}); err != nil {
		return err
	}
	return r.write(ctx, "delivery", r.Client.GetWorkflow(ctx, release.DeliveryID(handle.GetID()), ""))
}

// playLanes records a lane that supersedes, is preempted, denies, refuses, and continues
// as new with a parked release, and the watchdog of a release that is lost.
func (r *recorder) playLanes(ctx context.Context) error {
	app, err := scenario.CreateApp(ctx, r.sae, "lanes")
	if err != nil {
		return err
	}
	lane, err := r.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: release.LaneID(app), TaskQueue: release.WorkflowTaskQueue,
	}, release.WorkflowLane, release.LaneInput{App: app, MaxUpdates: 3, Held: &release.Hold{By: "ops", Reason: "until the line is there"}})
	if err != nil {
		return err
	}
	firstRun := lane.GetRunID()
	spec := release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "ci"}
	parked, newer, hotfix, rejected := spec, spec, spec, spec
	gray(r, &parked)
	newer.Lane.Policy, hotfix.Lane.Preempt, rejected.Lane.Policy = release.LaneSupersede, true, release.LaneReject
	hotfix.Artifact.Image = "registry.example/shop:hotfix"
	if err := r.ask(ctx, "lane-parked", parked, release.EventAccepted); err != nil {
		return err
	}
	if err := r.tell(ctx, app, release.UpdateResume, release.LaneCommand{By: "ops"}); err != nil {
		return err
	}
	if err := r.until(ctx, release.ID(app, scenario.Source, "lane-parked"), release.EventBatchWaiting); err != nil {
		return err
	}
	for _, step := range []struct {
		id   string
		spec release.Spec
		told release.EventKind
	}{
		{"lane-old", spec, release.EventAccepted},
		{"lane-newer", newer, release.EventAccepted},
		{"lane-rejected", rejected, release.EventFailed},
	} {
		if err := r.ask(ctx, step.id, step.spec, step.told); err != nil {
			return err
		}
	}
	if _, err := r.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: app.ID}); err != nil {
		return err
	}
	if err := r.ask(ctx, "lane-hotfix", hotfix, release.EventRolledBack); err != nil {
		return err
	}
	if err := r.until(ctx, release.ID(app, scenario.Source, "lane-newer"), release.EventSucceeded); err != nil {
		return err
	}
	if err := r.ask(ctx, "lane-denied", hotfix, release.EventFailed); err != nil {
		return err
	}
	if err := r.loseOne(ctx, parked); err != nil {
		return err
	}
	if err := r.tell(ctx, app, release.UpdateAllow, release.LaneCommand{By: "ops"}); err != nil {
		return err
	}
	if err := r.write(ctx, "lane-continued-as-new", r.Client.GetWorkflow(ctx, release.LaneID(app), firstRun)); err != nil {
		return err
	}
	return r.write(ctx, "lane-last-run", r.Client.GetWorkflow(ctx, release.LaneID(app), ""))
}

// playWatched records a release whose watch ends for the one behind it, in a freeze first.
func (r *recorder) playWatched(ctx context.Context) error {
	app, err := scenario.CreateApp(ctx, r.sae, "watched")
	if err != nil {
		return err
	}
	spec := release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}, RequestedBy: "ci"}
	spec.Strategy.Watch = &release.Watch{For: release.Duration(time.Hour)}
	next := release.Spec{App: app, Artifact: release.Artifact{Image: "registry.example/shop:3"}, RequestedBy: "ci"}
	if err := r.ask(ctx, "watch-gave-way", spec, release.EventWatching); err != nil {
		return err
	}
	if err := freeze(ctx, r, app); err != nil {
		return err
	}
	if err := r.ask(ctx, "watch-next", next, release.EventAccepted); err != nil {
		return err
	}
	id := release.ID(app, scenario.Source, "watch-gave-way")
	for held := false; !held; {
		p, err := r.progress(ctx, id)
		if err != nil {
			return err
		}
		held = p.Reason != ""
	}
	if err := liftFreeze(ctx, r); err != nil {
		return err
	}
	if err := r.write(ctx, "watch-gave-way", r.Client.GetWorkflow(ctx, release.WorkflowID(id), "")); err != nil {
		return err
	}
	return r.write(ctx, "lane-watched", r.Client.GetWorkflow(ctx, release.LaneID(app), ""))
}

// loseOne terminates a parked release whose change order was aborted on the platform, and
// records the watchdog that its lane lets look after it.
func (r *recorder) loseOne(ctx context.Context, spec release.Spec) error {
	id := release.ID(spec.App, scenario.Source, "lane-lost")
	if err := r.ask(ctx, "lane-lost", spec, release.EventBatchWaiting); err != nil {
		return err
	}
	p, err := r.progress(ctx, id)
	if err != nil {
		return err
	}
	if _, err := r.sae.AbortAndRollbackChangeOrder(ctx, &saeclient.AbortAndRollbackChangeOrderInput{ChangeOrderID: p.ChangeID}); err != nil {
		return err
	}
	if err := r.Client.TerminateWorkflow(ctx, release.WorkflowID(id), "", "by mistake"); err != nil {
		return err
	}
	if err := r.until(ctx, id, release.EventAttention); err != nil {
		return err
	}
	return r.write(ctx, "watchdog", r.Client.GetWorkflow(ctx, release.WatchdogID(id), ""))
}

// progress asks a release how far it is.
func (r *recorder) progress(ctx context.Context, id string) (p release.Progress, err error) {
	value, err := r.Client.QueryWorkflow(ctx, release.WorkflowID(id), "", release.QueryProgress)
	if err != nil {
		return p, err
	}
	return p, value.Get(&p)
}

// ask requests a release and waits for one of its events.
func (r *recorder) ask(ctx context.Context, eventID string, spec release.Spec, told release.EventKind) error {
	id, err := scenario.Request(ctx, r.JetStream, eventID, spec)
	if err != nil {
		return err
	}
	return r.until(ctx, id, told)
}

// tell gives a lane a command.
func (r *recorder) tell(ctx context.Context, app release.App, update string, c release.LaneCommand) error {
	handle, err := r.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: release.LaneID(app), UpdateName: update, Args: []any{c}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}

// playSet records a set whose second wave is confirmed and fails, so that the first one is
// rolled back.
func (r *recorder) playSet(ctx context.Context) error {
	set := release.Set{Name: "shop", OnFailure: release.SetRollback, RequestedBy: "ci"}
	for _, name := range []string{"stock", "shop"} {
		app, err := scenario.CreateApp(ctx, r.sae, "set-"+name)
		if err != nil {
			return err
		}
		set.Waves = append(set.Waves, release.Wave{Name: name, Releases: []release.SetRelease{
			{Name: name, Spec: release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}}},
		}})
		if name == "shop" {
			if _, err := r.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: app.ID}); err != nil {
				return err
			}
		}
	}
	set.Waves[1].Confirm = release.ConfirmManual
	id := release.SetID(set.Name, scenario.Source, "set")
	handle, err := r.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: release.SetWorkflowID(id), TaskQueue: release.WorkflowTaskQueue,
	}, release.WorkflowReleaseSet, release.SetRequest{ID: id, Set: set})
	if err != nil {
		return err
	}
	if err := r.until(ctx, id, release.EventWaveWaiting); err != nil {
		return err
	}
	confirmation := release.Command{Kind: release.CommandConfirm, Batch: 2, By: "ann"}
	if err := r.Client.SignalWorkflow(ctx, handle.GetID(), "", string(confirmation.Kind), confirmation); err != nil {
		return err
	}
	return r.write(ctx, "set-rolled-back", handle)
}

// write waits for a workflow's end and writes its history.
func (r *recorder) write(ctx context.Context, name string, handle client.WorkflowRun) error {
	runID := handle.GetRunID()
	if err := handle.GetWithOptions(ctx, nil, client.WorkflowRunGetOptions{DisableFollowingRuns: true}); err != nil && !continued(err) {
		return err
	}
	var h historypb.History
	events := r.Client.GetWorkflowHistory(ctx, handle.GetID(), runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return err
		}
		h.Events = append(h.Events, e)
	}
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(&h)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(r.out, "%-24s %d events\n", name, len(h.GetEvents())); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.dir, name+".json"), append(text, '\n'), 0o644)
}

// continued tells that a run ended by continuing as new.
func continued(err error) bool {
	_, ok := errors.AsType[*workflow.ContinueAsNewError](err)
	return ok
}
