package api

import (
	"net/http"

	"slipway/policy"
	"slipway/release"
)

// listPolicies lists the policies. They are for everybody who has signed in: whoever is held to one may read it.
func (a *api) listPolicies(r *request) error {
	found, err := policy.NewStore(a.JetStream).List(r.Context())
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, listed[policy.Document]{Items: found}.atMost(len(found)))
}

// getPolicy shows a policy.
func (a *api) getPolicy(r *request) error {
	name := r.PathValue("name")
	if !release.IsName(name) {
		return kindNotFound.is("%.*q is not the name of a policy", release.MaxID, name)
	}
	d, err := policy.NewStore(a.JetStream).Get(r.Context(), name)
	if err != nil {
		return err
	}
	return r.reply(http.StatusOK, d)
}
