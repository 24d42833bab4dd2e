package sae

import (
	"context"
	"errors"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// Check lists the applications of the region, one at most: SAE has no cheaper call that takes
// the credentials, the endpoint and the region together.
func (d *Driver) Check(ctx context.Context) error {
	_, err := d.client.ListApplications(ctx, &saeclient.ListApplicationsInput{CurrentPage: new(1), PageSize: new(1)})
	if errors.Is(err, cloudapi.ErrThrottled) {
		return nil
	}
	return failed(err)
}
