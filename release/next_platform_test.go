package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"slipway/release"
)

// On Function Compute a change is a version, and what there is to look at is the alias.
func TestNext_OnFunctionCompute(t *testing.T) {
	t.Parallel()
	p := atNext(release.PhasePreparing, func(p *release.Progress) {
		p.App = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop"}
		p.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "7"}
	})
	commands := func() (found []string) {
		for _, s := range release.Next(p) {
			if s.Verb == release.NextShowChange || s.Verb == release.NextEndChange {
				found = append(found, s.Command)
			}
		}
		return found
	}
	require.Equal(t, []string{
		"slipway api fc GetAlias serviceName=shop aliasName=live --fc-region cn-hangzhou",
		"slipway api fc UpdateAlias serviceName=shop aliasName=live --fc-region cn-hangzhou versionId=VERSION 'additionalVersionWeight={}'",
	}, commands())
	p.App.Qualifier = "canary"
	require.Contains(t, commands()[0], "aliasName=canary")
}

// Where a platform runs through the batches after the gray one, one word is for all of them.
func TestNext_OneWordWherePlatformPausesOnce(t *testing.T) {
	t.Parallel()
	for platform, want := range map[release.Platform]bool{release.PlatformSAE: true, release.PlatformServiceStage: false} {
		p := atNext(release.PhaseAwaitingConfirm, func(p *release.Progress) {
			p.App.Platform = platform
			p.Strategy = release.Strategy{Type: release.StrategyGray, Gray: 1, Batches: 2, Confirm: release.ConfirmManual}
			p.Batches = release.BatchesOf(1, 2, 2)
			p.Awaiting = &release.Awaiting{Kind: release.AwaitConfirm, Batch: 1}
		})
		all := false
		for _, s := range release.Next(p) {
			all = all || s.Verb == release.NextConfirmAll
		}
		require.Equal(t, want, all, platform)
		does := map[bool]string{true: "lets batch 2 of 3 begin", false: "lets batch 2 of 3 begin, and every one after it by itself"}
		require.Equal(t, does[want], release.Next(p)[0].Does, platform)
	}
}

// A command that returns an alias to a version before names the alias, unless it is the default.
func TestNext_NamesTheAlias(t *testing.T) {
	t.Parallel()
	p := atNext(release.PhaseSucceeded, func(p *release.Progress) {
		p.App = release.App{Platform: release.PlatformFC, Region: "cn-hangzhou", ID: "shop", Qualifier: "canary"}
	})
	command := func() string {
		steps := release.Next(p)
		return steps[len(steps)-1].Command
	}
	require.Equal(t, "slipway rollback fc/cn-hangzhou/shop --qualifier canary", command())
	p.App.Qualifier = "live"
	require.Equal(t, "slipway rollback fc/cn-hangzhou/shop", command())
}

// On ServiceStage a change is a job, which can be looked at and not be stopped.
func TestNext_OnServiceStage(t *testing.T) {
	t.Parallel()
	p := atNext(release.PhasePreparing, func(p *release.Progress) {
		p.App = release.App{Platform: release.PlatformServiceStage, Region: "cn-north-4", ID: "4b611997-4acd-4538-a06b-32fd2475e057"}
		p.Awaiting = &release.Awaiting{Kind: release.AwaitOtherChange, ChangeID: "JOB7"}
	})
	steps := map[release.NextVerb]release.NextStep{}
	for _, s := range release.Next(p) {
		steps[s.Verb] = s
	}
	require.Equal(t, "slipway api servicestage GetJob job_id=JOB7 --servicestage-region cn-north-4", steps[release.NextShowChange].Command)
	require.Empty(t, steps[release.NextEndChange].Command)
	require.Contains(t, steps[release.NextEndChange].Does, "no job can be stopped")
}
