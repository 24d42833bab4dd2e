package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"slipway/apps"
	"slipway/devstack/scenario"
	"slipway/internal/documents"
	"slipway/release"
	"slipway/wire"
)

// playPromotion records a release that is promoted by itself once it has baked, what promotes it, and the release that
// brings it to production; and one that is taken back in staging while people are asked.
func (r *recorder) playPromotion(ctx context.Context) error {
	shop := apps.Application{Name: "shop", Promotion: []apps.Promotion{{From: "staging", To: "production", After: release.Duration(time.Second), Auto: true}}}
	for _, name := range []string{"staging", "production"} {
		app, err := scenario.CreateApp(ctx, r.sae, "promotion-"+name)
		if err != nil {
			return err
		}
		shop.Environments = append(shop.Environments, apps.Environment{Name: name, App: apps.At(app)})
	}
	if err := r.apply(ctx, shop); err != nil {
		return err
	}
	source, promoted, err := r.promoted(ctx, "promotes", scenario.NewImage)
	if err != nil {
		return err
	}
	if err := r.until(ctx, promoted, release.EventSucceeded); err != nil {
		return err
	}
	for name, id := range map[string]string{
		"promotes": release.WorkflowID(source), "promotion": release.PromotionWorkflowID(source), "promoted": release.WorkflowID(promoted),
	} {
		if err := r.write(ctx, name, r.Client.GetWorkflow(ctx, id, "")); err != nil {
			return err
		}
	}

	shop.Environments[1].Release = map[string]json.RawMessage{"approval": json.RawMessage(`{"count": 1}`)}
	if err := r.apply(ctx, shop); err != nil {
		return err
	}
	_, promoted, err = r.promoted(ctx, "withdrawn", "registry.example/shop:1.4.3")
	if err != nil {
		return err
	}
	if err := r.until(ctx, promoted, release.EventApprovalWaiting); err != nil {
		return err
	}
	back := release.Spec{App: shop.Environments[0].App.App(), Operation: release.OperationRollback, RequestedBy: "ci"}
	if err := r.ask(ctx, "withdrawn-back", back, release.EventSucceeded); err != nil {
		return err
	}
	approve, err := r.bound(ctx, promoted, release.Command{ID: "promotion-1", Kind: release.CommandApprove, By: "ann"})
	if err != nil {
		return err
	}
	if err := scenario.Command(ctx, r.JetStream, promoted, approve); err != nil {
		return err
	}
	return r.write(ctx, "promotion-withdrawn", r.Client.GetWorkflow(ctx, release.WorkflowID(promoted), ""))
}

func (r *recorder) apply(ctx context.Context, a apps.Application) error {
	edit := apps.Edit{Change: documents.Change{By: "ops", At: time.Now().UTC()}, Expected: documents.Any}
	_, err := apps.NewStore(r.JetStream).Apply(ctx, a, edit)
	return err
}

// promoted releases an image to staging, and returns the ID of its release and that of its promotion, which is asked
// for by then.
func (r *recorder) promoted(ctx context.Context, eventID, image string) (source, promoted string, err error) {
	n := wire.Named{Application: "shop", Environment: "staging", Says: map[string]any{"artifact": map[string]any{"image": image}, "requestedBy": "ci"}}
	msg, err := wire.EncodeNamedRequest(wire.Origin{Source: scenario.Source, ID: eventID}, n)
	if err != nil {
		return "", "", err
	}
	if _, err := r.JetStream.PublishMsg(ctx, msg); err != nil {
		return "", "", fmt.Errorf("ask for %s: %w", n, err)
	}
	source = n.ReleaseID(scenario.Source, eventID)
	promoted = release.PromotionID("shop", "production", source)
	return source, promoted, r.until(ctx, source, release.EventSucceeded)
}
