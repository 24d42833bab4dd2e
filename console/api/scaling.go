package api

import (
	"errors"
	"net/http"

	"slipway/authority"
	"slipway/releases"
)

// shownRule is a scaling rule as it is shown.
type shownRule struct {
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	// Held is who keeps it switched, or is about to switch it; nil where nobody does.
	Held *releases.RuleHold `json:"held,omitempty"`
}

// listScaling lists the scaling rules of an application as its platform has them just now, and who holds them. A worker of the region
// reads them.
func (a *api) listScaling(r *request) error {
	app, err := r.appOfPath()
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := r.may(ctx, authority.ActionView, authority.AppTarget(app)); err != nil {
		return err
	}
	if err := a.Releases.CheckWorkers(ctx, app); err != nil {
		return err
	}
	rules, err := a.Releases.ScalingRules(ctx, app)
	if err != nil && problemOf(err).Status == http.StatusInternalServerError { // what the platform has said
		return errors.Join(rulesUntold(app), err)
	}
	if err != nil {
		return err
	}
	states, err := a.Releases.HoldsOf(ctx, app, rules)
	out := listed[shownRule]{}
	if err != nil {
		a.Logger.Warn().Err(err).Msg("who holds scaling rules is not known wholly")
		out.Partial = "who holds the rules is not known wholly: " + problemOf(err).Detail
	}
	for _, s := range states {
		out.Items = append(out.Items, shownRule{s.Name, s.Enabled, s.Held})
	}
	return r.reply(http.StatusOK, out.atMost(len(out.Items)))
}
