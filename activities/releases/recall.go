package releases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/activities/fault"
	"slipway/ledger"
	"slipway/release"
)

// Recall reads the last progress of a release from the ledger.
//
// Its errors have the types [release.FaultNotFound], where the ledger has no record of it or
// the record no progress, which does not retry, and [release.FaultUnavailable].
func (r *Releases) Recall(ctx context.Context, in release.Ref) (release.Progress, error) {
	record, err := r.ledger.GetOf(ctx, in.App, in.ReleaseID)
	switch {
	case errors.Is(err, ledger.ErrNotFound) || err == nil && record.Progress.ReleaseID == "":
		return release.Progress{}, fault.Because(release.FaultNotFound, "the ledger does not know how far release "+in.ReleaseID+" had come", err)
	case err != nil:
		return release.Progress{}, unavailableLedger(err)
	}
	p := record.Progress
	if record.Lost != "" { // it has not said so itself
		p.Outcome = ""
	}
	return p, nil
}

// Judged reads from the ledger which versions of an application are good and which are bad.
//
// Its errors have the type [release.FaultUnavailable], which retries: without the ledger nobody
// knows which version is good (R19).
func (r *Releases) Judged(ctx context.Context, in release.JudgedInput) (release.Judged, error) {
	good, bad, err := r.ledger.LastGood(ctx, in.App, release.Version{}, nil)
	if err != nil {
		return release.Judged{}, unavailableLedger(fmt.Errorf("which version is good is not known, a rollback that names one needs not wait: %w", err))
	}
	return release.Judged{Good: good[:min(len(good), release.MaxJudged)], Bad: bad[:min(len(bad), release.MaxJudged)]}, nil
}

// Settle records the last known progress of a release in the ledger, and that it was lost.
//
// Its errors have the type [release.FaultUnavailable], which retries.
func (r *Releases) Settle(ctx context.Context, in release.SettleInput) error {
	p := in.Progress
	if p.Phase != "" {
		if err := r.ledger.Update(ctx, ledger.Report{Progress: p, Transition: p.Transition}); err != nil {
			return unavailableLedger(err)
		}
	}
	if in.Lost == "" {
		return nil
	}
	if err := r.ledger.MarkLost(ctx, p.App, p.ReleaseID, ledger.Loss{How: in.Lost, At: time.Now()}); err != nil {
		return unavailableLedger(err)
	}
	return nil
}

func unavailableLedger(err error) error {
	return fault.Because(release.FaultUnavailable, fmt.Sprintf("ledger: %v", err), err)
}
