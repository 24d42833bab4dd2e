package web

import (
	"net/url"

	"slipway/apps"
)

func applicationsPage(p *page) error {
	found, err := p.applications()
	if err != nil {
		return err
	}
	return p.show("applications", p.t("Applications"), found, live{})
}

// applicationShown is an application with its environments in a row.
type applicationShown struct {
	apps.Document

	Name    string
	History listedReleases
}

func applicationPage(p *page) error {
	name := p.PathValue("name")
	shown := applicationShown{Name: name}
	if err := p.get("applications/"+pathOf(name), nil, &shown.Document); err != nil {
		return err
	}
	if err := p.get("releases", url.Values{"application": {name}, "limit": {"20"}}, &shown.History); err != nil {
		return err
	}
	return p.show("application", name, shown, live{every: everySeconds})
}

// Lane is where the lane of an environment is shown.
func (applicationShown) Lane(e apps.Environment) string { return lanePage(e.App.App()) }
