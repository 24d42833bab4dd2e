package servicestage

import (
	"context"

	"slipway/release"
	"slipway/servicestageclient"
)

// Lookup finds components by their names and those of their environments: two components of one name in one environment, of
// two applications, are several. ServiceStage does not say how it compares names, so each is compared again. Where there is
// none, the first page of the project tells what may be meant.
func (d *Driver) Lookup(ctx context.Context, in release.LookupInput) (found release.Lookup, err error) {
	for each, err := range d.client.ListComponentsAll(ctx, &servicestageclient.ListComponentsInput{ComponentName: &in.Name, Limit: new(mostListed)}) {
		if err != nil {
			return found, failed(err)
		}
		found.See(in, calledOf(each))
	}
	if len(found.Found) > 0 {
		return found, nil
	}
	page, err := d.client.ListComponents(ctx, &servicestageclient.ListComponentsInput{Limit: new(mostListed)})
	if err != nil {
		return found, failed(err)
	}
	beside := make([]release.NamedApp, len(page.Components))
	for i, each := range page.Components {
		beside[i] = calledOf(each)
	}
	found.Suggest(in, beside)
	return found, nil
}

func calledOf(c servicestageclient.ComponentSummary) release.NamedApp {
	return release.NamedApp{ID: c.ID, Namespace: c.EnvironmentName, Name: c.Name}
}
