package cli

import (
	"context"
	"time"

	"slipway/apps"
	"slipway/cmd/slipway/internal/config"
	"slipway/cmd/slipway/internal/top"
	"slipway/ledger"
	"slipway/promotion"
)

// promotionsTime bounds one reading of promotions.
const promotionsTime = 20 * time.Second

// heldPromotions reads which promotions are held. NATS is connected to each time anew, and a right that is missing there ends
// the reading alone: the view works without it.
func (a *app) heldPromotions(v *config.Values) top.Promotions {
	return func(ctx context.Context) ([]top.HeldPromotion, error) {
		ctx, cancel := context.WithTimeout(ctx, promotionsTime)
		defer cancel()
		aside := &app{Env: Env{Getenv: a.Getenv}}
		ctx, end := aside.denials.Watch(ctx)
		defer end()
		js, closeNATS, err := aside.jetStream(ctx, v, "slipway top")
		if err != nil {
			return nil, err
		}
		defer closeNATS()
		documents, err := apps.NewStore(js).List(ctx)
		if err != nil {
			return nil, err
		}
		all := make([]apps.Application, len(documents))
		for i, d := range documents {
			all[i] = *d.Spec
		}
		return heldOf(ctx, ledger.New(js), all, time.Now())
	}
}

// heldOf are the promotions of applications that are held, in the order of applications and environments.
func heldOf(ctx context.Context, known promotion.Ledger, all []apps.Application, now time.Time) ([]top.HeldPromotion, error) {
	var held []top.HeldPromotion
	for _, a := range all {
		for _, e := range a.Environments {
			step, promoted := a.PromotionTo(e.Name)
			if !promoted {
				continue
			}
			v, err := promotion.Ask(ctx, known, promotion.Question{Application: a, Step: step, Now: now})
			if err != nil {
				return nil, err
			}
			if v.State == promotion.Held {
				held = append(held, top.HeldPromotion{To: a.Name + "/" + v.To, Artifact: v.Artifact.Public(), Reason: v.Reason})
			}
		}
	}
	return held, nil
}
