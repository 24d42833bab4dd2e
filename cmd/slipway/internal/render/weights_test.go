package render_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
)

// Where a platform shifts traffic, batches are shown with their part of it.
func TestRender_Weights(t *testing.T) {
	t.Parallel()
	strategy := release.Strategy{Type: release.StrategyGray, Weights: []int{5, 30}, Confirm: release.ConfirmManual}
	p := parked()
	p.Strategy, p.ScalingRules = strategy, nil
	p.Batches = []release.Batch{
		{Number: 1, Weight: 5, State: release.BatchDone, StartedAt: at(0), EndedAt: at(1)}, {Number: 2, Weight: 30, State: release.BatchPending}, {Number: 3, Weight: 100, State: release.BatchPending},
	}
	tree := render.Tree(p, at(20), render.Style{})
	for _, part := range []string{"TRAFFIC", "5 % → 30 % → 100 % of the traffic", " 5 % ", " 30 % ", " 100 % "} {
		require.Contains(t, tree, part)
	}
	require.NotContains(t, tree, "INSTANCES")

	plan := render.Plan(release.Plan{Strategy: strategy, Batches: release.Spec{Strategy: strategy}.PlannedBatches(at(0), p.Batches)}, render.Style{})
	for _, part := range []string{"TRAFFIC", "□ batch 1 (gray)", "5 %", "100 %"} {
		require.Contains(t, plan, part)
	}
}
