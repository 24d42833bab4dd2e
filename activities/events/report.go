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
	UpdateSet(ctx context.Context, p release.SetProgress) error
	Pay(ctx context.Context, app release.App, releaseID string, what ledger.Payment) error
}

// reportTimeout bounds one word to the ledger. It leaves the quick way of a workflow the
// time to store its events.
const reportTimeout = time.Second

// report tells the ledger the latest progress of each release and set. Its error means that an
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
			return fmt.Errorf("tell the ledger the outcome of %s: %w", about(latest), err)
		}
		if activity.IsActivity(ctx) {
			activity.GetLogger(ctx).Warn("the ledger was not told", "about", about(latest), "error", err)
		}
	}
	return nil
}

func (p *Publisher) tell(ctx context.Context, latest release.Event) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	if latest.Set != nil {
		return p.ledger.UpdateSet(ctx, *latest.Set)
	}
	err := p.ledger.Update(ctx, ledger.Report{Progress: latest.Progress, Transition: latest.Progress.Transition})
	if err != nil || !ends(latest) {
		return err
	}
	return p.pay(ctx, latest.Progress)
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

// latestOf returns the latest event of each release and set.
func latestOf(events []release.Event) []release.Event {
	var latest []release.Event
	place := map[string]int{}
	for _, e := range events {
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

// about is the ID of the release or the set that the event tells of.
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

// passes tells whether the same word may be taken another time: the ledger was out of reach,
// or the attempt was broken off.
func passes(err error) bool {
	return errors.Is(err, ledger.ErrUnavailable) || errors.Is(err, context.Canceled)
}
