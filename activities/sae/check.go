package sae

import (
	"context"
	"errors"

	"slipway/cloudapi"
	"slipway/saeclient"
)

// Check reports whether SAE accepts the client's calls.
func (d *Driver) Check(ctx context.Context) error { return failed(TryAccess(ctx, d.client)) }

// TryAccess lists the applications of the region, one at most: SAE has no cheaper call that takes
// the credentials, the endpoint and the region together. Its error is that of the call;
// [cloudapi.ErrAuth] means that the credentials are missing, wrong or lack a permission. SAE that
// throttles has accepted them.
func TryAccess(ctx context.Context, client *saeclient.Client) error {
	_, err := client.ListApplications(ctx, &saeclient.ListApplicationsInput{CurrentPage: new(1), PageSize: new(1)})
	if errors.Is(err, cloudapi.ErrThrottled) {
		return nil
	}
	return err
}
