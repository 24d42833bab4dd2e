package web

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"slipway/console/problem"
	"slipway/release"
)

// hit is something that a text was found in, as the API tells it.
type hit struct {
	Kind        string           `json:"kind"`
	ID          string           `json:"id"`
	App         string           `json:"app"`
	Application string           `json:"application"`
	Name        string           `json:"name"`
	Artifact    release.Artifact `json:"artifact"`
	Phase       release.Phase    `json:"phase"`
	At          time.Time        `json:"at"`
}

// Title is what people call it.
func (h hit) Title() string { return cmp.Or(h.Application, h.Name, h.App, h.ID) }

// Page is where it is shown.
func (h hit) Page() string {
	if h.Kind == "application" {
		return "/applications/" + pathOf(h.ID)
	}
	return collectionOf(h.ID).page(h.ID)
}

// searchShown is what a text was found in.
type searchShown struct {
	listed[hit]

	Text    string
	Problem *problem.Problem
}

// searchPage shows what a text was found in, or the one thing that has this ID.
func searchPage(p *page) error {
	shown := searchShown{Text: p.URL.Query().Get("q")}
	if err := p.get("search", url.Values{"q": {shown.Text}}, &shown.listed); err != nil {
		why := p.problemOf(err)
		if why.Status != http.StatusUnprocessableEntity {
			return err
		}
		shown.Problem = &why
	}
	if len(shown.Items) == 1 && shown.Items[0].ID == shown.Text {
		return p.redirect(shown.Items[0].Page())
	}
	return p.show("search", p.t("Search"), shown, live{})
}
