package promotion

import (
	"context"
	"errors"

	"slipway/ledger"
	"slipway/release"
)

// Ledger lists what releases have told; [ledger.Ledger] does.
type Ledger interface {
	All(ctx context.Context, f ledger.Filter) ([]ledger.Record, error)
}

// history is how many releases of an environment are looked at, the latest.
const history = 500

// Ask answers a question by what the ledger has: Source and Target need not be given. The error is one of the
// ledger, or a [release.Problem] where the document has an environment of the step no more.
func Ask(ctx context.Context, known Ledger, q Question) (Verdict, error) {
	from, err := q.Application.Environment(q.Step.From)
	to, missing := q.Application.Environment(q.Step.To)
	if err := errors.Join(err, missing); err != nil {
		return Verdict{}, err
	}
	if q.Source, err = Records(ctx, known, from.App.App()); err != nil {
		return Verdict{}, err
	}
	if q.Target, err = Records(ctx, known, to.App.App()); err != nil {
		return Verdict{}, err
	}
	return Judge(q), nil
}

// Records are those of an application by which promotions are judged, the one asked for latest first.
func Records(ctx context.Context, known Ledger, app release.App) ([]ledger.Record, error) {
	return known.All(ctx, ledger.Filter{App: app, Limit: history})
}
