package releases

import (
	"context"

	"slipway/release"
)

// Lookup asks the platform which applications have a name, in the way of [Client.ScalingRules]. None is no error;
// without a worker of the region it is a [NoWorkerError].
func (c *Client) Lookup(ctx context.Context, in release.LookupInput) (found release.Lookup, err error) {
	if err := c.CheckWorkers(ctx, in.App); err != nil {
		return found, err
	}
	about := "app-lookup/" + string(in.App.Platform) + "/" + in.App.Region + "/" + in.Name
	return found, c.look(ctx, about, looking{in.App, release.LookupActivity(in.App.Platform), in}, &found)
}
