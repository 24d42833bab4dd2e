package systemtest_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"slipway/devstack/bench"
	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/releases"
	"slipway/servicestageclient"
	"slipway/servicestagesim"
)

// component is a component of ServiceStage, with the application that every path names before it.
type component struct {
	release.App

	application string
}

// component creates a component of ServiceStage named after the test, whose first job is over.
func (h *house) component() component {
	h.t.Helper()
	app, application, err := scenario.CreateComponent(h.ctx, h.ss, h.name())
	require.NoError(h.t, err)
	_, err = h.ServiceStageSim().Advance(time.Hour)
	require.NoError(h.t, err)
	return component{app, application}
}

// records are what was released of a component, the first release first.
func (h *house) records(c component) []servicestageclient.ReleaseRecord {
	h.t.Helper()
	out, err := h.ss.ListComponentRecords(h.ctx, &servicestageclient.ListComponentRecordsInput{
		ApplicationID: c.application, ComponentID: c.ID, Order: new("asc"),
	})
	require.NoError(h.t, err)
	return out.Records
}

// grayOnce is a gray release with the one pause that ServiceStage has.
func grayOnce() release.Strategy {
	return release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual}
}

// TestComponents_AGrayReleaseOutlivesItsWorkerAndALostAnswer loses the answer of the update of a component, and kills the worker
// while the gray release waits for its confirmation. One job is begun, one version is made, and it serves in the end.
func TestComponents_AGrayReleaseOutlivesItsWorkerAndALostAnswer(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, Seed: 5})
	c := h.component()
	require.Len(t, h.records(c), 1)
	_, err := h.ServiceStageSim().AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultDropAfter, Operation: "UpdateComponent"})
	require.NoError(t, err)

	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	h.ServiceStageSim().ResetCalls()
	id, events := h.request(c.App, t.Name(), grayOnce())
	h.until(events, release.EventBatchWaiting, 1)
	require.NoError(t, worker.Kill())
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.confirm(id, 1)
	p := h.until(events, release.EventSucceeded, 0)
	require.NoError(t, worker.Stop())

	calls := h.ServiceStageSim().Calls().Operations
	require.Equal(t, []int{1, 1}, []int{calls["UpdateComponent"], calls["ComponentAction"]}, "%v", calls)
	require.Len(t, h.records(c), 2, "one version beside the first one")
	now, err := h.ss.GetComponent(h.ctx, &servicestageclient.GetComponentInput{ApplicationID: c.application, ComponentID: c.ID})
	require.NoError(t, err)
	require.Equal(t, scenario.NewImage, now.Source.URL)
	require.NotEqual(t, "1.0.0", now.Version)
	require.NotEmpty(t, p.ChangeID)
}

// TestComponents_APlanChangesNothing plans what there is on ServiceStage, and what is refused there with the reason: by its
// traits before anybody is asked, and by what the platform shows. Nothing but reads is called.
func TestComponents_APlanChangesNothing(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	cli := &commandLine{house: h, binary: slipwayBinary(t)}
	c := h.component()
	name := c.SearchValue()
	h.ServiceStageSim().ResetCalls()

	gray := cli.plan(0, "deploy", name, "--image", scenario.NewImage, "--strategy", "gray", "--gray", "1", "--batches", "2", "--weights", "10", "--plan")
	require.Empty(t, gray.Refusals)
	require.Equal(t, scenario.NewImage, gray.Brings.Artifact.Image)
	require.Equal(t, scenario.OldImage, gray.Runs.Artifact.Image)
	var batches [][2]int
	for _, b := range gray.Batches {
		batches = append(batches, [2]int{b.Instances, b.Weight})
	}
	require.Equal(t, [][2]int{{1, 10}, {2, 0}, {2, 0}}, batches)
	require.Equal(t, "a person must confirm within 24h (else: abort)", gray.Batches[0].Then.Text())
	require.Equal(t, "the next batch begins at once", gray.Batches[1].Then.Text(), "the platform waits after the gray batch alone")
	require.Empty(t, gray.ScalingRules)
	require.Equal(t, 7, cli.plan(0, "rescale", name, "--instances", "7", "--plan").Instances.After)
	require.Empty(t, cli.plan(0, "restart", name, "--plan").Refusals)

	for _, refused := range []struct {
		args []string
		why  string
	}{
		{[]string{"deploy", name, "--image", scenario.NewImage, "--strategy", "batch", "--batches", "2", "--confirm", "manual", "--plan"}, "runs through the batches of type batch; use type gray"},
		{[]string{"deploy", name, "--image", scenario.NewImage, "--strategy", "gray", "--weights", "5,30", "--plan"}, "takes 1 at most, the share of the traffic that the gray batch gets"},
		{[]string{"rollback", name, "--strategy", "gray", "--plan"}, "a rollback on ServiceStage cannot be gray; use all"},
		{[]string{"job", name, "--run", "--plan"}, "there are no jobs to run on ServiceStage"},
	} {
		require.Contains(t, cli.errOut(2, refused.args...), refused.why, "refused before anybody is asked")
	}
	for why, args := range map[string][]string{
		"must be from 1 to less than the number of instances, 5, is 5": {"deploy", name, "--image", scenario.NewImage, "--strategy", "gray", "--gray", "5", "--plan"},
		"that cannot be changed: give an image":                        {"deploy", name, "--package", "obs://bucket/shop.jar", "--package-version", "2", "--plan"},
		"there is no":                                                  {"rollback", name, "--plan"},
	} {
		plan := cli.plan(2, args...)
		require.Len(t, plan.Refusals, 1, why)
		require.Contains(t, plan.Refusals[0].String(), why)
	}

	calls := h.ServiceStageSim().Calls()
	require.NotZero(t, calls.Total)
	require.Zero(t, changing(calls, servicestageclient.LookupOperation), "%v", calls.Operations)
	require.Len(t, h.records(c), 1)
}

// TestComponents_WhatAReleaseCosts measures the cost of a release on ServiceStage in history events and in calls that change
// something, alone on a stack. The numbers are printed with -v.
func TestComponents_WhatAReleaseCosts(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{})
	for _, tt := range []bench.Priced{
		{Row: "ServiceStage, all", Strategy: all()},
		{Row: "ServiceStage, gray, one confirmation", Strategy: grayOnce(), Confirmations: 1},
	} {
		c := h.component()
		h.ServiceStageSim().ResetCalls()
		h.requireCost(tt, c.App, func() int { return changing(h.ServiceStageSim().Calls(), servicestageclient.LookupOperation) })
	}
}

// TestReady_APlatformThatIsAway begins a worker while ServiceStage is away: it is not ready, and says which platform it cannot reach and
// what to look at. Releases on the other platforms go on meanwhile, and it is ready once the platform is back.
func TestReady_APlatformThatIsAway(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true})
	away, err := h.ServiceStageSim().AddFault(servicestagesim.Fault{Kind: servicestagesim.FaultDropBefore, Count: -1})
	require.NoError(t, err)
	process, err := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env()}.Start(h.ctx)
	require.NoError(t, err)
	addr := h.healthOf(process)
	said := h.untilReadySays(addr, "platform servicestage in cn-north-4 refuses its worker")
	require.Contains(t, said, "SLIPWAY_SERVICESTAGE_ENDPOINT and the network")
	require.NotContains(t, said, "platform sae")
	require.NotContains(t, said, "platform fc")
	id, _ := h.request(h.service(), t.Name(), all())
	require.Equal(t, release.PhaseSucceeded, h.outcome(id))
	require.NoError(t, h.ServiceStageSim().RemoveFault(away.ID))
	h.untilReadySays(addr, `{"ready":true}`)
	require.NoError(t, process.Stop())
}

// TestComponents_RequestsReachTheNewVersionByTheirHeaders asks a component in the pause of a gray release by headers: who sends the
// header reaches the new version, nobody else does, and after the confirmation everybody. The worker is killed in between.
func TestComponents_RequestsReachTheNewVersionByTheirHeaders(t *testing.T) {
	t.Parallel()
	h := start(t, stack.Config{WithoutWorker: true, Seed: 5, Speed: 10})
	client, err := h.ServiceStageClient()
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	app, _, err := scenario.CreateComponent(h.ctx, client, "shop")
	require.NoError(t, err)
	sim := h.ServiceStageSim()
	_, err = sim.Advance(time.Hour) // its first job is over
	require.NoError(t, err)
	answers := func(headers map[string]string) string {
		served, err := sim.Serve(servicestagesim.Request{Component: app.ID, Headers: headers})
		require.NoError(t, err)
		return served.Source
	}
	tester, other := map[string]string{"X-Canary": "1"}, map[string]string{"X-Canary": "0"}

	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	request := spec(app, release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 1, Confirm: release.ConfirmManual})
	request.Traffic = &release.Traffic{Headers: &release.HeaderTraffic{
		Match: release.MatchAll, Rules: []release.HeaderRule{{Name: "x-canary", Op: release.HeaderEqual, Value: "1"}},
	}}
	id, err := scenario.Request(h.ctx, h.JetStream, t.Name(), request)
	require.NoError(t, err)
	events := h.follow(id)
	p := h.until(events, release.EventBatchWaiting, 1)
	require.Equal(t, &release.TrafficState{Applied: true}, p.Traffic)
	for range 20 {
		require.Equal(t, scenario.NewImage, answers(tester))
		require.Equal(t, scenario.OldImage, answers(other))
		require.Equal(t, scenario.OldImage, answers(nil))
	}
	require.NoError(t, worker.Kill())
	worker, err = launch.Start(h.ctx)
	require.NoError(t, err)
	h.confirm(id, 1)
	p = h.until(events, release.EventSucceeded, 0)
	require.NoError(t, worker.Stop())
	require.True(t, p.Traffic.Cleared)
	require.Equal(t, scenario.NewImage, answers(other))
}

// What the platform does for a change at work is seen before it has ended. On this stack the clocks of platforms nearly stand still, and this one is
// put forward from look to look.
func TestComponents_ShowTheTasksOfAJobAtWork(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := stack.Start(ctx, stack.Config{Speed: 0.001, Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel)})
	require.NoError(t, err)
	t.Cleanup(func() { end(t, s) })
	h := enter(t, s)
	id, events := h.request(h.component().App, t.Name(), all())
	client := releases.New(h.Client)
	var p release.Progress
	require.Eventually(t, func() bool {
		if _, err := h.ServiceStageSim().Advance(20 * time.Millisecond); err != nil {
			return false
		}
		status, err := client.Get(h.ctx, id)
		if err != nil {
			return false
		}
		p = client.Enriched(h.ctx, status.Progress)
		return slices.ContainsFunc(p.Stages, func(s release.Stage) bool { return s.State == release.BatchRunning })
	}, patience, 20*time.Millisecond)
	require.Equal(t, release.PhaseRollingOut, p.Phase)
	_, err = h.ServiceStageSim().Advance(time.Hour)
	require.NoError(t, err)
	h.until(events, release.EventSucceeded, 0)
	require.Empty(t, h.result(id).Stages, "it has not failed")
}
