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

// A gray batch of instances that gets a share of the traffic shows both.
func TestRender_WeightOfInstances(t *testing.T) {
	t.Parallel()
	p := parked()
	p.App = release.App{Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: "4b611997-4acd-4538-a06b-32fd2475e057"}
	p.Strategy = release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Weights: []int{20}, Confirm: release.ConfirmManual}
	p.Batches = []release.Batch{
		{Number: 1, Instances: 1, Weight: 20, State: release.BatchDone, StartedAt: at(0), EndedAt: at(1)}, {Number: 2, Instances: 2, State: release.BatchPending}, {Number: 3, Instances: 2, State: release.BatchPending},
	}
	tree := render.Tree(p, at(20), render.Style{})
	for _, part := range []string{"INSTANCES", "1 gray instance with 20 % of the traffic + 2 batches", " 1, 20 % "} {
		require.Contains(t, tree, part)
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
		Batches: []release.PlannedBatch{{Number: 1, Instances: 5}},
	}
	plan := render.Plan(rescale, render.Style{})
	require.Regexp(t, `(?m)^Provisioned: +3, then 5$`, plan)
	require.Regexp(t, `(?m)^BATCH +INSTANCES +THEN\n□ batch 1 +5 +`, plan)
}

// A rollback brings all functions of a service: each version is named with the one that it is known by.
func TestRender_PlanOfARollbackNamesVersions(t *testing.T) {
	t.Parallel()
	plan := render.Plan(release.Plan{
		App: release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "live"}, Operation: release.OperationRollback,
		Runs:   &release.Version{ID: "4", Artifact: release.Artifact{Image: "registry.example/api:2", Part: "api"}},
		Brings: &release.Version{ID: "3", Artifact: release.Artifact{Image: "registry.example/shop:2", Part: "web"}},
	}, render.Style{})
	require.Regexp(t, `(?m)^Runs now: +version 4, registry.example/api:2 \(api\)$`, plan)
	require.Regexp(t, `(?m)^Brings: +version 3, registry.example/shop:2 \(web\)$`, plan)
	require.NotContains(t, plan, "Function:")
}

// What somebody should know stands in a plan and in the release, and stops neither.
func TestRender_Warning(t *testing.T) {
	t.Parallel()
	const warning = "these call LATEST: trigger timer"
	plan := render.Plan(release.Plan{Warning: warning}, render.Style{})
	require.Contains(t, plan, "would be carried out")
	require.Regexp(t, `(?m)^Warning: +`+warning+`$`, plan)
	p := parked()
	require.NotContains(t, render.Tree(p, at(20), render.Style{}), "Warning:")
	p.Warning = warning
	require.Regexp(t, `(?m)^Warning: +`+warning+`$`, render.Tree(p, at(20), render.Style{}))
	require.Equal(t, []string{"2026-11-22T19:20:00Z " + p.ReleaseID + " ⚠ warning: " + warning}, render.Diff(parked(), p, at(20)))
	require.Empty(t, render.Diff(p, p, at(20)))
}

// What a change is that has an ID of the platform is said with it.
func TestRender_WhatAChangeIs(t *testing.T) {
	t.Parallel()
	p := parked()
	p.App, p.ChangeID = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop"}, "3"
	require.Regexp(t, `(?m)^Change: +3 \(published version\)$`, render.Tree(p, at(20), render.Style{}))
}
