package doctor

import (
	"context"
	"errors"

	"slipway/activities/sae"
	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/connect"
	"slipway/saeclient"
)

// SAE checks the credentials of this shell, where it names a region. Open makes the client.
func SAE(region string, open func() (*saeclient.Client, error)) Check {
	return one("SAE", func(ctx context.Context) Finding {
		if region == "" {
			return skipped("workers have the credentials, see their /readyz; to check those of this shell, set SLIPWAY_SAE_REGION")
		}
		c, err := open()
		if err != nil {
			return broken(err, "correct the setting")
		}
		return judgeSAE(region, sae.TryAccess(ctx, c))
	})
}

func judgeSAE(region string, err error) Finding {
	switch {
	case err == nil:
		return ok("answers in %s, and takes these credentials", region)
	case errors.Is(err, cloudapi.ErrAuth):
		return failed(connect.Explain(err), "check ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET, the profile or the role, and what the page operations lists under permissions")
	}
	return failed(connect.Explain(err), "check SLIPWAY_SAE_REGION, SLIPWAY_SAE_ENDPOINT and the network")
}
