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
		Watch: &release.PlannedWatch{
			For: release.Duration(30 * time.Minute), Gates: []string{"errors", "health"},
			Limit: release.DefaultConfirmLimit, OnTimeout: release.TimeoutAbort,
		},
		ScalingRules: []release.PlannedRule{{Name: "daily"}, {Name: "night", Owed: "r-zyxwvutsrqponmlk"}},
		Traffic:      &release.PlannedTraffic{Kept: "own"},
		Lane: release.PlannedLane{
			Running: "r-abcdefghijklmnop", Ahead: 1, Drops: []string{"r-bcdefghijklmnopq"}, Preempts: "r-abcdefghijklmnop",
			Debts: []release.Debt{{ReleaseID: "r-zyxwvutsrqponmlk", Traffic: true}}, EndsWatch: "r-abcdefghijklmnop",
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

// plannedConfig is the plan of a release of configuration alone, of which the platform would refuse some.
func plannedConfig() release.Plan {
	p := planned()
	was := *p.Runs
	was.Artifact.Registry = &release.Registry{Instance: "cri-0a1b2c3d4e5f6071", Role: "acs:ram::1000000000000000:role/pull-images"}
	return release.Plan{
		App: p.App, AppName: p.AppName, Operation: p.Operation, At: p.At, Runs: &was, Brings: &release.Version{Artifact: was.Artifact},
		Refusals: []release.PlannedRefusal{
			{Field: "config.resources", Reason: "SAE has no instances with cpu 3000 and memory 2048; with that memory there are cpu 500, 1000, 2000"},
			{Field: "strategy.minReadyInstances", Reason: "6 needs fewer than the application's 2 instances"},
		},
		Return: &release.PlannedReturn{Version: was, Kept: true, OnFailure: true}, Instances: &release.PlannedInstances{Before: 5, After: 2},
		Settings: []release.Setting{
			{Name: "instances", Before: "5", After: "2"},
			{Name: "probes.readiness.http.path", Before: "/health", After: "/actuator/health/readiness"},
			{Name: "variables.SPRING_DATASOURCE_URL", After: "sha256:5f4e3d2c1b0a"},
			{Name: "variables.LOG_LEVEL", Before: "INFO", After: "DEBUG"},
			{Name: "platform.CustomHostAlias", Before: "sha256:0a1b2c3d4e5f"},
		},
		Strategy: release.Strategy{Type: release.StrategyAll}, Batches: []release.PlannedBatch{{Number: 1, Instances: 2}},
		Watch: &release.PlannedWatch{For: release.Duration(time.Hour)},
	}
}

// plannedJob is the plan of a release of a job that brings an image and runs it.
func plannedJob() release.Plan {
	p := planned()
	return release.Plan{
		App: p.App, AppName: "migrate", Operation: release.OperationJob, At: p.At, Runs: &release.Version{Artifact: p.Runs.Artifact}, Brings: p.Brings,
		Return: &release.PlannedReturn{Version: release.Version{Artifact: p.Runs.Artifact}, Kept: true, OnFailure: true}, Strategy: release.Strategy{Type: release.StrategyAll},
		Job: &release.PlannedJob{
			Brings: true, Runs: true, NotBefore: at(55), Instances: 2, Command: []string{"migrate"}, Args: []string{"--to", "1.4.2"},
			Variables: []string{"DAY", "MODE"},
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

func TestPlan_WhatAFailedJobLeaves(t *testing.T) {
	t.Parallel()
	was := release.Version{Artifact: release.Artifact{Image: "shop:1"}}
	for want, c := range map[string]struct {
		job release.PlannedJob
		ret *release.PlannedReturn
	}{
		"the template gets shop:1 back":                                        {release.PlannedJob{Brings: true, Runs: true}, &release.PlannedReturn{Version: was, Kept: true, OnFailure: true}},
		"the template keeps the new artifact; shop:1 can be brought back":      {release.PlannedJob{Brings: true, Runs: true}, &release.PlannedReturn{Version: was, Kept: true}},
		"the template is left as it is; shop:1 can be brought back":            {release.PlannedJob{Brings: true}, &release.PlannedReturn{Version: was, Kept: true}},
		"the template keeps what it has then: what it had before is not known": {release.PlannedJob{Brings: true}, &release.PlannedReturn{OnFailure: true}},
		"the template stays as it is":                                          {release.PlannedJob{Runs: true}, nil},
		"Run:      none; the template only gets its artifact":                  {release.PlannedJob{Brings: true}, nil},
		"once, on 1 instance\n              with other variables: DAY, A":      {release.PlannedJob{Runs: true, Instances: 1, Variables: []string{"DAY", "A"}}, nil},
	} {
		p := release.Plan{Job: &c.job, Return: c.ret, Brings: &was}
		require.Contains(t, render.Plan(p, render.Style{}), want)
	}
}

func TestPlan_WhatAWatchDoes(t *testing.T) {
	t.Parallel()
	was := release.Version{ID: "v1", Artifact: release.Artifact{Image: "shop:1"}}
	watch := &release.PlannedWatch{For: release.Duration(time.Hour), Gates: []string{"errors"}, Limit: release.DefaultConfirmLimit, OnTimeout: release.TimeoutHold}
	for want, r := range map[string]release.PlannedReturn{
		"gates errors: one that fails rolls back":                                       {Version: was, Kept: true, OnFailure: true},
		"gates errors: one that fails needs a person, and the new version runs on":      {OnFailure: true},
		"gates errors: one that fails fails the release, and the new version runs on":   {Version: was, Kept: true},
		"gates that are not conclusive: a person must confirm within 24h (else: hold)":  {},
		"the next release of the application ends it, and this one has succeeded":       {},
		"is watched for 1h; then the release ends":                                      {},
		"daily is suspended, and restored before the watch":                             {},
		"for 1h after the last batch, with the scaling rules and the traffic rule back": {},
		"that of the release, removed before the watch":                                 {},
	} {
		p := release.Plan{
			Return: &r, Watch: watch, Batches: []release.PlannedBatch{{Number: 1, Instances: 2}}, ScalingRules: []release.PlannedRule{{Name: "daily"}},
			Traffic: &release.PlannedTraffic{},
		}
		require.Contains(t, render.Plan(p, render.Style{}), want)
	}
}

func TestPlan_TrafficRulesWithinTheChange(t *testing.T) {
	t.Parallel()
	p := release.Plan{Watch: &release.PlannedWatch{For: release.Duration(time.Hour)}, Return: &release.PlannedReturn{}, Traffic: &release.PlannedTraffic{Within: true}}
	text := render.Plan(p, render.Style{})
	require.Contains(t, text, "that of the release, a part of the change, with which it ends")
	require.NotContains(t, text, "the traffic rule back")
}

func TestPlan_TextsFromElsewhereAreCleaned(t *testing.T) {
	t.Parallel()
	p := release.Plan{Refusals: []release.PlannedRefusal{{Reason: "no \x1b[31mred"}}, Waits: []string{"a\nb"}, Settings: []release.Setting{{Name: "x\x1b", After: "\x07"}}, Job: &release.PlannedJob{Runs: true, Command: []string{"\x1b"}, Variables: []string{"\x07"}}}
	require.NotRegexp(t, "[\x1b\x07]", render.Plan(p, render.Style{}))
	require.NotRegexp(t, "[\x1b\x07]", render.SetPlan(releases.SetPlan{Name: "\x1b", Waves: []releases.WavePlan{{Name: "\x1b", Releases: []releases.ReleasePlan{{Plan: p}}}}}, render.Style{}))
}
