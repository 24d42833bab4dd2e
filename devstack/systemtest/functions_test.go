package systemtest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/bench"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/fcclient"
	"slipway/fcsim"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/wire"
)

// service creates a service of Function Compute named after the test.
func (h *house) service() release.App {
	h.t.Helper()
	app, err := scenario.CreateService(h.ctx, h.fc, h.name())
	require.NoError(h.t, err)
	return app
}

// weighted is a gray release by weights, with two confirmations.
func weighted() release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Weights: []int{5, 30}, Confirm: release.ConfirmManual}
}

// requireService checks what a service shows: its newest version, which serves but for the shares of
// others, and that the instances and the rules are those that it was created with.
func (h *house) requireService(app release.App, newest, main string, gray map[string]int) {
	h.t.Helper()
	s, err := scenario.ReadService(h.ctx, h.fc, app)
	require.NoError(h.t, err)
	require.Equal(h.t, newest, s.Versions[len(s.Versions)-1])
	require.Equal(h.t, main, s.Main)
	require.Equal(h.t, gray, s.Gray)
	require.Equal(h.t, scenario.Instances, s.Target)
	require.Equal(h.t, []string{"office-hours", "load"}, s.Rules)
}

func none() map[string]int { return map[string]int{} }

// TestFunctions_AGrayReleaseOutlivesWorkersAndLostAnswers kills the worker while a version is prepared
// and at each step, and loses the answers of what publishes and of what shifts the traffic. One version is
// published, and the traffic is shifted once a step; the versions answer as the step says.
func TestFunctions_AGrayReleaseOutlivesWorkersAndLostAnswers(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, Seed: 5})
	app := h.service()
	for _, f := range []fcsim.Fault{
		{Kind: fcsim.FaultDropAfter, Operation: "PublishServiceVersion"},
		{Kind: fcsim.FaultDropAfter, Operation: "UpdateAlias"},
		{Kind: fcsim.FaultDropAfter, AppID: app.ID, Count: -1, Probability: 0.05},
	} {
		_, err := h.FCSim().AddFault(f)
		require.NoError(t, err)
	}
	healthy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(healthy.Close)
	st := weighted()
	st.Gates = []release.Gate{{Name: "health", HTTP: &release.HTTPGate{URL: healthy.URL}, Interval: release.Duration(time.Second)}}

	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	again := func() {
		require.NoError(t, worker.Kill())
		worker, err = launch.Start(h.ctx)
		require.NoError(t, err)
	}
	h.FCSim().ResetCalls()
	id, events := h.request(app, t.Name(), st)
	require.Eventually(t, func() bool { return h.FCSim().Calls().Operations["UpdateFunction"] > 0 }, patience, time.Millisecond)
	again()
	for batch, weight := range st.Weights {
		p := h.until(events, release.EventBatchWaiting, batch+1)
		require.Len(t, p.Gates, batch+1)
		h.requireService(app, "2", "1", map[string]int{"2": weight})
		again()
		h.confirm(id, batch+1)
	}
	p := h.until(events, release.EventSucceeded, 0)
	require.Equal(t, "2", p.ChangeID)
	require.NoError(t, worker.Stop())
	h.requireService(app, "2", "2", none())
	calls := h.FCSim().Calls().Operations
	require.Equal(t, []int{1, 3}, []int{calls["PublishServiceVersion"], calls["UpdateAlias"]}, "%v", calls)
	require.NoError(t, h.FCSim().ClearFaults())
	answered, err := scenario.Invoke(h.ctx, h.fc, app, 20)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"2": 20}, answered)
}

// TestFunctions_AbortAndRollback shifts the traffic back, from the middle of a release and after one.
func TestFunctions_AbortAndRollback(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	app := h.service()
	id, events := h.request(app, t.Name()+"-aborted", weighted())
	h.until(events, release.EventBatchWaiting, 1)
	h.confirm(id, 1)
	h.until(events, release.EventBatchWaiting, 2)
	h.requireService(app, "2", "1", map[string]int{"2": 30})
	answered, err := scenario.Invoke(h.ctx, h.fc, app, 100)
	require.NoError(t, err)
	require.InDelta(t, 30, answered["2"], 20, "%v", answered)
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-abort", Kind: release.CommandAbort, By: "ann"}))
	h.until(events, release.EventAborted, 0)
	h.requireService(app, "2", "1", none())

	good := spec(app, all())
	good.Artifact.Image = "registry.example/shop:1.4.3"
	id, err = scenario.Request(h.ctx, h.JetStream, t.Name()+"-good", good)
	require.NoError(t, err)
	require.Equal(t, release.PhaseSucceeded, h.outcome(id))
	h.requireService(app, "3", "3", none())

	id, err = scenario.Request(h.ctx, h.JetStream, t.Name()+"-back", release.Spec{Operation: release.OperationRollback, App: app, RequestedBy: "systemtest"})
	require.NoError(t, err)
	require.Equal(t, release.PhaseSucceeded, h.outcome(id))
	h.requireService(app, "3", "1", none())
}

// outcome waits for the end of a release.
func (h *house) outcome(id string) release.Phase {
	h.t.Helper()
	events := h.follow(id)
	for {
		e, err := events.Next(h.ctx)
		require.NoError(h.t, err)
		if e.Progress.Outcome != "" {
			h.t.Logf("%s: %s %s", id, e.Progress.Outcome, e.Progress.Reason)
			return e.Progress.Outcome
		}
	}
}

// TestFunctions_ASetOverBothPlatforms releases a service of Function Compute, then an application of SAE, as
// one. The second fails, and both go back, the last one first.
func TestFunctions_ASetOverBothPlatforms(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	service, app := h.service(), h.app()
	_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: app.ID})
	require.NoError(t, err)
	set := release.Set{Name: "shop", OnFailure: release.SetRollback, RequestedBy: "systemtest", Waves: []release.Wave{
		{Releases: []release.SetRelease{{Name: "functions", Spec: spec(service, all())}}},
		{Confirm: release.ConfirmManual, Releases: []release.SetRelease{{Name: "shop", Spec: spec(app, all())}}},
	}}
	msg, err := wire.EncodeSetRequest(wire.Origin{Source: scenario.Source, ID: t.Name()}, wire.AskedSet{Set: set})
	require.NoError(t, err)
	h.send(msg)
	id := release.SetID(set.Name, scenario.Source, t.Name())
	events := h.follow(id)
	h.until(events, release.EventWaveWaiting, 0)
	h.requireService(service, "2", "2", none())
	require.NoError(t, scenario.Command(h.ctx, h.JetStream, id, release.Command{ID: id + "-confirm", Kind: release.CommandConfirm, Batch: 2, By: "ann"}))
	h.until(events, release.EventRolledBack, 0)
	h.requireService(service, "2", "1", none())
	require.Equal(t, []string{saeclient.CoTypeDeploy, saeclient.CoTypeDeployHistroy}, h.orders(app))
}

// TestFunctions_APlanChangesNothing plans a gray release, and counts what is called.
func TestFunctions_APlanChangesNothing(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	app := h.service()
	h.FCSim().ResetCalls()
	plan := cli.plan(0, "deploy", app.SearchValue(), "--image", scenario.NewImage, "--strategy", "gray", "--weights", "5,30", "--plan")
	require.Empty(t, plan.Refusals)
	require.Equal(t, scenario.NewImage, plan.Brings.Artifact.Image)
	require.Equal(t, scenario.OldImage, plan.Runs.Artifact.Image)
	var weights []int
	for _, b := range plan.Batches {
		weights = append(weights, b.Weight)
	}
	require.Equal(t, []int{5, 30, 100}, weights)
	require.Contains(t, cli.errOut(2, "restart", app.SearchValue(), "--plan"), "Function Compute", "refused before anybody is asked")
	h.requireService(app, "1", "1", none())
	calls := h.FCSim().Calls()
	require.NotZero(t, calls.Total)
	require.Zero(t, changing(calls, fcclient.LookupOperation), "%v", calls.Operations)
}

// TestFunctions_WhatAReleaseCosts measures the cost of a release on Function Compute in history events and in
// calls that change something, alone on a stack. The numbers are printed with -v.
func TestFunctions_WhatAReleaseCosts(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	for _, tt := range []bench.Priced{
		{Row: "Function Compute, all", Strategy: all()},
		{Row: "Function Compute, gray, two weights, two confirmations", Strategy: weighted(), Confirmations: 2},
	} {
		app := h.service()
		h.FCSim().ResetCalls()
		h.requireCost(tt, app, func() int { return changing(h.FCSim().Calls(), fcclient.LookupOperation) })
	}
}
