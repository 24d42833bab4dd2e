package systemtest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
	"slipway/wire"
)

// TestChaos_WorkersAreKilledAgainAndAgain kills the worker after seeded numbers of calls to the
// platform, of which one in ten loses its answer, while several applications are
// released. Every release ends, and each application has one change order a step.
func TestChaos_WorkersAreKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const seed, kills = 7, 3
	h := start(t, stack.Config{WithoutWorker: true, Seed: seed})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	dice := rand.New(rand.NewPCG(seed, 0))

	auto := release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmAuto}
	strategies := []release.Strategy{all(), auto, all(), auto}
	apps, ids := make([]release.App, len(strategies)), make([]string, len(strategies))
	for i, st := range strategies {
		apps[i] = h.app()
		ids[i], _ = h.request(apps[i], fmt.Sprintf("%s-%d", t.Name(), i), st)
		if i%2 == 0 {
			_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultBatchFails, AppID: apps[i].ID})
			require.NoError(t, err)
		}
		_, err := h.Sim().AddFault(saesim.Fault{Kind: saesim.FaultDropAfter, AppID: apps[i].ID, Count: -1, Probability: 0.1})
		require.NoError(t, err)
	}
	worker, err := launch.Start(h.ctx)
	require.NoError(t, err)
	for range kills {
		after := h.Sim().Calls().Total + 3 + dice.IntN(12)
		require.Eventually(t, func() bool { return h.Sim().Calls().Total >= after || h.allEnded(ids) }, patience, time.Millisecond)
		require.NoError(t, worker.Kill())
		worker, err = launch.Start(h.ctx)
		require.NoError(t, err)
	}
	for i, id := range ids {
		p := h.result(id)
		want := []string{saeclient.CoTypeDeploy}
		if i%2 == 0 {
			want = append(want, saeclient.CoTypeDeployHistroy)
			require.Equal(t, release.PhaseRolledBack, p.Outcome, p.Reason)
		} else {
			require.Equal(t, release.PhaseSucceeded, p.Outcome, p.Reason)
		}
		require.Equal(t, want, h.orders(apps[i]), p.Reason)
		require.True(t, p.ScalingRules[0].Restored)
	}
	require.NoError(t, worker.Stop())
}

// allEnded reports whether nothing is left to disturb.
func (h *house) allEnded(ids []string) bool {
	for _, id := range ids {
		d, err := h.Client.DescribeWorkflowExecution(h.ctx, release.WorkflowID(id), "")
		if err != nil || d.GetWorkflowExecutionInfo().GetCloseTime() == nil {
			return false
		}
	}
	return true
}

// TestChaos_WhatIsLostAndSaidAgainDeploysOnce does to the releases of several applications, in drawn
// orders, what operators do by mistake and networks do anyway: lanes are terminated and reset, a
// parked release is reset, and its request comes again, also with another image, and once more
// when Temporal has forgotten the release. By the simulator's own record each release begins
// one change order, one at a time; scaling rules are as before, and every event is told once.
func TestChaos_WhatIsLostAndSaidAgainDeploysOnce(t *testing.T) {
	t.Parallel()
	const seed, apps = 11, 3
	shared := bring(t, stack.Config{Seed: seed})
	t.Cleanup(func() { end(t, shared) })
	for n := range apps {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, uint64(n)))
			disturbed(enter(t, shared), dice)
		})
	}
}

func disturbed(h *house, dice *rand.Rand) {
	app := h.app()
	parked, queued := h.parkedAndQueued(app)
	first := h.t.Name() + "-1"
	other := spec(app, gray())
	other.Artifact.Image = "registry.example/shop:other"
	disturb := []func(){
		func() { _ = h.Client.TerminateWorkflow(h.ctx, release.LaneID(app), "", "by mistake") },
		func() { h.resetLane(app) },
		func() { h.resetParked(parked) },
		func() { h.again(first, spec(app, gray())) },
		func() {
			reason := h.deadLetter(h.again(first, other)).Headers().Get(wire.HeaderReason)
			require.Contains(h.t, reason, spec(app, gray()).WithDefaults().Digest())
			require.Contains(h.t, reason, other.WithDefaults().Digest())
		},
	}
	for _, n := range append(dice.Perm(len(disturb)), dice.IntN(len(disturb))) {
		h.t.Logf("disturbance %d", n)
		disturb[n]()
	}
	third, _ := h.request(app, h.t.Name()+"-3", all()) // it calls the lane where there is none
	h.confirmAll(parked)
	h.requireOneAfterAnother(parked, queued, third)

	h.forget(parked)
	h.again(first, spec(app, gray()))
	fourth, _ := h.request(app, h.t.Name()+"-4", all())
	all := []string{parked, queued, third, fourth}
	for _, id := range all {
		h.requireToldOnce(id)
	}
	require.False(h.t, h.started(parked), "the ledger knows that it has ended")
	h.requireOneOrderEach(app, all...)
	h.requireRulesAsBefore(app)
}

// resetLane resets the lane of the application, if there is one.
func (h *house) resetLane(app release.App) {
	h.t.Helper()
	d, err := h.Client.DescribeWorkflowExecution(h.ctx, release.LaneID(app), "")
	require.NoError(h.t, err)
	if d.GetWorkflowExecutionInfo().GetCloseTime() == nil {
		h.reset(release.LaneID(app))
	}
}

// resetParked resets a release and waits until it is parked again.
func (h *house) resetParked(id string) {
	h.t.Helper()
	h.reset(release.WorkflowID(id))
	h.untilWaits(id, 1)
}

// untilWaits waits until a release waits for the confirmation of a batch.
func (h *house) untilWaits(id string, batch int) {
	h.t.Helper()
	require.Eventually(h.t, func() bool {
		p := h.progress(id)
		return p.Awaiting != nil && p.Awaiting.Kind == release.AwaitConfirm && p.Awaiting.Batch == batch
	}, patience, 50*time.Millisecond)
}

// confirmAll confirms both batches of a release, which may have been reset.
func (h *house) confirmAll(id string) {
	h.t.Helper()
	for batch := 1; batch <= 2; batch++ {
		h.untilWaits(id, batch)
		h.confirm(id, batch)
	}
}

// requireToldOnce follows a release to its end, and checks that no event comes twice.
func (h *house) requireToldOnce(id string) {
	h.t.Helper()
	events, told := h.follow(id), map[string]bool{}
	for {
		e, err := events.Next(h.ctx)
		require.NoError(h.t, err)
		require.False(h.t, told[e.ID], "%s twice", e.ID)
		told[e.ID] = true
		if e.Progress.Outcome != "" {
			require.Equal(h.t, release.PhaseSucceeded, e.Progress.Outcome, e.Progress.Reason)
			return
		}
	}
}

// requireOneOrderEach asks the simulator what was begun: one change order for each release, in
// their order, each after the one before it had ended.
func (h *house) requireOneOrderEach(app release.App, ids ...string) {
	h.t.Helper()
	var last time.Time
	for _, o := range h.Sim().Orders(app.ID) {
		require.False(h.t, o.CreatedAt.Before(last), "%s began before the one before it had ended", o.Description)
		last = o.FinishedAt
		if o.Type == saeclient.CoTypeCreateApp {
			continue
		}
		require.NotEmpty(h.t, ids, "one too many: %s", o.Description)
		require.True(h.t, strings.HasPrefix(o.Description, release.Token(ids[0], string(release.StepRollout))+" "), o.Description)
		ids = ids[1:]
	}
	require.Empty(h.t, ids, "they have begun nothing")
}
