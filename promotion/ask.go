package promotion

import (
	"context"
	"errors"
	"time"

	"slipway/apps"
	"slipway/ledger"
	"slipway/release"
)

// Ledger lists what releases have told; [ledger.Ledger] does.
type Ledger interface {
	All(ctx context.Context, f ledger.Filter) ([]ledger.Record, error)
}

// history is how many releases of an environment are looked at, the latest.
const history = 500

// Ask judges a promotion of an application by what the ledger has now. The error is one of the ledger, or a
// [release.Problem] where the document has an environment of the step no more.
func Ask(ctx context.Context, known Ledger, a apps.Application, step apps.Promotion, now time.Time) (Verdict, error) {
	from, err := a.Environment(step.From)
	to, missing := a.Environment(step.To)
	if err := errors.Join(err, missing); err != nil {
		return Verdict{}, err
	}
	q := Question{Application: a.Name, Step: step, Now: now}
	if q.Source, err = Records(ctx, known, from.App); err != nil {
		return Verdict{}, err
	}
	if q.Target, err = Records(ctx, known, to.App); err != nil {
		return Verdict{}, err
	}
	return Judge(q), nil
}

// Records are those of an application by which promotions are judged, the one asked for latest first.
func Records(ctx context.Context, known Ledger, app release.App) ([]ledger.Record, error) {
	return known.All(ctx, ledger.Filter{App: app, Limit: history})
}
