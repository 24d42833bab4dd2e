package render_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"slipway/cmd/slipway/internal/render"
	"slipway/release"
	"slipway/releases"
)

// planned is the plan of a gray release that would wait for others, and changes configuration.
func planned() release.Plan {
	image := func(tag string) release.Artifact {
		return release.Artifact{Image: "registry-vpc.cn-hangzhou.aliyuncs.com/shop/orders:" + tag}
	}
	before := release.Version{ID: "0026ff7e-2b57-4127-bdd0-9bf202bb9ddf", Artifact: image("2026.11.20-1101-77aa01c")}
	pause := func() *release.PlannedPause {
		return &release.PlannedPause{
			Bake: release.Duration(10 * time.Minute), Gates: []string{"errors", "health"}, Confirm: release.ConfirmManual,
			Limit: release.DefaultConfirmLimit, OnTimeout: release.TimeoutAbort,
		}
	}
	return release.Plan{
		App: release.App{Platform: release.PlatformSAE, Region: "cn-hangzhou", ID: "7171a6ca-d1cd-4928-8642-7d5cfe69cafe"}, AppName: "orders",
		Operation: release.OperationRelease, At: at(0),
		Waits:   []string{"release r-abcdefghijklmnop, which runs", "the end of freeze sale: busy days"},
		Unknown: []string{"whether the gates can be measured: no worker has taken the task within 8s: none runs, or all are busy"},
		Runs:    &before, Brings: &release.Version{Artifact: image("2026.11.22-1904-3f1c9a7")},
		Return:    &release.PlannedReturn{Version: before, Kept: true, OnFailure: true},
		Instances: &release.PlannedInstances{Before: 5, After: 6},
		Settings: []release.Setting{
			{Name: "resources.cpu", Before: "1000", After: "2000"},
			{Name: "variables.LOG_LEVEL", Before: "sha256:0a1b2c3d4e5f", After: "sha256:5f4e3d2c1b0a"},
			{Name: "variables.OLD", Before: "sha256:0a1b2c3d4e5f"},
		},
		Strategy: release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual, Bake: release.Duration(10 * time.Minute)},
		Batches: []release.PlannedBatch{
			{Number: 1, Instances: 1, Then: pause()},
			{Number: 2, Instances: 2, NotBefore: at(11), Then: pause()},
			{Number: 3, Instances: 3},
		},
		ScalingRules: []release.PlannedRule{{Name: "daily"}, {Name: "night", Owed: "r-zyxwvutsrqponmlk"}},
		Traffic:      &release.PlannedTraffic{Kept: "own"},
		Lane: release.PlannedLane{
			Running: "r-abcdefghijklmnop", Ahead: 1, Drops: []string{"r-bcdefghijklmnopq"}, Preempts: "r-abcdefghijklmnop",
			Debts: []release.Debt{{ReleaseID: "r-zyxwvutsrqponmlk", Traffic: true}},
		},
		Freezes: []release.PlannedFreeze{
			{Freeze: release.Freeze{Name: "sale", Reason: "busy days", Until: at(50)}},
			{Freeze: release.Freeze{Name: "night", Reason: "nobody is awake", Until: at(59)}, From: at(55)},
		},
		FreezeOverride: "orders are lost until this is out",
	}
}

// plannedInVain is the plan of a release that would be refused.
func plannedInVain() release.Plan {
	p := planned()
	return release.Plan{
		App: p.App, AppName: p.AppName, Operation: p.Operation, At: p.At, Runs: p.Runs, RunsMixed: "4 × orders:1, 1 × orders:2",
		Instances: &release.PlannedInstances{Before: 5, After: 5}, Strategy: p.Strategy, Return: &release.PlannedReturn{Version: *p.Runs},
		Refusals: []release.PlannedRefusal{
			{Field: "strategy.gray", Reason: "4 gray instances are more than half of the application's 5"},
			{Reason: p.Brings.Artifact.String() + " was rolled back on 2026-11-22T19:00:00Z by release r-zyxwvutsrqponmlk (errors doubled); allow it with: slipway lane allow sae/cn-hangzhou/7171a6ca-d1cd-4928-8642-7d5cfe69cafe"},
		},
	}
}

// plannedSet is a set of two waves, of which the second would be refused.
func plannedSet() releases.SetPlan {
	restart := release.Plan{App: planned().App, AppName: "stock", Operation: release.OperationRestart, Instances: &release.PlannedInstances{Before: 2, After: 2}, Batches: []release.PlannedBatch{{Number: 1, Instances: 2}}}
	return releases.SetPlan{Name: "shops", OnFailure: release.SetRollback, Waves: []releases.WavePlan{
		{Number: 1, Name: "backend", Confirm: release.ConfirmAuto, Releases: []releases.ReleasePlan{{Name: "stock", Plan: restart}}},
		{Number: 2, Name: "front", Confirm: release.ConfirmManual, Releases: []releases.ReleasePlan{{Name: "orders", Plan: plannedInVain()}}},
	}}
}

func TestPlan_WhatAFailureReturnsTo(t *testing.T) {
	t.Parallel()
	was := release.Version{ID: "v1", Artifact: release.Artifact{Image: "shop:1"}}
	for want, r := range map[string]release.PlannedReturn{
		"returns to version v1, shop:1":                       {Version: was, Kept: true, OnFailure: true},
		"is left as it is; version v1, shop:1 can be brought": {Version: was, Kept: true},
		"the platform keeps no version of it":                 {Version: release.Version{Artifact: was.Artifact}, OnFailure: true},
	} {
		require.Contains(t, render.Plan(release.Plan{Return: &r}, render.Style{}), want)
	}
}

func TestPlan_TextsFromElsewhereAreCleaned(t *testing.T) {
	t.Parallel()
	p := release.Plan{Refusals: []release.PlannedRefusal{{Reason: "no \x1b[31mred"}}, Waits: []string{"a\nb"}, Settings: []release.Setting{{Name: "x\x1b", After: "\x07"}}}
	require.NotRegexp(t, "[\x1b\x07]", render.Plan(p, render.Style{}))
	require.NotRegexp(t, "[\x1b\x07]", render.SetPlan(releases.SetPlan{Name: "\x1b", Waves: []releases.WavePlan{{Name: "\x1b", Releases: []releases.ReleasePlan{{Plan: p}}}}}, render.Style{}))
}
