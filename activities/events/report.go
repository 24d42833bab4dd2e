package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"slipway/ledger"
	"slipway/release"
)

// Ledger records the progress of releases; [ledger.Ledger] is one.
type Ledger interface {
	Conclude(ctx context.Context, u ledger.Report) (first bool, err error)
	UpdateSet(ctx context.Context, p release.SetProgress) error
	Pay(ctx context.Context, app release.App, releaseID string, what ledger.Payment) error
}

// reportTimeout bounds one call to the ledger. It is short, so that a local activity has time
// left to publish its events.
const reportTimeout = time.Second

// report writes the latest progress of each release and set to the ledger. Its error means that
// an outcome was not written and has to be retried.
func (p *Publisher) report(ctx context.Context, events []release.Event) error {
	if p.ledger == nil {
		return nil
	}
	for _, latest := range latestOf(events) {
		err := p.write(ctx, latest)
		if err == nil {
			continue
		}
		if ends(latest) && isTemporary(err) {
			return fmt.Errorf("write the outcome of %s to the ledger: %w", about(latest), err)
		}
		if activity.IsActivity(ctx) {
			activity.GetLogger(ctx).Warn("progress not written to the ledger; the next event carries it", "about", about(latest), "error", err)
		}
	}
	return nil
}

func (p *Publisher) write(ctx context.Context, latest release.Event) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	if latest.Set != nil {
		return p.ledger.UpdateSet(ctx, *latest.Set)
	}
	first, err := p.ledger.Conclude(ctx, ledger.Report{Progress: latest.Progress, Transition: latest.Progress.Transition})
	if first && p.ended != nil {
		p.ended(latest.Progress)
	}
	if err != nil || !ends(latest) {
		return err
	}
	return p.pay(ctx, latest.Progress)
}

// pay records in the ledger which debts of other releases a release has paid.
func (p *Publisher) pay(ctx context.Context, latest release.Progress) error {
	for _, d := range latest.Paid() {
		err := p.ledger.Pay(ctx, latest.App, d.ReleaseID, ledger.Payment{
			Rules: d.ScalingRules, Traffic: d.Traffic, By: latest.ReleaseID, At: latest.EndedAt,
		})
		if err != nil && !errors.Is(err, ledger.ErrNotFound) { // a release without a record has no debts
			return err
		}
	}
	return nil
}

// latestOf returns the latest event of each release and set.
func latestOf(events []release.Event) []release.Event {
	var latest []release.Event
	place := map[string]int{}
	for _, e := range events {
		if e.Lane != nil || e.Promotion != nil || e.Letter != nil {
			continue // the ledger has records of releases and sets
		}
		at, known := place[about(e)]
		if !known {
			place[about(e)] = len(latest)
			latest = append(latest, e)
			continue
		}
		latest[at] = e
	}
	return latest
}

// about is the ID of the release or the set of the event.
func about(e release.Event) string {
	if e.Set != nil {
		return e.Set.SetID
	}
	return e.Progress.ReleaseID
}

func ends(e release.Event) bool {
	if e.Set != nil {
		return e.Set.Outcome != ""
	}
	return e.Progress.Outcome != "" || e.Progress.Phase.Ended()
}

// isTemporary reports whether a retry may succeed: the ledger was unreachable, or the attempt
// was cancelled.
func isTemporary(err error) bool {
	return errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, context.Canceled)
}
