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

// Ledger remembers how far releases have come; [ledger.Ledger] is one.
type Ledger interface {
	Update(ctx context.Context, u ledger.Report) error
	Pay(ctx context.Context, app release.App, releaseID string, what ledger.Payment) error
}

// reportTimeout bounds one word to the ledger. It leaves the quick way of a workflow the
// time to store its events.
const reportTimeout = time.Second

// report tells the ledger the latest progress of each release. Its error means that an
// outcome could not be told and has to be told again.
func (p *Publisher) report(ctx context.Context, events []release.Event) error {
	if p.ledger == nil {
		return nil
	}
	for _, latest := range latestOf(events) {
		err := p.tell(ctx, latest)
		if err == nil {
			continue
		}
		if ends(latest) && passes(err) {
			return fmt.Errorf("tell the ledger the outcome of %s: %w", latest.ReleaseID, err)
		}
		if activity.IsActivity(ctx) {
			activity.GetLogger(ctx).Warn("the ledger was not told", "release", latest.ReleaseID, "phase", latest.Phase, "error", err)
		}
	}
	return nil
}

func (p *Publisher) tell(ctx context.Context, latest release.Progress) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	err := p.ledger.Update(ctx, ledger.Report{Progress: latest, Transition: latest.Transition})
	if err != nil || !ends(latest) {
		return err
	}
	return p.pay(ctx, latest)
}

// pay tells the ledger what a release has put back for others that had left it.
func (p *Publisher) pay(ctx context.Context, latest release.Progress) error {
	for _, d := range latest.Paid() {
		err := p.ledger.Pay(ctx, latest.App, d.ReleaseID, ledger.Payment{
			Rules: d.ScalingRules, Traffic: d.Traffic, By: latest.ReleaseID, At: latest.EndedAt,
		})
		if err != nil && !errors.Is(err, ledger.ErrNotFound) { // what has no record owes nothing
			return err
		}
	}
	return nil
}

// latestOf returns the latest progress of each release. Events of sets have none.
func latestOf(events []release.Event) []release.Progress {
	var latest []release.Progress
	place := map[string]int{}
	for _, e := range events {
		if e.Set != nil {
			continue
		}
		at, known := place[e.Progress.ReleaseID]
		if !known {
			place[e.Progress.ReleaseID] = len(latest)
			latest = append(latest, e.Progress)
			continue
		}
		latest[at] = e.Progress
	}
	return latest
}

func ends(p release.Progress) bool { return p.Outcome != "" || p.Phase.Ended() }

// passes tells whether the same word may be taken another time: the ledger was out of reach,
// or the attempt was broken off.
func passes(err error) bool {
	return errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, context.Canceled)
}
