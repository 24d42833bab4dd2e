package servicestageworld

import "slipway/release"

const platformName = release.Platform("servicestage")

func traitsOf() release.Traits {
	return release.Traits{
		Platform: platformName, Rollouts: []release.StrategyType{release.StrategyAll, release.StrategyBatch, release.StrategyGray},
		Rollbacks: []release.StrategyType{release.StrategyAll}, Step: release.StepInstances, GrayAtMost: 99, Restart: true, Rescale: true,
	}
}
