package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"slipway/devstack/scenario"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/servicestagesim"
)

// story is one release from its event to its end.
type story struct {
	name string
	// create makes what is released; without it that is an application of SAE.
	create func(ctx context.Context, r *recorder, name string) (release.App, error)
	// ask changes what is asked for; without it a deployment is.
	ask func(*recorder, *release.Spec)
	// before happens to the application before the release is asked for.
	before func(context.Context, *recorder, release.App) error
	fault  saesim.Fault
	// words are said in their order.
	words []word
}

// word is something that is said, or done, when an event has come.
type word struct {
	on      release.EventKind
	batch   int
	command release.Command
	do      func(context.Context, *recorder) error
}

// what is released.
func anApp(ctx context.Context, r *recorder, name string) (release.App, error) {
	return scenario.CreateApp(ctx, r.sae, name)
}

func aJob(ctx context.Context, r *recorder, name string) (release.App, error) {
	return scenario.CreateJob(ctx, r.sae, name)
}

func aService(ctx context.Context, r *recorder, name string) (release.App, error) {
	return scenario.CreateService(ctx, r.fc, name)
}

// aComponent is a component whose first job is over.
func aComponent(ctx context.Context, r *recorder, name string) (release.App, error) {
	app, _, err := scenario.CreateComponent(ctx, r.ss, name)
	if err != nil {
		return app, err
	}
	_, err = r.ServiceStageSim().Advance(time.Hour)
	return app, err
}

// the strategies of the stories.
func gray(_ *recorder, s *release.Spec) {
	s.Strategy = release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual}
}

// approved asks two people for the release, and for each batch.
func approved(_ *recorder, s *release.Spec) {
	s.Approval = &release.Approval{Count: 2, NotRequester: true}
	s.Strategy.Approval = &release.Approval{Count: 2}
}

func weighted(_ *recorder, s *release.Spec) {
	s.Strategy = release.Strategy{Type: release.StrategyGray, Weights: []int{5, 30}, Confirm: release.ConfirmManual}
}

// through runs through its batches.
func through(_ *recorder, s *release.Spec) {
	s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto}
}

// leased suspends scaling rules, which is no default where they are taken away.
func leased(_ *recorder, s *release.Spec) { s.Scaling.Suspend = new(true) }

// and does one after the other.
func and(all ...func(*recorder, *release.Spec)) func(*recorder, *release.Spec) {
	return func(r *recorder, s *release.Spec) {
		for _, each := range all {
			each(r, s)
		}
	}
}

func confirm(batch int) word {
	return word{on: release.EventBatchWaiting, batch: batch, command: release.Command{Kind: release.CommandConfirm, Batch: batch, By: "ann", Note: "fine"}}
}

func waiting(kind release.CommandKind) word {
	return word{on: release.EventBatchWaiting, command: release.Command{Kind: kind, By: "ann", Reason: "latency"}}
}

func stories() []story {
	return slices.Concat(storiesOnSAE(), storiesOnFC(), storiesOnServiceStage())
}

func storiesOnSAE() []story {
	auto := func(_ *recorder, s *release.Spec) {
		s.Strategy = release.Strategy{Type: release.StrategyBatch, Batches: 2, Confirm: release.ConfirmAuto, Bake: release.Duration(time.Second)}
	}
	limited := func(policy release.TimeoutPolicy) func(*recorder, *release.Spec) {
		return func(_ *recorder, s *release.Spec) {
			s.Limits = release.Limits{Confirm: release.Duration(time.Second), OnConfirmTimeout: policy}
		}
	}
	return []story{
		{name: "deploy-succeeded"},
		{name: "deploy-rolled-back", fault: saesim.Fault{Kind: saesim.FaultBatchFails}},
		{name: "deploy-adopted", fault: saesim.Fault{Kind: saesim.FaultDropAfter, Operation: "DeployApplication"}},
		{name: "deploy-declined", fault: saesim.Fault{Kind: saesim.FaultErrorAfter, Operation: "DeployApplication", Code: saeclient.CodeSystemUpgrading}},
		{name: "deploy-stalled-aborted", fault: saesim.Fault{
			Kind: saesim.FaultError, Operation: "DeployApplication", Code: saeclient.CodeSystemUpgrading, Count: -1,
		}, words: []word{{on: release.EventStalled, command: release.Command{Kind: release.CommandAbort, By: "ann", Reason: "later"}}}},
		{name: "deploy-frozen", before: freeze, words: []word{{on: release.EventPaused, do: liftFreeze}}},
		{name: "deploy-overridden", before: freeze, words: []word{
			{on: release.EventPaused, command: release.Command{Kind: release.CommandOverride, By: "ann", Reason: "fixes the incident"}},
			{on: release.EventSucceeded, do: liftFreeze},
		}},
		{name: "gray-succeeded", ask: gray, words: []word{confirm(1), confirm(2)}},
		{name: "gray-confirmed-all", ask: gray, words: []word{{on: release.EventBatchWaiting, batch: 1, command: release.Command{
			Kind: release.CommandConfirm, All: true, By: "ann", Note: "fine",
		}}}},
		{name: "gray-approved", ask: and(gray, approved), words: []word{
			{on: release.EventApprovalWaiting, command: release.Command{Kind: release.CommandApprove, By: "ann"}},
			{on: release.EventApprovalGiven, command: release.Command{Kind: release.CommandApprove, By: "li"}},
			{on: release.EventApprovalWaiting, batch: 1, command: release.Command{Kind: release.CommandApprove, By: "ann"}},
			{on: release.EventApprovalGiven, batch: 1, command: release.Command{Kind: release.CommandReject, Batch: 1, By: "li", Reason: "latency"}},
		}},
		{name: "gray-failed", ask: gray, fault: saesim.Fault{Kind: saesim.FaultBatchFails, Batch: 2}, words: []word{confirm(1)}},
		{name: "gray-stuck", ask: gray, fault: saesim.Fault{Kind: saesim.FaultHang}},
		{name: "gray-aborted", ask: gray, words: []word{waiting(release.CommandAbort)}},
		{name: "gray-rolled-back-by-word", ask: gray, words: []word{waiting(release.CommandRollback)}},
		{name: "gray-paused", ask: gray, words: []word{
			waiting(release.CommandPause),
			{on: release.EventPaused, command: release.Command{Kind: release.CommandResume, By: "ann"}},
			{on: release.EventResumed, command: release.Command{Kind: release.CommandConfirm, Batch: 1, By: "ann"}},
			confirm(2),
		}},
		{name: "gray-confirm-limit", ask: and(gray, limited(release.TimeoutAbort))},
		{name: "gray-continued-by-limit", ask: and(gray, limited(release.TimeoutContinue))},
		{name: "gray-traffic", ask: and(gray, canary), words: []word{confirm(1), confirm(2)}},
		{name: "gray-config", ask: and(gray, with(7, "LOG_LEVEL=debug")), words: []word{confirm(1), confirm(2)}},
		{name: "config-rolled-back", ask: and(watched("down"), with(7, "LOG_LEVEL=debug"), alone)},
		{name: "gray-gates-passed", ask: and(auto, gated("up"))},
		{name: "gray-gates-failed", ask: and(auto, gated("down"))},
		{name: "batch-auto", ask: auto},
		{name: "watch-passed", ask: watched("up")},
		{name: "watch-failed", ask: watched("down")},
		{name: "watch-ended-by-word", ask: watched("up"), words: []word{{on: release.EventWatching, command: release.Command{
			Kind: release.CommandConfirm, Batch: 1, By: "ann", Note: "all green",
		}}}},
		{name: "adopted-by-hand", before: byHand, ask: adopting, words: []word{confirm(1)}},
		{name: "rollback", before: deployed, ask: operation(release.OperationRollback)},
		{name: "rollback-by-batches", before: deployed, ask: and(operation(release.OperationRollback), gray), words: []word{confirm(1), confirm(2)}},
		{name: "restart", ask: operation(release.OperationRestart)},
		{name: "rescale", ask: and(operation(release.OperationRescale), func(_ *recorder, s *release.Spec) { s.Instances = 7 })},
		{name: "job-succeeded", create: aJob, ask: running},
		{name: "job-failed", create: aJob, ask: running, fault: saesim.Fault{Kind: saesim.FaultBatchFails, Operation: "ExecJob"}},
	}
}

func storiesOnFC() []story {
	return []story{
		{name: "fc-deploy", create: aService},
		{name: "fc-gray", create: aService, ask: weighted, words: []word{confirm(1), confirm(2)}},
		{name: "fc-gray-leased", create: aService, ask: and(weighted, leased), words: []word{confirm(1), confirm(2)}},
		{name: "fc-gray-rolled-back", create: aService, ask: and(weighted, leased), words: []word{confirm(1), {
			on: release.EventBatchWaiting, batch: 2, command: release.Command{Kind: release.CommandRollback, By: "ann", Reason: "latency"},
		}}},
		{name: "fc-rollback", create: aService, before: deployed, ask: and(operation(release.OperationRollback), leased)},
		{name: "fc-rescale", create: aService, ask: and(operation(release.OperationRescale), func(_ *recorder, s *release.Spec) {
			s.Artifact.Part, s.Instances = scenario.Function, 7
		})},
	}
}

func storiesOnServiceStage() []story {
	return []story{
		{name: "servicestage-deploy", create: aComponent},
		{name: "servicestage-batch", create: aComponent, ask: through},
		{name: "servicestage-gray", create: aComponent, ask: gray, words: []word{confirm(1)}},
		{name: "servicestage-gray-failed", create: aComponent, before: failingJob, ask: gray, words: []word{confirm(1)}},
		{name: "servicestage-gray-rolled-back", create: aComponent, ask: gray, words: []word{waiting(release.CommandRollback)}},
		{name: "servicestage-rollback", create: aComponent, before: deployed, ask: operation(release.OperationRollback)},
		{name: "servicestage-restart", create: aComponent, ask: operation(release.OperationRestart)},
		{name: "servicestage-rescale", create: aComponent, ask: and(operation(release.OperationRescale), func(_ *recorder, s *release.Spec) { s.Instances = 7 })},
	}
}

// failingJob lets the rest of a component fail, after its gray batch.
func failingJob(_ context.Context, r *recorder, app release.App) error {
	_, err := r.ServiceStageSim().AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultJobFails, AppID: app.ID, Operation: "ComponentAction"})
	return err
}

// operation asks for something else than a release.
func operation(op release.Operation) func(*recorder, *release.Spec) {
	return func(_ *recorder, s *release.Spec) { s.Operation, s.Artifact = op, release.Artifact{} }
}

// running runs a job.
func running(_ *recorder, s *release.Spec) {
	s.Operation, s.Job = release.OperationJob, &release.Job{Run: true, Command: []string{"migrate"}}
}

func canary(_ *recorder, s *release.Spec) {
	s.Traffic = &release.Traffic{SpringCloud: []release.TrafficRule{{
		Path: "/orders", Condition: "OR",
		Items: []release.TrafficItem{{Type: "header", Name: "x-canary", Operator: "rawvalue", Cond: "==", Value: "1"}},
	}}}
}

// with brings a number of instances, and variables as NAME=VALUE.
func with(instances int, variables ...string) func(*recorder, *release.Spec) {
	return func(_ *recorder, s *release.Spec) {
		s.Config = &release.Config{Instances: &instances}
		for _, v := range variables {
			name, value, _ := strings.Cut(v, "=")
			s.Config.Variables = append(s.Config.Variables, release.Variable{Name: name, Value: &value})
		}
	}
}

// alone leaves the artifact as it is.
func alone(_ *recorder, s *release.Spec) { s.Artifact = release.Artifact{} }

// gated asks the recorder's own probe at a path.
func gated(path string) func(*recorder, *release.Spec) {
	return func(r *recorder, s *release.Spec) {
		s.Strategy.Gates = []release.Gate{{Name: "health", HTTP: &release.HTTPGate{URL: r.probe.URL + "/" + path}}}
	}
}

// watched watches the new version with the recorder's own probe at a path.
func watched(path string) func(*recorder, *release.Spec) {
	return func(r *recorder, s *release.Spec) {
		s.Strategy.Watch = &release.Watch{For: release.Duration(3 * time.Second), Gates: []release.Gate{
			{Name: "health", HTTP: &release.HTTPGate{URL: r.probe.URL + "/" + path}, Interval: release.Duration(time.Second)},
		}}
	}
}

func adopting(r *recorder, s *release.Spec) { s.Adopt = r.byHand }

// byHand begins a deployment in batches at the platform's console.
func byHand(_ context.Context, r *recorder, app release.App) (err error) {
	r.byHand, err = r.Sim().BeginConsoleOrder(app.ID, saesim.ConsoleRelease{
		Image: scenario.NewImage, Strategy: `{"type":"BatchUpdate","batchUpdate":{"batch":2,"releaseType":"manual"}}`,
	})
	return err
}

// deployed lets the application have a version to return to.
func deployed(ctx context.Context, r *recorder, app release.App) error {
	id, err := scenario.Request(ctx, r.JetStream, "before-"+app.ID, release.Spec{App: app, Artifact: release.Artifact{Image: scenario.NewImage}})
	if err != nil {
		return err
	}
	return r.until(ctx, id, release.EventSucceeded)
}

// freeze stops all releases, and liftFreeze lifts the stop.
func freeze(ctx context.Context, r *recorder, _ release.App) error {
	return r.edit(ctx, release.Calendar{Stops: []release.Stop{{Name: "line", Reason: "incident", By: "ops"}}})
}

func liftFreeze(ctx context.Context, r *recorder) error { return r.edit(ctx, release.Calendar{}) }
