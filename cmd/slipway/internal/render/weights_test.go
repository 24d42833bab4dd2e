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
	p.App = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "live"}
	p.Artifact.Part = "web"
	p.Strategy, p.ScalingRules = strategy, nil
	p.Batches = []release.Batch{
		{Number: 1, Weight: 5, State: release.BatchDone, StartedAt: at(0), EndedAt: at(1)}, {Number: 2, Weight: 30, State: release.BatchPending}, {Number: 3, Weight: 100, State: release.BatchPending},
	}
	tree := render.Tree(p, at(20), render.Style{})
	for _, part := range []string{"TRAFFIC", "Alias:          live", "Function:       web", "5 % → 30 % → 100 % of the traffic", " 5 % ", " 30 % ", " 100 % "} {
		require.Contains(t, tree, part)
	}
	require.NotContains(t, tree, "INSTANCES")

	plan := render.Plan(release.Plan{
		App: p.App, Brings: &release.Version{Artifact: p.Artifact}, Instances: &release.PlannedInstances{Before: 3, After: 3},
		Strategy: strategy, Batches: release.Spec{Strategy: strategy}.PlannedBatches(at(0), p.Batches),
	}, render.Style{})
	for _, part := range []string{"Alias:         live", "Function:      web", "Provisioned:   3", "TRAFFIC", "□ batch 1 (gray)", "5 %", "100 %"} {
		require.Contains(t, plan, part)
	}
}

// What has failed before it had batches is still on a platform that shifts traffic; a rescale there moves
// none.
func TestRender_PlatformThatShiftsTraffic(t *testing.T) {
	t.Parallel()
	on := release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "live"}
	failed := release.Progress{ReleaseID: "r-abcdefghijklmnop", App: on, Operation: release.OperationRelease, Phase: release.PhaseFailed}
	tree := render.Tree(failed, at(20), render.Style{})
	require.Contains(t, tree, "TRAFFIC")
	require.NotContains(t, tree, "INSTANCES")

	rescale := release.Plan{
		App: on, Operation: release.OperationRescale, Instances: &release.PlannedInstances{Before: 3, After: 5},
		Batches: []release.PlannedBatch{{Number: 1, Weight: 100}},
	}
	plan := render.Plan(rescale, render.Style{})
	require.Regexp(t, `(?m)^Provisioned: +3, then 5$`, plan)
	require.Regexp(t, `(?m)^BATCH +INSTANCES +THEN\n□ batch 1 +5 +`, plan)
}
