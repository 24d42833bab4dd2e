package doctor

import (
	"context"

	"slipway/worker"
)

// NoPlatform tells that this shell names no region of a platform; variable is what would name one.
func NoPlatform(product, variable string) Check {
	return one(product, func(context.Context) Finding {
		return skipped("workers have the credentials, see their /readyz; to check those of this shell, set %s", variable)
	})
}

// Platform checks the credentials of this shell in a region of a platform. Open says how a worker would
// serve it.
func Platform(product string, open func() (worker.Platform, error)) Check {
	return one(product, func(ctx context.Context) Finding {
		p, err := open()
		if err != nil {
			return broken(err, "correct the setting")
		}
		driver, err := p.Driver(nil)
		if err != nil {
			return broken(err, "correct the setting")
		}
		return judgePlatform(p, driver.Check(ctx))
	})
}

// judgePlatform judges what the platform has answered.
func judgePlatform(p worker.Platform, err error) Finding {
	if err == nil {
		return ok("answers in %s, and takes these credentials", p.Region)
	}
	return failed(p.Explain(err))
}
