package fc

import (
	"context"
	"errors"

	"slipway/activities/cloud"
	"slipway/cloudapi"
	"slipway/fcclient"
	"slipway/release"
)

// mostListed is how many services a page of the list has at most (Function Compute API reference ch. 6.5).
const mostListed = 100

// Lookup finds a service by its name, which is its ID. Where there is none, the first page of those of the region tells what may
// be meant.
func (d *Driver) Lookup(ctx context.Context, in release.LookupInput) (found release.Lookup, err error) {
	if in.Namespace != "" {
		return found, cloud.NoSuch(d.traits, "namespaces")
	}
	service, err := d.client.GetService(ctx, &fcclient.GetServiceInput{ServiceName: in.Name})
	if err == nil {
		found.See(in, release.NamedApp{ID: service.ServiceName, Name: service.ServiceName})
		return found, nil
	}
	if !errors.Is(err, cloudapi.ErrNotFound) {
		return found, failed(err)
	}
	page, err := d.client.ListServices(ctx, &fcclient.ListServicesInput{Limit: new(mostListed)})
	if err != nil {
		return found, failed(err)
	}
	beside := make([]release.NamedApp, len(page.Services))
	for i, each := range page.Services {
		beside[i] = release.NamedApp{ID: each.ServiceName, Name: each.ServiceName}
	}
	found.Suggest(in, beside)
	return found, nil
}
