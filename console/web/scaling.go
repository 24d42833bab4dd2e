package web

import (
	"slipway/release"
	"slipway/releases"
)

// scalingShown are the scaling rules of an application as its platform has them just now.
type scalingShown struct {
	listed[struct {
		Name    string             `json:"name"`
		Enabled bool               `json:"enabled"`
		Held    *releases.RuleHold `json:"held"`
	}]

	App  release.App
	Back string
}

// scalingPage shows scaling rules. It asks the platform, and so is a page of its own that nothing reads anew by itself.
func scalingPage(p *page) error {
	shown := scalingShown{
		App:  release.App{Platform: release.Platform(p.PathValue("platform")), Region: p.PathValue("region"), ID: p.PathValue("id")},
		Back: "/" + p.laneOf(),
	}
	if err := p.get("scaling/"+pathOf(p.PathValue("platform"), p.PathValue("region"), p.PathValue("id")), nil, &shown.listed); err != nil {
		return err
	}
	return p.show("scaling", p.t("Scaling rules"), shown, live{})
}
