package api

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"slipway/apps"
	"slipway/authority"
	"slipway/ledger"
	"slipway/promotion"
	"slipway/release"
)

// paramEnvironment names an environment of an application.
const paramEnvironment = "environment"

// applicationStatus shows what runs in each environment of an application, and what waits for what. Environments are left out that who
// asks may not look at, and promotions from them.
func (a *api) applicationStatus(r *request) error {
	d, err := r.application()
	if err != nil {
		return err
	}
	seen, err := r.environments(d)
	if err != nil {
		return err
	}
	found, err := promotion.Standings(r.Context(), a.ledger, *d.Spec, promotion.Clock{Now: time.Now()})
	if err != nil {
		return err
	}
	hidden := func(environment string) bool {
		return !slices.ContainsFunc(seen, func(e apps.Environment) bool { return e.Name == environment })
	}
	out := listed[promotion.Standing]{Items: slices.DeleteFunc(found, func(s promotion.Standing) bool { return hidden(s.Environment) })}
	for i, s := range out.Items {
		if s.Promotion != nil && hidden(s.Promotion.From) {
			out.Items[i].Promotion = nil
		}
	}
	return r.reply(http.StatusOK, out.atMost(len(out.Items)))
}

// pastRelease is a release of an application as the ledger has it.
type pastRelease struct {
	ledger.Record

	// Environment is the one of the application that the release was of.
	Environment string `json:"environment"`
}

// applicationHistory lists what the environments of an application were released with, the latest first.
func (a *api) applicationHistory(r *request) error {
	d, err := r.application()
	if err != nil {
		return err
	}
	in := reader{parameters: r.query}
	limit := in.limit()
	only, chosen := r.query[paramEnvironment]
	if _, unknown := d.Spec.Environment(only); chosen && unknown != nil {
		in.refuse(paramEnvironment, "%s", unknown)
	}
	if err := in.problems(); err != nil {
		return err
	}
	ctx := r.Context()
	seen, err := r.environments(d)
	if err != nil {
		return err
	}
	names := map[release.App]string{}
	for _, e := range seen {
		if app := e.App.App().Unqualified(); !chosen || e.Name == only {
			names[app] = e.Name
		}
	}
	if len(names) == 0 { // the chosen one is none of those that may be looked at
		e, _ := d.Spec.Environment(only)
		return r.may(ctx, authority.ActionView, authority.AppTarget(e.App.App()))
	}
	found, err := a.ledger.History(ctx, slices.Collect(maps.Keys(names)), limit+1)
	if err != nil {
		return err
	}
	out := listed[pastRelease]{Items: []pastRelease{}}
	for _, record := range found {
		out.Items = append(out.Items, pastRelease{record, names[record.App.Unqualified()]})
	}
	return r.reply(http.StatusOK, out.atMost(limit))
}
