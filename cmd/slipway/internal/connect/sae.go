package connect

import (
	"fmt"

	"slipway/activities/sae"
	"slipway/cloudapi"
	"slipway/cmd/slipway/internal/config"
	"slipway/saeclient"
)

// SAE returns a client of Serverless App Engine in the configured region, with the timeouts
// of a worker. The credentials come from Alibaba Cloud's default chain. Observe is called for the
// requests to the region; it may be nil.
func SAE(v *config.Values, userAgent string, observe func(region string) cloudapi.Observer) (*saeclient.Client, error) {
	region := v.String(config.SAERegion)
	if region == "" {
		return nil, v.Bad(config.SAERegion, "is not set", "name the region that this worker serves, for example SLIPWAY_SAE_REGION=cn-hangzhou")
	}
	var observer cloudapi.Observer
	if observe != nil {
		observer = observe(region)
	}
	c, err := saeclient.New(saeclient.Config{
		Region: region, Endpoint: v.String(config.SAEEndpoint), UserAgent: userAgent,
		ConnectTimeout: sae.ConnectTimeout, ReadTimeout: sae.ReadTimeout, Observe: observer,
	})
	if err != nil {
		return nil, fmt.Errorf("%w; check SLIPWAY_SAE_REGION, SLIPWAY_SAE_ENDPOINT and the credentials of Alibaba Cloud "+
			"(ALIBABA_CLOUD_ACCESS_KEY_ID and …_SECRET, a profile or a role)", err)
	}
	return c, nil
}
