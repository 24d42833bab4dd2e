package systemtest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/devstack/scenario"
	"slipway/devstack/stack"
	"slipway/release"
	"slipway/saeclient"
	"slipway/saesim"
)

// TestWorkersAreKilledAgainAndAgain kills the worker after seeded numbers of calls to the
// platform, of which one in ten loses its answer, while several applications are
// released. Every release ends, and each application has one change order a step.
func TestWorkersAreKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const seed, kills = 7, 3
	h := start(t, stack.Config{WithoutWorker: true, Seed: seed})
	launch := scenario.Launch{Binary: slipwayBinary(t), Role: "worker", Env: h.Env(), Log: t.Output()}
	dice := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test's dice

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

// allEnded tells whether nothing is left to disturb.
func (h *house) allEnded(ids []string) bool {
	for _, id := range ids {
		d, err := h.Client.DescribeWorkflowExecution(h.ctx, release.WorkflowID(id), "")
		if err != nil || d.GetWorkflowExecutionInfo().GetCloseTime() == nil {
			return false
		}
	}
	return true
}
