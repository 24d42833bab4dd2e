package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"slipway/apps"
	"slipway/authority"
	"slipway/internal/documents"
	"slipway/release"
)

// app is the application of a parameter: platform/region/id, or application/environment as its document has it. What
// is wrong with it is a [release.Problem] of the parameter.
func (a *api) app(ctx context.Context, text string) (release.App, error) {
	ref, err := release.ParseApp(text)
	if err != nil {
		return release.App{}, release.Problem{Field: paramApp, Message: err.Error()}
	}
	if !ref.ByName() {
		return ref.App, nil
	}
	d, err := a.apps.Get(ctx, ref.Application)
	if unknown, is := errors.AsType[*documents.UnknownError](err); is {
		return release.App{}, release.Problem{Field: paramApp, Message: unknown.Error()}
	}
	if err != nil {
		return release.App{}, err
	}
	if ref.Environment == "" {
		return release.App{}, release.Problem{Field: paramApp, Message: "must say which environment: " + ref.Application + "/ and one of " + strings.Join(d.Spec.Names(), ", ")}
	}
	e, err := d.Spec.Environment(ref.Environment)
	if err != nil {
		return release.App{}, release.Problem{Field: paramApp, Message: err.Error()}
	}
	return e.App.App(), nil
}

// listApplications lists the documents of applications.
func (a *api) listApplications(r *request) error {
	ctx := r.Context()
	may, _, err := r.views(ctx)
	if err != nil {
		return err
	}
	found, err := a.apps.List(ctx)
	if err != nil {
		return err
	}
	out := listed[apps.Document]{Items: slices.DeleteFunc(found, func(d apps.Document) bool {
		return !slices.ContainsFunc(d.Spec.Environments, func(e apps.Environment) bool { return may(authority.AppTarget(e.App.App())) })
	})}
	return r.reply(http.StatusOK, out.atMost(len(out.Items)))
}

// application is the document that the path names, of which who asks may look at an environment.
func (r *request) application() (apps.Document, error) {
	ctx := r.Context()
	name := r.PathValue("name")
	if !release.IsName(name) {
		return apps.Document{}, kindNotFound.is("%.*q is not the name of an application", release.MaxID, name)
	}
	d, err := r.api.apps.Get(ctx, name)
	if err != nil {
		return d, err
	}
	_, err = r.environments(d)
	return d, err
}

// environments are those of an application that who asks may look at. Where there are none, it is an error.
func (r *request) environments(d apps.Document) (seen []apps.Environment, refused error) {
	for _, e := range d.Spec.Environments {
		err := r.may(r.Context(), authority.ActionView, authority.AppTarget(e.App.App()))
		switch {
		case err == nil:
			seen = append(seen, e)
		case problemOf(err).Status != http.StatusForbidden:
			return nil, err
		default:
			refused = err
		}
	}
	if len(seen) > 0 {
		return seen, nil
	}
	return nil, refused
}

// getApplication shows the document of an application.
func (a *api) getApplication(r *request) error {
	d, err := r.application()
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, d)
}
