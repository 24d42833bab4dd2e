package api

import (
	"context"
	"net/http"

	"slipway/authority"
	"slipway/policy"
	"slipway/release"
)

// planTime bounds a plan: its own limit, and the way there and back.
const planTime = release.PlanLimit + answerTime/3

// plan shows what a release would do, and does nothing.
func (a *api) plan(r *request) error {
	data, err := r.body()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), planTime)
	defer cancel()
	asked, err := a.readRelease(ctx, data)
	if err != nil {
		return err
	}
	if asked.named != nil && asked.named.Promotes() {
		return release.Problem{Field: "promotedFrom", Message: "has no meaning in a plan: what is promoted is found out when it is asked for"}
	}
	if err := r.may(ctx, authority.ActionView, authority.AppTarget(asked.spec.App)); err != nil {
		return err
	}
	if asked.spec.RequestedBy == "" {
		asked.spec.RequestedBy = r.by
	}
	plan, err := a.Releases.Plan(ctx, asked.spec)
	if err != nil {
		return err
	}
	if refusals, err := a.refusals(ctx, asked.spec); err != nil {
		plan.Unknown = append(plan.Unknown, "what the policies say: "+problemOf(err).Detail)
	} else {
		plan.Refusals = append(plan.Refusals, refusals...)
	}
	return r.reply(http.StatusOK, plan)
}

// refusals is what the policies refuse of a release.
func (a *api) refusals(ctx context.Context, spec release.Spec) ([]release.PlannedRefusal, error) {
	found, err := policy.NewStore(a.JetStream).List(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	if policy.ByName(found) {
		if names, err = a.apps.NamesOf(ctx, spec.App); err != nil {
			return nil, err
		}
	}
	return policy.Planned(found, spec, names), nil
}
