package starter

import (
	"context"
	"fmt"
	"maps"
	"time"

	"slipway/apps"
	"slipway/promotion"
	"slipway/release"
	"slipway/wire"
)

// promoted completes a request that promotes a release by the artifact of that, where it may be promoted now.
// What is refused is a [release.Problem].
func (s *Starter) promoted(ctx context.Context, r *wire.NamedRequest, a apps.Application) error {
	step, ok := a.PromotionTo(r.Environment)
	if !ok {
		return release.Problem{Field: "promotedFrom", Message: fmt.Sprintf("application %s promotes nothing to %s; say so under promotion in its document: slipway app apply", a.Name, r.Environment)}
	}
	if from := r.PromotedFrom.Environment; from != "" && from != step.From {
		return release.Problem{Field: "promotedFrom.environment", Message: fmt.Sprintf("%s gets what is promoted from %s, not from %s", r.Environment, step.From, from)}
	}
	var verdict promotion.Verdict
	err := s.withLedger(ctx, func(ctx context.Context) (err error) {
		verdict, err = promotion.Ask(ctx, s.ledger, promotion.Question{Application: a, Step: step, Now: time.Now()})
		return err
	})
	if err != nil {
		return err
	}
	if err := promotable(*r, verdict); err != nil {
		return err
	}
	source, err := s.recorded(ctx, verdict.Source)
	if err != nil {
		return err
	}
	if source != nil && source.ByName != nil {
		r.Trigger = source.ByName.Trigger // what was pushed then is brought on
	}
	r.PromotedFrom.Environment = step.From
	says := map[string]any{"artifact": verdict.Artifact}
	maps.Copy(says, r.Says)
	r.Says = says
	return nil
}

// promotable refuses the promotion of a release unless its verdict lets it be promoted.
func promotable(r wire.NamedRequest, v promotion.Verdict) error {
	asked := r.PromotedFrom
	switch {
	case v.Source == "":
		return release.Problem{Field: "promotedFrom", Message: v.Reason}
	case v.Source != asked.Release:
		return release.Problem{Field: "promotedFrom.release", Message: fmt.Sprintf(
			"%s is not what is promoted from %s: release %s has brought %s there", asked.Release, v.From, v.Source, v.Artifact.Public())}
	case v.State == promotion.Baking && asked.Now == "":
		return release.Problem{Field: "promotedFrom", Message: v.Reason + "; wait, or give a reason to pass that over as promotedFrom.now (slipway promote --now)"}
	case v.State == promotion.Ready, v.State == promotion.Baking, v.State == promotion.Promoting && v.ReleaseID == r.ReleaseID:
		return nil
	}
	return release.Problem{Field: "promotedFrom", Message: v.Reason}
}
