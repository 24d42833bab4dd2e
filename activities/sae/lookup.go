package sae

import (
	"context"

	"slipway/release"
	"slipway/saeclient"
)

// mostListed is how many applications a page of the list has at most (SAE API reference ch. 10.9).
const mostListed = 200

// Lookup finds applications by their names. SAE does not say how it compares names, so each is compared again; one that is being
// deleted is none. Job templates are in no list of applications. Where there is none of the name, the first page of the namespace
// tells what may be meant.
func (d *Driver) Lookup(ctx context.Context, in release.LookupInput) (found release.Lookup, err error) {
	for each, err := range d.client.ListApplicationsAll(ctx, &saeclient.ListApplicationsInput{AppName: &in.Name, PageSize: new(mostListed)}) {
		if err != nil {
			return found, failed(err)
		}
		if app, is := calledOf(each); is {
			found.See(in, app)
		}
	}
	if len(found.Found) > 0 {
		return found, nil
	}
	ask := &saeclient.ListApplicationsInput{CurrentPage: new(1), PageSize: new(mostListed)}
	if in.Namespace != "" {
		ask.NamespaceID = &in.Namespace
	}
	page, err := d.client.ListApplications(ctx, ask)
	if err != nil {
		return found, failed(err)
	}
	var beside []release.NamedApp
	for _, each := range page.Data.Applications {
		if app, is := calledOf(each); is {
			beside = append(beside, app)
		}
	}
	found.Suggest(in, beside)
	return found, nil
}

// calledOf is an application of a list; false for one that is being deleted.
func calledOf(app saeclient.ListApplicationsDataApplications) (release.NamedApp, bool) {
	return release.NamedApp{ID: app.AppID, Namespace: app.NamespaceID, Name: app.AppName}, !app.AppDeletingStatus
}
